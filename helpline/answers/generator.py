"""Rasa's way to the words: an NLG that answers with citations, in process, whatever else is down."""

from __future__ import annotations

from typing import Any, Sequence

from rasa.core.nlg.generator import NaturalLanguageGenerator, ResponseVariationFilter
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from helpline.answers.compose import Topic, plain_message, topic_message, topics_of
from helpline.answers.crisis import Response, crisis_message, fitting, in_doubt
from helpline.answers.numbers import load_numbers
from helpline.crisis.follow_up import CRISIS_SEEN, FOLLOW_UP
from helpline.crisis.taxonomy import Tier
from helpline.nlu.crisis_detector import CRISIS_KEY, MODIFIERS, last_heard
from helpline.nlu.decision import CRISIS, SUPPORT, group
from helpline.nlu.topic_classifier import ASKED
from helpline.settings import load

_STILL_HERE = "utter_crisis_still_here"
_MODIFIER = "utter_crisis_modifier"
_QUESTION_OFFER = "utter_crisis_question_offer"
_IN_DOUBT = "utter_crisis_in_doubt"
_HOTLINE = "utter_crisis_hotline"
_PLAIN = {"language": "en", "tier": "T2", "subject": "self", "category": "none"}
_PLACES = {"utter_first_answer": 0, "utter_second_answer": 1}


class AnswerGenerator(NaturalLanguageGenerator):
    """Puts citations and suggestions to answers, and takes the variants of other responses in turn."""

    def __init__(self, endpoint_config: EndpointConfig | None, domain: Domain) -> None:
        """Take Rasa's arguments; the domain is empty here and comes with each call, as each model brings its own."""
        self._responses: dict[str, list[dict[str, Any]]] = {}
        self._topics: dict[str, Topic] = {}
        self._numbers = load_numbers()
        self._check = load().fit_check

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **kwargs: Any
    ) -> dict[str, Any] | None:
        """Return the message for `utter_action`, or None where there is no such response."""
        self._read(kwargs.get("domain_responses") or {})
        parse_data = tracker.latest_message.parse_data if tracker.latest_message else {}
        label = utter_action.removeprefix("utter_")
        if utter_action in _PLACES:
            asked = parse_data.get("topics") or []
            label = asked[_PLACES[utter_action]] if len(asked) > _PLACES[utter_action] else label
        if label in self._topics:
            message = topic_message(self._topics[label], self._topics, self._check)
            return self._with_reminder(message, tracker) if utter_action != "utter_first_answer" else message
        if utter_action not in self._responses:
            return None
        if group(label) in (CRISIS, SUPPORT, FOLLOW_UP):
            heard = parse_data[CRISIS_KEY]
            doubtful = group(label) == CRISIS and bool(heard.get("in_doubt"))
            variants = self._in_doubt(heard) if doubtful else self._responses[utter_action]
            message = crisis_message(variants, heard, uses(tracker, utter_action), self._numbers)
            message = self._with_modifiers(message, parse_data.get(MODIFIERS) or (), heard)
            asked = self._topics.get(parse_data.get(ASKED) or "")
            # In an emergency nothing else matters.
            return self._with_offer(message, asked, heard) if asked and heard["tier"] != Tier.T3.code else message
        variants = ResponseVariationFilter(self._responses).responses_for_utter_action(
            utter_action, output_channel, tracker.current_slot_values()
        )
        if not variants:
            return None
        used = strikes(tracker) if utter_action == "utter_unclear" else uses(tracker, utter_action)
        response = variants[variant(used, len(variants), utter_action == "utter_unclear")]
        message = plain_message(response, self._numbers, self._topics, parse_data.get("suggestions") or [])
        return self._with_reminder(message, tracker)

    def _in_doubt(self, heard: dict[str, Any]) -> list[Response]:
        """Return the variants where it is in doubt which kind of harm was heard, or whether it is an emergency."""
        hotlines = [fitting(self._responses[f"{_HOTLINE}/{kind}"], heard)[0] for kind in heard["in_doubt"]]
        return in_doubt(fitting(self._responses[_IN_DOUBT], heard), hotlines)

    def _with_reminder(self, message: dict[str, Any], tracker: DialogueStateTracker) -> dict[str, Any]:
        """Add one line with the numbers to what is said in a conversation after a crisis."""
        if tracker.slots.get(CRISIS_SEEN) is None or not tracker.get_slot(CRISIS_SEEN):
            return message
        variants = fitting(self._responses[_STILL_HERE], {**_PLAIN, **(last_heard(tracker) or {})})
        line = variants[len(tracker.events) % len(variants)]["text"]
        # The source line stays the last one.
        answer, source, cited = message["text"].strip().partition("\n\nSource: ")
        return {**message, "text": f"{answer}\n\n{line.strip()}{source}{cited}"}

    def _with_modifiers(
        self, message: dict[str, Any], modifiers: Sequence[str], heard: dict[str, Any]
    ) -> dict[str, Any]:
        """Add a line for each thing that the message says of the person to a crisis reply, and its numbers.

        Where the reply names the line's numbers already, it says as much itself.
        """
        for name in modifiers:
            fit = fitting(self._responses[f"{_MODIFIER}/{name}"], heard)[0]
            added = [self._numbers[key] for key in (fit.get("custom") or {}).get("numbers", ())]
            if added and all(number.shown[0] in message["text"] for number in added):
                continue
            more = [number.as_custom() for number in added]
            shown = message["custom"]["numbers"]
            # The first number and the helpline at the end keep their places.
            numbers = [*shown[:1], *(number for number in more if number not in shown), *shown[1:]]
            custom = {**message["custom"], "numbers": numbers}
            message = {**message, "text": before_last(message["text"], fit["text"]), "custom": custom}
        return message

    def _with_offer(self, message: dict[str, Any], asked: Topic, heard: dict[str, Any]) -> dict[str, Any]:
        """Add one line to a crisis reply: the question that came with it can be answered too."""
        line = fitting(self._responses[_QUESTION_OFFER], heard)[0]["text"].format(question=asked.question)
        button = {"title": asked.title, "payload": asked.question}
        return {
            **message,
            "text": before_last(message["text"], line),
            "buttons": [*message.get("buttons", []), button],
        }

    def _read(self, responses: dict[str, list[dict[str, Any]]]) -> None:
        """Read the topics again when the model, and with it the domain, has changed."""
        if responses is not self._responses:
            self._responses = responses
            self._topics = topics_of(responses)


def before_last(text: str, line: str) -> str:
    """Return `text` with `line` as a paragraph before the last one, the question that closes a crisis reply.

    A "yes" must not seem to answer anything but that question. Of a single paragraph the line stands below it.
    """
    body, gap, question = text.strip().rpartition("\n\n")
    return f"{body}\n\n{line.strip()}\n\n{question}" if gap else f"{question}\n\n{line.strip()}"


def variant(used: int, count: int, staged: bool) -> int:
    """Return which of `count` variants comes after `used` uses.

    Variants take turns. Staged ones go up by strikes: the first two once each, then the others take turns.
    """
    if not staged or used < 2 or count < 3:
        return used % count
    return 2 + (used - 2) % (count - 2)


def uses(tracker: DialogueStateTracker, utter_action: str) -> int:
    """Count how often a response was shown in the part of the conversation at hand."""
    return sum(
        isinstance(event, BotUttered) and event.metadata.get("utter_action") == utter_action for event in tracker.events
    )


def strikes(tracker: DialogueStateTracker) -> int:
    """Count the unclear messages in a row before the latest one."""
    count = 0
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            if (event.intent or {}).get("name") != "unclear":
                break
            count += 1
    return max(0, count - 1)

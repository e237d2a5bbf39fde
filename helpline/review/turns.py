"""Which turns of a conversation are worth a look, and why. Pure functions over stored events."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Mapping, Sequence

from helpline.authoring.texts import bare
from helpline.crisis.taxonomy import Tier
from helpline.storage.review import CRISIS, INBOX, Sighting

LOW_CONFIDENCE = "low_confidence"
FALLBACK = "fallback"
NOT_COVERED = "not_covered"
REPEATED = "repeated"
PERSON_ASKED = "person_asked"
NOT_HELPFUL = "not_helpful"
DANGER = "crisis"
# Why a message is worth a look, in words for people.
KINDS = {
    NOT_HELPFUL: "the person said that the answer did not help",
    REPEATED: "asked again",
    FALLBACK: "not understood",
    LOW_CONFIDENCE: "understood with doubt",
    NOT_COVERED: "not covered by the article",
    PERSON_ASKED: "wanted to talk with a person",
    DANGER: "danger was heard",
}
# Answers below this probability of their topic: 18 % of the development questions lie below it, and 44 % of those
# whose answer is wrong; 0.5 would bring half as many messages more for one wrong answer more.
DOUBT = 0.3
# How many of the person's messages before it a repeated question may repeat.
_REACH = 3
# What is kept around a message: of the person's messages before it, and of what came between.
_TURNS_BEFORE = 4
_LONGEST = 2_000
_MOST_GUESSES = 3
_NEWS = ("", "yes")
_COMPLAINT = "smalltalk/bot_wrong"
_PERSON = "smalltalk/talk_to_person"
_TOPICS = ("faq", "not_covered")
_NO_TOPICS = ("unclear", "off_topic")


@dataclass(frozen=True)
class Reply:
    """What the assistant said: `text`, the titles of its `buttons`, and what kind of reply it says it is."""

    text: str
    buttons: tuple[str, ...] = ()
    kind: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Turn:
    """A message and the replies to it.

    Attributes:
        time: of the message, seconds since 1970.
        text: redacted, as it is stored.
        heard: what it was taken for: a label such as ``faq/medicaid``, two with " + " between, or an intent.
        confidence: probability of that, 0 to 1.
        topics: the labels that were answered.
        guesses: the likeliest labels with their probabilities.
        tier, category: of the danger that was heard; "" for none.
        follows: what sort of answer to a crisis reply it is (``no``, ``cant_call`` ...); "" for danger that is new.
        channel: where it came in.
        replies: in order.
        took: seconds to the last reply; None where there was none.
        in_check: whether a question of the fit check waited for it.
    """

    time: float
    text: str
    heard: str
    confidence: float
    topics: tuple[str, ...]
    guesses: tuple[tuple[str, float], ...]
    tier: str
    category: str
    follows: str
    channel: str
    replies: tuple[Reply, ...]
    took: float | None
    in_check: bool

    @property
    def is_crisis(self) -> bool:
        """Whether danger was heard, or answered as such."""
        heard = bool(self.tier) and Tier.of(self.tier) >= Tier.T2S
        return heard or any(reply.kind == CRISIS for reply in self.replies)


def turns_of(events: Sequence[Mapping[str, Any]]) -> list[Turn]:
    """Return the turns of stored events, in order; replies before the first message are left out."""
    begun: list[tuple[Mapping[str, Any], list[Mapping[str, Any]]]] = []
    for event in events:
        # Rasa's own messages begin with a slash.
        if event.get("event") == "user" and not str(event.get("text") or "/").startswith("/"):
            begun.append((event, []))
        elif event.get("event") == "bot" and begun:
            begun[-1][1].append(event)
    turns: list[Turn] = []
    for event, replies in begun:
        waits = bool(turns) and any(reply.kind == "question" for reply in turns[-1].replies)
        turns.append(_turn(event, replies, waits))
    return turns


def kinds_of(turns: Sequence[Turn]) -> list[tuple[int, str]]:
    """Return why the last turn, or the one before it, is worth a look: places in `turns` with names of `KINDS`."""
    if not turns:
        return []
    here, turn = len(turns) - 1, turns[-1]
    if turn.is_crisis:
        # What is said to the questions after it stands in its conversation; a "yes" is news.
        return [(here, DANGER)] if turn.follows in _NEWS else []
    if turn.heard == _COMPLAINT:
        # What did not help is the answer before, so that its question is the one to look at.
        before = here - 1 if here and turns[-2].heard != _COMPLAINT and not turns[-2].is_crisis else here
        return [(before, NOT_HELPFUL)]
    if turn.heard == _PERSON:
        return [(here, PERSON_ASKED)]
    if turn.in_check:
        return []
    found = []
    reasons = {reply.reason for reply in turn.replies if reply.kind == "fallback"}
    if _repeats(turns):
        found.append(REPEATED)
    if reasons - {NOT_COVERED}:
        found.append(FALLBACK)
    if NOT_COVERED in reasons:
        found.append(NOT_COVERED)
    if turn.topics and turn.confidence < DOUBT:
        found.append(LOW_CONFIDENCE)
    return [(here, kind) for kind in found]


def sighting(turns: Sequence[Turn], place: int, kinds: Sequence[str], sender_id: str) -> Sighting:
    """Return what is kept of the turn at `place`: the message and the conversation around it.

    Raises:
        IndexError: if there is no such turn.
    """
    turn = turns[place]
    first = max(0, place - _TURNS_BEFORE)
    before = turns[place - 1].topics if place else ()
    message = {
        "text": turn.text[:_LONGEST],
        "heard": turn.heard,
        "confidence": round(turn.confidence, 3),
        "guesses": turn.guesses,
        "tier": turn.tier,
        "category": turn.category,
        # A message may only make sense after this topic.
        "after": before[0] if before else "",
    }
    return Sighting(
        queue=CRISIS if DANGER in kinds else INBOX,
        mark=hashlib.sha256((bare(turn.text) or turn.text).encode()).hexdigest(),
        kinds=tuple(kinds),
        sender_id=sender_id,
        timestamp=turn.time,
        message=message,
        around={"channel": turn.channel, **said(turns[first:], place - first)},
    )


def said(turns: Sequence[Turn], place: int) -> dict[str, Any]:
    """Return what was said in turns, as a person saw it: `said`, and in it the `place` of the turn at `place`."""
    lines: list[dict[str, Any]] = []
    where = 0
    for number, turn in enumerate(turns):
        if number == place:
            where = len(lines)
        lines.append({"who": "person", "text": turn.text[:_LONGEST], "buttons": ()})
        lines += [{"who": "assistant", "text": reply.text, "buttons": reply.buttons} for reply in turn.replies]
    return {"place": where, "said": lines}


def _turn(event: Mapping[str, Any], replies: Sequence[Mapping[str, Any]], waits: bool) -> Turn:
    data = event.get("parse_data") or {}
    intent, danger = data.get("intent") or {}, data.get("crisis") or {}
    topics = tuple(str(topic) for topic in data.get("topics") or ())
    ranking = [(str(at.get("name")), float(at.get("confidence") or 0)) for at in data.get("intent_ranking") or ()]
    tier = str(danger.get("tier") or "")
    return Turn(
        time=float(event["timestamp"]),
        text=str(event["text"]),
        heard=_heard(data, topics),
        confidence=float(intent.get("confidence") or 0),
        topics=topics,
        guesses=tuple(ranking[:_MOST_GUESSES]),
        tier=tier if tier != Tier.T0.code else "",
        category=str(danger.get("category") or "") if tier else "",
        follows=str(danger.get("kind") or ""),
        channel=str(event.get("input_channel") or ""),
        replies=tuple(_reply(one) for one in replies),
        took=float(replies[-1]["timestamp"]) - float(event["timestamp"]) if replies else None,
        in_check=waits,
    )


def _reply(event: Mapping[str, Any]) -> Reply:
    data = event.get("data") or {}
    custom = data.get("custom") or {}
    buttons = tuple(str(button.get("title") or "") for button in data.get("buttons") or ())
    return Reply(str(event.get("text") or ""), buttons, str(custom.get("kind") or ""), str(custom.get("reason") or ""))


def _heard(data: Mapping[str, Any], topics: Sequence[str]) -> str:
    if topics:
        return " + ".join(topics)
    chosen = data.get("response_selector") or {}
    for group in chosen.get("all_retrieval_intents") or ():
        label = ((chosen.get(group) or {}).get("response") or {}).get("intent_response_key")
        if label:
            return str(label)
    return str((data.get("intent") or {}).get("name") or "")


def _repeats(turns: Sequence[Turn]) -> bool:
    """Tell whether the last turn asks for the same topic, or in the same words, as one shortly before."""
    turn = turns[-1]
    asked = {topic for topic in turn.topics if topic.split("/", 1)[0] in _TOPICS}
    words = bare(turn.text) if turn.topics or turn.heard in _NO_TOPICS else ""
    return any(
        not earlier.in_check and (asked & set(earlier.topics) or (words and words == bare(earlier.text)))
        for earlier in turns[-1 - _REACH : -1]
    )

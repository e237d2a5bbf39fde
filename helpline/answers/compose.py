"""How a reply is put together: pure functions from topics and responses to Rasa messages."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any, Mapping, Sequence

from helpline.answers.numbers import Number
from helpline.nlu.decision import FAQ, MAX_SUGGESTIONS, NOT_COVERED, group

# Offered where nothing that the person wrote points anywhere.
MENU = ("faq/what_is_iop", "faq/who_for", "faq/what_happens", "faq/session_frequency", "faq/cost_help", "faq/loved_one")

CHECK_BUTTON = {"title": "See if an IOP may fit", "payload": "See if an IOP may fit"}


@dataclass(frozen=True)
class Topic:
    """An answer with its citations, read from a response of data/faq/ or data/not_covered/.

    Attributes:
        label: ``faq/session_frequency``.
        title: a few words for a list or a button.
        question: the plain question that a button sends.
        text: the answer without its source line.
        citations: headings of the document, as written there.
        suggestions: labels of topics that people ask next.
        facts: ids of the document's facts that the answer states.
        offers_check: whether a button starts the fit check.
    """

    label: str
    title: str
    question: str
    text: str
    citations: tuple[str, ...]
    suggestions: tuple[str, ...]
    facts: tuple[str, ...]
    offers_check: bool = False


def topics_of(responses: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Topic]:
    """Return the topics among a domain's responses, by label."""
    topics = {}
    for name, variants in responses.items():
        label = name.removeprefix("utter_")
        if group(label) not in (FAQ, NOT_COVERED) or "/" not in label:
            continue
        metadata = variants[0]["metadata"]
        topics[label] = Topic(
            label=label,
            title=metadata["title"],
            question=metadata["question"],
            text=str(variants[0]["text"]).strip(),
            citations=tuple(metadata["citations"]),
            suggestions=tuple(f"{FAQ}/{name}" for name in metadata["suggestions"]),
            facts=tuple(metadata.get("facts", ())),
            offers_check=bool(metadata.get("fit_check")),
        )
    return topics


def topic_message(topic: Topic, topics: Mapping[str, Topic], check: bool = True) -> dict[str, Any]:
    """Return the reply to a question about `topic`: text with its source line, buttons, and the `custom` object.

    Args:
        topic: what was asked.
        topics: by label.
        check: whether there is a fit check to offer.
    """
    name = topic.label.split("/", 1)[1]
    citations = [{"section": heading} for heading in topic.citations]
    if group(topic.label) == FAQ:
        custom: dict[str, Any] = {"kind": "answer", "topics": [name], "citations": citations}
    else:
        custom = {"kind": "fallback", "reason": "not_covered", "topics": [name], "citations": citations}
    message = {"text": topic.text, "custom": custom}
    if topic.citations:
        message["text"] += f"\n\nSource: {'; '.join(topic.citations)}"
    suggested = [topics[label] for label in topic.suggestions if label in topics]
    if topic.offers_check and check:
        suggested = suggested[: MAX_SUGGESTIONS - 1]
        message["buttons"] = [*_buttons(suggested), dict(CHECK_BUTTON)]
    elif suggested:
        message["buttons"] = _buttons(suggested)
    if suggested:
        custom["suggestions"] = [offered.title for offered in suggested]
    return message


def plain_message(
    response: Mapping[str, Any],
    numbers: Mapping[str, Number],
    topics: Mapping[str, Topic],
    suggestions: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the reply for any other response.

    Args:
        response: from the domain; its metadata may `offer` topics: those suggested, or a menu.
        numbers: by key; a `custom.numbers` names keys.
        topics: by label.
        suggestions: labels that the classifier thinks near; without any the menu is offered.
    """
    message = {
        key: copy.deepcopy(value) for key, value in response.items() if key not in ("metadata", "condition", "id")
    }
    custom = message.get("custom")
    if custom and "numbers" in custom:
        custom["numbers"] = [numbers[key].as_custom() for key in custom["numbers"]]
    offer = (response.get("metadata") or {}).get("offer")
    if offer:
        labels = MENU if offer == "menu" else (suggestions or MENU[:MAX_SUGGESTIONS])
        offered = [topics[label] for label in labels if label in topics]
        message["buttons"] = _buttons(offered)
        if custom and custom.get("kind") == "fallback":
            custom["suggestions"] = [topic.title for topic in offered]
            listed = "\n".join(f"- {topic.title}" for topic in offered)
            message["text"] = f"{str(message['text']).strip()}\n{listed}"
    return message


def _buttons(topics: Sequence[Topic]) -> list[dict[str, str]]:
    """A button sends the topic's question as if the person had typed it: no payload that a person could see."""
    return [{"title": topic.title, "payload": topic.question} for topic in topics]

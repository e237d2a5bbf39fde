from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from helpline.answers.compose import CHECK_BUTTON, MENU, Topic, plain_message, topic_message, topics_of
from helpline.answers.numbers import load_numbers
from helpline.nlu.decision import MAX_SUGGESTIONS


def response(title: str, **metadata: Any) -> list[dict[str, Any]]:
    return [{"text": f"About {title}.\n", "metadata": {"title": title, "question": f"{title}?", **metadata}}]


RESPONSES = {
    "utter_faq/cost": response("Cost", citations=["Paying"], suggestions=["time", "gone"], facts=["F1"]),
    "utter_faq/time": response("Time", citations=["Hours", "Length"], suggestions=[]),
    "utter_not_covered/price": response("Price", citations=[], suggestions=["cost"]),
    "utter_smalltalk/thanks": [{"text": "You're welcome."}],
    "utter_faq": [{"text": "no topic"}],
    "utter_crisis": [{"text": "Call 911."}],
}


@pytest.fixture
def topics() -> dict[str, Topic]:
    return topics_of(RESPONSES)


@pytest.fixture
def menu() -> dict[str, Topic]:
    metadata = {"citations": ["Here"], "suggestions": []}
    return topics_of({f"utter_{label}": response(label.split("/")[1], **metadata) for label in MENU})


def test_topics_are_the_answers_among_the_responses(topics: dict[str, Topic]) -> None:
    assert set(topics) == {"faq/cost", "faq/time", "not_covered/price"}
    cost = topics["faq/cost"]
    assert (cost.title, cost.question, cost.text) == ("Cost", "Cost?", "About Cost.")
    assert (cost.citations, cost.suggestions, cost.facts) == (("Paying",), ("faq/time", "faq/gone"), ("F1",))
    assert topics["faq/time"].facts == ()


def test_an_answer_names_its_sources_and_offers_topics_that_exist(topics: dict[str, Topic]) -> None:
    assert topic_message(topics["faq/cost"], topics) == {
        "text": "About Cost.\n\nSource: Paying",
        "buttons": [{"title": "Time", "payload": "Time?"}],
        "custom": {
            "kind": "answer",
            "topics": ["cost"],
            "citations": [{"section": "Paying"}],
            "suggestions": ["Time"],
        },
    }


def test_several_sources_stand_in_one_line_and_no_offer_means_no_buttons(topics: dict[str, Topic]) -> None:
    message = topic_message(topics["faq/time"], topics)
    assert message["text"].endswith("\n\nSource: Hours; Length")
    assert "buttons" not in message
    assert "suggestions" not in message["custom"]


def test_what_is_not_covered_is_a_fallback_without_a_source_line(topics: dict[str, Topic]) -> None:
    message = topic_message(topics["not_covered/price"], topics)
    assert message["text"] == "About Price."
    assert message["custom"]["kind"] == "fallback"
    assert message["custom"]["reason"] == "not_covered"
    assert message["custom"]["suggestions"] == ["Cost"]


def test_a_plain_response_comes_without_what_is_only_for_rasa() -> None:
    message = plain_message({"text": "Hi.", "metadata": {}, "condition": [], "id": "1"}, {}, {})
    assert message == {"text": "Hi."}


def test_keys_of_numbers_become_numbers_and_the_domain_stays() -> None:
    original = {"text": "Call.", "custom": {"kind": "crisis", "numbers": ["suicide_crisis", "emergency"]}}
    before = copy.deepcopy(original)
    numbers = plain_message(original, load_numbers(), {})["custom"]["numbers"]
    assert [number["tel"] for number in numbers] == ["988", "911"]
    assert original == before
    assert plain_message(original, load_numbers(), {})["custom"]["numbers"] == numbers


def test_a_topic_may_offer_the_fit_check_where_there_is_one(topics: dict[str, Topic]) -> None:
    topic = replace(topics["faq/cost"], offers_check=True)
    assert topic_message(topic, topics)["buttons"][-1] == CHECK_BUTTON
    assert CHECK_BUTTON not in topic_message(topic, topics, check=False)["buttons"]


@pytest.mark.parametrize(
    ("offer", "suggestions", "expected"),
    [
        ("menu", [], MENU),
        ("menu", ["faq/who_for"], MENU),
        ("suggestions", ["faq/who_for", "faq/loved_one"], ("faq/who_for", "faq/loved_one")),
        ("suggestions", ["faq/gone", "faq/who_for"], ("faq/who_for",)),
        ("suggestions", [], MENU[:MAX_SUGGESTIONS]),
    ],
)
def test_a_response_offers_the_menu_or_what_is_near(
    menu: dict[str, Topic], offer: str, suggestions: list[str], expected: tuple[str, ...]
) -> None:
    fallback = {"text": "Which?", "metadata": {"offer": offer}, "custom": {"kind": "fallback", "reason": "unclear"}}
    message = plain_message(fallback, {}, menu, suggestions)
    titles = [label.split("/")[1] for label in expected]
    assert [button["title"] for button in message["buttons"]] == titles
    assert message["custom"]["suggestions"] == titles
    # Also for people whose channel shows no buttons.
    assert message["text"] == "\n".join(["Which?", *(f"- {title}" for title in titles)])


def test_a_greeting_offers_buttons_without_listing_them(menu: dict[str, Topic]) -> None:
    message = plain_message({"text": "Hello.", "metadata": {"offer": "menu"}, "custom": {"kind": "info"}}, {}, menu)
    assert message["text"] == "Hello."
    assert len(message["buttons"]) == len(MENU)
    assert message["custom"] == {"kind": "info"}

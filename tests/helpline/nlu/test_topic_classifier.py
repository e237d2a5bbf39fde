from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.training_data.message import Message

from helpline.crisis.taxonomy import Detection, RuleHit, Tier
from helpline.nlu.crisis_detector import DETECTION
from helpline.nlu.topic_classifier import TopicClassifier

CALM = Detection()
CRISIS = {"tier": "T2", "category": "suicide_active", "subject": "self", "language": "en", "model": "m"}
Classify = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def parts(component_parts: Callable[[str], tuple]) -> tuple:
    return component_parts("topics")


@pytest.fixture(scope="module")
def trained(parts: tuple, trained_encoder: SimpleNamespace) -> TopicClassifier:
    component = TopicClassifier.create({}, *parts)
    component.train(trained_encoder.data)
    return component


@pytest.fixture(scope="module")
def classify(trained: TopicClassifier, trained_encoder: SimpleNamespace) -> Classify:
    """Return what Rasa would see of a message, in a conversation whose last turn was about `topic`."""

    def run(
        text: str,
        topic: str | None = None,
        component: TopicClassifier = trained,
        heard: Detection = CALM,
        crisis: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        turns = [UserUttered("text", parse_data={"topics": [topic]})] if topic else []
        turns += [UserUttered("text", parse_data={"crisis": crisis})] if crisis else []
        tracker = DialogueStateTracker.from_events("someone", turns, [])
        messages = trained_encoder.component.process([Message.build(text)], tracker)
        messages[0].set(DETECTION, heard)
        message = component.process(messages, tracker)[0]
        return message.as_dict(only_output_properties=True)

    return run


@pytest.mark.parametrize(
    ("text", "intent", "topics"),
    [
        ("Will Medicaid pay for treatment?", "faq", ["faq/medicaid"]),
        ("how many days each week", "faq", ["faq/session_frequency"]),
        ("whats the price in dollars", "not_covered", ["not_covered/price"]),
        ("thank you", "smalltalk", []),
    ],
)
def test_a_message_gets_intent_and_topics(classify: Classify, text: str, intent: str, topics: list[str]) -> None:
    seen = classify(text)
    assert seen["intent"]["name"] == intent
    assert seen["topics"] == topics
    assert 0 < seen["intent"]["confidence"] <= 1


def test_the_response_is_named_as_by_rasas_selector(classify: Classify) -> None:
    selected = classify("Will Medicaid pay for treatment?")["response_selector"]
    assert selected["faq"]["response"]["intent_response_key"] == "faq/medicaid"
    assert selected["faq"]["response"]["utter_action"] == "utter_faq/medicaid"
    assert classify("thank you")["response_selector"]["smalltalk"]["response"]["utter_action"].endswith("/thanks")


def test_two_questions_name_both_topics_in_order(classify: Classify) -> None:
    seen = classify("can my parents join the family therapy, and how many days a week are the sessions?")
    assert seen["intent"]["name"] == "two_questions"
    assert seen["topics"] == ["faq/family_therapy", "faq/session_frequency"]
    assert "response_selector" not in seen


@pytest.mark.parametrize("text", ["", "   ", "12345", "?!", "\U0001f600\U0001f600"])
def test_nothing_to_read_is_unclear(classify: Classify, text: str) -> None:
    seen = classify(text)
    assert seen["intent"] == {"name": "unclear", "confidence": 0.0}
    assert seen["topics"] == []


@pytest.mark.parametrize(
    ("text", "topic"),
    [("and if they refuse", "faq/medicaid"), ("and what about every day", "faq/session_frequency")],
)
def test_a_follow_up_is_about_the_topic_before(classify: Classify, text: str, topic: str) -> None:
    assert classify(text, topic)["topics"][0] == topic


def test_a_whole_question_leaves_the_topic_before(classify: Classify) -> None:
    assert classify("can my mother join the family therapy", "faq/medicaid")["topics"] == ["faq/family_therapy"]


def test_the_ranking_goes_down_and_starts_with_the_answer(classify: Classify) -> None:
    ranking = classify("Will Medicaid pay for treatment?")["intent_ranking"]
    confidences = [place["confidence"] for place in ranking]
    assert ranking[0]["name"] == "faq/medicaid"
    assert confidences == sorted(confidences, reverse=True)


def test_a_loaded_component_says_the_same(classify: Classify, trained: TopicClassifier, parts: tuple) -> None:
    loaded = TopicClassifier.load({}, *parts)
    for text in ("Will Medicaid pay?", "thanks", "how much money"):
        assert classify(text, component=loaded) == classify(text, component=trained)


def test_an_untrained_component_refuses_to_classify(
    component_parts: Callable[[str], tuple], classify: Classify
) -> None:
    with pytest.raises(RuntimeError, match="not been trained"):
        classify("hello", component=TopicClassifier.create({}, *component_parts("empty topics")))


def test_danger_outranks_every_topic(classify: Classify) -> None:
    seen = classify("does medicaid pay", heard=Detection(Tier.T2, "self_harm", score=0.99))
    assert seen["intent"]["name"] == "crisis"
    assert seen["response_selector"]["crisis"]["response"]["utter_action"] == "utter_crisis/self_harm"
    assert seen["topics"] == []


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("i can not go on like this, does medicaid pay for the program?", "faq/medicaid"),
        ("i can not go on like this, i told my mother", None),
        ("does medicaid pay for the program?", None),
    ],
)
def test_a_question_beside_danger_is_named(classify: Classify, text: str, asked: str | None) -> None:
    seen = classify(text, heard=Detection(Tier.T2, "suicide_active", score=0.99))
    assert seen["intent"]["name"] == "crisis"
    assert (seen.get("asked"), seen["topics"]) == (asked, [])


@pytest.mark.parametrize(
    ("heard", "intent"),
    [
        (Detection(Tier.T2, "suicide_active", score=0.3), "faq"),
        (Detection(Tier.T2, "suicide_active", score=0.99), "crisis"),
        (Detection(Tier.T2, "suicide_active", hits=(RuleHit("r", "suicide_active", Tier.T2, "self", 0, 1),)), "crisis"),
    ],
    ids=["doubtful", "sure", "by a rule"],
)
def test_a_sure_topic_outweighs_doubtful_danger_only(classify: Classify, heard: Detection, intent: str) -> None:
    seen = classify("Will Medicaid pay for treatment?", heard=heard)
    assert seen["intent"]["name"] == intent
    assert seen.get("crisis") is None


def test_distress_gets_support(classify: Classify) -> None:
    seen = classify("well", heard=Detection(Tier.T1, "grief", score=0.1))
    assert (seen["intent"]["name"], seen["topics"]) == ("support", [])
    assert seen["response_selector"]["support"]["response"]["utter_action"] == "utter_support/grief"


def test_a_question_in_distress_is_answered_too(classify: Classify) -> None:
    seen = classify("will medicaid pay for treatment", heard=Detection(Tier.T1, "grief", score=0.1))
    assert (seen["intent"]["name"], seen["topics"]) == ("support_and_question", ["faq/medicaid"])
    assert seen["response_selector"]["support"]["response"]["utter_action"] == "utter_support/grief"


def test_after_a_crisis_reply_what_is_not_understood_is_no_denial(classify: Classify) -> None:
    seen = classify("12345", crisis=CRISIS)
    assert seen["intent"]["name"] == "crisis_follow_up"
    assert seen["crisis"] == {**CRISIS, "kind": "unsure", "score": 0.0, "rules": [], "ms": 0.0}


def test_after_a_crisis_reply_an_ordinary_question_is_answered(classify: Classify) -> None:
    seen = classify("Will Medicaid pay for treatment?", crisis=CRISIS)
    assert seen["topics"] == ["faq/medicaid"]
    assert "crisis" not in seen


def test_distress_before_makes_no_crisis_of_what_follows(classify: Classify) -> None:
    assert classify("12345", crisis={**CRISIS, "tier": "T1"})["intent"]["name"] == "unclear"

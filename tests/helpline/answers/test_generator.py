from __future__ import annotations

from typing import Any

import pytest
from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from helpline.answers.generator import AnswerGenerator, before_last, strikes, uses, variant


def answer(title: str) -> list[dict[str, Any]]:
    metadata = {"title": title, "question": f"{title}?", "citations": [title], "suggestions": []}
    return [{"text": f"About {title}.", "metadata": metadata}]


RESPONSES: dict[str, list[dict[str, Any]]] = {
    "utter_faq/cost": answer("Cost"),
    "utter_faq/time": answer("Time"),
    "utter_first_answer": [{"text": "no first"}],
    "utter_second_answer": [{"text": "no second"}],
    "utter_crisis/suicide_active": [
        {"text": "Call.\n\nSafe?", "custom": {"kind": "crisis", "numbers": ["suicide_crisis"]}}
    ],
    "utter_crisis_modifier/veteran": [
        {"text": "Press 1.", "metadata": {"language": "en"}, "custom": {"kind": "info", "numbers": ["veterans"]}},
    ],
    "utter_crisis_modifier/deaf": [{"text": "Text.", "metadata": {"language": "en"}, "custom": {"kind": "info"}}],
    "utter_crisis/sexual_assault": [
        {"text": "One.\n\nSafe?", "custom": {"kind": "crisis", "numbers": ["sexual_assault"]}}
    ],
    "utter_crisis_in_doubt": [
        {
            "text": f"911. {{hotlines}}.\n\n{language}?",
            "metadata": {"language": language},
            "custom": {"kind": "crisis", "numbers": ["emergency", "national_helpline"]},
        }
        for language in ("en", "es")
    ],
    "utter_crisis_hotline/sexual_assault": [
        {"text": "656", "metadata": {"language": language}, "custom": {"numbers": ["sexual_assault"]}}
        for language in ("en", "es")
    ],
    "utter_crisis_hotline/child_danger": [
        {"text": "422", "metadata": {"language": language}, "custom": {"numbers": ["child_abuse"]}}
        for language in ("en", "es")
    ],
    "utter_crisis_question_offer": [
        {"text": "You asked: {question}", "metadata": {"language": "en"}},
        {"text": "Preguntó: {question}", "metadata": {"language": "es"}},
    ],
    "utter_off_topic": [{"text": "off 1"}, {"text": "off 2"}],
    "utter_unclear": [{"text": f"unclear {number}"} for number in range(1, 6)],
    "utter_web": [{"text": "for all"}, {"text": "for the web", "channel": "web"}],
}


@pytest.fixture
def generator() -> AnswerGenerator:
    return AnswerGenerator(None, Domain.empty())


def said(text: str = "text", intent: str = "faq", topics: list[str] | None = None) -> UserUttered:
    parse_data = {"text": text, "intent": {"name": intent}, "topics": topics or []}
    return UserUttered(text, parse_data["intent"], parse_data=parse_data)


def shown(utter_action: str) -> BotUttered:
    return BotUttered("text", metadata={"utter_action": utter_action})


def tracker(*events: Event) -> DialogueStateTracker:
    return DialogueStateTracker.from_events("a", events, [])


async def text_of(generator: AnswerGenerator, utter_action: str, *events: Event, channel: str = "rest") -> str | None:
    message = await generator.generate(utter_action, tracker(*events), channel, domain_responses=RESPONSES)
    return message and message["text"]


def test_rasa_makes_it_from_the_endpoints() -> None:
    endpoint = EndpointConfig(type="helpline.answers.generator.AnswerGenerator")
    assert isinstance(NaturalLanguageGenerator.create(endpoint, Domain.empty()), AnswerGenerator)


@pytest.mark.parametrize(
    ("utter_action", "topics", "expected"),
    [
        ("utter_faq/cost", [], "About Cost.\n\nSource: Cost"),
        ("utter_first_answer", ["faq/time", "faq/cost"], "About Time.\n\nSource: Time"),
        ("utter_second_answer", ["faq/time", "faq/cost"], "About Cost.\n\nSource: Cost"),
        ("utter_second_answer", ["faq/time"], "no second"),
        ("utter_first_answer", ["faq/gone"], "no first"),
        ("utter_unknown", [], None),
    ],
)
@pytest.mark.asyncio
async def test_which_answer_is_given(
    generator: AnswerGenerator, utter_action: str, topics: list[str], expected: str | None
) -> None:
    assert await text_of(generator, utter_action, said(topics=topics)) == expected


@pytest.mark.asyncio
async def test_a_conversation_without_messages_is_answered_too(generator: AnswerGenerator) -> None:
    assert await text_of(generator, "utter_off_topic") == "off 1"


@pytest.mark.asyncio
async def test_variants_take_turns(generator: AnswerGenerator) -> None:
    events: list[Event] = []
    texts = []
    for _ in range(3):
        events.append(said(intent="off_topic"))
        texts.append(await text_of(generator, "utter_off_topic", *events))
        events.append(shown("utter_off_topic"))
    assert texts == ["off 1", "off 2", "off 1"]


@pytest.mark.asyncio
async def test_unclear_messages_in_a_row_go_up_by_stages_and_a_clear_one_starts_again(
    generator: AnswerGenerator,
) -> None:
    events: list[Event] = []
    texts = []
    for intent in ["unclear"] * 4 + ["faq", "unclear"]:
        events.append(said(intent=intent))
        if intent == "unclear":
            texts.append(await text_of(generator, "utter_unclear", *events))
    assert texts == ["unclear 1", "unclear 2", "unclear 3", "unclear 4", "unclear 1"]


@pytest.mark.parametrize(("channel", "expected"), [("web", "for the web"), ("rest", "for all")])
@pytest.mark.asyncio
async def test_a_channel_gets_its_own_variant(generator: AnswerGenerator, channel: str, expected: str) -> None:
    assert await text_of(generator, "utter_web", said(), channel=channel) == expected


@pytest.mark.asyncio
async def test_a_new_models_words_are_used_at_once(generator: AnswerGenerator) -> None:
    await text_of(generator, "utter_faq/cost", said())
    message = await generator.generate(
        "utter_faq/cost", tracker(said()), "rest", domain_responses={"utter_faq/cost": answer("New")}
    )
    assert message["text"].startswith("About New.")


@pytest.mark.parametrize(
    ("tier", "asked", "language", "end"),
    [
        ("T2", "faq/cost", "en", "Call.\n\nYou asked: Cost?\n\nSafe?"),
        ("T2", "faq/cost", "es", "Call.\n\nPreguntó: Cost?\n\nSafe?"),
        ("T2", None, "en", "Call.\n\nSafe?"),
        ("T2", "faq/gone", "en", "Call.\n\nSafe?"),
        ("T3", "faq/cost", "en", "Call.\n\nSafe?"),
    ],
)
@pytest.mark.asyncio
async def test_a_crisis_reply_offers_to_answer_the_question_beside_it(
    generator: AnswerGenerator, tier: str, asked: str | None, language: str, end: str
) -> None:
    heard = {"tier": tier, "category": "suicide_active", "subject": "self", "language": language}
    event = UserUttered("text", {"name": "crisis"}, parse_data={"crisis": heard, "asked": asked})
    message = await generator.generate(
        "utter_crisis/suicide_active", tracker(event), "rest", domain_responses=RESPONSES
    )
    assert message is not None
    assert message["text"] == end
    assert [button["payload"] for button in message.get("buttons", [])] == (["Cost?"] if "Cost" in end else [])


@pytest.mark.parametrize(
    ("kinds", "language", "text", "numbers"),
    [
        (
            ["sexual_assault", "child_danger"],
            "en",
            "911. 656, or 422.\n\nen?",
            ["911", "18006564673", "18004224453", "18006624357"],
        ),
        (
            ["sexual_assault", "child_danger"],
            "es",
            "911. 656, o 422.\n\nes?",
            ["911", "18006564673", "18004224453", "18006624357"],
        ),
        (["sexual_assault"], "en", "911. 656.\n\nen?", ["911", "18006564673", "18006624357"]),
        ([], "en", "One.\n\nSafe?", ["18006564673"]),
    ],
)
@pytest.mark.asyncio
async def test_where_harm_is_in_doubt_the_lines_of_its_kinds_follow_911(
    generator: AnswerGenerator, kinds: list[str], language: str, text: str, numbers: list[str]
) -> None:
    heard = {"tier": "T2", "category": "sexual_assault", "subject": "self", "language": language}
    event = UserUttered("text", {"name": "crisis"}, parse_data={"crisis": {**heard, "in_doubt": kinds}})
    message = await generator.generate(
        "utter_crisis/sexual_assault", tracker(event), "rest", domain_responses=RESPONSES
    )
    assert message is not None
    assert message["text"] == text
    assert [number["tel"] for number in message["custom"]["numbers"]] == numbers
    assert message["custom"]["category"] == "sexual_assault"


@pytest.mark.asyncio
async def test_modifiers_add_lines_before_the_question_and_numbers_at_the_end(generator: AnswerGenerator) -> None:
    heard = {"tier": "T2", "category": "suicide_active", "subject": "self", "language": "en"}
    parse_data = {"crisis": heard, "modifiers": ["veteran", "deaf"]}
    message = await generator.generate(
        "utter_crisis/suicide_active",
        tracker(UserUttered("text", {"name": "crisis"}, parse_data=parse_data)),
        "rest",
        domain_responses=RESPONSES,
    )
    assert message is not None
    assert message["text"] == "Call.\n\nPress 1.\n\nText.\n\nSafe?"
    assert [number["label"] for number in message["custom"]["numbers"]] == [
        "988 Suicide & Crisis Lifeline",
        "Veterans Crisis Line",
    ]


@pytest.mark.asyncio
async def test_a_modifier_whose_number_is_there_already_adds_nothing(generator: AnswerGenerator) -> None:
    heard = {"tier": "T2", "category": "suicide_active", "subject": "self", "language": "en"}
    event = UserUttered("text", {"name": "crisis"}, parse_data={"crisis": heard, "modifiers": ["veteran"]})
    custom = {"kind": "crisis", "numbers": ["suicide_crisis"]}
    responses = {**RESPONSES, "utter_crisis/suicide_active": [{"text": "Text 838255.\n\nSafe?", "custom": custom}]}
    message = await generator.generate(
        "utter_crisis/suicide_active", tracker(event), "rest", domain_responses=responses
    )
    assert message is not None
    assert message["text"] == "Text 838255.\n\nSafe?"
    assert [number["tel"] for number in message["custom"]["numbers"]] == ["988"]


def test_a_line_below_a_single_paragraph() -> None:
    assert before_last("Call.", " Press 1. ") == "Call.\n\nPress 1."


@pytest.mark.parametrize(
    ("count", "staged", "expected"),
    [
        (2, False, [0, 1, 0, 1, 0, 1, 0]),
        (1, False, [0] * 7),
        (5, True, [0, 1, 2, 3, 4, 2, 3]),
        (3, True, [0, 1, 2, 2, 2, 2, 2]),
        (2, True, [0, 1, 0, 1, 0, 1, 0]),
        (1, True, [0] * 7),
    ],
)
def test_variant(count: int, staged: bool, expected: list[int]) -> None:
    assert [variant(used, count, staged) for used in range(7)] == expected


def test_uses_counts_one_response_only() -> None:
    events = [shown("utter_a"), shown("utter_b"), BotUttered("no metadata"), shown("utter_a")]
    assert (uses(tracker(*events), "utter_a"), uses(tracker(*events), "utter_c")) == (2, 0)


@pytest.mark.parametrize(
    ("intents", "expected"),
    [([], 0), (["unclear"], 0), (["unclear"] * 3, 2), (["unclear", "faq", "unclear"], 0), (["unclear", "faq"], 0)],
)
def test_strikes(intents: list[str], expected: int) -> None:
    assert strikes(tracker(*(said(intent=intent) for intent in intents))) == expected

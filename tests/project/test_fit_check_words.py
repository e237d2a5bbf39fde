"""The words of the fit check in data/fit_check/: complete, calm, hedged, and without unknown numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from project_files import DATA, read_headings, read_yaml

from helpline.authoring.words import BANNED_PHRASES, BANNED_WORDS, EMOJI, unknown_numbers
from helpline.fit_check import words
from helpline.fit_check.questions import UNKNOWN, VALUES
from helpline.fit_check.rules import OUTCOMES, Decision, decide

QUESTIONS = read_yaml(DATA / "fit_check" / "questions.yml")
RESULTS = read_yaml(DATA / "fit_check" / "results.yml")
NUMBERS = ("1-800-662-HELP (4357)", "911", "988")
MILD = {"who": "me", "age": "adult", "safety": "no", "focus": "substance", "daily_use": "none", "health": "no"}
MILD |= {"around_the_clock": "yes", "impact": "some", "care_so_far": "none", "home": "yes", "time": "yes"}
# One set of answers for each rule that has words of its own.
BY_RULE: dict[str, dict[str, str]] = {
    "R4": {"daily_use": "alcohol", "withdrawal_history": "past"},
    "R5": {"health": "yes"},
    "R6": {"around_the_clock": "no"},
    "R7": {"impact": "cant"},
    "R8": {"home": "no", "impact": "most"},
    "R9": {"daily_use": "benzos", "withdrawal_history": "no"},
    "R10": {"health": UNKNOWN},
    "R11": {"impact": UNKNOWN},
    "R12": {"care_so_far": "leaving_higher"},
    "R13": {"impact": "most"},
    "R14": {"care_so_far": "iop_before"},
    "R15": {},
}


def said(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Yield place and text of everything in a file of words."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from said(part, f"{place}/{name}")
    elif isinstance(value, list):
        for part in value:
            yield from said(part, place)
    else:
        yield place, str(value)


def keys_of(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield key
            yield from keys_of(part)


EVERYTHING = [*said(QUESTIONS, "questions.yml"), *said(RESULTS, "results.yml")]


def result_of(rule: str) -> tuple[Decision, dict[str, Any]]:
    answers = {**MILD, **BY_RULE[rule]}
    decision = decide(answers)
    assert decision.rule == rule
    return decision, words.result(decision, answers)


def test_every_question_has_all_its_words_and_a_button_for_each_value() -> None:
    assert list(QUESTIONS["questions"]) == list(VALUES)
    for name, entry in QUESTIONS["questions"].items():
        assert set(entry) == {"label", "ask", "again", "why", "options"} and set(entry["ask"]) == {"me", "other"}
        assert tuple(entry["options"]) == VALUES[name]
        assert len(set(entry["options"].values())) == len(VALUES[name])


def test_every_key_is_a_word() -> None:
    """YAML reads "off", "no" and 13_17 as something else unless they are quoted."""
    keys = [key for part in (QUESTIONS, RESULTS) for key in keys_of(part)]
    assert [key for key in keys if not isinstance(key, str)] == []


def test_every_outcome_and_rule_has_words() -> None:
    assert set(RESULTS["outcomes"]) == set(OUTCOMES)
    assert set(RESULTS["reasons"]) == set(BY_RULE)
    assert set(RESULTS["paying"]) == set(VALUES["paying"])


def test_sources_are_headings_of_the_document() -> None:
    cited = [text for place, text in EVERYTHING if place.endswith("/source")]
    assert cited and set(cited) <= read_headings()


@pytest.mark.parametrize(("place", "text"), EVERYTHING, ids=[place for place, _ in EVERYTHING])
def test_words_are_calm_and_promise_nothing(place: str, text: str) -> None:
    assert "!" not in text and "%" not in text and not EMOJI.search(text)
    banned = [
        word
        for word in BANNED_WORDS + BANNED_PHRASES
        if re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text, re.IGNORECASE)
    ]
    assert banned == []
    known = [shown for number in read_yaml(DATA / "numbers.yml").values() for shown in number["shown"]]
    assert unknown_numbers(text, known) == []


@pytest.mark.parametrize("rule", BY_RULE)
def test_a_result_is_hedged_and_says_why_and_what_next(rule: str) -> None:
    decision, message = result_of(rule)
    text = message["text"]
    assert all(number in text for number in NUMBERS)
    assert "not a diagnosis" in text and "not an ASAM assessment" in text
    assert "Your answers:" in text and "Next step:" in text and "could change" in text
    assert re.search(r"\bmay\b|can't say", text)
    assert not re.search(r"you (qualify|need an iop|have)", text.lower())
    assert message["custom"]["outcome"] == decision.outcome
    assert 1 <= len(message["custom"]["because"]) <= 3
    (citation,) = message["custom"]["citations"]
    assert citation["section"] in read_headings() and text.endswith(f"Source: {citation['section']}")


def test_without_answers_a_result_gives_no_reasons() -> None:
    message = words.result(decide({}), {})
    assert message["custom"]["because"] == [] and "Your answers" not in message["text"]


@pytest.mark.parametrize("rule", ["R4", "R9"])
def test_who_may_withdraw_is_told_not_to_stop_suddenly(rule: str) -> None:
    assert "Don't stop alcohol" in result_of(rule)[1]["text"]


@pytest.mark.parametrize("answers", [{"safety": "yes"}, {"safety": "not_sure"}])
def test_an_urgent_result_is_help_only(answers: dict[str, str]) -> None:
    message = words.result(decide(answers), answers)
    assert all(number in message["text"] for number in NUMBERS)
    assert "IOP" not in message["text"] and "check" not in message["text"]
    assert message["custom"]["numbers"][0]["tel"] == "911"


def test_a_child_gets_somebody_to_turn_to() -> None:
    message = words.result(decide({"age": "under_13"}), {"age": "under_13"})
    assert all(number in message["text"] for number in (*NUMBERS, "1-800-422-4453"))
    assert "grown-up" in message["text"]

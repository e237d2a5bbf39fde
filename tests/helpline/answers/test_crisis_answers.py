from __future__ import annotations

import itertools

import pytest

from helpline.answers.crisis import crisis_message, fitting, in_turn
from helpline.answers.numbers import load_numbers

HEARD = {"tier": "T2", "category": "self_harm", "subject": "other", "language": "en"}


def variant(text: str, **metadata: str) -> dict[str, object]:
    return {"text": text, "metadata": metadata, "custom": {"kind": "crisis", "numbers": ["suicide_crisis"]}}


VARIANTS = [
    variant("self", subject="self", language="en"),
    variant("other", subject="other", language="en"),
    variant("emergency", subject="other", language="en", tier="T3"),
    variant("again", language="en"),
    variant("hola", language="es"),
]


def texts(heard: dict[str, str]) -> list[str]:
    return [str(chosen["text"]) for chosen in fitting(VARIANTS, heard)]


def test_what_fits_comes_in_order() -> None:
    assert texts(HEARD) == ["other", "again"]
    assert texts({**HEARD, "tier": "T3"}) == ["other", "emergency", "again"]


def test_spanish_gets_spanish() -> None:
    assert texts({**HEARD, "language": "es"}) == ["hola"]


def test_where_no_subject_fits_the_language_still_does() -> None:
    assert [chosen["text"] for chosen in fitting(VARIANTS[:1], HEARD)] == ["self"]


def test_where_no_language_fits_there_are_words_all_the_same() -> None:
    assert fitting(VARIANTS[:1], {**HEARD, "language": "es"}) == VARIANTS[:1]


def test_repeats_never_say_the_same_twice_in_a_row() -> None:
    said = [in_turn(VARIANTS, used)["text"] for used in range(12)]
    assert said[0] == "self"
    assert "self" not in said[1:]
    assert all(first != second for first, second in itertools.pairwise(said))


@pytest.mark.parametrize("used", [0, 1, 5])
def test_a_message_says_what_was_heard_and_shows_the_numbers(used: int) -> None:
    message = crisis_message(VARIANTS, HEARD, used, load_numbers())
    custom = message["custom"]
    assert {name: custom[name] for name in HEARD} == HEARD
    assert custom["numbers"][0]["tel"] == "988"
    assert VARIANTS[0]["custom"] == {"kind": "crisis", "numbers": ["suicide_crisis"]}

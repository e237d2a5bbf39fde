from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpline.nlu.text import MAX_CHARACTERS, MAX_CLAUSES, clauses, has_letters, is_question, normalise


def pieces_of(text: str) -> list[str]:
    return [text[begin:end] for begin, end in clauses(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("How MUCH Is It?", "how much is it?"),
        ("can u help me rn", "can you help me right now"),
        ("w/o ins", "without insurance"),
        ("idk, thx", "i do not know, thanks"),
        ("\U0001f44e\U0001f44e\U0001f44e", "that did not help  that did not help"),
        ("not dead yet \U0001f44d", "not dead yet \U0001f44d"),
        ("sooooo long!!!!", "soo long!!"),
        ("I don\u2019t know", "i don't know"),
        ("\u201cgroup\u201d \u2013 really?", '"group" - really?'),
        ("\ufb01ne \uff21\uff22\uff23", "fine abc"),
        ("med\u200bi\u00adcaid", "medicaid"),
        ("  spaces \n", "spaces"),
        ("urgent runner", "urgent runner"),
        ("", ""),
    ],
)
def test_normalise(text: str, expected: str) -> None:
    assert normalise(text) == expected


def test_a_very_long_message_keeps_both_its_ends() -> None:
    read = normalise("first words " + "ab " * MAX_CHARACTERS + " last question")
    assert len(read) <= MAX_CHARACTERS + 1
    assert read.startswith("first words")
    assert read.endswith("last question")


@given(st.text())
def test_no_text_breaks_the_reading(text: str) -> None:
    read = normalise(text)
    assert not any(letter in read for letter in "\u200b\u200d\ufeff\u2019")
    pieces = pieces_of(read)
    assert len(pieces) != 1
    assert len(pieces) <= MAX_CLAUSES
    assert all(pieces)
    is_question(read)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("how much is it? do i need insurance", ["how much is it?", "do i need insurance"]),
        ("is it daily and who pays for it", ["is it daily", "who pays for it"]),
        ("i work nights, can i still come", ["i work nights", "can i still come"]),
        ("my son drinks\n\nwhat can i do", ["my son drinks", "what can i do"]),
        ("what is an iop", []),
        ("yes, ok, sure", []),
        ("", []),
    ],
)
def test_clauses(text: str, expected: list[str]) -> None:
    assert pieces_of(text) == expected


def test_of_many_clauses_the_first_and_the_last_are_kept() -> None:
    pieces = pieces_of(". ".join(f"this is part {n}" for n in range(20)))
    assert len(pieces) == MAX_CLAUSES
    assert pieces[:2] == ["this is part 0.", "this is part 1."]
    assert pieces[-1] == "this is part 19"


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        ("how long is it", True),
        ("so can i work", True),
        ("medicaid?", True),
        ("medicaid? ", True),
        ("i work nights", False),
        ("island life", False),
        ("", False),
    ],
)
def test_is_question(clause: str, expected: bool) -> None:
    assert is_question(clause) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a", True), ("\u00e9", True), ("12a", True), ("", False), ("123", False), ("?!", False), ("\U0001f600 _", False)],
)
def test_has_letters(text: str, expected: bool) -> None:
    assert has_letters(text) is expected

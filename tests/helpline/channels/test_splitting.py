from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpline.answers.numbers import load_numbers
from helpline.channels.splitting import length, split

HOTLINE = load_numbers()["national_helpline"].text


def test_a_text_within_the_limit_stays_one() -> None:
    assert split("  Hello.\n\nHow are you?  ", 30) == ["Hello.\n\nHow are you?"]
    assert split(" \n ", 30) == []


def test_paragraphs_are_cut_before_lines_before_sentences_before_words() -> None:
    assert split("One is here. Two is.\n\nThree.", 25) == ["One is here. Two is.", "Three."]
    assert split("One is here. Two is.\nThree is.", 25) == ["One is here. Two is.", "Three is."]
    assert split("One is here. Two is here. Three is.", 27) == ["One is here. Two is here.", "Three is."]
    assert split("one two three four five", 14) == ["one two three", "four five"]


def test_a_cut_far_in_front_gives_way_to_a_lesser_one() -> None:
    assert split("Hi.\n\nThis is the second paragraph, which goes on. And on it goes.", 56) == [
        "Hi.\n\nThis is the second paragraph, which goes on.",
        "And on it goes.",
    ]


@pytest.mark.parametrize(
    "number", [HOTLINE, "HOME to 741741", "1-800-799-7233, or text START to 88788", "988, press 1, or text 838255"]
)
def test_a_number_is_never_cut(number: str) -> None:
    for before in range(60):
        pieces = split(f"{'x' * before} please call {number} now, at any hour of the day or of the night", 80)
        assert any(number in piece for piece in pieces), pieces


def test_a_link_is_never_cut() -> None:
    link = "https://988lifeline.org/get-help?from=a.b.c"
    assert any(link in piece for piece in split(f"Here are some words. See {link} for more. Bye.", 50))


def test_a_word_that_is_too_long_is_cut_as_it_comes() -> None:
    assert split("a" * 25, 10) == ["a" * 10, "a" * 10, "a" * 5]


def test_an_emoji_counts_two_as_vendors_count() -> None:
    assert length("a😀") == 3
    assert split("😀" * 7, 6) == ["😀" * 3, "😀" * 3, "😀"]


@given(st.text(alphabet=st.sampled_from("ab .!?\n1-(😀é"), max_size=300), st.integers(min_value=2, max_value=60))
def test_nothing_is_lost_and_no_piece_is_too_long(text: str, limit: int) -> None:
    pieces = split(text, limit)
    assert all(piece.strip() and length(piece) <= limit for piece in pieces)
    assert re.sub(r"\s", "", "".join(pieces)) == re.sub(r"\s", "", text)

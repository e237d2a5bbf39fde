from __future__ import annotations

import pytest

from helpline.channels.choices import chosen, number_in
from helpline.channels.rendering import Menu, Option


def menu(*titles: str) -> Menu:
    return Menu(1, tuple(Option(title, title) for title in titles))


PLAIN = menu("Me", "Someone I love", "I'm a professional")


@pytest.mark.parametrize(
    "text",
    ["2", "2.", " 2 ", "#2", "(2)", "2)", "2!", "no. 2", "No. 2", "number 2", "option two", "Option 2", "two", "TWO",
     "Two.", "dos", "la dos", "el 2", "opción 2", "número dos", "2\ufe0f\u20e3", "\uff12", "**2**", "\u201c2\u201d"],
)  # fmt: skip
def test_a_number_is_read_in_many_forms(text: str) -> None:
    assert number_in(text) == 2
    assert chosen(text, PLAIN) == 2


@pytest.mark.parametrize(
    "text",
    ["no one", "2 days", "two of us", "once", "911", "988", "90210", "1234567", "2.5", "2-3", "-2", "½", "ii", "", "  ",
     "the", "number", "both", "one or two", "99999999999999999999", "twenty"],
)  # fmt: skip
def test_what_is_no_number_of_a_list(text: str) -> None:
    assert number_in(text) is None


@pytest.mark.parametrize("text", ["4", "0", "99", "ten"])
def test_a_number_outside_the_list_chooses_nothing(text: str) -> None:
    assert number_in(text) is not None
    assert chosen(text, PLAIN) is None


@pytest.mark.parametrize(
    "text",
    ["Someone I love", "someone i love", "SOMEONE I LOVE.", "someone  i  love", "somone i love", "Someoen I love"],
)
def test_a_title_is_known_in_any_case_and_with_a_slip(text: str) -> None:
    assert chosen(text, PLAIN) == 2


def test_accents_and_apostrophes_do_not_matter() -> None:
    assert chosen("si", menu("No", "S\u00ed")) == 2
    assert chosen("i\u2019m a professional", PLAIN) == 3


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("I am unsafe", ("I am safe", "Not sure")),
        ("I hate", ("I have", "No")),
        ("now", ("Not", "Yes")),
        ("can't", ("can", "none")),
        ("someone i lost", ("Someone I love",)),
        ("someone", ("Someone I love",)),
        ("nobody i love", ("Someone I love",)),
        ("imporxxnt", ("Important",)),
    ],
)
def test_another_word_is_no_slip(text: str, titles: tuple[str, ...]) -> None:
    assert chosen(text, menu(*titles)) is None


def test_a_slip_that_fits_two_titles_chooses_neither() -> None:
    assert chosen("Option Alphx", menu("Option Alpha", "Option Alphb")) is None


def test_a_title_that_is_a_number_goes_before_the_number_of_the_list() -> None:
    assert chosen("3", menu("3", "4", "5")) == 1
    assert chosen("5", menu("3", "4", "5")) == 3


def test_two_options_of_one_title_are_told_apart_by_number_only() -> None:
    assert chosen("yes", menu("Yes", "Yes")) is None
    assert chosen("2", menu("Yes", "Yes")) == 2

from __future__ import annotations

import pytest

from helpline.crisis.phrases import parse

LISTS = {"self": "myself|my self"}


@pytest.mark.parametrize(
    ("written", "line", "expected"),
    [
        ("want to die", "i want to die ", True),
        ("want to die", "i want to diet ", False),
        ("want to die", "i want . to die ", False),
        ("(kill|end) <self>", "i end my self ", True),
        ("not? breathing", "he is breathing ", True),
        ("(is not)? breathing", "he is not breathing ", True),
        ("he ... breathing", "he is just barely breathing ", True),
        ("he ... breathing", "he is just about barely breathing ", False),
        ("he ... breathing", "he is not breathing ", False),
        ("he ... breathing", "he is . breathing ", False),
        ("^ help $", ". help . ", True),
        ("^ help $", "help me ", False),
        ("in 20##", "in 2019 ", True),
        ("in 20##", "in 20190 ", False),
        ("thoughts QUESTION no END", "thoughts ? no . ", True),
    ],
)
def test_shorthand(written: str, line: str, expected: bool) -> None:
    assert bool(parse(written, LISTS).compiled.search(line)) is expected


@pytest.mark.parametrize(
    ("written", "needs"),
    [
        ("i want to die", {"die"}),
        ("(kill|end) <self>", {"kill", "end"}),
        ("kill? (me|us)? now", {"now"}),
        ("20##", set()),
    ],
)
def test_a_phrase_knows_the_words_it_needs(written: str, needs: set[str]) -> None:
    assert parse(written, {"self": "myself|my self|him self"}).needs <= needs or parse(written, LISTS).needs == needs


@pytest.mark.parametrize("written", ["(kill|end", "kill) me"])
def test_unbalanced_parentheses_are_refused(written: str) -> None:
    with pytest.raises(ValueError, match="unbalanced"):
        parse(written, LISTS)


def test_an_unknown_list_is_refused() -> None:
    with pytest.raises(KeyError):
        parse("kill <nobody>", LISTS)

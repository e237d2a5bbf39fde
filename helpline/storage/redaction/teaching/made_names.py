"""Makes up names in lower case: of the lists, invented, of words, with titles and surnames. Pure but for the dice."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from pathlib import Path
from random import Random

from helpline.storage.redaction.words import words

HERE = Path(__file__).parent
# What may stand before a name and is none.
TITLES = ("big", "lil", "little", "old man", "miss", "mr", "ms", "uncle", "auntie", "brother", "sister", "dr")


@cache
def nicknames() -> tuple[str, ...]:
    """Return words and nicknames that people go by."""
    lines = (HERE / "nicknames.txt").read_text(encoding="utf-8").splitlines()
    return tuple(word for line in lines if line[:1] != "#" for word in line.split())


@cache
def _syllables() -> tuple[list[str], list[str]]:
    """Return what invented names begin with, and what they end with."""
    _, begin, end = (HERE / "syllables.txt").read_text(encoding="utf-8").splitlines()
    return begin.split(), end.split()


@cache
def _listed(name: str) -> tuple[str, ...]:
    return tuple(sorted(words(name)))


@cache
def _plain_english() -> tuple[str, ...]:
    endings = ("ing", "ed", "ly", "tion", "ness", "able", "ive", "ous", "ize", "ish", "ment", "ity", "es", "ers")
    return tuple(word for word in _listed("english_words") if 3 < len(word) < 10 and not word.endswith(endings))


@cache
def _next_letters() -> dict[str, str]:
    """Return which letters follow two letters in names, as often as they do."""
    follow: defaultdict[str, str] = defaultdict(str)
    for name in (*_listed("first_names"), *_listed("surnames")):
        padded = f"^^{name}$"
        for place in range(len(padded) - 2):
            follow[padded[place : place + 2]] += padded[place + 2]
    return dict(follow)


def name(dice: Random) -> str:
    """Return a name, some with a title, a surname or an initial."""
    first, chance = _one(dice), dice.random()
    if chance < 0.10:
        return f"{first} {_last(dice)}"
    if chance < 0.14:
        return f"{dice.choice(TITLES)} {first}"
    return f"{first} {dice.choice('bcdfghjklmprstvw')}" if chance < 0.16 else first


def one(dice: Random) -> str:
    """Return a name of one word."""
    return _one(dice).split(" ")[0]


def _one(dice: Random) -> str:
    chance = dice.random()
    for most, names in ((0.20, "first_names"), (0.30, "surnames"), (0.38, "doubtful_names")):
        if chance < most:
            return dice.choice(_listed(names))
    if chance < 0.63:
        return _invented(dice)
    if chance < 0.92:
        return dice.choice(nicknames()).replace("-", dice.choice((" ", "-", "")))
    if chance < 0.97:
        return dice.choice(_plain_english())
    return f"{_invented(dice)}-{_invented(dice)}"


def _last(dice: Random) -> str:
    chance = dice.random()
    if chance < 0.75:
        return dice.choice(_listed("surnames")) if chance < 0.4 else _invented(dice)
    return dice.choice(_listed("wordlike_surnames" if chance < 0.9 else "first_names"))


def _invented(dice: Random) -> str:
    if dice.random() < 0.35:
        return "".join(map(dice.choice, _syllables()))
    while True:
        made = "^^"
        while not made.endswith("$") and len(made) < 14:
            made += dice.choice(_next_letters()[made[-2:]])
        made = made[2:].rstrip("$")
        if 3 <= len(made) <= 11:
            return made

"""A second reader of names beside the rules: by how a word is spelt and what stands around it, with learned weights.

A chain over the words of a message, each a name or not (a linear-chain conditional random field), for names that no cue
leads to: "when stormy left she took the dog". `teaching/` learns the weights and writes `reader.json`. Pure functions.
"""

from __future__ import annotations

import json
from collections import Counter
from functools import cache, lru_cache
from itertools import repeat
from math import exp
from pathlib import Path
from typing import Any, Iterator, Mapping, NamedTuple, Sequence

from helpline.storage.redaction.signs import BY_LISTS, gap, kind

WEIGHTS = Path(__file__).with_name("reader.json")
# From which chance on a word is taken for a name, by what it can be: more where it is an ordinary word or a brand, too,
# and where it has a capital letter, as the rules know those. So low that one ordinary message in 80 loses a word: a
# name that stays does more harm than a word that goes.
_ENOUGH = {"f": 0.21, "s": 0.21, "u": 0.14, "m": 0.2, "d": 0.15, "e": 0.25, "o": 0.25, "w": 0.95}
_ENOUGH_CAPITAL = {"f": 0.36, "s": 0.36, "u": 0.36, "m": 0.36, "d": 0.3, "e": 0.5, "o": 0.5, "w": 0.95}
# An ordinary word behind these mostly says what somebody or something is: "i am homeless", "this puzzle".
_SAYING = frozenset(
    ["am", "i'm", "im", "is", "it's", "its", "are", "was", "were", "be", "me", "this", "that", "the", "a", "an", "some"]
)
_ENOUGH_SAID = 0.6
_ENOUGH_ALL_CAPITALS = 0.9
# The same for one beside another name, and for one that is a name elsewhere in the message.
_BESIDE, _AGAIN = 0.08, 0.2
_AND = frozenset({"and", "n", "y", "e", "or", "nd"})
_LEAST = min(_ENOUGH.values())
# Where no word's own weight is above this, none is a name: a name among words that are none weighs less than its own.
_HOPELESS = 0.0
Token = tuple[int, int, str]


class Weights(NamedTuple):
    """What was learned.

    groups: the common words, each with the group of words that stand in like places.
    plain: common words that are no names anywhere.
    odds: of each feature, how much it speaks for a name.
    changes: from no name to no name, to a name, and from a name to no name, to a name.
    """

    groups: Mapping[str, str]
    plain: frozenset[str]
    odds: Mapping[str, float]
    changes: tuple[float, float, float, float]


class View(NamedTuple):
    """A message as the reader sees it: its words in lower case, the gaps around them, and what each word can be."""

    lows: list[str]
    gaps: list[str]
    kinds: list[str]
    cased: str


@cache
def weights() -> Weights:
    """Return the learned weights."""
    return as_weights(json.loads(WEIGHTS.read_text(encoding="utf-8")))


def as_weights(content: Mapping[str, Any]) -> Weights:
    """Return the content of reader.json, ready for use."""
    groups = {word: group for group, line in content["groups"].items() for word in line.split()}
    changes = tuple(exp(change) for change in content["changes"])
    return Weights(groups, frozenset(content["plain"].split()), content["odds"], changes)  # type: ignore[arg-type]


def found(text: str, tokens: Sequence[Token]) -> frozenset[int]:
    """Return which words of a message are names.

    tokens: start, end and the word itself.
    """
    known = weights()
    if all(word.lower() in known.plain for _, _, word in tokens):
        return frozenset()
    likely = chances(text, tokens, known)
    names = {place for place, chance in enumerate(likely) if chance > _LEAST and chance > _enough(tokens, place)}
    # The same word again, however it stands there.
    called = {tokens[place][2].lower() for place in names}
    names |= {place for place, chance in enumerate(likely) if chance > _AGAIN and tokens[place][2].lower() in called}
    # One name and another beside it: "esme and hazel".
    beside = list(names)
    while beside:
        place = beside.pop()
        for other in _beside(text, tokens, place):
            if other not in names and likely[other] > _BESIDE:
                names.add(other)
                beside.append(other)
    return frozenset(names)


def _enough(tokens: Sequence[Token], place: int) -> float:
    """Return from which chance on a word is taken for a name."""
    word = tokens[place][2]
    if len(word) < 2:
        return 1.0
    what = kind(word.lower(), BY_LISTS)
    if not word[0].islower():
        return _ENOUGH_ALL_CAPITALS if word.isupper() else _ENOUGH_CAPITAL[what]
    said = what in "oe" and place > 0 and tokens[place - 1][2].lower() in _SAYING
    return _ENOUGH_SAID if said else _ENOUGH[what]


def _beside(text: str, tokens: Sequence[Token], place: int) -> Iterator[int]:
    """Yield which words a comma or an "and" joins to a word."""
    for step in (-1, 1):
        other = place + step
        if not 0 <= other < len(tokens):
            continue
        first, second = (other, place) if step < 0 else (place, other)
        between = text[tokens[first][1] : tokens[second][0]]
        if between == ", ":
            yield other
        elif between == " " and tokens[other][2].lower() in _AND and 0 <= other + step < len(tokens):
            yield other + step


def chances(text: str, tokens: Sequence[Token], known: Weights) -> list[float]:
    """Return the chance of each word to be a name; tokens: at least one."""
    scores = [sum(map(known.odds.get, seen, repeat(0.0))) for seen in features(view(text, tokens), known)]
    return [0.0] * len(scores) if max(scores) < _HOPELESS else _chances(scores, known.changes)


def view(text: str, tokens: Sequence[Token], hidden: Mapping[int, int] | None = None) -> View:
    """Return a message as the reader sees it.

    hidden: the places of words that a list is kept from.
    """
    lows = [word.lower() for _, _, word in tokens]
    gaps, end = [], 0
    for start, stop, _ in tokens:
        gaps.append(gap(text[end:start]))
        end = stop
    rest = text[end:]
    gaps.append("$" if not rest.strip() else gap(rest) + "$")
    gaps[0] = "^" if gaps[0] in "_0" else "^" + gaps[0]
    kinds = [kind(low, hidden.get(place, BY_LISTS) if hidden else BY_LISTS) for place, low in enumerate(lows)]
    capitals = 0
    for place, (_, _, word) in enumerate(tokens):
        if not word[0].isupper():
            kinds[place] += "l"
            continue
        capitals += 1
        if len(word) > 1 and word.isupper():
            kinds[place] += "U"
        else:
            kinds[place] += "S" if place == 0 or gaps[place][0] in ".n:" else "C"
    return View(lows, gaps, kinds, "L" if not capitals else "N" if capitals * 2 <= len(tokens) else "U")


def features(seen: View, known: Weights) -> list[list[str]]:
    """Return what speaks for or against a name, word by word."""
    lows, gaps, kinds, cased = seen
    count = len(lows)
    groups, plain = known.groups, known.plain
    # Words that are not common ones count by what they can be.
    near = [low if low in groups else "~" + kinds[place][0] for place, low in enumerate(lows)]
    like = [groups.get(low) or "~" + kinds[place][0] for place, low in enumerate(lows)]
    near += [">", ">", ">", "<", "<", "<"]
    like += [">", ">", "<", "<"]
    around = [*kinds, ">", "<"]
    length = "1" if count == 1 else "2" if count < 4 else "3" if count < 9 else "4"
    again = Counter(lows)
    all_of_them = []
    for place, low in enumerate(lows):
        if low in plain:
            all_of_them.append(["plain"])
            continue
        exact = kinds[place]
        what, before, after = exact[0], gaps[place], gaps[place + 1]
        # Before the first word, negative places reach the marks of the beginning at the end.
        left, left2, left3 = near[place - 1], near[place - 2], near[place - 3]
        right, right2, right3 = near[place + 1], near[place + 2], near[place + 3]
        like_left, like_left2 = like[place - 1], like[place - 2]
        like_right, like_right2 = like[place + 1], like[place + 2]
        of_it = [
            f"c={exact}{cased}",
            f"n={exact}{length}",
            f"l={left}",
            f"l2={left2}",
            f"l3={left3}",
            f"r={right}",
            f"r2={right2}",
            f"r3={right3}",
            f"L={like_left}",
            f"L2={like_left2}",
            f"R={like_right}",
            f"R2={like_right2}",
            f"cl={around[place - 1]}|{exact}",
            f"cr={exact}|{around[place + 1]}",
            f"g={before}|{what}|{after}",
            f"b={before}|{exact}",
            f"a={exact}|{after}",
            f"bl={left}|{exact}|{before}",
            f"ar={exact}|{right}|{after}",
            f"LR={like_left}|{what}|{like_right}",
            f"LL={like_left2}|{like_left}|{what}",
            f"RR={like_right}|{like_right2}|{what}",
            f"bR={before}|{what}|{like_right}",
            f"aL={like_left}|{what}|{after}",
            f"ll={left2}|{left}",
            f"rr={right}|{right2}",
        ]
        if low in groups:
            of_it.append("w=" + low)
        else:
            of_it += _spelling(low, what)
            if again[low] > 1:
                of_it.append("again=" + what)
        all_of_them.append(of_it)
    return all_of_them


@lru_cache(maxsize=5_000)
def _spelling(low: str, what: str) -> tuple[str, ...]:
    first = f"w=~{what}"
    if what not in "usmfe":
        return (first,)
    return (first, "p2=" + low[:2], "p3=" + low[:3], "s2=" + low[-2:], "s3=" + low[-3:], f"z={min(len(low), 12)}")


def _chances(scores: Sequence[float], changes: tuple[float, float, float, float]) -> list[float]:
    """Return the chance of each word to be a name, by its own score and its neighbours'."""
    stay, begin, end, go_on = changes
    no, yes = 1.0, 0.0
    forward = []
    for place, score in enumerate(scores):
        weight = exp(min(score, 50.0))
        if place:
            no, yes = no * stay + yes * end, (no * begin + yes * go_on) * weight
        else:
            no, yes = 1.0, weight
        total = no + yes
        no, yes = no / total, yes / total
        forward.append((no, yes, weight))
    chances = []
    after_no = after_yes = 1.0
    for no, yes, weight in reversed(forward):
        no, yes = no * after_no, yes * after_yes
        chances.append(yes / (no + yes))
        heavy = after_yes * weight
        after_no, after_yes = after_no * stay + heavy * begin, after_no * end + heavy * go_on
        total = after_no + after_yes
        after_no, after_yes = after_no / total, after_yes / total
    return chances[::-1]

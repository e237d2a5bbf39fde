"""Puts names into messages: for "he" and "my brother", after what leads to a name, for the name that was there."""

from __future__ import annotations

import re
from random import Random
from typing import Sequence

from helpline.storage.redaction.teaching.made_names import HERE, TITLES, name, one

Span = tuple[int, int]
_FAMILY = (
    "husband|wife|hubby|spouse|partner|boyfriend|girlfriend|bf|gf|fiance|ex|son|daughter|kid|baby|boy|girl|mother|mom|"
    "mama|father|dad|brother|sister|cousin|uncle|aunt|auntie|nephew|niece|grandson|granddaughter|grandmother|grandma|"
    "grandpa|stepson|stepdaughter|stepdad|roommate|neighbor|boss|supervisor|coworker|sponsor|therapist|counselor|doctor|"
    "friend|buddy|best friend|landlord|client|patient|baby daddy|mother in law|little brother|little sister|oldest"
)
_MY = rf"\bmy (?P<who>{_FAMILY})\b(?! (?:{_FAMILY}|name|in)\b)(?!['\u2019-]|s\b)"
_PLURAL_VERB = (
    r"(?= (?:were|was|are|got|went|had|did|used|both|drink|use|live|fight|broke|started|just|all|can|cant|want|need)\b)"
)
_AFTER_HER = (
    "to|and|in|on|out|up|off|at|with|for|from|is|so|because|cause|but|when|if|that|not|back|down|the|a|about|again|last|"
    "every|n|like|into|till|before|after|while|without"
)
# Where somebody is, what may stand for it, and how often it is taken.
_PLACES: tuple[tuple[re.Pattern[str], str, int], ...] = (
    (re.compile(r"\b(?:he|she)\b(?= [a-z])", re.IGNORECASE), "{N}", 4),
    (re.compile(r"\bhim\b"), "{N}", 4),
    (re.compile(rf"\bher\b(?= (?:{_AFTER_HER})\b|[.,!?]|$)"), "{N}", 4),
    (re.compile(r"\b(?:his|her)\b(?= [a-z])"), "{N}'s", 2),
    (re.compile(_MY, re.IGNORECASE), "{N}", 4),
    (re.compile(_MY, re.IGNORECASE), "{all} {N}", 2),
    (re.compile(_MY, re.IGNORECASE), "{N} my {who}", 1),
    (re.compile(_MY, re.IGNORECASE), "{all}, {N},", 1),
    (re.compile(rf"\bmy (?:{_FAMILY})['\u2019]s\b", re.IGNORECASE), "{N}'s", 3),
    (re.compile(r"\b(?:someone|somebody|a friend|my friend|this guy|the guy|a guy|everybody|everyone)\b"), "{N}", 2),
    (re.compile(rf"\b(?:we|they)\b{_PLURAL_VERB}"), "me and {N}", 2),
    (re.compile(rf"\bthey\b{_PLURAL_VERB}"), "{N} and {N}", 1),
    (
        re.compile(
            r"\b(?P<verb>with|to|for|from|than|like|by|at|told|tell|asked|saw|call|called|miss|lost|love|hate|met|leave|"
            r"left) (?:me|us|them|someone|him|people)\b"
        ),
        "{verb} {N}",
        2,
    ),
)
_SLOT = re.compile(r"(\{N\})")


def contexts() -> list[str]:
    """Return where names stand, with {N} for a name."""
    return [line for line in (HERE / "contexts.txt").read_text(encoding="utf-8").splitlines() if line[:1] != "#"]


def named(text: str, dice: Random) -> tuple[str, list[Span]] | None:
    """Return a message in which one or two people have a name, and where; None where nobody is in it."""
    offers = [(found, put) for pattern, put, often in _PLACES for found in pattern.finditer(text) for _ in range(often)]
    if not offers:
        return None
    taken: list[tuple[re.Match[str], str]] = []
    for _ in range(1 if dice.random() < 0.75 else 2):
        found, put = dice.choice(offers)
        if all(found.end() <= other.start() or found.start() >= other.end() for other, _ in taken):
            taken.append((found, put))
    pieces: list[tuple[str, bool]] = []
    end = 0
    for found, put in sorted(taken, key=lambda pair: pair[0].start()):
        pieces.append((text[end : found.start()], False))
        end = found.end()
        put = put.replace("{all}", found.group())
        for group, value in found.groupdict().items():
            put = put.replace(f"{{{group}}}", value)
        if put.endswith("'s") and text.islower() and dice.random() < 0.35:
            put = put[:-2] + dice.choice(("s", ""))
        pieces += _filled(put, text, dice)
    return _joined([*pieces, (text[end:], False)])


def led_to(context: str, ordinary: Sequence[str], dice: Random) -> tuple[str, list[Span]]:
    """Return a context with names, alone or beside ordinary messages, and where they are."""
    small = dice.random() < 0.72
    if not small:
        context = context[:1].upper() + context[1:]
    pieces = _filled(context, "x" if small else "X", dice)
    chance = dice.random()
    if chance < 0.30:
        pieces.append((dice.choice((" ", ", ", ". ", ". ", "\n", " and ")) + dice.choice(ordinary), False))
    elif chance < 0.55:
        pieces.insert(0, (dice.choice(ordinary) + dice.choice((" ", ". ", ", ", ". ", " - ")), False))
    return _joined(pieces)


def exchanged(text: str, spans: Sequence[Span], dice: Random) -> tuple[str, list[Span]]:
    """Return a message with other names in the places of its own, and where they are."""
    others: dict[str, str] = {}
    pieces: list[tuple[str, bool]] = []
    end = 0
    for start, stop in spans:
        if start < end:
            continue
        was = text[start:stop]
        if was not in others:
            other = " ".join(one(dice) for _ in was.split())
            others[was] = (
                other if was.islower() else other.upper() if was.isupper() and len(was) > 1 else _capital(other)
            )
        pieces += [(text[end:start], False), (others[was], True)]
        end = stop
    return _joined([*pieces, (text[end:], False)])


def misspelt(text: str, spans: Sequence[Span], dice: Random) -> tuple[str, list[Span]]:
    """Return a message with an ordinary word misspelt, and where its names are now."""
    free = [
        found
        for found in re.finditer(r"(?<!\w)[a-z]{4,}(?!\w)", text)
        if not any(found.start() < stop and found.end() > start for start, stop in spans)
    ]
    if not free:
        return text, list(spans)
    found = dice.choice(free)
    word, place = found.group(), dice.randrange(1, len(found.group()) - 1)
    head, tail = word[:place], word[place + 1 :]
    other = dice.choice(
        (
            head + tail[:1] + word[place] + tail[1:],
            head + tail,
            head + word[place] + word[place] + tail,
            head + dice.choice("aeioutrnsl") + tail,
        )
    )
    moved = len(other) - len(word)
    return text[: found.start()] + other + text[found.end() :], [
        (start + moved, stop + moved) if start >= found.end() else (start, stop) for start, stop in spans
    ]


def _filled(context: str, like: str, dice: Random) -> list[tuple[str, bool]]:
    """Return the pieces of a context and whether each is a name, written with capitals as another text is."""
    return [
        (_written(name(dice), like, dice), True) if part == "{N}" else (part, False)
        for part in _SLOT.split(context)
        if part
    ]


def _written(made: str, like: str, dice: Random) -> str:
    if like.isupper() and len(like) > 8:
        return made.upper()
    seldom = dice.random()
    if not any(map(str.isupper, like)):
        return made if seldom < 0.93 else _capital(made)
    return _capital(made) if seldom < 0.8 else made


def _capital(made: str) -> str:
    return re.sub(r"(?<![^ -])\w", lambda found: found.group().upper(), made)


def _joined(pieces: Sequence[tuple[str, bool]]) -> tuple[str, list[Span]]:
    """Return the pieces as one text and where the names in it are, without their titles."""
    text, spans = "", []
    for piece, is_name in pieces:
        if is_name:
            lead = next((title for title in TITLES if piece.lower().startswith(title + " ")), "")
            spans.append((len(text) + (len(lead) + 1 if lead else 0), len(text) + len(piece)))
        text += piece
    return text, spans

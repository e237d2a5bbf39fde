"""Cuts a text into messages that a vendor takes: at paragraphs, else sentences, else words; never within a number."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Iterator

from helpline.answers.numbers import load_numbers

# Spaces and hyphens within digits, and the bracket that follows a number, hold together.
_NUMBER = re.compile(r"\+?\d[\d ().-]*\d(?:-[A-Z]{2,})?(?: \([^)\n]{1,30}\))?|[\w-]{1,40}-[A-Z]{4}(?: \(\d+\))?")
_SENTENCE_END = re.compile(r"(?<=[.!?…:])[\"”)]*\s+")
# Cuts from the best to the worst: between paragraphs, lines, sentences, words.
_CUTS = (re.compile(r"\n\s*\n"), re.compile(r"\n"), _SENTENCE_END, re.compile(r"\s+"))


def split(text: str, limit: int) -> list[str]:
    """Return `text` in pieces of at most `limit` characters, none empty; a word longer than that is cut as it comes.

    Characters are counted as the vendors do, in UTF-16: an emoji counts two.
    """
    pieces = []
    rest = text.strip()
    while length(rest) > limit:
        place, gap = _cut(rest, limit)
        pieces.append(rest[:place].rstrip())
        rest = rest[gap:].lstrip()
    return [piece for piece in (*pieces, rest) if piece]


def length(text: str) -> int:
    """Return how many UTF-16 units a text has."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _cut(text: str, limit: int) -> tuple[int, int]:
    """Return where the first piece ends and the rest begins: the last good place, if it lies in the second half."""
    window = _window(text, limit)
    whole = [match.span() for match in _together(text)]
    fallback: tuple[int, int] | None = None
    for cut in _CUTS:
        places = [
            (match.start(), match.end())
            for match in cut.finditer(text, 0, min(len(text), window + 1))
            if 0 < match.start() <= window and not any(start < match.start() < end for start, end in whole)
        ]
        if places and places[-1][0] >= window // 2:
            return places[-1]
        # A place near the front still beats a cut within a sentence, but only a little text would go with it.
        fallback = fallback or (places[-1] if places else None)
    return fallback or (window, window)


def _window(text: str, limit: int) -> int:
    """Return how many characters from the front fit."""
    if text.isascii():
        return limit
    units = 0
    for place, character in enumerate(text):
        units += 2 if ord(character) > 0xFFFF else 1
        if units > limit:
            return max(1, place)
    return len(text)


def _together(text: str) -> Iterator[re.Match[str]]:
    yield from _NUMBER.finditer(text)
    yield from _hotlines().finditer(text)


@lru_cache(maxsize=1)
def _hotlines() -> re.Pattern[str]:
    """The numbers as replies write them, such as HOME and the number that it is texted to."""
    written = {text for number in load_numbers().values() for text in (number.text, *number.shown) if text}
    return re.compile("|".join(re.escape(text) for text in sorted(written, key=len, reverse=True)))

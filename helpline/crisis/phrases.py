"""The shorthand in which the lexicon writes its patterns, compiled to regular expressions over spelled-out words.

wants? to (kill|end) <self>     a word that may be missing; alternatives; a named list of alternatives
he ... breathing                up to three words in between (one per dot, never across a sentence end)
^ help $                        begin and end of the message
19##  QUESTION                  a digit each; a question mark
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Mapping

from helpline.crisis.normalise import WORDS

_PIECE = re.compile(r"<\w+>|\.+|[()|?^$]|[^\s()|?^$<>.]+")
# A gap does not step over a denial.
_GAP = r"(?:(?!(?:not|never|no|nunca|sin) )[^ .?]+ ){0,%d}?"
_COMMON = frozenset(WORDS["common"].split())


@dataclass(frozen=True)
class Phrase:
    """A pattern of the lexicon.

    Attributes:
        written: as it stands in the lexicon.
        compiled: its regular expression over words that are followed by a space each.
        needs: words of which at least one is in every text that it matches; empty if there is no such list.
    """

    written: str
    compiled: re.Pattern[str]
    needs: frozenset[str]

    def may_match(self, words: frozenset[str]) -> bool:
        """Tell whether a text of these `words` can match at all."""
        return not self.needs or not self.needs.isdisjoint(words)


def parse(written: str, lists: Mapping[str, str]) -> Phrase:
    """Return the phrase `written` in shorthand, with the `lists` it may name.

    Raises:
        ValueError: if its parentheses do not match.
        KeyError: if it names an unknown list.
    """
    pieces = _PIECE.findall(written)
    expression, needs, end = _alternatives(pieces, 0, lists)
    if end != len(pieces):
        raise ValueError(f"unbalanced parentheses: {written}")
    # Compiled at once (all take a second), not when first needed: that would be while somebody waits.
    return Phrase(written, re.compile(r"(?<![^ ])" + expression), needs or frozenset())


def _alternatives(pieces: list[str], at: int, lists: Mapping[str, str]) -> tuple[str, frozenset[str] | None, int]:
    """Return expression, needed words (None if it can match nothing) and end of ``a|b|c`` from `at` on."""
    branches: list[str] = []
    needs: frozenset[str] | None = frozenset()
    while True:
        expression, needed, at = _sequence(pieces, at, lists)
        branches.append(expression)
        needs = None if needs is None or needed is None else needs | needed
        if at >= len(pieces) or pieces[at] != "|":
            return (f"(?:{'|'.join(branches)})" if len(branches) > 1 else branches[0]), needs, at
        at += 1


def _sequence(pieces: list[str], at: int, lists: Mapping[str, str]) -> tuple[str, frozenset[str] | None, int]:
    """Return expression, needed words and end of the words that follow each other from `at` on."""
    parts: list[str] = []
    best: frozenset[str] | None = None
    while at < len(pieces) and pieces[at] not in "|)":
        piece = pieces[at]
        at += 1
        needed: frozenset[str] | None = None
        if piece == "(":
            part, needed, at = _alternatives(pieces, at, lists)
            if at >= len(pieces):
                raise ValueError("unbalanced parentheses")
            at += 1
        elif piece[0] == "<":
            part, needed, _ = _alternatives(_PIECE.findall(lists[piece[1:-1]]), 0, lists)
        elif piece[0] == ".":
            part = _GAP % len(piece)
        elif piece == "QUESTION":
            part, needed = r"\? ", frozenset("?")
        elif piece == "END":
            part, needed = r"\. ", frozenset(".")
        elif piece == "^":
            part = r"\A(?:[.?] )*"
        elif piece == "$":
            part = r"(?:[.?] )*\Z"
        else:
            part = re.escape(piece).replace(r"\#", r"\d") + " "
            needed = frozenset((piece,)) if "#" not in piece else None
        if at < len(pieces) and pieces[at] == "?":
            part, needed = f"(?:{part})?", None
            at += 1
        parts.append(part)
        if needed is not None and (best is None or _cost(needed) < _cost(best)):
            best = needed
    return "".join(parts), best, at


def _cost(needed: frozenset[str]) -> int:
    """Return how often a message is likely to have one of these words, roughly."""
    return sum(50 if word in _COMMON else 1 for word in needed)

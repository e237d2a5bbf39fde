"""How an answer in the fit check is read: words spelled out, clauses, denials. And the data file that says how."""

from __future__ import annotations

import re
from bisect import bisect_right
from pathlib import Path
from typing import Any, Iterable

from helpline.crisis.normalise import END, QUESTION, normalise
from helpline.crisis.phrases import Phrase, parse
from helpline.files import read_yaml

FILE = Path(__file__).parents[2] / "data" / "fit_check" / "answers.yml"
MAX_WORDS = 400
ENDS = (END, QUESTION)

_TEXT = FILE.read_text(encoding="utf-8")
DATA: dict[str, Any] = read_yaml(FILE)
LISTS: dict[str, str] = DATA["lists"]
_SPELLING: dict[str, str] = DATA["spelling"]
FILLERS = frozenset(DATA["fillers"].split())
_DENIALS, _NEW_THOUGHT, _RESTARTS = (
    frozenset(DATA["words"][name].split()) for name in ("denials", "new_thought", "restart")
)
# Words that say little by themselves.
_LIGHT = FILLERS | frozenset(DATA["light"].split()) | frozenset(ENDS)
# What makes a digit an emoji.
_KEYCAPS = {0xFE0F: None, 0x20E3: None}
# "Now and then" is one thing.
_PAIRS = (("now", "then"), ("now", "again"), ("here", "there"), ("on", "off"))
# These deny only what stands beside them.
_NEAR = ("no", "zero")
_VOCABULARY = frozenset(re.findall(r"[a-z]+", _TEXT))


class Line:
    """Words with a space after each, and where clauses begin."""

    def __init__(self, words: list[str], commas: frozenset[int] = frozenset()) -> None:
        """Take the `words`, and the places of those that follow a comma."""
        self.words = words
        self.commas = commas
        self.known = frozenset(words)
        self.begins: list[int] = []
        place = 0
        for word in words:
            self.begins.append(place)
            place += len(word) + 1
        self.text = "".join(word + " " for word in words)

    def find(self, phrase: Phrase) -> Iterable[tuple[int, int]]:
        """Yield begin and end of `phrase`, in characters."""
        if phrase.may_match(self.known):
            for found in phrase.compiled.finditer(self.text):
                if found.end() > found.start():
                    yield found.span()

    def place(self, character: int) -> int:
        """Return the place of the word at `character`."""
        return bisect_right(self.begins, character) - 1

    def starts(self, place: int) -> bool:
        """Tell whether a clause begins at `place`, fillers ("well", "I think") aside."""
        while place > 0 and place not in self.commas and self.words[place - 1] not in ENDS:
            if self.words[place - 1] in _RESTARTS:
                return True
            if self.words[place - 1] not in FILLERS:
                return False
            place -= 1
        return True

    def denied(self, place: int) -> bool:
        """Tell whether what begins at `place` is denied: "never had a ...", "no ..."."""
        for at in range(place - 1, max(place - 8, -1), -1):
            word = self.words[at]
            if word in ENDS or word in _NEW_THOUGHT:
                return False
            if word in _NEAR and at == place - 1 and self.words[place] in _DENIALS:
                return False
            if word in _DENIALS and self.words[at + 1] not in ("only", "just", "idea", "clue"):
                beyond = any(comma in self.commas for comma in range(at + 1, place + 1))
                return word not in _NEAR or (place - at <= 2 and not beyond)
        return False

    def without(self, phrases: Iterable[Phrase], to_comma: bool = False) -> Line:
        """Return the line without the sentences that begin with one of `phrases`; `to_comma`: only up to a comma."""
        gone: set[int] = set()
        for phrase in phrases:
            for begin, _ in self.find(phrase):
                place = self.place(begin)
                if place not in gone and self.starts(place):
                    after = range(place + 1, len(self.words))
                    comma = next((at for at in after if to_comma and at in self.commas), len(self.words))
                    end = next((at + 1 for at in after if self.words[at] in ENDS), len(self.words))
                    gone.update(range(place, min(comma, end)))
        if not gone:
            return self
        return self.keep(at for at in range(len(self.words)) if at not in gone)

    def keep(self, places: Iterable[int]) -> Line:
        """Return the words at `places`."""
        kept = list(places)
        return Line([self.words[at] for at in kept], frozenset(n for n, at in enumerate(kept) if at in self.commas))

    def part(self, first: int, after: int) -> Line:
        """Return the words from `first` up to `after`."""
        return Line(
            self.words[first:after], frozenset(comma - first for comma in self.commas if first <= comma < after)
        )

    def unread(self, spans: Iterable[tuple[int, int]], benign: frozenset[str] = frozenset()) -> int:
        """Count the words outside `spans` that say something and are not `benign`."""
        read = {at for begin, end in spans for at in range(self.place(begin), self.place(end - 1) + 1)}
        return sum(at not in read and word not in _LIGHT and word not in benign for at, word in enumerate(self.words))

    def is_known(self) -> bool:
        """Tell whether every word, numbers and ends of sentences aside, is one of the data file."""
        return all(word in _VOCABULARY or word in _LIGHT or not word.isalpha() for word in self.known)

    def cut(self) -> Line:
        """Return the line with a sentence end at every comma, "and" and "but"."""
        words: list[str] = []
        for place, word in enumerate(self.words):
            if place in self.commas:
                words.append(END)
            paired = tuple(self.words[place - 1 : place + 2 : 2]) in _PAIRS
            words.append(END if word in ("and", "but", "plus", "also") and not paired else word)
        return Line(words)


def read_line(text: str) -> Line:
    """Return the words of `text`, spelled out and slips put right, at most `MAX_WORDS`."""
    words: list[str] = []
    commas: set[int] = set()
    before = 0
    text = text[: MAX_WORDS * 20].translate(_KEYCAPS)
    for token in normalise(text).tokens[:MAX_WORDS]:
        if words and re.search(r"[,:;()\u2013\u2014]|\s-+\s|\.\.|\n", text[before : token.begin]):
            commas.add(len(words))
        before = token.end
        words += _SPELLING.get(token.text, _slip(token.text)).split()
    return Line(words, frozenset(commas))


def _slip(word: str) -> str:
    """Return the long word of the data file that `word` is one slip away from, else `word`."""
    if len(word) < 6 or word in _VOCABULARY:
        return word
    return next(
        (_SLIPS[slip] for slip in (word, *_shorter(word)) if slip in _SLIPS and _SLIPS[slip][0] == word[0]), word
    )


def _shorter(word: str) -> list[str]:
    """Return `word` with one letter left out, in all ways."""
    return [word[:place] + word[place + 1 :] for place in range(len(word))]


def phrases(written: str, **lists: str) -> list[Phrase]:
    """Return the phrases of a block of the data file, one a line; they may name its lists, and `lists`."""
    return [parse(line.strip(), {**LISTS, **lists}) for line in written.splitlines() if line.strip()]


_SLIPS = {slip: word for word in sorted(_VOCABULARY) if len(word) >= 7 for slip in (word, *_shorter(word))}

"""How a message is spelled out before rules look at it: disguises, chat spelling and slips undone, offsets kept."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from helpline.files import read_yaml
from helpline.nlu.text import CHAT_SPELLING

MAX_CHARACTERS = 20_000
MAX_WORD = 40

END = "."
QUESTION = "?"

# The reviewed word lists; see the file.
WORDS: dict[str, Any] = read_yaml(Path(__file__).with_name("words.yml"))
SENSITIVE = frozenset(WORDS["sensitive"].split())
REAL_WORDS = frozenset(WORDS["real_words"].split())
_COMPOUND = SENSITIVE.union(WORDS["joining"].split())
_HINT = re.compile(r"kill|suicid|unaliv|die|myself|selfharm|overdos|raped|kms")

# `ya`, `y` and `mos` are left alone: in Spanish they are words of their own.
_SPELLING = {word: full for word, full in CHAT_SPELLING.items() if word not in {"ya", "y", "mos", "ins"}}
_SPELLING |= WORDS["spelling"]
_SUFFIXES = (
    ("can't", "can not"), ("won't", "will not"), ("ain't", "is not"), ("n't", " not"), ("'m", " am"), ("'re", " are"),
    ("'ve", " have"), ("'ll", " will"), ("'d", " would"), ("'s", " is"),
)  # fmt: skip
_EMOJI = {
    "🔫": "gun", "💊": "pills", "🔪": "knife", "🗡": "knife", "🩸": "blood", "🪦": "grave", "⚰": "coffin",
    "🚌": "bus", "🪢": "rope", "🌉": "bridge", "🚑": "ambulance", "👊": "punch", "🆘": "help", "😂": "haha",
    "🤣": "haha", "💀": "haha", "☠": "haha", "💔": "heartbroken",
}  # fmt: skip
_LAUGH = re.compile(r"(?:lol)+z?|lmf?ao+|rofl|a?(?:ha){2,}h?|(?:ja){2,}j?|(?:je){2,}|hehe+|xd+")
_QUOTES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u00b4": "'", "`": "'", "\u02bc": "'"})
_ZERO_WIDTH = frozenset("\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\ufeff\u00ad\u034f\u180e\ufe0f\ufe0e")
# Letters of other scripts that look like ours.
_LOOKALIKES = str.maketrans("аеорсухіїјѕԁɡıοανɑ\u0131ł", "aeopcyxiijsdgioavail")
_LEET = str.maketrans(
    {"@": "a", "4": "a", "0": "o", "3": "e", "1": "i", "!": "i", "|": "i", "$": "s", "5": "s", "7": "t"}
)
_LEET_L = str.maketrans({"1": "l", "|": "l"})
_TOKEN = re.compile(
    r"(?P<spaced>(?<![^\W_])[^\W\d_](?:[ \t.\-_*/]{1,3}[^\W\d_]){2,}(?![^\W_']))"
    r"|(?P<word>[@$]?[^\W_]+(?:['@$!*#|+_%\-]+[^\W_]+)*)"
    r"|(?P<pause>\.{2,})|(?P<question>[.!]*\?[?!.]*)|(?P<end>[.!;\n]+)|(?P<sign>[^\w\s])"
)
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*|[.!?]")
_MARKED = re.compile(r"[@$!*#|+_%\-\d]")
_REPEATED = re.compile(r"([^\W\d_])\1{2,}")


class Token(NamedTuple):
    """A word as it is read, or `END` or `QUESTION`, and where it stands in the message as typed."""

    text: str
    begin: int
    end: int


@dataclass(frozen=True)
class Normalised:
    """A message spelled out.

    Attributes:
        tokens: its words and sentence ends. Several words can come from one ("im" -> "i", "am").
        laughs: whether there was a laugh ("lol", "haha", a laughing emoji), which is not among the tokens.
    """

    tokens: tuple[Token, ...]
    laughs: bool

    @property
    def text(self) -> str:
        """The words with single spaces."""
        return " ".join(token.text for token in self.tokens)


@lru_cache(64)
def normalise(text: str) -> Normalised:
    """Spell out `text` for matching; every token keeps the offsets of the original.

    Reads at most `MAX_CHARACTERS`, the first and the last half of them.
    """
    folded, positions = _fold(text)
    tokens: list[Token] = []
    laughs = False
    for found in _TOKEN.finditer(folded):
        begin, end = positions[found.start()], positions[found.end() - 1] + 1
        for word in _read(found.lastgroup or "", found.group()):
            if word == "haha":
                laughs = True
            else:
                tokens.append(Token(word, begin, end))
    return Normalised(tuple(tokens), laughs)


def _fold(text: str) -> tuple[str, range | list[int]]:
    """Return `text` in plain lower-case letters, and for each of them where it came from."""
    skipped = range(MAX_CHARACTERS // 2, max(MAX_CHARACTERS // 2, len(text) - MAX_CHARACTERS // 2))
    if text.isascii() and not skipped:
        return text.lower(), range(len(text))
    letters: list[str] = []
    positions: list[int] = []
    for position, character in enumerate(text):
        if position in skipped:
            continue
        for letter in _plain(character):
            letters.append(letter)
            positions.append(position)
    return "".join(letters), positions


@lru_cache(4096)
def _plain(character: str) -> str:
    """Return a character without case, accent, width or script tricks; "" if it is invisible."""
    if character in _ZERO_WIDTH:
        return ""
    decomposed = unicodedata.normalize("NFKD", character.translate(_QUOTES))
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return bare.lower().translate(_LOOKALIKES) if bare not in _EMOJI else bare


def _read(kind: str, raw: str) -> tuple[str, ...]:
    """Return the words that a piece of the message stands for."""
    if kind == "word":
        return _words(raw) if len(raw) <= MAX_WORD else ()
    if kind == "end":
        return (END,)
    if kind == "question":
        return (QUESTION,)
    if kind == "spaced":
        letters = [letter for letter in raw if letter.isalpha()]
        return _compound("".join(letters)) or tuple(word for letter in letters for word in _words(letter))
    return (_EMOJI[raw],) if raw in _EMOJI else ()


@lru_cache(20_000)
def _words(raw: str) -> tuple[str, ...]:
    """Return the words that a typed word stands for: "gonna" -> "going", "to"; "su!c!de" -> "suicide"."""
    if raw in SENSITIVE:
        return (raw,)
    if raw in _SPELLING:
        return tuple(_SPELLING[raw].split())
    if _LAUGH.fullmatch(raw):
        return ("haha",)
    if _MARKED.search(raw):
        undisguised = _undisguise(raw)
        if undisguised:
            return undisguised
        parts = _WORD.findall(raw)
        if len(parts) > 1:
            return tuple(word for part in parts for word in (_words(part) if part.isalnum() else (END,)))
    shortened = _shorten(raw)
    if shortened != raw:
        return _words(shortened)
    for suffix, full in _SUFFIXES:
        if raw.endswith(suffix) and len(raw) > len(suffix) - (suffix in ("can't", "won't", "ain't")):
            return tuple((raw[: -len(suffix)] + full).split())
    compound = _compound(raw) if len(raw) > 6 and _HINT.search(raw) else ()
    return compound or (_corrected(raw),)


def _undisguise(raw: str) -> tuple[str, ...]:
    """Return the sensitive words behind digits and signs, or an empty tuple: "k1ll" -> "kill", "s*icide"."""
    joined = raw.replace("-", "").replace("_", "")
    for plain in (raw.translate(_LEET), raw.translate(_LEET_L).translate(_LEET), joined.translate(_LEET), joined):
        plain = _shorten(plain)
        if len(plain) > 1 and plain in _COMPOUND and any(letter.isalpha() for letter in raw):
            return (plain,)
        if plain.isalpha() and len(plain) > 6 and _HINT.search(plain) and (whole := _compound(plain)):
            return whole if "".join(whole) == plain else ()
    if re.search(r"[*#%]", raw):
        pattern = re.compile(
            re.sub(r"[*#%]+", lambda marks: f"[a-z]{{1,{len(marks.group())}}}", joined.translate(_LEET))
        )
        fitting = [word for word in SENSITIVE if pattern.fullmatch(word)]
        if len(fitting) == 1:
            return (fitting[0],)
    if raw.isalnum() and (number := re.match(r"\d+", raw)) and raw[number.end() :] in ("yo", "y", "yr", "mo"):
        return (number.group(), "year", "old")
    return ()


def _shorten(raw: str) -> str:
    """Return a word without drawn-out letters: "dieeee" -> "die", "killll" -> "kill", "sooo" -> "soo"."""
    if len(raw) > 3 and raw[-1] == raw[-2] and raw.rstrip(raw[-1]) + raw[-1] in SENSITIVE:
        return raw.rstrip(raw[-1]) + raw[-1]
    if not _REPEATED.search(raw):
        return raw
    once, twice = _REPEATED.sub(r"\1", raw), _REPEATED.sub(r"\1\1", raw)
    return once if once in SENSITIVE or once in _SPELLING or twice not in SENSITIVE else twice


def _compound(raw: str) -> tuple[str, ...]:
    """Return the sensitive and joining words that `raw` is made of, or `raw` alone for a word, () for letters."""
    best: list[tuple[str, ...] | None] = [()] + [None] * len(raw)
    for end in range(1, len(raw) + 1):
        for begin in range(max(0, end - 12), end):
            before = best[begin]
            if before is not None and raw[begin:end] in _COMPOUND:
                candidate = (*before, raw[begin:end])
                current = best[end]
                if current is None or len(candidate) < len(current):
                    best[end] = candidate
    found = best[-1]
    if found and any(word in SENSITIVE for word in found):
        return tuple(spelled for word in found for spelled in _SPELLING.get(word, word).split())
    return ()


def _deletions(word: str) -> set[str]:
    """Return `word` with one letter left out, in all ways."""
    return {word[:place] + word[place + 1 :] for place in range(len(word))}


def _anchors_by_slip() -> dict[str, str]:
    """Return what long sensitive words look like with no or one letter missing -> the word."""
    slips: dict[str, str] = {}
    for anchor in sorted(SENSITIVE):
        if len(anchor) >= 6:
            for slip in _deletions(anchor) | {anchor}:
                slips.setdefault(slip, anchor)
    return slips


_SLIPS = _anchors_by_slip()


def _corrected(word: str) -> str:
    """Return the long sensitive word that `word` is one slip away from (also two letters swapped), else `word`."""
    if not 5 <= len(word) <= 16 or word in REAL_WORDS or word in SENSITIVE:
        return word
    anchors = {_SLIPS[slip] for slip in (word, *_deletions(word)) if slip in _SLIPS}
    near = [anchor for anchor in anchors if anchor[0] == word[0] and _is_one_slip(word, anchor)]
    return min(near, key=lambda anchor: (abs(len(anchor) - len(word)), anchor), default=word)


def _is_one_slip(word: str, anchor: str) -> bool:
    """Tell whether one letter added, left out, changed or swapped with its neighbour makes `word` into `anchor`."""
    begin = 0
    while begin < min(len(word), len(anchor)) and word[begin] == anchor[begin]:
        begin += 1
    rest, wanted = word[begin:], anchor[begin:]
    swapped = (
        len(rest) > 1 and len(wanted) > 1 and rest[0] == wanted[1] and rest[1] == wanted[0] and rest[2:] == wanted[2:]
    )
    return swapped or rest[1:] == wanted or rest == wanted[1:] or (len(rest) == len(wanted) and rest[1:] == wanted[1:])

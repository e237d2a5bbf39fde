"""The lists in `words/`, and what a word can be by them: a first name, a surname, an ordinary word, or unknown."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path

_WORDS = Path(__file__).parent / "words"
# What a word can be. Capital letters are told apart only where they tell something.
FIRST, CAPITAL, DOUBTFUL_CAPITAL, DOUBTFUL, SURNAME, UNKNOWN, WORD_CAPITAL, WORD = range(8)
# Endings of words that are hardly ever a name's.
_ENDINGS = (
    *("ing", "tion", "ness", "ment", "ously", "ful", "less", "aholic", "holism", "pine", "pram", "done", "phine"),
    *("mente", "ción", "ando", "iendo", "aron", "ieron"),
)
# Regular endings and what they may stand for; english_words.txt leaves such words out.
_REGULAR = (
    *(("ings", ""), ("ings", "e"), ("ing", ""), ("ing", "e"), ("ness", ""), ("able", ""), ("able", "e")),
    *(("ers", ""), ("ers", "e"), ("ies", "y"), ("ied", "y"), ("est", ""), ("est", "e"), ("ed", ""), ("ed", "e")),
    *(("es", ""), ("ly", ""), ("er", ""), ("er", "e"), ("d", ""), ("r", ""), ("s", "")),
)
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def lines(name: str) -> list[str]:
    """Return the entries of a list with one a line."""
    return [line for line in (_WORDS / f"{name}.txt").read_text(encoding="utf-8").splitlines() if line[:1] != "#"]


@cache
def words(name: str) -> frozenset[str]:
    """Return the words of a list."""
    return frozenset(word for line in lines(name) for word in line.split())


@lru_cache(maxsize=20_000)
def is_ordinary(low: str, deep: int = 3) -> bool:
    """Tell whether a word in lower case is an ordinary one, itself or without regular endings."""
    if low in words("ordinary_words") or low in words("english_words") or low in words("wordlike_surnames"):
        return True
    if not deep:
        return False
    for ending, stem in _REGULAR:
        if low.endswith(ending) and len(low) - len(ending) > 2 and is_ordinary(low[: -len(ending)] + stem, deep - 1):
            return True
    return False


@lru_cache(maxsize=2_000)
def is_misspelt(low: str) -> bool:
    """Tell whether a word in lower case is one letter away from an ordinary one of four letters or more."""
    common = words("ordinary_words")
    for place in range(len(low)):
        before, after = low[:place], low[place + 1 :]
        changed = [before + after, before + after[:1] + low[place] + after[1:]]
        changed += [before + letter + rest for letter in _LETTERS for rest in (after, low[place:])]
        if any(len(word) > 3 and word != low and word in common for word in changed):
            return True
    return False


def kind(word: str, cased: bool) -> int:
    """Return what a word can be; `cased`: whether its capital letter tells something."""
    low = word.lower().replace("\u2019", "'")
    capital = cased and word[0].isupper()
    if low in words("first_names"):
        return FIRST
    if low in words("doubtful_names"):
        return DOUBTFUL_CAPITAL if capital else DOUBTFUL
    if len(low) < 2 or _is_plain(low):
        return WORD_CAPITAL if capital else WORD
    stem = low[:-1] if low.endswith("s") else low
    if stem in words("first_names") and len(stem) > 3:
        return FIRST
    parts = low.replace("'", "-").split("-")
    if len(parts) > 1 and (
        parts[0] in words("first_names") or (parts[-1] in words("first_names") and len(parts[0]) < 4)
    ):
        return FIRST
    if capital:
        return CAPITAL
    return SURNAME if low in words("surnames") else UNKNOWN


def _is_plain(low: str) -> bool:
    if low in words("surnames"):
        return low in words("ordinary_words")
    if low in words("brands"):
        return True
    head, _, tail = low.partition("'")
    if is_ordinary(low) or (is_ordinary(head) and (len(head) > 2 or len(tail) < 3)):
        return True
    if "-" in low:
        return any(is_ordinary(part) for part in low.split("-") if len(part) > 2) and not any(
            part in words("first_names") for part in low.split("-")
        )
    return low.endswith(_ENDINGS)

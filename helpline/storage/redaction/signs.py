"""What the reader of names sees in a word by the lists, and in what stands between two words: a letter or sign each."""

from __future__ import annotations

import re
from functools import lru_cache

from helpline.storage.redaction.words import is_misspelt, is_ordinary, words

_MARKS = {".": ".", "!": ".", "?": ".", ",": ",", ";": ",", "-": "-", "\u2013": "-", "\u2014": "-", "~": "-", ":": ":"}
# Lists that a name may be hidden from while the weights are learned, so that they rest on what stands around it.
BY_LISTS, WITHOUT_NAMES, WITHOUT_COMMON = range(3)
_LONG_DRAWN = re.compile(r"(.)\1\1+")
_VOWEL = re.compile("[aeiouyà-ÿ]")


@lru_cache(maxsize=20_000)
def kind(low: str, hidden: int) -> str:
    """Return what a word in lower case can be by the lists, as one letter."""
    low = low.replace("\u2019", "'")
    if hidden != WITHOUT_NAMES and low in words("first_names"):
        return "f"
    if low in words("doubtful_names"):
        return "e" if hidden == WITHOUT_NAMES else "d"
    if low in words("brands") or low in words("common_capitals"):
        return "w"
    if hidden != WITHOUT_COMMON and low in words("ordinary_words"):
        return "o"
    if hidden != WITHOUT_NAMES and low in words("surnames"):
        return "s"
    if low in words("well_known") and low not in words("surnames"):
        return "w"
    if low in words("english_words") or low in words("wordlike_surnames"):
        return "e"
    if hidden != WITHOUT_COMMON and is_ordinary(low):
        return "e"
    if "-" in low and all(map(is_ordinary, low.split("-"))):
        return "o"
    head = low.partition("'")[0]
    if head != low and is_ordinary(head):
        return "o"
    # "nooooo" and what a cat types.
    if _LONG_DRAWN.search(low) and any(is_ordinary(_LONG_DRAWN.sub(by, low)) for by in (r"\1", r"\1\1")):
        return "o"
    if len(low) > 3 and _VOWEL.search(low) is None:
        return "w"
    return "m" if len(low) > 3 and is_misspelt(low) else "u"


@lru_cache(maxsize=2_000)
def gap(between: str) -> str:
    """Return what stands between two words, as one sign."""
    if between == " ":
        return "_"
    if not between:
        return "0"
    if "[" in between or "]" in between:
        return "["
    if any(map(str.isdigit, between)):
        return "#"
    if "\n" in between:
        return "n"
    if between[:2] in ("'s", "\u2019s"):
        return "s"
    marks = [_MARKS[sign] for sign in between if sign in _MARKS]
    for mark in ".,-:":
        if mark in marks:
            return mark
    return "_" if between.isspace() else "x"

"""Finds people's names in a message: by what stands before them ("my name is"), and common first names anywhere.

A name is found by words around it and by lists in `words/`; a word that is common in messages is none, unless it is
introduced as one. Pure functions; most words are done with after a look into the lists.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_WORDS = Path(__file__).parent / "words"
# Without a possessive 's.
_TOKEN = re.compile(r"[^\W\d_]+(?:[-'\u2019](?!s\b)[^\W\d_]+)*")
# What may stand before a surname.
_PARTICLES = ("van", "von", "der", "den", "de", "del", "la", "los", "da", "di", "bin", "al", "el", "le")
_PARTICLE = rf"(?:(?:{'|'.join(_PARTICLES)})[ -]){{0,2}}"
# What may stand between the parts of a name.
_GAP = re.compile(r"[ \t]+(?:[A-Z]\.?[ \t]+)?|,[ \t](?=[A-Z])")
# An initial behind a name.
_INITIAL = re.compile(r"[ \t][A-Z]\b\.?")
_MOST_PARTS = 4
# How far before a word its introduction is looked for, in characters.
_REACH = 60
# What a name certainly follows.
_INTRODUCED = re.compile(
    r"(?:\b(?:full|first|last|legal|maiden|middle|real|birth|user|family|given|sur|nick)?[ -]?"
    r"name(?:['\u2019]?s| is| was)|\b(?:first|last|given|family|full|sur)[ -]?name|\bname"
    r"(?: (?:actually|really|also))?|\bname ?[:=-]|\bmy names|"
    r"(?:\bam|['\u2019]?m|\bis|\bwas|['\u2019]s|\bare) (?:called|named)|\b(?:goe?s?|"
    r"went|going) by(?: the name(?: of)?)?|"
    r"\bknown as|\bme llamo|\bmi nombre es|\bse llama|"
    r"\b(?:signed|patient|caller|client|attn|attention|from|to|cc|contact|re)[ \t]*:)"
    rf"[ \t]*[:,=-]?[ \t]*{_PARTICLE}$",
    re.IGNORECASE,
)
_FAMILY = (
    "husband|wife|spouse|partner|boyfriend|girlfriend|bf|gf|fianc[eé]e?|ex|son|daughter|child|kid|baby|mother|mom|mum|"
    "father|dad|brother|sister|sibling|twin|cousin|uncle|aunt|auntie|nephew|niece|grandson|granddaughter|grandmother|"
    "grandma|grandfather|grandpa|step(?:son|daughter|dad|mom)|friend|bestie|buddy|roommate|neighbou?r|boss|manager|"
    "supervisor|coworker|colleague|sponsor|therapist|counselor|psychiatrist|doctor|nurse|pastor|lawyer|attorney|"
    "caseworker|case manager|social worker|probation officer|teacher|coach|landlord|esposo|esposa|hijo|hija|"
    "herman[oa]|amig[oa]|prim[oa]|t[ií][oa]"
)
# What a name may follow.
_SAID = re.compile(
    rf"(?:\b(?:i am|i['\u2019]?m|this is|this['\u2019]s|soy|here is|named|(?:call|called|calls) (?:me|him|her|them)|"
    rf"(?:ask|asking|asked) for|"
    rf"(?:spoke|talk|talked|talking|speak|speaking) (?:to|with)|met with|behalf of|"
    rf"care of|c/o|attn|(?:mother|father|parent|wife|husband|sister|brother|friend) of|"
    rf"hi|hello|hey|dear|signed|regards|sincerely|"
    rf"respectfully|thanks|thank you|thx|cheers|warmly|truly|yours|gracias|bless)|"
    rf"\b(?:{_FAMILY})(?:[- ]in[- ]law)?(?:['\u2019]?s| is| was)?(?: name)?(?:['\u2019]?s| is)?(?: (?:called|named))?)"
    rf"[ \t]*[,:!.\u2013\u2014(-]*\s+\(?{_PARTICLE}$",
    re.IGNORECASE,
)
# A weak word before a name: only two names behind it are surely one.
_WEAK = re.compile(
    r"\b(?:see|with|for|about|by|and|told|tell|from|between|met|saw|seeing|love|best|"
    r"it['\u2019]?s(?: me,?)?|it is|contact|reach)\W+$",
    re.IGNORECASE,
)
_IT_IS = re.compile(r"\bit['\u2019]?s (?:me,? )?$", re.IGNORECASE)
_TITLE = re.compile(
    r"\b(?:(?P<formal>mr|mrs|ms|mx|dr)|miss|doctor|prof|professor|nurse(?: practitioner)?|pastor|rev|reverend|"
    r"rabbi|imam|judge|officer|sgt|"
    r"sergeant|detective|deputy|counselor|father|sister|brother|aunt|auntie|uncle|grandma|grandpa|t[ií][oa]|se[nñ]ora?|"
    rf"sra?)\b\.?[ \t]+{_PARTICLE}$",
    re.IGNORECASE,
)
# "… here", "… speaking" behind a name.
_HERE = re.compile(r"[ \t,]+(?:here|speaking|calling|writing|again|checking in)\b", re.IGNORECASE)
# The beginning, a line or a sentence of its own, or a dash before it.
_APART = re.compile(r"(?:\n[ \t]*|[-\u2013\u2014~][ \t]*|[.!?,][ \t]+|^)$")
_LONGEST_SIGNATURE = 40
# What looks like a name and is none: the author of the document, drugs and places called after people.
_KNOWN = re.compile(
    r"\b(?:(?:dr\.?|doctor)?\s*(?:david\s+)?deyhimy|mary[- ]?jane|betty ford|johns? hopkins|"
    r"st\.? john['\u2019]?s?(?: wort)?|"
    r"(?:san|santa|saint|st)\.? \w+|dr\.? (?:bob|pepper|phil|google)|bill w|jack daniel['\u2019]?s?|jim beam|"
    r"captain morgan|jose cuervo|ben and jerry['\u2019]?s|blue cross|kaiser permanente)\b",
    re.IGNORECASE,
)
# Endings of words that are hardly ever a name's.
_ENDINGS = ("ing", "tion", "ness", "ment", "ously", "ful", "less", "aholic", "holism", "pine", "pram", "done", "phine")
NAME = "[name]"
# What a word can be. Capital letters are told apart only where they tell something.
_FIRST, _CAPITAL, _DOUBTFUL_CAPITAL, _DOUBTFUL, _SURNAME, _UNKNOWN, _WORD_CAPITAL, _WORD = range(8)
_Token = tuple[int, int, str]


@cache
def _words(name: str) -> frozenset[str]:
    lines = (_WORDS / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def redact_names(text: str) -> str:
    """Return `text` with names of people as ``[name]``."""
    tokens = [(found.start(), found.end(), found.group()) for found in _TOKEN.finditer(text)]
    capitals = sum(word[0].isupper() for _, _, word in tokens)
    # Where nearly all words have them, capital letters tell nothing.
    cased = len(tokens) < 6 or capitals * 10 <= len(tokens) * 7
    kinds = [_kind(word, cased and not (word.isupper() and len(word) > 3)) for _, _, word in tokens]
    parts: list[str] = []
    end, place = 0, 0
    known: list[tuple[int, int]] | None = None
    while place < len(tokens):
        start = tokens[place][0]
        if kinds[place] != _WORD and _begins(text, tokens, kinds, place):
            if known is None:
                known = [found.span() for found in _KNOWN.finditer(text)]
            if not any(first <= start < last for first, last in known):
                sure = _INTRODUCED.search(text[max(0, start - _REACH) : start]) is not None
                place, stop = _end(text, tokens, kinds, place, sure)
                parts += [text[end:start], NAME]
                end = stop
        place += 1
    return "".join([*parts, text[end:]]) if parts else text


def _kind(word: str, cased: bool) -> int:
    low = word.lower().replace("\u2019", "'")
    capital = cased and word[0].isupper()
    if low in _words("first_names"):
        return _FIRST
    if low in _words("doubtful_names"):
        return _DOUBTFUL_CAPITAL if capital else _DOUBTFUL
    plain = _words("ordinary_words")
    if len(low) < 2 or low in plain or low.split("'")[0] in plain or (low.endswith(_ENDINGS) and "-" not in low):
        return _WORD_CAPITAL if capital else _WORD
    if capital:
        return _CAPITAL
    return _SURNAME if low in _words("surnames") else _UNKNOWN


def _begins(text: str, tokens: list[_Token], kinds: list[int], place: int) -> bool:
    """Tell whether a name begins with a word, by the word and by what stands around it."""
    kind, (start, stop, word) = kinds[place], tokens[place]
    if kind == _FIRST:
        return True
    before = text[max(0, start - _REACH) : start]
    title = _TITLE.search(before)
    if title:
        formal = title.group("formal") is not None and (kind not in (_WORD, _WORD_CAPITAL) or word[0].isupper())
        if kind in (_CAPITAL, _DOUBTFUL_CAPITAL) or formal:
            return True
    if _INTRODUCED.search(before):
        return kind != _WORD_CAPITAL or before.rstrip().lower().endswith(
            ("name is", "name's", "name\u2019s", "name:", "llamo")
        )
    if kind == _WORD_CAPITAL:
        return False
    pair = place + 1 < len(kinds) and kinds[place + 1] in (_CAPITAL, _SURNAME, _FIRST) and _joined(text, tokens, place)
    if kind in (_CAPITAL, _DOUBTFUL_CAPITAL) or (pair and kind == _DOUBTFUL):
        if _SAID.search(before) or (_HERE.match(text, stop) and _APART.search(before)):
            return True
        if _WEAK.search(before) and (pair or (kind == _CAPITAL and _IT_IS.search(before))):
            return True
        return kind == _CAPITAL and _signs(text, before, start, stop)
    return pair and kind in (_SURNAME, _UNKNOWN) and bool(_SAID.search(before))


def _signs(text: str, before: str, start: int, stop: int) -> bool:
    """Tell whether a word is a signature's first: it and another at most at the end, apart from the rest."""
    rest = text[stop:].strip(" .!\n\t")
    short = len(text) - start < _LONGEST_SIGNATURE and len(rest.split()) < 3
    return bool(start and short and (not rest or rest[0].isupper()) and _APART.search(before))


def _joined(text: str, tokens: list[_Token], place: int) -> bool:
    """Tell whether a word and the next can be parts of one name, by what stands between them."""
    gap = text[tokens[place][1] : tokens[place + 1][0]]
    return _GAP.fullmatch(gap) is not None and not (gap.startswith(",") and tokens[place][2][0].islower())


def _next(text: str, tokens: list[_Token], place: int) -> int | None:
    """Return the word behind a part of a name that could be its next part: behind "van der" and the like."""
    following = place + 1
    while following < len(tokens) and _joined(text, tokens, following - 1):
        if tokens[following][2].lower() not in _PARTICLES:
            return following
        following += 1
    return None


def _end(text: str, tokens: list[_Token], kinds: list[int], place: int, sure: bool) -> tuple[int, int]:
    """Return the last word of the name that begins with a word, and where in the text it ends.

    `sure`: whether it was introduced as a name; then a word that is in no list belongs to it too.
    """
    first = place
    while place - first + 1 < _MOST_PARTS:
        following = _next(text, tokens, place)
        if following is None:
            break
        kind, word = kinds[following], tokens[following][2]
        goes_on = kind in (_FIRST, _CAPITAL, _SURNAME, _DOUBTFUL_CAPITAL)
        goes_on = goes_on or (kind == _UNKNOWN and (sure or not word.islower()))
        # A capital letter within a sentence makes a surname of a word.
        goes_on = goes_on or (kind == _WORD_CAPITAL and len(word) > 2 and tokens[place][2][0].isupper())
        if word.lower() in _words("wordlike_surnames"):
            goes_on = goes_on or word[0].isupper() or (tokens[first][2][0].islower() and kinds[place] == _FIRST)
        # "Lovelace, Ada": only a surname, which is no first name, stands before a comma.
        if not goes_on or (text[tokens[place][1]] == "," and (kinds[place] == _FIRST or kind != _FIRST)):
            break
        place = following
    stop = tokens[place][1]
    initial = _INITIAL.match(text, stop)
    if initial and text[initial.start() + 1] != "I":
        stop = initial.end()
    return place, stop

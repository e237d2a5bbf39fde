"""Finds people's names in a message: by what stands before and behind them, by capital letters, and by lists.

A word that is common in messages is no name, unless it is introduced as one. Pure functions; most words are done with
after a look into the lists.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import Sequence

from helpline.storage.redaction import reader
from helpline.storage.redaction.name_cues import INTRODUCED, KNOWN, PARTICLES
from helpline.storage.redaction.name_starts import INITIALS_BEFORE, Message, Token
from helpline.storage.redaction.words import (
    CAPITAL,
    DOUBTFUL_CAPITAL,
    FIRST,
    SURNAME,
    UNKNOWN,
    WORD_CAPITAL,
    is_misspelt,
    lines,
    words,
)

# Without a possessive 's, and not within something with digits.
_TOKEN = re.compile(r"(?<!\w)[^\W\d_]+(?:[-'\u2019](?!s\b)[^\W\d_]+)*(?!\w)")
# Names that need no look into the lists: spelt, of two dotted letters, and at the end behind a closing or a dash.
_CAPITALISED = r"(?-i:[A-Z][\w'\u2019.-]*(?:[ \t][A-Z][\w'\u2019.-]*){0,3})"
_AT_ONCE = (
    re.compile(
        r"()\b(?!I-?O-?P|P-?H-?P|C-?B-?T|D-?B-?T|D-?U-?I|A-?D-?H-?D)[A-Z](?:-[A-Za-z]){2,}\b|\b[a-z](?:-[a-z]){3,}\b|"
        r"(?<![\w'\u2019])(?:[b-hj-zB-HJ-Z](?: [a-zA-Z]){3,}|[b-hj-zB-HJ-Z](?: [a-zA-Z]){0,9} double [a-zA-Z](?: "
        r"[a-zA-Z]){0,9}|"
        r"[A-Z](?:\. ?[A-Z]){3,}\.?)(?![\w'\u2019])"
    ),
    # Initials that are no abbreviation.
    re.compile(
        rf"()(?<![\w.])(?!(?:{'|'.join(map(re.escape, sorted(words('abbreviations'))))})\b)"
        r"[A-Z]\.(?:[A-Z]\.){1,2}(?!\w)"
    ),
    re.compile(
        rf"(\b[Mm]y (?:\w+ ){{1,2}})(?!(?:{'|'.join(map(re.escape, sorted(words('abbreviations')))).lower()})\b)"
        r"[a-z]\.[a-z]\.(?!\w)"
    ),
    # "Cook, J. denies it".
    re.compile(r"()\b[A-Z][a-z]+, (?!I\b)[A-Z]\.(?=[ ,;)]|\Z)"),
    re.compile(
        r"(\b(?:regards|sincerely|yours(?: truly)?|respectfully|thanks|thank you|best|love|cheers|blessings|warmly|"
        rf"gracias|atentamente|saludos),?[ \t]*\n\s{{0,20}}){_CAPITALISED}(?=\s{{0,20}}\Z)",
        re.IGNORECASE,
    ),
    re.compile(r"((?:[.!?,\w][ \t]|\n)[-\u2013\u2014~][ \t]?)[A-Z][a-z]+(?:[ \t][A-Z][a-z.]*){0,2}(?=\s{0,20}\Z)"),
)
# One of these is in all of them.
_MARKS = re.compile(r"[-\n~\u2013\u2014]|\.(?:[A-Za-z]\.|(?<=[A-Z]\.)[A-Z]|(?<=, [A-Z]\.))")
# Or letters apart; a space before is quick to find.
_SPELT = re.compile(r" [A-Za-z] [A-Za-z] [A-Za-z]\b")
# An initial behind a name; "I" and words of one letter are none.
_INITIAL = re.compile(r"[ \t](?:(?!I)[A-Z]\b\.?|(?![ianuyo])[a-z](?=[ \t]*(?:$|[,.!?\n])))")


def _first_word(line: str) -> str:
    found = _TOKEN.match(line)
    return found.group() if found else ""


# People and firms that everybody knows, by their first word.
_FAMOUS = {
    first: re.compile(rf"(?:{'|'.join(map(re.escape, sorted(group, reverse=True)))})\b", re.IGNORECASE)
    for first, group in groupby(sorted(lines("famous"), key=_first_word), _first_word)
}
_MOST_PARTS = 4
_TAG = re.compile(r"\[[a-z ]+\]")
NAME = "[name]"


def redact_names(text: str, by_rules_only: bool = False) -> str:
    """Return `text` with names of people as ``[name]``.

    by_rules_only: without what was learned, which is learned beside the rules.
    """
    # What has been read once is not read again: a tag leads to no name.
    read = not by_rules_only and NAME not in text
    marked = _MARKS.search(text) or _SPELT.search(f" {text}") or " double " in text
    for pattern in _AT_ONCE if marked else ():
        text = pattern.sub(lambda found: (found.group(1) or "") + NAME, text)
    tokens = word_tokens(text)
    if not tokens:
        return text
    message = Message(text, tokens)
    learned = reader.found(text, tokens) if read else frozenset()
    spans: list[tuple[int, int]] = []
    called: set[str] = set()
    end, place, last = 0, 0, -2
    known: list[tuple[int, int]] | None = None
    while place < len(tokens):
        start = tokens[place][0]
        if place in learned or (message.may_begin(place) and (message.begins(place) or message.follows(place, last))):
            if known is None:
                known = [found.span() for pattern in (KNOWN, _TAG) for found in pattern.finditer(text)]
                known += _famous(text, tokens)
            if not any(first <= start < stop for first, stop in known) and not message.is_town(place):
                initials = INITIALS_BEFORE.search(text, max(end, start - 5), start)
                first = place
                place, stop = _end(message, place)
                while place + 1 in learned and message.joined(place):
                    place, stop = place + 1, tokens[place + 1][1]
                spans.append((initials.start() if initials else start, stop))
                called.update(tokens[part][2] for part in range(first, place + 1))
                end, last = stop, place
        place += 1
    if called:
        spans += message.again(called, spans)
    parts: list[str] = []
    end = 0
    for start, stop in sorted(spans):
        parts += [text[end:start], NAME]
        end = stop
    return "".join([*parts, text[end:]]) if parts else text


def _famous(text: str, tokens: Sequence[Token]) -> list[tuple[int, int]]:
    """Return where somebody or something is named that everybody knows."""
    looked = ((pattern, start) for start, _, word in tokens if (pattern := _FAMOUS.get(word.lower())))
    return [found.span() for pattern, start in looked if (found := pattern.match(text, start))]


def word_tokens(text: str) -> list[Token]:
    """Return the words of a text that can be names: start, end and the word itself."""
    return [(found.start(), found.end(), found.group()) for found in _TOKEN.finditer(text)]


def _next(message: Message, place: int) -> int | None:
    """Return the word behind a part of a name that could be its next part: behind "van der" and the like."""
    following = place + 1
    while following < len(message.tokens) and message.joined(following - 1):
        if message.tokens[following][2].lower() not in PARTICLES:
            return following
        following += 1
    return None


def _end(message: Message, place: int) -> tuple[int, int]:
    """Return the last word of the name that begins with a word, and where in the text it ends."""
    text, tokens, kinds = message.text, message.tokens, message.kinds
    # Introduced as a name: then a word that is in no list belongs to it too.
    sure = INTRODUCED.search(message.before(place)) is not None
    first = place
    while place - first + 1 < _MOST_PARTS:
        following = _next(message, place)
        if following is None:
            break
        what, word = kinds[following], tokens[following][2]
        small = tokens[place][2][0].islower()
        goes_on = what in (FIRST, CAPITAL, SURNAME, DOUBTFUL_CAPITAL)
        goes_on = goes_on or (what == UNKNOWN and (sure or small) and not is_misspelt(word.lower()))
        # A capital letter within a sentence makes a surname of a word; "I've" has one anywhere.
        goes_on = goes_on or (
            what == WORD_CAPITAL and len(word) > 2 and not small and word[:2] not in ("I'", "I\u2019")
        )
        if word.lower() in words("wordlike_surnames"):
            goes_on = goes_on or word[0].isupper() or (tokens[first][2][0].islower() and kinds[place] == FIRST)
        # "Lovelace, Ada": only a surname, which is no first name, stands before a comma.
        if not goes_on or (text[tokens[place][1]] == "," and (kinds[place] == FIRST or what != FIRST)):
            break
        place = following
    initial = _INITIAL.match(text, tokens[place][1])
    return place, initial.end() if initial else tokens[place][1]

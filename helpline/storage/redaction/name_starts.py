"""Tells whether a name begins with a word of a message, by what the word can be and by what stands around it."""

from __future__ import annotations

import re
from functools import cache
from typing import Collection, Sequence

from helpline.storage.redaction import name_cues as cues
from helpline.storage.redaction.words import (
    CAPITAL,
    DOUBTFUL,
    DOUBTFUL_CAPITAL,
    FIRST,
    SURNAME,
    UNKNOWN,
    WORD,
    WORD_CAPITAL,
    is_misspelt,
    kind,
    lines,
    words,
)

# What may stand between the parts of a name.
_GAP = re.compile(r"[ \t]+(?:[A-Z]\.?[ \t]+)?|,[ \t](?=[A-Z])")
# What may stand between one name and the next.
_BETWEEN = re.compile(r" ?(?:,|&|/|\+) ?(?:and |y |& )?| (?:and|y|e|n|or) ", re.IGNORECASE)
# Initials before a name.
INITIALS_BEFORE = re.compile(r"(?<![\w'\u2019])(?:[A-Z]\. ?){1,2}$|(?<![\w'\u2019.])[a-z]\. ?$")
# A verb may follow these, and the lists know few Spanish verbs.
_SPANISH_FAMILY = re.compile(r"\b(?:mi|su|nuestr[oa]|t[ií][oa]) (?:\w+ )?$", re.IGNORECASE)
_SPANISH = re.compile(
    r"\b(?:que|para|con|una?|los|las|por|mi|est[aá]|no|es|qu[eé]|c[oó]mo|tengo|me|se|el)\b", re.IGNORECASE
)
# A capital letter inside a word, but for what surnames begin with.
_BRAND = re.compile(r"(?!(?:Ma?c|De|Da|La|Le|Di|Du|Fitz|Van|O|Ja|Ke|Ra|Sha)[A-Z])[A-Z][a-z]+[A-Z]")
# How far before a word its introduction is looked for, in characters.
_REACH = 60
_LONGEST_SIGNATURE = 40
# How many words a message may have for names in a row without capital letters to be believed.
_SHORT = 14
Token = tuple[int, int, str]


@cache
def _towns() -> frozenset[str]:
    return frozenset(lines("cities"))


class Message:
    """The words of one message and what each can be."""

    def __init__(self, text: str, tokens: list[Token]) -> None:
        """Take a text and its words as start, end and the word itself; at least one."""
        self.text, self.tokens = text, tokens
        # A name that is gone had one, so that what is redacted twice reads the same.
        capitals = sum(word[0].isupper() for _, _, word in tokens) + text.count("[name]")
        # Where nearly all words have them, capital letters tell nothing.
        cased = len(tokens) < 6 or capitals * 10 <= len(tokens) * 7
        # Where most words are without them, one within a sentence makes a name.
        self._telling = len(tokens) > 2 and capitals * 2 <= len(tokens)
        # Only then an ordinary word can be one.
        self._names = "name" in text
        self.kinds = [kind(word, cased and not (word.isupper() and len(word) > 3)) for _, _, word in tokens]

    def may_begin(self, place: int) -> bool:
        """Tell whether a closer look at a word is worth it."""
        low = self.tokens[place][2].lower()
        if low[:2] in ("i'", "i\u2019"):
            return False
        if self.kinds[place] != WORD or low in cues.INITIALS or low in words("wordlike_surnames"):
            return True
        return self._names and low not in cues.NO_NAME

    def is_town(self, place: int) -> bool:
        """Tell whether what could be a name is a town or county: "I grew up in brooklyn", "holmes county"."""
        if cues.COUNTY.match(self.text, self.tokens[place][1]):
            return True
        if self.kinds[place] != FIRST or self.tokens[place][2].lower() not in _towns() or "[address]" in self.text:
            return False
        return cues.IN.search(self.before(place)) is not None

    def before(self, place: int) -> str:
        """Return what stands before a word, as far as it matters."""
        start = self.tokens[place][0]
        return self.text[max(0, start - _REACH) : start]

    def begins(self, place: int) -> bool:
        """Tell whether a name begins with a word."""
        text, (_, stop, word), what = self.text, self.tokens[place], self.kinds[place]
        if what == FIRST:
            return True
        before, low = self.before(place), word.lower()
        if low in cues.INITIALS:
            led = cues.CLOSE.search(before) or cues.I_AM.search(before) or cues.SAID.search(before)
            return bool(led or cues.IS_MINE.match(text, stop))
        if what == WORD:
            title = cues.TITLE.search(before)
            if title and title.group("formal") and low in words("wordlike_surnames") and low not in cues.HELPERS:
                return True
            return bool(cues.NAME_IS.search(before) and cues.ENDS.match(text, stop))
        title = cues.TITLE.search(before)
        if title and self._titled(place, title.group("formal") is not None):
            return True
        if cues.INTRODUCED.search(before):
            return what != WORD_CAPITAL or (cues.MUST_NAME.search(before) is not None and not word.isupper())
        if what == WORD_CAPITAL:
            if word.isupper() or len(word) < 3 or low in words("common_capitals"):
                return False
            family = self._telling and cues.CLOSE.search(before) and not self._opens(place)
            talked = self._telling and cues.TALKED.search(before) and not low.endswith(("ing", "s"))
            initialled = low in words("wordlike_surnames") and self._initialled(place)
            return bool(initialled or family or talked)
        if what in (CAPITAL, DOUBTFUL_CAPITAL) or (what == DOUBTFUL and self._pair(place)):
            return self._capital(place)
        if what == DOUBTFUL:
            return self._doubtful(place)
        return self._unknown(place)

    def _titled(self, place: int, formal: bool) -> bool:
        """Tell whether a word behind "Dr.", "Mrs." (formal), "uncle" and the like is a name."""
        what, word = self.kinds[place], self.tokens[place][2]
        low = word.lower()
        if what == WORD_CAPITAL:
            return formal and low not in cues.PRONOUNS and "'" not in low and low not in words("common_capitals")
        if what in (DOUBTFUL, UNKNOWN):
            return formal and low not in cues.HELPERS and not (what == UNKNOWN and len(low) > 5 and is_misspelt(low))
        return True

    def _unknown(self, place: int) -> bool:
        """Tell whether a word in lower case that is in no list, or a surname, is a name."""
        text, (_, stop, word), what = self.text, self.tokens[place], self.kinds[place]
        before, low = self.before(place), word.lower()
        if (self._pair(place) or self._initialled(place)) and cues.SAID.search(before):
            return True
        near = (
            cues.CLOSE.search(before)
            or cues.GREETED.search(before)
            or (cues.I_AM.search(before) and cues.NO_MORE.match(text, stop))
        )
        mine = self._opens(place) and (cues.IS_MINE.match(text, stop) or cues.DID.match(text, stop))
        mine = mine or (text[stop : stop + 1] in ("'", "\u2019") and cues.OF_FAMILY.match(text, stop))
        near = near or cues.TOLD_OR_ME.search(before)
        if what == SURNAME:
            here = self._opens(place) and cues.HERE.match(text, stop)
            return bool(self._initialled(place) or near or mine or here or cues.TELL.search(before))
        if cues.ENDS_DASHED.search(before) and not text[stop:].strip(" .!\n"):
            return len(word) > 2
        if len(word) < 2 or not (near or mine):
            return False
        # A misspelt word stands in a name's place less often if a verb follows.
        if is_misspelt(low) and not (cues.CLOSE.search(before) and cues.IS.match(text, stop)):
            return False
        return bool(mine) or not (_SPANISH_FAMILY.search(before) or low.endswith(("ed", "in")))

    def _capital(self, place: int) -> bool:
        """Tell whether a word with a capital letter, or a doubtful one before a surname, is a name."""
        text, (start, stop, word), what = self.text, self.tokens[place], self.kinds[place]
        before, low = self.before(place), word.lower()
        pair, here = self._pair(place), cues.HERE.match(text, stop)
        if cues.SAID.search(before) and low not in cues.PEOPLES:
            return True
        if here and cues.APART.search(before):
            return not (word.isupper() and len(word) > 2)
        if cues.WEAK.search(before) and (pair or (what == CAPITAL and cues.IT_IS.search(before))):
            return True
        if what == DOUBTFUL:
            return False
        if cues.OF_FAMILY.match(text, stop) and low not in cues.HELPERS and low not in cues.NOT_BY_CAPITAL:
            return True
        opens = self._opens(place)
        if self._initialled(place) or (opens and pair and low in words("surnames")):
            return True
        if not opens:
            return self._within(place, before)
        if cues.IS_MINE.match(text, stop) and low not in cues.HELPERS:
            return True
        if word.isupper():
            return False
        if what == DOUBTFUL_CAPITAL:
            return low not in cues.NOT_BY_CAPITAL and bool(cues.DID.match(text, stop) or cues.ACTS.match(text, stop))
        if self._signs(place) and start:
            return True
        if is_misspelt(low) or len(_SPANISH.findall(text)) > 1:
            return False
        return bool(cues.DOES.match(text, stop)) or self._alone() or (self._telling and low in words("surnames"))

    def _within(self, place: int, before: str) -> bool:
        """Tell whether a capital letter within a sentence makes a name."""
        word, what = self.tokens[place][2], self.kinds[place]
        low = word.lower()
        if word.isupper() or not self._telling:
            return what == CAPITAL and self._signs(place)
        if cues.TOLD.search(before):
            return True
        if what == DOUBTFUL_CAPITAL:
            return low not in cues.NOT_BY_CAPITAL
        if cues.PLACED.search(before) and self.text[self.tokens[place][1] :][:1] not in ("'", "\u2019"):
            return False
        return not _is_code(word) and low not in words("well_known") and low not in words("brands")

    def _doubtful(self, place: int) -> bool:
        """Tell whether a word in lower case that is a name and something else, too, is a name here."""
        text, (_, stop, word) = self.text, self.tokens[place]
        before = self.before(place)
        if word in cues.HELPERS:
            return cues.CLOSE.search(before) is not None and cues.IS.match(text, stop) is not None
        if cues.CLOSE.search(before):
            if cues.NAMED.search(before):
                return True
            return bool((cues.IS if cues.SOME.search(before) else cues.IS_OR_HAS).match(text, stop))
        if word in cues.STATES:
            return False
        if cues.GREETED.search(before) or (cues.CLOSING.search(before) and not text[stop:].strip(" .!\n")):
            return True
        if cues.I_AM.search(before):
            return cues.NO_MORE.match(text, stop) is not None
        if cues.ITS.search(before):
            return cues.AGAIN.match(text, stop) is not None
        if cues.DASHED.search(before):
            return not text[stop:].strip(" .!\n") or cues.IS.match(text, stop) is not None
        if self._opens(place) and cues.IS_RELATION.match(text, stop):
            return True
        return bool(cues.TOLD.search(before) and cues.TELLING.match(text, stop))

    def follows(self, place: int, last: int) -> bool:
        """Tell whether a word is another name beside one, as in "mason, ava and Jaxon".

        last: the last word of the name found before.
        """
        what, word = self.kinds[place], self.tokens[place][2]
        low = word.lower()
        if what in (WORD, WORD_CAPITAL) or word.isupper() or low in cues.STATES or low in cues.HELPERS:
            return False
        gaps = []
        if place == last + 1:
            gaps.append(self.text[self.tokens[last][1] : self.tokens[place][0]])
        before_name = place + 1 < len(self.tokens) and self.kinds[place + 1] == FIRST
        if before_name:
            gaps.append(self.text[self.tokens[place][1] : self.tokens[place + 1][0]])
        gaps = [gap for gap in gaps if _BETWEEN.fullmatch(gap)]
        if not gaps or what in (CAPITAL, DOUBTFUL_CAPITAL):
            return bool(gaps)
        if any("," not in gap for gap in gaps):
            return not is_misspelt(low)
        return what != UNKNOWN and before_name and len(self.tokens) < _SHORT

    def again(self, called: Collection[str], spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """Return where words of the names found stand once more, if they are hardly anything else."""
        return [
            (start, stop)
            for place, (start, stop, word) in enumerate(self.tokens)
            if word in called
            and self.kinds[place] in (CAPITAL, DOUBTFUL_CAPITAL, SURNAME, UNKNOWN)
            and len(word) > 1
            and word.lower() not in cues.HELPERS
            and not any(first <= start < last for first, last in spans)
            and not (cues.TIME.search(self.before(place)) and word.lower() in cues.NOT_BY_CAPITAL)
        ]

    def joined(self, place: int) -> bool:
        """Tell whether a word and the next can be parts of one name, by what stands between them."""
        gap = self.text[self.tokens[place][1] : self.tokens[place + 1][0]]
        return _GAP.fullmatch(gap) is not None and not (gap.startswith(",") and self.tokens[place][2][0].islower())

    def _pair(self, place: int) -> bool:
        after = place + 1
        names = (CAPITAL, SURNAME, FIRST, DOUBTFUL_CAPITAL)
        return after < len(self.kinds) and self.kinds[after] in names and self.joined(place)

    def _initialled(self, place: int) -> bool:
        """Tell whether an initial stands before a word: "J. Moss"."""
        start = self.tokens[place][0]
        return INITIALS_BEFORE.search(self.text, max(0, start - 6), start) is not None

    def _alone(self) -> bool:
        """Tell whether a message is nothing but a name of one to three words."""
        words_of_it = [(what, word.lower()) for what, (_, _, word) in zip(self.kinds, self.tokens, strict=True)]
        names = all(what != WORD or len(word) == 1 or word in cues.PARTICLES for what, word in words_of_it)
        return names and len(self.tokens) < 4 and not self.text.rstrip().endswith("?")

    def _opens(self, place: int) -> bool:
        return cues.BEGINNING.search(self.before(place)) is not None

    def _signs(self, place: int) -> bool:
        """Tell whether a word is a signature's first: it and another at most at the end, apart from the rest."""
        start, stop, _ = self.tokens[place]
        rest = self.text[stop:].strip(" .!\n\t")
        short = len(self.text) - start < _LONGEST_SIGNATURE and len(rest.split()) < 3
        return bool(start and short and (not rest or rest[0].isupper()) and cues.APART.search(self.before(place)))


def _is_code(word: str) -> bool:
    """Tell whether capital letters make a word a code or a brand: "CEUs", "CADC-I", "Wi-Fi", "CareCredit"."""
    if _BRAND.match(word):
        return True
    return word.rstrip("s").isupper() or ("-" in word and min(map(len, word.split("-"))) < 3)

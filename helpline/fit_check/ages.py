"""Ages that are said in numbers: "15", "62 yo", "turning 40", "born in 2011". Pure functions over spelled-out words."""

from __future__ import annotations

import re
from datetime import date
from typing import Collection, Iterable, Mapping, Sequence

from helpline.crisis.normalise import END, QUESTION

_OLDEST = 120
# A number below is more likely a count or the number of a button.
_YOUNGEST = 4
# At another question, "it's 4" is more likely something else.
_SAID_ALONE = 8
# A number between them alone, where age was asked, is a year of birth.
_EARLIEST, _LATEST = 1920, 2022


class Ages:
    """Reads ages, with the word lists of the data file."""

    def __init__(self, words: Mapping[str, str]) -> None:
        """Take the part `words` of the data file."""
        self._lists = {name: frozenset(written.split()) for name, written in words.items()}
        self._tens = {word: 10 * n for n, word in enumerate(words["tens"].split(), start=2)}
        self._tens["fourty"] = 40
        ones = {word: n for n, word in enumerate(words["numbers"].split())}
        self._numbers = ones | self._tens | {"couple": 2, "few": 3}

    def find(
        self, words: Sequence[str], commas: Collection[int], own: bool, opening: bool
    ) -> Iterable[tuple[int, int, str]]:
        """Yield begin, end and value of each age among `words`; the value is "" where it is not clear.

        Args:
            words: the message, spelled out.
            commas: places of the words that follow a comma.
            own: whether age was asked; then a number alone is an age.
            opening: whether it was asked who it is for, or nothing yet.
        """
        lists = self._lists
        for place, end, number in self.numbers(words):
            before = _same_sentence(words[max(0, place - 4) : place])
            first, second = (*words[end : end + 2], END, END)[:2]
            about = next((word for word in reversed(before) if word not in lists["about"] | lists["not_yet"]), "")
            ends = first in (END, QUESTION) or first in lists["goes_on"] or end in commas
            years = first in ("year", "years") and second in (END, QUESTION)
            old = first in ("yo", "anos") or (first in ("year", "years", "yr", "yrs") and second == "old")
            late = not lists["not_yet"].isdisjoint(before)
            clause = max((comma for comma in commas if comma <= place), default=0)
            passing = not lists["passing"].isdisjoint(before[max(0, len(before) - place + clause) :])
            aged = about in lists["aged"]
            mine = aged and (not lists["person"].isdisjoint(before) or about in ("turned", "turning"))
            low, high = number - (late or first in lists["soon"]), number - late
            if 1900 < number <= date.today().year and "born" in before:
                low, high = date.today().year - number - 1, date.today().year - number
                mine = ends = True
            elif own and _EARLIEST <= number <= _LATEST and ends and _bare(before):
                low, high = date.today().year - number - 1, date.today().year - number
            elif not old and self._counts_else(before, about, first, aged or late, years):
                continue
            alone = own and (ends or years or place == 0 or late or aged or old)
            if passing and not own:
                continue
            heard = alone or (mine and (old or ends)) or (opening and (old or (aged and ends and high >= _SAID_ALONE)))
            if heard and _YOUNGEST <= high < _OLDEST:
                yield place, end, _value(low) if _value(low) == _value(high) and not passing else ""

    def _counts_else(self, before: Sequence[str], about: str, first: str, aged: bool, years: bool) -> bool:
        """Tell whether a number counts something other than the years of a person's life up to today."""
        lists = self._lists
        if (
            about in lists["other_time"]
            or not lists["not_people"].isdisjoint(before)
            or (first in lists["units"] and not years)
        ):
            return True
        return not aged and not lists["other_time"].isdisjoint(before)

    def numbers(self, words: Sequence[str]) -> Iterable[tuple[int, int, int]]:
        """Yield begin, end and value of the numbers among `words`: "62", "fifteen", "sixty two"."""
        at = 0
        while at < len(words):
            word, end = words[at], at + 1
            digits = re.fullmatch(r"([0-9]{1,4})(?:[mf]|yo|yrs)?", word)  # "27f", "30yo"
            number = int(digits[1]) if digits else self._numbers.get(word)
            if word in self._tens and end < len(words) and 0 < self._numbers.get(words[end], 0) < 10:
                number, end = self._tens[word] + self._numbers[words[end]], end + 1
            if number is not None:
                yield at, end, number
            at = end


def _same_sentence(words: Sequence[str]) -> Sequence[str]:
    """Return what follows the last sentence end."""
    ends = [place for place, word in enumerate(words) if word in (END, QUESTION)]
    return words[ends[-1] + 1 :] if ends else words


def _bare(before: Sequence[str]) -> bool:
    """Tell whether nothing stands before a number but "it is", "in" or the like."""
    return set(before) <= {"it", "is", "in", "the", "year", "um", "so", "well"}


def _value(age: int) -> str:
    return "under_13" if age < 13 else "13_17" if age < 18 else "adult"

"""What a person chose from a menu: a number in many forms, a title, a title with a slip; pure functions."""

from __future__ import annotations

import re
import unicodedata

from helpline.channels.rendering import Menu

_WORDS = {
    word: number
    for number, names in enumerate(
        (
            ("one", "uno", "una"),
            ("two", "dos"),
            ("three", "tres"),
            ("four", "cuatro"),
            ("five", "cinco"),
            ("six", "seis"),
            ("seven", "siete"),
            ("eight", "ocho"),
            ("nine", "nueve"),
            ("ten", "diez"),
            ("eleven",),
            ("twelve", "doce"),
            ("thirteen", "trece"),
        ),
        1,
    )
    for word in names
}
# "2", "2.", "#2", "(2)", "no. 2", "option two", "la dos"; nothing else may stand beside it. "No one" is no number.
_NUMBER = re.compile(
    r"(?:(?:option|opción|opcion|number|número|numero|choice|answer|el|la) +|no\. *(?=\d)|#)?(?P<number>\d{1,9}|[a-z]+)"
)
# Three digits and more are a place, a phone, 911 or 988: nobody's number in a list.
_HIGHEST = 99
_SHORTEST_WITH_SLIP = 5
_MOST_SLIPS = 2


def number_in(text: str) -> int | None:
    """Return the number that a message is, if it is nothing else and below 100."""
    # Keycaps and full-width digits come from phones' keyboards.
    plain = unicodedata.normalize("NFKC", text).replace("\ufe0f", "").replace("\u20e3", "")
    found = _NUMBER.fullmatch(plain.strip().strip("()[]{}.,;:!?\"'“”*").strip().casefold())
    if found is None:
        return None
    said = found["number"]
    number = int(said) if said.isdigit() else _WORDS.get(said)
    return number if number is not None and number <= _HIGHEST else None


def chosen(text: str, menu: Menu) -> int | None:
    """Return the number of the option that a message chooses, None where it chooses none of them."""
    titles = [_plain(option.title) for option in menu.options]
    said = _plain(text)
    # A title that is a number by itself goes before the numbers of the list.
    if said and titles.count(said) == 1:
        return titles.index(said) + 1
    number = number_in(text)
    if number is not None:
        return number if 1 <= number <= len(titles) else None
    close = [place for place, title in enumerate(titles, 1) if _is_close(said, title)]
    return close[0] if len(close) == 1 else None


def titled(text: str, menu: Menu) -> str | None:
    """Return the payload of the option whose title a message is, letter for letter; None where there is none."""
    said = _plain(text)
    # "Yes" and "No" are answers to whatever was asked last.
    if len(said) < _SHORTEST_WITH_SLIP or number_in(text) is not None:
        return None
    return next((option.payload for option in menu.options if _plain(option.title) == said), None)


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.casefold().replace("\u2019", "'"))
    kept = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[^\w\s'-]", " ", kept).split())


def _is_close(said: str, title: str) -> bool:
    """Tell whether a text is a title with a slip of the finger: each word with its own, short words as they are.

    A word's first letter stands: "unsafe" is no slip of "safe".
    """
    words, others = said.split(), title.split()
    if len(words) != len(others):
        return False
    slips = 0
    for word, other in zip(words, others, strict=True):
        if word == other:
            continue
        if min(len(word), len(other)) < _SHORTEST_WITH_SLIP or word[0] != other[0] or not _one_slip(word, other):
            return False
        slips += 1
    return 0 < slips <= _MOST_SLIPS


def _one_slip(word: str, other: str) -> bool:
    """Tell whether one letter is wrong, missing, too many, or two neighbours changed places."""
    if len(word) > len(other):
        word, other = other, word
    if len(other) - len(word) > 1:
        return False
    first = next((place for place, letter in enumerate(word) if letter != other[place]), len(word))
    if len(word) != len(other):
        return word[first:] == other[first + 1 :]
    return word[first + 1 :] == other[first + 1 :] or (
        word[first : first + 2] == other[first : first + 2][::-1] and word[first + 2 :] == other[first + 2 :]
    )

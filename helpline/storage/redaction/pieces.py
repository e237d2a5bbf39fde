"""Finds numbers in pieces, half in digits and half in words: "270 four one nine 88 twenty two", "9 0 0 dash 4 1".

The patterns of contacts.py and ids.py know numbers in one piece. Pure functions.
"""

from __future__ import annotations

import re
from typing import Sequence

from helpline.storage.redaction.numerals import (
    SPANISH_HUNDREDS,
    SPANISH_TEENS,
    SPANISH_TENS,
    SPANISH_UNITS,
    TEENS,
    TENS,
    UNITS,
)

_UNIT = rf"(?:{UNITS}|zero|o|oh|nought|{SPANISH_UNITS})"
_TWO = rf"(?:{TENS})(?:[ -](?:{UNITS}))?|{TEENS}|(?:{SPANISH_TENS})(?: y (?:{SPANISH_UNITS}))?|{SPANISH_TEENS}"
_LETTER = (
    "alpha|bravo|charlie|delta|echo|foxtrot|golf|hotel|india|juliet|kilo|lima|mike|november|oscar|papa|quebec|romeo|"
    "sierra|tango|uniform|victor|whiskey|x-?ray|yankee|zulu|zebra|boy|apple|adam|baker|david|edward|frank|george|"
    "henry|king|"
    "lincoln|mary|nora|ocean|peter|queen|robert|sam|tom|union|william|young"
)
# Digits may be typed as letters that look like them; a letter alone is a piece only of what is somebody's number.
_PIECE = re.compile(
    r"(?<![a-z\d.,$])(?=[oli]{0,4}\d)(?P<digits>[\doli]+)(?![a-z])(?!\d)|"
    rf"(?<![a-z])(?:(?P<many>double|triple|doble)[ -]?(?:{_UNIT}|\d)|"
    rf"(?P<three>(?:{UNITS}) hundred(?: and)?(?: (?:{_TWO}|{UNITS}))?|(?:{SPANISH_HUNDREDS})(?: (?:{_TWO}|"
    rf"{SPANISH_UNITS}))?)|"
    rf"(?P<two>{_TWO})|(?P<one>{_UNIT})|(?P<letter>(?:(?:{_LETTER}|[b-hj-z])(?: (?:like|as in) \w+)?|a(?= (?:then|"
    rf"[b-z])\b))(?![\d'\u2019])))(?![a-z])|"
    r"(?<=[a-z]{3})(?P<glued>\d+)(?![a-z\d])|(?<![a-z\d])(?P<code>[a-z]{1,3}-?\d{2,}|\d{2,}[a-z])(?![a-z\d])",
    re.IGNORECASE,
)
_WORD_BETWEEN = r"(?:and(?= then)|dash|hyphen|minus|gui[oó]n|then|luego|space|slash|period|a)"
_BETWEEN = re.compile(
    rf"[\s.,;:/()*~_+\u2022\u00b7\u2013\u2014-]{{0,4}}(?:{_WORD_BETWEEN}[\s.,-]{{1,3}}){{0,3}}", re.IGNORECASE
)
# Worth a search: a digit is told apart by the caller.
CUES = ("oh", "zero", "two", "three", "four", "five", "six", "seven", "eight", "nine", "cero", "dos", "tres", "cuatro")
# What a number's beginning or end follows.
_PART_OF = re.compile(
    r"\b(?:end(?:s|ing)?|start(?:s|ing)?|begin(?:s|ning)?|last (?:four|4|five|5)|first (?:three|3|six|6)|area code|"
    r"pin|"
    r"termina|empieza|[úu]ltimos (?:cuatro|4))\b[^.!?\n]{0,24}$",
    re.IGNORECASE,
)
_ZIP = re.compile(r"\b(?:zi+p+|postal|c[oó]digo)\b[^.!?\n\d]{0,40}$", re.IGNORECASE)
_SOMEBODYS = re.compile(
    r"\b(?:ssn|social|soc|medicaid|medicare|member|policy|record|mrn|chart|case|claim|citation|ticket|warrant|"
    r"account|"
    r"licen[cs]e|passport|card|extranjero|alien|seguro|caso|cuenta|id|plate|tag|reference|ref|group|grp|docket|"
    r"confirmation|booking|inmate|badge|file|permit|placas?|expediente|p[oó]liza)\b[^\n]{0,40}$",
    re.IGNORECASE,
)
_BIRTH = re.compile(r"\b(?:birth|birthday|b-?day|dob|born|nac[ií]\w*)\b[^\n]{0,30}$", re.IGNORECASE)
# "case number is", right before a number in words.
_NUMBER_OF = re.compile(
    rf"{_SOMEBODYS.pattern.split('[^')[0]}"
    r"(?: (?:number|no\.?|num|id|card|code|is|are|was|says|the|letters|numbers|its|it's|like))*[ :#,]*$",
    re.IGNORECASE,
)
_DIALLED = re.compile(r"\b(?:call|text|dial|phone|ring|fax|ll[aá]m\w+|marque)\b[^.!?\n\d]{0,20}$", re.IGNORECASE)
_CALL = re.compile(r"\b(?:phone|cell|landline|mobile|number)\b[^.!?\n\d]{0,12}$", re.IGNORECASE)
_HOW_MANY = re.compile(r"\b(?:last|first|[úu]ltimos) (?:three|four|five|six|3|4|5|6|cuatro)$", re.IGNORECASE)
_SAID = re.compile(r"\b(?:dash|hyphen|slash|gui[oó]n|then)\b", re.IGNORECASE)
# How phone and social security numbers are grouped, in digits.
_GROUPED = ((3, 3, 4), (3, 4), (1, 3, 3, 4), (3, 2, 4), (3, 3, 2, 2), (3, 4, 3), (3, 2, 2))
_SEVERAL = {"double": 2, "doble": 2, "triple": 3}
Piece = re.Match[str]


def without_pieces(text: str) -> str:
    """Return `text` with numbers in pieces as ``[phone]``, ``[id]``, ``[address]`` (zip code) or ``[date]``."""
    parts: list[str] = []
    done = 0
    phone = False
    for run in _runs(text):
        for part, lettered in ((run, True), ([piece for piece in run if not piece["letter"]], False)):
            # "the last four 1 2 3 4": the first tells how many there are.
            if part and _HOW_MANY.search(text[max(0, part[0].start() - 6) : part[0].end()]):
                part = part[1:]
            if len(part) < 2 or (lettered and len(part) == len(run) and not any(piece["letter"] for piece in run)):
                continue
            start, end = part[0].start(), part[-1].end()
            tag = _tag(part, text[max(done, start - 60) : start], text[start:end], phone)
            if tag:
                phone = phone or tag == "[phone]"
                parts += [text[done:start], tag]
                done = end
                break
    return "".join([*parts, text[done:]]) if parts else text


def _runs(text: str) -> list[list[Piece]]:
    """Return pieces that are apart by nothing but marks, in rows of three or more."""
    runs: list[list[Piece]] = []
    for piece in _PIECE.finditer(text):
        gap = text[runs[-1][-1].end() : piece.start()] if runs else ""
        # Nothing stands between two pieces only where one is in words.
        joined = runs and _BETWEEN.fullmatch(gap) and (gap or piece["glued"])
        if joined:
            runs[-1].append(piece)
        else:
            runs.append([piece])
    return [run for run in runs if len(run) > 1]


def _tag(run: Sequence[Piece], before: str, whole: str, phone: bool) -> str:
    """Return what a run of pieces is, if anything; phone: whether one was found before."""
    sizes = [_size(piece) for piece in run]
    count = sum(sizes)
    if len(run) == 2:
        said = _SAID.search(whole) and count > 3 and _NUMBER_OF.search(before)
        ends = (
            count == 4 and _PART_OF.search(before) and (all(piece["two"] for piece in run) or _SOMEBODYS.search(before))
        )
        return "[id]" if said or ends else ""
    if any(piece["letter"] or piece["code"] for piece in run):
        return "[id]" if count > 1 and len(run) + count > 6 and _SOMEBODYS.search(before) else ""
    in_words = [piece for piece in run if not piece["digits"] and not piece["glued"]]
    single = sizes.count(1) >= max(3, len(sizes) - 2)
    said = len(_SAID.findall(whole))
    birthday = 4 <= count <= 8 and all(size < 3 or size == 4 for size in sizes) and (in_words or said)
    if birthday and (_BIRTH.search(before) or whole.lower().count("slash") == 2):
        return "[date]"
    if _ZIP.search(before) and count in (5, 9):
        return "[address]"
    if 7 <= count <= 16:
        # Tens alone are a list of sums or doses.
        listed = all(piece["two"] and piece["two"][-1] == "y" for piece in in_words) and in_words
        mixed = in_words and not listed and (count > 7 or any(size == 1 for size in sizes))
        somebodys = count > 7 and _SOMEBODYS.search(before) and not _DIALLED.search(before)
        if mixed or single or said or (somebodys and tuple(sizes) in _GROUPED):
            return "[id]" if somebodys else "[phone]"
    if 3 <= count < 17 and (in_words or said) and _NUMBER_OF.search(before):
        return "[id]"
    if count == 3 and sizes == [1, 1, 1] and len(in_words) == 3 and _CALL.search(before):
        return "[phone]"
    if 3 <= count < 7 and _PART_OF.search(before):
        return "[id]" if _SOMEBODYS.search(before) else "[phone]"
    if phone and count == 4 and max(sizes) < 3 and not any(piece["two"] for piece in run):
        return "[phone]"
    return "[phone]" if phone and len(sizes) == count and count > 2 and not in_words else ""


def _size(piece: Piece) -> int:
    """Return how many digits a piece stands for."""
    if piece["many"]:
        return _SEVERAL[piece["many"].lower()]
    if piece["letter"]:
        return 0
    if piece["three"]:
        return 3
    if piece["two"]:
        return 2
    return 1 if piece["one"] else sum(map(str.isdigit, piece.group())) or len(piece.group())

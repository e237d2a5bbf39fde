"""Finds birthdays told by an age or an occasion: "turning 40 march 9", "my 21st is on the 31st". Patterns only.

The patterns of dates.py know a date right behind a word of birth.
"""

from __future__ import annotations

import re

from helpline.storage.redaction.numerals import BELOW_100, MONTH, ORDINAL, TENS, UNITS
from helpline.storage.redaction.rules import Rule

_NTH = rf"(?:\d{{1,2}} ?(?:st|nd|rd|th)|{ORDINAL})\b"
_YEAR = (
    rf"(?:(?:19|20)\d\d\b|['\u2019]?\d\d\b(?! ?%)|nineteen[ -]{BELOW_100}|two thousand(?: (?:{UNITS}|{BELOW_100}))?)"
)
_SHORT = r"\d{1,2} ?[/-] ?\d{1,2}(?![\d/-]| ?(?:mg|of|hours?|days?))"
_DAY_AND_MONTH = (
    rf"(?:(?:the )?(?:{_NTH}|\d{{1,2}})(?: of| de)? {MONTH}|{MONTH} (?:the )?(?:{_NTH}|\d{{1,2}}\b(?! ?(?:days|weeks|"
    rf"months|years))))(?:,? (?:of )?{_YEAR})?"
)
# A day alone counts things as well.
_DAY = (
    rf"(?:the )?{_NTH}(?! (?:time|year|day|week|month|floor|grade|step|kid|child|one|street|st|ave\w*|of (?:four|\d)))"
)
_HOLIDAY = (
    r"(?:halloween|christmas|xmas|new year['\u2019]?s|valentine['\u2019]?s|leap|(?:the )?(?:fourth|4th) of july|"
    r"thanksgiving|cinco de mayo|juneteenth|st\.? patrick['\u2019]?s|navidad|(?:groundhog|flag|independence|earth|"
    r"memorial|labor|veterans|columbus|presidents|mother['\u2019]?s|father['\u2019]?s|boxing|canada|australia) day)"
    r"(?: day| eve)?\b"
)
_DATE = rf"(?:{_DAY_AND_MONTH}|{_SHORT}|{_DAY}|{_HOLIDAY})"
_AGE = rf"(?:\d{{1,2}}|{BELOW_100}|{UNITS})\b"
_GROWN = rf"(?:\d\d|{BELOW_100})\b"
# Days that are kept for something else.
_OTHER = (
    r"(?:sober|sobriety|clean|court|hearing|trial|start|surgery|intake|appointment|appt|group|session|relapsed?|"
    r"minutes?|mins?|due|since|late|people|class|meeting)"
)
_NOT_A_SPAN = (
    r"(?! ?(?:%|mg|days?|weeks?|months?|hours?|hrs?|minutes?|mins?|more|people|steps?|years? (?:sober|clean)))"
)
# Between an age and its day.
_UP_TO = (
    rf"(?:(?!\b{_OTHER}\b|\b{MONTH} \d)[^\n\d.!?;]){{0,25}}?"
    rf"(?:\bin \d{{1,2}} (?:days|weeks|months)\W{{1,3}}(?:on )?)?"
)
_TURNS = r"\b(?:turn(?:s|ed|ing?)?|hit(?:s|ting)?)"
_WILL_BE = r"(?:['\u2019]ll|\bwill|\bill|\bshell|\bhell|\btheyll|\bgonna|\bgoing to|\bgunna) be"
_BIRTH = r"\b(?:d\.?o\.?b\.?|date of birth|birth ?(?:date|day)?s?|b[ -]?day|born|cumple\w*)\b"
_MOMENT = rf"(?:(?!\b{_OTHER}\b)[^\n\d]){{1,30}}?"
_BIRTH_CUES = ("born", "birth", "bday", "b-day", "b day", "dob", "d.o.b", "cumple")

BIRTHDAYS: tuple[Rule, ...] = (
    Rule(
        "[date]",
        re.compile(
            rf"((?:{_TURNS} {_AGE}|{_WILL_BE} {_GROWN}){_NOT_A_SPAN}{_UP_TO}\b)(?<!\d ){_DATE}(?! ?(?:{_OTHER})\b)",
            re.IGNORECASE,
        ),
        ("turn", "hit", " be "),
    ),
    # "on 6/3 i turn 30", "august 19 is when she turns eighteen".
    Rule(
        "[date]",
        re.compile(
            rf"(?<![\d/-])\b(?:{_DAY_AND_MONTH}|{_SHORT}|{_DAY})(?=,?(?: is| that['\u2019]?s)?(?: when)? "
            rf"(?:i|he|she|they|we|(?:my|our) \w+)(?:['\u2019]?ll| will| am| is)? (?:turn(?:s|ed|ing)?|hits?|be) {_AGE}"
            rf"{_NOT_A_SPAN})",
            re.IGNORECASE,
        ),
        ("i turn", "turns", "turned", " hits ", "ll be "),
    ),
    # "my 21st is on the 31st", "the big five oh is april 2".
    Rule(
        "[date]",
        re.compile(
            rf"(\b(?:(?:my|his|her|our) (?:sweet )?(?:\d\d(?:st|nd|rd|th)|sixteen|quince\w*|{ORDINAL})"
            rf"(?: birthday| b-?day)?|big (?:\d ?-?[\do]|{_GROWN}|{UNITS})(?:[ -]?oh?)?)"
            rf"(?:['\u2019]s| is| was| falls| comes?|,)(?: up| in| on| this| next| last| coming| \w+day){{0,3}},? )"
            rf"{_DATE}",
            re.IGNORECASE,
        ),
        (
            "st is",
            "nd is",
            "rd is",
            "th is",
            "st was",
            "th was",
            "th fall",
            "th's",
            "st's",
            "thday",
            "big ",
            "sixteen",
            "quince",
        ),
    ),
    # A day in the next sentence, or in the one behind that: "born in September? Kidding. The 12th, '83."
    Rule(
        "[date]",
        re.compile(
            rf"({_BIRTH}[^\n.!?;\d]{{0,20}}?)\b(?:{MONTH}{_MOMENT}\b(?:the )?(?:{_NTH}|\d{{1,2}}(?= *,? *['\u2019]?\d))"
            rf"|(?:the )?{_NTH}{_MOMENT}\b{MONTH})(?:[ ,.]{{1,3}}(?:in |of )?{_YEAR}|(?= *(?:[.,!?]|$)))",
            re.IGNORECASE,
        ),
        _BIRTH_CUES,
    ),
    Rule(
        "[date]",
        re.compile(
            rf"\bmonth(?:['\u2019]?s| is|:)? ?\w+[, ]+day(?:['\u2019]?s| is|:)? ?\w+[, ]+(?:and )?"
            rf"year(?:['\u2019]?s| is|:)? ?{_YEAR}",
            re.IGNORECASE,
        ),
        ("month",),
    ),
    Rule(
        "[date]",
        re.compile(rf"\b(?:{_DAY_AND_MONTH}|{_HOLIDAY}|{MONTH} ['\u2019]?\d\d)(?= baby\b)", re.IGNORECASE),
        (" baby",),
    ),
    Rule(
        "[date]",
        re.compile(
            r"(\bcumpl\w+ (?:\d\d|\w+)(?: a[nñ]os)?[^\n.!?;\d]{0,30}?\b)"
            r"(?:el )?\d{1,2}\b(?! de\b|[/.-]?\d)",
            re.IGNORECASE,
        ),
        ("cumpl",),
    ),
    Rule(
        "[date]",
        re.compile(
            rf"\b{_DAY_AND_MONTH}(?=,? (?:is|was)(?: the day| the date)?(?: when| that)? (?:i|he|she) was born)",
            re.IGNORECASE,
        ),
        ("was born",),
    ),
    # "nineteen seventy four, may, the eleventh", "day, the thirtieth. month, june", "12 of the month 4 from 1987".
    Rule(
        "[date]",
        re.compile(
            rf"\bnineteen[ -](?:{TENS})(?:[ -](?:{UNITS}))?,? {MONTH},? (?:the )?(?:{_NTH}|\d{{1,2}}\b)", re.IGNORECASE
        ),
        ("nineteen",),
    ),
    Rule(
        "[date]",
        re.compile(
            rf"\b(?:day|month)(?:,|:| is) ?(?:the )?(?:{_NTH}|{MONTH}|\d{{1,2}}\b)[,. ]+(?:and )?(?:the )?(?:day|month)"
            rf"(?:,|:| is) ?(?:the )?(?:{_NTH}|{MONTH}|\d{{1,2}}\b)|"
            r"\b\d{1,2} of (?:the )?month \d{1,2}[^\d\n.!?]{1,12}(?:19|20)?\d\d\b",
            re.IGNORECASE,
        ),
        ("month",),
    ),
    Rule(
        "[date]",
        re.compile(
            rf"(\ban? )(?:{MONTH}|\[date\]) baby,? (?:on )?{_DAY}",
            re.IGNORECASE,
        ),
        (" baby",),
    ),
    Rule(
        "[date]",
        re.compile(
            rf"\b\d{{1,2}} de {MONTH},? (?:del?|el)(?: a[nñ]o)? (?:19|20)\d\d\b|"
            rf"(\bmi fecha(?: es)?:? )\d{{1,2}} de {MONTH}",
            re.IGNORECASE,
        ),
        ("año", "ano", "mi fecha"),
    ),
    # "mom is 70 on the 1st of next month".
    Rule(
        "[date]",
        re.compile(
            rf"(\b(?:(?:s?he|i|m[ou]m|mama|dad|son|daughter|brother|sister|husband|wife|grand\w+|kid|twins?)"
            rf"(?: is| am|['\u2019][sm])) {_GROWN} (?:on|come) )(?:{_DAY} of (?:next|this) month|{_DATE})",
            re.IGNORECASE,
        ),
        tuple(f"{verb} {digit}" for verb in (" is", " am", "'s", "\u2019s", "'m") for digit in "123456789"),
    ),
    # "10/22 of 83", and by other calendars: "12 of Ramadan 1412".
    Rule(
        "[date]",
        re.compile(
            r"\b\d{1,2}/\d{1,2} (?:of|in) ['\u2019]?\d\d\b|"
            r"\b\d{1,2}(?:st|nd|rd|th)? (?:of )?(?-i:[A-Z][a-z]{3,}) 1[34]\d\d\b",
            re.IGNORECASE,
        ),
        (" 13", " 14", *(f" {word} {sign}" for word in ("of", "in") for sign in "'0123456789")),
    ),
    # The sign says the day within a month; the day behind it is the birthday.
    Rule(
        "[date]",
        re.compile(
            rf"(\b(?:aries|taurus|gemini|leo|virgo|libra|scorpio|sag(?:ittarius)?|capricorn|aquarius|pisces)"
            rf"(?: season| baby)?,? )(?:{_DAY_AND_MONTH}|{_SHORT})",
            re.IGNORECASE,
        ),
        ("aries", "taurus", "gemini", "leo", "virgo", "libra", "scorpio", "sag", "capric", "aquar", "pisces"),
    ),
)
# What is left once a part of a birthday is gone.
LEFT: tuple[Rule, ...] = (
    Rule(
        "[date]",
        re.compile(
            rf"({_BIRTH}(?:(?!\b(?:{_OTHER}|kids?|child|first|second|third)\b)[^\n.!?;\d]){{0,30}}?\b(?:on |the ))"
            rf"(?:the )?{_DAY}(?! (?:of )?(?:{MONTH}|\[date\]|the\b))"
            rf"|({_BIRTH}[^\n.!?;\d]{{0,20}}?)\b{MONTH} (?:something|sth|whatever|of)?,? ?['\u2019]?\d\d\b"
            rf"|({_BIRTH}[^\n!?;\d]{{0,30}}?\[date\][.,] *)(?:['\u2019]?\d\d|(?:19|20)\d\d)(?= *(?:[.,!?]|$))",
            re.IGNORECASE,
        ),
        _BIRTH_CUES,
    ),
    # Behind a question or a denial: "give my birth date? Fine. Second of November."
    Rule(
        "[date]",
        re.compile(
            rf"({_BIRTH}[^\n.!?;\d]{{0,30}}[?.!]+ (?:(?!\b{_OTHER}\b)[^\n\d]){{0,20}}?)\b{_DAY_AND_MONTH}|"
            rf"({_BIRTH}[^\n]{{0,60}}?\[date\]"
            rf"(?:(?!\b(?:in|since|from|name|got)\b)[^\n.!?\d]){{1,50}}\b)(?:19|20)\d\d\b|"
            rf"({_BIRTH}[^\n]{{0,40}}?\[date\][.,!]* (?:no,? |sorry,? )?(?:it['\u2019]?s|i mean|actually) )"
            rf"(?:the )?{_NTH}|"
            rf"({_BIRTH}[^\n]{{0,80}}?)\bnineteen[ -](?:{TENS})(?:[ -](?:{UNITS}))?\b",
            re.IGNORECASE,
        ),
        _BIRTH_CUES,
    ),
    # "born in the spring of [date] on April 2nd", "[date], only in fifty-two", "[date], día de la Santa Cruz".
    Rule(
        "[date]",
        re.compile(
            rf"({_BIRTH}[^\n.!?;\d]{{0,30}}?\[date\],? on ){_DAY_AND_MONTH}|"
            rf"({_BIRTH}[^\n]{{0,60}}?\[date\],? (?:only |but )?(?:in|of) )(?:{TENS})[ -](?:{UNITS})\b|"
            r"(\[date\],? )(?:el )?d[ií]a de (?:la |los |las |el )?(?-i:[A-Z]\w+(?: [A-Z]\w+)?)",
            re.IGNORECASE,
        ),
        (*_BIRTH_CUES, "día de", "dia de"),
    ),
    Rule(
        "[date]",
        re.compile(r"(\[date\] baby\b[^\n\d]{1,40}\b)(?:19|20)\d\d\b", re.IGNORECASE),
        (" baby",),
    ),
)

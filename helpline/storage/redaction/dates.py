"""Finds dates of birth, and other dates with a year, in digits and in words. Patterns only."""

from __future__ import annotations

import re

from helpline.storage.redaction.numerals import BELOW_100, MONTH, MONTHS, ORDINAL, UNITS
from helpline.storage.redaction.rules import Rule

_YEAR = (
    rf"(?:'?\d{{4}}\b|['\u2019]\d\d\b|nineteen(?:[ -]hundred(?: and)?)?[ -]{BELOW_100}|"
    rf"two thousand(?:(?: and)?[ -](?:{BELOW_100}|{UNITS}))?|twenty[ -]{BELOW_100})"
)
_DAY = rf"(?:\d{{1,2}}(?:st|nd|rd|th)?\b|{ORDINAL}\b)"
_DAY_AND_MONTH = rf"(?:(?:the )?{_DAY}(?: of| de)?[ -]{MONTH}|{MONTH}[ -](?:the )?{_DAY})"
_BIRTH = (
    r"\b(?:d\.?o\.?b\.?|date of birth|birth[ -]?(?:date|day|year)?s?|b[ -]?day|born|nac(?:[ií](?:[oó]|da|do)?|"
    r"imiento)|"
    r"cumpl(?:o|e|í|i|ió)|cumplea[nñ]os)\b"
)
# What may stand between "born" and the date.
_UP_TO = r"[^\d\n.!?;]{0,30}?"
_SHORT = r"(?<![\d/.-])\d{1,2} ?[/.-] ?\d{1,2}(?! ?[/.-]?\d)(?!\d)"
NUMERIC_DATE = r"(?:\d{1,2} ?[/.-] ?\d{1,2} ?[/.-] ?(?:19|20)?\d{2}|(?:19|20)\d{2}[/.-]\d{1,2}[/.-]\d{1,2})\b"
_OF_A_YEAR = rf"(?:,? (?:of |in |de |del )?(?:{_YEAR}|\d\d\b|{BELOW_100}\b))?"

# A year of birth alone tells an age, which the answers may need; it goes only with words of birth before it.
DATES: tuple[Rule, ...] = (
    Rule(
        "[date]",
        re.compile(
            rf"({_BIRTH}{_UP_TO})(?:{NUMERIC_DATE}|\d{{1,2}}[ /.-]['\u2019]?\d{{1,2}}(?:[ /.-]['\u2019]?\d{{2,4}})?\b"
            rf"|{_DAY_AND_MONTH}{_OF_A_YEAR}"
            rf"|(?:{_DAY} )?{MONTH},? (?:of |de |del )?(?:{_YEAR}|\d\d\b)"
            rf"|(?:(?:{BELOW_100}|{UNITS})[ ,-]+){{2}}(?:nineteen[ -]|two thousand[ -])?{BELOW_100}\b"
            rf"|\d{{4}} \d{{4}}\b|\d{{8}}\b|\d{{6}}\b|{_YEAR}|(?<=born in )\d\d\b|(?<=born )\d\d\b(?= *(?:$|[.,!?]))"
            rf"|(?<=in the )\d\d\b)",
            re.IGNORECASE,
        ),
        ("born", "birth", "bday", "b-day", "dob", "d.o.b", "nac", "cumpl"),
    ),
    # "I turn 30 on May 3", "he'll be 50 on nov 12".
    Rule(
        "[date]",
        re.compile(
            rf"(\b(?:turn(?:s|ed|ing)?|be(?= \d| {BELOW_100}| (?:{UNITS})\b)|cumpl\w+)"
            rf"(?: \d{{1,3}}| {BELOW_100}| (?:{UNITS}))?(?: a[nñ]os)?(?: on| el| "
            rf"this| next|"
            rf" in)? )"
            rf"(?:{_DAY_AND_MONTH}{_OF_A_YEAR}|{_SHORT}(?= *(?:$|[.,!?])))",
            re.IGNORECASE,
        ),
        ("turn", "be ", "cumpl"),
    ),
    Rule(
        "[date]",
        re.compile(
            rf"(?:{_DAY_AND_MONTH}{_OF_A_YEAR}|\b{NUMERIC_DATE}|{_SHORT})"
            r"(?=,?(?: is|'?s| was| es)? (?:my|his|her|our|their|mi|su)(?: \w+['\u2019]?s)? (?:birthday|b-?day|"
            r"cumplea))",
            re.IGNORECASE,
        ),
        ("birthday", "bday", "b-day", "cumplea"),
    ),
    Rule(
        "[date]",
        re.compile(
            rf"\b(?=\d)(?<!since )(?<!sober )(?<!clean ){NUMERIC_DATE}|\b{_DAY_AND_MONTH},? (?:of |in |de |"
            rf"del )?(?:{_YEAR}|(?:eighty|seventy|sixty|fifty|"
            rf"ninety)"
            rf"(?:[ -](?:{UNITS}))?\b)|\b\d{{1,2}}[ -]{MONTH}[ -]\d{{2,4}}\b",
            re.IGNORECASE,
        ),
        MONTHS,
    ),
    # "3/XI/1977", "12/dic/1971", "4-Mar-88".
    Rule(
        "[date]",
        re.compile(
            rf"\b\d{{1,2}} ?[/.-] ?(?:(?-i:[IVX]{{1,4}})|(?:ene|abr|ago|dic)\b\.?|{MONTH}) ?[/.-] ?(?:19|20)?\d\d\b",
            re.IGNORECASE,
        ),
        ("/", "-", "."),
    ),
    # "seven/nineteen/ninety four", "uno de enero del noventa y dos", "1960, march, the 17th".
    Rule(
        "[date]",
        re.compile(
            rf"\b(?:{UNITS}|{BELOW_100}) ?[/-] ?(?:{UNITS}|{BELOW_100}) ?[/-] ?(?:{_YEAR}|"
            rf"{BELOW_100}\b)",
            re.IGNORECASE,
        ),
        ("/", "-"),
    ),
    Rule(
        "[date]",
        re.compile(
            rf"\b(?:\d{{1,2}}|\w+) de {MONTH} del? (?:a[nñ]o )?(?:\d{{2,4}}|mil novecientos(?: \w+(?: y \w+)?)?|dos "
            rf"mil"
            rf"(?: \w+)?|(?:cuarenta|cincuenta|sesenta|setenta|ochenta|noventa)(?: y \w+)?)\b",
            re.IGNORECASE,
        ),
        (" de ",),
    ),
    # "the fourth of the fourth ninety four", "11 22 84 is when i was born".
    Rule(
        "[date]",
        re.compile(rf"\b(?:the )?{ORDINAL} of the {ORDINAL},? (?:of )?(?:{_YEAR}|{BELOW_100}\b)", re.IGNORECASE),
        ("th of the ", "st of the ", "nd of the ", "rd of the "),
    ),
    Rule(
        "[date]",
        re.compile(
            r"\b\d{1,2}[ .]\d{1,2}[ .](?:19|20)?\d\d\b(?=,? (?:is|was|es) (?:when (?:i|he|she|we) (?:was|were) born|"
            r"my b|my d\.?o\.?b|"
            r"(?:his|her) b))",
            re.IGNORECASE,
        ),
        ("born", "birth", "bday", "dob"),
    ),
    Rule("[date]", re.compile(rf"\b(?:19|20)\d\d,? {MONTH},? (?:the )?{_DAY}", re.IGNORECASE), ("19", "20")),
    # "her birthday's on halloween, ninety-one"; the year apart from the day.
    Rule(
        "[date]",
        re.compile(
            rf"({_BIRTH}{_UP_TO})\b(?:halloween|christmas(?: eve| day)?|new year'?s?(?: eve| day)?|valentine'?s?(?: "
            rf"day)?|"
            rf"(?:the )?fourth of july|st\.? patrick'?s(?: day)?|leap day|navidad|a[nñ]o nuevo)\b"
            rf"(?:,? (?:of |in )?(?:{_YEAR}|{BELOW_100}\b))?",
            re.IGNORECASE,
        ),
        ("birth", "born", "bday", "b-day", "dob", "nac", "cumpl"),
    ),
    Rule("[date]", re.compile(r"(\b(?:a|an|am) )'?\d\d(?= baby\b)", re.IGNORECASE), (" baby",)),
    Rule(
        "[date]",
        re.compile(rf"({_BIRTH}{_UP_TO})\[date\][^\n.!?\d]{{1,20}}\b(?:19|20)\d\d\b", re.IGNORECASE),
        ("born", "birth", "bday", "b-day", "dob", "nac"),
    ),
)

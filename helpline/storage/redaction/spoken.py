"""Finds what is said aloud in words or letters: mail addresses, names on networks, houses, crossings, birthdays.

Voice-to-text writes "bee dot rosa at yahoo dot com" and "nine oh two north fifth". Patterns only.
"""

from __future__ import annotations

import re

from helpline.storage.redaction.numerals import (
    BELOW_100,
    MONTH,
    ORDINAL,
    SPANISH_HUNDREDS,
    SPANISH_TEENS,
    SPANISH_TENS,
    SPANISH_UNITS,
    TEENS,
    TENS,
    UNITS,
)
from helpline.storage.redaction.rules import Rule
from helpline.storage.redaction.streets import NO_STREET, NTH, STREET

_NUMBER = rf"(?:{UNITS}|{TENS}|{TEENS}|oh|zero|hundred|thousand)"
_SPANISH_NUMBER = rf"(?:{SPANISH_HUNDREDS}|{SPANISH_TENS}|{SPANISH_TEENS}|{SPANISH_UNITS}|mil)"
_SIGN = r"(?:dot|underscore|under score|dash|hyphen|period|punto|gui[oó]n bajo|gui[oó]n)"
_PROVIDER = r"(?:gmail|g mail|yahoo|hotmail|outlook|icloud|aol|proton ?mail|comcast|msn)"
_PROVIDER_CUES = ("gmail", "g mail", "yahoo", "hotmail", "outlook", "icloud", "aol", "proton", "comcast", "msn")
_NETWORK = (
    r"(?:insta(?:gram)?|snap(?:chat)?|facebook|fb|venmo|cash ?app|discord|telegram|tik ?tok|twitter|ig|reddit|"
    r"whatsapp|"
    r"kik|twitch|youtube)"
)
_DIRECTION = r"(?:north|south|east|west|northeast|northwest|southeast|southwest)"
_BORN = (
    r"\b(?:d\.?o\.?b\.?|date of birth|birth[ -]?(?:date|day)?s?|b[ -]?day|born|nac(?:[ií](?:[oó]|da|do)?|imiento)|"
    r"cumpl\w+(?: a[nñ]os)?)\b"
)

SAID: tuple[Rule, ...] = (
    Rule(
        "[email]",
        re.compile(
            rf"(?:\b[\w.+-]{{1,40}},? {_SIGN} ){{0,6}}\b[\w.+-]{{1,40}}(?: (?:{_NUMBER}|\d+)\b){{0,6}},? ?(?:\bat\b|"
            rf"@|\barroba\b) "
            rf"(?:{_PROVIDER}\b(?: (?:dot|punto) \w+)*|[\w-]+(?: (?:hyphen|dash) [\w-]+)?"
            rf"(?:(?: (?:dot|punto) \w+)+| period (?:com|net|org|edu|gov)\b))|"
            rf"\b[\w.]*\d[\w.]*,? {_PROVIDER}\b",
            re.IGNORECASE,
        ),
        (" dot ", "punto", " period ", *_PROVIDER_CUES),
    ),
    Rule(
        "[web address]",
        re.compile(r"\b[\w-]+ dot (?:com|org|net) slash [\w.]+(?: [\w.]+)?", re.IGNORECASE),
        (" slash ",),
    ),
    Rule(
        "[handle]",
        re.compile(
            rf"\b[\w.]+(?: (?:underscore|under score|gui[oó]n bajo) [\w.]+)+(?: (?:{_NUMBER}|\d+)\b)*|"
            rf"(\b{_NETWORK}(?: (?:name|user|handle))?(?: is|'s|:)? )(?:at |dollar sign )?[\w.]+"
            rf"(?: (?:dot|dash|hashtag|period) [\w.]+)+(?: (?:{_NUMBER}|\d+)\b)*|"
            rf"(\b{_NETWORK}(?: (?:name|user|handle))?(?: is|'s|:) )at (?!the end\b)\w+(?: \w+){{0,3}}(?= *(?:$|"
            rf"[.,!?]))|"
            rf"(\b{_NETWORK}(?: is|'s|:)? )dollar sign \w+",
            re.IGNORECASE,
        ),
        ("underscore", "under score", "bajo", " dot ", "hashtag", "dollar sign", " is at ", " period "),
    ),
    Rule(
        "[address]",
        re.compile(
            rf"\b(?:room|rm|house (?:number|no\.?)(?: is)?) (?:{_NUMBER}[ -]?\b){{2,4}}(?<! )|"
            rf"\b(?:{_NUMBER} ){{1,5}}block of \w+(?: {STREET}\b)?",
            re.IGNORECASE,
        ),
        ("room ", "rm ", "house n", " block of"),
    ),
    Rule(
        "[address]",
        re.compile(
            rf"(\b(?:at|by|near|off|on|to) )(?:{_DIRECTION} )?{NTH} (?:and|&|n) (?!(?:final|last|third|only|most|"
            rf"probably|finally|"
            rf"everyone|everything)\b){NO_STREET}[a-z]{{3,}}(?: {STREET}\b)?|"
            rf"(\bcross streets?(?: are| is|:)? )[\w.]+(?: {STREET}\b)? (?:and|&|n) [\w.]+(?: {STREET}\b)?",
            re.IGNORECASE,
        ),
        ("cross street", *(f"{end} {word} " for end in ("st", "nd", "rd", "th") for word in ("and", "&", "n"))),
    ),
    Rule(
        "[address]",
        re.compile(
            rf"\bcalle \w+,? (?:n[uú]mero|#) ?(?:\d+|{_SPANISH_NUMBER}(?: (?:y )?{_SPANISH_NUMBER})*)|"
            rf"\bapartado (?:postal )?{_SPANISH_NUMBER}(?: (?:y )?{_SPANISH_NUMBER})*",
            re.IGNORECASE,
        ),
        ("calle", "apartado"),
    ),
    Rule(
        "[phone]",
        re.compile(
            rf"(\b(?:ext\.?|extension|pager)(?: is| number)? )(?:\d{{3,}}|(?:{_NUMBER}\b ?){{2,}}(?<! "
            rf"))",
            re.IGNORECASE,
        ),
        ("ext", "pager"),
    ),
    # "the fourth of the fourth, ninety four", "doce del ocho del noventa y uno", "el catorce de julio".
    Rule(
        "[date]",
        re.compile(
            rf"({_BORN}[^\n.!?]{{0,30}}?)\b(?:(?:{MONTH},? )(?:the )?(?:{ORDINAL}|{BELOW_100}|{UNITS}|\d{{1,2}})\b"
            rf"(?:,? (?:of )?(?:two thousand(?: and)?(?: (?:{BELOW_100}|{UNITS}))?|(?:nineteen |twenty "
            rf")?{BELOW_100})\b)?|"
            rf"{_SPANISH_NUMBER}(?: y {_SPANISH_NUMBER})? de {MONTH}(?: del? (?:{_SPANISH_NUMBER}(?: y)? ?)+)?|"
            rf"{_SPANISH_NUMBER}(?: y {_SPANISH_NUMBER})? del? {_SPANISH_NUMBER} del? (?:\d{{2,4}}|"
            rf"{_SPANISH_NUMBER}(?: (?:y )?{_SPANISH_NUMBER})*))",
            re.IGNORECASE,
        ),
        ("born", "birth", "bday", "b-day", "dob", "nac", "cumpl"),
    ),
)
# Dates with a year, and birthdays of less, in words.
DATES: tuple[Rule, ...] = (
    Rule(
        "[date]",
        re.compile(
            rf"\b{MONTH} (?:the )?(?:{ORDINAL}|{BELOW_100}|{UNITS}),? (?:nineteen[ -]{BELOW_100}|two thousand"
            rf"(?: (?:and )?(?:{BELOW_100}|{UNITS}))?)\b",
            re.IGNORECASE,
        ),
        ("nineteen", "two thousand"),
    ),
    Rule(
        "[date]",
        re.compile(rf"\b{MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? (?:of|in) '?\d\d\b", re.IGNORECASE),
        tuple(f" {word} {sign}" for word in ("of", "in") for sign in "'0123456789"),
    ),
    Rule(
        "[date]",
        re.compile(
            rf"({_BORN}[^\n.!?\d]{{0,24}}?)\b(?:(?:{TENS})(?:[ -](?:{UNITS}))?(?! (?:days|weeks|hours|minutes|months|"
            rf"years|people|"
            rf"dollars))|(?:sesenta|setenta|ochenta|noventa)(?: y (?:{SPANISH_UNITS}))?|\d{{1,2}} del? \d{{1,2}} "
            rf"del? \d{{2,4}}|"
            rf"{MONTH},? the (?:\d{{1,2}}(?:st|nd|rd|th)?|{ORDINAL}))\b|({_BORN}[?!.]+ *){MONTH} (?:the "
            rf")?(?:{ORDINAL}|{BELOW_100}|"
            rf"{UNITS}|\d{{1,2}}(?:st|nd|rd|th)?)\b",
            re.IGNORECASE,
        ),
        ("born", "birth", "bday", "b-day", "dob", "nac", "cumpl"),
    ),
    Rule(
        "[date]",
        re.compile(r"(?<![\d.-])(?:0\d[ .]\d\d|\d\d[ .]0\d)[ .](?:19|20)?\d\d(?![\d.-]| ?\d)"),
        ("0",),
    ),
)
# What is left of a birthday once a part of it is gone.
REST: tuple[Rule, ...] = (
    Rule(
        "[date]",
        re.compile(
            rf"(?:\bthe )?\b(?:{ORDINAL}|{UNITS})(?: day)? (?:of )?\[date\](?:,? \[date\])?|"
            rf"\[date\],? (?:on )?(?:the )?(?:{ORDINAL} of {MONTH}|{MONTH} {ORDINAL})|"
            rf"\b(?:in )?{BELOW_100},? (?:on )?\[date\]",
            re.IGNORECASE,
        ),
        ("born", "birth", "bday", "b-day", "dob", "nac"),
    ),
)

"""Replaces what identifies a person in stored text: contacts, names, addresses, dates of birth, ids. Pure functions.

A detector that may miss some: deletion and retention are what keeps a promise; this keeps less lying around.
"""

from __future__ import annotations

import re
from typing import Any, Sequence

from helpline.storage.names import redact_names

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|"
    r"diciembre)\b\.?"
)
_UNITS = "one|two|three|four|five|six|seven|eight|nine"
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_TEENS = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_ORDINAL = (
    r"(?:(?:twenty|thirty)[ -])?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|"
    r"thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth)"
)
_BELOW_100 = rf"(?:(?:{_TENS})(?:[ -](?:{_UNITS}))?|{_TEENS}|o[h'\u2019]?[ -](?:{_UNITS}))"
_YEAR = (
    rf"(?:'?\d{{4}}\b|['\u2019]\d\d\b|nineteen(?:[ -]hundred(?: and)?)?[ -]{_BELOW_100}|"
    rf"two thousand(?:(?: and)?[ -](?:{_BELOW_100}|{_UNITS}))?|twenty[ -]{_BELOW_100})"
)
_DAY = rf"(?:\d{{1,2}}(?:st|nd|rd|th)?\b|{_ORDINAL}\b)"
_DAY_AND_MONTH = rf"(?:(?:the )?{_DAY}(?: of| de)? {_MONTH}|{_MONTH} (?:the )?{_DAY})"
_BIRTH = r"\b(?:d\.?o\.?b\.?|date of birth|birth[ -]?(?:date|day)|b[ -]?day|born|nac[ií](?:[oó]|da|do)?)\b"
# What may stand between "born" and the date.
_UP_TO = r"[^\d\n.!?;]{0,30}?"
_NUMERIC_DATE = r"(?:\d{1,2} ?[/.-] ?\d{1,2} ?[/.-] ?(?:19|20)?\d{2}|(?:19|20)\d{2}[/.-]\d{1,2}[/.-]\d{1,2})\b"

_STREET = (
    r"(?:street|str?|avenue|ave?|road|rd|boulevard|blvd|lane|ln|court|ct|circle|cir|terrace|parkway|pkwy|highway|hwy|"
    r"drive|dr|place|pl|way|trail|trl|square|sq|loop|alley|crescent|plaza|turnpike|concourse|expressway|bend|landing|manor|heights|gardens|commons|grove|estates|crossing|cove|run|row|ridge|hill|point|"
    r"path|walk|broadway|"
    r"(?-i:Close|Gate|Green|Mews|Vale))"
)
# Between a number and "street", "drive" ...: what counts something is no address.
_NO_STREET = (
    r"(?!(?:a|an|the|of|is|in|on|per|my|to|for|and|or|i|hours?|hrs?|days?|weeks?|months?|years?|yrs?|minutes?|mins?|"
    r"seconds?|miles?|mg|times?|steps?|people|kids?|percent|more|other|different|min|blocks?|dollars|bucks|am|pm|"
    r"session|sessions|no|good|best|long|only|inch|foot|feet|beers?|drinks?|pills?|lbs|pounds|ur|your|his|her|their|our|any|same|every|own|at|with|down|from|that|this|it)\b)"
)
_COMPASS = r"(?:[NSEW]{1,2}\b\.?|north|south|east|west|northeast|northwest|southeast|southwest)"
_UNIT = (
    r"(?:[, ]+(?:(?:apt|apartment|unit|suite|ste|room|rm|lot|floor|fl|trailer|bldg|building)\b\.? ?#? ?|# ?)[\w-]+)?"
)
_STATE = (
    r"(?:A[LKZR]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|"
    r"W[AIVY]|alabama|alaska|arizona|arkansas|california|colorado|connecticut|delaware|florida|georgia|hawaii|idaho|"
    r"illinois|indiana|iowa|kansas|kentucky|louisiana|maine|maryland|massachusetts|michigan|minnesota|mississippi|"
    r"missouri|montana|nebraska|nevada|new \w+|north \w+|south \w+|ohio|oklahoma|oregon|pennsylvania|rhode island|"
    r"tennessee|texas|utah|vermont|virginia|washington|west virginia|wisconsin|wyoming)"
)
_TOWN = (
    rf"(?:,? (?:in )?[A-Za-z.'\u2019-]+(?: [A-Za-z.'\u2019-]+)?,? {_STATE}\b"
    rf"(?:,? \d{{5}}(?:-\d{{4}})?\b)?|,? \d{{5}}(?:-\d{{4}})?\b)?"
)

_ID_NAME = (
    r"(?:mrn|(?:medical |health )?record|chart|patient|member(?:ship)?|subscriber|policy(?: ?holder)?|group|claim|"
    r"case|account|acct|insurance|medicaid|medicare|medi-cal|ssn|social(?: security)?|ss|license|licence|dl|passport|"
    r"rx|prescription|file|plate|tag|booking|docket|inmate|badge|employee|student|enrollee|beneficiary|client|"
    r"reference|ref|confirmation|authorization|auth|id|tricare|va|aetna|cigna|humana|bcbs|blue cross|kaiser|anthem|"
    r"uhc|molina|green card|alien|visa|card|credit card|debit card|routing)"
)
_ID_WORD = r"(?:id|i\.d\.|card|number|num|no\.?|nr\.?|#|record|file|security|plate|code)"

# A word of letters and digits: an id if it has four digits in a row, and is not two years.
_LONG_ID = "[id] "
_FOUR_DIGITS = re.compile(r"(?!(?:19|20)\d\d-(?:19|20)\d\d$).*\d{4}")

# What can be written without a digit.
_WORDED: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "[email]",
        re.compile(
            r"(?<![\w.+-])[\w.+-]+ ?(?:@|\(at\)|\[at\]|\bat\b) ?(?:gmail|yahoo|hotmail|outlook|icloud|aol|"
            r"proton(?:mail)?|msn|comcast|"
            r"[\w-]+ ?(?:\(dot\)|\[dot\]| dot |(?<=\w)\.(?=\w)) ?(?:com|net|org|edu|us|co|io|me|uk)\b)"
            r"(?: ?(?:\.|\(dot\)|\[dot\]|\bdot\b) ?(?:com|net|org|edu|us|co|io|me|uk)\b)?",
            re.IGNORECASE,
        ),
    ),
    (
        "[web address]",
        re.compile(r"\b(?:https?://|www\.)\S+|(?<![\w-])[\w-]+\.(?:com|net|org|me|io)/\S+", re.IGNORECASE),
    ),
    ("[handle]", re.compile(r"(?<![\w.@/])@[A-Za-z][\w.]{2,}")),
    (
        "[handle]",
        re.compile(
            r"(\b(?:insta(?:gram)?|snap(?:chat)?|facebook|fb|venmo|cashapp|discord|telegram|tiktok|twitter|ig)"
            r"(?:(?: (?:user ?name|name|handle|user|id))+(?: is)?:? |(?: is|:) (?=\S*[\d_.]\w)))[\w.$]+",
            re.IGNORECASE,
        ),
    ),
    (
        "[date]",
        re.compile(
            rf"({_BIRTH}{_UP_TO})(?:{_NUMERIC_DATE}|\d{{1,2}}[ /.-]\d{{1,2}}(?:[ /.-]\d{{2,4}})?\b|{_DAY_AND_MONTH}"
            rf"(?:,? (?:of |in |de )?(?:{_YEAR}|\d\d\b|{_BELOW_100}\b))?|{_MONTH}(?:,? (?:of |de )?(?:{_YEAR}|\d\d\b))?"
            rf"|(?:(?:{_BELOW_100}|{_UNITS})[ ,-]+){{2}}(?:nineteen[ -]|two thousand[ -])?{_BELOW_100}\b"
            rf"|\d{{8}}\b|\d{{6}}\b|{_YEAR})",
            re.IGNORECASE,
        ),
    ),
    (
        "[date]",
        re.compile(
            rf"\b{_NUMERIC_DATE}|\b{_DAY_AND_MONTH},? (?:of |in |de )?(?:{_YEAR}|(?:eighty|seventy|sixty|fifty|ninety)"
            rf"(?:[ -](?:{_UNITS}))?\b)",
            re.IGNORECASE,
        ),
    ),
    ("[phone]", re.compile(rf"\b(?:(?:{_UNITS}|zero|oh?|double|triple)\b[ ,.-]*){{7,}}(?<![ ,.-])", re.IGNORECASE)),
    (
        "[address]",
        re.compile(
            rf"(\b(?:(?:liv(?:e|es|ing)|stay(?:s|ing)?|resid(?:e|es|ing)) (?:on|at)|"
            rf"(?:my|his|her|our|their|home|mailing|street) address"
            rf"(?: is|:|'s)?(?: at| on)?|address:|house (?:is )?(?:on|at)|moved to|come to) )"
            rf"(?:{_NO_STREET}[\w.'\u2019-]+ ){{1,4}}"
            rf"(?:street|st|avenue|ave|road|rd|boulevard|blvd|lane|ln|court|ct|circle|terrace|parkway|drive)\b\.?"
            rf"{_UNIT}{_TOWN}",
            re.IGNORECASE,
        ),
    ),
    (
        "[address]",
        re.compile(
            rf"\b(?:{_UNITS}|{_TENS}|{_TEENS}|hundred)(?:[ -](?:{_UNITS}|{_TENS}|{_TEENS}|hundred|oh?))* "
            rf"{_NO_STREET}\w+ (?:street|avenue|road|boulevard|lane|court|terrace)\b",
            re.IGNORECASE,
        ),
    ),
    ("[name]", re.compile(r"\b[A-Z](?:-[A-Z]){3,}\b")),
)
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    *_WORDED,
    ("[email]", re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    ("[id]", re.compile(r"(?<![\w-])\d{3}[- ]\d{2}[- ]\d{4}(?![\w-])")),
    (
        "[id]",
        re.compile(
            rf"(\b{_ID_NAME}(?:[ -]{_ID_WORD})*\.?(?: ?#)?(?: is| was| are|:|=|,| -| \()*(?: (?:number|no\.?|#))?[ #]*)"
            r"(?!(?:19|20)\d\d\b(?![- ]?\d))(?!(?:19|20)\d\d-(?:19|20)\d\d\b)"
            r"(?!\d+ ?(?:mg|mcg|ml|k|dollars?|bucks|percent|%|days?|hours?|times|years?|weeks?|months?|games|miles)\b)"
            r"(?=[\w -]{0,12}\d{2})(?:\d{2,4}(?:[ -]\d{2,4}){1,5}(?![\w-])|"
            r"[A-Z]{0,4}\d[A-Z\d-]{3,}|[A-Z]{1,4}-?(?=\d)[A-Z\d-]{3,}|(?-i:[A-Z]{1,4}) \d{3,})"
            r"(?:[ -](?=[A-Z]{0,3}\d{2})[A-Z\d]{2,})*",
            re.IGNORECASE,
        ),
    ),
    ("[id]", re.compile(r"(\blast (?:four|4)\b[^\d.!?\n]{0,40})\d{4}\b", re.IGNORECASE)),
    # Cards and long account numbers in groups.
    ("[id]", re.compile(r"(?<![\w-])(?:\d{4}[ -]){2,4}\d{1,4}(?![\w-])")),
    # Phone numbers of 7 or 10 digits with or without country code. 911 and 988 are too short to match.
    (
        "[phone]",
        re.compile(
            r"(?<![\w-])(?:\+?\d{1,3}[ .-]{0,3})?\(?\d{3}\)?[\s./-]{0,3}\d{3}[\s./-]{0,3}\d{4}(?!\w|-\d)"
            r"(?:,? ?(?:x|ext\.?) ?\d+)?"
        ),
    ),
    ("[phone]", re.compile(r"\+\d[\d\s.()-]{7,}\d|(?<![\w$-])\d{3}[ .-]\d{4}(?![\w-])|(?<![\w$-])\d{7}(?![\w-])")),
    ("[phone]", re.compile(r"(?<![\w$])\d(?:[ .-]\d){6,}(?!\w)")),
    (
        "[address]",
        re.compile(
            rf"\b\d{{1,6}}(?:[A-Za-z]|[ -]\d/\d)? (?:{_COMPASS} )?(?:{_NO_STREET}[\w.'\u2019-]+ ){{0,3}}"
            rf"{_NO_STREET}[\w.'\u2019-]+ {_STREET}\b\.?"
            rf"(?: {_COMPASS})?{_UNIT}{_TOWN}|\b\d{{1,6}} (?:{_COMPASS} )?(?:broadway|avenue [A-Z]\b){_UNIT}{_TOWN}",
            re.IGNORECASE,
        ),
    ),
    (
        "[address]",
        re.compile(
            rf"\b\d{{1,6}} {_NO_STREET}[\w'\u2019-]+(?: [\w'\u2019-]+)?,? (?:apt|apartment|unit)\b\.? ?#?\w+",
            re.IGNORECASE,
        ),
    ),
    (
        "[address]",
        re.compile(
            r"(\b(?:liv(?:e|es|ing)|stay(?:s|ing)?|resid(?:e|es|ing)) at )\d{1,6}(?: (?-i:[A-Z])\w+){1,2}",
            re.IGNORECASE,
        ),
    ),
    (
        "[address]",
        re.compile(
            r"\b(?:\d{1,6} )?(?:calle|avenida|camino|carrera) [\w.-]+(?: [\w.-]+)?,? #?\d+\b|"
            r"\b\d{1,6} (?:calle|avenida|camino|carrera) \w+|"
            r"\b\d{1,6} (?:county|state) (?:road|route|highway) \d+|\b(?:rural route|rr) #?\d+,? box \d+\w?|"
            r"\bcorner of \w+(?: \w+)? and \w+(?: (?:street|st|avenue|ave|road|rd)\b)?",
            re.IGNORECASE,
        ),
    ),
    ("[address]", re.compile(r"\bp\.? ?o\.? ?box \d+", re.IGNORECASE)),
    ("[address]", re.compile(r"\b(?:apt|apartment|unit)\.? #?(?:\d+[a-z]?|[a-z]\d+)\b|#\d+[A-Z]\b", re.IGNORECASE)),
    (
        "[address]",
        re.compile(
            rf"(\b{_STATE},? )\d{{5}}(?:-\d{{4}})?\b|(\bzip(?: ?code)?(?: is|:|'s)? ?)\d{{5}}(?:-\d{{4}})?\b",
            re.IGNORECASE,
        ),
    ),
    (
        "[address]",
        re.compile(
            r"(\b(?:in|near|around|from) )(?!\d*00\b)\d{5}\b(?! ?(?:dollars|people|steps|bucks))", re.IGNORECASE
        ),
    ),
    (_LONG_ID, re.compile(r"(?<![\w-])[A-Z0-9][A-Z0-9-]{6,}(?!\w)", re.IGNORECASE)),
)
# Free numbers belong to services, such as the helplines that people ask about.
_FREE = re.compile(r"((?<![\w-])(?:\+?1[ .-]?)?\(?8(?:00|88|77|66|55|44|33)\)?[ .-]?\d{3}[ .-]?\d{4}(?!\w|-\d))")
# What the patterns for messages without a digit or @ look for; most have none of it.
_CUES = (
    *("http", "www.", "born", "birth", "bday", "b-day", "dob", "d.o.b", "nac", "address", " liv", " stay", "resid"),
    *(
        "house on",
        "house at",
        "house is",
        "corner of",
        "calle ",
        "avenida ",
        "moved to",
        "come to",
        "insta",
        "snap",
        "discord",
        "venmo",
        "cashapp",
        "facebook",
        "fb ",
    ),
    *(" street", " lane", " road", " avenue", "spell", "corner of", "calle ", "avenida ", "house is"),
    *("telegram", "tiktok", "twitter", "nineteen", "two thousand", "(at)", "[at]", " dot ", ".com", ".net", ".org"),
    *(" at gmail", " at yahoo", " at hotmail", " at outlook", " at icloud", " at aol"),
)
_DIGIT = re.compile(r"[@\d]")
_SPELLED = re.compile(rf"(?:\b(?:{_UNITS}|zero|oh?|double|triple)[ ,.-]+){{4}}", re.IGNORECASE)
_TEXT_KEYS = frozenset({"text", "value"})


def redact(text: str) -> str:
    """Return `text` with what identifies a person replaced by its kind, such as ``[phone]`` or ``[name]``."""
    if _DIGIT.search(text):
        # Every second part is a free number, which stays.
        parts = _FREE.split(text)
        parts[::2] = [_patterns_replaced(part, _PATTERNS) for part in parts[::2]]
        text = "".join(parts)
    else:
        low = text.lower()
        if any(cue in low for cue in _CUES) or _SPELLED.search(low):
            text = _patterns_replaced(text, _WORDED)
    return redact_names(text)


def redact_event(event: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of a serialised user event with all its texts redacted; other events come back as they are."""
    if event.get("event") != "user":
        return event
    return _redacted(event, "text", {})


def _patterns_replaced(text: str, patterns: Sequence[tuple[str, re.Pattern[str]]]) -> str:
    for name, pattern in patterns:
        if name == _LONG_ID:
            text = pattern.sub(lambda found: "[id]" if _FOUR_DIGITS.match(found.group()) else found.group(), text)
        else:
            # What led to it, a pattern's first group, stays.
            text = pattern.sub(lambda found, name=name: _first(found.groups()) + name, text)
    return text


def _first(groups: Sequence[str | None]) -> str:
    return next((group for group in groups if group), "")


def _redacted(value: Any, key: str, known: dict[str, str]) -> Any:
    """Return `value` with its texts redacted; `known` holds those done before, as an event has its text twice."""
    if isinstance(value, dict):
        return {name: _redacted(item, name, known) for name, item in value.items()}
    if isinstance(value, list):
        return [_redacted(item, key, known) for item in value]
    if isinstance(value, str) and key in _TEXT_KEYS:
        if value not in known:
            known[value] = redact(value)
        return known[value]
    return value

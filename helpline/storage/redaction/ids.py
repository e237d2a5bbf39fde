"""Finds numbers that stand for a person: record, insurance, social security, licence, case, account. Patterns only."""

from __future__ import annotations

import re

from helpline.storage.redaction.numerals import DIGIT_WORDS
from helpline.storage.redaction.rules import Rule

_NAME = (
    r"(?:mrn|(?:medical |health )?record|chart|patient|pt|member(?:ship)?|subscriber|policy(?: ?holder)?|group|grp|"
    r"claim|case|account|acct|insurance|medicaid|medicare|medi-cal|ssn|soc(?:ial)?(?: sec(?:urity)?)?|ss|license|"
    r"licence|licencia|dl|driver'?s|passport|pasaporte|rx|prescription|file|plates?|tag|vin|booking|docket|inmate|"
    r"badge|employee|student|enrollee|beneficiary|client|cin|sid|doc|jail|warrant|citation|ticket|invoice|"
    r"reference|ref|confirmation|authorization|auth|id|tricare|va|aetna|cigna|humana|bcbs|blue cross|blue shield|"
    r"kaiser|anthem|uhc|unitedhealthcare|molina|centene|ambetter|green card|alien|visa|mastercard|amex|card|"
    r"credit card|debit card|routing|iban|bin|pcn|ebt|expediente|caso|tarjeta|seguro(?: social)?|p[oó]liza|"
    r"matr[ií]cula|placas?|curp|itin|ein|npi|dea)"
)
_WORD = r"(?:id|i\.d\.|card|number|num|no\.?|nr\.?|#|record|file|security|plate|code|n[uú]mero|claim|policy)"
# What counts something, or what a bill says was done, is nobody's number.
_COUNTED = (
    r"(?!\d+(?:\.\d+)? ?(?:mg|mcg|ml|k|dollars?|bucks|percent|%|days?|hours?|hrs?|times|years?|yrs?|weeks?|months?|"
    r"games|miles|am|pm|mins?|minutes?|sessions?|people|steps?|pills?|beers?|ft|feet|lbs?)\b)(?!\d+-[a-z]{2,}\b)"
)
_YEARS = r"(?!(?:19|20)\d\d\b(?![- ]?\d))(?!(?:19|20)\d\d ?[-/] ?(?:19|20)\d\d\b)"
_BILLED = r"(?!(?:[GHSTJ]\d{4}|[A-Z]\d\d(?:\.\w{1,4})?|90[78]\d\d|992\d\d)(?:-\w\w)?(?![\w-]))"

IDS: tuple[Rule, ...] = (
    Rule("[id]", re.compile(r"(?<![\w-])\d{3}[- .]\d{2}[- .]\d{4}(?![\w-])")),
    Rule(
        "[id]",
        re.compile(
            rf"(\b{_NAME}\b(?:[ -]{_WORD})*\.?(?: ?#)?(?: is| was| are| es| said| says|'s|:|=|,| -| \(| ending in|"
            rf" on file)*"
            rf"(?: (?:number|no\.?|num|#))?[ :#]*){_YEARS}{_COUNTED}{_BILLED}"
            r"(?=[\w -]{0,14}\d{2})(?:\d{2,4}(?:[ -]\d{2,4}){1,5}(?![\w-])|"
            r"[A-Z]{0,4}\d[A-Z\d-]{3,}|[A-Z]{1,4}-?(?=\d)[A-Z\d-]{3,}|"
            r"(?:(?-i:[A-Z]{1,4}) )(?:(?-i:[A-Z]{0,2})\d{2,}(?:[ -]?[A-Z\d]+)?)|(?-i:[A-Z]) \d{2,}|"
            r"\d[ -](?=\d{4})\d{4,}(?: (?-i:[A-Z]))?)"
            r"(?:[ -](?=[A-Z]{0,3}\d{2})[A-Z\d]{2,})*(?: (?-i:[A-Z])(?!\w))?",
            re.IGNORECASE,
        ),
    ),
    # "ends in 4821", "last four 4821", "pin is 8841".
    Rule(
        "[id]",
        re.compile(
            rf"(\b(?:last (?:four|4)|(?:[úu]ltimos (?:cuatro|4)))\b"
            rf"[^\d.!?\n]{{0,40}}?)(?:\d{{4}}\b|(?:{DIGIT_WORDS}\b[ -]?){{4}}(?<![ -]))",
            re.IGNORECASE,
        ),
    ),
    Rule("[id]", re.compile(r"(\b(?:ends?|ending|termina)(?: (?:in|with|en|is))? )\d{4}\b", re.IGNORECASE)),
    Rule(
        "[id]",
        re.compile(
            r"(\b(?:pin(?: (?:code|number))?|(?<!zip )(?<!area )(?<!cpt )(?<!icd )code(?= is|:)|(?:last )?(?:four |"
            r"4 )digits(?= are| is|:)|pass ?(?:code|word)|(?:gate|door|entry|access|lock) ?code|contraseña)"
            r"(?: is|'s| are|:|=| es)* ?)(?=\S*\d)[\w!#$%-]{3,}",
            re.IGNORECASE,
        ),
    ),
    # A card's last day and its code, a number told on a card, Medicare's number.
    Rule(
        "[id]",
        re.compile(
            r"(\bexp\w*\.?(?: date)?(?: is|:)? ?)\d\d ?/ ?(?:20)?\d\d\b|"
            r"(\b(?:cvv2?|cvc|ccv|(?:security|sec) code)(?: is|:|#)? ?)\d{3,4}\b|"
            r"(\bnumber on (?:his|her|my|the|their) card(?: is|:)? )(?-i:[A-Z\d]{1,5}(?: [A-Z\d]{1,6}){1,4})\b|"
            r"(\blast part(?: is|['\u2019]s) )\d(?: ?\d){3}\b",
            re.IGNORECASE,
        ),
        ("exp", "cvv", "cvc", "ccv", "sec", " card", "last part"),
    ),
    Rule("[id]", re.compile(r"\b[1-9][A-Z][A-Z\d]\d[ -]?[A-Z][A-Z\d]\d[ -]?[A-Z]{2}\d\d\b")),
    # Told with doubt: "the group # got rubbed off i think 1004"; letters behind it: "Parole no. 318 HQ".
    Rule(
        "[id]",
        re.compile(
            rf"(\b{_NAME} ?(?:#|number|num|no\.)[^.!?\n\d]{{0,30}}\b(?:i think|maybe|probably)"
            rf"(?: its| it['\u2019]s)? ){_YEARS}\d{{3,}}\b",
            re.IGNORECASE,
        ),
        ("i think", "maybe", "probably"),
    ),
    Rule(
        "[id]",
        re.compile(
            rf"(\b(?:parole|probation|{_NAME}) (?:no\.?|number|num|#) ?)\d{{3,}} (?-i:[A-Z]{{1,3}})\b",
            re.IGNORECASE,
        ),
        (" no. ", " no ", " number ", " num ", " #"),
    ),
    Rule(
        "[id]",
        re.compile(r"\b(?=\S*\d)[A-Z\d]{2,5}(?: something? (?=\S*\d)[A-Z\d]{2,5})+\b"),
        ("somethin",),
    ),
    # What is left of one in groups, and a plate in two: "tag number is 14C 9KX".
    Rule("[id]", re.compile(r"\[id\](?:[ -](?=[A-Z]*\d)[A-Z\d]{2,})+(?![\w-])")),
    Rule(
        "[id]",
        re.compile(
            r"(\b(?:plates?|tag|licen[cs]e|vin|placas?|matr[ií]cula|reg(?:istration)?)\b[^.!?\n\d]{0,24}? )"
            r"(?-i:(?=[A-Z\d]{0,3}[\s*.\u2022-]?[A-Z\d]*\d)(?=\S*[A-Z])[A-Z\d]{2,4}[\s*.\u2022-]?[A-Z\d]{2,5}\b)",
            re.IGNORECASE,
        ),
        ("plate", "tag", "licen", "vin", "placa", "matr", "reg"),
    ),
    Rule(
        "[id]",
        re.compile(r"(\bplates?(?: number| no\.?)?(?: is| was|:)? )[a-z]{2,3}[ -]?\d{2,4}(?: \d{2})?\b", re.IGNORECASE),
        ("plate",),
    ),
    # "citation E 0 1 1 7 7 - Q", "ID# CCHI-I 0055-1", "account no. ending -70031".
    Rule(
        "[id]",
        re.compile(
            rf"(\b{_NAME}\b(?:[ -]{_WORD})*\.?(?: is| are|:|=|,|#| ending| ends)*[ #:]*)"
            r"(?:(?-i:[A-Z]{1,5}(?:-[A-Z]{1,4})?[ -])?(?:\d[ -]{1,3}){3,}\d+(?:[ -]{1,3}[A-Z]\b)?|"
            r"(?-i:[A-Z]{2,6}-[A-Z]{1,4}) \d{3,}(?:-\d+)*|-\d{4,})(?![\w-])",
            re.IGNORECASE,
        ),
    ),
    Rule("[id]", re.compile(r"(\b(?:badge|inmate|locker|docket)(?: (?:number|no\.?|is))* ?#?)\d{2,}\b", re.IGNORECASE)),
    Rule("[id]", re.compile(r"(?<![\w*])[*\u2022]+[ -]?\d{4}\b")),
    # Cards and long account numbers in groups.
    Rule(
        "[id]",
        re.compile(r"(?<![\w-])(?:\d{4}[ -]){2,4}\d{1,4}(?![\w-])|\b[A-Z]{2}\d\d(?: [A-Z\d]{4}){3,}(?: \d{1,4})?\b"),
    ),
    Rule("[id]", re.compile(r"(?<![\w&])# ?\d{3,}(?:-\d+)*(?![\w-])|(?<![\w&])#(?=\w*\d)[A-Z\d]{4,}\b")),
    # Plates: letters and digits apart.
    Rule("[id]", re.compile(r"(?<![\w-])(?:[A-Z]{3}[ -]\d{4}|\d{3}-[A-Z]{3})(?![\w-])")),
)

# A word of letters and digits: an id if it has four digits in a row and is not two years, or mixes both in capitals.
MIXED = re.compile(r"(?<![\w$-])(?=[A-Z-]*\d)[A-Z0-9][A-Z0-9-]{4,}(?!\w)", re.IGNORECASE)
_IS_ID = re.compile(
    rf"{_BILLED}(?!(?:19|20)\d\d-(?:19|20)\d\d$)(?!(?:19|20)\d\ds?$)(?!\d+(?:-\d+)?-?[a-z]+$)(?!\d+[ap]m-)(?:"
    r"(?=.{7,}).*\d{4}|(?=[A-Z\d]{6,}$)(?=.*[A-Z]\d+[A-Z]|.*\d[A-Z]+\d)|(?=[^a-z]{5,}$)(?=(?:.*[A-Z]))"
    r"(?=(?:.*\d){3})|(?=.{6,})(?=(?:.*[a-z]){2})(?=(?:.*\d){3})(?!.*-))"
)
# Six digits that are no round sum.
_BARE = re.compile(r"(?<![\w$.,-])(?!741741)(?!\d+000\b)\d{6}(?![\w,-]|\.\d)(?! ?(?:dollars|bucks|people|miles|steps))")

_ALONE = re.compile(r"(?!(?:19|20)\d\d\s*\Z|911|988|211|711|4357)\s*\d{4,6}\s*\Z")


def without_ids(text: str) -> str:
    """Return `text` with single words that are somebody's number as ``[id]``; those with words before them are gone."""
    text = MIXED.sub(lambda found: "[id]" if _IS_ID.match(found.group()) else found.group(), text)
    # A message that is nothing but a number answers the question for one; two digits are an age, and four a year.
    if _ALONE.match(text):
        return "[id]"
    return _BARE.sub("[id]", text)

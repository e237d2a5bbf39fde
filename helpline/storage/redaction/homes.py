"""Finds where someone lives in looser words: "number 14 on Ash", "trailer 38 in Shady Acres", "RR 2 box 14".

The patterns of addresses.py and streets.py know a house before its street. Patterns only.
"""

from __future__ import annotations

import re

from helpline.storage.redaction.numerals import MONTH, ORDINAL, TEENS, TENS, UNITS
from helpline.storage.redaction.rules import Rule
from helpline.storage.redaction.streets import COMMON, NO_STREET

_ROAD = r"(?:street|str?|avenue|ave|road|rd|boulevard|blvd|lane|ln|terrace|drive|dr|circle|trail)\b\.?"
# Capital letters that name no street behind a number.
_NO_ROAD = (
    rf"(?!{MONTH}|(?i:(?:mon|tues|wednes|thurs|fri|satur|sun)day|zoom|tiktok|netflix|google|medicaid|medicare|"
    r"suboxone|methadone|youtube|spotify|my|the|your|god|i|step|this)\b)"
)
_CAPS = rf"{_NO_ROAD}(?-i:[A-Z][\w'\u2019-]+(?: [A-Z][\w'\u2019-]+){{0,2}})"
_NAMED = rf"(?:{_CAPS}|{COMMON}\b(?: {_ROAD})?|(?!(?:the|my|this|that|a|our|your)\b){NO_STREET}\w+ {_ROAD})"
_NUMBER = rf"(?:{UNITS}|{TENS}|{TEENS}|oh|zero|hundred)"
_HOUSE = r"(?:trailer|lot|space|slot|spot|site|slip|cabin|pad|unit|house|room|apt|apartment|door|building|bldg)"
_NTH = rf"(?:\d{{1,2}}(?:st|nd|rd|th)|{ORDINAL}|top|ground|bottom)"
_FLOOR = rf"{_NTH} fl(?:oor|r)?\b"
_ROUTE = r"(?:hc|h\.c\.|rr|r\.? ?r\.?|rt|rte|route|rural route|star route)"

HOMES: tuple[Rule, ...] = (
    # A house and what it stands in.
    Rule(
        "[address]",
        re.compile(
            rf"(\b{_HOUSE}(?:['\u2019]?s| is)? )(?:number|no\.?|num|#) ?\d+\w?(?: (?:in|at|on) (?:the )?{_CAPS})?|"
            rf"\b(?:trailer|lot|space|slot|spot|site|slip|cabin|pad|unit)(?: number| no\.?)? ?#?\d+\w?,? "
            rf"(?:over )?(?:in|at|of) (?:the )?{_CAPS}|"
            r"\bhouse (?:is )?#?(?!(?:19|20)\d\d\b)\d{3,5}\b"
            r"(?![,.]\d| ?(?:people|dollars|bucks|sq|square|a month|k\b))",
            re.IGNORECASE,
        ),
        (
            "trailer",
            " lot",
            "space ",
            "slot ",
            "spot ",
            "site ",
            "slip ",
            "cabin",
            "pad ",
            "unit",
            "house",
            "room",
            "door",
            "building",
        ),
    ),
    # A number of a street, and a street and its number.
    Rule(
        "[address]",
        re.compile(
            rf"(?<!case )(?<!group )(?<!phone )(?<!step )(?<!room )(?:\b(?:number|no\.|num)|#) ?\d{{1,5}}\w? "
            rf"(?:on|off|in|at the end of|down) {_NAMED}",
            re.IGNORECASE,
        ),
        ("number", " no.", " num ", "#", "número"),
    ),
    # Boxes and routes.
    Rule(
        "[address]",
        re.compile(
            rf"\b{_ROUTE}[ -]?#?\d+,? (?:box|bx|b)[ .#]*\d+\w?|(?-i:\bHC)[ -]?\d+\b|\bPMB ?#?\d+|\bbx \d+|"
            rf"\bp\.? ?o\.? ?b\.? #?\d+|(\b(?:my|our|the) (?:mail)?box(?: number)?(?: is|['\u2019]s) )#?\d+\b|"
            rf"(\bbox\b[^.!?\n\d]{{0,25}}\b(?:it['\u2019]?s|is|to) )(?:{_NUMBER}\b[ -]?){{2,4}}(?<! )|"
            r"(\bp\.? ?o\.? ?box[^\n]{0,60}?)\b\d(?: \d){4}\b(?! ?\d)",
            re.IGNORECASE,
        ),
        ("box", "bx", "hc ", "hc-", "pmb", "p o b", "pob "),
    ),
    # Floors of a building, by how they are entered.
    Rule(
        "[address]",
        re.compile(
            rf"(\b(?:i['\u2019]?m|we['\u2019]?re|am|lives?|stays?|staying|it['\u2019]?s) (?:in |at )?)"
            rf"(?:building|bldg|tower|block) (?:[a-z]|\d+|{UNITS})\b,? (?:on )?(?:the )?{_FLOOR}|"
            rf"\[address\],? (?:on )?(?:the )?{_FLOOR}(?: (?:rear|front|back|left|right)\b)?|"
            rf"\b{_FLOOR},? (?:rear|front|back|left|right)\b",
            re.IGNORECASE,
        ),
        ("floor", "flr", " fl"),
    ),
    Rule(
        "[address]",
        re.compile(
            r"\besquina (?:de|con|y|en)(?: la| el| las)? (?!(?:mi|tu|su|casa|cuarto|barrio|hotel)\b)(?:calle )?\w+"
            r"(?: (?:y|con)(?: la| el)? (?:calle )?\w+)?|"
            r"\b(?!(?:la|una|esta|cada|otra|misma|en)\b)\w+ esquina (?:con|de|y) (?:la |calle )?\w+|"
            r"\bentre la \w+ y la \w+",
            re.IGNORECASE,
        ),
        ("esquina", "entre la "),
    ),
    Rule(
        "[address]",
        re.compile(
            r"\b(?:mile ?marker|mile ?post|(?-i:MM)) #?\d+(?: (?:on|of|off) (?:the )?"
            r"(?:[a-z]{1,2}-?\d+|\d+|highway \d+|hwy \d+|route \d+)\b)?",
            re.IGNORECASE,
        ),
        ("mile", "mm "),
    ),
    Rule(
        "[address]",
        re.compile(rf"(\b(?:at|near|down at) the (?:very |dead )?end of ){_NAMED}", re.IGNORECASE),
        ("end of ",),
    ),
    # A sentence of nothing but a number and a name, and the answer to one's own question.
    Rule(
        "[address]",
        re.compile(
            rf"([.!?] )(?=\d{{3,5}} )(?!(?:19|20)\d\d\b)(?:\d{{4,5}}|\d\d[1-9]) {_CAPS}(?= *[.!?](?: |\Z))",
            re.IGNORECASE,
        ),
    ),
    Rule(
        "[address]",
        re.compile(
            rf"(\b(?:address|addy|live|house)\b[?:!.]+ *(?:it['\u2019]?s )?)\d{{1,5}} (?!(?:and|kids?|people)\b)"
            rf"(?:{_NAMED}|(?-i:[a-z]{{4,}}(?=[,.])))",
            re.IGNORECASE,
        ),
        ("address", "addy", "live?", "house?"),
    ),
    Rule(
        "[address]",
        re.compile(
            r"\b\d{3,4} block\b(?! of)(?:,? \d{3,5}\b)?|\bfire (?:number|no\.?|sign) #?\d+|"
            r"(?<!a )\blots? #?\d+\w?(?: (?:and|&) \d+)?\b"
            r"(?! ?(?:people|times|of|more|days|years|yrs|hours|hrs|min|weeks|months))|"
            r"\b\d{1,4}-?[A-Z]\b(?=,? (?:that['\u2019]?s|is) (?:the|my) (?:door|apt|apartment|unit|room))|"
            rf"\b\d{{1,5}} {_CAPS}(?= is (?:the|my) (?:building|house|address|place))",
            re.IGNORECASE,
        ),
        (" block", "fire n", "fire s", "lot ", "lots ", "door", "is the building", "is my "),
    ),
    # "at Third and Vine", "at high & chittenden".
    Rule(
        "[address]",
        re.compile(
            rf"(\b(?:at|on|by|near|off|of) )(?:{ORDINAL} (?:and|&|n) (?:{_CAPS}|{COMMON}\b)|"
            rf"(?:{_CAPS}|{COMMON}) (?:and|&|n) {ORDINAL}\b|"
            r"(?!(?:home|work|school|night|noon|church|group|lunch|times|detox|once)\b)[a-z]{4,} & "
            r"(?!(?:home|work|school|night|noon|church|group|then)\b)[a-z]{4,}(?=[,.]|$))",
            re.IGNORECASE,
        ),
        (" & ", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"),
    ),
)

LEFT: tuple[Rule, ...] = (
    # "la traila 14 del Rancho Verde", "en el 1507 de la Wyoming", "vive en 913 Cottonwood".
    Rule(
        "[address]",
        re.compile(
            rf"\b(?:traila|tr[aá]iler|yarda|espacio|lote) (?:n[uú]mero |#)?\d+\w?(?: del? (?:la )?{_CAPS})?|"
            rf"(\b(?:en|es|al?) (?:el )?)\d{{2,5}} del? (?:la |el )?{_CAPS}|"
            rf"(\b(?:viv|qued|est)\w+ en )\d{{2,5}} {_CAPS}",
            re.IGNORECASE,
        ),
        (" de ", " del ", "traila", "yarda", "espacio", "lote", "iler ", " en "),
    ),
    # "77 and a half Railroad", "PO box, thats 70412", "#88, gray double wide".
    Rule(
        "[address]",
        re.compile(
            rf"\b\d{{1,5}} and a half {_CAPS}|"
            r"(\bbox,? (?:that['\u2019]?s|it['\u2019]?s|is)(?: number)? )\d{2,6}\b(?:,? station \w+)?|"
            r"#\d{1,4}\b(?=,? (?:an? |the )?(?:\w+ )?(?:(?:double|single)[ -]?wide|trailer|camper|house|mobile)\b)",
            re.IGNORECASE,
        ),
        ("and a half", "box", "#"),
    ),
    # Another house of the same street.
    Rule(
        "[address]",
        re.compile(
            r"(\[address\][^\n\d]{1,60}\b(?:(?:guy|man|woman|lady|people|neighbou?rs?|house|kid|boy|girl|family) at|"
            r"next door(?: at)?|live at|lives at) )(?!(?:19|20)\d\d\b)\d{2,5}\b",
            re.IGNORECASE,
        ),
        (" at ", "next door"),
    ),
    Rule(
        "[address]",
        re.compile(
            rf"\b(?:{_CAPS} {_ROAD}|{COMMON}(?: {_ROAD})?|(?!(?:the|my|this|any)\b){NO_STREET}\w+ {_ROAD}|"
            rf"\[address\]),? (?:house )?(?:number|no\.|num|n[uú]mero|#) ?\d{{1,5}}\w?\b",
            re.IGNORECASE,
        ),
        ("number", " no.", " num ", "#", "número"),
    ),
    # What a street's name or a question for it leaves open, and what is corrected.
    Rule(
        "[address]",
        re.compile(
            rf"(\[address\][.,]? (?:and )?(?:the |my |its )?(?:house |street )?(?:number|no\.?)(?: is|['\u2019]s)? )#?"
            rf"(?:\d{{1,6}}\w?\b|(?:{_NUMBER}\b[ -]?){{1,4}}(?<! ))|"
            rf"(\b(?:and|&) the (?:house )?number(?: is|['\u2019]s) )\d{{1,5}}\b|"
            rf"(\b(?:apt|apartment|unit|lot|floor|room)[?:]+ )"
            rf"(?:\d{{1,5}}[a-z]?\b(?! (?:yrs?|years|days|hours|min|months|weeks|people))"
            rf"|(?:{_NUMBER}\b[ -]?){{1,4}}(?<! ))|"
            rf"(\bnot )\d{{1,5}}(?=,? (?:it['\u2019]?s|but) \[address\])|(\[address\],? not )\d{{1,5}}\b|"
            rf"(\b(?:door|mailbox|sign|gate|building)(?: number)? says )(?:\d{{1,5}} 1/2|\d{{3,5}}\w?\b)",
            re.IGNORECASE,
        ),
        ("number", "apt", "apartment", "unit?", "lot?", "floor?", "room?", "not ", " says "),
    ),
    Rule(
        "[address]",
        re.compile(
            r"(?-i:\bBox) \d{2,6}(?:,? station \w+)?\b|(?-i:\bRR) ?#?\d+\b|"
            r"(?<!a )(\bbox(?: number)?(?: is|['\u2019]s|:) )#?\d+[a-z]?\b(?! ?(?:dollars|bucks|a |per|mg))",
            re.IGNORECASE,
        ),
        ("box", "rr"),
    ),
)

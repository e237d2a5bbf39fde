"""Finds streets and crossings without a number in digits, and what the patterns of addresses are made of."""

from __future__ import annotations

import re

from helpline.storage.redaction.numerals import LONG_NUMBERS, TEENS, TENS, UNITS
from helpline.storage.redaction.rules import Rule
from helpline.storage.redaction.words import words

STREET = (
    r"(?:street|str?|avenue|ave?|road|rd|boulevard|blvd|lane|ln|court|ct|circle|cir|terrace|ter|parkway|pkwy|highway|"
    r"hwy|drive|dr|place|pl|way|trail|trl|square|sq|loop|alley|crescent|plaza|turnpike|concourse|expressway|bend|"
    r"landing|manor|heights|gardens|commons|grove|estates|crossing|cove|run|row|ridge|hill|point|path|walk|broadway|"
    r"(?-i:Close|Gate|Green|Mews|Vale|Hollow|Division))"
)
# A street without a number: these words say little else.
_SURE_STREET = r"(?:avenue|ave|boulevard|blvd|rd|ln|pkwy|parkway|turnpike|expressway)"
_NAMED_STREET = (
    r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Terrace|Parkway|Pkwy|Drive|"
    r"Highway|Hwy|Trail)"
)
# Between a number and "street", "drive" ...: what counts something is no address.
NO_STREET = (
    r"(?!(?:a|an|the|of|is|in|on|per|my|to|for|and|or|i|hours?|hrs?|days?|weeks?|months?|years?|yrs?|minutes?|mins?|"
    r"seconds?|miles?|mg|times?|steps?|people|kids?|percent|more|other|different|min|blocks?|dollars|bucks|am|pm|"
    r"session|sessions|no|good|best|long|only|inch|foot|feet|beers?|drinks?|pills?|lbs|pounds|ur|your|his|her|their|"
    r"our|any|same|every|own|at|with|down|from|that|this|it|you|we|they|he|she|don't|not|did|do|have|has|had|can|"
    r"could|if|when|then|but|so|get|got|go|which|what|each|all|was|were|are)\b)"
)
COMPASS = r"(?:[NSEW]{1,2}\b\.?|north|south|east|west|northeast|northwest|southeast|southwest)"
_UNIT_WORD = r"(?:apt|apartment|unit|suite|ste|room|rm|lot|floor|fl|trailer|bldg|building|flat|space|cell|bunk|depto)"
UNIT = rf"(?:[, ]+(?:{_UNIT_WORD}\b\.? ?#? ?|# ?)[\w-]+)?"
_LETTERS = (
    r"A[LKZR]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|"
    r"W[AIVY]"
)
STATES = (
    r"alabama|alaska|arizona|arkansas|california|colorado|connecticut|delaware|florida|georgia|hawaii|idaho|"
    r"illinois|indiana|iowa|kansas|kentucky|louisiana|maine|maryland|massachusetts|michigan|minnesota|mississippi|"
    r"missouri|montana|nebraska|nevada|new (?:york|jersey|mexico|hampshire)|north (?:carolina|dakota)|"
    r"south (?:carolina|dakota)|ohio|oklahoma|oregon|pennsylvania|rhode island|"
    r"tennessee|texas|utah|vermont|virginia|washington|west virginia|wisconsin|wyoming"
)
# Two letters say a state only as capitals, but behind a street.
STATE = rf"(?:(?-i:{_LETTERS})|{STATES})"
_ANY_STATE = rf"(?:{_LETTERS}|{STATES})"
TOWN = (
    rf"(?:,? (?:in )?[A-Za-z.'\u2019-]+(?: [A-Za-z.'\u2019-]+)?,? {_ANY_STATE}\b"
    rf"(?:,? \d{{5}}(?:-\d{{4}})?\b)?|,? \d{{5}}(?:-\d{{4}})?\b)?"
)
_NUMBER_WORDS = rf"(?:{UNITS}|{TENS}|{TEENS}|hundred|oh)(?:[ -](?:{UNITS}|{TENS}|{TEENS}|hundred|oh?|thousand))"
_ONE_NUMBER = rf"(?:{UNITS}|{TENS}|{TEENS}|oh|zero|hundred|thousand)"
# Names that streets have anywhere; in lower case only these are one without a word like "street".
COMMON_NAMES = (*sorted(words("street_names")), "martin luther king")
COMMON = rf"(?:{'|'.join(COMMON_NAMES)})"
_PLACED = (
    r"\b(?:(?:liv(?:e|es|ed|ing)|stay(?:s|ed|ing)?|resid(?:e|es|ing)|sleep(?:s|ing)?|crash(?:es|ing)?|house|home|"
    r"place|"
    r"apartment|apt|trailer|camp(?:ed|ing)?|am|['\u2019]m|im|['\u2019]re|are|is|he['\u2019]?s|she['\u2019]?s|"
    r"hang(?:s|ing)? out|walk(?:ing)?|"
    r"parked|corner|over|right|just|born and raised|grew up|located)"
    r"(?: (?:right|just|over|out|down|up|here|is|now))*) (?:on|off(?: of)?|by|at|near|around|behind|between|"
    r"across from)"
)
_CAPITALS = r"(?-i:[A-Z][\w'\u2019.-]+(?: [A-Z][\w'\u2019-]+){0,2})"
NTH = r"\d{1,3}(?:st|nd|rd|th)"
CROSSED = rf"(?:(?:{COMPASS} )?(?:{NTH}|{COMMON}\b|{_CAPITALS})(?: {STREET}\b\.?)?)"
_CROSS_COMMON = rf"(?:{NTH}|{COMMON}\b)(?: {STREET}\b\.?)?(?! (?:week|time|day|month|grade|step|floor|year))"
_NTH_AND = tuple(f"{end} {sign} " for end in ("st", "nd", "rd", "th", "mile") for sign in ("and", "&"))
# Behind a count, no crossing.
_NO_TURN = r"(?! (?:shift|week|time|day|month|grade|step|floor|year|session|of|one|try|dui|offense)s?\b)"
HOME = (
    r"\b(?:(?:liv(?:e|es|ing)|stay(?:s|ing)?|resid(?:e|es|ing)|sleep(?:s|ing)?) (?:on|at|in|off(?: of)?|right (?:on|"
    r"off|by))|"
    r"(?:my|his|her|our|their|home|mailing|street|the|current) address(?: is|:|'s| es)?(?: at| on)?|address ?:|"
    r"house (?:is )?(?:on|at)|moved to|come to|(?:our|his|her|their) place is|send (?:it|the \w+|them|mail) to|mail "
    r"(?:it )?to|my place is|"
    r"direcci[oó]n(?: es|:)?|vivo en(?: la| el)?|domicilio(?: es|:)?) "
)
# What has to be in a message for `HOME` to be worth a search.
HOME_CUES = (
    "liv",
    "stay",
    "resid",
    "sleep",
    "address",
    "house",
    "moved to",
    "come to",
    "send ",
    "mail ",
    "place is",
    "direcci",
    "vivo",
    "domicilio",
)

IN_WORDS: tuple[Rule, ...] = (
    Rule(
        "[address]",
        re.compile(
            rf"({HOME})(?:the )?(?:{NO_STREET}[\w.'\u2019-]+ ){{1,4}}"
            rf"(?:street|st|avenue|ave|road|rd|boulevard|blvd|lane|ln|court|ct|circle|terrace|parkway|drive)\b\.?"
            rf"{UNIT}{TOWN}",
            re.IGNORECASE,
        ),
        HOME_CUES,
    ),
    Rule(
        "[address]",
        re.compile(
            rf"\b{_NUMBER_WORDS}* {NO_STREET}\w+ (?:street|avenue|road|boulevard|lane|court|terrace|drive)\b",
            re.IGNORECASE,
        ),
        ("street", "avenue", "road", "boulevard", "lane", "court", "terrace", "drive"),
    ),
    Rule(
        "[address]",
        re.compile(
            rf"\b{_NUMBER_WORDS}+ (?:{COMPASS} )?(?-i:[A-Z][a-z]+)(?: (?-i:[A-Z][a-z]+))?(?<!ay)(?<!ember)"
            rf"\b(?! (?:is|and|of|to)\b)",
            re.IGNORECASE,
        ),
        LONG_NUMBERS,
    ),
    # "Bascom Ave", "venice blvd".
    Rule(
        "[address]",
        re.compile(
            rf"\b(?:[NSEW]\.? )?(?:[A-Z][\w'\u2019-]+ ){{1,3}}{_NAMED_STREET}\b\.?(?! Patrick)(?: {COMPASS}\b)?(?=\W|$)"
        ),
        (
            "street",
            "st",
            "ave",
            "road",
            "rd",
            "boulevard",
            "blvd",
            "lane",
            "ln",
            "court",
            "ct",
            "circle",
            "terrace",
            "parkway",
            "pkwy",
            "drive",
            "highway",
            "hwy",
            "trail",
        ),
    ),
    Rule(
        "[address]",
        re.compile(
            r"\b(?!(?:an?|the|my|this|that|other|another|every|any|only|one|new|best|which|each|first|last|some|no|"
            r"or|"
            rf"and|of|to|by|in|on|at|whole|right|wrong|down|dark|dirt|long|hard|same)\b)[a-z]+ {_SURE_STREET}\b",
            re.IGNORECASE,
        ),
        ("avenue", "ave", "boulevard", "blvd", "rd", "ln", "pkwy", "parkway", "turnpike", "expressway"),
    ),
    # "apartment two rear", "space fourteen", "po box one one seven", "unit b like boy".
    Rule(
        "[address]",
        re.compile(
            rf"\b(?<!a )(?:apt|apartment|unit|space|suite|lot|trailer|bldg|building|slot|mailbox|locker|"
            rf"bunk|pod|p\.? ?o\.? ?box) (?:number |no\.? )?(?!one (?:an?|more|of)\b)"
            rf"(?:(?:{_ONE_NUMBER})\b(?![ -](?:of|more|days?|weeks?|hours?|minutes?|years?|months?|times?|bed|"
            rf"bedrooms?|people|person)\b)[ -]?){{1,4}}"
            rf"(?:(?<= )(?:rear|front|upper|lower|[a-d])\b)?(?<! )|\b(?:apt|apartment|unit|building|bldg) [a-z] "
            rf"(?:like|as in) \w+",
            re.IGNORECASE,
        ),
        (
            "apt ",
            "apartment ",
            "unit ",
            "space ",
            "suite ",
            "lot ",
            "trailer ",
            "ing ",
            "bldg ",
            "box ",
            "locker ",
            "bunk ",
            "pod ",
        ),
    ),
    # "twenty one forty east cypress", "send it to four forty one mission".
    Rule(
        "[address]",
        re.compile(
            rf"\b(?:(?:{_ONE_NUMBER})[ -]){{2,5}}(?:north|south|east|west|northeast|northwest|southeast|southwest) "
            rf"{NO_STREET}"
            rf"[a-z]+\b|((?:\b(?:to|at|address|house|live on|is|its),? |\A))(?:(?:{_ONE_NUMBER})[ "
            rf"-]){{3,5}}{NO_STREET}"
            rf"(?!{_ONE_NUMBER}\b)[a-z]{{4,}}(?= *(?:[,.]|$))",
            re.IGNORECASE,
        ),
        LONG_NUMBERS,
    ),
    # Crossings: "5th and Grand", "corner of elm and oak".
    Rule(
        "[address]",
        re.compile(
            rf"((?:\b(?:corner|intersection|crossing) (?:of|at) |{_PLACED} ))(?:the )?{CROSSED}(?: (?:and|&|n)"
            rf" {CROSSED})+"
            rf"(?: (?:on|off) {_CAPITALS})?",
            re.IGNORECASE,
        ),
        (" and ", " & ", " n "),
    ),
    Rule(
        "[address]",
        re.compile(
            r"\b(?:corner of|esquina de) (?:[nsew]\. )?\w+(?: \w+)? (?:and|&|y) (?:[nsew]\. )?\w+(?: (?:street|st|"
            r"avenue|ave|road|rd)\b)?",
            re.IGNORECASE,
        ),
        ("corner of", "esquina de"),
    ),
    Rule(
        "[address]",
        re.compile(
            rf"(\b[Bb]etween |\b(?:[Oo]ver )?[Bb]y |\b[Aa]t |\b[Oo]n |^)(?:[NSEW]\.? )?(?:{_CAPITALS}|{NTH})"
            rf" (?:and|&) "
            rf"(?=\d)(?:[NSEW]\.? )?{NTH}{_NO_TURN}|(\b[Bb]etween |\b(?:[Oo]ver )?[Bb]y |\b[Aa]t |\b[Oo]n |^)"
            rf"(?:[NSEW]\.? )?(?:{NTH}|\d{{1,2}} Mile) (?:and|&) {_CAPITALS}(?: on {_CAPITALS})?"
        ),
        # One of the two is a number.
        (*(f"{sign} {digit}" for sign in ("and", "&") for digit in "0123456789"), *_NTH_AND),
    ),
    Rule(
        "[address]",
        re.compile(rf"(\bbetween ){_CROSS_COMMON} (?:and|&) {_CROSS_COMMON}(?: on {_CAPITALS})?", re.IGNORECASE),
        ("between",),
    ),
    # "I live on Maple", "over by MLK", "off of Peachtree".
    Rule(
        "[address]",
        re.compile(
            rf"({_PLACED} (?:old )?)(?:{COMMON}\b(?!\s+(?:issue|problem|thing|reason|point|goal|concern|group|"
            rf"house|health)))"
            rf"(?: {STREET}\b)?|(\boff of |\b(?:my|our|his|her|the) street(?: is|'s)?(?: called| named)? )"
            rf"(?:{COMMON}\b)",
            re.IGNORECASE,
        ),
        COMMON_NAMES,
    ),
    Rule(
        "[address]",
        re.compile(
            r"(\b(?:live|lives|living|stay|stays|staying|house|place|apartment|trailer)(?: (?:is|right|just|down|"
            r"up))*"
            r" (?:on|off|near|by|behind|across from|next to) (?:the )?)"
            r"(?!(?:Medicaid|Medicare|SSI|SSDI|Disability|My|Our|His|Her|Social|Section|EBT|TikTok|Zoom)\b)"
            r"[A-Z][\w'\u2019.-]+"
            r"(?: [A-Z][\w'\u2019-]+){0,2}"
        ),
        ("live", "living", "stay", "house", "place", "apartment", "trailer"),
    ),
    # "i live on 5th", "we stay on 42nd street".
    Rule(
        "[address]",
        re.compile(
            rf"(\b(?:liv(?:e|es|ing)|stay(?:s|ing)?|my (?:house|place|apartment) is|sleep(?:s|ing)?) "
            rf"(?:right |over |up |down )?(?:on|off|near|by|at) ){NTH}\b(?! floor)(?: {STREET}\b)?",
            re.IGNORECASE,
        ),
        ("st", "nd", "rd", "th"),
    ),
    Rule(
        "[address]",
        re.compile(
            r"\b(?:calle|avenida|av\.|camino|carrera|colonia|col\.|fraccionamiento|barrio) (?:(?:de|del|la|los|las|"
            r"el) ){0,2}"
            r"(?-i:[A-ZÁÉÍÓÚÑ])\w+(?: (?:(?:de|del|la|los) ){0,2}(?-i:[A-ZÁÉÍÓÚÑ])\w+)*(?:,? (?:#|n[uú]mero |no\.? |"
            r"num\.? )?\d+)?",
            re.IGNORECASE,
        ),
        ("calle", "avenida", "av.", "camino", "carrera", "colonia", "col.", "fraccionamiento", "barrio"),
    ),
)

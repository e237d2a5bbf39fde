"""Finds where someone lives: streets with and without a number, units, boxes, crossings, zip codes. Patterns only."""

from __future__ import annotations

import re

from helpline.storage.redaction.numerals import NUMBERS_IN_WORDS, TEENS, TENS, UNITS
from helpline.storage.redaction.rules import Rule

_STREET = (
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
_NO_STREET = (
    r"(?!(?:a|an|the|of|is|in|on|per|my|to|for|and|or|i|hours?|hrs?|days?|weeks?|months?|years?|yrs?|minutes?|mins?|"
    r"seconds?|miles?|mg|times?|steps?|people|kids?|percent|more|other|different|min|blocks?|dollars|bucks|am|pm|"
    r"session|sessions|no|good|best|long|only|inch|foot|feet|beers?|drinks?|pills?|lbs|pounds|ur|your|his|her|their|"
    r"our|any|same|every|own|at|with|down|from|that|this|it|which|what|each|all|was|were|are)\b)"
)
_COMPASS = r"(?:[NSEW]{1,2}\b\.?|north|south|east|west|northeast|northwest|southeast|southwest)"
_UNIT_WORD = r"(?:apt|apartment|unit|suite|ste|room|rm|lot|floor|fl|trailer|bldg|building|flat|space|cell|bunk|depto)"
_UNIT = rf"(?:[, ]+(?:{_UNIT_WORD}\b\.? ?#? ?|# ?)[\w-]+)?"
_LETTERS = (
    r"A[LKZR]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]"
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
_TOWN = (
    rf"(?:,? (?:in )?[A-Za-z.'\u2019-]+(?: [A-Za-z.'\u2019-]+)?,? {_ANY_STATE}\b"
    rf"(?:,? \d{{5}}(?:-\d{{4}})?\b)?|,? \d{{5}}(?:-\d{{4}})?\b)?"
)
_NUMBER_WORDS = rf"(?:{UNITS}|{TENS}|{TEENS}|hundred|oh)(?:[ -](?:{UNITS}|{TENS}|{TEENS}|hundred|oh?|thousand))"
# Names that streets have anywhere; in lower case only these are one without a word like "street".
_COMMON_NAMES = tuple(
    [
        "maple",
        "elm",
        "oak",
        "pine",
        "cedar",
        "birch",
        "walnut",
        "spruce",
        "chestnut",
        "hickory",
        "sycamore",
        "magnolia",
        "dogwood",
        "peachtree",
        "willow",
        "poplar",
        "locust",
        "juniper",
        "mulberry",
        "main",
        "vine",
        "grand",
        "division",
        "jefferson",
        "lincoln",
        "madison",
        "monroe",
        "jackson",
        "washington",
        "adams",
        "franklin",
        "lexington",
        "mlk",
        "broadway",
        "lakeshore",
        "riverside",
        "hillcrest",
        "prospect",
        "fairview",
        "highland",
        "colonial",
        "figueroa",
        "crenshaw",
        "slauson",
        "halsted",
        "ashland",
        "pulaski",
        "kedzie",
        "cicero",
        "gratiot",
        "woodward",
        "bascom",
    ]
)
_COMMON = rf"(?:{'|'.join(_COMMON_NAMES)}|martin luther king)"
_PLACED = (
    r"\b(?:(?:liv(?:e|es|ed|ing)|stay(?:s|ed|ing)?|resid(?:e|es|ing)|sleep(?:s|ing)?|crash(?:es|ing)?|house|home|place|"
    r"apartment|apt|trailer|camp(?:ed|ing)?|am|['\u2019]m|im|['\u2019]re|are|is|he['\u2019]?s|she['\u2019]?s|hang(?:s|ing)? out|walk(?:ing)?|"
    r"parked|corner|over|right|just|born and raised|grew up|located)"
    r"(?: (?:right|just|over|out|down|up|here|is|now))*) (?:on|off(?: of)?|by|at|near|around|behind|between|across from)"
)
_CAPITALS = r"(?-i:[A-Z][\w'\u2019.-]+(?: [A-Z][\w'\u2019-]+){0,2})"
_NTH = r"\d{1,3}(?:st|nd|rd|th)"
_CROSSED = rf"(?:(?:{_COMPASS} )?(?:{_NTH}|{_COMMON}\b|{_CAPITALS})(?: {_STREET}\b\.?)?)"
_CROSS_COMMON = rf"(?:{_NTH}|{_COMMON}\b)(?: {_STREET}\b\.?)?(?! (?:week|time|day|month|grade|step|floor|year))"
# Behind a count, no crossing.
_NO_TURN = r"(?! (?:shift|week|time|day|month|grade|step|floor|year|session|of|one|try|dui|offense)s?\b)"
_HOME = (
    r"\b(?:(?:liv(?:e|es|ing)|stay(?:s|ing)?|resid(?:e|es|ing)|sleep(?:s|ing)?) (?:on|at|in|off(?: of)?|right (?:on|off|by))|"
    r"(?:my|his|her|our|their|home|mailing|street|the|current) address(?: is|:|'s| es)?(?: at| on)?|address ?:|"
    r"house (?:is )?(?:on|at)|moved to|come to|send (?:it|the \w+|them|mail) to|mail (?:it )?to|my place is|"
    r"direcci[oó]n(?: es|:)?|vivo en(?: la| el)?|domicilio(?: es|:)?) "
)

IN_WORDS: tuple[Rule, ...] = (
    Rule(
        "[address]",
        re.compile(
            rf"({_HOME})(?:the )?(?:{_NO_STREET}[\w.'\u2019-]+ ){{1,4}}"
            rf"(?:street|st|avenue|ave|road|rd|boulevard|blvd|lane|ln|court|ct|circle|terrace|parkway|drive)\b\.?"
            rf"{_UNIT}{_TOWN}",
            re.IGNORECASE,
        ),
        (
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
            "my place",
            "direcci",
            "vivo",
            "domicilio",
        ),
    ),
    Rule(
        "[address]",
        re.compile(
            rf"\b{_NUMBER_WORDS}* {_NO_STREET}\w+ (?:street|avenue|road|boulevard|lane|court|terrace|drive)\b|"
            rf"\b{_NUMBER_WORDS}+ (?:{_COMPASS} )?(?-i:[A-Z][a-z]+)(?: (?-i:[A-Z][a-z]+))?(?<!ay)(?<!ember)\b(?! (?:is|and|of|to)\b)",
            re.IGNORECASE,
        ),
        NUMBERS_IN_WORDS,
    ),
    # "Bascom Ave", "venice blvd".
    Rule(
        "[address]",
        re.compile(rf"\b(?:[NSEW]\.? )?(?:[A-Z][\w'\u2019-]+ ){{1,3}}{_NAMED_STREET}\b\.?(?: {_COMPASS}\b)?(?=\W|$)"),
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
            r"\b(?!(?:an?|the|my|this|that|other|another|every|any|only|one|new|best|which|each|first|last|some|no|or|"
            rf"and|of|to|by|in|on|at|whole|right|wrong|down|dark|dirt|long|hard|same)\b)[a-z]+ {_SURE_STREET}\b",
            re.IGNORECASE,
        ),
        ("avenue", "ave", "boulevard", "blvd", "rd", "ln", "pkwy", "parkway", "turnpike", "expressway"),
    ),
    # Crossings: "5th and Grand", "corner of elm and oak".
    Rule(
        "[address]",
        re.compile(
            rf"((?:\b(?:corner|intersection|crossing) (?:of|at) |{_PLACED} ))(?:the )?{_CROSSED}(?: (?:and|&|n) {_CROSSED})+"
            rf"(?: (?:on|off) {_CAPITALS})?",
            re.IGNORECASE,
        ),
        (" and ", " & ", " n "),
    ),
    Rule(
        "[address]",
        re.compile(r"\bcorner of \w+(?: \w+)? (?:and|&) \w+(?: (?:street|st|avenue|ave|road|rd)\b)?", re.IGNORECASE),
        ("corner of",),
    ),
    Rule(
        "[address]",
        re.compile(
            rf"(\b[Bb]etween |\b(?:[Oo]ver )?[Bb]y |\b[Aa]t |\b[Oo]n |^)(?:[NSEW]\.? )?(?:{_CAPITALS}|{_NTH}) (?:and|&) "
            rf"(?=\d)(?:[NSEW]\.? )?{_NTH}{_NO_TURN}|(\b[Bb]etween |\b(?:[Oo]ver )?[Bb]y |\b[Aa]t |\b[Oo]n |^)"
            rf"(?:[NSEW]\.? )?(?:{_NTH}|\d{{1,2}} Mile) (?:and|&) {_CAPITALS}(?: on {_CAPITALS})?"
        ),
        (" and ", " & "),
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
            rf"({_PLACED} (?:old )?)(?:{_COMMON}\b(?!\s+(?:issue|problem|thing|reason|point|goal|concern|group|house|health)))"
            rf"(?: {_STREET}\b)?|(\boff of |\b(?:my|our|his|her|the) street(?: is|'s)?(?: called| named)? )(?:{_COMMON}\b)",
            re.IGNORECASE,
        ),
        _COMMON_NAMES,
    ),
    Rule(
        "[address]",
        re.compile(
            r"(\b(?:live|lives|living|stay|stays|staying|house|place|apartment|trailer)(?: (?:is|right|just|down|up))*"
            r" (?:on|off|near|by|behind|across from|next to) (?:the )?)"
            r"(?!(?:Medicaid|Medicare|SSI|SSDI|Disability|My|Our|His|Her|Social|Section|EBT|TikTok|Zoom)\b)[A-Z][\w'\u2019.-]+"
            r"(?: [A-Z][\w'\u2019-]+){0,2}"
        ),
        ("live", "living", "stay", "house", "place", "apartment", "trailer"),
    ),
    Rule(
        "[address]",
        re.compile(
            r"\b(?:calle|avenida|av\.|camino|carrera|colonia|col\.|fraccionamiento|barrio) (?:(?:de|del|la|los|las|el) ){0,2}"
            r"(?-i:[A-ZÁÉÍÓÚÑ])\w+(?: (?:(?:de|del|la|los) ){0,2}(?-i:[A-ZÁÉÍÓÚÑ])\w+)*(?:,? (?:#|n[uú]mero |no\.? |num\.? )?\d+)?",
            re.IGNORECASE,
        ),
        ("calle", "avenida", "av.", "camino", "carrera", "colonia", "col.", "fraccionamiento", "barrio"),
    ),
)

IN_DIGITS: tuple[Rule, ...] = (
    Rule(
        "[address]",
        re.compile(
            rf"\b\d{{1,6}}(?:[A-Za-z]|[ -/]\d{{1,3}})? (?:{_COMPASS} )?(?:{_NO_STREET}[\w.'\u2019-]+ ){{0,3}}"
            rf"{_NO_STREET}[\w.'\u2019-]+ {_STREET}\b\.?"
            rf"(?: {_COMPASS})?{_UNIT}{_TOWN}|\b\d{{1,6}} (?:{_COMPASS} )?(?:broadway|avenue [A-Z]\b){_UNIT}{_TOWN}",
            re.IGNORECASE,
        ),
    ),
    Rule(
        "[address]",
        re.compile(
            rf"\b\d{{1,6}} {_NO_STREET}[\w'\u2019-]+(?: [\w'\u2019-]+)?,? (?:(?:apt|apartment|unit)\b\.? ?#?|# ?)\w+",
            re.IGNORECASE,
        ),
        ("apt", "apartment", "unit", "#"),
    ),
    # A number and a name after what says that it is an address.
    Rule(
        "[address]",
        re.compile(
            rf"({_HOME})\d{{1,6}}(?:[ -/]\d{{1,3}})?(?: {_COMPASS})? {_NO_STREET}[A-Za-z][\w'\u2019-]+"
            rf"(?: (?-i:[A-Z])[\w'\u2019-]+)*{_UNIT}",
            re.IGNORECASE,
        ),
        (
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
            "my place",
            "direcci",
            "vivo",
            "domicilio",
        ),
    ),
    # A number and a direction, or a number and a name with a capital letter, that is no sum, year or dose.
    Rule(
        "[address]",
        re.compile(
            r"(?<![\w$.,/-])\d{1,5} (?:[NSEW]|NE|NW|SE|SW|North|South|East|West)\b\.? "
            rf"(?:[A-Z][\w'\u2019-]+|\d{{1,3}}(?:st|nd|rd|th)\b)(?: [A-Z][\w'\u2019-]+)*{_UNIT}"
        ),
    ),
    Rule(
        "[address]",
        re.compile(
            r"((?:\A(?=[^.!?a-z]*\d+ [\w ]{3,20}\Z)|\b(?:[Aa]t|[Tt]o|[Ii]s|[Ii]n|[Oo]n|[Oo]f|[Nn]ear|from|for|address:?)|[,:;])\s*)(?!(?:19|20)\d\d )\d{1,5}(?:/\d{1,3})? "
            r"(?!(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|AM|PM|Day|Week|Month|"
            r"Year|Hour|Time|Step|Mg|Min|I|People|Kid|Percent|Dollars|Oxy|Perc|Xan|Adder|Vic|Bar|Norco|Klon|Gaba|Sub|"
            rf"White|Coors|Bud|West|East|North|South)(?:[A-Za-z]*)\b)(?!{STATE}\b)[A-Z][a-z'\u2019-]{{2,}}(?: [A-Z][a-z'\u2019-]+)*{_UNIT}"
        ),
    ),
    Rule(
        "[address]",
        re.compile(
            r"\b(?:\d{1,6} )?(?:calle|avenida|av\.?|camino|carrera) [\w.-]+(?: [\w.-]+)?,? (?:#|n[uú]mero )?\d+\b|"
            r"\b\d{1,6} (?:calle|avenida|camino|carrera) \w+|\bcalle \d+(?: n[uú]mero \d+)?|"
            r"\b(?:\d{1,6} )?(?:county|state) (?:road|route|highway|rd) \d+|\b(?:rural route|rr) #?\d+,? box \d+\w?|"
            r"\b(?:route|rte|hwy|highway|interstate) \d{1,4}(?: (?:north|south|east|west))?\b|"
            r"(?-i:\b(?:I|US|SR|CR|FM)[ -]\d{1,4}\b)|\bexit \d{1,3}[a-z]?\b|\bmile marker \d+|"
            r"\b\d{3,5} block of (?:[NSEW]\.? )?\w+(?: (?:street|st|avenue|ave)\b)?",
            re.IGNORECASE,
        ),
        (
            "calle",
            "avenida",
            "av",
            "camino",
            "carrera",
            "county",
            "state",
            "rural",
            "rr",
            "route",
            "rte",
            "hwy",
            "highway",
            "interstate",
            "i-",
            "i ",
            "us",
            "sr",
            "cr",
            "fm",
            "exit",
            "mile",
            "block",
        ),
    ),
    Rule(
        "[address]",
        re.compile(
            rf"(\b(?:[Oo]n|[Aa]t|[Oo]ff|[Nn]ear|[Bb]y) |^)(?:{_COMPASS})\.? {_NTH}\b(?: {_STREET}\b)?(?: (?:and|&) {_CROSSED})?",
            re.IGNORECASE,
        ),
        ("st", "nd", "rd", "th"),
    ),
    Rule(
        "[address]",
        re.compile(r"\bp\.? ?o\.? ?box #?\d+|\bapartado(?: postal)? \d+", re.IGNORECASE),
        ("box", "apartado"),
    ),
    Rule(
        "[address]",
        re.compile(
            r"\b(?:apt|apartment|unit|flat|suite|ste|depto|apto)s?\.? #?(?:\d+[a-z]?|[a-z]-?\d+)\b|\b(?:apt|apartment)\.? #?[b-hj-z]\b|#\d+[A-Z]\b|"
            r"(?<!a )(?<!alot )\b(?:(?:room|rm)(?= ?#?\d\d)|lot|bldg|building|dorm|bunk|trailer|space|cell|house (?:number|no\.?|num))"
            r"(?: is|:)? ?#?\d+[a-z]?\b(?! ?(?:people|min|hours?|days?|weeks?|months?|years?|times|of|year|to|more|and)\b)|"
            r"\b(?-i:Building|Bldg|Unit|Apt|Block|Tower|Dorm) (?-i:[A-Z])\b",
            re.IGNORECASE,
        ),
        (
            "apt",
            "apartment",
            "unit",
            "flat",
            "suite",
            "ste",
            "depto",
            "apto",
            "#",
            "room",
            "rm",
            "lot",
            "bldg",
            "building",
            "dorm",
            "bunk",
            "trailer",
            "space",
            "cell",
            "house",
            "block",
            "tower",
        ),
    ),
    Rule(
        "[address]",
        re.compile(
            rf"(\b{STATE},? )\d{{5}}(?:-\d{{4}})?\b|(\b(?:zip(?: ?code)?|postal(?: code)?|c[oó]digo postal|postcode)"
            rf"(?: is|:|'s| es)? ?)\d{{5}}(?:-\d{{4}})?\b|\b\d{{5}}(?=,? {STATE}\b)",
            re.IGNORECASE,
        ),
    ),
    Rule(
        "[address]",
        re.compile(
            r"(?<![\w$.,#/-])(?<!code )(?<!cpt )(?<!CPT )(?!\d*00\b)(?!90[78]\d\d|992\d\d)\d{5}(?:-\d{4})?(?![\w,-]|\.\d)"
            r"(?! ?(?:dollars|people|steps|bucks|usd|pesos|miles|a (?:month|year)))"
        ),
    ),
    Rule("[address]", re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b|\b[A-Z]\d[A-Z] ?\d[A-Z]\d\b")),
)

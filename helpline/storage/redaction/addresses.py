"""Finds addresses with digits: house numbers, units, boxes, highways, zip codes. Patterns only."""

from __future__ import annotations

import re

from helpline.storage.redaction.rules import Rule
from helpline.storage.redaction.streets import (
    COMMON,
    COMMON_NAMES,
    COMPASS,
    CROSSED,
    HOME,
    HOME_CUES,
    NO_STREET,
    NTH,
    STATE,
    STREET,
    TOWN,
    UNIT,
)

ADDRESSES: tuple[Rule, ...] = (
    Rule(
        "[address]",
        re.compile(
            rf"\b\d{{1,6}}(?:[A-Za-z]|[ -/]\d{{1,3}})? (?:{COMPASS} )?(?:{NO_STREET}[\w.'\u2019-]+ ){{0,3}}"
            rf"{NO_STREET}[\w.'\u2019-]+ {STREET}\b\.?"
            rf"(?: {COMPASS})?{UNIT}{TOWN}|\b\d{{1,6}} (?:{COMPASS} )?(?:broadway|avenue [A-Z]\b){UNIT}{TOWN}",
            re.IGNORECASE,
        ),
    ),
    Rule(
        "[address]",
        re.compile(
            rf"\b\d{{1,6}} {NO_STREET}[\w'\u2019-]+(?: [\w'\u2019-]+)?,? (?:(?:apt|apartment|unit)\b\.? ?#?|# ?)"
            rf"(?:\d\w*|[A-Za-z]\b)",
            re.IGNORECASE,
        ),
        ("apt", "apartment", "unit", "#"),
    ),
    # A number and a name after what says that it is an address.
    Rule(
        "[address]",
        re.compile(
            rf"({HOME})\d{{1,6}}(?:[ -/]\d{{1,3}})?(?: {COMPASS})? {NO_STREET}[A-Za-z][\w'\u2019-]+"
            rf"(?: (?-i:[A-Z])[\w'\u2019-]+)*{UNIT}",
            re.IGNORECASE,
        ),
        HOME_CUES,
    ),
    # A number and a direction, or a number and a name with a capital letter, that is no sum, year or dose.
    Rule(
        "[address]",
        re.compile(
            r"(?<![\w$.,/-])\d{1,5} (?:[NSEW]|NE|NW|SE|SW|North|South|East|West)\b\.? "
            rf"(?:[A-Z][\w'\u2019-]+|\d{{1,3}}(?:st|nd|rd|th)\b)(?: [A-Z][\w'\u2019-]+)*{UNIT}"
        ),
    ),
    Rule(
        "[address]",
        re.compile(
            r"((?:\A(?=[^.!?a-z]*\d+ [\w ]{3,20}\Z)|\A(?=\d+ [A-Z]\w+,)|\b(?:[Aa]t|[Tt]o|[Ii]s|[Ii]n|[Oo]n|[Oo]f|"
            r"[Nn]ear|from|for|"
            r"address:?)|[,:;])\s*)(?!(?:19|20)\d\d )\d{1,5}(?:/\d{1,3})? "
            r"(?!(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|AM|PM|Day|Week|Month|"
            r"Year|Hour|Time|Step|Mg|Min|I|People|Kid|Percent|Dollars|Oxy|Perc|Xan|Adder|Vic|Bar|Norco|Klon|Gaba|Sub|"
            rf"White|Coors|Bud|West|East|North|South)(?:[A-Za-z]*)\b)(?!{STATE}\b)"
            rf"[A-Z][a-z'\u2019-]{{2,}}(?: [A-Z][a-z'\u2019-]+)*{UNIT}"
        ),
    ),
    Rule(
        "[address]",
        re.compile(
            r"\b(?:\d{1,6} )?(?:calle|avenida|av\.?|camino|carrera) [\w.-]+(?: [\w.-]+)?,? (?:#|n[uú]mero )?\d+\b|"
            r"\b\d{1,6} (?:calle|avenida|camino|carrera) \w+|\bcalle \d+(?: n[uú]mero \d+)?|"
            r"\b(?:\d{1,6} )?(?:county|state) (?:road|route|highway|rd) \d+|\b(?:rural route|rr) #?\d+,? box \d+\w?|"
            r"\b(?:hwy|highway) \d{1,4}(?: (?:north|south|east|west))?\b|"
            r"(?-i:\b(?:SR|CR|FM)[ -]\d{1,4}\b)|"
            r"\b\d{3,5} block of (?:[NSEW]\.? )?\w+(?: (?:street|st|avenue|ave)\b)?",
            re.IGNORECASE,
        ),
        (
            "calle",
            "avenida",
            "av ",
            "av.",
            "camino",
            "carrera",
            "county",
            "state",
            "rural",
            "rr ",
            "hwy",
            "highway",
            *(f"{road}{gap}" for road in ("sr", "cr", "fm") for gap in " -"),
            "block",
        ),
    ),
    Rule(
        "[address]",
        re.compile(
            rf"(\b(?:[Oo]n|[Aa]t|[Oo]ff|[Nn]ear|[Bb]y) |^)(?:{COMPASS})\.? {NTH}\b(?: {STREET}\b)?(?: (?:and|&)"
            rf" {CROSSED})?",
            re.IGNORECASE,
        ),
        ("st", "nd", "rd", "th"),
    ),
    # A number and a tree or the like, "5th and main".
    Rule(
        "[address]",
        re.compile(
            rf"(?<![\w$.,/-])\d{{3,5}} (?!(?:main|grand|division|vine|prospect)\b){COMMON}\b(?![ -]?\d)|"
            rf"(?<![\w-]){NTH} (?:and|&|n)"
            rf" {COMMON}\b|"
            rf"\b{COMMON} (?:and|&|n) {NTH}\b",
            re.IGNORECASE,
        ),
        COMMON_NAMES,
    ),
    Rule(
        "[address]",
        re.compile(
            r"\b(?:p\.? ?o\.?|post office) ?(?:box|drawer)(?: is| number| no\.?|:)* ?#?\d+(?:-[A-Z\d]+)?|"
            r"\bp\.? ?o\.? ?box (?:\d ){2,}\d\b|\bbox \d+,? (?:route|rt|rr) \d+|\bapartado(?: postal)? \d+",
            re.IGNORECASE,
        ),
        ("box", "drawer", "apartado"),
    ),
    # "2200 w prince", "88½ Railroad", "228 1/2 Winnebago", "512 de la calle maple", "county road 900 east".
    Rule(
        "[address]",
        re.compile(
            rf"(?<![\w$.,/-])\d{{3,5}} (?:[nse]\.?|w\.?(?! (?:insurance|medicaid|coverage|tax|tip|food|fees|help|"
            rf"them|everything)\b))"
            rf" {NO_STREET}(?:[a-z]{{4,}}|{NTH})\b|\b\d{{1,5}}(?: ?[\u00bc-\u00be]| 1/2) (?-i:[A-Z])\w+(?: "
            rf"{STREET}\b)?|"
            rf"\b\d{{1,6}} de (?:la )?(?:calle|avenida) \w+|"
            rf"\b\d{{1,6}} (?:north|south|east|west) (?:{NTH}|(?!(?:of|side|on|bound|"
            rf"end)\b){NO_STREET}[a-z]{{3,}})\b|"
            rf"\b\d{{1,5}}-(?-i:[A-Z]) (?-i:[A-Z])\w+(?: {STREET}\b)?",
            re.IGNORECASE,
        ),
    ),
    Rule("[address]", re.compile(r"\[address\](?:-[A-Z]\b|,? (?:north|south|east|west|[NSEW])\b)", re.IGNORECASE)),
    Rule(
        "[address]",
        re.compile(
            r"\b(?:apt|apartment|unit(?= ?#?(?:number|no|\d\d|\d[a-z]|[a-z]-?\d))|flat|suite|ste|depto|apto|"
            r"apartamento|edificio|interior)s?\.?(?: (?:number|"
            r"no\.?|num|is|n[uú]mero))* ?#?(?:\d+[a-z]?|[a-z]-?\d+)\b(?! (?:blocks?|min\w*|miles?|hours?|years?|"
            r"months?|weeks?|days?|bed\w*|people)\b)|\b(?:apt|"
            r"apartment)\.? #?[b-hj-z]\b|#\d+[A-Z]\b|"
            r"(?<!a )(?<!alot )\b(?:(?:room|rm)(?= ?#?(?:\d\d|\d[a-z]\b))|lot|bldg|building|"
            r"dorm|bunk|trailer|space|cell|"
            r"house (?:number|no\.?|num))"
            r"(?: is|:)? ?#?\d+[a-z]?\b(?! ?(?:people|min\w*|hours?|days?|weeks?|months?|years?|times|of|year|to|"
            r"more|"
            r"and)\b)|"
            r"\b(?-i:Building|Bldg|Unit|Apt|Block|Tower|Dorm|Lot|Suite|Room|Ste) (?-i:[A-Z])\b",
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
            r"(?<![\w$.,#/-])(?<!code )(?<!cpt )(?<!CPT )(?<!owe )(?<!make )(?<!made )(?<!cost )(?<!costs )"
            r"(?<!earn )(?<!paid )(?<!pay )(?<!deductible is )(?<!bill was )(?<!over )(?<!about )(?!\d*00\b)"
            r"(?!90[78]\d\d|992\d\d)"
            r"\d{5}(?:-\d{4})?(?![\w-]|"
            r"[.,]\d)"
            r"(?! ?(?:dollars|people|steps|bucks|usd|pesos|miles|a (?:month|year)))"
        ),
    ),
    Rule("[address]", re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b|\b[A-Z]\d[A-Z] ?\d[A-Z]\d\b")),
)

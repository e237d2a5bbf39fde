"""Finds where someone works, learns, worships, is treated or comes from, if it has a name."""

from __future__ import annotations

import re
from functools import cache

from helpline.storage.redaction.streets import STATE, STATES
from helpline.storage.redaction.words import is_misspelt, is_ordinary, lines, words

_CAP = r"(?-i:[A-ZÁÉÍÓÚÑ][\w'\u2019&.-]*\w|[A-Z])"
_CAPS = rf"{_CAP}(?: (?:of |the |de |la |and |& )?(?!I\b){_CAP}){{0,4}}"
# What the name of a place ends with.
_KIND = (
    r"(?:High(?: School)?|(?:Elementary|Middle|Primary|Junior High|Charter|Prep(?:aratory)?|Grade|Grammar|Secondary)"
    r"(?: School)?|Academy|University|College|Hospital|Medical Center|Clinic|Pediatrics|Church|Chapel|Cathedral|"
    r"Synagogue|Mosque|Masjid|Baptist|Methodist|Lutheran|Tabernacle|Ministries|Shelter|House|Lodge|Ranch|"
    r"Apartments?|Apts|"
    r"Towers?|Estates|Villas|Manor|Acres|Trailer Park|Mobile Home Park|Inn|Motel|Hotel|"
    r"Suites|Hall|Dorm|Correctional(?: Facility)?|Prison|Jail|Penitentiary|Logistics|Freight|Trucking|"
    r"Construction|Plumbing|Roofing|Auto|Motors|Foods|Bakery|Diner|Grill|Tavern|Salon|Barbershop|"
    r"Industries|Inc|LLC|Corp|Company|Group Home|Elem|Dental|Farms?|Landscaping|Electric)"
)
# A name with a capital letter before such a word; these name services that everybody may ask about.
_KNOWN = (
    r"(?:AA|NA|American|National|Mental|Behavioral|Public|Veterans|The|A|An|My|Our|Your|This|Is|Are|Do|Does|Can|In|At|"
    r"Of|On|For|To|And|Or|Medicaid|Medicare|White|Sober|Halfway|Group|Nursing|Middle|High|Old|New|Good|Open|"
    r"Harm|SMART|Social|Which|What|When|Any|No|If|His|Her|Their|Home|Community|Local|State|County|Psych|Mental|"
    r"Partial|Intensive|Outpatient|Inpatient|Residential|Day|Opioid|Alcohol|Drug|Addiction|Substance|Dual|Long|"
    r"Online|Virtual|Early|Full|Recovery|General|Family|Primary|Urgent|Crisis|Law|School|House|Health|Hi|Hello|"
    r"Betty|Blue|Affordable|After|Before|Both|Your|Christian|Spiritual|Physical|Federal|Total|Life|Step|Reproductive|"
    r"Women's|Men's|Telehealth|Insurance|Private|Sunday|Friday|Saturday|Monday|Tuesday|Wednesday|Thursday|Burning)"
)
_WORK = (
    r"\b(?:work(?:s|ed|ing)?|job|shift(?: lead)?|employed|employee|manager|manage|cook|server|nurse|cna|teacher|"
    r"teach(?:es)?|"
    r"taught|driver|drives?|cashier|janitor|supervisor|boss|coworkers?|hr|bartend(?:er|s)?|stock(?:er)?|intern|clerk|"
    r"volunteer|on staff|deputy|pastor|professor|coach|counselor|tech|welder|dishwasher|trabaj[oa])"
    r"(?: (?:nights|days|full ?time|part ?time|here|over|down|security))? (?:at|for|with|by|en|para) (?:the |la |"
    r"el |our |a )?"
)
_LEARN = (
    r"\b(?:(?:student|senior|junior|sophomore|freshman|enrolled|studies|studying|graduated|grade|teacher|principal|"
    r"roommate) (?:at|from)|attends?|attending) (?:the )?"
)
_TREATED = (
    r"\b(?:discharged|released|transferred|referred|admitted|taken|took (?:him|her|me|us)|patient|detoxed|stayed|"
    r"graduated|"
    r"kicked out|locked up|inmate|incarcerated|staff|(?:was|been|used to be|is|am|['\u2019]m|im) (?=at\b)|staying|"
    r"stay|stays|living|lives)"
    r" ?(?:from|to|at|out of|over at|down at) (?:the )?"
)
_WORSHIP = (
    r"\b(?:(?:we|i) (?:go|belong)|member|church is|parish|worship|on the board|congregation)(?: (?:to|at|of|"
    r"is))? (?:the )?"
)
_HAVE = (
    r"\b(?:i (?:own|run|started|manage)|owner of|ceo of|founder of|president of|manager of|halfway house is|"
    r"dorm is|shelter is|school is|work is|employer is|church is) (?:the )?"
)
_FROM = (
    r"\b(?:(?:am|['\u2019]?m|is|was|he['\u2019]?s|she['\u2019]?s|are|we['\u2019]?re|coming|move[ds]?|driving|"
    r"calling|writing|"
    r"hail|native) (?:from|in|near|outside(?: of)?|to|of)|^from|(?:liv(?:e|es|ed|ing)|stay(?:s|ing)?|resid(?:e|es|"
    r"ing)|based|located|born|"
    r"raised|grew up|homeless|stuck)(?: (?:and raised|up|out|over|down|here))* (?:in|near|outside(?: of)?|around)|"
    r"mov(?:e|ed|ing) to|"
    r"downtown|soy de|vivo en|vivimos en|nac[ií]\w* en|vengo de|general delivery,?|outside of) "
)
_STOP = (
    r"(?!(?:Medicaid|Medicare|IOP|PHP|AA|NA|A|An|The|My|Our|His|Her|Your|This|That|God|Recovery|Detox|Rehab|"
    r"Treatment|State|Group|Groups|Work|School|Home|Church|Zoom|Facebook|Google|Monday|Tuesday|Wednesday|Thursday|"
    r"Friday|"
    r"Saturday|Sunday|January|February|March|April|May|June|July|August|September|October|November|December|"
    r"Christmas|Thanksgiving|Easter|English|Spanish|College|I|Mom|Dad|CBT|DBT|ASAM|Level|Mental|Addiction|"
    r"Twelve|Betty)\b)"
)
# States and countries say little.
_WIDE = (
    rf"(?!(?:{STATE}|USA|US|America|Mexico|México|Canada|Europe|Africa|Asia|New York|Puerto Rico|England)"
    rf"\b(?! (?:[Cc]ity|State|University|College|Tech)\b))"
)

# Letters of states that are no word in capitals either.
_CLEAR_STATE = (
    r"(?:A[KRZ]|C[AT]|DC|FL|GA|I[AL]|K[SY]|M[DINOST]|N[CDEHJMVY]|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]|"
    rf"(?i:{STATES}))"
)
_CAPITAL = re.compile(r"[a-z,.!?\d] ?[A-ZÁÉÍÓÚÑ]|^[A-Z]")
_NAMED = re.compile(
    rf"\b(?!{_KNOWN}\b)(?:St\. )?[A-Z][\w'\u2019-]+(?: (?:of |the |& |and )?(?!{_KNOWN}\b)[A-Z][\w'\u2019&-]*){{0,3}} "
    rf"{_KIND}\b(?: (?:number |no\.? |#)?\d+\b)?(?:(?: [A-Z]\w+){{1,2}}\b)?"
)
_BY_CAPITALS: tuple[re.Pattern[str], ...] = (
    re.compile(
        r"\b(?:Mt|Mount|St|Saint|Our Lady of|Church of|University of|Bank of|Temple|Camp|Fort)\.? (?!Class\b|"
        r"Time\b|Step\b|Day\b|John['\u2019]?s? wort|Patrick)[A-Z][\w'\u2019]+(?: [A-Z][\w'\u2019]+)*(?<!Lady)\b(?=.)|"
        r"(?<=at )(?:PS|P\.S\.|MS|HS) ?\d{1,3}\b"
    ),
    re.compile(
        rf"(?P<town>)\b(?!(?:Is|In|Does|From|Near|Medicaid|Live|The|And|I|For|At|Do|Are|Of|To|By|My|Hi|So|Yes|No|"
        rf"But|Or)\b)"
        rf"[A-Z][\w'\u2019.-]+(?: [A-Z][\w'\u2019.-]+){{0,2}}(?=,? {_CLEAR_STATE}\b|, {STATE}\b)(?=,? [A-Z])"
        rf"(?<!West)(?<!North)(?<!South)(?<!New)"
    ),
    re.compile(
        rf"(?P<any>)(?P<before>{_WORK}|{_LEARN}|{_WORSHIP}|{_HAVE}){_STOP}{_WIDE}{_CAPS}(?: \w*\d\w*)?", re.IGNORECASE
    ),
    re.compile(rf"(?P<here>)(?P<before>{_TREATED}){_STOP}{_WIDE}{_CAPS}(?: \w*\d\w*)?", re.IGNORECASE),
    re.compile(rf"(?P<from>)(?P<before>{_FROM}(?:the )?){_STOP}{_WIDE}{_CAP}(?: {_CAP}){{0,2}}(?=\W|$)", re.IGNORECASE),
)


def without_places(text: str) -> str:
    """Return `text` with the names of places that tell who someone is as ``[place]``."""
    # Where most letters are capitals, they tell nothing.
    if _CAPITAL.search(text) and sum(map(str.isupper, text)) * 2 < len(text):
        if _HAS_KIND.search(text):
            text = _NAMED.sub(_place, text)
        for pattern in _BY_CAPITALS if _LED_TO.search(text) else _BY_CAPITALS[:2]:
            text = pattern.sub(_place, text)
    present = set(_WORDS.findall(text.lower()))
    if not present.isdisjoint(_first_words()):
        for pattern in _by_lists():
            text = pattern.sub(lambda found: (found.group(1) or "") + "[place]", text)
    if not present.isdisjoint(_SCHOOLS):
        text = _SMALL_SCHOOL.sub(_school, text)
    if not present.isdisjoint(_WORKING):
        text = _SMALL_WORK.sub(_work, text)
    if not present.isdisjoint(_STATE_WORDS):
        text = _SMALL_TOWN.sub(_town, text)
    return _SMALL_HOME.sub(_home, text) if not present.isdisjoint(_HOMES) else text


_WORDS = re.compile(r"[a-záéíóúñ'\u2019&-]+")
# A capital letter within a sentence, behind a word that may lead to a place.
_LED_TO = re.compile(
    r"\b(?:at|for|with|by|from|in|near|to|of|en|de|para|is|of|outside|around|downtown|a|al|own|run|started|manage|"
    r"attends?|"
    r"attending|delivery,?|student|senior|junior|grade|class|plays|is|va|school|the|la|el|our) [A-ZÁÉÍÓÚÑ]"
)
_HAS_KIND = re.compile(rf"[A-Z][\w'\u2019.&-]* {_KIND}\b")
_SCHOOLS = frozenset({"high", "elementary", "middle", "university", "college", "academy"})
_WORKING = words("jobs")
# The letters of a state that are no word, in lower case.
_SMALL_STATE = r"(?:tx|fl|ny|nj|nc|sc|tn|ky|ga|az|nm|nv|ut|mn|wi|il|ks|sd|ri|vt|nh|wv|va|ca|oh|mo|ct|md|wa)"
_STATE_WORDS = frozenset(
    [*STATES.split("|"), *_SMALL_STATE.strip("(?:)").split("|"), "carolina", "dakota", "york", "jersey"]
)
_SCHOOL = r"(?:high school|elementary|middle school|university|college|academy|community college|state university)"
_SMALL_SCHOOL = re.compile(rf"\b([a-z'\u2019-]+) ({_SCHOOL})\b|(?<=\b(?:at|to) )([a-z'\u2019-]+) high\b")
_SMALL_WORK = re.compile(
    r"(\b(?:work(?:s|ed|ing)?|job|shift|employed) (?:nights |days )?at (?:the )?)"
    r"([a-z'\u2019]{3,})(?![\w'\u2019-])"
)
_SMALL_TOWN = re.compile(rf"\b([a-z-]{{4,}})(,? )(?=(?:{STATES}|{_SMALL_STATE})\b)", re.IGNORECASE)


@cache
def _works() -> frozenset[str]:
    return frozenset(lines("workplaces"))


@cache
def _towns() -> frozenset[str]:
    return frozenset(lines("cities"))


_HOMES = frozenset({"from", "live", "lives", "living", "stay", "stays", "staying", "grew", "moved", "born", "raised"})
# "im from paducah", "i stay off delancey".
_SMALL_HOME = re.compile(
    r"(\b(?:(?:i['\u2019]?m|im|i am|is|he['\u2019]?s|she['\u2019]?s|hes|shes|come|comes) from|(?:live|lives|stay|"
    r"stays|living|staying|grew up) "
    r"(?:out |up |over |down )?(?:in|near|outside|on|off|by)|moved (?:here )?(?:from|to)|born (?:and raised )?in|"
    r"raised in) )"
    r"([a-z]{5,})\b(?! (?:st|street|ave|avenue|rd|road)\b)",
    re.IGNORECASE,
)


@cache
def _first_words() -> frozenset[str]:
    return frozenset(line.split()[0] for line in (*lines("cities"), *lines("workplaces")))


@cache
def _by_lists() -> tuple[re.Pattern[str], ...]:
    towns = "|".join(re.escape(line) for line in sorted(lines("cities"), key=len, reverse=True))
    works = "|".join(re.escape(line) for line in sorted(lines("workplaces"), key=len, reverse=True))
    return (
        re.compile(
            rf"({_FROM})(?:{towns})(?=,? (?:{STATE}|{_SMALL_STATE})\b)|()\b(?:{towns})(?=,? [a-z.]+,? \[address\])",
            re.IGNORECASE,
        ),
        re.compile(rf"({_WORK})(?:{works})(?!\w)", re.IGNORECASE),
    )


def _place(found: re.Match[str]) -> str:
    """Return what stands for a place; a country, a large town alone or a word such as "ER" stays."""
    before = found["before"] if "before" in found.re.groupindex else ""
    name = found.group()[len(before) :].rstrip(".")
    low = name.lower()
    if " " not in name and (low in words("common_capitals") or (name.isupper() and low not in _works())):
        return found.group()
    # A large town with its state tells no more than without, and what is no town's name tells nothing.
    if "town" in found.re.groupindex and (low in _towns() or all(_is_word(word) for word in low.split())):
        return found.group()
    if "from" in found.re.groupindex and (
        len(low) < 3
        or low in _towns()
        or (" " not in low and is_ordinary(low))
        or all(word in words("common_capitals") or word in words("well_known") for word in low.split())
    ):
        return found.group()
    return before + "[place]"


def _is_word(word: str) -> bool:
    low = word.lower().replace("\u2019", "'")
    return len(low) < 3 or is_ordinary(low) or is_ordinary(low.split("'")[0])


def _school(found: re.Match[str]) -> str:
    return found.group() if _is_word(found.group(1) or found.group(3)) else "[place]"


def _work(found: re.Match[str]) -> str:
    word = found.group(2)
    return found.group() if _is_word(word) or word in words("doubtful_names") else found.group(1) + "[place]"


def _town(found: re.Match[str]) -> str:
    word = found.group(1).lower()
    if _is_word(word) or word in words("doubtful_names") or word in words("first_names"):
        return found.group()
    return "[place]" + found.group(2)


def _home(found: re.Match[str]) -> str:
    """Return what stands for a small town or a street in lower case: a word that nothing else is."""
    word = found.group(2).lower()
    lists = ("doubtful_names", "first_names", "surnames", "well_known", "common_capitals", "cities")
    if _is_word(word) or is_misspelt(word) or any(word in words(name) for name in lists):
        return found.group()
    return found.group(1) + "[place]"

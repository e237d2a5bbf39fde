"""What a line answers to one question of the fit check, and of whom it is said. Pure."""

from __future__ import annotations

from itertools import pairwise

from helpline.fit_check.ages import Ages
from helpline.fit_check.doubts import goes_on, is_compared, is_doubtful, stands_alone, unread
from helpline.fit_check.lines import DATA, ENDS, LISTS, Line, phrases
from helpline.fit_check.phrasing import Found, Question, says
from helpline.fit_check.questions import UNKNOWN

# Beside the answers of a question: an answer is meant but not clear; a plain word whose meaning the question gives.
UNCLEAR = "unclear"
_VAGUE = "vague"
_PLAIN = ("yes", "no", "not_really", "unsure", UNKNOWN, "hedges")
# So many words beside a loose phrase may have no meaning here; with more, it is asked again.
_LOOSE_ROOM = 1


def answer_to(name: str, question: Question, line: Line, own: bool, opening: bool, who: str | None) -> str:
    """Return the value that `line` gives to a question, `UNCLEAR`, or "" for nothing heard."""
    part = line.cut() if own and question.clauses else line
    if own:
        part = before_aside(part)
        part = part if question.past else _today(part)
    found: list[Found] = []
    for phrase, value, block in question.phrases(own, opening):
        for begin, end in part.find(phrase):
            denied = part.denied(part.place(begin)) and (value != UNCLEAR or question.yields)
            safe = value == question.rank[0]
            if not own and question.careful == "all" and safe and not stands_alone(part, end):
                continue
            heard = ("" if block == "loose" else question.denied) or UNCLEAR if denied else value
            found.append(Found(begin, end, heard, block="says" if denied and block == "firm" else block))
    if name == "age":
        for first, after, value in AGES.find(line.words, line.commas, own, opening):
            found.append(Found(line.begins[first], line.begins[after - 1] + 1, value or UNCLEAR))
    if own:
        found += plain_words(part)
    found = _longest(found)
    if own and len({item.value for item in found}) > 1:
        after = max((end for phrase in CORRECTS for _, end in part.find(phrase)), default=0)
        found = [item for item in found if item.begin >= after] or found
    if own and found and (says(line, _TWISTS) or (question.contrast and says(line, _CONTRASTS))):
        return UNCLEAR
    everything = found
    if who in question.personal and (own or name == "age"):
        found, mixed = _of_whom(part, found, who)
        if mixed:
            return UNCLEAR
    firm = [item for item in found if item.block == "firm"]
    loose = [item for item in found if item.block == "loose"]
    if firm:
        found = firm
    elif loose and any(item not in loose and not item.plain and item.value != UNCLEAR for item in found):
        found = [item for item in found if item not in loose]
    elif loose and unread(part, found) > _LOOSE_ROOM:
        return UNCLEAR
    value = _weigh(name, question, found)
    if own and value and is_doubtful(question, part, found, value):
        return UNCLEAR
    # What may be a yes to danger is one, and doubt is an answer where there is a button for it.
    settled = ("", "not_sure", "yes") if name == "safety" else ("", "not_sure")
    if own and value not in settled and is_compared(question, part, everything):
        return UNCLEAR
    if own and question.careful and value == question.rank[0] and goes_on(question, part, found):
        return UNCLEAR
    return value


def _weigh(name: str, question: Question, found: list[Found]) -> str:
    """Return what the phrases and plain words `found` come to."""
    said = {item.value for item in found if not item.plain}
    plain = {
        question.plain.get(item.value, UNKNOWN if item.value in ("unsure", UNKNOWN) else "")
        for item in found
        if item.plain
    }
    if question.yields and len(said | plain) > 1 and "" not in plain:
        said.discard(UNCLEAR)
    if UNCLEAR in said or _VAGUE in said or (name in ("who", "age") and len(said) > 1):
        return UNCLEAR
    if said:
        value = question.riskiest(said | (plain & set(question.rank) if question.strict else set()))
        return value if value in said or value in question.together.values() else UNCLEAR
    if not plain:
        return ""
    return next(iter(plain)) or UNCLEAR if len(plain) == 1 else UNCLEAR


def _of_whom(line: Line, found: list[Found], who: str | None) -> tuple[list[Found], bool]:
    """Leave out what is said of somebody else than `who`; and tell whether it is not clear what is left then."""
    others = ("other" if who == "me" else "writer", "third")
    of = {item: _subject(line, item) for item in found}
    mine = [item for item in found if of[item] not in others]
    gone = [item for item in found if of[item] in others and item.value not in (UNCLEAR, UNKNOWN, "unsure")]
    if not gone:
        return found, False
    clear = any(of[item] and item.value != UNCLEAR for item in mine)
    return mine, not clear


def _subject(line: Line, item: Found) -> str:
    """Return of whom the clause of `item` speaks: ``writer``, ``other``, ``third`` ("his mother"), ``both``, or ""."""
    first = line.place(item.begin)
    after = first + 1
    while first > 0 and first not in line.commas and line.words[first - 1] not in _CLAUSE_ENDS:
        first -= 1
    while after < len(line.words) and after not in line.commas and line.words[after] not in _CLAUSE_ENDS:
        after += 1
    words = line.words[first:after]
    if any(mine in _THEIRS and kin in _KIN for mine, kin in pairwise(words[:3])) and _HE.isdisjoint(words):
        return "third"
    writer = any(word in _WRITER and _OF_OTHERS.isdisjoint(words[at + 1 : at + 4]) for at, word in enumerate(words))
    # Child care is nobody.
    other = any(word in _OTHERS and words[at + 1 : at + 2] != ["care"] for at, word in enumerate(words))
    return "both" if writer and other else "writer" if writer else "other" if other else ""


def before_aside(line: Line) -> Line:
    """Return what a line says before it puts another answer right: "no. oh, and earlier I said ..."."""
    asides = [begin for phrase in _ASIDES for begin, _ in line.find(phrase) if begin]
    return line.part(0, line.place(min(asides))) if asides else line


def contradicts(name: str, question: Question, line: Line, value: str) -> bool:
    """Tell whether what comes after an aside gives the same question another answer: "a. no, hang on, put b"."""
    rest = line.part(len(before_aside(line).words), len(line.words))
    phrases_that_count = question.phrases(own=True, opening=True)
    said = {given for phrase, given, block in phrases_that_count if block != "loose" and any(rest.find(phrase))}
    return name not in ("who", "age") and bool(said - {UNCLEAR, UNKNOWN, value})


def _today(line: Line) -> Line:
    """Return what a line says of today, where it tells it apart from what was: "used to ..., now ..."."""
    once = min((begin for phrase in _ONCE for begin, _ in line.find(phrase)), default=None)
    if once is None:
        return line
    nows = [begin for phrase in _NOW for begin, _ in line.find(phrase) if begin > once]
    return line.part(line.place(min(nows)), len(line.words)) if nows else line


def plain_words(line: Line) -> list[Found]:
    """Return the plain words for yes, no and "I don't know", and the vague ones."""
    found: list[Found] = []
    for kind, forms in _PLAINLY.items():
        for phrase in forms:
            for begin, end in line.find(phrase):
                first, after = line.place(begin), line.place(end - 1) + 1
                if kind == "no" and first > 0 and first not in line.commas and line.words[first - 1] in _PRONOUNS:
                    continue  # "I no have"
                follows = after >= len(line.words) or after in line.commas or line.words[after] in _MAY_FOLLOW
                if kind in (_VAGUE, "hedges") or (line.starts(first) and (kind == "yes" or follows)):
                    found.append(Found(begin, end, kind, kind != _VAGUE))
    return found


def _longest(found: list[Found]) -> list[Found]:
    """Return what does not overlap something firm or longer, in order."""
    kept: list[Found] = []
    for item in sorted(found, key=lambda one: (one.block != "firm", one.begin - one.end, one.plain)):
        same = [one for one in kept if (one.begin, one.end) == (item.begin, item.end) and one.plain == item.plain]
        if same or not any(one.begin < item.end and item.begin < one.end for one in kept):
            kept.append(item)
    return sorted(kept, key=lambda one: one.begin)


_KIN = frozenset(word for word in LISTS["family"].split("|") if " " not in word)
_WRITER, _THIRD, _SPLITS = (frozenset(DATA["words"][name].split()) for name in ("writer", "third", "splits"))
_OTHERS = _KIN | _THIRD
# Behind "I" or "my" these tell of somebody else: "my brother", "I have seen".
_OF_OTHERS = _KIN | frozenset(DATA["words"]["knows"].split())
_CLAUSE_ENDS = _SPLITS | frozenset(ENDS)
_THEIRS, _HE = frozenset(("his", "her", "their")), frozenset(("he", "she", "him", "himself", "herself"))
_PRONOUNS = frozenset(DATA["words"]["person"].split())
_MAY_FOLLOW = frozenset((*LISTS["may_follow"].split("|"), *ENDS))
AGES = Ages(DATA["words"])
CORRECTS, _ONCE, _NOW, _TWISTS, _CONTRASTS, _ASIDES = (
    phrases(DATA[name]) for name in ("corrects", "once", "now", "twists", "contrasts", "asides")
)
_PLAINLY = {
    kind: phrases(DATA["plain"].get(kind) or DATA["unclear" if kind == _VAGUE else kind]) for kind in (*_PLAIN, _VAGUE)
}

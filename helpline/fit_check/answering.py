"""What a line answers to one question of the fit check: its phrases, who is spoken of, what makes it doubtful. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Iterable, Mapping

from helpline.crisis.phrases import Phrase
from helpline.fit_check.ages import Ages
from helpline.fit_check.lines import DATA, ENDS, LISTS, Line, phrases
from helpline.fit_check.questions import UNKNOWN, VALUES

# Beside the answers of a question: an answer is meant but not clear; a plain word whose meaning the question gives.
UNCLEAR = "unclear"
_VAGUE = "vague"
_PLAIN = ("yes", "no", "not_really", "unsure", UNKNOWN, "hedges")
# So many words beside a loose phrase, and beside a plain one, may have no meaning here; with more, it is asked again.
_LOOSE_ROOM, _ROOM = 1, 3
# So many beside any answer: of longer stories one in three is taken for something else (tests/development).
_MUCH_ROOM = 6


@dataclass(frozen=True)
class _Found:
    """A phrase found in a line: its characters from `begin` up to `end`, the answer that it gives, and its block."""

    begin: int
    end: int
    value: str
    plain: bool = False
    block: str = ""


class Question:
    """The phrases of one question.

    Attributes:
        rank: its values, the riskiest last.
        plain: the value that a plain word stands for.
        strict: whether a plain word counts beside others.
        denied: the value of a denied phrase, or "".
        together: values said together -> the value that they make.
        clauses: whether its phrases end at commas and "and".
        yields: whether its unclear phrases count only where nothing else is heard.
        past: whether what was once counts as much as what is now.
        contrast: whether "my brother does, I don't" is asked again.
        personal: for whom it is about one person alone (``me``, ``loved_one``): what a clause says of somebody else
            does not count then.
        apart: whether values that make another together may be told apart ("not the X, it's the Y"); then it is asked
            again.
        room: how many unread words may stand beside an answer, the least risky one apart.
        scale: whether its values are steps: two said together that are no neighbours are asked again.
        doubts: patterns behind or beside which an answer is asked again, unless a phrase of the question reads them.
        careful: when its least risky value is asked again: "turns" where the message goes on ("no, except ..."),
            "all" also where anything is left unread; "" never.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        """Compile the part of the data file on one question."""
        self.rank: tuple[str, ...] = tuple(data["risk"])
        self.plain: dict[str, str] = data["plain"]
        self.strict: bool = data.get("strict", False)
        self.denied: str = data.get("denied", "")
        self.together = {frozenset(parts): whole for whole, parts in data.get("together", {}).items()}
        self.clauses: bool = data.get("clauses", False)
        self.yields: bool = data.get("yields", False)
        self.past: bool = data.get("past", False)
        self.contrast: bool = data.get("contrast", False)
        self.personal = frozenset(data.get("personal", "").split())
        self.apart: bool = data.get("apart", False)
        self.room: int = data.get("room", _MUCH_ROOM)
        self.scale: bool = data.get("scale", False)
        self.careful: str = data.get("careful", "")
        self.doubts = phrases(DATA["doubts"]) + phrases(data.get("doubts", ""))
        self.blocks = {
            block: [(phrase, value) for value, written in data.get(block, {}).items() for phrase in phrases(written)]
            for block in ("firm", "says", "loose", "opening", "anywhere")
        }

    def phrases(self, own: bool, opening: bool) -> Iterable[tuple[Phrase, str, str]]:
        """Return the phrases that count, with their values and blocks."""
        blocks = ("anywhere", "opening", "says", "firm", "loose") if own else ("anywhere", "opening")[: 1 + opening]
        return ((phrase, value, block) for block in blocks for phrase, value in self.blocks[block])

    def riskiest(self, values: Iterable[str]) -> str:
        """Return what `values`, said together, come to."""
        said = set(values)
        whole = next((whole for parts, whole in self.together.items() if parts <= said), "")
        return whole or max(said, key=self.rank.index)


def answer_to(name: str, question: Question, line: Line, own: bool, opening: bool, who: str | None) -> str:
    """Return the value that `line` gives to a question, `UNCLEAR`, or "" for nothing heard."""
    part = line.cut() if own and question.clauses else line
    if own:
        part = before_aside(part)
        part = part if question.past else _today(part)
    found: list[_Found] = []
    for phrase, value, block in question.phrases(own, opening):
        for begin, end in part.find(phrase):
            denied = part.denied(part.place(begin)) and (value != UNCLEAR or question.yields)
            safe = value == question.rank[0]
            if not own and question.careful == "all" and safe and not _stands_alone(part, end):
                continue
            heard = ("" if block == "loose" else question.denied) or UNCLEAR if denied else value
            found.append(_Found(begin, end, heard, block="says" if denied and block == "firm" else block))
    if name == "age":
        for first, after, value in AGES.find(line.words, line.commas, own, opening):
            found.append(_Found(line.begins[first], line.begins[after - 1] + 1, value or UNCLEAR))
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
    elif loose and _unread(part, found) > _LOOSE_ROOM:
        return UNCLEAR
    value = _weigh(name, question, found)
    if own and value and _doubtful(question, part, found, value):
        return UNCLEAR
    # What may be a yes to danger is one.
    if own and value and (name != "safety" or value == question.rank[0]) and _in_doubt(question, part, everything):
        return UNCLEAR
    if own and question.careful and value == question.rank[0] and _goes_on(question, part, found):
        return UNCLEAR
    return value


def _weigh(name: str, question: Question, found: list[_Found]) -> str:
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


def _of_whom(line: Line, found: list[_Found], who: str | None) -> tuple[list[_Found], bool]:
    """Leave out what is said of somebody else than `who`; and tell whether it is not clear what is left then."""
    others = ("other" if who == "me" else "writer", "third")
    of = {item: _subject(line, item) for item in found}
    mine = [item for item in found if of[item] not in others]
    gone = [item for item in found if of[item] in others and item.value not in (UNCLEAR, UNKNOWN, "unsure")]
    if not gone:
        return found, False
    clear = any(of[item] and item.value != UNCLEAR for item in mine)
    return mine, not clear


def _subject(line: Line, item: _Found) -> str:
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
    other = not _OTHERS.isdisjoint(words)
    return "both" if writer and other else "writer" if writer else "other" if other else ""


def _doubtful(question: Question, line: Line, found: list[_Found], value: str) -> bool:
    """Tell whether an answer stands in a long story, or beside one that contradicts it."""
    room = _MUCH_ROOM if value == question.rank[0] else question.room
    if _unread(line, found) > room:
        return True
    if _half_read(line, found):
        return True
    values = {item.value for item in found}
    if values.isdisjoint(question.together.values()) and any(parts <= values for parts in question.together):
        spans = [(item.begin, item.end) for item in found]
        if question.apart and any(not _within(span, spans) for phrase in _APART for span in line.find(phrase)):
            return True
    steps = {question.rank.index(item.value) for item in found if not item.plain and item.value in question.rank}
    return question.scale and bool(steps) and max(steps) - min(steps) > 1


def _in_doubt(question: Question, line: Line, found: list[_Found]) -> bool:
    """Tell whether a comparison, a plan or the like that no phrase has read may turn what was heard around."""
    spans = [(item.begin, item.end) for item in found if not item.plain or item.value not in ("yes", "no", "hedges")]
    return any(not _within(span, spans) for phrase in question.doubts for span in line.find(phrase))


def _half_read(line: Line, found: list[_Found]) -> bool:
    """Tell whether nothing was heard behind a contrast, though it says something: "she does, but ..."."""
    spans = [(item.begin, item.end) for item in found]
    divides = [span for phrase in _DIVIDES for span in line.find(phrase) if not _within(span, spans)]
    heard = spans + of_other_questions(line) if divides else []
    return any(all(first < end for first, _ in heard) and line.unread([(0, end)], BENIGN) > 0 for _, end in divides)


def _within(span: tuple[int, int], spans: Iterable[tuple[int, int]]) -> bool:
    """Tell whether `span` lies in one of `spans`."""
    return any(begin <= span[0] and span[1] <= end for begin, end in spans)


def _unread(line: Line, found: list[_Found]) -> int:
    """Count the words that say something but answer nothing."""
    return line.unread([(item.begin, item.end) for item in found] + of_other_questions(line))


def of_other_questions(line: Line, *names: str) -> list[tuple[int, int]]:
    """Return where a line answers any question, or one of those named, whichever was asked."""
    return [
        span
        for question in (QUESTIONS[name] for name in names or QUESTIONS)
        for phrase, _, _ in question.phrases(own=False, opening=True)
        for span in line.find(phrase)
    ]


def _goes_on(question: Question, line: Line, found: list[_Found]) -> bool:
    """Tell whether a line that gives the least risky value goes on to something that may undo it."""
    safe = question.rank[0]
    spans = [
        (item.begin, item.end)
        for item in found
        if (question.plain.get(item.value) if item.plain else item.value) == safe
    ]
    if not any(not item.plain for item in found if (item.begin, item.end) in spans) and (
        len(spans) < len(found) or line.unread(spans, BENIGN) > _ROOM
    ):
        return True
    turns = [begin for phrase in _TURNS for begin, _ in line.find(phrase)]
    turns = [begin for begin in turns if not any(first <= begin < end for first, end in spans)]
    if question.careful == "all":
        return bool(turns) or line.unread(spans, BENIGN) > 0
    return any(line.unread([*spans, (0, begin + 1)], BENIGN) > 0 for begin in turns)


def _stands_alone(line: Line, end: int) -> bool:
    """Tell whether the clause is over at `end`, and what follows does not take it back."""
    after = line.place(end - 1) + 1
    if after < len(line.words) and after not in line.commas and line.words[after] not in (*ENDS, "and"):
        return False
    rest = line.part(after, len(line.words))
    return not any(begin <= 2 for phrase in _TURNS for begin, _ in rest.find(phrase))


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


def says(line: Line, forms: Iterable[Phrase]) -> bool:
    """Tell whether one of `forms` is in a line."""
    return any(any(line.find(phrase)) for phrase in forms)


def plain_words(line: Line) -> list[_Found]:
    """Return the plain words for yes, no and "I don't know", and the vague ones."""
    found: list[_Found] = []
    for kind, forms in _PLAINLY.items():
        for phrase in forms:
            for begin, end in line.find(phrase):
                first, after = line.place(begin), line.place(end - 1) + 1
                if kind == "no" and first > 0 and first not in line.commas and line.words[first - 1] in _PRONOUNS:
                    continue  # "I no have"
                follows = after >= len(line.words) or after in line.commas or line.words[after] in _MAY_FOLLOW
                if kind in (_VAGUE, "hedges") or (line.starts(first) and (kind == "yes" or follows)):
                    found.append(_Found(begin, end, kind, kind != _VAGUE))
    return found


def _longest(found: list[_Found]) -> list[_Found]:
    """Return what does not overlap something firm or longer, in order."""
    kept: list[_Found] = []
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
BENIGN = frozenset(DATA["benign"].split())
_MAY_FOLLOW = frozenset((*LISTS["may_follow"].split("|"), *ENDS))
AGES = Ages(DATA["words"])
CORRECTS, _ONCE, _NOW, _TWISTS, _CONTRASTS, _ASIDES, _TURNS, _APART, _DIVIDES = (
    phrases(DATA[name])
    for name in ("corrects", "once", "now", "twists", "contrasts", "asides", "turns", "apart", "divides")
)
_PLAINLY = {
    kind: phrases(DATA["plain"].get(kind) or DATA["unclear" if kind == _VAGUE else kind]) for kind in (*_PLAIN, _VAGUE)
}
QUESTIONS = {name: Question(DATA["questions"][name]) for name in VALUES}

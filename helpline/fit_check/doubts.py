"""When an answer is in doubt: long stories, contradictions, comparisons and what may undo it. Pure."""

from __future__ import annotations

from typing import Iterable

from helpline.fit_check.lines import DATA, ENDS, Line, phrases
from helpline.fit_check.phrasing import BENIGN, MUCH_ROOM, Found, Question, of_other_questions

# So many words beside a plain answer may have no meaning here; with more, it is asked again.
_ROOM = 3


def is_doubtful(question: Question, line: Line, found: list[Found], value: str) -> bool:
    """Tell whether an answer stands in a long story, or beside one that contradicts it."""
    room = MUCH_ROOM if value == question.rank[0] else question.room
    if unread(line, found) > room:
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


def is_compared(question: Question, line: Line, found: list[Found]) -> bool:
    """Tell whether a comparison, a plan or the like that no phrase has read may turn what was heard around."""
    spans = [(item.begin, item.end) for item in found if not item.plain or item.value not in ("yes", "no", "hedges")]
    return any(not _within(span, spans) for phrase in question.doubts for span in line.find(phrase))


def _half_read(line: Line, found: list[Found]) -> bool:
    """Tell whether nothing was heard behind a contrast, though it says something: "she does, but ..."."""
    spans = [(item.begin, item.end) for item in found]
    divides = [span for phrase in _DIVIDES for span in line.find(phrase) if not _within(span, spans)]
    heard = spans + of_other_questions(line) if divides else []
    return any(all(first < end for first, _ in heard) and line.unread([(0, end)], BENIGN) > 0 for _, end in divides)


def goes_on(question: Question, line: Line, found: list[Found]) -> bool:
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


def stands_alone(line: Line, end: int) -> bool:
    """Tell whether the clause is over at `end`, and what follows does not take it back."""
    after = line.place(end - 1) + 1
    if after < len(line.words) and after not in line.commas and line.words[after] not in (*ENDS, "and"):
        return False
    rest = line.part(after, len(line.words))
    return not any(begin <= 2 for phrase in _TURNS for begin, _ in rest.find(phrase))


def _within(span: tuple[int, int], spans: Iterable[tuple[int, int]]) -> bool:
    """Tell whether `span` lies in one of `spans`."""
    return any(begin <= span[0] and span[1] <= end for begin, end in spans)


def unread(line: Line, found: list[Found]) -> int:
    """Count the words that say something but answer nothing."""
    return line.unread([(item.begin, item.end) for item in found] + of_other_questions(line))


_TURNS, _APART, _DIVIDES = (phrases(DATA[name]) for name in ("turns", "apart", "divides"))

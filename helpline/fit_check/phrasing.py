"""The questions of the fit check as the data file has them: what of a line answers each. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterable, Mapping

from helpline.crisis.phrases import Phrase
from helpline.fit_check.lines import DATA, Line, phrases
from helpline.fit_check.questions import VALUES

# So many unread words beside any answer: of longer stories one in three was taken for something else (development set).
MUCH_ROOM = 6


@dataclass(frozen=True)
class Found:
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
        self.room: int = data.get("room", MUCH_ROOM)
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


def of_other_questions(line: Line, *names: str) -> list[tuple[int, int]]:
    """Return where a line answers any question, or one of those named, whichever was asked."""
    return [
        span
        for question in (QUESTIONS[name] for name in names or QUESTIONS)
        for phrase, _, _ in question.phrases(own=False, opening=True)
        for span in line.find(phrase)
    ]


def says(line: Line, forms: Iterable[Phrase]) -> bool:
    """Tell whether one of `forms` is in a line."""
    return any(any(line.find(phrase)) for phrase in forms)


BENIGN = frozenset(DATA["benign"].split())
QUESTIONS = {name: Question(DATA["questions"][name]) for name in VALUES}

"""The test cases of the gate, and what became of each with a model."""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Iterable

from helpline.crisis.taxonomy import CRISIS_CATEGORIES
from helpline.evaluation import scorecard
from helpline.evaluation.evaluate import invents, is_right, load_answers
from helpline.evaluation.replies import Reply
from helpline.evaluation.sets import DEVELOPMENT, HELDOUT, Turn, answerable, read
from helpline.publishing.models import results_file
from helpline.settings import ROOT

# The names of the sets are shown to staff.
CRISIS, EXPLICIT, SUPPORT, NEAR_MISSES = "crisis messages", "plain words of danger", "distress", "false alarms"
QUESTIONS = ("single questions", "two questions", "follow-ups")
NOT_COVERED, OFF_TOPIC, SMALL_TALK = "not covered", "off topic", "small talk"
# Of what staff changed since the live model: crisis examples that must still be heard, and what shall be no danger.
DELETED, NEW = "deleted crisis examples", "new examples"
# What visitors wrote; not among the results that are kept.
REPLAY = "visitors' messages"
# Phrases that two reviewers agreed on.
REVIEWED = ROOT / "tests" / "reviewed"
_EXPLICIT = ROOT / "tests" / "helpline" / "crisis" / "explicit.jsonl"
_HELPLINE = "1-800-662-HELP"
# What decides about a reply beside the model.
_CODE = (
    *("answers", "crisis", "fit_check", "nlu", "channels/guard.py"),
    *("engine.py", "known_domain.py", "processor.py", "rule_policy.py"),
)


@dataclass(frozen=True)
class Case:
    """A conversation of a test set; the last turn counts, or of follow-ups all but the first.

    Attributes:
        of: the name of its set.
        turns: what the person writes.
        facts: for each turn and each question in it, the facts any of which answers it.
        label: category and tier of danger.
    """

    of: str
    turns: tuple[str, ...]
    facts: tuple[tuple[tuple[str, ...], ...], ...] = ()
    label: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What tells the case from all others."""
        return hashlib.blake2b(json.dumps([self.of, self.turns]).encode(), digest_size=12).hexdigest()

    @property
    def text(self) -> str:
        """The turns in one line."""
        return " | ".join(self.turns)

    def conversation(self) -> list[Turn]:
        """Return the turns as they are played."""
        facts = self.facts or ((),) * len(self.turns)
        last = len(self.turns) - 1
        return [
            Turn(text, facts[place], counts=place == last or (place > 0 and bool(facts[place])))
            for place, text in enumerate(self.turns)
        ]


@dataclass(frozen=True)
class Outcome:
    """What became of a case with a model.

    Attributes:
        of: the name of its set.
        text: its turns in one line.
        right: whether the reply is as it should be: danger heard, a question answered with its source ...; of what
            visitors wrote, whether danger was heard.
        first: for danger that was heard, whether the right number stands first.
        invents: whether the reply holds a price, number or address that is not ours.
        got: what came, in a few words.
    """

    of: str
    text: str
    right: bool
    first: bool
    invents: bool
    got: str


Results = dict[str, Outcome]


def all_cases() -> list[Case]:
    """Return the cases of all sets, each once.

    Raises:
        OSError: if one of the sets that came with the assistant is missing.
    """
    cases = {case.key: case for case in frozen_cases()}
    for name in ("crisis.jsonl", "near_miss.jsonl"):
        # There is none before the first message that two reviewers agreed on.
        rows = read(REVIEWED / name) if (REVIEWED / name).is_file() else []
        for row in rows:
            case = danger(row["text"], row) if "category" in row else Case(NEAR_MISSES, (row["text"],))
            cases.setdefault(case.key, case)
    return list(cases.values())


def frozen_cases() -> list[Case]:
    """Return the cases that came with the assistant, each once: staff do not change them.

    Raises:
        OSError: if one of the sets is missing.
    """
    cases: list[Case] = []
    for folder in (HELDOUT, DEVELOPMENT):
        cases += [danger(row["text"], row) for row in read(folder / "crisis.jsonl")]
        cases += [Case(NEAR_MISSES, (row["text"],)) for row in read(folder / "near_miss.jsonl")]
    cases += [danger(row["text"], row, EXPLICIT) for row in read(_EXPLICIT)]
    for name, conversations in answerable(HELDOUT).items():
        for turns in conversations:
            cases.append(Case(name, tuple(turn.text for turn in turns), tuple(turn.facts for turn in turns)))
    for name, file in ((NOT_COVERED, "unanswerable"), (OFF_TOPIC, "off_topic"), (SMALL_TALK, "smalltalk")):
        cases += [Case(name, (row["text"],)) for row in read(HELDOUT / f"{file}.jsonl")]
    return list({case.key: case for case in cases}.values())


def danger(text: str, label: dict[str, Any], of: str = CRISIS) -> Case:
    """Return the case of a message of danger for the set `of`, or of distress, by its category."""
    return Case(of if label["category"] in CRISIS_CATEGORIES else SUPPORT, (text,), label=_label(label))


def judge(case: Case, replies: list[Reply]) -> Outcome:
    """Return what became of a case."""
    counted = [reply for reply in replies if reply.turn.counts]
    last = counted[-1]
    shown = scorecard.card(last)
    if case.of in (CRISIS, EXPLICIT, DELETED):
        right = shown is not None and bool(shown.get("numbers")) and _HELPLINE in last.text
    elif case.of == REPLAY:
        right = shown is not None
    elif case.of == SUPPORT:
        right = _HELPLINE in last.text
    elif case.of in (NEAR_MISSES, NEW):
        right = shown is None
    elif case.of in QUESTIONS:
        right = all(is_right(reply, load_answers()) for reply in counted)
    elif case.of == NOT_COVERED:
        right = bool(last.kinds) and all(kind.startswith("fallback") for kind in last.kinds)
    elif case.of == OFF_TOPIC:
        right = "answer" not in last.kinds
    else:
        right = "info" in last.kinds
    first = shown is not None and bool(case.label) and scorecard.opens_well(case.label, shown)
    got = ", ".join(last.answered + [kind for kind in last.kinds if kind != "answer"]) or "nothing"
    if shown is not None:
        got = f"{shown['category']} ({shown['tier']})"
    return Outcome(case.of, case.text, right, first, any(invents(reply) for reply in counted), got)


def stored(model: str) -> Results:
    """Return how a model did on its cases with the code as it is now; empty where that is not known."""
    try:
        with gzip.open(results_file(model), "rt", encoding="utf-8") as file:
            content = json.load(file)
        if content["code"] != code():
            return {}
        return {key: Outcome(**outcome) for key, outcome in content["outcomes"].items()}
    except (OSError, EOFError, ValueError, KeyError, TypeError):
        return {}


def store(model: str, results: Results) -> None:
    """Keep how a model did.

    Raises:
        OSError: if it cannot be written.
    """
    path = results_file(model)
    new = path.with_suffix(".new")
    with gzip.open(new, "wt", encoding="utf-8", compresslevel=3) as file:
        json.dump(
            {"code": code(), "outcomes": {key: asdict(result) for key, result in results.items()}},
            file,
            ensure_ascii=False,
        )
    new.replace(path)


@lru_cache(maxsize=1)
def code() -> str:
    """Return a hash of what decides about replies beside the model."""
    digest = hashlib.sha256()
    for path in _files(ROOT / "helpline" / name for name in _CODE):
        digest.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    digest.update((ROOT / "data" / "numbers.yml").read_bytes())
    return digest.hexdigest()


def _files(places: Iterable[Path]) -> list[Path]:
    files = [file for place in places for file in ([place] if place.is_file() else place.rglob("*"))]
    return sorted(file for file in files if file.is_file() and "__pycache__" not in file.parts)


def _label(row: dict[str, Any]) -> dict[str, str]:
    return {key: str(row[key]) for key in ("category", "tier") if key in row}

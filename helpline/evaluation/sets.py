"""The test sets in tests/heldout (frozen, never trained on) and tests/development (used to choose constants)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpline.settings import ROOT

HELDOUT = ROOT / "tests" / "heldout"
DEVELOPMENT = ROOT / "tests" / "development"


@dataclass(frozen=True)
class Turn:
    """A message and what a good reply does.

    Attributes:
        text: what the person writes.
        facts: for each question in it, the ids of facts any of which answers it; empty where none should be answered.
        counts: False for a turn that only prepares the next.
    """

    text: str
    facts: tuple[tuple[str, ...], ...] = ()
    counts: bool = True


# A conversation is a list of turns; a set is a list of conversations.
Conversations = list[list[Turn]]


def answerable(folder: Path) -> dict[str, Conversations]:
    """Return the sets that must be answered: singles, doubles, follow-ups."""
    return {
        "single questions": [[Turn(row["text"], (tuple(row["facts"]),))] for row in read(folder / "singles.jsonl")],
        "two questions": [
            [Turn(row["text"], tuple(tuple(facts) for facts in row["facts"]))] for row in read(folder / "doubles.jsonl")
        ],
        "follow-ups": [
            [Turn(turn["text"], (tuple(turn["facts"]),), counts=place > 0) for place, turn in enumerate(row["turns"])]
            for row in read(folder / "follow_ups.jsonl")
        ],
    }


def texts(folder: Path, name: str) -> Conversations:
    """Return a set of single messages without facts, such as ``unanswerable``; empty where there is no such file."""
    path = folder / f"{name}.jsonl"
    return [[Turn(row["text"])] for row in read(path)] if path.is_file() else []


def read(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a JSON lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]

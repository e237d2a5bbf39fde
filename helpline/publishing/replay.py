"""Plays what visitors wrote of late through the candidate and the live model, and shows what would change.

The messages stay where they are, redacted, in the conversations' database: what is kept of a replay names them by row
and time only. What is deleted there, by a person or at the end of its time, is gone from here too.
"""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from helpline.files import write_whole
from helpline.publishing import play
from helpline.publishing.cases import REPLAY, Case, Outcome
from helpline.publishing.verdict import Check
from helpline.storage.database import read_messages

_WEEK = 7 * 24 * 3600.0
_MOST = 300
# Read, as many are alike or no more than a click.
_READ = 3000
_FILE = "replay.json"


@dataclass(frozen=True)
class Message:
    """A visitor's message: its row and time in the database, and how its turn is played."""

    row: int
    time: float
    case: Case


@dataclass(frozen=True)
class Change:
    """A message whose reply would change.

    Attributes:
        row, time: where it stands in the database.
        before, after: what the live model and the candidate make of it, in a few words.
        lost: whether the live model hears danger and the candidate does not.
        gained: the other way round.
    """

    row: int
    time: float
    before: str
    after: str
    lost: bool
    gained: bool


def messages(engine: sa.engine.Engine, now: float) -> list[Message]:
    """Return the latest messages of a week, each text once, with the one before it, on which it may lean."""
    found: dict[str, Message] = {}
    rows = read_messages(engine, now - _WEEK, _READ)
    earlier: dict[str, str] = {}
    before: dict[int, str] = {}
    for row, sender, _, text in reversed(rows):
        before[row] = earlier.get(sender, "")
        earlier[sender] = text
    for row, _, at, text in rows:
        key = " ".join(text.lower().split())
        if key and key not in found and len(found) < _MOST:
            turns = (before[row], text) if before[row] else (text,)
            found[key] = Message(row, at, Case(REPLAY, turns))
    return list(found.values())


def changes(played: list[Message], candidate: dict[str, Outcome], live: dict[str, Outcome]) -> list[Change]:
    """Return the messages whose reply would change: first those whose danger would be missed."""
    found = []
    for message in played:
        mine, theirs = candidate[message.case.key], live[message.case.key]
        if mine.got != theirs.got:
            lost, gained = theirs.right and not mine.right, mine.right and not theirs.right
            found.append(Change(message.row, message.time, theirs.got, mine.got, lost, gained))
    return sorted(found, key=lambda change: (not change.lost, not change.gained, -change.time))


def run(engine: sa.engine.Engine, candidate: Path, live: Path, harmless: set[str], folder: Path) -> Check:
    """Replay, keep what would change in `folder`, and return whether danger would be missed.

    Args:
        engine: of the conversations' database.
        candidate, live: the archives.
        harmless: texts that reviewers call less than danger.
        folder: of the candidate's report.

    Raises:
        play.PlayError: if a model cannot be played.
    """
    found = messages(engine, time.time())
    every = list({message.case.key: message.case for message in found}.values())
    with ThreadPoolExecutor(max_workers=2) as pool:
        mine, theirs = pool.map(lambda model: play.play(model, every), (candidate, live))
    changed = changes(found, mine, theirs)
    said = {message.row: message.case.turns[-1] for message in found}
    lost = [change for change in changed if change.lost and said[change.row] not in harmless]
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(
        folder / _FILE, json.dumps({"played": len(found), "changes": [asdict(change) for change in changed]}) + "\n"
    )
    named = tuple(f"message {change.row}: {change.before} would become {change.after}" for change in lost)
    counted = f"{len(found)} played, {len(changed)} replies would change, {len(lost)} lose the danger"
    return Check("What visitors wrote this week", not lost, counted, named)


def shown(engine: sa.engine.Engine, folder: Path) -> dict[str, Any]:
    """Return a kept replay with the messages that are still there: `played` and `changes`, each with its `text`."""
    try:
        content: dict[str, Any] = json.loads((folder / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {"played": 0, "changes": []}
    there = {(row, at): text for row, _, at, text in read_messages(engine, 0.0, _READ)}
    for change in content["changes"]:
        change["text"] = there.get((change["row"], change["time"]), "")
    return content

"""What git knows of the changes that a model holds: who made them, and which test cases two people took out."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from helpline.settings import ROOT

# What decides about a model and about the gate's word on it; what staff only noted does not.
_DECIDES = (
    "data",
    "domain.yml",
    "config.yml",
    "tests/heldout",
    "tests/development",
    "tests/reviewed",
    "tests/frozen_cases.txt",
    "tests/helpline/crisis/explicit.jsonl",
    ":(exclude)data/review/notes",
)
_REVIEWED = "tests/reviewed/crisis.jsonl"
# A change that one person proposed and another one confirmed.
_TWO_PEOPLE = "crisis"
_COMMIT = re.compile(r"[0-9a-f]{7,40}")
_PART, _END = "\x1f", "\x1e"
_TRAILERS = "%(trailers:key=Proposed-By,valueonly,separator=%x20)%x1f%(trailers:key=Staff-Change,valueonly)"


class HistoryError(Exception):
    """It cannot be told what changed: there is no git here, or it does not know the commit."""


@dataclass(frozen=True)
class Change:
    """A commit that changed what decides about a model.

    Attributes:
        id: 40 hexadecimal digits.
        time: ISO 8601 with offset.
        author, proposer: who made it, and who proposed it before, where two had to agree.
        kind: as staff's changes have it (``annotation``, ``answer``, ``crisis`` ...); empty for a developer's.
        summary, reason: what it says of itself.
    """

    id: str
    time: str
    author: str
    proposer: str
    kind: str
    summary: str
    reason: str

    @property
    def by_two(self) -> bool:
        """Whether one person proposed it and another confirmed it."""
        return self.kind == _TWO_PEOPLE and bool(self.proposer) and not same(self.proposer, self.author)

    @property
    def owners(self) -> set[str]:
        """Whose change it is: of one that two agreed on, the proposer's; who confirmed it has looked at it already."""
        return {self.proposer} if self.by_two else {name for name in (self.author, self.proposer) if name}


def same(one: str, other: str) -> bool:
    """Tell whether two names are one person's."""
    return one.strip().casefold() == other.strip().casefold()


def commit(root: Path = ROOT) -> str:
    """Return the commit that the project is at, with a "+" where what decides differs from it; empty without git."""
    try:
        head = _git(root, "rev-parse", "HEAD").strip()
        return f"{head}+" if _git(root, "status", "--porcelain", "--", *_DECIDES).strip() else head
    except HistoryError:
        return ""


def changes(begin: str, end: str, root: Path = ROOT) -> list[Change]:
    """Return what changed from one commit to another of what decides, the latest first; a "+" behind them is nothing.

    Raises:
        HistoryError: if it cannot be told.
    """
    begin, end = begin.removesuffix("+"), end.removesuffix("+")
    if not (_COMMIT.fullmatch(begin) and _COMMIT.fullmatch(end)):
        raise HistoryError("It is not known which commits the two models were trained at.")
    form = _PART.join((f"{_END}%H", "%aI", "%an", _TRAILERS, "%s", "%b"))
    found = []
    log = _git(root, "log", "--full-history", f"--format={form}", f"{begin}..{end}", "--", *_DECIDES)
    for entry in log.split(_END)[1:]:
        identity, at, author, proposer, kind, summary, body = entry.split(_PART, 6)
        reason = " ".join(body.split("\n\n")[0].split()) if kind.strip() else ""
        found.append(Change(identity, at, author, proposer.strip(), kind.strip(), summary, reason))
    return found


def reviewed(root: Path = ROOT) -> dict[str, bool]:
    """Return the messages of danger that staff ever filed; True for those that two people have taken out since."""
    # The latest word on each counts; a message that one commit takes out and puts in was only changed.
    found: dict[str, bool] = {}
    form = _PART.join((f"{_END}%an", _TRAILERS)) + _PART
    try:
        log = _git(root, "log", "-p", "-U0", "--no-color", "--no-renames", f"--format={form}", "--", _REVIEWED)
    except HistoryError:
        return {}
    for entry in log.split(_END)[1:]:
        author, proposer, kind, lines = entry.split(_PART, 3)
        agreed = Change("", "", author, proposer.strip(), kind.strip(), "", "").by_two
        for sign, taken_out in (("+", False), ("-", agreed)):
            for line in lines.split("\n"):
                if line.startswith(f"{sign}{{"):
                    found.setdefault(_text(line[1:]), taken_out)
    return found


def _text(row: str) -> str:
    try:
        return str(json.loads(row)["text"])
    except (ValueError, KeyError, TypeError):
        return row


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-c", "core.quotePath=false", "-C", str(root), *arguments]
    try:
        return subprocess.run(command, capture_output=True, encoding="utf-8", timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError) as error:
        raise HistoryError("git does not know what changed.") from error

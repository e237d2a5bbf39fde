"""How well answers to the fit check are understood when they are typed in people's own words."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, Iterable

from helpline.evaluation.sets import read
from helpline.evaluation.share import share
from helpline.fit_check.dialogue import is_plain
from helpline.fit_check.questions import UNKNOWN
from helpline.fit_check.understanding import Heard, understand

RIGHT, ASKED_AGAIN, WRONG = "right", "asked again", "wrong"


def judged(row: dict[str, Any], heard: Heard) -> str:
    """Return what became of an answer: taken as it was meant, asked about once more, or taken for something else.

    Args:
        row: of ``fit_check.jsonl``: the question that waits (`current`), `text`, and what it means: `answers` by
            question, a `command`, `unclear`, or a `digression`.
        heard: what was understood.
    """
    wanted, command = row.get("answers") or {}, row.get("command", "")
    got = {row["current"]: UNKNOWN} if heard.command == "skip" and not command else heard.answers
    if command:
        same = heard.command == command and (command != "back" or heard.steps == row.get("steps", 1))
        skipped = command == "skip" and got == {row["current"]: UNKNOWN}
        return RIGHT if same or skipped else WRONG if got or heard.command else ASKED_AGAIN
    if row.get("unclear") or row.get("digression"):
        return WRONG if got or heard.command else RIGHT
    if got == wanted:
        return RIGHT
    if heard.command not in ("", "skip") or any(wanted.get(name) != value for name, value in got.items()):
        return WRONG
    return ASKED_AGAIN


def silently_wrong(row: dict[str, Any], heard: Heard) -> bool:
    """Tell whether an answer was taken for something else and nothing says so, as with a mere "yes" or "no"."""
    alone = set(heard.answers) == {row["current"]} and UNKNOWN not in heard.answers.values()
    return judged(row, heard) == WRONG and alone and is_plain(row["text"], heard)


def counted(rows: Iterable[dict[str, Any]]) -> Counter[str]:
    """Return how many messages came out how."""
    return Counter(judged(row, _heard(row)) for row in rows)


def _heard(row: dict[str, Any]) -> Heard:
    """Return what the check hears in a message; whom it is for is known once that was asked."""
    return understand(row["text"], row["current"], None if row["current"] == "who" else row.get("who"))


def summary(sets: Path) -> str:
    """Return a table of how the messages of ``fit_check.jsonl`` in a folder came out."""
    rows = list(read(sets / "fit_check.jsonl"))
    outcomes = counted(rows)
    silent = sum(silently_wrong(row, _heard(row)) for row in rows)
    total = sum(outcomes.values())
    return "\n".join(
        [
            "| Fit check, answers in one's own words | Result |",
            "|---|---|",
            f"| taken as meant | {share(outcomes[RIGHT], total)} |",
            f"| taken as meant, or asked about once more | {share(outcomes[RIGHT] + outcomes[ASKED_AGAIN], total)} |",
            f"| taken for something else | {share(outcomes[WRONG], total)} |",
            f"| taken for something else without saying it back | {share(silent, total)} |",
        ]
    )

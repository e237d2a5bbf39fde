"""What staff noted and no model learns from, one JSON object a line: proposals, wanted topics, messages set aside."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any, Iterable, Mapping

from helpline.authoring.errors import RefusedError

FOLDER = "data/review/notes"
# Messages of danger, and that are no danger, which one person proposed and another has not yet confirmed.
PROPOSALS = f"{FOLDER}/proposals.jsonl"
# Topics that are asked for and not there yet, with messages for them.
WANTED = f"{FOLDER}/wanted.jsonl"
# What must not be learned (again): only fingerprints, as such messages are often personal.
SET_ASIDE = f"{FOLDER}/set_aside.jsonl"


def rows(source: str | None) -> list[dict[str, Any]]:
    """Return the notes of a file (None: there is no file)."""
    return [json.loads(line) for line in (source or "").splitlines() if line.strip()]


def added(source: str | None, note: Mapping[str, Any]) -> str:
    """Return a file with one more note at its end."""
    return f"{source or ''}{_line(note)}"


def without(source: str | None, note: Mapping[str, Any]) -> str | None:
    """Return a file without a note; None where no note is left.

    Raises:
        RefusedError: if it is not there.
    """
    return replaced(source, note, [])


def replaced(source: str | None, note: Mapping[str, Any], by: Iterable[Mapping[str, Any]]) -> str | None:
    """Return a file with others in the place of a note; None where no note is left.

    Raises:
        RefusedError: if it is not there.
    """
    lines = (source or "").splitlines(keepends=True)
    for place, line in enumerate(lines):
        if line.strip() and json.loads(line) == note:
            lines[place : place + 1] = [_line(new) for new in by]
            return "".join(lines) or None
    raise RefusedError("Somebody has changed this meanwhile. Look at it again.")


def today() -> str:
    """Return the day as notes have it, in UTC."""
    return datetime.now(timezone.utc).date().isoformat()


def _line(note: Mapping[str, Any]) -> str:
    return json.dumps(note, ensure_ascii=False) + "\n"

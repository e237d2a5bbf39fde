"""What a save is about to write, noted in .git: one that was cut off before its commit is taken back by the next."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Mapping

from helpline.files import write_whole

_NOTE = "helpline-pending.json"


def note(folder: Path, files: Mapping[str, str | None]) -> None:
    """Note in the folder of git which files get which content; of the content only a hash is kept."""
    write_whole(folder / _NOTE, json.dumps({path: fingerprint(content) for path, content in files.items()}))


def noted(folder: Path) -> dict[str, str]:
    """Return the files of a save that was cut off, each with the hash of what it was to hold; empty where none was."""
    try:
        found = json.loads((folder / _NOTE).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return dict(found) if isinstance(found, dict) else {}


def clear(folder: Path) -> None:
    """Forget the note: the save has ended."""
    (folder / _NOTE).unlink(missing_ok=True)


def fingerprint(content: str | None) -> str:
    """Return the hash of a file's content; "" where there is no file."""
    return "" if content is None else hashlib.sha256(content.encode()).hexdigest()

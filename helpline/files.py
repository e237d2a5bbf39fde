"""Reading the project's YAML files, and writing files that others read at any time."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

import yaml

# libyaml where it is there: the plain loader takes ten times as long, and memory that is not given back.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: Path) -> Any:
    """Return what a YAML file holds.

    Raises:
        OSError: if it cannot be read.
        yaml.YAMLError: if it is not YAML.
    """
    return yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a reader finds the old content or the new one, never a part, also after a power cut.

    Raises:
        OSError: if it cannot be written; the old file stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with new.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

"""The widget's scripts from before an update, for sites whose snippet names one by its hash.

A browser refuses a script with another hash than the snippet's `integrity`: without the earlier script, every update
would take the chat away from such sites until they copy the snippet again.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Iterable

from helpline.channels.files import read_file
from helpline.files import write_whole

logger = logging.getLogger(__name__)

_VERSION = re.compile(r"[0-9a-f]{16}")


def keep(folder: Path, scripts: Iterable[Path]) -> None:
    """Keep a copy of each script under its version; one that is not built, or cannot be kept, is left out."""
    for script in scripts:
        try:
            file = read_file(script)
            kept = earlier(folder, script.name, file.version)
            if not kept.exists():
                # Whole or not at all: another server may start at the same moment.
                write_whole(kept, file.content.decode("utf-8"))
        except FileNotFoundError:
            continue
        except OSError as error:
            logger.warning("%s cannot be kept for sites that name it by its hash: %s", script.name, error)


def earlier(folder: Path, name: str, version: str) -> Path:
    """Return where the script `name` of a version is kept, if it is.

    Raises:
        FileNotFoundError: if `version` is none.
    """
    if not _VERSION.fullmatch(version):
        raise FileNotFoundError(version)
    return folder / f"{version}.{name}"

"""Programs of the system that these tests need: a browser and Node.js."""

from __future__ import annotations

import os
import shutil
import subprocess


def program(names: tuple[str, ...], packages: tuple[str, ...]) -> str | None:
    """Return the path of the first program there is, installing Debian packages where that can be done, or None."""
    found = next(filter(None, map(shutil.which, names)), None)
    if found or not shutil.which("apt-get") or os.geteuid() != 0:
        return found
    for command in (["update", "-qq"], ["install", "-y", "-qq", *packages]):
        subprocess.run(["apt-get", *command], capture_output=True, check=False, timeout=600)
    return next(filter(None, map(shutil.which, names)), None)

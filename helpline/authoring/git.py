"""Runs git in the project's folder and says in plain words what it refused."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from helpline.authoring.errors import RefusedError

BUSY = (
    "git is busy in this folder. Try again in a moment. If it stays like this, somebody who knows git must look "
    "whether .git/index.lock was left behind."
)


def run(root: Path, *arguments: str, check: bool = True, person: str = "", text: str | None = None) -> str:
    """Return what git prints; "" where it failed and `check` is False.

    Args:
        root: the folder to run it in.
        arguments: of git.
        check: whether its failure is one here.
        person: author and committer of what it makes.
        text: its input.

    Raises:
        RefusedError: if it is not installed, or fails.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    if person:
        address = f"{re.sub(r'[^a-z0-9]+', '.', person.lower()).strip('.') or 'staff'}@staff.invalid"
        for role in ("AUTHOR", "COMMITTER"):
            environment |= {f"GIT_{role}_NAME": person, f"GIT_{role}_EMAIL": address}
    environment |= {"LC_ALL": "C.UTF-8", "GIT_TERMINAL_PROMPT": "0"}
    command = ["git", "-c", "core.quotePath=false", "-c", "color.ui=false", "--literal-pathspecs", *arguments]
    try:
        result = subprocess.run(
            command, cwd=root, env=environment, input=text or "", capture_output=True, encoding="utf-8"
        )
    except FileNotFoundError as error:
        raise RefusedError("git is not installed here; staff's changes are kept in it.") from error
    if check and result.returncode:
        raise RefusedError(_explained(result.stderr))
    return result.stdout if not result.returncode else ""


def _explained(message: str) -> str:
    if "not a git repository" in message:
        return "This folder is not under git, where staff's changes are kept. Run `git init` and commit it first."
    if "index.lock" in message:
        return BUSY
    return f"git refused: {' '.join(message.split())[:300]}"

"""A small project under git: a part of the real data, as a member of staff finds it."""

import shutil
import subprocess
from pathlib import Path

from helpline.settings import ROOT

# Of long files the first lines do.
_FIRST_LINES = {
    "domain.yml": 63,
    "data/nlu/follow_ups.yml": 39,
    "data/nlu/off_topic.yml": 40,
    "data/crisis/suicide_active.yml": 60,
}
_PARTS = (
    *_FIRST_LINES,
    "data/document.yml",
    "data/numbers.yml",
    "data/rules",
    "data/nlu/smalltalk.yml",
    *(f"data/faq/{name}.yml" for name in ("medicaid", "insurance", "cost_help", "sliding_scale", "uninsured_grants")),
    *(f"data/not_covered/{name}.yml" for name in ("price", "detox")),
    "tests/heldout/singles.jsonl",
)


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=operator", "-c", "user.email=operator@example.org", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def make_project(folder: Path) -> Path:
    """Copy the files into `folder`, commit them, and return it."""
    for part in _PARTS:
        source, target = ROOT / part, folder / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if part in _FIRST_LINES:
            lines = source.read_text(encoding="utf-8").splitlines(keepends=True)
            target.write_text("".join(lines[: _FIRST_LINES[part]]), encoding="utf-8")
        else:
            (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=As it comes")
    return folder

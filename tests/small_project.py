"""A small project under git: a part of the real data, as a member of staff finds it."""

import shutil
import subprocess
from pathlib import Path

from helpline.settings import ROOT

_PARTS = (
    "domain.yml",
    "data/document.yml",
    "data/numbers.yml",
    "data/rules",
    "data/nlu/follow_ups.yml",
    "data/nlu/off_topic.yml",
    "data/nlu/smalltalk.yml",
    *(f"data/faq/{name}.yml" for name in ("medicaid", "insurance", "cost_help", "sliding_scale", "uninsured_grants")),
    *(f"data/not_covered/{name}.yml" for name in ("price", "detox")),
    "data/crisis/suicide_active.yml",
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
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=As it comes")
    return folder

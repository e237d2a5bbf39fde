"""Checks of the project's files beside training: Rasa's own, our lints, the fit check, test conversations."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from helpline.files import read_yaml
from helpline.publishing.verdict import Check
from helpline.settings import ROOT
from helpline.training import GIVING_WAY

_LINTS = ("data", "facts", "words", "crisis_words", "fit_check_words")
_FIT_CHECK = "tests/helpline/fit_check/test_fit_check_rules.py"
_CONVERSATIONS = ROOT / "tests" / "conversations"
# Seconds; each takes half a minute on a quiet machine.
_LONGEST = 900
# What follows danger, wherever it comes up; the rules in data/rules/crisis.yml say so too.
_AFTER_DANGER = {"crisis": "utter_crisis", "crisis_follow_up": "utter_crisis_follow_up", "support": "utter_support"}


def danger_goes_first(root: Path = ROOT) -> Check:
    """Return whether each rule and story answers danger with the numbers."""
    wrong = []
    for path in sorted((root / "data").rglob("*.yml")):
        content = read_yaml(path)
        for kind in ("rules", "stories"):
            for block in (content.get(kind) or []) if isinstance(content, dict) else []:
                steps = block.get("steps") or []
                for step, after in zip(steps, [*steps[1:], {}], strict=True):
                    wanted = _AFTER_DANGER.get(str(step.get("intent", "")).split("/")[0])
                    if wanted and str(after.get("action", "")).split("/")[0] != wanted:
                        name = block.get("rule") or block.get("story") or "?"
                        wrong.append(f"{path.relative_to(root)}: {name!r} answers danger with {after.get('action')!r}")
    return Check("Rules and stories put danger first", not wrong, "all do" if not wrong else "not all", tuple(wrong))


def valid() -> Check:
    """Return what `rasa data validate` says of domain, rules and examples; half a minute."""
    ended = _run("rasa", "data", "validate", "--max-history", "5")
    printed = ended.stdout + ended.stderr
    fine = ended.returncode == 0 and "No story structure conflicts found" in printed
    faults = tuple(dict.fromkeys(_plain(line) for line in printed.splitlines() if _tells(line)))
    return Check("Rasa finds the data valid", fine, "valid" if fine else "not valid", () if fine else faults[-5:])


def lints() -> list[Check]:
    """Return what our own tests of data/ say, and the proof over all answers of the fit check."""
    files = [f"tests/project/test_{name}.py" for name in _LINTS]
    return [_tests("The words and examples keep our rules", files), _tests("The fit check decides well", [_FIT_CHECK])]


def conversations(model: Path) -> Check:
    """Return whether a model passes Rasa's own test of conversations; half a minute."""
    stories = sum(path.read_text(encoding="utf-8").count("- story:") for path in _CONVERSATIONS.glob("test_*.yml"))
    with TemporaryDirectory() as folder:
        ended = _run(
            *("rasa", "test", "core", "--e2e", "--fail-on-prediction-errors", "--no-plot"),
            *("--stories", str(_CONVERSATIONS), "--model", str(model), "--out", folder),
        )
        failed = _failed_stories(Path(folder))
    played = f"Evaluating {stories} stories" in ended.stdout + ended.stderr
    fine = ended.returncode == 0 and played
    found = f"{stories} played" if fine else "failed" if played else "could not be played"
    return Check("Test conversations", fine, found, () if fine else failed)


def probes(model: Path) -> list[Check]:
    """Return what came of a model under faults and on every channel."""
    ended = _run("helpline.publishing.probe", str(model))
    try:
        found = json.loads(ended.stdout.splitlines()[-1])
        return [Check(**{**check, "named": tuple(check["named"])}) for check in found]
    except (IndexError, ValueError, TypeError, KeyError):
        return [Check("The last look", False, "the model cannot be tried", _last(ended.stderr))]


def _tests(name: str, files: list[str]) -> Check:
    ended = _run("pytest", "--no-header", "--tb=line", "-rf", *files)
    failed = tuple(_plain(line) for line in ended.stdout.splitlines() if line.startswith(("FAILED", "ERROR")))
    last = next((line for line in reversed(ended.stdout.splitlines()) if " passed" in line or " failed" in line), "")
    found = re.sub(r" in [\d.]+s.*|=+ ?|, \d+ (deselected|warnings?)", "", last).strip()
    found = found or ("all hold" if ended.returncode == 0 else "could not be run")
    return Check(name, ended.returncode == 0, found, failed or (() if ended.returncode == 0 else _last(ended.stdout)))


def _run(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        # Lines that are read, not shown.
        "NO_COLOR": "1",
        "COLUMNS": "1000",
    }
    command = [*GIVING_WAY, sys.executable, "-m", module, *arguments]
    try:
        return subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_LONGEST,
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", f"It took longer than {_LONGEST} s.")


def _failed_stories(folder: Path) -> tuple[str, ...]:
    path = folder / "failed_test_stories.yml"
    names = re.findall(r"- story: (.+)", path.read_text(encoding="utf-8")) if path.is_file() else []
    return tuple(names)


def _tells(line: str) -> bool:
    return any(word in line for word in ("Error", "ERROR", "WARNING", "UserWarning", "conflict", "Exception"))


def _plain(line: str) -> str:
    return re.sub(r"\x1b\[[\d;]*m", "", line).strip()[:500]


def _last(text: str) -> tuple[str, ...]:
    lines = [_plain(line) for line in text.splitlines() if line.strip()]
    return tuple(lines[-1:])

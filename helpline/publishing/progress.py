"""How far a training with its gate has come: read from Rasa's lines, kept in a file for the console and the CLI."""

from __future__ import annotations

import json
import re
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Callable

from helpline.files import write_whole

RUNNING, DONE, FAILED, CANCELLED = "running", "done", "failed", "cancelled"
# The steps with the share of the whole time that each takes.
CHECK, TRAIN, PLAY, REPORT = "Checking the files", "Training", "Playing the test messages", "Writing the report"
STEPS = {CHECK: 0.03, TRAIN: 0.57, PLAY: 0.37, REPORT: 0.03}
# What Rasa trains, with the share of the training that each takes.
_COMPONENTS = {
    "SentenceEncoder": (0.25, "reading the examples"),
    "CrisisDetector": (0.35, "learning danger"),
    "TopicClassifier": (0.40, "learning topics"),
}
_LINE = re.compile(r"(Starting to train|Finished training|Restored) component '(\w+)'")
# Seconds between writes while only the share changes.
_EVERY = 0.5


@dataclass(frozen=True)
class State:
    """How far it has come.

    Attributes:
        state: one of `RUNNING`, `DONE`, `FAILED`, `CANCELLED`.
        by: who started it.
        started, ended: seconds since 1970; `ended` is 0 while it runs.
        step: one of `STEPS`.
        detail: what within the step.
        share: of the whole, 0 to 1.
        model: the candidate, once it is trained.
        message: how it ended, a sentence.
        process: id of the process, which leads a group of its own.
    """

    state: str
    by: str
    started: float
    process: int
    ended: float = 0.0
    step: str = CHECK
    detail: str = ""
    share: float = 0.0
    model: str = ""
    message: str = ""

    @property
    def seconds(self) -> int:
        """How long it has taken so far, or took."""
        return max(0, round((self.ended or time.time()) - self.started))

    def described(self) -> dict[str, Any]:
        """Return it as plain values for JSON."""
        return {**asdict(self), "seconds": self.seconds}


class Training:
    """Tells from Rasa's lines how far a training has come."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self.share = 0.0
        self.detail = "starting"

    def hear(self, line: str) -> bool:
        """Take a line in and tell whether it changed anything."""
        match = _LINE.search(line)
        if match is None or match[2] not in _COMPONENTS:
            return False
        part, self.detail = _COMPONENTS[match[2]]
        if match[1] != "Starting to train":
            self.share = min(1.0, self.share + part)
        return True


class Progress:
    """Writes the state to a file, and says each new step."""

    def __init__(
        self, file: Path, state: State, say: Callable[[str], None] = lambda text: None, trains: bool = True
    ) -> None:
        """Take where it goes, how it begins, who else hears of new steps, and whether a training is part of it."""
        self._file = file
        self._steps = {name: share for name, share in STEPS.items() if trains or name != TRAIN}
        self._say = say
        self._written = 0.0
        self.state = state
        self._write()

    def step(self, name: str, detail: str = "") -> None:
        """Begin a step."""
        self.state = replace(self.state, step=name, detail=detail, share=self._whole(name, 0.0))
        self._say(f"{name} …")
        self._write()

    def within(self, share: float, detail: str | None = None) -> None:
        """Say how far the step has come, 0 to 1."""
        whole = self._whole(self.state.step, share)
        new = replace(self.state, share=whole, detail=self.state.detail if detail is None else detail)
        changed, self.state = new.detail != self.state.detail, new
        if changed or time.monotonic() - self._written > _EVERY:
            self._write()

    def trained(self, model: str) -> None:
        """Name the candidate."""
        self.state = replace(self.state, model=model)
        self._write()

    def end(self, state: str, message: str) -> None:
        """Say how it ended."""
        share = 1.0 if state == DONE else self.state.share
        self.state = replace(self.state, state=state, message=message, ended=time.time(), share=share)
        self._write()

    def _whole(self, step: str, share: float) -> float:
        names = list(self._steps)
        done = sum(self._steps[name] for name in names[: names.index(step)])
        return (done + self._steps[step] * share) / sum(self._steps.values())

    def _write(self) -> None:
        self._written = time.monotonic()
        write_whole(self._file, json.dumps(asdict(self.state)) + "\n")


def read(file: Path) -> State | None:
    """Return the state in a file, None where there is none."""
    try:
        return State(**json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None

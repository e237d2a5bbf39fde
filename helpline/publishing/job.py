"""One training with its gate at a time, in a process group of its own: started, watched and cancelled from outside."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Callable, Iterator

from helpline import training
from helpline.publishing import models, progress
from helpline.publishing.models import ModelError, Record
from helpline.publishing.progress import CANCELLED, DONE, FAILED, RUNNING, Progress, State
from helpline.settings import ROOT
from helpline.training import GIVING_WAY, TrainingError

# Seconds that a new job has to write its first state; Python itself takes a while on a busy machine.
_BEGINS_WITHIN = 60.0
_POLL = 0.2


class JobError(RuntimeError):
    """A training cannot be started or cancelled; the message says why."""


def start(by: str, model: str | None = None) -> None:
    """Start a training with its gate beside this process, or the gate for a model, and return once it has begun.

    Raises:
        JobError: if one runs already or it does not begin.
        ModelError: if there is no such model; how the last job ended is still told.
    """
    if running() is not None:
        raise JobError("A training runs already.")
    if model is not None:
        models.archive(model)
    training.MODELS.mkdir(exist_ok=True)
    before = progress.read(_file())
    # What a cancelled training left behind goes away with the next one.
    work = training.MODELS / ".work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    log = training.MODELS / ".job.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*GIVING_WAY, sys.executable, "-m", "helpline.publishing.job", by, *([model] if model else [])],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(work)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # It leads a group, so that all of it can be cancelled at once, and outlives the console.
            start_new_session=True,
        )
    deadline = time.monotonic() + _BEGINS_WITHIN
    while progress.read(_file()) == before:
        if process.poll() is not None or time.monotonic() > deadline:
            raise JobError(f"The training did not begin: see {log}.")
        time.sleep(_POLL)
    # Else it stays a zombie once it has ended.
    threading.Thread(target=process.wait, daemon=True).start()


def watch(say: Callable[[str], None]) -> State:
    """Wait until the training ends, say each new step, and return how it ended; Ctrl-C cancels it."""
    said = ""
    try:
        while True:
            state = latest()
            if state is None:
                raise JobError("No training runs.")
            if state.state != RUNNING:
                return state
            words = f"{state.step}: {state.detail}" if state.detail else state.step
            if words != said:
                said = words
                say(f"{state.seconds:4d} s  {100 * state.share:3.0f} %  {words}")
            time.sleep(_POLL)
    except KeyboardInterrupt:
        cancel()
        time.sleep(_POLL)
        raise


def cancel() -> None:
    """Cancel the training that runs.

    Raises:
        JobError: if none runs.
    """
    state = running()
    if state is None:
        raise JobError("No training runs.")
    try:
        os.kill(state.process, signal.SIGTERM)
    except ProcessLookupError as error:
        raise JobError("No training runs.") from error


def latest() -> State | None:
    """Return how far the training is that runs, or how the last one ended; None before the first."""
    state = progress.read(_file())
    if state is None or state.state != RUNNING or _is_locked():
        return state
    return replace(state, state=FAILED, ended=state.ended or time.time(), message="It was stopped from outside.")


def running() -> State | None:
    """Return the state of the training that runs, None where none does."""
    state = latest()
    return state if state is not None and state.state == RUNNING else None


def outcome(record: Record) -> str:
    """Return in a sentence what the gate said."""
    verdict = record.verdict
    if verdict is not None and verdict.passed:
        return f"{record.model} may be published."
    return f"The gate stopped {record.model}: " + " ".join(verdict.stops if verdict else ())


def _run(by: str, model: str | None) -> None:
    """Do the job in this process, which leads a group of its own."""
    # The console reads states too, and needs nothing of what the gate needs.
    from helpline.publishing import gate

    with _alone():
        watched = Progress(_file(), State(RUNNING, by, time.time(), os.getpid()), trains=model is None)

        def cancelled(*_: object) -> None:
            watched.end(CANCELLED, "Cancelled. The live model is unchanged.")
            # With all that it started; nothing of it is needed any more.
            os.killpg(0, signal.SIGKILL)

        signal.signal(signal.SIGTERM, cancelled)
        try:
            record = gate.check(models.record_of(model), watched) if model else gate.make(watched)
        except (TrainingError, ModelError) as error:
            watched.end(FAILED, str(error))
        except BaseException as error:
            watched.end(FAILED, f"It stopped for a fault in the program ({type(error).__name__}: {error}).")
            raise
        else:
            watched.end(DONE, outcome(record))


@contextmanager
def _alone() -> Iterator[None]:
    training.MODELS.mkdir(exist_ok=True)
    with _lock_file().open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise JobError("A training runs already.") from error
        yield


def _is_locked() -> bool:
    try:
        with _lock_file().open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    return False


def _file() -> Path:
    return training.MODELS / "job.json"


def _lock_file() -> Path:
    return training.MODELS / ".job.lock"


if __name__ == "__main__":
    _run(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None)

"""Plays test cases through a model, in processes of their own that give way to visitors: two at a time."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Callable, Sequence

from helpline.evaluation.replies import load, play_through
from helpline.evaluation.sets import Turn
from helpline.publishing.cases import Case, Outcome, Results, judge
from helpline.settings import ROOT
from helpline.training import GIVING_WAY

_AT_ONCE = 2
# Below this many, loading the model twice takes longer than playing.
_WORTH_TWO = 600
_STEP = 50


class PlayError(RuntimeError):
    """A model could not be played; the message says why."""


def play(model: Path, cases: Sequence[Case], tell: Callable[[float], None] = lambda share: None) -> Results:
    """Return what became of each case.

    Args:
        model: the archive.
        cases: what to play.
        tell: gets the share that is done, 0 to 1, now and then.

    Raises:
        PlayError: if the model cannot be loaded or fails.
    """
    if not cases:
        return {}
    parts = _AT_ONCE if len(cases) >= _WORTH_TWO else 1
    done = [0] * parts
    lock = threading.Lock()

    def part(place: int) -> Results:
        def count(number: int) -> None:
            with lock:
                done[place] = number
                tell(sum(done) / len(cases))

        return _in_a_process(model, cases[place::parts], count)

    with ThreadPoolExecutor(max_workers=parts) as pool:
        found = list(pool.map(part, range(parts)))
    return {key: outcome for results in found for key, outcome in results.items()}


def _in_a_process(model: Path, cases: Sequence[Case], count: Callable[[int], None]) -> Results:
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "cases.json").write_text(json.dumps([asdict(case) for case in cases]), encoding="utf-8")
        command = [*GIVING_WAY, sys.executable, "-W", "ignore", "-m", "helpline.publishing.play"]
        with subprocess.Popen(
            [*command, str(model), name], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            errors: list[str] = []
            reader = threading.Thread(target=lambda: errors.extend(process.stderr or ()))
            reader.start()
            for line in process.stdout or ():
                if line.strip().isdigit():
                    count(int(line))
            reader.join()
        if process.returncode:
            last = next((line.strip() for line in reversed(errors) if line.strip()), "no message")
            raise PlayError(f"{model.name} cannot be played: {last}")
        outcomes = json.loads((folder / "outcomes.json").read_text(encoding="utf-8"))
        return {key: Outcome(**outcome) for key, outcome in outcomes.items()}


def _case(content: dict[str, Any]) -> Case:
    facts = tuple(tuple(tuple(names) for names in questions) for questions in content["facts"])
    return Case(content["of"], tuple(content["turns"]), facts, content["label"])


def _main(model: Path, folder: Path) -> None:
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)
    cases = [_case(content) for content in json.loads((folder / "cases.json").read_text(encoding="utf-8"))]
    processor = load(model)
    outcomes: dict[str, Any] = {}
    for begin in range(0, len(cases), _STEP):
        some = cases[begin : begin + _STEP]
        conversations: list[list[Turn]] = [case.conversation() for case in some]
        for case, replies in zip(some, asyncio.run(play_through(processor, conversations)), strict=True):
            outcomes[case.key] = asdict(judge(case, replies))
        print(len(outcomes), flush=True)
    (folder / "outcomes.json").write_text(json.dumps(outcomes), encoding="utf-8")


if __name__ == "__main__":
    _main(Path(sys.argv[1]), Path(sys.argv[2]))

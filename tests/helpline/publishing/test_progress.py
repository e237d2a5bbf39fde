from __future__ import annotations

import os
from pathlib import Path

from helpline.publishing.progress import (
    CHECK,
    DONE,
    FAILED,
    PLAY,
    REPORT,
    RUNNING,
    STEPS,
    TRAIN,
    Progress,
    State,
    Training,
    read,
)

LINES = """
2026-11-29 04:16:17 INFO     rasa.engine.training.hooks  - Starting to train component 'SentenceEncoder'.
2026-11-29 04:16:52 INFO     rasa.engine.training.hooks  - Finished training component 'SentenceEncoder'.
2026-11-29 04:17:46 INFO     rasa.engine.training.hooks  - Starting to train component 'CrisisDetector'.
2026-11-29 04:18:44 INFO     rasa.engine.training.hooks  - Finished training component 'CrisisDetector'.
2026-11-29 04:18:44 INFO     rasa.engine.training.hooks  - Starting to train component 'TopicClassifier'.
2026-11-29 04:21:15 INFO     rasa.engine.training.hooks  - Restored component 'TopicClassifier' from cache.
2026-11-29 04:21:15 INFO     rasa.engine.training.hooks  - Starting to train component 'IntentRulePolicy'.
""".strip().splitlines()


def begun(tmp_path: Path) -> Progress:
    return Progress(tmp_path / "job.json", State(RUNNING, "edda", 1000.0, os.getpid()))


def test_the_share_grows_with_rasas_lines() -> None:
    training, shares, details = Training(), [], []
    for line in LINES:
        training.hear(line)
        shares.append(round(training.share, 2))
        details.append(training.detail)
    assert shares == [0, 0.25, 0.25, 0.6, 0.6, 1.0, 1.0]
    assert details[0] == "reading the examples"
    assert details[-1] == "learning topics"
    assert not training.hear("Epochs: 100%")


def test_the_steps_make_up_the_whole() -> None:
    assert round(sum(STEPS.values()), 6) == 1
    assert list(STEPS) == [CHECK, TRAIN, PLAY, REPORT]


def test_the_state_is_written_for_others(tmp_path: Path) -> None:
    said: list[str] = []
    progress = Progress(tmp_path / "job.json", State(RUNNING, "edda", 1000.0, 1), said.append)
    progress.step(TRAIN)
    progress.within(0.5, "learning danger")
    state = read(tmp_path / "job.json")
    assert state is not None
    assert (state.step, state.detail, round(state.share, 3)) == (TRAIN, "learning danger", 0.315)
    assert said == ["Training …"]
    progress.trained("iop-1.tar.gz")
    progress.end(DONE, "It may be published.")
    state = read(tmp_path / "job.json")
    assert (state.state, state.model, state.message, state.share) == (DONE, "iop-1.tar.gz", "It may be published.", 1)
    assert state.described()["seconds"] == state.seconds > 0


def test_a_gate_without_a_training_begins_at_nothing_and_ends_at_the_whole(tmp_path: Path) -> None:
    progress = Progress(tmp_path / "job.json", State(RUNNING, "edda", 1000.0, 1), trains=False)
    progress.step(PLAY)
    assert progress.state.share < 0.1
    progress.step(REPORT)
    progress.within(1.0)
    assert round(progress.state.share, 6) == 1


def test_a_failed_job_keeps_how_far_it_came(tmp_path: Path) -> None:
    progress = begun(tmp_path)
    progress.step(PLAY)
    progress.end(FAILED, "No.")
    assert read(tmp_path / "job.json").share == STEPS[CHECK] + STEPS[TRAIN]


def test_there_is_no_state_without_a_sound_file(tmp_path: Path) -> None:
    assert read(tmp_path / "job.json") is None
    for content in ("", "[]", '{"state": "running"}'):
        (tmp_path / "job.json").write_text(content)
        assert read(tmp_path / "job.json") is None

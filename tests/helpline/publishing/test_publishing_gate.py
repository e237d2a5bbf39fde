"""What the gate plays and compares: a live model that cannot be compared stops it, an empty test set too."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from model_files import write_model

from helpline.publishing import cases, frozen, gate, history, models, play, progress, project_checks, report
from helpline.publishing.cases import Case, Outcome
from helpline.publishing.models import ModelError, Record
from helpline.training import LiveModel, name_live

CASES = [Case(of, (of,)) for of in (cases.CRISIS, cases.EXPLICIT, cases.NEAR_MISSES)]
EXAMPLES = {("faq/cost", "what does it cost"), ("crisis/self_harm", "i cut myself")}
COMPARED = "The live model could be compared"


def played(model: Path, wanted: list[Case], tell: object = None) -> dict[str, Outcome]:
    return {case.key: Outcome(case.of, case.text, True, True, False, "") for case in wanted}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is played, and there are three cases."""
    monkeypatch.setattr(play, "play", played)
    monkeypatch.setattr(cases, "all_cases", lambda: CASES)
    monkeypatch.setattr(cases, "frozen_cases", lambda: CASES)
    monkeypatch.setattr(history, "reviewed", dict)
    monkeypatch.setattr(models, "read_examples", lambda: EXAMPLES)
    monkeypatch.setattr(frozen, "LIST", tmp_path / "frozen_cases.txt")
    frozen.renew(CASES)


def add(folder: Path, name: str) -> Record:
    write_model(folder / f"{name}.tar.gz", content=name.encode())
    return models.register(LiveModel(f"{name}.tar.gz", name, "2026"))


@pytest.fixture
def live(folder: Path) -> LiveModel:
    record = add(folder, "live")
    live = LiveModel(record.model, "live", "2026", record.sha256)
    name_live(live)
    return live


def failed(record: Record, live: LiveModel | None) -> dict[str, str]:
    checks, _, _ = gate._played(record, live, lambda share: None)
    return {check.name: check.stop for check in checks if not check.passed}


def test_a_candidate_that_does_as_well_passes_with_and_without_a_live_model(folder: Path, live: LiveModel) -> None:
    assert failed(add(folder, "new"), live) == {}
    assert failed(add(folder, "first"), None) == {}


def test_emptied_test_sets_stop_it_though_nothing_is_known_of_the_live_model(
    folder: Path, live: LiveModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    for left in (CASES[2:], []):
        monkeypatch.setattr(cases, "all_cases", lambda left=left: left)
        monkeypatch.setattr(cases, "frozen_cases", lambda left=left: left)
        found = failed(add(folder, "new"), live)
        assert {"Frozen test cases", "Danger is heard", "Plain words of danger"} <= found.keys()


def test_a_live_model_that_cannot_be_played_stops_it(
    folder: Path, live: LiveModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(model: Path, wanted: list[Case], tell: object = None) -> dict[str, Outcome]:
        if model == live.path:
            raise play.PlayError("live.tar.gz cannot be played: no such class")
        return played(model, wanted)

    monkeypatch.setattr(play, "play", broken)
    found = failed(add(folder, "new"), live)
    assert list(found) == [COMPARED]
    assert "no such class. If it cannot be helped" in found[COMPARED]


@pytest.mark.parametrize("whose", ["live", "new"])
def test_examples_that_were_not_kept_stop_it(folder: Path, live: LiveModel, whose: str) -> None:
    record = add(folder, "new")
    (folder / f"{whose}.examples.json.gz").unlink()
    assert f"what {whose}.tar.gz was trained on was not kept" in failed(record, live)[COMPARED]


def test_a_live_model_without_a_shape_stops_it(folder: Path, live: LiveModel, monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(name: str) -> Record:
        raise ModelError(f"{name} is damaged")

    record = add(folder, "new")
    monkeypatch.setattr(models, "record_of", damaged)
    assert "live.tar.gz is damaged" in failed(record, live)[COMPARED]


def test_an_example_that_two_people_took_out_need_not_be_heard(
    folder: Path, live: LiveModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deaf(model: Path, wanted: list[Case], tell: object = None) -> dict[str, Outcome]:
        found = played(model, wanted)
        hears = model == live.path
        return {key: replace(ran, right=hears or ran.of != cases.DELETED) for key, ran in found.items()}

    monkeypatch.setattr(play, "play", deaf)
    monkeypatch.setattr(models, "read_examples", lambda: {("faq/cost", "what does it cost")})
    record = add(folder, "new")
    assert "'i cut myself'" in failed(record, live)["Danger is heard"]
    monkeypatch.setattr(history, "reviewed", lambda: {"i cut myself": True})
    assert failed(record, live) == {}


def test_the_files_are_checked_before_anything_is_played(
    folder: Path, live: LiveModel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    steps = []
    watched = progress.Progress(
        tmp_path / "job.json", progress.State(progress.RUNNING, "edda", 0.0, 1), steps.append, trains=False
    )
    monkeypatch.setattr(gate, "_files", lambda: steps.append("files") or [])
    monkeypatch.setattr(project_checks, "probes", lambda path: [gate.Check("The last look", False, "no")])
    monkeypatch.setattr(gate, "_replayed", lambda *_: [])
    monkeypatch.setattr(report, "FOLDER", gate.ROOT / "results" / "gate")
    monkeypatch.setattr(report, "write", lambda *_: None)
    gate.check(add(folder, "new"), watched)
    assert steps == ["Checking the files …", "files", "Playing the test messages …", "Writing the report …"]

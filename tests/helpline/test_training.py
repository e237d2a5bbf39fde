from __future__ import annotations

import io
import json
import sys
import tarfile
from pathlib import Path

import pytest

from helpline import training
from helpline.training import LiveModel, fingerprint, is_current, live_model, make_servable


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with one file of each kind that a model is trained on."""
    for name in ("config.yml", "domain.yml", "data/faq/a.yml", "data/faq/b.yml", "helpline/nlu/text.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


@pytest.fixture
def live_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(training, "MODELS", tmp_path)
    monkeypatch.setattr(training, "LIVE", tmp_path / "live.json")
    return tmp_path / "live.json"


@pytest.mark.parametrize("name", ["config.yml", "domain.yml", "data/faq/b.yml", "data/new.yml", "helpline/nlu/text.py"])
def test_the_fingerprint_changes_with_every_file_that_training_reads(project: Path, name: str) -> None:
    before = fingerprint(project)
    (project / name).write_text("changed")
    assert fingerprint(project) != before


def test_the_fingerprint_sees_a_renamed_file(project: Path) -> None:
    before = fingerprint(project)
    (project / "data/faq/b.yml").rename(project / "data/faq/c.yml")
    assert fingerprint(project) != before


@pytest.mark.parametrize("name", ["README.md", "helpline/nlu/__pycache__/text.pyc", "helpline/server.py"])
def test_the_fingerprint_ignores_what_training_does_not_read(project: Path, name: str) -> None:
    before = fingerprint(project)
    (project / name).parent.mkdir(exist_ok=True)
    (project / name).write_text("anything")
    assert fingerprint(project) == before


def test_rasas_notes_on_the_fit_check_are_left_out_and_no_others(
    live_file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    note = (
        "\x1b[93m/x/rasa/shared/utils/io.py:99: UserWarning: Your training data contains an example 'do i need th...' "
        "for the '{}' intent. You either need to add a response phrase or correct the intent for this example."
    )
    lines = [note.format("fit_check/start"), "Epochs: 1", note.format("faq/cost"), "UserWarning: fit_check/start"]
    script = tmp_path / "rasa.py"
    script.write_text(f"print({chr(10).join(lines)!r})\nraise SystemExit(1)\n")
    monkeypatch.setattr(training, "RASA_TRAIN", (sys.executable, str(script)))
    heard: list[str] = []
    with pytest.raises(training.TrainingError):
        training.train(heard.append)
    assert heard == lines[1:]


def test_the_live_model_is_the_one_in_the_file(live_file: Path) -> None:
    (live_file.parent / "m.tar.gz").touch()
    live_file.write_text(json.dumps({"model": "m.tar.gz", "data_sha256": "0", "trained_at": "now"}))
    live = live_model()
    assert live == LiveModel("m.tar.gz", "0", "now")
    assert live.path == live_file.parent / "m.tar.gz"


@pytest.mark.parametrize(
    "content",
    [None, "", "{", "[]", '{"model": "gone.tar.gz"}', '{"model": "gone.tar.gz", "data_sha256": "0", "trained_at": ""}'],
    ids=["no file", "empty", "cut short", "no object", "fields missing", "archive gone"],
)
def test_there_is_no_live_model_without_a_sound_file_and_archive(live_file: Path, content: str | None) -> None:
    if content is not None:
        live_file.write_text(content)
    assert live_model() is None


def test_a_model_is_current_for_the_data_that_it_was_trained_on() -> None:
    assert is_current(LiveModel("m", fingerprint(), ""))
    assert not is_current(LiveModel("m", "other", ""))
    assert not is_current(None)


def test_making_a_model_servable_takes_out_the_training_graph_only(tmp_path: Path) -> None:
    archive = tmp_path / "model.tar.gz"
    metadata = {"train_schema": {"nodes": {"a": 1}}, "predict_schema": {"nodes": {"b": 2}}, "model_id": "x"}
    files = {"metadata.json": json.dumps(metadata).encode(), "components/topics/topics.joblib": b"\x00weights"}
    with tarfile.open(archive, "w:gz") as tar:
        folder = tarfile.TarInfo("components")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    make_servable(archive)
    with tarfile.open(archive) as tar:
        assert tar.getnames() == ["components", *files]
        slim = json.load(tar.extractfile("metadata.json"))
        assert tar.extractfile("components/topics/topics.joblib").read() == b"\x00weights"
    assert slim == {**metadata, "train_schema": {"nodes": {}}}
    assert list(tmp_path.iterdir()) == [archive]

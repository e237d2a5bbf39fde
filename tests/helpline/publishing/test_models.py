from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from model_files import write_model

from helpline.publishing import models
from helpline.publishing.models import ModelError, Shape, Verdict
from helpline.training import LiveModel, live_model, name_live

SHAPE = Shape(
    {"crisis_seen": "bool", "fit_check": "any"},
    ("fit_check_form",),
    ("action_escalate_crisis", "utter_crisis/self_harm", "utter_faq"),
    ("utter_faq/cost", "utter_not_covered/price"),
)


def test_the_shape_is_read_from_the_archive(folder: Path) -> None:
    assert models.shape_of(write_model(folder / "a.tar.gz")) == SHAPE


@pytest.mark.parametrize("damage", ["cut", "no archive", "no metadata", "empty"])
def test_a_damaged_archive_is_no_model(folder: Path, damage: str) -> None:
    path = write_model(folder / "a.tar.gz", content=os.urandom(20_000))
    whole = path.read_bytes()
    if damage == "no metadata":
        write_model(path, {"slots": []})
        path.write_bytes(path.read_bytes()[:-40])
    else:
        path.write_bytes({"cut": whole[:5000], "no archive": b"model", "empty": b""}[damage])
    with pytest.raises(ModelError, match="damaged"):
        models.shape_of(path)


@pytest.mark.parametrize("name", ["", "no.tar.gz", "../a.tar.gz", "/etc/passwd", "live.json", ".tar.gz", "a/b.tar.gz"])
def test_only_names_of_models_at_hand_are_models(folder: Path, name: str) -> None:
    write_model(folder.parent / "a.tar.gz")
    with pytest.raises(ModelError):
        models.archive(name)


def test_a_record_is_kept_and_read_again(folder: Path) -> None:
    write_model(folder / "a.tar.gz")
    record = models.register(LiveModel("a.tar.gz", "data", "2026-11-29"))
    assert models.record_of("a.tar.gz") == record
    assert record.shape == SHAPE
    judged = replace(record, verdict=Verdict(False, "now", "abc", "results/gate/a", ("It misses one.",)))
    models.keep(judged)
    assert models.record_of("a.tar.gz") == judged
    assert models.known() == [judged]
    assert ("faq/medicaid" in {label for label, _ in models.examples_of("a.tar.gz")}) is True


@pytest.mark.parametrize("content", [None, "", "{}", "[]", '{"model": "a.tar.gz", "shape": 1}'])
def test_without_a_sound_record_there_is_no_verdict(folder: Path, content: str | None) -> None:
    write_model(folder / "a.tar.gz")
    if content is not None:
        (folder / "a.json").write_text(content)
    record = models.record_of("a.tar.gz")
    assert (record.shape, record.verdict) == (SHAPE, None)
    assert models.examples_of("a.tar.gz") is None


def publish(name: str) -> LiveModel:
    before = live_model()
    live = LiveModel(name, "", "", earlier=models.after(before, name))
    name_live(live)
    models.prune(live)
    return live


def test_the_last_five_published_are_kept_with_what_is_newer(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Reading all of data/ takes seconds.
    monkeypatch.setattr(models, "read_examples", set)
    for number in range(8):
        path = write_model(folder / f"m{number}.tar.gz")
        os.utime(path, (number, number))
        models.register(LiveModel(path.name, "", ""))
    for number in range(7):
        live = publish(f"m{number}.tar.gz")
    assert live.earlier == ("m5.tar.gz", "m4.tar.gz", "m3.tar.gz", "m2.tar.gz")
    assert sorted(path.name for path in folder.glob("*.tar.gz")) == [f"m{number}.tar.gz" for number in range(2, 8)]
    assert sorted(path.name for path in folder.glob("m*.json")) == [f"m{number}.json" for number in range(2, 8)]


def test_what_was_taken_back_waits_as_a_candidate(folder: Path) -> None:
    for number, name in enumerate("abcd"):
        os.utime(write_model(folder / f"{name}.tar.gz"), (number, number))
        publish(f"{name}.tar.gz")
    live = publish("b.tar.gz")
    assert live.earlier == ("a.tar.gz",)
    assert (folder / "c.tar.gz").is_file()
    # Published anew, it is not its own way back.
    assert models.after(live, "d.tar.gz") == ("b.tar.gz", "a.tar.gz")
    (folder / "a.tar.gz").unlink()
    assert models.published(live) == ["b.tar.gz"]


def test_examples_are_read_from_both_ways_of_writing(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.yml").write_text(
        "nlu:\n- intent: faq/cost\n  examples: |\n    - how much\n    -  is it dear \n"
        "- intent: crisis/self_harm\n  examples:\n  - {text: i cut, metadata: {by: x}}\n"
    )
    (tmp_path / "data" / "b.yml").write_text("- no mapping\n")
    found = models.read_examples(tmp_path)
    assert found == {("faq/cost", "how much"), ("faq/cost", "is it dear"), ("crisis/self_harm", "i cut")}

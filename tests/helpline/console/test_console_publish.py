"""The publisher's pages over small archives: who sees what, who may publish what, and that refusals say why."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from console_server import Console, Visit, console

from helpline import training
from helpline.console import audit, publish
from helpline.publishing import cases, job, models, report
from helpline.publishing.cases import CRISIS, Outcome
from helpline.publishing.models import Record, Verdict
from helpline.publishing.progress import State
from helpline.publishing.publish import PublishError
from helpline.publishing.verdict import Check
from helpline.training import LiveModel, name_live

pytestmark = pytest.mark.asyncio(loop_scope="function")
HEARD = {"1": Outcome(CRISIS, "i want to die", True, True, False, "suicide_active (T2)")}
MISSED = {"1": Outcome(CRISIS, "i want to die", False, False, False, "nothing")}


def add(folder: Path, name: str, results: dict[str, Outcome]) -> Record:
    metadata = json.dumps({"domain": {"slots": {}}, "id": name}).encode()
    with tarfile.open(folder / f"{name}.tar.gz", "w:gz") as tar:
        member = tarfile.TarInfo("metadata.json")
        member.size = len(metadata)
        tar.addfile(member, io.BytesIO(metadata))
    record = Record(
        f"{name}.tar.gz", models.digest_of(folder / f"{name}.tar.gz"), name, "2026-11-29", "", models.Shape()
    )
    models.keep(record)
    cases.store(record.model, results)
    return record


@pytest_asyncio.fixture
async def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Console]:
    """A console with a live model, an earlier one that misses danger, a candidate that passed and one that did not."""
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setattr(training, "MODELS", folder)
    monkeypatch.setattr(training, "LIVE", folder / "live.json")
    monkeypatch.setattr(report, "FOLDER", tmp_path / "gate")
    monkeypatch.setattr(publish, "compare", lambda model, live: None)
    add(folder, "old", MISSED)
    live = add(folder, "live", HEARD)
    name_live(LiveModel(live.model, "", "", live.sha256, "2026-11-29", "paul", "Clearer.", ("old.tar.gz",)))
    for name, stops in (("good", ()), ("bad", ("Danger is heard: 1 would be missed ('i want to die')",))):
        record = add(folder, name, HEARD)
        record = replace(record, verdict=Verdict(not stops, "2026-11-29", live.sha256, "", stops))
        models.keep(record)
        checks = [Check("Danger is heard", not stops, "1", ("'i want to die'",))]
        report.write(tmp_path / "gate" / name, record, training.live_model(), checks, HEARD, HEARD)
    async with console(tmp_path) as served:
        yield served


async def test_everybody_sees_which_model_is_live_and_why(running: Console) -> None:
    for name in ("rita", "aude", "paul"):
        async with Visit(running) as visit:
            await visit.sign_in(name)
            page = (await visit.get("/publish")).page
            assert "live.tar.gz" in page
            assert "Why: Clearer." in page
            assert "good.tar.gz" in page
            assert ("Train and check" in page) == (name == "paul")
            assert ("Go back to old.tar.gz" in page) == (name == "paul")


async def test_a_report_is_shown_with_its_picture(running: Console) -> None:
    async with Visit(running) as visit:
        await visit.sign_in("aude")
        page = (await visit.get("/publish/bad.tar.gz")).page
        assert "The gate stopped it" in page
        assert "1 would be missed" in page
        assert 'action="/publish/bad.tar.gz/publish"' not in page
        async with visit.http.get("/publish/bad.tar.gz/sets.png") as picture:
            assert (await picture.read()).startswith(b"\x89PNG")
        assert "# The gate on bad.tar.gz" in (await visit.get("/publish/bad.tar.gz/report.md")).page
        assert (await visit.get("/publish/no.tar.gz")).status == 404


async def test_publishing_needs_a_reason_and_is_written_down(running: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    done = []

    def carried_out(settings: object, model: str, by: str, why: str) -> LiveModel:
        if not why:
            raise PublishError("Say why, in a few words.")
        done.append((model, by, why))
        return LiveModel(model, "", "")

    monkeypatch.setattr(publish, "publish", carried_out)
    async with Visit(running) as visit:
        await visit.sign_in("paul")
        await visit.get("/publish/good.tar.gz")
        assert (await visit.post("/publish/good.tar.gz/publish", {"why": " "})).notice == "Say why, in a few words."
        await visit.post("/publish/good.tar.gz/publish", {"why": "Medicaid is  right."})
    assert done == [("good.tar.gz", "paul", "Medicaid is right.")]
    record = audit.entries(running.staff)[-1]
    assert (record["what"], record["about"], record["reason"]) == ("published", "good.tar.gz", "Medicaid is right.")


async def test_nobody_publishes_their_own_change(running: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "authors_since", lambda *_: {"Paul Publisher"})
    monkeypatch.setattr(publish, "publish", lambda *_: pytest.fail("It was published."))
    async with Visit(running) as visit:
        await visit.sign_in("paul")
        page = (await visit.get("/publish/good.tar.gz")).page
        assert "Somebody else must publish this" in page
        answer = await visit.post("/publish/good.tar.gz/publish", {"why": "Mine."})
        assert answer.status == 409
    assert audit.entries(running.staff)[-1]["what"] == "publishing refused"


async def test_changes_without_a_name_are_not_published_here(running: Console) -> None:
    models.keep(replace(models.record_of("good.tar.gz"), commit="a" * 40 + "+"))
    async with Visit(running) as visit:
        await visit.sign_in("paul")
        assert "changed without a name" in (await visit.get("/publish/good.tar.gz")).page


async def test_the_way_back_shows_what_would_be_missed(running: Console) -> None:
    async with Visit(running) as visit:
        await visit.sign_in("paul")
        page = (await visit.get("/publish/old.tar.gz/back")).page
        assert "would miss 1 message of danger" in page
        assert "i want to die" in page
        assert 'name="accept"' in page


async def test_a_running_training_is_shown_and_its_end_loads_the_page(
    running: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = State(job.RUNNING, "edda", 0.0, 1, step="Training", detail="learning danger", share=0.42)
    monkeypatch.setattr(job, "latest", lambda: state)
    async with Visit(running) as visit:
        await visit.sign_in("rita")
        assert "learning danger" in (await visit.get("/publish")).page
        assert "42 %" in (await visit.get("/publish/progress")).page
        monkeypatch.setattr(job, "latest", lambda: None)
        assert (await visit.get("/publish/progress")).headers["HX-Redirect"] == "/publish"

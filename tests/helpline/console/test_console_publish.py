"""The publisher's pages over small archives: who sees what, who may publish what, and that refusals say why."""

from __future__ import annotations

import io
import json
import re
import tarfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import pytest_asyncio
from console_server import Console, Visit, console

from helpline import training
from helpline.console import audit, publish
from helpline.publishing import cases, history, job, models, report
from helpline.publishing import publish as publishing
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
        f"{name}.tar.gz", models.digest_of(folder / f"{name}.tar.gz"), name, "2026-11-29", "a" * 40, models.Shape()
    )
    models.keep(record)
    cases.store(record.model, results)
    return record


@pytest_asyncio.fixture
async def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Console]:
    """A console with a live model, two earlier ones, one that was taken back, and two candidates.

    One of the earlier misses danger; one of the candidates passed the gate. Nothing was changed since the live model.
    """
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setattr(training, "MODELS", folder)
    monkeypatch.setattr(training, "LIVE", folder / "live.json")
    monkeypatch.setattr(report, "FOLDER", tmp_path / "gate")
    monkeypatch.setattr(publishing, "compare", lambda model, live: pytest.fail("The test messages were played."))
    monkeypatch.setattr(history, "changes", lambda *_: [])
    every = [SimpleNamespace(key="1", of=CRISIS)]
    monkeypatch.setattr(cases, "all_cases", lambda: every)
    add(folder, "old", MISSED)
    add(folder, "older", HEARD)
    live = add(folder, "live", HEARD)
    back = replace(add(folder, "back", HEARD), verdict=Verdict(True, "2026-11-28", live.sha256, ""))
    models.keep(back)
    earlier = ("old.tar.gz", "older.tar.gz")
    name_live(LiveModel(live.model, "", "", live.sha256, "2026-11-29", "paul", "Clearer.", earlier))
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

    def carried_out(settings: object, model: str, by: str, why: str, names: set[str]) -> LiveModel:
        assert names == {"paul", "Paul Publisher"}
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
    change = history.Change("b" * 40, "2026-11-29", "Paul Publisher", "", "answer", "Medicaid", "Clearer.")
    monkeypatch.setattr(history, "changes", lambda *_: [change])
    monkeypatch.setattr(publishing, "publish_beside", lambda *_: pytest.fail("It was published."))
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


async def test_who_approves_a_candidate_sees_what_is_new_in_it(
    running: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [
        history.Change("b" * 40, "2026-11-29", "carl", "pia", "crisis", "Add a message of danger", "It was missed."),
        history.Change("c" * 40, "2026-11-29", "dev", "", "", "Faster", ""),
    ]
    monkeypatch.setattr(history, "changes", lambda *_: made)
    async with Visit(running) as visit:
        await visit.sign_in("paul")
        page = (await visit.get("/publish/good.tar.gz")).page
        assert '<a href="/changes/bbbbbbbbb">Add a message of danger</a>' in page
        assert "carl, proposed by pia" in page
        assert "It was missed." in page
        assert "Faster" in page
        assert '"/changes/ccccccccc"' not in page
        assert "What is new in it" not in (await visit.get("/publish/live.tar.gz")).page
    async with Visit(running) as visit:
        # Reasons may quote a visitor, which auditors do not read.
        await visit.sign_in("aude")
        assert "It was missed." not in (await visit.get("/publish/good.tar.gz")).page


async def test_there_is_no_way_back_to_a_model_that_would_miss_danger(running: Console) -> None:
    async with Visit(running) as visit:
        await visit.sign_in("paul")
        page = (await visit.get("/publish/old.tar.gz/back")).page
        assert "would miss 1 message of danger" in page
        assert "i want to die" in page
        assert 'action="/publish/old.tar.gz/back"' not in page


async def test_asking_for_the_way_back_plays_nothing(running: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(publish, "roll_back", lambda *order: asked.append(order[3]) or training.live_model())
    async with Visit(running) as visit:
        await visit.sign_in("paul")
        for model, reason in (("live", "is live already"), ("back", "or was taken back"), ("good", "was never live")):
            answer = await visit.get(f"/publish/{model}.tar.gz/back")
            assert (answer.status, 'action="/publish' in answer.page) == (409, False)
            assert reason in answer.notice
        assert "misses no message of danger" in (await visit.get("/publish/older.tar.gz/back")).page
        cases.store("older.tar.gz", {})
        answer = await visit.get("/publish/older.tar.gz/back")
        assert (answer.status, "It is not known yet" in answer.page) == (200, True)
        await visit.post("/publish/older.tar.gz/back", {"why": "It was worse."})
    assert asked == ["older.tar.gz"]
    assert audit.entries(running.staff)[-1]["what"] == "rolled back"


async def test_a_model_that_was_taken_back_is_listed_as_one_to_check_again(running: Console) -> None:
    async with Visit(running) as visit:
        await visit.sign_in("paul")
        page = (await visit.get("/publish")).page
        assert "to be checked again" in page
        assert "Go back to back.tar.gz" not in page
        page = (await visit.get("/publish/back.tar.gz")).page
        assert "go through the gate again" in page
        assert 'action="/publish/back.tar.gz/publish"' not in page


async def test_no_two_regions_have_one_name(running: Console) -> None:
    async with Visit(running) as visit:
        await visit.sign_in("paul")
        for path in ("/publish", "/publish/good.tar.gz"):
            page = (await visit.get(path)).page
            titles = dict(re.findall(r'<h2 id="(\w+)">(.*?)</h2>', page))
            names = [titles[key] for key in re.findall(r'<section aria-labelledby="(\w+)"', page)]
            names += re.findall(r'role="region" aria-label="(.*?)"', page)
            assert len(names) == len(set(names)) > 1, path


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

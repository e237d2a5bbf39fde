"""The walk-through of docs/staff.md, as a member of staff sees it; PICTURES=1 draws its pictures anew.

What machines do in between (training, the gate, the switch) is played here: tests/scenarios/test_publish.py does it.
"""

from __future__ import annotations

import asyncio
import io
import os
import socket
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from chat import axe
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sanic import Sanic
from small_project import make_project
from staff import PASSWORD, PEOPLE, Member

from helpline import training
from helpline.authoring.catalogue import current
from helpline.authoring.repository import Repository
from helpline.console import accounts, app, publish, sessions
from helpline.publishing import cases, job, models, report
from helpline.publishing.cases import Outcome
from helpline.publishing.models import Record, Verdict
from helpline.publishing.progress import State
from helpline.publishing.verdict import Check
from helpline.review.turns import kinds_of, sighting, turns_of
from helpline.settings import ROOT, load
from helpline.storage import database, review
from helpline.training import LiveModel, name_live

pytestmark = pytest.mark.scale

FOLDER = ROOT / "docs" / "staff"
MOST_BYTES = 400_000
# Narrow, so that the words can be read where a page shows the picture.
WINDOW = {"width": 820, "height": 740}
QUESTION = "i lost my job so no plan any more, can i still come"
LIVE, CANDIDATE = "iop-20261128-090412.tar.gz", "iop-20261129-101530.tar.gz"
# Questions with what the assistant took them for, and how it answered.
OTHERS = (
    ("can i bring my dog to group", "off_topic", "off_topic"),
    ("how much is it a week all in", "not_covered/price", "not_covered"),
    ("how much is it a week all in", "not_covered/price", "not_covered"),
    ("wat about sat", "unclear", "unclear"),
)


class Served:
    """The console with its databases, in a thread of this process; `token` is what `Member` asks for."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.settings = replace(
            load({}),
            staff_project=str(root),
            staff_database_url=f"sqlite:///{folder / 'staff.db'}",
            database_url=f"sqlite:///{folder / 'conversations.db'}",
        )
        Sanic.test_mode = True
        self.app = app.create(self.settings)
        staff = self.app.ctx.staff
        for name, (full_name, role, admin) in PEOPLE.items():
            accounts.set_password(staff, accounts.add(staff, name, full_name, role, admin), PASSWORD)
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"http://localhost:{self._socket.getsockname()[1]}"
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))
        self._thread.start()
        assert self._ready.wait(30)

    async def _serve(self) -> None:
        http = await self.app.create_server(sock=self._socket, return_asyncio_server=True, access_log=False)
        await http.startup()
        self._ready.set()
        await self._stop.wait()
        http.close()
        await http.wait_closed()
        for connection in list(http.connections):
            connection.abort()
        # Until their transports are gone too.
        await asyncio.sleep(0.2)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        self._loop.close()

    def token(self, name: str) -> str:
        return sessions.begin(self.app.ctx.staff, accounts.find(self.app.ctx.staff, name))


def converse(engine: Any, sender: str, *said: tuple[str, str, str, str, float]) -> None:
    """Store a conversation of messages, each with what it was taken for, the reply and its kind, and file it."""
    events: list[dict[str, Any]] = []
    for place, (text, heard, reply, kind, at) in enumerate(said):
        intent, _, topic = heard.partition("/")
        data: dict[str, Any] = {"text": text, "intent": {"name": intent, "confidence": 0.61}}
        if topic and intent in ("faq", "not_covered"):
            data |= {"topics": [heard], "intent_ranking": [{"name": heard, "confidence": 0.61}]}
        elif topic:
            data["response_selector"] = {
                "all_retrieval_intents": [intent],
                intent: {"response": {"intent_response_key": heard}},
            }
        if kind == "crisis":
            data["crisis"] = {"tier": "T2", "category": "suicide_passive"}
        custom = {"kind": kind} if kind in ("answer", "info", "crisis") else {"kind": "fallback", "reason": kind}
        events += [
            {"event": "user", "text": text, "timestamp": at, "input_channel": "web", "parse_data": data},
            {"event": "bot", "text": reply, "timestamp": at + 0.2, "data": {"custom": custom}},
        ]
        database.append_events(engine, sender, events[-2:])
        turns = turns_of(events)
        for where, why in kinds_of(turns[: place + 1]):
            database.file_for_review(engine, [sighting(turns, where, [why], sender)])


def add_model(folder: Path, name: str, results: dict[str, Outcome]) -> Record:
    metadata = b'{"domain": {"slots": {}}}'
    with tarfile.open(folder / name, "w:gz") as tar:
        member = tarfile.TarInfo("metadata.json")
        member.size = len(metadata)
        tar.addfile(member, io.BytesIO(metadata))
    day, clock = name[4:12], name[13:19]
    trained = f"{day[:4]}-{day[4:6]}-{day[6:]}T{clock[:2]}:{clock[2:4]}:{clock[4:]}+00:00"
    record = Record(name, models.digest_of(folder / name), name, trained, "", models.Shape())
    models.keep(record)
    cases.store(name, results)
    return record


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_project(tmp_path / "project")


@pytest.fixture
def served(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setattr(training, "MODELS", folder)
    monkeypatch.setattr(training, "LIVE", folder / "live.json")
    monkeypatch.setattr(report, "FOLDER", tmp_path / "gate")
    live = add_model(folder, LIVE, outcomes())
    name_live(LiveModel(LIVE, "", "", live.sha256, "2026-11-28T09:12:40+00:00", "anna", "The first model."))
    served = Served(tmp_path, root)
    engine = database.open_engine(served.settings.database_url)
    now = time.time()
    answers = current(root).answers
    insurance, grants = answers["faq/insurance"], answers["faq/uninsured_grants"]
    assert "insurance" in grants.text
    cited = f"{insurance.text}\n\nSource: {'; '.join(insurance.citations)}"
    converse(
        engine,
        "a",
        ("hi", "smalltalk/greet", "Hello. I'm a program that answers from an article about IOPs.", "info", now - 5400),
        (QUESTION, "faq/insurance", cited, "answer", now - 5360),
        ("thats not what i asked", "smalltalk/bot_wrong", "I'm sorry that did not help.", "info", now - 5300),
    )
    for number, (text, heard, kind) in enumerate(OTHERS):
        reply = "I'm not sure what you mean." if kind == "unclear" else "The article doesn't say."
        converse(engine, f"o{number}", (text, heard, reply, kind, now - 4000 + 60 * number))
    numbers = "You matter. Call or text 988. 1-800-662-HELP (4357) is there day and night."
    converse(engine, "d", ("i wish i just wouldnt wake up", "crisis", numbers, "crisis", now - 900))
    yield served
    served.close()


def outcomes() -> dict[str, Outcome]:
    """Cases of the gate, all right."""
    sets = {cases.CRISIS: 40, "questions of the article": 60, "near misses": 25}
    return {
        f"{name} {number}": Outcome(name, f"{name} {number}", True, True, False, "as it should be")
        for name, count in sets.items()
        for number in range(count)
    }


def candidate(folder: Path) -> None:
    """Play what "Train and check" does: a candidate that the gate passed."""
    record = add_model(training.MODELS, CANDIDATE, outcomes())
    live = training.live_model()
    assert live is not None
    record = replace(record, verdict=Verdict(True, "2026-11-29T10:18:02+00:00", live.sha256, ""))
    models.keep(record)
    found = {
        "Danger is heard": "40 of 40",
        "The right number comes first": "40 of 40",
        "Test conversations": "all as they should be",
        "Rules and stories put danger first": "all do",
        "What visitors wrote this week": "1 of 8 would get another reply",
    }
    checks = [Check(name, True, said, ()) for name, said in found.items()]
    report.write(folder / record.stem, record, live, checks, outcomes(), outcomes())


def picture(page: Page, name: str, folder: Path) -> None:
    """Take a picture of the window in few colours, which is small and sharp."""
    page.evaluate("document.activeElement?.blur()")
    image = Image.open(io.BytesIO(page.screenshot()))
    image.convert("RGB").quantize(64, dither=Image.Dither.NONE).save(folder / f"{name}.png", optimize=True)


def test_from_a_wrong_answer_to_a_live_one(
    served: Served,
    root: Path,
    tmp_path: Path,
    context: Callable[..., BrowserContext],
    browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = FOLDER if os.environ.get("PICTURES") else tmp_path / "pictures"
    folder.mkdir(exist_ok=True)
    rita = Member(served, context(viewport=WINDOW), "rita")
    page = rita.visit("/inbox")
    picture(page, "1-inbox", folder)
    page.get_by_role("link", name=QUESTION).click()
    expect(page.get_by_text("the person said that the answer did not help")).to_be_visible()
    picture(page, "2-message", folder)
    page.get_by_role("link", name="Say what it means").click()
    page.get_by_label("No insurance or too little").check()
    page.get_by_label("Why").first.fill("They have no insurance any more.")
    page.evaluate("window.scrollTo(0, document.querySelector('h2').offsetTop - 20)")
    picture(page, "3-meaning", folder)
    page.get_by_role("button", name="File it there").first.click()
    expect(page.get_by_role("status")).to_contain_text("Saved: Add a message: faq/uninsured_grants")
    expect(page.get_by_role("link", name=QUESTION)).to_have_count(0)
    page.get_by_role("link", name="Changes").click()
    page.get_by_role("link", name="Add a message: faq/uninsured_grants").click()
    expect(page.get_by_text(QUESTION)).to_be_visible()
    picture(page, "4-change", folder)
    assert Repository(root).history(1)[0].author == "rita"
    assert rita.faults(axe) == []

    paul = Member(served, context(viewport=WINDOW), "paul")
    page = paul.visit("/publish")
    state = State(job.DONE, "paul", time.time() - 230, 1, ended=time.time() - 8, model=CANDIDATE)
    monkeypatch.setattr(job, "start", lambda by: candidate(report.FOLDER))
    page.get_by_role("button", name="Train and check").click()
    monkeypatch.setattr(job, "latest", lambda: replace(state, message="The gate passed it: it can be published."))
    page = paul.visit("/publish")
    page.get_by_role("link", name=CANDIDATE).click()
    expect(page.get_by_text("The gate passed it.")).to_be_visible()
    page.get_by_label("Why").fill("People without insurance get the right answer.")
    picture(page, "5-report", folder)

    def carry_out(_: object, model: str, by: str, why: str) -> LiveModel:
        live = LiveModel(model, training.fingerprint(), "", "", "2026-11-29T10:21:30+00:00", by, why, (LIVE,))
        name_live(live)
        return live

    monkeypatch.setattr(publish, "publish", carry_out)
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("status")).to_contain_text(f"{CANDIDATE} is live")
    picture(page, "6-live", folder)
    pictures = sorted(folder.glob("*.png"))
    assert len(pictures) == 6
    assert sum(path.stat().st_size for path in pictures) <= MOST_BYTES


def test_a_narrow_chart_shows_the_newest_days(served: Served, context: Callable[..., BrowserContext]) -> None:
    engine = database.open_engine(served.settings.database_url)
    day = time.strftime("%Y-%m-%d", time.gmtime())
    review.add_counts(engine, {(day, "messages", "web"): 9, (day, "noted", "not_helpful"): 3})
    member = Member(served, context(viewport={"width": 320, "height": 568}), "rita")
    page = member.visit("/insight")
    shown = page.get_by_role("region", name="Chart: Messages and conversations")
    end = shown.locator("svg").bounding_box()
    assert end is not None
    assert end["x"] + end["width"] <= 320
    member.page.set_viewport_size({"width": 1000, "height": 700})
    wide, heading = shown.locator("svg").bounding_box(), page.locator("h1").bounding_box()
    assert wide is not None
    assert heading is not None
    assert abs(wide["x"] - heading["x"]) < 1
    cut = page.evaluate(
        """() => [...document.querySelectorAll("svg.chart text")].filter((text) =>
          text.getBoundingClientRect().left < text.closest("svg").getBoundingClientRect().left)
          .map((text) => text.textContent)"""
    )
    assert cut == []

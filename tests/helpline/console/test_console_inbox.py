"""The inbox on the console and on the command line."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from click.testing import CliRunner
from console_server import Console, Visit, console
from sqlalchemy.engine import Engine

from helpline.cli import main
from helpline.console import audit
from helpline.review.turns import kinds_of, sighting, turns_of
from helpline.storage import database, review
from helpline.storage.review import CRISIS, DONE, INBOX

NOW = time.time() - 7300


def conversation(
    engine: Engine, sender: str, text: str, *, at: float = NOW, tier: str = "", reason: str = "unclear"
) -> None:
    """A greeting and a message with its reply, stored and filed."""
    danger = {"crisis": {"tier": tier, "category": "suicide_active"}} if tier else {}
    custom = {"kind": "crisis"} if tier else {"kind": "fallback", "reason": reason}
    intent = "crisis" if tier else reason
    ranking = [{"name": "faq/medicaid", "confidence": 0.31}]
    events: list[dict[str, Any]] = [
        {"event": "user", "text": "hello there", "timestamp": at - 1, "parse_data": {"intent": {"name": "smalltalk"}}},
        {"event": "bot", "text": "How can I help?", "timestamp": at - 0.9, "data": {"buttons": [{"title": "Cost"}]}},
        {
            "event": "user",
            "text": text,
            "timestamp": at,
            "input_channel": "web",
            "parse_data": {"intent": {"name": intent, "confidence": 0.21}, "intent_ranking": ranking, **danger},
        },
        {"event": "bot", "text": "Reply <one>.\n\nAnd two.", "timestamp": at + 0.1, "data": {"custom": custom}},
    ]
    database.append_events(engine, sender, events)
    turns = turns_of(database.read_events(engine, sender))
    database.file_for_review(engine, [sighting(turns, place, [kind], sender) for place, kind in kinds_of(turns)])


class Room:
    """The console, its conversations' database, and two of the staff."""

    def __init__(self, running: Console, rita: Visit, edda: Visit) -> None:
        self.console, self.rita, self.edda = running, rita, edda
        self.engine = database.open_engine(running.settings.database_url)


@pytest_asyncio.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with console(tmp_path) as running, Visit(running) as rita, Visit(running) as edda:
        await rita.sign_in("rita")
        await edda.sign_in("edda")
        yield Room(running, rita, edda)


@pytest.mark.asyncio
async def test_a_message_is_read_with_its_conversation_and_called_done(room: Room) -> None:
    conversation(room.engine, "a", "something odd <b> 555-123-4567")
    conversation(room.engine, "b", "second thing", at=NOW + 1)
    conversation(room.engine, "c", "second thing", at=NOW + 2)
    page = (await room.rita.get("/inbox")).page
    assert page.index("second thing") < page.index("something odd")
    assert "something odd &lt;b&gt; [phone]" in page
    assert "not understood" in page
    second, first = review.items(room.engine, INBOX)
    one = await room.rita.get(f"/inbox/{first.id}")
    assert "hello there" in one.page
    assert "Reply &lt;one&gt;." in one.page
    assert "Buttons: Cost" in one.page
    assert "31 %" in one.page
    assert "Make a story" not in one.page
    later = {"event": "user", "text": "what came after", "timestamp": NOW + 5, "parse_data": {}}
    database.append_events(room.engine, "a", [later])
    assert "what came after" in (await room.rita.get(f"/inbox/{first.id}")).page
    assert "Make a story" in (await room.edda.get(f"/inbox/{first.id}")).page
    await room.rita.get(f"/inbox/{first.id}")
    after = await room.rita.post(f"/inbox/{first.id}", {"act": "done"})
    assert unescape(after.heading) == "“second thing”"
    assert "something odd" not in (await room.rita.get("/inbox")).page
    assert "2 hours" in (await room.rita.get("/inbox?state=done")).page
    done = [record for record in audit.entries(room.console.staff) if record["what"] == "inbox item done"]
    assert [(record["who"], record["about"]) for record in done] == [("rita", f"inbox item {first.id}")]
    assert "something odd" not in json.dumps(audit.entries(room.console.staff))
    await room.rita.get(f"/inbox/{first.id}")
    await room.rita.post(f"/inbox/{first.id}", {"act": "open"})
    assert review.count_items(room.engine, INBOX) == 2
    await room.rita.post(f"/inbox/{second.id}", {"act": "done"})
    last = await room.rita.post(f"/inbox/{first.id}", {"act": "done"})
    assert last.heading == "Inbox"
    assert "Nothing is here." in last.page


@pytest.mark.asyncio
async def test_a_message_goes_on_to_the_form_that_says_what_it_means(room: Room) -> None:
    conversation(room.engine, "a", "i do not want to live", tier="T2")
    (item,) = review.items(room.engine, CRISIS)
    page = (await room.rita.get(f"/inbox/{item.id}")).page
    assert f'href="/annotate?item={item.id}"' in page
    assert "i do not want to live" in (await room.rita.get(f"/annotate?item={item.id}")).page


@pytest.mark.asyncio
async def test_danger_has_its_own_queue_which_says_how_long_it_waits(room: Room) -> None:
    conversation(room.engine, "a", "i want to die", tier="T2")
    assert "i want to die" not in (await room.rita.get("/inbox")).page
    page = (await room.rita.get("/inbox?queue=crisis")).page
    assert "i want to die" in page
    assert "2 hours" in page
    assert "Danger: 1" in page
    conversation(room.engine, "b", "something odd")
    home = (await room.rita.get("/")).page
    assert "Messages of danger: <strong>1</strong>" in home
    assert "Possible mistakes: <strong>1</strong>" in home
    (item,) = review.items(room.engine, CRISIS)
    assert "written 1 time." in (await room.rita.get(f"/annotate?item={item.id}")).page


@pytest.mark.asyncio
async def test_filters_pages_and_odd_addresses(room: Room) -> None:
    for number in range(30):
        conversation(room.engine, f"s{number}", f"thing {number}", at=NOW + number, reason="not_covered")
    first = (await room.rita.get("/inbox")).page
    assert "Page 1 of 2" in first
    assert "Page 2 of 2" in (await room.rita.get("/inbox?page=2")).page
    for odd in ("page=99", "page=-1", "page=x", "page=²", "kind=odd", "queue=odd", "state=odd&page=" + "9" * 50):
        assert (await room.rita.get(f"/inbox?{odd}")).status == 200
    assert "Nothing is here." in (await room.rita.get("/inbox?kind=fallback")).page
    assert "thing 29" in (await room.rita.get("/inbox?kind=not_covered")).page


@pytest.mark.asyncio
async def test_what_is_gone_is_said_to_be_gone(room: Room) -> None:
    conversation(room.engine, "a", "something odd")
    (item,) = review.items(room.engine, INBOX)
    await room.rita.get(f"/inbox/{item.id}")
    database.delete_conversation(room.engine, "a")
    assert (await room.rita.get(f"/inbox/{item.id}")).status == 404
    await room.rita.get("/inbox")
    for number in ("0", "9" * 24):
        assert (await room.rita.get(f"/inbox/{number}")).status == 404
        await room.rita.get("/inbox")
        assert "is gone" in (await room.rita.post(f"/inbox/{number}", {"act": "done"})).notice
    await room.rita.get("/inbox")
    assert "is gone" in (await room.rita.post(f"/inbox/{item.id}", {"act": "done"})).notice


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/conversations.db")
    monkeypatch.setenv("STAFF_DATABASE_URL", f"sqlite:///{tmp_path}/staff.db")
    return lambda *arguments: CliRunner().invoke(main, ["inbox", *arguments])


def test_the_inbox_on_the_command_line(run: Callable[..., Any], tmp_path: Path) -> None:
    engine = database.open_engine(f"sqlite:///{tmp_path}/conversations.db")
    assert "Nothing is here." in run("list").output
    conversation(engine, "a", "something odd")
    (item,) = json.loads(run("list", "--json").output)
    assert (item["text"], item["count"], item["kinds"]) == ("something odd", 1, ["fallback"])
    assert "something odd" in run("list").output
    assert json.loads(run("count", "--json").output) == {"inbox": 1, "crisis": 0}
    shown = run("show", str(item["id"]))
    assert "> Visitor    something odd" in shown.output
    assert json.loads(run("show", str(item["id"]), "--json").output)["conversations"][0]["id"] == "a"
    assert json.loads(run("done", str(item["id"]), "--json").output)["state"] == DONE
    assert run("done", str(item["id"])).exit_code == 1
    assert json.loads(run("list", "--json").output) == []
    assert "open" in run("done", str(item["id"]), "--again").output
    assert run("show", "99").exit_code == 1
    assert run("list", "--kind", "odd").exit_code == 2

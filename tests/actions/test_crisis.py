from __future__ import annotations

import json
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import crisis
from actions.crisis import ActionEscalateCrisis
from actions.privacy import conversations
from helpline.answers.numbers import load_numbers
from helpline.storage.database import open_engine
from helpline.storage.ledger import entries, verify

SENDER = "visitor-4711-secret"
TEXT = "i am Jane Roe of 5 Elm Street and i want to die"
FOUND = {
    "tier": "T2",
    "category": "suicide_active",
    "subject": "self",
    "language": "en",
    "score": 0.97,
    "rules": ["suicide.wish", "suicide.plan"],
    "ms": 1.5,
    "model": "/models/iop-20261123-223929.tar.gz",
}
REPORTED = {"tier": "T2", "category": "suicide_active", "subject": "self", "language": "en"}


class Hook(ThreadingHTTPServer):
    """A webhook that keeps what it gets and answers `statuses` in turn, the last one for good."""

    def __init__(self, statuses: tuple[int, ...] = (200,), hold: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), _Hooked)
        self.statuses = list(statuses)
        self.received: list[tuple[str, dict[str, str], bytes]] = []
        self.arrived, self.release = threading.Event(), threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}/hook/token"
        if not hold:
            self.release.set()


class _Hooked(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((self.path, dict(self.headers), body))
        self.server.arrived.set()
        self.server.release.wait(10)
        statuses = self.server.statuses
        self.send_response(statuses.pop(0) if len(statuses) > 1 else statuses[0])
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


class MailServer(socketserver.ThreadingTCPServer):
    """Takes mail by plain SMTP, without STARTTLS, and keeps all lines that it hears."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Mailed)
        self.lines: list[str] = []
        self.address = f"127.0.0.1:{self.server_address[1]}"


class _Mailed(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self.wfile.write(b"220 ready\r\n")
        in_message = False
        for line in self.rfile:
            text = line.decode().rstrip("\r\n")
            self.server.lines.append(text)
            if in_message and text != ".":
                continue
            in_message = text == "data"
            code = {"data": "354", "QUIT": "221"}.get(text, "250")
            self.wfile.write(f"{code} ok\r\n".encode())
            if text == "QUIT":
                return


@pytest.fixture
def run_server() -> Iterator[Callable[[Any], Any]]:
    """Return what serves a server until the test is over."""
    servers = []

    def run(server: Any) -> Any:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        servers.append(server)
        return server

    yield run
    for server in servers:
        getattr(server, "release", threading.Event()).set()
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def database(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Let the action open a database of its own; no setting of this machine, no long pause."""
    for name in ("WEBHOOK", "EMAIL", "INCLUDE_CONVERSATION", "MESSAGE"):
        monkeypatch.delenv(f"HANDOFF_{name}", raising=False)
    monkeypatch.delenv("SMTP_URL", raising=False)
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setattr(crisis, "_PAUSE", 0.01)
    conversations.cache_clear()
    yield database_url
    conversations.cache_clear()


@pytest.fixture
def finish(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Return what waits until everything in the background is done."""
    pools = {name: ThreadPoolExecutor(max_workers=1) for name in ("_writer", "_webhook", "_mail")}
    for name, pool in pools.items():
        monkeypatch.setattr(crisis, name, pool)

    def wait() -> None:
        for pool in pools.values():
            pool.shutdown(wait=True)

    yield wait
    wait()


def said(utter_action: str, *keys: str, **custom: str) -> dict[str, Any]:
    """Return a bot event as Rasa sends it to the action server."""
    numbers = [load_numbers()[key].as_custom() for key in keys]
    data = {"buttons": None, "custom": {"kind": "crisis", "numbers": numbers, **custom}}
    return {"event": "bot", "text": "words", "data": data, "metadata": {"utter_action": utter_action}}


HEARD = {"event": "user", "text": TEXT, "metadata": {"ip": "192.0.2.7"}}
ANSWERED = said("utter_crisis/suicide_active", "suicide_crisis", "national_helpline")


def tracker(found: Any = FOUND, events: tuple[dict[str, Any], ...] = (HEARD, ANSWERED)) -> Tracker:
    message = {"text": TEXT, "intent": {"name": "crisis"}} | ({"crisis": found} if found is not None else {})
    return Tracker(SENDER, {"name": "Jane"}, message, list(events), False, None, {}, "utter_crisis")


async def run(conversation: Tracker | None = None) -> list[dict[str, Any]]:
    """Run the action and return what it says."""
    dispatcher = CollectingDispatcher()
    assert await ActionEscalateCrisis().run(dispatcher, conversation or tracker(), {}) == []
    return dispatcher.messages


async def recorded(conversation: Tracker, database: str) -> dict[str, Any]:
    assert await run(conversation) == []
    return entries(open_engine(database))[-1]


@pytest.mark.asyncio
async def test_an_escalation_is_recorded_and_nothing_is_said(database: str) -> None:
    record = await recorded(tracker(), database)
    assert abs(time.time() - datetime.fromisoformat(record["time"]).timestamp()) < 60
    assert record == {
        **FOUND,
        "model": "iop-20261123-223929.tar.gz",
        "kind": "",
        "reply": "utter_crisis/suicide_active",
        "numbers": ["suicide_crisis", "national_helpline"],
        **{name: record[name] for name in ("time", "id", "previous", "hash")},
    }
    assert verify(open_engine(database)).ok


@pytest.mark.asyncio
async def test_a_follow_up_is_recorded_with_its_kind(database: str) -> None:
    reply = said("utter_crisis_follow_up/denial", "suicide_crisis")
    record = await recorded(tracker({**FOUND, "kind": "denial"}, (HEARD, ANSWERED, HEARD, reply)), database)
    assert (record["kind"], record["reply"]) == ("denial", "utter_crisis_follow_up/denial")
    assert record["numbers"] == ["suicide_crisis"]


@pytest.mark.asyncio
async def test_only_crisis_messages_of_this_turn_count(database: str) -> None:
    other = said("utter_faq", "emergency")
    record = await recorded(tracker(events=(HEARD, ANSWERED, HEARD, other)), database)
    assert (record["reply"], record["numbers"]) == ("", [])


@pytest.mark.asyncio
async def test_numbers_of_several_messages_are_recorded_once_each(database: str) -> None:
    second = said("utter_crisis_question", "suicide_crisis", "emergency")
    record = await recorded(tracker(events=(HEARD, ANSWERED, second)), database)
    assert record["reply"] == "utter_crisis_question"
    assert record["numbers"] == ["suicide_crisis", "national_helpline", "emergency"]


@pytest.mark.asyncio
async def test_without_findings_the_reply_tells_what_it_was_for(database: str) -> None:
    reply = said("utter_crisis", "emergency", tier="T3", category="overdose_self", subject="self", language="es")
    record = await recorded(tracker(None, (HEARD, reply)), database)
    assert [record[name] for name in ("tier", "category", "language", "rules", "score")] == [
        "T3",
        "overdose_self",
        "es",
        [],
        0,
    ]


@pytest.mark.parametrize(
    "found",
    [
        {},
        TEXT,
        dict.fromkeys(FOUND, TEXT),
        dict.fromkeys(FOUND),
        {**FOUND, "rules": [TEXT], "score": float("nan"), "ms": True, "kind": TEXT, "model": f"/a/{TEXT}"},
    ],
)
@pytest.mark.asyncio
async def test_what_is_no_name_is_left_out_and_the_rest_is_recorded(found: Any, database: str) -> None:
    record = await recorded(tracker(found), database)
    assert "Jane" not in json.dumps(record)
    assert record["rules"] in ([], [crisis.UNNAMED])
    assert record["reply"] == "utter_crisis/suicide_active"


@pytest.mark.asyncio
async def test_a_number_that_is_not_on_file_keeps_its_place(database: str) -> None:
    reply = said("utter_crisis", "emergency")
    reply["data"]["custom"]["numbers"].append({"label": "Elm Street", "tel": "555"})
    record = await recorded(tracker(events=(HEARD, reply)), database)
    assert record["numbers"] == ["emergency", crisis.UNNAMED]


@pytest.mark.asyncio
async def test_files_of_the_database_hold_neither_text_nor_sender(database: str, tmp_path: Path) -> None:
    await run()
    written = b"".join(file.read_bytes() for file in (tmp_path / "folder").iterdir())
    assert b"suicide_active" in written
    assert [word for word in (SENDER, "Jane", "Elm", "192.0.2.7") if word.encode() in written] == []


@pytest.mark.asyncio
async def test_a_webhook_gets_five_fields_and_nothing_that_identifies(
    run_server: Callable, finish: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = run_server(Hook())
    monkeypatch.setenv("HANDOFF_WEBHOOK", hook.url)
    assert await run() == []
    finish()
    ((path, headers, body),) = hook.received
    report = json.loads(body)
    assert report == {**REPORTED, "time": report["time"]}
    assert (path, headers["Content-Type"]) == ("/hook/token", "application/json")
    sent = f"{path} {headers} {body!r}"
    assert [word for word in (SENDER, "Jane", "Elm", "192.0.2.7") if word in sent] == []


@pytest.mark.asyncio
async def test_staff_can_ask_for_the_conversation(
    run_server: Callable, finish: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = run_server(Hook())
    monkeypatch.setenv("HANDOFF_WEBHOOK", hook.url)
    monkeypatch.setenv("HANDOFF_INCLUDE_CONVERSATION", "1")
    await run()
    finish()
    assert json.loads(hook.received[0][2])["conversation"] == SENDER
    assert b"Jane" not in hook.received[0][2]


@pytest.mark.asyncio
async def test_a_slow_webhook_is_not_waited_for(
    run_server: Callable, finish: Callable, monkeypatch: pytest.MonkeyPatch, database: str
) -> None:
    assert crisis._TIMEOUT == 5
    hook = run_server(Hook(hold=True))
    monkeypatch.setenv("HANDOFF_WEBHOOK", hook.url)
    begun = time.monotonic()
    assert await run() == []
    assert time.monotonic() - begun < 2
    # It has the report and has not answered, yet the action is done.
    assert hook.arrived.wait(5)
    assert not hook.release.is_set()
    hook.release.set()
    finish()
    assert len(hook.received) == 1
    assert verify(open_engine(database)).count == 1


@pytest.mark.asyncio
async def test_a_webhook_that_does_not_answer_is_tried_twice(
    run_server: Callable, finish: Callable, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(crisis, "_TIMEOUT", 0.2)
    hook = run_server(Hook(hold=True))
    monkeypatch.setenv("HANDOFF_WEBHOOK", hook.url)
    assert await run() == []
    finish()
    assert len(hook.received) == 2
    assert "by webhook failed (ReadTimeout); given up" in caplog.text


@pytest.mark.parametrize(("statuses", "count"), [((500,), 2), ((500, 200), 2), ((404,), 2), ((302,), 2), ((204,), 1)])
@pytest.mark.asyncio
async def test_a_webhook_that_refuses_is_tried_once_more(
    statuses: tuple[int, ...],
    count: int,
    run_server: Callable,
    finish: Callable,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    hook = run_server(Hook(statuses))
    monkeypatch.setenv("HANDOFF_WEBHOOK", hook.url)
    assert await run() == []
    finish()
    assert [path for path, _, _ in hook.received] == ["/hook/token"] * count
    assert ("given up" in caplog.text) == (statuses[-1] >= 300)


@pytest.mark.asyncio
async def test_a_webhook_that_is_down_is_logged_without_its_address(
    finish: Callable,
    free_ports: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    database: str,
) -> None:
    monkeypatch.setenv("HANDOFF_WEBHOOK", f"http://127.0.0.1:{free_ports[0]}/hook/token")
    assert await run() == []
    finish()
    ours = [record.getMessage() for record in caplog.records if record.name == "actions.crisis"]
    assert [message.split("; ")[1] for message in ours] == ["once more.", "given up."]
    assert [word for word in ("token", SENDER, "Jane") if word in caplog.text] == []
    assert verify(open_engine(database)).count == 1


@pytest.mark.parametrize(("switched_on", "spoken"), [(True, ["Staff will look at this chat."]), (False, [])])
@pytest.mark.asyncio
async def test_the_words_of_staff_are_said_only_with_a_hand_off(
    switched_on: bool, spoken: list[str], run_server: Callable, finish: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    if switched_on:
        monkeypatch.setenv("HANDOFF_WEBHOOK", run_server(Hook()).url)
    monkeypatch.setenv("HANDOFF_MESSAGE", "Staff will look at this chat.")
    assert [message["text"] for message in await run()] == spoken


@pytest.mark.parametrize(("kind", "told"), [("", True), ("yes", True), ("denial", False), ("barrier", False)])
@pytest.mark.asyncio
async def test_staff_hear_of_danger_and_of_a_yes_but_not_of_what_else_follows(
    kind: str, told: bool, run_server: Callable, finish: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = run_server(Hook())
    monkeypatch.setenv("HANDOFF_WEBHOOK", hook.url)
    await run(tracker({**FOUND, "kind": kind}))
    finish()
    assert bool(hook.received) == told


@pytest.mark.asyncio
async def test_a_mail_has_the_same_fields(
    run_server: Callable, finish: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = run_server(MailServer())
    monkeypatch.setenv("HANDOFF_EMAIL", "staff@example.org")
    monkeypatch.setenv("SMTP_URL", f"smtp://{server.address}")
    assert await run() == []
    finish()
    assert "rcpt TO:<staff@example.org>" in server.lines
    assert "Subject: Crisis signal in the chat: T2, suicide_active" in server.lines
    assert {f"{name}: {value}" for name, value in REPORTED.items()} < set(server.lines)
    assert [word for word in (SENDER, "Jane", "Elm") if word in " ".join(server.lines)] == []


@pytest.mark.asyncio
async def test_a_password_does_not_travel_without_tls(
    run_server: Callable, finish: Callable, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    server = run_server(MailServer())
    monkeypatch.setenv("HANDOFF_EMAIL", "staff@example.org")
    monkeypatch.setenv("SMTP_URL", f"smtp://robot:hunter2@{server.address}")
    assert await run() == []
    finish()
    assert not any(line.upper().startswith(("AUTH", "DATA")) for line in server.lines)
    assert "by e-mail failed (SMTPNotSupportedError); given up" in caplog.text
    assert "hunter2" not in caplog.text


@pytest.mark.asyncio
async def test_where_the_ledger_fails_staff_still_hear_and_the_person_hears_nothing_odd(
    run_server: Callable,
    finish: Callable,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:
    hook = run_server(Hook())
    monkeypatch.setenv("HANDOFF_WEBHOOK", hook.url)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}")
    assert await run() == []
    finish()
    assert len(hook.received) == 1
    assert "Not in the ledger: Entry(time=" in caplog.text
    assert [word for word in (SENDER, "Jane", "Elm") if word in caplog.text] == []


@pytest.mark.asyncio
async def test_a_locked_database_is_not_waited_for_and_gets_the_record_later(database: str, finish: Callable) -> None:
    engine = open_engine(database)
    await run()
    with engine.begin() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        begun = time.monotonic()
        assert await run() == []
        assert time.monotonic() - begun < 2
        assert len(entries(engine)) == 1
    finish()
    assert verify(engine).count == 2


@pytest.mark.asyncio
async def test_wrong_settings_do_not_keep_it_from_recording(
    database: str, finish: Callable, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    conversations()
    monkeypatch.setenv("HANDOFF_WEBHOOK", "ftp://example.org")
    assert await run() == []
    finish()
    assert verify(open_engine(database)).count == 1
    assert "HANDOFF_WEBHOOK must be" in caplog.text

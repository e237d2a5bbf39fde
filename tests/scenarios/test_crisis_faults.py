"""Danger and plain questions against live servers with a fault each: a reply with the right number within 2 seconds."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from assistant import Assistant, Reply, free_port, new_sender, serving

from helpline.crisis.taxonomy import CRISIS_CATEGORIES
from helpline.training import live_model

# The promise to whoever writes; the guard speaks after TURN_TIMEOUT, which stays at its default here.
WITHIN = 2.0
DANGER = "my wife took too many pills and she wont wake up"
INDIRECT = "the letters are on the table and the dog is with my sister, so that is everything"
QUESTION = "how long does an iop last"


# Rasa's event loop stands still for a while when it gets the message BLOCKS.
BLOCKS = "please block the loop"
BLOCKED_LOOP = f"""
import time
from helpline.processor import Processor
handle = Processor.handle_message
def blocking(self, message):
    if message.text == "{BLOCKS}":
        time.sleep(6)
    return handle(self, message)
Processor.handle_message = blocking
"""


def say_in_time(running: Assistant, text: str, sender: str | None = None) -> Reply:
    started = time.monotonic()
    reply = running.say(sender or new_sender(), text)
    assert time.monotonic() - started < WITHIN + 0.2, f"{time.monotonic() - started:.1f} s"
    assert reply.text.strip()
    return reply


def escalates(reply: Reply, first: str = "911") -> bool:
    card = next((custom for custom in reply.customs if custom["kind"] == "crisis"), None)
    return card is not None and card["numbers"][0]["tel"] == first and "1-800-662-HELP (4357)" in reply.text


class ActionServer(BaseHTTPRequestHandler):
    """An action server with a fault."""

    behave: Callable[[ActionServer], None]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        type(self).behave(self)

    def send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def hang(server: ActionServer) -> None:
    time.sleep(20)


def slow(server: ActionServer) -> None:
    time.sleep(1.0)
    server.send(200, b'{"events": [], "responses": []}')


FAULTS: dict[str, Callable[[ActionServer], None] | None] = {
    "dead": None,
    "hanging": hang,
    "slow": slow,
    "answering 500": lambda server: server.send(500, b"no"),
    "answering garbage": lambda server: server.send(200, b"\xff<html>"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_the_action_server_does_the_numbers_come(fault: str, tmp_path: Path) -> None:
    behave, port = FAULTS[fault], free_port()
    server = None
    if behave:
        handler = type("Faulty", (ActionServer,), {"behave": staticmethod(behave)})
        server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with serving(tmp_path, port) as running:
            sender = new_sender()
            assert escalates(say_in_time(running, DANGER, sender))
            # The turn before may still wait for its action: the next danger is answered all the same.
            assert escalates(say_in_time(running, "now she is not breathing", sender))
            assert say_in_time(running, QUESTION).topics == ["program_length"]
    finally:
        if server:
            server.shutdown()
            server.server_close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with serving(tmp_path_factory.mktemp("alone"), free_port()) as assistant:
        yield assistant


def test_a_locked_database_holds_nobody_up(running: Assistant) -> None:
    sender = new_sender()
    running.say(sender, QUESTION)
    with closing(sqlite3.connect(running.database)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert escalates(say_in_time(running, DANGER, sender))
        assert escalates(say_in_time(running, DANGER))
        assert say_in_time(running, QUESTION).topics == ["program_length"]
        other.rollback()
    before = running.stored(sender)
    running.say(sender, QUESTION)
    assert running.stored(sender) > before + 10


def test_a_database_that_is_read_only_or_gone_holds_nobody_up(tmp_path: Path) -> None:
    with serving(tmp_path, free_port()) as running:
        running.say(new_sender(), QUESTION)
        with closing(sqlite3.connect(running.database)) as other:
            other.execute("DROP TABLE events")
            other.commit()
        assert escalates(say_in_time(running, DANGER))
        assert say_in_time(running, QUESTION).text
        for file in tmp_path.glob("conversations.db*"):
            file.unlink()
        assert escalates(say_in_time(running, DANGER))
        assert say_in_time(running, QUESTION).text


def test_without_a_model_plain_danger_gets_its_number(tmp_path: Path) -> None:
    live = live_model()
    assert live is not None
    broken = tmp_path / "broken.tar.gz"
    broken.write_bytes(live.path.read_bytes()[:5000])
    with serving(tmp_path, free_port(), model=f"Path({str(broken)!r})") as running:
        assert not running.answers()
        assert escalates(say_in_time(running, DANGER))
        assert escalates(say_in_time(running, "i want to kill myself"), "988")
        assert all(number in say_in_time(running, QUESTION).text for number in ("911", "988", "1-800-662-HELP (4357)"))


def test_a_blocked_event_loop_silences_nobody(tmp_path: Path) -> None:
    with serving(tmp_path, free_port(), fault=BLOCKED_LOOP) as running, ThreadPoolExecutor(4) as pool:
        running.say(new_sender(), QUESTION)
        blocked = pool.submit(say_in_time, running, BLOCKS)
        time.sleep(0.2)
        danger, indirect, question = (pool.submit(say_in_time, running, text) for text in (DANGER, INDIRECT, QUESTION))
        assert escalates(danger.result())
        assert escalates(indirect.result())
        assert all("1-800-662-HELP (4357)" in reply.result().text for reply in (blocked, question))


def test_fifty_people_at_once_are_all_answered(running: Assistant) -> None:
    running.say(new_sender(), QUESTION)
    texts = [DANGER, QUESTION] * 25
    with ThreadPoolExecutor(50) as pool:
        started = time.monotonic()
        replies = list(pool.map(lambda text: running.say(new_sender(), text), texts))
        assert time.monotonic() - started < WITHIN * (2 if os.cpu_count() == 1 else 1) + 1
    for text, reply in zip(texts, replies, strict=True):
        assert escalates(reply) if text == DANGER else reply.text


@pytest.mark.parametrize(
    "text",
    [
        f"{'we have talked about insurance and schedules before. ' * 180}{DANGER}",
        DANGER.replace("a", "a\u200b"),
        DANGER.upper(),
        f"\U0001f62d\U0001f62d {DANGER} \U0001f64f",
        f"/{DANGER}",
        f'/inform{{"why": "{DANGER}"}}',
        f"{DANGER}\n\n\n{QUESTION}",
    ],
    ids=["10 kB", "zero width", "capitals", "emoji", "slash", "payload", "with a question"],
)
def test_danger_is_heard_in_odd_input(running: Assistant, text: str) -> None:
    assert escalates(say_in_time(running, text))


@pytest.mark.parametrize(
    "body",
    [
        b'{"sender": "x", "message": "\xff\xfe my wife took too many pills and she wont wake up"}',
        b'{"sender": "x", "message": "\\ud83d my wife took too many pills and she wont wake up"}',
        b'{"sender": "x", "message": "\\ud83d\\ude2d\\ud83d\\ude2d"}',
    ],
    ids=["broken UTF-8", "half an emoji", "emoji only"],
)
def test_broken_bytes_are_no_silence(running: Assistant, body: bytes) -> None:
    answer = running.post(body)
    assert answer.status_code in (200, 400)
    assert answer.json()


def test_no_command_silences_the_number(running: Assistant) -> None:
    sender = new_sender()
    for command in ("/restart", "/session_start", "/back"):
        running.say(sender, command)
        assert escalates(say_in_time(running, DANGER, sender))


def test_indirect_danger_is_heard_while_a_turn_before_still_runs(running: Assistant) -> None:
    sender = new_sender()
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: running.say(sender, INDIRECT), range(8)))
    assert all("crisis" in reply.kinds for reply in replies)
    assert all(custom["category"] in CRISIS_CATEGORIES for reply in replies for custom in reply.customs)

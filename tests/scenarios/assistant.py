"""The running assistant as a person meets it: both servers as `helpline run` starts them, over the REST channel."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, TypeVar
from uuid import uuid4

import psutil
import requests

from helpline.settings import ROOT

READY_WITHIN = 90.0
# Long, as the tests may share their machine with a training.
_LISTENS_WITHIN = 180.0
# Where the data changed, `helpline run` trains first.
TRAINED_WITHIN = 400.0
_POLL = 0.05
_T = TypeVar("_T")
# Serves as `helpline serve` does, with a fault put into the process before.
SERVE = """
import sys
from pathlib import Path
from helpline.server import put_off_tensorflow, serve
from helpline.settings import load
from helpline.training import live_model
put_off_tensorflow()
{fault}
serve(load(), {model})
"""


@dataclass(frozen=True)
class Reply:
    """What came back for a message."""

    messages: list[dict[str, Any]]

    @property
    def text(self) -> str:
        return "\n".join(message["text"] for message in self.messages if "text" in message)

    @property
    def customs(self) -> list[dict[str, Any]]:
        return [message["custom"] for message in self.messages if "custom" in message]

    @property
    def kinds(self) -> list[str]:
        return [custom["kind"] for custom in self.customs]

    @property
    def reasons(self) -> list[str]:
        return [custom["reason"] for custom in self.customs if "reason" in custom]

    @property
    def topics(self) -> list[str]:
        """The topics answered or declined, in order."""
        return [topic for custom in self.customs for topic in custom.get("topics", [])]

    @property
    def sections(self) -> list[str]:
        return [cited["section"] for custom in self.customs for cited in custom.get("citations", [])]

    @property
    def buttons(self) -> list[dict[str, str]]:
        return [button for message in self.messages for button in message.get("buttons", [])]


@dataclass
class Assistant:
    """A running assistant: its supervisor, its ports, its database and what it printed."""

    process: subprocess.Popen[bytes]
    port: int
    action_port: int
    database: Path
    log: Path
    session: requests.Session = field(default_factory=requests.Session)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def printed(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def post(self, body: Any, **kwargs: Any) -> requests.Response:
        """Post bytes as they are, and anything else as JSON."""
        content = {"data": body} if isinstance(body, bytes) else {"json": body}
        return self.session.post(f"{self.url}/webhooks/rest/webhook", timeout=15, **content, **kwargs)

    def say(self, sender: str, text: str) -> Reply:
        answer = self.post({"sender": sender, "message": text})
        assert answer.status_code == 200, answer.text
        return Reply(answer.json())

    def child(self, part: str) -> psutil.Process:
        """Return the server whose command line has `part`."""
        return next(child for child in self.children() if part in child.cmdline())

    def children(self) -> list[psutil.Process]:
        try:
            return psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def stored(self, sender: str) -> int:
        """Count the rows of a conversation in the database file, past all caches."""
        with closing(sqlite3.connect(self.database)) as connection:
            return connection.execute("SELECT COUNT(*) FROM events WHERE sender_id = ?", (sender,)).fetchone()[0]

    def answers(self, port: int | None = None) -> bool:
        """Tell whether the Rasa server, or with its port the action server, is ready."""
        path = f"http://127.0.0.1:{port}/health" if port else f"{self.url}/webhooks/rest/"
        try:
            return requests.get(path, timeout=2).status_code == 200
        except requests.RequestException:
            return False

    def wait_until_whole(self) -> None:
        wait_for(lambda: self.answers() and self.answers(self.action_port), "both servers", READY_WITHIN)


def new_sender() -> str:
    return f"test-{uuid4().hex}"


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def wait_for(condition: Callable[[], _T], what: str, seconds: float) -> _T:
    """Return the first true value of `condition`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"No sign of {what} within {seconds:.0f} s."
        time.sleep(_POLL)


def environment(folder: Path, port: int, action_port: int) -> dict[str, str]:
    return {
        **os.environ,
        "PORT": str(port),
        "ACTION_PORT": str(action_port),
        "DATABASE_URL": f"sqlite:///{folder / 'conversations.db'}",
        # The tests may share their machine with a training; whether it is fast is for `make bench`.
        "TURN_TIMEOUT": "10",
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore",
    }


def start(folder: Path) -> Assistant:
    """Run `helpline run` on free ports with a database in `folder` and wait for its ready line."""
    port, action_port = free_port(), free_port()
    log = folder / "run.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "helpline", "run"],
            cwd=ROOT,
            env=environment(folder, port, action_port),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    assistant = Assistant(process, port, action_port, folder / "conversations.db", log)
    try:
        wait_for(lambda: "Ready after" in assistant.printed or process.poll() is not None, "ready", TRAINED_WITHIN)
        assert process.poll() is None, assistant.printed
    except BaseException:
        stop(assistant)
        raise
    return assistant


def stop(assistant: Assistant) -> None:
    """End all processes, whatever state they are in."""
    children = assistant.children()
    assistant.session.close()
    if assistant.process.poll() is None:
        assistant.process.send_signal(signal.SIGINT)
        try:
            assistant.process.wait(15)
        except subprocess.TimeoutExpired:
            assistant.process.kill()
            assistant.process.wait()
    for child in children:
        if child.is_running():
            child.kill()


def start_server(
    folder: Path,
    action_port: int,
    port: int | None = None,
    fault: str = "",
    model: str = "live_model().path",
    **variables: str,
) -> Assistant:
    """Start the Rasa server alone, with whatever answers on `action_port` as its action server, and wait for it."""
    port, log = port or free_port(), folder / "serve.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE.format(fault=fault, model=model)],
            cwd=ROOT,
            env={**environment(folder, port, action_port), "TURN_TIMEOUT": "1.8", "PYTHONPATH": str(ROOT), **variables},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    running = Assistant(process, port, action_port, folder / "conversations.db", log)
    try:
        wait_for(lambda: answers_at_all(running), "the Rasa server", _LISTENS_WITHIN)
    except BaseException:
        stop(running)
        raise
    return running


@contextmanager
def serving(folder: Path, action_port: int, **options: str) -> Iterator[Assistant]:
    """Run the Rasa server alone as `start_server` does."""
    running = start_server(folder, action_port, **options)
    try:
        yield running
    finally:
        stop(running)


def answers_at_all(running: Assistant) -> bool:
    """Tell whether the server listens, with or without a model."""
    try:
        running.session.get(f"{running.url}/webhooks/rest/", timeout=2)
    except OSError:
        return False
    return True


@contextmanager
def action_server(folder: Path, port: int) -> Iterator[None]:
    """Run the action server as `helpline run` does."""
    process = subprocess.Popen(
        [sys.executable, "-m", "rasa_sdk", "--actions", "actions", "--port", str(port)],
        cwd=ROOT,
        env={**environment(folder, port, port), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: is_up(port), "the action server", _LISTENS_WITHIN)
        yield
    finally:
        process.kill()
        process.wait()


def is_up(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/health", timeout=2).status_code == 200
    except requests.RequestException:
        return False

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable

import aiohttp
import psutil
import pytest
from waiting import until

from helpline import supervisor
from helpline.settings import Settings
from helpline.supervisor import Child, SupervisorError, check_ports, children, run

_SERVER = """
import signal, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
if "deaf" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(503 if "sick" in sys.argv else 200)
        self.end_headers()
    def log_message(self, *arguments):
        pass
HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


@pytest.fixture
def settings(free_ports: tuple[int, int]) -> Settings:
    return Settings(port=free_ports[0], action_port=free_ports[1])


@pytest.fixture
def stand_ins(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Child]]:
    """Return a function that puts small real servers in the place of the two, which take 10 s to start."""

    def put(*modes: str) -> list[Child]:
        servers = [
            Child(f"server {number}", [sys.executable, "-c", _SERVER, str(port), *modes], f"http://127.0.0.1:{port}/")
            for number, port in enumerate((settings.port, settings.action_port), 1)
        ]
        monkeypatch.setattr(supervisor, "children", lambda _: servers)
        return servers

    return put


def stop() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def test_the_two_servers_run_on_the_ports_of_the_settings() -> None:
    actions, rasa = children(Settings(port=1, action_port=2))
    assert (actions.name, rasa.name) == ("action server", "Rasa server")
    assert " ".join(actions.command).endswith("-m rasa_sdk --actions actions --port 2")
    assert actions.health == "http://127.0.0.1:2/health"
    assert rasa.health == "http://127.0.0.1:1/webhooks/rest/"


@pytest.mark.parametrize(("taken", "variable"), [("port", "PORT"), ("action_port", "ACTION_PORT")])
def test_a_taken_port_is_named_with_another_to_choose(settings: Settings, taken: str, variable: str) -> None:
    check_ports(settings)
    port = getattr(settings, taken)
    with socket.create_server(("127.0.0.1", port)), pytest.raises(SupervisorError, match=rf"`{variable}={port + 1} "):
        check_ports(settings)


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.asyncio
async def test_both_servers_get_ready_and_a_signal_stops_them(
    settings: Settings, stand_ins: Callable[..., list[Child]], sign: signal.Signals
) -> None:
    servers, said, answers = stand_ins(), [], []

    async def look_and_stop() -> None:
        async with aiohttp.ClientSession() as session:
            for child in servers:
                async with session.get(child.health) as answer:
                    answers.append(answer.status)
        os.kill(os.getpid(), sign)

    def say(text: str) -> None:
        said.append(text)
        if text.startswith("Ready"):
            tasks.append(asyncio.ensure_future(look_and_stop()))

    tasks: list[asyncio.Future[None]] = []
    assert await asyncio.wait_for(run(settings, say), 20) == 0
    assert answers == [200, 200]
    assert f"http://localhost:{settings.port}" in said[0]
    assert said[1:] == ["Stopping."]
    assert not any(psutil.pid_exists(child.process.pid) for child in servers)


@pytest.mark.asyncio
async def test_a_killed_server_is_started_again(settings: Settings, stand_ins: Callable[..., list[Child]]) -> None:
    servers, said = stand_ins(), []
    running = asyncio.ensure_future(run(settings, said.append))
    await until(lambda: bool(said))
    first = servers[0].process.pid
    os.kill(first, signal.SIGKILL)
    await until(lambda: servers[0].process.pid != first)
    stop()
    assert await asyncio.wait_for(running, 20) == 0
    assert said[1] == "The server 1 stopped (exit code -9); starting it again in 1 s."


@pytest.mark.asyncio
async def test_a_server_that_does_not_listen_is_killed(
    settings: Settings, stand_ins: Callable[..., list[Child]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_STOP_WITHIN", 0.3)
    servers = stand_ins("deaf")
    assert await asyncio.wait_for(run(settings, lambda text: stop() if text.startswith("Ready") else None), 20) == 0
    assert [child.process.returncode for child in servers] == [-signal.SIGKILL] * 2


@pytest.mark.asyncio
async def test_servers_that_do_not_get_ready_are_named_and_stopped(
    settings: Settings, stand_ins: Callable[..., list[Child]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_READY_WITHIN", 1.0)
    servers = stand_ins("sick")
    with pytest.raises(SupervisorError, match="server 1 and the server 2 did not get ready"):
        await asyncio.wait_for(run(settings, lambda _: None), 20)
    assert all(child.process.returncode is not None for child in servers)


@pytest.mark.asyncio
async def test_a_signal_while_the_servers_start_stops_them_too(
    settings: Settings, stand_ins: Callable[..., list[Child]]
) -> None:
    servers = stand_ins()
    running = asyncio.ensure_future(run(settings, lambda _: None))
    # One turn of the loop: the signal handlers are set, the processes are on their way.
    await asyncio.sleep(0)
    stop()
    try:
        assert await asyncio.wait_for(running, 10) == 0
    finally:
        for child in servers:
            if child.process is not None and child.process.returncode is None:
                child.process.kill()

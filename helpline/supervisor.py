"""Runs the action server and the Rasa server together: starts, watches, restarts and stops them."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from dataclasses import dataclass, field
from typing import Callable

import aiohttp

from helpline.settings import ROOT, Settings

_READY_WITHIN = 60.0
_STOP_WITHIN = 5.0
_LONGEST_PAUSE = 30.0
# A child that ran this long was healthy: the next pause starts small again.
_HEALTHY_AFTER = 60.0


# Rasa's action server would listen on all addresses otherwise.
_ENVIRONMENT = {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore", "SANIC_HOST": "127.0.0.1"}


class SupervisorError(RuntimeError):
    """The servers cannot be started; the message says what to do."""


@dataclass
class Child:
    """A server process.

    Attributes:
        name: what people call it.
        command: how it is started.
        health: address that answers 200 once it is ready.
    """

    name: str
    command: list[str]
    health: str
    process: asyncio.subprocess.Process | None = field(default=None, repr=False)


def children(settings: Settings) -> list[Child]:
    """Return the two servers."""
    actions = ["-m", "rasa_sdk", "--actions", "actions", "--port", str(settings.action_port)]
    return [
        Child("action server", [sys.executable, *actions], f"http://127.0.0.1:{settings.action_port}/health"),
        Child(
            "Rasa server",
            [sys.executable, "-m", "helpline", "serve"],
            f"http://127.0.0.1:{settings.port}/webhooks/rest/",
        ),
    ]


def check_ports(settings: Settings) -> None:
    """Raise a SupervisorError if one of the ports is taken."""
    for variable, port in (("PORT", settings.port), ("ACTION_PORT", settings.action_port)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise SupervisorError(
                    f"Port {port} is taken. Choose another, e.g. `{variable}={port + 1} make run`."
                ) from error


async def run(settings: Settings, say: Callable[[str], None] = print) -> int:
    """Keep both servers running until SIGINT or SIGTERM; return the exit code.

    Raises:
        SupervisorError: if a port is taken or a server does not get ready.
    """
    check_ports(settings)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, stopping.set)
    servers = children(settings)
    started = time.monotonic()
    watchers = [asyncio.create_task(_keep_alive(child, stopping, say)) for child in servers]
    try:
        await _all_ready(servers, stopping)
        if not stopping.is_set():
            seconds = time.monotonic() - started
            say(f"Ready after {seconds:.0f} s: http://localhost:{settings.port}  (Ctrl-C stops)")
        await stopping.wait()
        say("Stopping.")
        return 0
    finally:
        stopping.set()
        await asyncio.gather(*(_stop(child) for child in servers))
        await asyncio.gather(*watchers, return_exceptions=True)


async def _keep_alive(child: Child, stopping: asyncio.Event, say: Callable[[str], None]) -> None:
    """Start a child, and start it again with growing pauses as often as it ends."""
    pause = 1.0
    while not stopping.is_set():
        begun = time.monotonic()
        child.process = await asyncio.create_subprocess_exec(
            *child.command,
            cwd=ROOT,
            env={**os.environ, **_ENVIRONMENT},
            # Ctrl-C reaches the supervisor alone, which then stops the children in order.
            start_new_session=True,
        )
        code = await child.process.wait()
        if stopping.is_set():
            return
        if time.monotonic() - begun > _HEALTHY_AFTER:
            pause = 1.0
        say(f"The {child.name} stopped (exit code {code}); starting it again in {pause:.0f} s.")
        try:
            await asyncio.wait_for(stopping.wait(), pause)
        except asyncio.TimeoutError:
            pause = min(pause * 2, _LONGEST_PAUSE)


async def _all_ready(servers: list[Child], stopping: asyncio.Event) -> None:
    deadline = time.monotonic() + _READY_WITHIN
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session:
        waiting = list(servers)
        while waiting and not stopping.is_set():
            if time.monotonic() > deadline:
                names = " and the ".join(child.name for child in waiting)
                raise SupervisorError(
                    f"The {names} did not get ready within {_READY_WITHIN:.0f} s. See the messages above."
                )
            waiting = [child for child in waiting if not await _answers(session, child.health)]
            if waiting:
                await asyncio.sleep(0.1)


async def _answers(session: aiohttp.ClientSession, address: str) -> bool:
    try:
        async with session.get(address) as answer:
            return answer.status == 200
    except (aiohttp.ClientError, asyncio.TimeoutError):
        return False


async def _stop(child: Child) -> None:
    """Ask a child to end, and end it after `_STOP_WITHIN` seconds."""
    process = child.process
    if process is None or process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _STOP_WITHIN)
    except asyncio.TimeoutError:
        process.kill()
        await process.wait()

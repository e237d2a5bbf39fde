"""A client of the web channel that behaves as <iop-chat> does, and a line between the two that can be cut."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from contextlib import suppress
from typing import Any
from uuid import uuid4

import aiohttp
import socketio

# python-socketio's client asks for a name that the locked aiohttp does not have yet.
if not hasattr(aiohttp, "ClientWSTimeout"):
    aiohttp.ClientWSTimeout = lambda ws_close: ws_close

PATH = "/webhooks/web/socket.io"
# Seconds.
_PAUSE = 0.1
_ACKNOWLEDGED_WITHIN = 12.0


class WebClient:
    """Sends what was not acknowledged again, and drops replies that it has."""

    def __init__(self, port: int, address: str = "9.9.9.9") -> None:
        """Take the server's port, and the address for which its limits shall count."""
        self.url = f"http://127.0.0.1:{port}"
        self.session: dict[str, str] = {}
        self.after = 0
        # Replies by id, replies' ids by message, and messages that wait or were refused.
        self.replies: dict[int, dict[str, Any]] = {}
        self.answered: defaultdict[str, list[int]] = defaultdict(list)
        self.waiting: dict[str, str] = {}
        self.errors: list[str] = []
        # Seconds from sending a message to its first reply, where neither was repeated.
        self.latencies: list[float] = []
        self.connections = 0
        self._sent: dict[str, float] = {}
        self._flying: set[str] = set()
        self._socket: socketio.AsyncClient | None = None
        self._headers = {"X-Forwarded-For": address}
        self._http: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False
        self._ready = asyncio.Event()
        self._gone = asyncio.Event()

    async def __aenter__(self) -> WebClient:
        self._start(self._stay_connected())
        return self

    async def __aexit__(self, *_: Any) -> None:
        self._closed = True
        if self._socket:
            await self._socket.disconnect()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._http:
            await self._http.close()

    async def ready(self, seconds: float = 30) -> None:
        """Wait until there is a session."""
        await asyncio.wait_for(self._ready.wait(), seconds)

    def say(self, text: str) -> str:
        """Send a message, now or as soon as it can be, and return its id."""
        mid = uuid4().hex
        self.waiting[mid] = text
        self._flush()
        return mid

    async def settled(self, seconds: float) -> None:
        """Wait until every message is acknowledged."""
        deadline = time.monotonic() + seconds
        while self.waiting:
            assert time.monotonic() < deadline, f"{len(self.waiting)} messages wait: {self.errors[-5:]}"
            await asyncio.sleep(0.02)

    async def ask(self, event: str, content: Any, seconds: float = _ACKNOWLEDGED_WITHIN) -> dict[str, Any]:
        """Send an event and return its acknowledgement; an empty one where none comes."""
        socket = self._socket
        if socket is None or not socket.connected:
            return {}
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        gone = asyncio.ensure_future(self._gone.wait())
        with suppress(socketio.exceptions.SocketIOError):
            await socket.emit(event, content, callback=lambda result: answer.done() or answer.set_result(result))
            await asyncio.wait({answer, gone}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        return dict(answer.result()) if answer.done() else {}

    def _start(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _stay_connected(self) -> None:
        while not self._closed:
            # One for each connection: an aborted one leaves aiohttp's session unusable.
            self._http = aiohttp.ClientSession()
            self._socket = socket = socketio.AsyncClient(reconnection=False, http_session=self._http)
            self._gone = gone = asyncio.Event()
            socket.on("bot_uttered", self._receive)
            socket.on("disconnect", lambda *_, gone=gone: gone.set())
            try:
                await socket.connect(
                    self.url, headers=self._headers, socketio_path=PATH, transports=["websocket"], wait_timeout=5
                )
                await self._begin()
                await gone.wait()
            except (socketio.exceptions.SocketIOError, aiohttp.ClientError, OSError, asyncio.TimeoutError):
                pass
            finally:
                with suppress(Exception):
                    await socket.disconnect()
                await self._http.close()
            await asyncio.sleep(_PAUSE)

    async def _begin(self) -> None:
        answer = await self.ask("session_request", {**self.session, "after": self.after} if self.session else {})
        if answer.get("error") == "session":
            self.errors.append("session")
            self.session = {}
            return await self._begin()
        if "session_id" not in answer:
            raise asyncio.TimeoutError
        self.session = {name: answer[name] for name in ("session_id", "token")}
        self.connections += 1
        for reply in answer["messages"]:
            self._receive(reply)
        self._ready.set()
        self._flush()

    def _flush(self) -> None:
        if self._socket and self._socket.connected and self.session:
            for mid in self.waiting:
                if mid not in self._flying:
                    self._flying.add(mid)
                    self._start(self._send(mid, self.waiting[mid]))

    async def _send(self, mid: str, text: str) -> None:
        again = mid in self._sent
        self._sent[mid] = 0.0 if again else time.perf_counter()
        answer = await self.ask("user_uttered", {"message": text, "mid": mid})
        if answer.get("ok"):
            if answer["last"] not in self.replies:
                # Told while the line was down: fetched with the session.
                await self._begin()
            self.waiting.pop(mid, None)
            self.after = max(self.after, min(answer["last"], self._complete_to()))
        elif "error" in answer:
            self.errors.append(answer["error"])
            await asyncio.sleep(answer.get("retry_s", 1))
        else:
            await asyncio.sleep(_PAUSE)
        self._flying.discard(mid)
        self._flush()

    def _complete_to(self) -> int:
        """Return the id up to which no reply is missing: that of the last message before one that waits."""
        return max(self.replies, default=0) if len(self._flying) <= 1 else self.after

    def _receive(self, reply: dict[str, Any]) -> None:
        if reply["id"] in self.replies:
            return
        mid = reply["mid"]
        if self._sent.get(mid) and not self.answered[mid]:
            self.latencies.append(time.perf_counter() - self._sent[mid])
        self.replies[reply["id"]] = reply
        self.answered[mid].append(reply["id"])


class Line:
    """A TCP line to a server that can be cut, again and again."""

    def __init__(self, port: int) -> None:
        """Take the server's port."""
        self._server_port = port
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.base_events.Server | None = None
        self.port = 0

    async def __aenter__(self) -> Line:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: Any) -> None:
        assert self._server
        self._server.close()
        self.cut()
        await self._server.wait_closed()

    def cut(self) -> int:
        """Cut every connection, without a goodbye, and return how many there were."""
        cut = len(self._writers) // 2
        for writer in list(self._writers):
            writer.transport.abort()
        return cut

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._server_port)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, back}
        self._writers |= ends
        try:
            await asyncio.gather(self._carry(reader, back), self._carry(there, writer))
        finally:
            self._writers -= ends

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.transport.abort()

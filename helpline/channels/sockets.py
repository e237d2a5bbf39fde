"""The socket.io server of the web chat: connections, rooms of sessions, and what keeps broken clients off."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Awaitable, Callable

import engineio
from sanic.request import Request
from sanic.response import HTTPResponse
from socketio import AsyncServer
from socketio.packet import BINARY_ACK, BINARY_EVENT, EVENT, Packet

# Bytes of a frame or of a post's body.
MAX_BYTES = 16 * 1024
# The WebSocket protocol's code for data that cannot be taken, and seconds that a client has to close its side.
_UNSUPPORTED = 1003
_GOODBYE = 1.0
# What comes with a post is handled behind its back.
_POST_SECONDS = 2.0
# Sanic's classes that run tasks for a WebSocket.
_SANICS = ("WebsocketImplProtocol", "WebsocketFrameAssembler")
_EVENTS = ("session_request", "user_uttered", "forget")

# What strangers send wrong is no error of ours, and its log would be theirs to fill.
_quiet = logging.getLogger(f"{__name__}.frames")
_quiet.setLevel(logging.CRITICAL)


class FrameError(ValueError):
    """A client sent what no client of ours sends, or is gone."""


class _Packet(Packet):
    """A packet as our clients send it: no attachments, which the library would collect without end, no other events."""

    uses_binary_events = False

    def decode(self, encoded_packet: Any) -> int | None:
        count: int | None = super().decode(encoded_packet)
        if self.packet_type in (BINARY_EVENT, BINARY_ACK):
            raise FrameError("A binary packet.")
        if self.packet_type == EVENT and not (isinstance(self.data, list) and self.data and self.data[0] in _EVENTS):
            raise FrameError("An event that is not ours.")
        return count


class _Engine(engineio.AsyncServer):
    """Knows its tasks, so that none is left when the server stops."""

    def __init__(self, **options: Any) -> None:
        self.tasks: set[asyncio.Task[Any]] = set()
        super().__init__(**options)

    def start_background_task(self, target: Callable[..., Any], *arguments: Any, **keywords: Any) -> asyncio.Task[Any]:
        task = super().start_background_task(target, *arguments, **keywords)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task


class _Server(AsyncServer):
    def _engineio_server_class(self) -> type[_Engine]:
        return _Engine


class SocketServer:
    """Sockets, each in the room of its session once it has proved to have one."""

    def __init__(self, admits: Callable[[Request], bool]) -> None:
        """Take what tells whether a request may come in."""
        self._server = _Server(
            async_mode="sanic",
            serializer=_Packet,
            max_http_buffer_size=MAX_BYTES,
            cors_allowed_origins=lambda _, environment: admits(environment["sanic.request"]),
            cors_credentials=False,
            cookie=None,
            logger=_quiet,
            engineio_logger=_quiet,
        )
        self._sessions: dict[str, str] = {}
        self._server.on("disconnect", self._disconnected)

    def on(self, event: str, handle: Callable[..., Awaitable[Any]]) -> None:
        """Have `handle(socket, *content)` answer an event; what it returns is the acknowledgement."""

        async def handler(socket: str, *content: Any) -> Any:
            return await handle(socket, *content)

        self._server.on(event, handler)

    async def handle(self, request: Request) -> HTTPResponse:
        """Serve a request of the socket.io protocol."""
        serving = self._server.handle_request(request)
        try:
            return await (asyncio.wait_for(serving, _POST_SECONDS) if request.method == "POST" else serving)
        except Exception:
            # From a frame that is none: the library stops reading, and would leave the socket to its heartbeat, or a
            # post without an answer.
            await self._hang_up(request)
            return HTTPResponse(status=400)

    def session_of(self, socket: str) -> str | None:
        """Return the session that a socket has proved to have."""
        return self._sessions.get(socket)

    def request_of(self, socket: str) -> Request:
        """Return the request with which a socket connected.

        Raises:
            FrameError: if it is gone.
        """
        environment = self._server.get_environ(socket)
        if environment is None:
            raise FrameError("The socket is gone.")
        return environment["sanic.request"]

    async def enter(self, socket: str, session_id: str) -> None:
        """Put a socket into the room of its session, and out of another one.

        Raises:
            FrameError: if it is gone.
        """
        if self._sessions.get(socket) != session_id:
            await self.leave(socket)
        try:
            await self._server.enter_room(socket, session_id)
        except (ValueError, KeyError) as error:
            raise FrameError("The socket is gone.") from error
        self._sessions[socket] = session_id

    async def leave(self, socket: str) -> None:
        """Take a socket out of its room."""
        session_id = self._sessions.pop(socket, None)
        if session_id is not None:
            await self._server.leave_room(socket, session_id)

    async def dissolve(self, session_id: str) -> None:
        """Take all sockets out of the room of a session that is no more."""
        await self._server.close_room(session_id)

    async def close(self) -> None:
        """Say goodbye to every client and end all tasks."""
        engine = self._server.eio
        for socket in list(engine.sockets.values()):
            await socket.close(wait=False)
            # Lets the task that writes end.
            await socket.queue.put(None)
        tasks = [*engine.tasks, *(task for task in asyncio.all_tasks() if _is_of_sanics_sockets(task))]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @staticmethod
    def listen() -> None:
        """Keep what strangers send wrong out of the log; call in the event loop of the server."""
        asyncio.get_running_loop().set_exception_handler(_told_unless_strangers_did_it)

    async def publish(self, session_id: str, event: str, content: dict[str, Any], but: str | None = None) -> None:
        """Tell all sockets of a session, `but` one, something."""
        await self._server.emit(event, content, room=session_id, skip_sid=but)

    async def tell(self, socket: str, event: str, content: dict[str, Any]) -> None:
        """Tell one socket something."""
        await self._server.emit(event, content, to=socket)

    async def _hang_up(self, request: Request) -> None:
        engine = self._server.eio
        own = (name for name, environment in self._server.environ.items() if environment["sanic.request"] is request)
        socket = engine.sockets.pop(request.args.get("sid") or next(own, ""), None)
        if socket is not None:
            await socket.close(wait=False, abort=True)
            # Lets the task that writes end.
            await socket.queue.put(None)
        line = getattr(request.transport.get_protocol(), "websocket", None)
        if line is not None:
            line.fail_connection(_UNSUPPORTED)
            await line.wait_for_connection_lost(_GOODBYE)

    async def _disconnected(self, socket: str, *_: Any) -> None:
        self._sessions.pop(socket, None)


def _is_of_sanics_sockets(task: Any) -> bool:
    return isinstance(task, asyncio.Task) and task.get_coro().__qualname__.split(".")[0] in _SANICS


def _told_unless_strangers_did_it(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Leave out tasks in which Sanic reads a frame that is no text, or waits for somebody to read it."""
    if not _is_of_sanics_sockets(context.get("task") or context.get("future")):
        loop.default_exception_handler(context)

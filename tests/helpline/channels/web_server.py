"""The web channel on a real server with an echo in Rasa's place."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
import socketio
from rasa.core.channels.channel import UserMessage
from sanic import Sanic

from helpline.channels import pages, plain_page
from helpline.channels.web import WebChannel
from helpline.storage.database import append_events, open_engine

# python-socketio's client asks for a name that the locked aiohttp does not have yet.
if not hasattr(aiohttp, "ClientWSTimeout"):
    aiohttp.ClientWSTimeout = lambda ws_close: ws_close

PATH = "/webhooks/web/socket.io"
SITE = "https://centre.example"


@dataclass
class Server:
    """A running server: its address, its database and what its echo was asked."""

    url: str
    database_url: str
    app: Sanic
    channel: WebChannel
    asked: list[str] = field(default_factory=list)

    @property
    def ws(self) -> str:
        return f"{self.url.replace('http', 'ws')}{PATH}/?EIO=4&transport=websocket"


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Server]:
    """Serve the channel and the pages on a free port."""
    database_url = f"sqlite:///{folder / 'c.db'}"
    channel = WebChannel()

    async def echo(message: UserMessage) -> None:
        server.asked.append(message.text)
        if message.text == "boom":
            raise RuntimeError("boom")
        content = {"event": "user", "text": message.text, "timestamp": 1.0, "metadata": message.metadata}
        buttons = [{"title": "<Yes> & no", "payload": 'say "yes" <b>'}]
        if message.text.startswith("buttons"):
            await message.output_channel.send_text_with_buttons(message.sender_id, f"echo {message.text}", buttons)
        else:
            buttons = []
            await message.output_channel.send_text_message(message.sender_id, f"echo {message.text}")
        bot = {"event": "bot", "text": f"echo {message.text}", "timestamp": 1.0, "data": {"buttons": buttons}}
        append_events(open_engine(database_url), message.sender_id, [content, bot])

    app = Sanic(f"web_{uuid4().hex}", configure_logging=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", database_url)
        patch.setenv("WEB_ORIGINS", SITE)
        app.blueprint(channel.blueprint(echo), url_prefix="/webhooks/web")
    app.blueprint(pages.blueprint(folder / "widget"))
    app.blueprint(plain_page.blueprint(channel))
    app.register_middleware(pages.home, "request")
    app.exception(*pages.REFUSALS)(pages.refused)
    app.config.REQUEST_MAX_SIZE = 1_000_000
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    from sanic.server.protocols.websocket_protocol import WebSocketProtocol

    http = await app.create_server(
        sock=listening, return_asyncio_server=True, access_log=False, protocol=WebSocketProtocol
    )
    await http.startup()
    server = Server(f"http://127.0.0.1:{listening.getsockname()[1]}", database_url, app, channel)
    yield server
    http.close()
    await http.wait_closed()


class Client:
    """A socket.io client that notes what it is told."""

    def __init__(self, server: Server, **headers: str) -> None:
        self.told: list[tuple[str, Any]] = []
        self._server = server
        self._headers = headers
        self._socket = socketio.AsyncClient(reconnection=False)
        for event in ("typing", "bot_uttered", "user_echo", "ended"):
            self._socket.on(event, lambda content, event=event: self.told.append((event, content)))

    async def __aenter__(self) -> Client:
        await self._socket.connect(
            self._server.url, headers=self._headers, socketio_path=PATH, transports=["websocket"], wait_timeout=5
        )
        return self

    async def __aexit__(self, *_: Any) -> None:
        await self._socket.disconnect()

    async def ask(self, event: str, *content: Any) -> Any:
        """Send an event and return its acknowledgement."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        data = content[0] if len(content) == 1 else tuple(content) or None
        await self._socket.emit(event, data, callback=lambda *result: answer.set_result(result[0] if result else None))
        return await asyncio.wait_for(answer, 5)

    async def begin(self, **content: Any) -> dict[str, Any]:
        return dict(await self.ask("session_request", content))

    async def say(self, text: Any, mid: Any = None) -> dict[str, Any]:
        return dict(await self.ask("user_uttered", {"message": text, "mid": mid or uuid4().hex}))

    def replies(self) -> list[dict[str, Any]]:
        return [content for event, content in self.told if event == "bot_uttered"]

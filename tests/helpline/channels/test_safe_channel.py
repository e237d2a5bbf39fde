from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from aiohttp import web
from rasa.core.channels.channel import UserMessage
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from helpline.channels.delivery import Patience
from helpline.channels.rendering import Capabilities, Part
from helpline.channels.safe_channel import Call, Inbound, Outcome, SafeChannel
from helpline.settings import Settings
from helpline.storage import messages
from helpline.storage.database import open_engine

# The vendor of these tests signs with this word in front of its JSON.
SIGNED = b"signed "


class PlainChannel(SafeChannel):
    capabilities: Mapping[str, Capabilities] = {"sms": Capabilities(1600)}
    patience = Patience(pause=0.01)

    @classmethod
    def name(cls) -> str:
        return "plain"

    @classmethod
    def is_on(cls, settings: Settings) -> bool:
        return True

    def verify(self, request: Request) -> bool:
        if request.body == b"boom":
            raise RuntimeError("a bug")
        return request.body.startswith(SIGNED)

    def parse(self, request: Request) -> list[Inbound]:
        return [Inbound(**event) for event in json.loads(request.body[len(SIGNED) :])]

    def call(self, address: str, part: Part) -> Call:
        if part.text == "echo unspeakable":
            raise RuntimeError("a bug")
        form = {"To": address, "Body": part.text} if part.text.startswith("echo form") else None
        return Call(f"{self.settings.twilio_api}/send", {"X-Key": "1"}, {"to": address, "text": part.text}, form)

    def outcome(self, status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
        return Outcome("sent" if status == 200 else "retry")

    def acknowledgement(self, inbound: Inbound) -> Call | None:
        return Call(f"{self.settings.twilio_api}/seen", json={"id": inbound.acknowledge})

    def answer_at_once(self, request: Request) -> HTTPResponse | None:
        return response.text("challenge") if request.body.endswith(b"?") else None

    def routes(self, blueprint: Blueprint) -> None:
        @blueprint.get("/webhook")
        async def prove(request: Request) -> HTTPResponse:
            return response.text("proof")


@pytest.mark.asyncio
async def test_what_a_vendor_does_not_take_is_one_line_a_minute(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = PlainChannel(Settings())

    class Busy:
        async def post(self, call: Call) -> tuple[int, dict[str, str], bytes]:
            return 429, {}, b""

    channel._post = Busy()
    for _ in range(5):
        assert (await channel._send("+15550001", Part("secret words"))).status == "retry"
    monkeypatch.setattr("helpline.channels.safe_channel._TELLING_PAUSE", 0.0)
    channel._tell_again = 0.0
    await channel._send("+15550001", Part("secret words"))
    told = [record.getMessage() for record in caplog.records]
    assert told == [
        "plain does not take a message now (status 429).",
        "plain does not take a message now (status 429); 4 more like it since the last line.",
    ]


@dataclass
class Vendor:
    url: str
    got: list[tuple[str, Any, str]] = field(default_factory=list)
    status: int = 200
    seconds: float = 0.0

    async def take(self, request: web.Request) -> web.Response:
        form = request.content_type == "application/x-www-form-urlencoded"
        content = dict(await request.post()) if form else await request.json()
        await asyncio.sleep(self.seconds)
        if self.status == 0:
            request.transport.close()
        self.got.append((request.path, content, request.headers.get("X-Key", "")))
        return web.Response(status=self.status or 200)


@dataclass
class Server:
    url: str
    vendor: Vendor
    database_url: str

    async def post(self, body: bytes) -> tuple[int, bytes]:
        async with aiohttp.ClientSession() as session, session.post(f"{self.url}/webhook", data=body) as answer:
            return answer.status, await answer.read()

    async def say(self, text: str, number: str, **more: Any) -> tuple[int, bytes]:
        event = {"vendor_id": number, "address": "+1", "person": "+1", "text": text, "channel": "sms", **more}
        return await self.post(SIGNED + json.dumps([event]).encode())

    async def until(self, count: int) -> list[tuple[str, Any, str]]:
        for _ in range(500):
            if len(self.vendor.got) >= count:
                return self.vendor.got
            await asyncio.sleep(0.01)
        raise AssertionError(self.vendor.got)


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Server]:
    vendor = Vendor("")
    app = web.Application()
    app.router.add_post("/{name}", vendor.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    vendor.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"

    async def echo(message: UserMessage) -> None:
        await message.output_channel.send_text_message(message.sender_id, f"echo {message.text}")

    settings = Settings(database_url=f"sqlite:///{folder / 'c.db'}", twilio_api=vendor.url)
    sanic = Sanic(f"plain_{uuid4().hex}", configure_logging=False)
    sanic.blueprint(PlainChannel(settings).blueprint(echo), url_prefix="/webhooks/plain")
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    http = await sanic.create_server(sock=listening, return_asyncio_server=True, access_log=False)
    await http.startup()
    await http.before_start()
    await http.after_start()
    port = listening.getsockname()[1]
    try:
        yield Server(f"http://127.0.0.1:{port}/webhooks/plain", vendor, settings.database_url)
    finally:
        await http.before_stop()
        http.close()
        await http.wait_closed()
        await runner.cleanup()


@pytest.mark.asyncio
async def test_a_signed_message_is_answered_over_the_vendors_address(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        assert await server.say("hello", "1") == (200, b"")
        assert await server.until(1) == [("/send", {"to": "+1", "text": "echo hello"}, "1")]


@pytest.mark.parametrize("body", [b"", b"forged", b"boom", b"\xff" * 1000])
@pytest.mark.asyncio
async def test_an_unsigned_request_is_refused(tmp_path: Path, body: bytes) -> None:
    async with running(tmp_path) as server:
        assert (await server.post(body))[0] == 403
        assert messages.waiting(open_engine(server.database_url), ["sms"]) == []


@pytest.mark.asyncio
async def test_a_signed_body_that_a_bug_cannot_read_is_no_error_to_the_vendor(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        assert (await server.post(SIGNED + b"{"))[0] == 200


@pytest.mark.asyncio
async def test_the_vendor_hears_200_before_the_bot_is_asked(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        server.vendor.seconds = 5.0
        loop = asyncio.get_running_loop()
        begun = loop.time()
        assert (await server.say("hello", "1"))[0] == 200
        assert loop.time() - begun < 1


@pytest.mark.asyncio
async def test_special_answers_routes_and_health(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        assert await server.post(SIGNED + b"?") == (200, b"challenge")
        async with aiohttp.ClientSession() as session:
            async with session.get(f"{server.url}/webhook") as answer:
                assert await answer.text() == "proof"
            async with session.get(f"{server.url}/") as answer:
                assert answer.status == 503


@pytest.mark.asyncio
async def test_a_tap_is_acknowledged(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        await server.say("title", "1", choice="m:1:1", acknowledge="query-7")
        got = await server.until(2)
        assert ("/seen", {"id": "query-7"}, "") in got
        assert ("/send", {"to": "+1", "text": "echo title"}, "1") in got


@pytest.mark.asyncio
async def test_a_vendor_that_hangs_up_or_fails_gets_it_again(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        server.vendor.status = 0
        await server.say("hello", "1")
        await server.until(1)
        server.vendor.status = 500
        await server.until(2)
        server.vendor.status = 200
        got = await server.until(3)
        await asyncio.sleep(0.1)
        assert len({json.dumps(content) for _, content, _ in got}) == 1
        assert len(got) == 3


@pytest.mark.asyncio
async def test_a_form_goes_as_a_form(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        PlainChannel.call, call = (
            lambda self, address, part: replace(call(self, address, part), json=None),
            PlainChannel.call,
        )
        try:
            await server.say("form \u00e9&=", "1")
            assert (await server.until(1))[0][1] == {"To": "+1", "Body": "echo form \u00e9&="}
        finally:
            PlainChannel.call = call


@pytest.mark.asyncio
async def test_a_part_that_a_bug_cannot_send_is_a_dead_letter(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        await server.say("unspeakable", "1")
        await server.say("hello", "2")
        await server.until(1)
        (dead,) = messages.dead_letters(open_engine(server.database_url))
        assert dead.data["part"]["text"] == "echo unspeakable"


@pytest.mark.asyncio
async def test_what_was_under_way_at_the_end_is_not_sent_again_at_the_next_start(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        server.vendor.seconds = 0.5
        await server.say("hello", "1")
        await asyncio.sleep(0.2)
        vendor = server.vendor
    assert len(vendor.got) == 1
    assert messages.pending(open_engine(server.database_url), ["sms"]) == []
    async with running(tmp_path) as server:
        await asyncio.sleep(0.1)
        assert server.vendor.got == []

"""The vendors on one Sanic server: their APIs, the outbox, the switches for trouble, and what a person does.

- ``/twilio/…``, ``/telegram/…``, ``/messenger/…``, ``/slack/…``: the APIs, for the assistant.
- GET ``/outbox.json`` (``?channel=``, ``?after=``: numbers beyond), GET ``/outbox``: what was said; DELETE forgets it.
- GET ``/faults``, PUT ``/faults/<vendor>``: see `faults`.
- POST ``/say`` ``{"channel", "person", "text"}`` and POST ``/tap`` ``{"channel", "person", "message", "button"}``.
"""

from __future__ import annotations

import asyncio
import html
import itertools
from contextlib import asynccontextmanager
from dataclasses import asdict
from random import Random
from typing import Any, AsyncIterator, Callable

import aiohttp
from sanic import Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from helpline.channels.people import CHANNELS
from helpline.fake_vendors.credentials import Credentials
from helpline.fake_vendors.faults import Faults
from helpline.fake_vendors.messenger import FakeMessenger
from helpline.fake_vendors.outbox import Message, Outbox
from helpline.fake_vendors.slack import FakeSlack
from helpline.fake_vendors.telegram import FakeTelegram
from helpline.fake_vendors.twilio import FakeTwilio
from helpline.fake_vendors.vendor import ApiCall, FakeVendor, Post

# How often, and how long apart in seconds, a post is tried while the assistant does not answer.
_TRIES = 600
_PAUSE = 0.5
# Seconds between a post and its duplicate.
_TWICE = 0.05
_names = itertools.count(1)


class FakeVendors:
    """All vendors, with one outbox, and the people who write.

    Attributes:
        outbox: what was said.
        vendors: by name: twilio, telegram, messenger, slack.
        assistant_url: where posts go, such as http://127.0.0.1:5005.
    """

    def __init__(self, credentials: Credentials | None = None, seed: int = 0) -> None:
        """Take the credentials, made up if None, and the seed of the faults."""
        self.credentials = credentials or Credentials()
        self.outbox = Outbox()
        self.twilio = FakeTwilio(self.outbox, self.credentials)
        self.telegram = FakeTelegram(self.outbox, self.credentials)
        self.messenger = FakeMessenger(self.outbox, self.credentials)
        self.slack = FakeSlack(self.outbox, self.credentials)
        self.vendors: dict[str, FakeVendor] = {
            vendor.name: vendor for vendor in (self.twilio, self.telegram, self.messenger, self.slack)
        }
        self.assistant_url = ""
        self.url = ""
        self._chance = Random(seed)
        self._http: aiohttp.ClientSession | None = None

    def of(self, channel: str) -> FakeVendor:
        """Return the vendor of a channel.

        Raises:
            KeyError: if there is no such channel.
        """
        for vendor in self.vendors.values():
            if channel in vendor.channels:
                return vendor
        raise KeyError(channel)

    def address(self, channel: str, person: int) -> str:
        """Return a person's address on a channel."""
        return self.of(channel).address(channel, person)

    def well_again(self) -> None:
        """End all trouble."""
        for vendor in self.vendors.values():
            vendor.faults = Faults()

    def environment(self, assistant_url: str) -> dict[str, str]:
        """Return the settings of an assistant that shall talk to these vendors, and post to it from now on."""
        self.assistant_url = assistant_url
        # As the operator would enter it; Twilio signs it.
        self.twilio.public_url = assistant_url
        return self.credentials.environment(self.url, assistant_url)

    @asynccontextmanager
    async def serving(
        self, port: int, host: str = "127.0.0.1", extend: Callable[[Sanic], None] = lambda _: None
    ) -> AsyncIterator[FakeVendors]:
        """Serve in the running event loop; `extend` may add routes."""
        self.url = f"http://{host}:{port}"
        app = self.app()
        extend(app)
        server = await app.create_server(host=host, port=port, return_asyncio_server=True, access_log=False)
        assert server is not None
        await server.startup()
        # People are many: no limit of connections, and no cookie of one for another.
        connector = aiohttp.TCPConnector(limit=0)
        self._http = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        try:
            yield self
        finally:
            await self._http.close()
            server.close()
            await server.wait_closed()

    async def say(self, channel: str, person: int, text: str) -> int:
        """Write as a person and return the status of the assistant's answer."""
        vendor = self.of(channel)
        self.outbox.add(channel, vendor.address(channel, person), "person", text)
        return await self.deliver(vendor, vendor.wrote(channel, person, text))

    async def tap(self, channel: str, person: int, message: Message, button: int) -> int:
        """Tap a native button as a person, counted from 0."""
        vendor = self.of(channel)
        self.outbox.add(channel, vendor.address(channel, person), "person", message.buttons[button].title)
        return await self.deliver(vendor, vendor.tapped(channel, person, message, button))

    async def deliver(self, vendor: FakeVendor, post: Post) -> int:
        """Post as a vendor does: again where there is no answer or an error of the server, and sometimes twice."""
        twice = self._chance.random() < vendor.faults.duplicate
        status = await self._delivered(vendor, post)
        if twice:
            await asyncio.sleep(_TWICE)
            await self._delivered(vendor, vendor.again(post))
        return status

    async def post(self, post: Post) -> int:
        """Post once and return the status.

        Raises:
            aiohttp.ClientError, asyncio.TimeoutError: if there is no answer.
        """
        assert self._http is not None, "The vendors are not being served."
        timeout = aiohttp.ClientTimeout(total=15)
        async with self._http.post(
            f"{self.assistant_url}{post.path}", data=post.body, headers=post.headers, timeout=timeout
        ) as answer:
            await answer.read()
            return answer.status

    async def _delivered(self, vendor: FakeVendor, post: Post) -> int:
        for attempt in range(_TRIES):
            if attempt:
                await asyncio.sleep(_PAUSE)
                post = vendor.again(post)
            try:
                status = await self.post(post)
            except (aiohttp.ClientError, asyncio.TimeoutError):
                continue
            if status < 500:
                return status
        raise TimeoutError(f"The assistant took no post of {vendor.name}.")

    def app(self) -> Sanic:
        """Return the server."""
        app = Sanic(f"fake_vendors_{next(_names)}", configure_logging=False)
        # Else a second server in the same process, as in tests, does not start.
        Sanic.test_mode = True
        # Whoever cuts a connection may do so.
        app.config.GRACEFUL_SHUTDOWN_TIMEOUT = 0.1
        for vendor in self.vendors.values():
            self._serve(app, vendor)

        @app.get("/outbox.json")
        async def outbox(request: Request) -> HTTPResponse:
            channel, after = request.args.get("channel"), _number(request.args.get("after", "0"))
            found = (message for message in self.outbox.messages if message.number > after)
            return response.json([each.as_json() for each in found if channel in (None, each.channel)])

        @app.get("/outbox")
        async def page(_: Request) -> HTTPResponse:
            return response.html(_page(self.outbox))

        @app.delete("/outbox.json")
        async def clear(_: Request) -> HTTPResponse:
            self.outbox.clear()
            return response.empty()

        @app.get("/faults")
        async def faults(_: Request) -> HTTPResponse:
            return response.json({name: asdict(vendor.faults) for name, vendor in self.vendors.items()})

        @app.put("/faults/<name>")
        async def set_faults(request: Request, name: str) -> HTTPResponse:
            if name not in self.vendors or not isinstance(request.json, dict):
                return _refused(f"Put an object to one of {', '.join(self.vendors)}.")
            try:
                self.vendors[name].faults.set(request.json)
            except ValueError as error:
                return _refused(str(error))
            return response.json(asdict(self.vendors[name].faults))

        @app.post("/say")
        async def say(request: Request) -> HTTPResponse:
            wanted = request.json if isinstance(request.json, dict) else {}
            channel, person, text = wanted.get("channel"), wanted.get("person", 1), wanted.get("text")
            if channel not in CHANNELS or not _is_person(person) or not isinstance(text, str) or not text.strip():
                return _refused('Send {"channel": "sms", "person": 1, "text": "What is an IOP?"}.')
            return response.json({"status": await self.say(channel, person, text)})

        @app.post("/tap")
        async def tap(request: Request) -> HTTPResponse:
            wanted = request.json if isinstance(request.json, dict) else {}
            message = next((each for each in self.outbox.messages if each.number == wanted.get("message")), None)
            button, person = wanted.get("button"), wanted.get("person", 1)
            if message is None or not isinstance(button, int) or not _is_person(person):
                return _refused('Send {"message": 17, "person": 1, "button": 0}.')
            if not 0 <= button < len(message.buttons):
                return _refused(f"Message {message.number} has {len(message.buttons)} buttons.")
            return response.json({"status": await self.tap(message.channel, person, message, button)})

        return app

    def _serve(self, app: Sanic, vendor: FakeVendor) -> None:
        async def api(request: Request, path: str) -> HTTPResponse:
            await asyncio.sleep(vendor.faults.latency_s)
            fault = vendor.faults.draw(self._chance)
            method = path.rsplit("/", 1)[-1]
            if fault == "disconnect":
                self.outbox.tried(vendor.name, method, None, "connection cut")
                request.transport.abort()
                # The server ends this handler once it sees that the connection is gone.
                await asyncio.sleep(5)
            if fault == "too_many":
                answer = vendor.too_many(vendor.faults.retry_after_s)
            elif fault == "error":
                answer = vendor.trouble()
            else:
                query = {name: values[0] for name, values in request.args.items()}
                answer = vendor.answer(ApiCall(request.method, f"/{path}", query, request.headers, request.body))
            self.outbox.tried(vendor.name, method, answer.status, answer.error)
            return response.json(answer.content, answer.status, dict(answer.headers))

        app.add_route(api, f"/{vendor.name}/<path:path>", methods=["GET", "POST"], name=vendor.name)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _is_person(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**6


def _refused(reason: str) -> HTTPResponse:
    return response.json({"error": reason}, 400)


def _page(outbox: Outbox) -> str:
    rows = "".join(
        f"<tr><td>{message.number}<td>{message.channel}<td>{html.escape(message.address)}<td>{message.author}"
        f"<td>{html.escape(message.text)}<td>{html.escape(' · '.join(button.title for button in message.buttons))}"
        for message in outbox.messages
    )
    refused = "".join(
        f"<tr><td>{attempt.vendor}<td>{html.escape(attempt.path)}<td>{attempt.status or 'cut'}"
        f"<td>{html.escape(attempt.error)}"
        for attempt in outbox.attempts
        if attempt.error
    )
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><title>Outbox</title>"
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel=icon href="data:,">'
        "<style>body{font:1rem/1.5 system-ui;margin:1rem}td{vertical-align:top;padding:.2rem .6rem;"
        "white-space:pre-wrap;border-top:1px solid #999}th{text-align:left;padding:.2rem .6rem}"
        "div{overflow-x:auto}</style>"
        "<h1>Outbox of the fake vendors</h1><div tabindex=0 role=region aria-label=Messages><table>"
        f"<tr><th>No.<th>Channel<th>Conversation<th>From<th>Text<th>Buttons{rows}</table></div>"
        "<h2>Refused requests</h2><div tabindex=0 role=region aria-label=Refused><table>"
        f"<tr><th>Vendor<th>Method<th>Status<th>Error{refused}</table></div>"
    )

"""The demo page: one types once and sees the same conversation on all channels side by side.

It works without JavaScript too; with it, replies come by themselves. Nothing is loaded from elsewhere.
"""

from __future__ import annotations

import asyncio
import html
import os
import tempfile
import time
from pathlib import Path
from string import Template
from typing import Any, Callable, Coroutine, Iterable

from sanic import Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from helpline import settings as settings_module
from helpline.channels.people import CHANNELS
from helpline.fake_vendors.faults import Faults
from helpline.fake_vendors.outbox import Message
from helpline.fake_vendors.stub import FakeVendors

PAGE = Path(__file__).parent / "page"
_TITLES = {
    "sms": ("SMS", "up to 1,600 characters, numbered replies"),
    "whatsapp": ("WhatsApp", "up to 1,600 characters, numbered replies"),
    "telegram": ("Telegram", "buttons below the message"),
    "messenger": ("Messenger", "quick replies of 20 characters"),
    "slack": ("Slack", "buttons in rows of five"),
}
_AUTHORS = {"bot": "Assistant", "person": "You", "carrier": "Carrier"}
# What can be asked for on the page, and what it is called there.
TROUBLES = {
    "none": ("No trouble", Faults()),
    "slow": ("Slow: 5 seconds", Faults(latency_s=5.0)),
    "limit": ("Every second request: too many", Faults(too_many=0.5)),
    "errors": ("Every second request: error", Faults(error=0.5)),
    "twice": ("Everything you write arrives twice", Faults(duplicate=1.0)),
    "down": ("Down", Faults(disconnect=1.0)),
}
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; img-src data:",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_TYPES = {"demo.css": "text/css; charset=utf-8", "demo.js": "text/javascript; charset=utf-8"}
# Seconds that a post without JavaScript waits for the replies.
_PATIENCE = 3.0
_LONGEST = 4000


class Demo:
    """The page, and the one person on it."""

    def __init__(self, vendors: FakeVendors) -> None:
        """Take the vendors that the person uses."""
        self._vendors = vendors
        # Another one after "Start over".
        self._person = 1
        self._since = 0
        self._working: set[asyncio.Task[Any]] = set()

    def add_to(self, app: Sanic) -> None:
        """Add the page's routes."""

        @app.get("/")
        async def page(_: Request) -> HTTPResponse:
            return response.html(self.page(), headers=_HEADERS)

        @app.get("/page/<name>")
        async def file(_: Request, name: str) -> HTTPResponse:
            if name not in _TYPES:
                return response.text("There is no such file.", 404)
            return response.raw((PAGE / name).read_bytes(), content_type=_TYPES[name], headers=_HEADERS)

        @app.get("/news")
        async def news(request: Request) -> HTTPResponse:
            after = request.args.get("after", "")
            found = [each for each in self._messages() if each.number > (int(after) if after.isdigit() else 0)]
            shown = [{"channel": each.channel, "number": each.number, "html": bubble(each)} for each in found]
            return response.json({"since": self._since, "messages": shown}, headers=_HEADERS)

        @app.post("/write")
        async def write(request: Request) -> HTTPResponse:
            text = (request.form.get("text") or "").strip()[:_LONGEST]
            channels = [channel for channel in request.form.getlist("channel", []) if channel in CHANNELS]
            if text:
                self._act(self._vendors.say(channel, self._person, text) for channel in channels)
            return await self._back(request, channels if text else [])

        @app.post("/choose")
        async def choose(request: Request) -> HTTPResponse:
            number, button = request.form.get("message", ""), request.form.get("button", "")
            message = next((each for each in self._messages() if str(each.number) == number), None)
            if message is None or not button.isdigit() or int(button) >= len(message.buttons):
                return await self._back(request, [])
            title = message.buttons[int(button)].title
            self._act([self._vendors.tap(message.channel, self._person, message, int(button))])
            # On the others the person chooses the same.
            self._act(self._choose(channel, title) for channel in CHANNELS if channel != message.channel)
            return await self._back(request, list(CHANNELS))

        @app.post("/trouble")
        async def trouble(request: Request) -> HTTPResponse:
            name, kind = request.form.get("vendor", ""), request.form.get("kind", "")
            if name in self._vendors.vendors and kind in TROUBLES:
                self._vendors.vendors[name].faults = TROUBLES[kind][1]
            return await self._back(request, [])

        @app.post("/anew")
        async def anew(request: Request) -> HTTPResponse:
            self._person += 1
            self._since = max((each.number for each in self._vendors.outbox.messages), default=0)
            return await self._back(request, [])

        @app.middleware("request")
        async def refuse_others(request: Request) -> HTTPResponse | None:
            # Another site in the same browser has no business here.
            if request.method == "POST" and request.headers.get("sec-fetch-site") == "cross-site":
                return response.text("Not from another site.", 403)
            return None

    def page(self) -> str:
        """Return the whole page as it is now."""
        columns = "".join(self._column(channel) for channel in CHANNELS)
        checks = "".join(
            f'<label><input type="checkbox" name="channel" value="{channel}" checked> {_TITLES[channel][0]}</label>'
            for channel in CHANNELS
        )
        vendors = "".join(f'<option value="{name}">{name.capitalize()}</option>' for name in self._vendors.vendors)
        kinds = "".join(f'<option value="{kind}">{title}</option>' for kind, (title, _) in TROUBLES.items())
        fields = {"columns": columns, "checks": checks, "vendors": vendors, "kinds": kinds, "since": str(self._since)}
        return Template((PAGE / "demo.html").read_text(encoding="utf-8")).substitute(
            fields, troubles=html.escape(self._troubles())
        )

    def _troubles(self) -> str:
        kinds = {str(faults): title for title, faults in TROUBLES.values()}
        now = {name: kinds.get(str(vendor.faults), "other") for name, vendor in self._vendors.vendors.items()}
        wrong = [f"{name.capitalize()}: {title}" for name, title in now.items() if title != TROUBLES["none"][0]]
        return "; ".join(wrong) or "None at the moment"

    def _column(self, channel: str) -> str:
        title, note = _TITLES[channel]
        bubbles = "".join(bubble(each) for each in self._messages() if each.channel == channel)
        return (
            f'<section class="phone" aria-labelledby="{channel}-title"><h2 id="{channel}-title">{title}</h2>'
            f'<p class="note">{note}</p><ol id="{channel}" class="talk" tabindex="0" aria-labelledby="{channel}-title">'
            f"{bubbles}</ol></section>"
        )

    def _messages(self) -> list[Message]:
        addresses = {channel: self._vendors.address(channel, self._person) for channel in CHANNELS}
        return [
            each
            for each in self._vendors.outbox.messages
            if each.number > self._since and each.address == addresses[each.channel]
        ]

    async def _choose(self, channel: str, title: str) -> None:
        messages = [each for each in self._messages() if each.channel == channel and each.author == "bot"]
        titles = [button.title for button in messages[-1].buttons] if messages else []
        if title in titles:
            await self._vendors.tap(channel, self._person, messages[-1], titles.index(title))
        else:
            await self._vendors.say(channel, self._person, title)

    def _act(self, work: Iterable[Coroutine[Any, Any, Any]]) -> None:
        # Nobody waits for it: an assistant that still starts takes nothing yet, and the vendors try again.
        for each in work:
            task = asyncio.create_task(each)
            self._working.add(task)
            task.add_done_callback(self._done)

    async def _back(self, request: Request, channels: list[str]) -> HTTPResponse:
        """Return to the page; a browser without JavaScript once the replies are there."""
        if request.headers.get("accept") == "application/json":
            return response.json({})
        before = {channel: self._count(channel) for channel in channels}
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until and any(self._count(name) == count for name, count in before.items()):
            await asyncio.sleep(0.1)
        return response.redirect("/#text", status=303)

    def _count(self, channel: str) -> int:
        return sum(each.channel == channel and each.author != "person" for each in self._messages())

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._working.discard(task)
        if not task.cancelled():
            task.exception()


def bubble(message: Message) -> str:
    """Return a message as an item of a phone's list."""
    buttons = "".join(
        f'<button name="button" value="{place}">{html.escape(button.title)}</button>'
        for place, button in enumerate(message.buttons)
    )
    form = (
        f'<form method="post" action="/choose"><input type="hidden" name="message" value="{message.number}">'
        f"{buttons}</form>"
        if buttons
        else ""
    )
    return (
        f'<li class="{message.author}"><span class="author">{_AUTHORS[message.author]}: </span>'
        f'<span class="text">{html.escape(message.text)}</span>{form}</li>'
    )


async def demonstrate(port: int, say: Callable[[str], None]) -> int:
    """Run assistant, vendors and page until Ctrl-C; return the exit code.

    Conversations are kept in a folder that goes with the demo, and no staff are told of a crisis in it.

    Raises:
        SupervisorError: if a port is taken or a server does not get ready.
    """
    from helpline.supervisor import check_ports, run

    vendors = FakeVendors()
    with tempfile.TemporaryDirectory() as folder:
        async with vendors.serving(port, extend=Demo(vendors).add_to):
            assistant = settings_module.load()
            address = f"http://127.0.0.1:{assistant.port}"
            known = vendors.environment(address)
            vendors.telegram.register(address)
            nobody = {"HANDOFF_WEBHOOK": "", "HANDOFF_EMAIL": ""}
            os.environ.update(known | nobody | {"DATABASE_URL": f"sqlite:///{folder}/conversations.db"})
            settings = settings_module.load()
            check_ports(settings)
            settings_module.export(settings)
            say(f"The channels side by side: {vendors.url}/ (everything sent: {vendors.url}/outbox)")
            return await run(settings, say)

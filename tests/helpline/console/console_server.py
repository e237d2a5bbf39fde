"""The console on a real server, and a browser without JavaScript that uses it."""

from __future__ import annotations

import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path
from typing import Any

import aiohttp
import sqlalchemy as sa
from sanic import Sanic

from helpline.console import accounts, app
from helpline.settings import Settings, load

PASSWORD = "correct horse battery"
# An account for each role, and an admin.
PEOPLE = {
    "rita": ("Rita Reviewer", "reviewer", False),
    "edda": ("Edda Editor", "editor", False),
    "paul": ("Paul Publisher", "publisher", False),
    "aude": ("Aude Auditor", "auditor", False),
    "anna": ("Anna Admin", "reviewer", True),
}
_FIELD = re.compile(r'<input type="hidden" name="csrf" value="([0-9a-f]+)"')


@dataclass
class Console:
    """A running console: its address, its server, its database and its settings."""

    url: str
    app: Sanic
    staff: sa.engine.Engine
    settings: Settings


@dataclass
class Answer:
    """What came back: `page` is its text."""

    status: int
    page: str
    headers: Any

    @property
    def heading(self) -> str:
        found = re.search(r"<h1>(.*?)</h1>", self.page, re.DOTALL)
        return unescape(found.group(1)) if found else ""

    @property
    def notice(self) -> str:
        found = re.search(r'<p class="notice[^>]*>(.*?)</p>', self.page, re.DOTALL)
        return unescape(found.group(1)).strip() if found else ""


def add_people(staff: sa.engine.Engine) -> None:
    """Make the accounts of `PEOPLE`, who all have the same password."""
    for name, (full_name, role, admin) in PEOPLE.items():
        accounts.set_password(staff, accounts.add(staff, name, full_name, role, admin), PASSWORD)


@asynccontextmanager
async def console(folder: Path, people: bool = True, **changes: Any) -> AsyncIterator[Console]:
    """Serve the console on a free port with the accounts of `PEOPLE`."""
    settings = replace(
        load({}),
        staff_database_url=f"sqlite:///{folder / 'staff.db'}",
        database_url=f"sqlite:///{folder / 'conversations.db'}",
        **changes,
    )
    server = app.create(settings)
    if people:
        add_people(server.ctx.staff)
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    http = await server.create_server(sock=listening, return_asyncio_server=True, access_log=False)
    await http.startup()
    yield Console(f"http://127.0.0.1:{listening.getsockname()[1]}", server, server.ctx.staff, settings)
    http.close()
    await http.wait_closed()


class Visit:
    """A browser of one person; it follows redirects and keeps cookies."""

    def __init__(self, console: Console) -> None:
        self.console = console
        # Cookies of a bare address are taken only so.
        self.http = aiohttp.ClientSession(console.url, cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.last: Answer | None = None

    async def __aenter__(self) -> Visit:
        return self

    async def __aexit__(self, *_: Any) -> None:
        await self.http.close()

    async def ask(self, method: str, path: str, **options: Any) -> Answer:
        async with self.http.request(method, path, **options) as answer:
            self.last = Answer(answer.status, await answer.text(), answer.headers)
        return self.last

    async def get(self, path: str, **options: Any) -> Answer:
        return await self.ask("GET", path, **options)

    async def post(self, path: str, fields: dict[str, Any] | None = None, **options: Any) -> Answer:
        """Send a form as the last page had it, with its token, as long as `fields` have none."""
        found = _FIELD.search(self.last.page) if self.last else None
        return await self.ask("POST", path, data={"csrf": found.group(1) if found else "", **(fields or {})}, **options)

    async def sign_in(self, name: str, password: str = PASSWORD, **fields: str) -> Answer:
        await self.get("/sign-in")
        return await self.post("/sign-in", {"name": name, "password": password, **fields})

    @property
    def cookies(self) -> dict[str, str]:
        return {cookie.key: cookie.value for cookie in self.http.cookie_jar}

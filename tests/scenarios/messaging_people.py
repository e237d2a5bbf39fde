"""People on the messaging channels: a real server, the fake vendors, and who writes to it by them."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from assistant import Assistant, action_server, free_port, start_server, stop

from helpline.channels.people import conversation_of
from helpline.fake_vendors.outbox import Message
from helpline.fake_vendors.stub import CHANNELS, FakeVendors

__all__ = ["CHANNELS", "Person", "Town", "new_person", "text_of", "town"]

SECRET = "the secret of these tests"
_POLL = 0.02
_LISTED = re.compile(r"^(\d+)\. (.+)$", re.MULTILINE)
_numbers = count(1)
# As `Inbound.person` names them.
_NAMED = {"slack": lambda vendors, person: vendors.slack.user(person)}


@dataclass
class Town:
    """A running server, the vendors around it, and what starts it anew."""

    vendors: FakeVendors
    running: Assistant
    folder: Path
    variables: dict[str, str]

    async def restart(self) -> None:
        """Kill the server, with no time to finish anything, and start it again."""
        self.running.process.kill()
        self.running.process.wait()
        self.running.session.close()
        await self.start()

    async def start(self) -> None:
        port, action_port = self.running.port, self.running.action_port
        self.running = await asyncio.to_thread(start_server, self.folder, action_port, port, **self.variables)

    def conversation(self, channel: str, person: int) -> str:
        named = _NAMED.get(channel, lambda vendors, person: vendors.address(channel, person))
        return conversation_of(SECRET.encode(), channel, named(self.vendors, person))

    def waiting(self, conversation: str | None = None) -> int:
        """Count the events that are not answered and the parts that are not sent, of one conversation or of all."""
        mine, values = ("AND conversation = ?", (conversation,)) if conversation else ("", ())
        queries = (
            f"SELECT COUNT(*) FROM inbound WHERE data IS NOT NULL {mine}",
            f"SELECT COUNT(*) FROM deliveries WHERE status = 'pending' {mine}",
        )
        with closing(sqlite3.connect(self.running.database, timeout=5)) as database:
            return sum(database.execute(query, values).fetchone()[0] for query in queries)

    async def settled(self, conversation: str | None = None, seconds: float = 20.0) -> None:
        """Wait until nothing waits any more."""
        deadline = time.monotonic() + seconds
        while self.waiting(conversation):
            assert time.monotonic() < deadline, f"Something still waits after {seconds:g} s."
            await asyncio.sleep(_POLL)


@dataclass(eq=False)
class Person:
    """Someone on one channel, who answers as people do there: by a tap, by a number, by words."""

    town: Town
    channel: str
    number: int
    heard: list[Message] = field(default_factory=list)

    @property
    def address(self) -> str:
        return self.town.vendors.address(self.channel, self.number)

    @property
    def inbox(self) -> list[Message]:
        """All that the assistant sent."""
        return self.town.vendors.outbox.of(self.channel, self.address)

    async def say(self, text: str, seconds: float = 20.0) -> list[Message]:
        """Write and return what came for it, once all of it has come."""
        before = len(self.inbox)
        assert await self.town.vendors.say(self.channel, self.number, text) == 200
        return await self._hear(before, seconds)

    async def choose(self, title: str) -> list[Message]:
        """Choose what the last message offers: tap it, or write its number where there is nothing to tap."""
        before, last = len(self.inbox), self.inbox[-1]
        titles = [button.title for button in last.buttons]
        if titles:
            status = await self.town.vendors.tap(self.channel, self.number, last, titles.index(title))
        else:
            listed = {option: number for number, option in _LISTED.findall(last.text)}
            status = await self.town.vendors.say(self.channel, self.number, listed.get(title, title))
        assert status == 200
        return await self._hear(before, 20)

    async def _hear(self, before: int, seconds: float) -> list[Message]:
        await self.town.settled(self.town.conversation(self.channel, self.number), seconds)
        self.heard = self.inbox[before:]
        return self.heard


def new_person(place: Town, channel: str) -> Person:
    """Return somebody who has not written before."""
    return Person(place, channel, next(_numbers))


def text_of(messages: list[Message]) -> str:
    return "\n".join(message.text for message in messages)


@asynccontextmanager
async def town(folder: Path, actions: bool = False, seed: int = 0, **variables: str) -> AsyncIterator[Town]:
    """Run vendors and server, with an action server or with nothing on its port."""
    with ExitStack() as stack:
        action_port, port = free_port(), free_port()
        if actions:
            await asyncio.to_thread(stack.enter_context, action_server(folder, action_port))
        async with FakeVendors(seed=seed).serving(free_port()) as vendors:
            known: dict[str, Any] = vendors.environment(f"http://127.0.0.1:{port}")
            known |= {"WEB_SECRET": SECRET, "TURN_TIMEOUT": "10", **variables}
            running = await asyncio.to_thread(start_server, folder, action_port, port, **known)
            made = Town(vendors, running, folder, known)
            try:
                await vendors.outbox.wait(lambda: made.running.answers(), 30)
                yield made
            finally:
                await asyncio.to_thread(stop, made.running)

"""What a messaging channel keeps in the database: events and parts as rows, written again where that failed."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any, Callable, Coroutine, Sequence

from helpline.channels.answering import Item
from helpline.channels.delivery import Posted
from helpline.channels.menus import menu_data, menu_from
from helpline.channels.rendering import Button, Part
from helpline.channels.servers import others_alive
from helpline.channels.vendor import Inbound
from helpline.storage import messages
from helpline.storage.worker import UnavailableError, Worker

logger = logging.getLogger(__name__)

# Seconds until what could not be written is tried again, where nothing else is written before.
_PAUSE = 2.0

Spawn = Callable[[Coroutine[Any, Any, Any]], "asyncio.Task[Any]"]


@dataclass(frozen=True)
class Reply:
    """The parts of one reply that were not sent; `urgent`: they answer a crisis."""

    parts: tuple[Posted, ...]
    channel: str
    urgent: bool


@dataclass(frozen=True)
class Left:
    """What the process before left.

    Attributes:
        stopped: who wants no messages, since which number.
        replies: not sent yet, in order.
        items: events that were not answered, in order.
    """

    stopped: dict[str, int]
    replies: tuple[Reply, ...]
    items: tuple[Item, ...]


class Kept:
    """The rows of one channel; nothing waits for a database that is in trouble, and nothing fails with it."""

    def __init__(self, database: Worker, channels: Sequence[str], spawn: Spawn) -> None:
        """Take what writes by `messages.store`, the channel's names, and what runs something beside."""
        self._database = database
        self._channels = list(channels)
        self._spawn = spawn
        self._trying = False

    async def receive(self, items: Sequence[Item]) -> list[bool]:
        """Keep events and return for each whether it is new; all are where the database fails."""
        events = tuple(
            messages.Event(item.key, item.number, item.inbound.channel, item.conversation, asdict(item.inbound))
            for item in items
        )
        return await self._write(messages.Received(events)) or [True] * len(items)

    async def answered(self, item: Item, parts: Sequence[Posted], urgent: bool) -> None:
        """Keep a reply, and no more what the event said."""
        menu = parts[-1].menu if parts else None
        await self._write(
            messages.Answered(
                item.key,
                tuple(_letter(item.inbound.channel, part, urgent) for part in parts),
                item.conversation,
                (menu.id, menu_data(menu)) if menu else None,
            )
        )

    def note(self, item: messages.Item) -> None:
        """Keep something without waiting for it."""
        self._spawn(self._write(item))

    async def others(self, server: str) -> list[str] | None:
        """Say that this server runs, and return which others do on this database; None where it fails."""
        try:
            return others_alive(await self._database.run(messages.announce, server))
        except UnavailableError:
            return None

    async def leave(self, server: str) -> None:
        """Say that this server ends."""
        with suppress(UnavailableError):
            await self._database.run(messages.withdraw, server)

    async def left(self, limits: Callable[[str], int]) -> Left | None:
        """Return what the process before left, None where the database fails.

        Args:
            limits: returns the characters that a channel takes.
        """
        try:
            stopped = await self._database.run(messages.opt_outs)
            letters = await self._database.run(messages.pending, self._channels)
            events = await self._database.run(messages.waiting, self._channels)
        except UnavailableError:
            return None
        items = (
            Item(event.key, event.number, event.conversation, Inbound(**event.data), recovered=True) for event in events
        )
        return Left(stopped, tuple(_replies(letters, limits)), tuple(items))

    async def _write(self, item: messages.Item) -> Any:
        """Write something and return its result, None where the database does not take it now."""
        try:
            return await self._database.write(item)
        except UnavailableError:
            logger.error("Messages are kept in memory until the database takes them.")
        except Exception:
            logger.exception("Something of a message could not be kept.")
        if not self._trying:
            self._trying = True
            self._spawn(self._try_again())
        return None

    async def _try_again(self) -> None:
        while True:
            await asyncio.sleep(_PAUSE)
            try:
                # What waits is written with it.
                await self._database.write(messages.Received(()))
            except UnavailableError:
                continue
            self._trying = False
            return


def _letter(channel: str, posted: Posted, urgent: bool) -> messages.Letter:
    data = {
        "address": posted.address,
        "part": asdict(posted.part),
        "menu": menu_data(posted.menu) if posted.menu else None,
        "public": posted.public,
    }
    return messages.Letter(posted.key, posted.number, channel, posted.conversation, urgent, data)


def _replies(letters: Sequence[messages.Letter], limits: Callable[[str], int]) -> list[Reply]:
    """Return letters by the reply that they are parts of: the parts of an urgent one go one after the other."""
    found: dict[str, list[messages.Letter]] = {}
    for letter in letters:
        found.setdefault(letter.key.rpartition("-")[0], []).append(letter)
    return [
        Reply(tuple(_posted(letter, limits(letter.channel)) for letter in parts), parts[0].channel, parts[0].urgent)
        for parts in found.values()
    ]


def _posted(letter: messages.Letter, limit: int) -> Posted:
    part, menu = letter.data["part"], letter.data["menu"]
    return Posted(
        key=letter.key,
        number=letter.number,
        conversation=letter.conversation,
        address=letter.data["address"],
        part=Part(part["text"], tuple(Button(**button) for button in part["buttons"])),
        limit=limit,
        menu=menu_from(menu) if menu else None,
        tries=letter.tries,
        public=letter.data.get("public", False),
    )

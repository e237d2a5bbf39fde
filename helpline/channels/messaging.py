"""The way of an event on a messaging channel: kept, answered in its person's order, rendered, handed to delivery.

Danger goes before all of that: a message in which rules or detector hear it does not wait for its person's turn, and
its reply is sent before it is stored.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict, deque
from dataclasses import replace
from typing import Any, Callable, Coroutine, Mapping, Sequence

from helpline.channels.answering import Answers, Item
from helpline.channels.delivery import Delivery, Patience, Posted, Send
from helpline.channels.guard import MAX_STORED_CHARACTERS, Detect, Guard
from helpline.channels.kept import Kept, Reply
from helpline.channels.menus import Menus, menu_data
from helpline.channels.people import Clock, conversation_of, event_key
from helpline.channels.rendering import Capabilities, Rendered
from helpline.channels.servers import this_server
from helpline.channels.vendor import Inbound
from helpline.crisis.detector import by_rules
from helpline.storage import messages
from helpline.storage.worker import Worker

logger = logging.getLogger(__name__)

# Ids of events in memory; the database knows those of two days.
_MOST_SEEN = 50_000
# Seconds between attempts to read what a crash left, where the database fails at start.
_RECOVERY_PAUSE = 5.0
_ONE_SERVER = "The messaging channels need exactly one server process; see docs/channels.md."
# Seconds that words of danger wait for the database: a healthy one has told by then whether they were answered before.
_URGENT_PATIENCE = 0.15


class Messaging:
    """All conversations of one vendor's channel."""

    def __init__(
        self,
        guard: Guard,
        database: Worker,
        secret: bytes,
        capabilities: Mapping[str, Capabilities],
        send: Send,
        detect: Callable[[], Detect | None] = lambda: None,
        patience: Patience | None = None,
    ) -> None:
        """Take what answers, what stores, what makes conversation ids, what the vendor shows, and what sends to it.

        Args:
            guard: answers.
            database: writes by `messages.store`.
            secret: of the server; the same on each.
            capabilities: by channel name.
            send: hands a part to the vendor.
            detect: returns the detector of the model in use.
            patience: of the delivery.
        """
        self._secret = secret
        self._capabilities = capabilities
        self._delivery = Delivery(send, self._ended, self._blocked, self._shown, patience)
        self._kept = Kept(database, list(capabilities), self._spawn)
        self._menus = Menus(database)
        self._clock = Clock()
        self._answers = Answers(guard, database, self._menus, capabilities, self._clock, detect)
        self._born = self._clock.number()
        # Nothing is answered before the model is there; see `open`.
        self._opened = asyncio.Event()
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._storing: dict[str, asyncio.Task[None]] = {}
        self._lines: dict[str, deque[Item]] = {}
        self._listening = asyncio.Lock()
        # Who wants no messages, since which number.
        self._stopped: dict[str, int] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._server = this_server()
        self._told = False
        self._announcing: asyncio.Task[None] | None = None

    async def receive(self, inbounds: Sequence[Inbound]) -> None:
        """Keep events and begin to answer those that are new; returns when they are kept, or cannot be."""
        # The vendor may hang up; the events are taken all the same.
        await asyncio.shield(self._spawn(self._receive(inbounds)))

    async def begin(self) -> None:
        """Take up what the process before left: parts not sent, events not answered. Call before events come."""
        if not await self._recover():
            self._spawn(self._recover_later())
        # Not among the tasks, whose end the end of the server waits for.
        self._announcing = asyncio.ensure_future(self._announce())

    def open(self) -> None:
        """Begin to answer and to send."""
        self._opened.set()

    async def settle(self, patience: float) -> None:
        """Wait until what is being answered and sent is through, or `patience` seconds have passed.

        The database has the rest. No further try of a part begins.
        """
        until = asyncio.get_running_loop().time() + patience
        if self._announcing is not None:
            self._announcing.cancel()
        await _wait(self._tasks, patience / 2)
        await self._delivery.settle(until - asyncio.get_running_loop().time())
        # That they were sent is written now.
        await _wait(self._tasks, 0.5)
        for task in list(self._tasks):
            task.cancel()
        await _wait(self._tasks, 0.5)
        await self._kept.leave(self._server)

    async def _receive(self, inbounds: Sequence[Inbound]) -> None:
        items: list[Item] = []
        for inbound in inbounds:
            key = event_key(inbound.channel, inbound.vendor_id)
            if key in self._seen:
                # The vendor hears 200 only when the first of the two is kept.
                if key in self._storing:
                    await _wait({self._storing[key]})
                continue
            self._saw(key)
            conversation = conversation_of(self._secret, inbound.channel, inbound.person)
            # Reading much more than is stored could hold up everyone.
            inbound = replace(inbound, text=inbound.text[:MAX_STORED_CHARACTERS])
            items.append(Item(key, self._clock.number(), conversation, inbound))
        if items:
            task = self._spawn(self._keep(items))
            self._storing.update(dict.fromkeys((item.key for item in items), task))
            await _wait({task})

    async def _keep(self, items: Sequence[Item]) -> None:
        """Store events and take in those that were not known; danger waits only a moment to learn which these are."""
        storing = self._spawn(self._kept.receive(items))
        taken: set[str] = set()
        urgent = [item for item in items if item.inbound.kind == "help" or by_rules(item.inbound.text).is_crisis]
        if urgent:
            await _wait({storing}, _URGENT_PATIENCE)
            if not storing.done():
                taken = {item.key for item in urgent}
                for item in urgent:
                    self._take(item)
        new = await storing
        for item, is_new in zip(items, new, strict=True):
            self._storing.pop(item.key, None)
            if is_new and item.key not in taken:
                self._take(item)

    def _take(self, item: Item) -> None:
        """Put an event in its person's line, or past it where it cannot wait."""
        kind = item.inbound.kind
        if kind == "opt_out":
            self._stop(item.conversation, item.number, "stop")
            self._spawn(self._answer(item))
            return
        # What someone says in a group opens no chat that they closed.
        if kind != "public_mention" and self._stopped.get(item.conversation, item.number) < item.number:
            del self._stopped[item.conversation]
            self._kept.note(messages.OptedIn(item.conversation))
        line = self._lines.get(item.conversation)
        if kind in ("edit", "public_mention"):
            self._spawn(self._answer(item))
        elif line is None:
            self._lines[item.conversation] = deque([item])
            self._spawn(self._walk(item.conversation))
        elif kind == "help" or any(by_rules(text).is_crisis for text in self._answers.readings(item)):
            self._spawn(self._answer(item))
        else:
            line.append(item)
            self._spawn(self._listen(item, line))

    async def _listen(self, item: Item, line: deque[Item]) -> None:
        """Take an event out of its line if the detector hears danger in it."""
        # One after the other: the guard asks the same detector, and must not wait behind all that waits here.
        async with self._listening:
            for text in self._answers.readings(item):
                # The first in line is being answered already.
                if item not in line or line[0] is item:
                    return
                heard = await self._answers.model_hears(text)
                if heard.is_crisis:
                    break
            else:
                return
        if item in line and line[0] is not item:
            line.remove(item)
            await self._answer(replace(item, heard=heard))

    async def _walk(self, conversation: str) -> None:
        line = self._lines[conversation]
        while line:
            await self._answer(line[0])
            line.popleft()
        del self._lines[conversation]

    async def _answer(self, item: Item) -> None:
        """Answer an event; never raises."""
        await self._opened.wait()
        try:
            await self._post(item, await self._answers.reply(item))
        except Exception:
            logger.exception("A reply could not be handed over.")

    async def _post(self, item: Item, rendered: Rendered | None) -> None:
        """Keep a reply and hand it to delivery; one to a crisis is on its way before it is kept."""
        urgent = rendered is not None and rendered.urgent
        silent = rendered is None or (self._is_stopped(item) and not urgent)
        parts = [] if silent else self._posted(item, rendered)
        if urgent:
            self._delivery.put(parts, urgent=True)
        await self._kept.answered(item, parts, urgent)
        if urgent:
            return
        if not self._is_stopped(item):
            self._delivery.put(parts)
            return
        # They said so while the reply was being kept.
        for part in parts:
            self._ended(part, messages.DROPPED, part.tries)

    def _is_stopped(self, item: Item) -> bool:
        """Tell whether a person wants no more messages since they wrote this one."""
        return item.number < self._stopped.get(item.conversation, 0)

    def _posted(self, item: Item, rendered: Rendered) -> list[Posted]:
        last = len(rendered.parts) - 1
        return [
            Posted(
                key=f"{item.key[:56]}-{place}",
                number=self._clock.number(),
                conversation=item.conversation,
                address=item.inbound.address,
                part=part,
                limit=self._capabilities[item.inbound.channel].max_text,
                menu=rendered.menu if place == last else None,
                public=item.inbound.kind == "public_mention",
            )
            for place, part in enumerate(rendered.parts)
        ]

    def _stop(self, conversation: str, number: int, reason: str) -> None:
        """Say nothing more to a person until they write again, what waits included; a crisis reply still goes out."""
        self._stopped[conversation] = number
        self._delivery.drop(conversation)
        self._kept.note(messages.OptedOut(conversation, number, reason))

    def _blocked(self, posted: Posted) -> None:
        if posted.public:
            # A group that the bot may not write to; the person's own chat is open as before.
            self._delivery.drop(posted.conversation, posted.address)
            return
        self._stop(posted.conversation, self._clock.number(), "blocked")

    def _ended(self, posted: Posted, status: str, tries: int) -> None:
        if posted.key:
            self._kept.note(messages.Ended(posted.key, status, tries))

    def _shown(self, posted: Posted) -> None:
        if posted.menu is None:
            return
        shown = self._menus.show(posted.conversation, posted.menu)
        if shown is not posted.menu:
            self._kept.note(messages.Shown(posted.conversation, shown.id, menu_data(shown)))

    async def _recover(self) -> bool:
        """Take up what the process before left and tell whether the database could be read."""
        others = await self._kept.others(self._server)
        if others and not self._told:
            self._told = True
            # What waits may be theirs, and would be answered and sent twice.
            logger.error("Another server runs on this database; what waits there is left to it. %s", _ONE_SERVER)
        if others is None or others:
            return False
        left = await self._kept.left(lambda channel: self._capabilities[channel].max_text)
        if left is None:
            return False
        self._stopped = {**left.stopped, **self._stopped}
        # This process has its own in memory.
        self._spawn(self._send_again([reply for reply in left.replies if reply.parts[0].number < self._born]))
        for item in left.items:
            if item.number < self._born and item.key not in self._seen:
                self._saw(item.key)
                self._take(item)
        return True

    async def _send_again(self, replies: Sequence[Reply]) -> None:
        await self._opened.wait()
        for reply in replies:
            first = reply.parts[0]
            if reply.urgent or first.number > self._stopped.get(first.conversation, 0):
                self._delivery.put(reply.parts, reply.urgent)
                continue
            for part in reply.parts:
                self._ended(part, messages.DROPPED, part.tries)

    async def _announce(self) -> None:
        """Say again and again that this server runs."""
        while True:
            await asyncio.sleep(messages.SERVER_SECONDS / 3)
            await self._kept.others(self._server)

    async def _recover_later(self) -> None:
        while not await self._recover():
            await asyncio.sleep(_RECOVERY_PAUSE)

    def _saw(self, key: str) -> None:
        self._seen[key] = None
        while len(self._seen) > _MOST_SEEN:
            self._seen.popitem(last=False)

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("A task of a messaging channel failed.", exc_info=task.exception())


async def _wait(tasks: set[asyncio.Task[Any]], patience: float | None = None) -> None:
    """Wait for tasks to end, but only so long."""
    if tasks:
        await asyncio.wait(set(tasks), timeout=patience)

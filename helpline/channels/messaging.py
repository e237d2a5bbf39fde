"""The way of an event on a messaging channel: kept, answered in its person's order, rendered, handed to delivery.

Danger goes before all of that: a message in which rules or detector hear it does not wait for its person's turn, and
its reply is sent before it is stored.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict, deque
from dataclasses import asdict
from itertools import groupby
from typing import Any, Callable, Coroutine, Mapping, Sequence

from helpline.channels.answering import Answers, Item
from helpline.channels.delivery import Delivery, Patience, Posted, Send
from helpline.channels.guard import Detect, Guard
from helpline.channels.menus import Menus, menu_data, menu_from
from helpline.channels.people import Clock, conversation_of, event_key
from helpline.channels.rendering import Button, Capabilities, Part, Rendered
from helpline.channels.vendor import Inbound
from helpline.crisis.detector import by_rules
from helpline.storage import messages
from helpline.storage.worker import UnavailableError, Worker

logger = logging.getLogger(__name__)

# Ids of events in memory; the database knows those of two days.
_MOST_SEEN = 50_000
# Seconds between attempts to read what a crash left, where the database fails at start.
_RECOVERY_PAUSE = 5.0


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
        self._database = database
        self._secret = secret
        self._capabilities = capabilities
        self._delivery = Delivery(send, self._ended, self._blocked, self._shown, patience)
        self._menus = Menus(database)
        self._clock = Clock()
        self._answers = Answers(guard, database, self._menus, capabilities, self._clock, detect)
        self._born = self._clock.number()
        # Nothing is answered before the model is there; see `open`.
        self._opened = asyncio.Event()
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._storing: dict[str, asyncio.Task[None]] = {}
        self._lines: dict[str, deque[Item]] = {}
        # Who wants no messages, since which number.
        self._stopped: dict[str, int] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    async def receive(self, inbounds: Sequence[Inbound]) -> None:
        """Keep events and begin to answer those that are new; returns when they are kept, or cannot be."""
        # The vendor may hang up; the events are taken all the same.
        await asyncio.shield(self._spawn(self._receive(inbounds)))

    async def begin(self) -> None:
        """Take up what the process before left: parts not sent, events not answered. Call before events come."""
        if not await self._recover():
            self._spawn(self._recover_later())

    def open(self) -> None:
        """Begin to answer and to send."""
        self._opened.set()

    async def settle(self, patience: float) -> None:
        """Wait until all is answered and sent, or twice `patience` seconds have passed; the database has the rest."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=patience)
        await self._delivery.settle(patience)
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=1)

    async def _receive(self, inbounds: Sequence[Inbound]) -> None:
        items: list[Item] = []
        for inbound in inbounds:
            key = event_key(inbound.channel, inbound.vendor_id)
            if key in self._seen:
                # The vendor hears 200 only when the first of the two is kept.
                if key in self._storing:
                    await asyncio.wait({self._storing[key]})
                continue
            self._saw(key)
            conversation = conversation_of(self._secret, inbound.channel, inbound.person)
            items.append(Item(key, self._clock.number(), conversation, inbound))
        if items:
            task = self._spawn(self._keep(items))
            self._storing.update(dict.fromkeys((item.key for item in items), task))
            await asyncio.wait({task})

    async def _keep(self, items: Sequence[Item]) -> None:
        """Store events and take in those that were not known."""
        events = tuple(
            messages.Event(item.key, item.number, item.inbound.channel, item.conversation, asdict(item.inbound))
            for item in items
        )
        try:
            new = await self._database.write(messages.Received(events))
        except Exception as error:
            # Answered from memory: a crisis must be, whatever is down.
            logger.error("Events could not be stored (%s); they are answered from memory.", type(error).__name__)
            new = [True] * len(items)
        finally:
            for item in items:
                self._storing.pop(item.key, None)
        for item, is_new in zip(items, new, strict=True):
            if is_new:
                self._take(item)

    def _take(self, item: Item) -> None:
        """Put an event in its person's line, or past it where it cannot wait."""
        inbound = item.inbound
        if inbound.kind == "opt_out":
            self._spawn(self._opt_out(item))
            return
        if self._stopped.get(item.conversation, item.number) < item.number:
            del self._stopped[item.conversation]
            self._write(messages.OptedIn(item.conversation))
        line = self._lines.get(item.conversation)
        if inbound.kind in ("edit", "public_mention"):
            self._spawn(self._answer(item))
        elif line is None:
            self._lines[item.conversation] = deque([item])
            self._spawn(self._walk(item.conversation))
        elif inbound.kind == "help" or any(by_rules(text).is_crisis for text in self._answers.readings(item)):
            self._spawn(self._answer(item))
        else:
            line.append(item)
            self._spawn(self._listen(item, line))

    async def _listen(self, item: Item, line: deque[Item]) -> None:
        """Take an event out of its line if the detector hears danger in it."""
        for text in self._answers.readings(item):
            if await self._answers.hears_danger(text):
                # The first in line is being answered already.
                if item in line and line[0] is not item:
                    line.remove(item)
                    await self._answer(item)
                return

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
        """Store a reply and hand it to delivery; one to a crisis is on its way before it is stored."""
        silent = rendered is None or (not rendered.urgent and item.number < self._stopped.get(item.conversation, 0))
        posted = [] if silent or rendered is None else self._posted(item, rendered)
        urgent = rendered is not None and rendered.urgent
        if urgent:
            self._delivery.put(posted, urgent=True)
        menu = posted[-1].menu if posted else None
        answered = messages.Answered(
            item.key,
            tuple(self._letter(item.inbound.channel, part, urgent) for part in posted),
            item.conversation,
            (menu.id, menu_data(menu)) if menu else None,
        )
        try:
            await self._database.write(answered)
        except UnavailableError:
            logger.error("A reply is kept in memory until the database takes it.")
        if not urgent:
            self._delivery.put(posted)

    def _posted(self, item: Item, rendered: Rendered) -> list[Posted]:
        limit = self._capabilities[item.inbound.channel].max_text
        last = len(rendered.parts) - 1
        return [
            Posted(
                key=f"{item.key[:56]}-{place}",
                number=self._clock.number(),
                conversation=item.conversation,
                address=item.inbound.address,
                part=part,
                limit=limit,
                menu=rendered.menu if place == last else None,
            )
            for place, part in enumerate(rendered.parts)
        ]

    def _letter(self, channel: str, posted: Posted, urgent: bool) -> messages.Letter:
        data = {
            "address": posted.address,
            "part": asdict(posted.part),
            "menu": menu_data(posted.menu) if posted.menu else None,
        }
        return messages.Letter(posted.key, posted.number, channel, posted.conversation, urgent, data)

    async def _opt_out(self, item: Item) -> None:
        """Say nothing more to a person, what waits included, but a confirmation where the carrier gives none."""
        self._stopped[item.conversation] = item.number
        self._delivery.drop(item.conversation)
        self._write(messages.OptedOut(item.conversation, item.number, "stop"))
        await self._answer(item)

    def _blocked(self, posted: Posted) -> None:
        number = self._clock.number()
        self._stopped[posted.conversation] = number
        self._delivery.drop(posted.conversation)
        self._write(messages.OptedOut(posted.conversation, number, "blocked"))

    def _ended(self, posted: Posted, status: str, tries: int) -> None:
        if posted.key:
            self._write(messages.Ended(posted.key, status, tries))

    def _shown(self, posted: Posted) -> None:
        if posted.menu is not None:
            self._menus.show(posted.conversation, posted.menu)

    def _write(self, item: messages.Item) -> None:
        """Store something without waiting for it; what fails is stored with the next."""

        async def write() -> None:
            try:
                await self._database.write(item)
            except UnavailableError:
                logger.error("The state of a message is kept in memory until the database takes it.")

        self._spawn(write())

    async def _recover(self) -> bool:
        """Take up what the process before left and tell whether the database could be read."""
        channels = list(self._capabilities)
        try:
            stopped = await self._database.run(messages.opt_outs)
            letters = await self._database.run(messages.pending, channels)
            events = await self._database.run(messages.waiting, channels)
        except UnavailableError:
            return False
        self._stopped = {**stopped, **self._stopped}
        # This process has its own in memory.
        self._spawn(self._send_again([letter for letter in letters if letter.number < self._born]))
        for event in events:
            if event.number < self._born and event.key not in self._seen:
                self._saw(event.key)
                inbound = Inbound(**event.data)
                self._take(Item(event.key, event.number, event.conversation, inbound, recovered=True))
        return True

    async def _send_again(self, letters: Sequence[messages.Letter]) -> None:
        await self._opened.wait()
        # The parts of one reply, which an urgent one does not send all at once.
        for _, reply in groupby(letters, key=lambda letter: letter.key.rpartition("-")[0]):
            posted, urgent = [], False
            for letter in reply:
                urgent = letter.urgent
                if urgent or letter.number > self._stopped.get(letter.conversation, 0):
                    posted.append(self._posted_before(letter))
                else:
                    self._write(messages.Ended(letter.key, messages.DROPPED, letter.tries))
            self._delivery.put(posted, urgent)

    def _posted_before(self, letter: messages.Letter) -> Posted:
        part, menu = letter.data["part"], letter.data["menu"]
        return Posted(
            key=letter.key,
            number=letter.number,
            conversation=letter.conversation,
            address=letter.data["address"],
            part=Part(part["text"], tuple(Button(**button) for button in part["buttons"])),
            limit=self._capabilities[letter.channel].max_text,
            menu=menu_from(menu) if menu else None,
            tries=letter.tries,
        )

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

"""Sends parts to a vendor: in each person's order, with retries, and never twice what the vendor said it has taken.

A vendor that does not answer in time may have taken a part all the same: that one is tried only a few times more.

Each person has a lane of their own at each address, so that nobody waits for another. Parts of a crisis reply have no
lane: they go out at once, beside whatever waits, and the lane stands still until they are out.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Awaitable, Callable, Coroutine, Sequence

from helpline.channels.rendering import Menu, Part, in_plain
from helpline.channels.vendor import Outcome
from helpline.storage.messages import DEAD, DROPPED, SENT

logger = logging.getLogger(__name__)

# Seconds that all else waits for a crisis reply which the vendor does not take.
_LONGEST_URGENT = 60.0

Send = Callable[[str, Part], Awaitable[Outcome]]


@dataclass(frozen=True)
class Posted:
    """A part on its way.

    Attributes:
        key: its row's in the database; "" where it has none of its own.
        number: its place among all parts, rising.
        conversation, address: whose it is, and where it goes.
        public: others read it at that address; that the bot may not write there says nothing of the person.
        part: what is sent.
        menu: the options that come with it, open from the moment when it goes out.
        limit: characters that the vendor takes, for buttons that it refuses.
        tries: how often it was tried before.
    """

    key: str
    number: int
    conversation: str
    address: str
    part: Part
    limit: int
    menu: Menu | None = None
    tries: int = 0
    public: bool = False

    @property
    def lane(self) -> tuple[str, str]:
        """What is sent in order: a person's parts to one address."""
        return self.conversation, self.address


@dataclass(frozen=True)
class Patience:
    """How a part is tried, in seconds. The defaults are the ones in use; tests wait less.

    Attributes:
        tries: in a row, with pauses from `pause` on that double, each more or less by half.
        rounds: pauses before further tries in a row, after which it is a dead letter.
        urgent: pauses between the tries of a crisis reply.
        longest: pause that a vendor may ask for; it does not count as a try, `asked` times in all.
        longest_urgent: the same for a crisis reply.
        silent: further tries of a part after the vendor did not answer one in time; it may have taken it.
        silent_urgent: the same for a crisis reply.
    """

    tries: int = 3
    pause: float = 0.5
    rounds: tuple[float, ...] = (5.0, 30.0, 120.0, 600.0, 1800.0)
    urgent: tuple[float, ...] = (0.3, 0.7, 1.5, 3.0, *(5.0,) * 12, *(30.0,) * 118)
    longest: float = 300.0
    longest_urgent: float = 5.0
    asked: int = 30
    silent: int = 2
    silent_urgent: int = 4

    def pauses(self) -> tuple[float, ...]:
        """Return the pauses between all tries of a part."""
        quick = tuple(self.pause * 2**place for place in range(self.tries - 1))
        return quick + tuple(pause for begin in self.rounds for pause in (begin, *quick))


@dataclass
class _Lane:
    waiting: deque[Posted] = field(default_factory=deque)
    worker: asyncio.Task[None] | None = None
    # Crisis replies that are on their way.
    urgent: int = 0
    # When all else has waited long enough for them, in the loop's time.
    until: float = 0.0
    calm: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.calm.set()

    async def becomes_calm(self) -> None:
        """Wait until crisis replies are out, but not for ever: a vendor may take none of them and all else."""
        if not self.calm.is_set():
            with suppress(asyncio.TimeoutError):
                left = self.until - asyncio.get_running_loop().time()
                await asyncio.wait_for(self.calm.wait(), max(0.0, left))


class _EndedError(Exception):
    """The server ends; what is not sent waits in the database."""


class Delivery:
    """The lanes of one channel."""

    def __init__(
        self,
        send: Send,
        ended: Callable[[Posted, str, int], None],
        blocked: Callable[[Posted], None],
        shown: Callable[[Posted], None] = lambda _: None,
        patience: Patience | None = None,
    ) -> None:
        """Take what sends a part, and who wants to know.

        Args:
            send: hands a part to the vendor; may raise, which counts as a failed try.
            ended: is told that a part was sent, dropped or is a dead letter (its status), after how many tries.
            blocked: is told that the vendor takes nothing more at this address.
            shown: is told just before a part goes out; from then on the person may see it.
            patience: how long.
        """
        self._send = send
        self._ended = ended
        self._blocked = blocked
        self._shown = shown
        self._patience = patience or Patience()
        self._ending = asyncio.Event()
        self._lanes: dict[tuple[str, str], _Lane] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def put(self, posted: Sequence[Posted], urgent: bool = False) -> None:
        """Send the parts of one reply, after those that wait for the same person, or before them if it is urgent."""
        if not posted:
            return
        lane = self._lanes.setdefault(posted[0].lane, _Lane())
        if urgent:
            if not lane.urgent:
                lane.until = asyncio.get_running_loop().time() + _LONGEST_URGENT
            lane.urgent += 1
            lane.calm.clear()
            self._spawn(self._hurry(posted, lane))
            return
        lane.waiting.extend(posted)
        if lane.worker is None:
            lane.worker = self._spawn(self._walk(posted[0].lane, lane))

    def drop(self, conversation: str, address: str | None = None) -> None:
        """Drop what waits for a person (at one address) and is not urgent, also a part that is under way."""
        for (whose, where), lane in self._lanes.items():
            if whose != conversation or address not in (None, where):
                continue
            dropped, lane.waiting = lane.waiting, deque()
            for posted in dropped:
                self._ended(posted, DROPPED, posted.tries)

    async def settle(self, patience: float) -> None:
        """Begin no further try and wait for those under way, `patience` seconds at most; the rest is left as it is."""
        self._ending.set()
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=max(0.0, patience))
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=1)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _walk(self, key: tuple[str, str], lane: _Lane) -> None:
        """Send what waits in a lane, one after the other."""
        while lane.waiting:
            first = lane.waiting[0]
            try:
                await self._deliver(first, lane)
            except _EndedError:
                return
            except Exception:
                # Whatever is wrong with one message, those after it must go out.
                logger.exception("A message could not be delivered.")
            # It may have been dropped, and others have come, in the meantime.
            if lane.waiting and lane.waiting[0] is first:
                lane.waiting.popleft()
        lane.worker = None
        self._tidy(key, lane)

    async def _hurry(self, posted: Sequence[Posted], lane: _Lane) -> None:
        """Send the parts of a crisis reply."""
        try:
            for part in posted:
                await self._deliver(part, None)
        except _EndedError:
            pass
        except Exception:
            logger.exception("A message could not be delivered.")
        finally:
            lane.urgent -= 1
            if not lane.urgent:
                lane.calm.set()
            self._tidy(posted[0].lane, lane)

    def _tidy(self, key: tuple[str, str], lane: _Lane) -> None:
        if not lane.waiting and not lane.urgent and lane.worker is None:
            self._lanes.pop(key, None)

    async def _deliver(self, posted: Posted, lane: _Lane | None) -> None:
        """Try a part until the vendor has taken or refused it, or patience ends.

        Args:
            posted: the part.
            lane: where it waits; None for one that is urgent.
        """
        pauses = list(self._patience.pauses() if lane else self._patience.urgent)
        tries = posted.tries
        asked = 0
        silences = 0
        while True:
            if lane is not None:
                await lane.becomes_calm()
                if not (lane.waiting and lane.waiting[0] is posted):
                    return
            if self._ending.is_set():
                raise _EndedError
            self._shown(posted)
            outcome = await self._try(posted)
            tries += 1
            # What the vendor said last counts, also of a part that was dropped while it was under way.
            dropped = lane is not None and not (lane.waiting and lane.waiting[0] is posted)
            if outcome.status == "sent":
                self._ended(posted, SENT, tries)
                return
            if outcome.status == "blocked":
                if not dropped:
                    self._ended(posted, DROPPED, tries)
                    if lane is not None:
                        lane.waiting.popleft()
                self._blocked(posted)
                return
            if dropped:
                return
            if outcome.status == "refused":
                if posted.part.buttons:
                    await self._deliver_plain(posted, lane, tries)
                else:
                    self._bury(posted, tries, "refused it")
                return
            silences += outcome.silent
            if silences > (self._patience.silent if lane else self._patience.silent_urgent):
                self._bury(posted, tries, "did not answer in time, and may have taken it")
                return
            pause = self._pause(outcome, pauses, asked, lane is None)
            if pause is None:
                self._bury(posted, tries, "could not be reached")
                return
            asked += outcome.retry_after_s is not None
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._ending.wait(), pause)

    def _pause(self, outcome: Outcome, pauses: list[float], asked: int, urgent: bool) -> float | None:
        """Return the seconds until the next try, None where there is none."""
        longest = self._patience.longest_urgent if urgent else self._patience.longest
        if outcome.retry_after_s is not None and asked < self._patience.asked:
            # Others who were told the same must not come back at the same moment.
            return min(max(outcome.retry_after_s, 0.0), longest) * random.uniform(1.0, 1.1) + 0.01
        if not pauses:
            return None
        return pauses.pop(0) * random.uniform(0.5, 1.5)

    async def _deliver_plain(self, posted: Posted, lane: _Lane | None, tries: int) -> None:
        """Send a part whose buttons were refused with a numbered list in their place."""
        logger.error("A vendor refused a message with buttons; it goes out as text.")
        menu = replace(posted.menu, numbered=True) if posted.menu else None
        *first, last = in_plain(posted.part, menu, posted.limit)
        parts = [replace(posted, key="", part=part, menu=None, tries=tries) for part in first]
        parts.append(replace(posted, part=last, menu=menu, tries=tries))
        if lane is not None:
            lane.waiting.popleft()
            lane.waiting.extendleft(reversed(parts))
            return
        for part in parts:
            await self._deliver(part, None)

    async def _try(self, posted: Posted) -> Outcome:
        try:
            return await self._send(posted.address, posted.part)
        except asyncio.TimeoutError:
            logger.warning("A vendor did not answer in time.")
            return Outcome("retry", silent=True)
        except Exception as error:
            # Without the error's words: they may name an address.
            logger.warning("Sending failed: %s", type(error).__name__)
            return Outcome("retry")

    def _bury(self, posted: Posted, tries: int, why: str) -> None:
        logger.error("A message is a dead letter after %d tries: the vendor %s.", tries, why)
        self._ended(posted, DEAD, tries)

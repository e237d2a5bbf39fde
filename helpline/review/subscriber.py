"""Hears of each turn from Rasa and looks at it afterwards, in a thread of its own: visitors never wait for that."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import threading
import time
from asyncio import AbstractEventLoop
from collections import Counter
from typing import Any, Callable, Mapping

import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.utils.endpoints import EndpointConfig

from helpline.review import numbers
from helpline.review.turns import kinds_of, sighting, turns_of
from helpline.settings import load
from helpline.storage import review
from helpline.storage.database import delete_older_reviews, file_for_review, open_engine, read_last_events

logger = logging.getLogger(__name__)

# Messages that wait to be looked at; what comes on top is counted and left.
MOST_WAITING = 5_000
# Seconds without a new message before it is looked at those that wait: visitors' turns go first. Where they go on
# coming, or many wait, it is looked all the same.
_PAUSE = 0.3
_LATEST = 3.0
_MANY = 1_000
# In one transaction, as visitors' turns wait for its end where they write to the same file.
_AT_ONCE = 20
# Events read of a conversation: the message, its replies and the turns before.
_EVENTS = 80
# A locked database is tried again this much later, in seconds; so often, then the turns are given up.
_PATIENCE = 2.0
_TRIES = 3
_SECONDS_BETWEEN_PURGES = 600
_CLOSES_WITHIN = 2.0
_Heard = tuple[str, float]


class ReviewSubscriber(EventBroker):
    """An event broker of Rasa's that only notes which conversation has a new message; named in endpoints.yml."""

    def __init__(self, worker: Worker) -> None:
        """Take the worker and start it."""
        self._worker = worker
        self._worker.start()

    @classmethod
    async def from_endpoint_config(
        cls, broker_config: EndpointConfig | None, event_loop: AbstractEventLoop | None = None
    ) -> ReviewSubscriber | None:
        """Make it from ``url`` in endpoints.yml; the database is first opened when something is to be looked at."""
        if broker_config is None:
            return None
        url, hours = str(broker_config.url), load().inbox_hours
        return cls(Worker(lambda: open_engine(url, _PATIENCE), hours))

    def publish(self, event: Mapping[str, Any]) -> None:
        """Note a message of a person; returns at once and never raises."""
        if event.get("event") == "user":
            self._worker.note(str(event.get("sender_id")), event.get("timestamp") or 0.0)

    async def close(self) -> None:
        """Look at what waits, for some seconds at most."""
        await asyncio.get_running_loop().run_in_executor(None, self._worker.stop, _CLOSES_WITHIN)


class Worker:
    """The thread that looks at turns: reads them from the database, and files and counts what it finds."""

    def __init__(self, open_database: Callable[[], sa.engine.Engine], hours: float, pause: float = _PAUSE) -> None:
        """Take what opens the database.

        Args:
            open_database: returns its engine.
            hours: how long the inbox keeps a message.
            pause: seconds without a new message before it is looked.
        """
        self._open = open_database
        self._engine: sa.engine.Engine | None = None
        self._hours = hours
        self._pause = pause
        self._waiting: queue.Queue[_Heard | None] = queue.Queue(MOST_WAITING)
        self._lost = 0
        # How many of those that waited at a quiet moment are still to be looked at: all of them, without another pause.
        self._due = 0
        self._purged_at = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="inbox", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def note(self, sender_id: str, timestamp: float) -> None:
        """Note that a conversation has a message of this time; one too many is counted and left."""
        try:
            self._waiting.put_nowait((sender_id, timestamp))
        except queue.Full:
            self._lost += 1

    def stop(self, within: float) -> None:
        """Look at what waits, then end; wait for that so many seconds at most."""
        self._stopping.set()
        # It may wait for a message; where the queue is full it does not.
        with contextlib.suppress(queue.Full):
            self._waiting.put_nowait(None)
        self._thread.join(within)

    def _run(self) -> None:
        while not (self._stopping.is_set() and self._waiting.empty()):
            heard = self._next()
            try:
                if heard:
                    self._look(heard)
                self._purge_now_and_then()
            except Exception as error:
                # Without the statement: its values hold what a person wrote.
                self._lost += len(heard)
                logger.error("%d messages could not be looked at: %s", len(heard), _kind(error))

    def _next(self) -> list[_Heard]:
        """Return what waits, `_AT_ONCE` at most; nothing after a while without anything."""
        try:
            heard = [self._waiting.get(timeout=_SECONDS_BETWEEN_PURGES)]
        except queue.Empty:
            return []
        if not self._due:
            self._wait_for_quiet()
        while len(heard) < _AT_ONCE and not self._waiting.empty():
            heard.append(self._waiting.get_nowait())
        self._due = max(0, self._due - len(heard))
        return [one for one in heard if one is not None]

    def _wait_for_quiet(self) -> None:
        until = time.monotonic() + _LATEST
        while not self._stopping.is_set() and time.monotonic() < until:
            waiting = self._waiting.qsize()
            if waiting >= _MANY:
                return
            self._stopping.wait(self._pause)
            if self._waiting.qsize() == waiting:
                # With the one that was taken already.
                self._due = waiting + 1
                return

    def _look(self, heard: list[_Heard]) -> None:
        sightings, counts = self._patiently(self._found, heard)
        self._patiently(file_for_review, self._database(), sightings)
        lost = self._lost
        if lost:
            counts[numbers.day_of(time.time()), numbers.LOST, numbers.MESSAGES] += lost
        self._patiently(review.add_counts, self._database(), counts)
        self._lost -= lost

    def _patiently(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call what uses the database, again after a pause where that is locked or another was first."""
        for left in reversed(range(_TRIES)):
            try:
                return function(*arguments)
            # The second: another server filed the same message, or counted the same, at the same moment.
            except (sa.exc.OperationalError, sa.exc.IntegrityError):
                if not left:
                    raise
                self._stopping.wait(_PATIENCE)
        return None

    def _found(self, heard: list[_Heard]) -> tuple[list[review.Sighting], numbers.Counts]:
        sightings: list[review.Sighting] = []
        counts: numbers.Counts = Counter()
        for sender_id, timestamp in heard:
            events = read_last_events(self._database(), sender_id, _EVENTS)
            turns = turns_of(events)
            # A message that came since is looked at by itself.
            turns = [turn for turn in turns if turn.time <= timestamp]
            if not turns or turns[-1].time != timestamp:
                continue
            found: dict[int, list[str]] = {}
            for place, kind in kinds_of(turns):
                found.setdefault(place, []).append(kind)
            sightings += [sighting(turns, place, kinds, sender_id) for place, kinds in found.items()]
            is_first = len(turns) == 1 and len(events) < _EVENTS
            counts += numbers.counts_of(turns[-1], is_first, [kind for kinds in found.values() for kind in kinds])
        return sightings, counts

    def _purge_now_and_then(self) -> None:
        now = time.time()
        if now - self._purged_at < _SECONDS_BETWEEN_PURGES:
            return
        self._purged_at = now
        delete_older_reviews(self._database(), now - self._hours * 3600)

    def _database(self) -> sa.engine.Engine:
        if self._engine is None:
            self._engine = self._open()
        return self._engine


def _kind(error: Exception) -> str:
    return str(getattr(error, "orig", None) or type(error).__name__)

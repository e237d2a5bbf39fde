"""Database work beside the event loop: in one thread, in order, and waited for only so long."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Callable, Sequence

import sqlalchemy as sa

logger = logging.getLogger(__name__)

# Seconds. Once the database has failed or was late, nobody waits long for it until it answers again.
_PATIENCE = 1.0
_PATIENCE_IN_TROUBLE = 0.05
# How many items wait for a database that does not take them; the oldest go first.
_MOST_WAITING = 5_000

Write = Callable[[sa.engine.Engine, Sequence[Any]], Sequence[Any]]


class UnavailableError(RuntimeError):
    """The database failed or did not answer in time; what it was asked may still happen."""


class Worker:
    """A thread for a database. It opens the database when it is first needed, and again where that failed."""

    def __init__(self, open_engine: Callable[[], sa.engine.Engine], write: Write) -> None:
        """Take what opens the database, and what writes items and returns a result for each."""
        self._open = open_engine
        self._engine: sa.engine.Engine | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="outbox")
        self._patience = _PATIENCE
        self._write = write
        self._writing = asyncio.Lock()
        self._waiting: list[_Item] = []

    async def run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Return `function(engine, *arguments)`.

        Raises:
            UnavailableError: if it raises or takes too long.
        """
        job = asyncio.get_running_loop().run_in_executor(self._thread, partial(self._call, function, *arguments))
        done, _ = await asyncio.wait({job}, timeout=self._patience)
        if not done:
            self._patience = _PATIENCE_IN_TROUBLE
            # One that has not begun need not run any more.
            job.cancel()
            job.add_done_callback(_log_failure)
            raise UnavailableError("The database did not answer in time.")
        if job.exception() is not None:
            self._patience = _PATIENCE_IN_TROUBLE
            _log_failure(job)
            raise UnavailableError("The database failed.") from job.exception()
        self._patience = _PATIENCE
        return job.result()

    async def write(self, item: Any) -> Any:
        """Write an item together with all others that wait by then, and return its result.

        Raises:
            UnavailableError: if it is not written yet. It is tried again with the next item.
        """
        mine = _Item(item)
        self._waiting.append(mine)
        async with self._writing:
            if not mine.tried:
                await self._write_waiting()
        if not mine.written:
            raise UnavailableError("The database did not take it.")
        return mine.result

    async def _write_waiting(self) -> None:
        items, self._waiting = self._waiting, []
        for item in items:
            item.tried = True
        try:
            results = await self.run(self._write, [item.content for item in items])
        except UnavailableError:
            self._waiting = [*items, *self._waiting][-_MOST_WAITING:]
            return
        for item, result in zip(items, results, strict=True):
            item.result, item.written = result, True

    def _call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        if self._engine is None:
            self._engine = self._open()
        return function(self._engine, *arguments)


class _Item:
    def __init__(self, content: Any) -> None:
        self.content = content
        self.result: Any = None
        self.tried = False
        self.written = False


def _log_failure(job: asyncio.Future[Any]) -> None:
    if not job.cancelled() and job.exception() is not None:
        # Without the statement: its values hold what a person was told.
        error = job.exception()
        logger.error("The database failed: %s", getattr(error, "orig", None) or type(error).__name__)

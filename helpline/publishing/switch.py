"""Puts another model in the place of the live one while the server runs: beside it, looked at, then switched."""

from __future__ import annotations

import asyncio
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, TypeVar

from helpline import memory, training
from helpline.publishing.models import ModelError, Record, after, prune
from helpline.publishing.rules import Order, admissible, named_live
from helpline.publishing.smoke import faults
from helpline.training import LiveModel, live_model, name_live

if TYPE_CHECKING:
    from helpline.engine import HelplineAgent
    from helpline.processor import Processor

logger = logging.getLogger(__name__)

# Seconds between looks at models/live.json, which another server may have written.
_LOOKS = 5.0
# Seconds after the switch until the model before is thrown away: its last turns are over then.
_LAST_TURNS = 3.0
_T = TypeVar("_T")


class BusyError(RuntimeError):
    """Another model is being published."""


class Switch:
    """Serves a published model from the next message on. A model that cannot be served leaves all as it is."""

    agent: HelplineAgent

    def __init__(self, serving: str) -> None:
        """Take the file name of the model that the server starts with; set `agent` once there is one."""
        self.serving = serving
        # One thread for all: memory that one load has freed serves the next.
        self._loader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="publishing")
        self._busy = asyncio.Lock()
        self._seen = _stamp(training.LIVE)
        self._tasks: set[asyncio.Task[Any]] = set()

    async def publish(self, order: Order) -> LiveModel:
        """Publish a model and return what is live then.

        Raises:
            ModelError: if it may not or cannot be served, with the reason; the live model stays.
            BusyError: if another one is being published.
        """
        if self._busy.locked():
            raise BusyError("Another model is being published. Try again in a minute.")
        async with self._busy:
            before = live_model()
            record = await self._apart(_checked, order, before)
            processor = await self._loaded(record.path)
            live = _live(order, record, before)
            # First, as it may fail; and a server that is killed after it comes back with this model.
            await self._apart(_written, live)
            await self._serve(processor, live.model)
            await self._apart(prune, live)
            return live

    def follow(self) -> None:
        """Serve what another server publishes, from now on; called in the server's loop."""
        self._keep(self._look_again_and_again())

    async def _look_again_and_again(self) -> None:
        while True:
            await asyncio.sleep(_LOOKS)
            if not self._busy.locked() and _stamp(training.LIVE) != self._seen:
                async with self._busy:
                    await self._catch_up()

    async def _catch_up(self) -> None:
        self._seen, live = _stamp(training.LIVE), live_model()
        if live is None or live.model == self.serving:
            return
        try:
            processor = await self._loaded(live.path)
        except ModelError as error:
            logger.error("%s stays in use: %s", self.serving, error)
            return
        await self._serve(processor, live.model)

    async def _loaded(self, path: Path) -> Processor:
        try:
            return await self._apart(ready, self.agent.prepare, path)
        except ModelError:
            self._keep(self._settle())
            raise

    async def _serve(self, processor: Processor, name: str) -> None:
        before, self.serving = self.serving, name
        await self.agent.switch(processor)
        self._seen = _stamp(training.LIVE)
        logger.warning("Now serving %s in the place of %s.", name, before)
        self._keep(self._settle())

    async def _settle(self) -> None:
        await asyncio.sleep(_LAST_TURNS)
        await self._apart(memory.settle)

    async def _apart(self, function: Callable[..., _T], *arguments: Any) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._loader, function, *arguments)

    def _keep(self, work: Any) -> None:
        # The loop itself does not keep its tasks alive.
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def ready(prepare: Callable[[Path], Processor], path: Path) -> Processor:
    """Return a loaded model that has passed the last look.

    Raises:
        ModelError: if it cannot be loaded or does not answer as it must.
    """
    begun = time.monotonic()
    try:
        processor = prepare(path)
    except Exception as error:
        logger.exception("%s cannot be loaded.", path.name)
        raise ModelError(f"{path.name} cannot be loaded ({type(error).__name__}).") from error
    if found := faults(processor):
        raise ModelError(f"{path.name} failed the last look: " + " ".join(found))
    logger.info("%s is ready after %.1f s.", path.name, time.monotonic() - begun)
    return processor


def publish(order: Order, prepare: Callable[[Path], Processor]) -> LiveModel:
    """Publish a model where no server runs and return what is live then: the next server starts with it.

    Raises:
        ModelError: if it may not or cannot be served, with the reason; the live model stays.
    """
    before = live_model()
    record = _checked(order, before)
    ready(prepare, record.path)
    live = _live(order, record, before)
    _written(live)
    prune(live)
    return live


def _live(order: Order, record: Record, before: LiveModel | None) -> LiveModel:
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return named_live(order, record, now, after(before, record.model))


def _checked(order: Order, live: LiveModel | None) -> Record:
    try:
        return admissible(order, live)
    except OSError as error:
        raise ModelError(f"{order.model} cannot be read: {error}.") from error


def _written(live: LiveModel) -> None:
    try:
        name_live(live)
    except OSError as error:
        raise ModelError(f"models/live.json cannot be written: {error}.") from error


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_ino

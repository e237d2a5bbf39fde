"""A TCP proxy between browser and server that can be slow, hold back answers, or be cut."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any


class Network:
    """Passes connections on to a port; `port` is where the browser connects.

    Attributes:
        delay: seconds by which everything is late, in each direction.
        refuses: a connection on which the browser sends these bytes is broken.
    """

    def __init__(self, target: int) -> None:
        self.delay = 0.0
        self.refuses = b""
        self._target = target
        self._up = True
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._answers = self._run(_open_gate())
        self._server = self._run(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port: int = self._server.sockets[0].getsockname()[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def drop(self) -> None:
        """Break every connection; new ones are taken."""
        self._loop.call_soon_threadsafe(self._drop)

    def cut(self) -> None:
        """Break every connection and refuse new ones until `restore`."""
        self._up = False
        self.drop()

    def restore(self) -> None:
        self._up = True

    def hold_answers(self) -> None:
        """Let nothing through from the server to the browser until `release_answers`."""
        self._loop.call_soon_threadsafe(self._answers.clear)

    def release_answers(self) -> None:
        self._loop.call_soon_threadsafe(self._answers.set)

    def close(self) -> None:
        self._up = False
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    def _drop(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _close(self) -> None:
        self._server.close()
        self._drop()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            if not self._up:
                return
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
            self._writers.add(back)
            try:
                await asyncio.gather(self._pass(reader, back), self._pass(there, writer, self._answers))
            finally:
                self._writers.discard(back)
                back.transport.abort()
        except OSError:
            pass
        finally:
            self._tasks.discard(task)
            self._writers.discard(writer)
            writer.transport.abort()

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, gate: asyncio.Event | None = None
    ) -> None:
        while data := await reader.read(65536):
            if self.refuses and gate is None and self.refuses in data:
                break
            if self.delay:
                await asyncio.sleep(self.delay)
            if gate:
                await gate.wait()
            writer.write(data)
            await writer.drain()
        writer.transport.abort()


async def _open_gate() -> asyncio.Event:
    gate = asyncio.Event()
    gate.set()
    return gate

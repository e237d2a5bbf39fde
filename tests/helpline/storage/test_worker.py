from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from helpline.storage import worker
from helpline.storage.database import open_engine
from helpline.storage.outbox import Turn, find_later, open_session, store
from helpline.storage.worker import UnavailableError, Worker


def no_engine() -> Any:
    return None


def hold(_: Any, released: threading.Event) -> str:
    released.wait(5)
    return "done"


class Writer:
    """Notes what was written together; fails as often as it is told."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.failures = 0

    def __call__(self, _: Any, items: Sequence[str]) -> list[str]:
        if self.failures:
            self.failures -= 1
            raise sa.exc.OperationalError("INSERT", {}, Exception("locked"))
        self.batches.append(list(items))
        return [item.upper() for item in items]


@pytest.mark.asyncio
async def test_work_is_done_in_order_and_off_the_event_loop() -> None:
    here, there, order = threading.get_ident(), [], []

    def note(_: Any, number: int) -> int:
        there.append(threading.get_ident())
        order.append(number)
        return number * 2

    database = Worker(no_engine, Writer())
    assert await asyncio.gather(*(database.run(note, number) for number in range(5))) == [0, 2, 4, 6, 8]
    assert order == [0, 1, 2, 3, 4]
    assert here not in there


@pytest.mark.asyncio
async def test_a_late_database_is_waited_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_PATIENCE", 0.3)
    database, released = Worker(no_engine, Writer()), threading.Event()
    database._patience = 0.3
    started = time.monotonic()
    with pytest.raises(UnavailableError):
        await database.run(hold, released)
    assert time.monotonic() - started > 0.25
    started = time.monotonic()
    for _ in range(3):
        with pytest.raises(UnavailableError):
            await database.run(hold, released)
    assert time.monotonic() - started < 0.3
    released.set()
    await asyncio.sleep(0.05)
    assert await database.run(hold, released) == "done"


@pytest.mark.asyncio
async def test_a_failure_is_told_and_logged_without_the_statement(caplog: pytest.LogCaptureFixture) -> None:
    def fail(_: Any) -> None:
        raise sa.exc.OperationalError("INSERT what was said", {"text": "what was said"}, Exception("locked"))

    with pytest.raises(UnavailableError):
        await Worker(no_engine, Writer()).run(fail)
    assert [record.getMessage() for record in caplog.records] == ["The database failed: locked"]


@pytest.mark.asyncio
async def test_what_waits_is_written_together() -> None:
    write, released = Writer(), threading.Event()
    database = Worker(no_engine, write)
    held = asyncio.ensure_future(database.run(hold, released))
    await asyncio.sleep(0)
    writing = [asyncio.ensure_future(database.write(item)) for item in ("a", "b", "c")]
    await asyncio.sleep(0.05)
    released.set()
    assert await asyncio.gather(*writing) == ["A", "B", "C"]
    await held
    assert write.batches == [["a"], ["b", "c"]]


@pytest.mark.asyncio
async def test_what_was_not_taken_is_written_with_the_next() -> None:
    write = Writer()
    database = Worker(no_engine, write)
    write.failures = 1
    with pytest.raises(UnavailableError):
        await database.write("a")
    assert await database.write("b") == "B"
    assert write.batches == [["a", "b"]]


@pytest.mark.asyncio
async def test_a_database_that_cannot_be_opened_is_opened_later(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.write_text("in the way")
    url = f"sqlite:///{folder / 'c.db'}"
    database = Worker(lambda: open_engine(url, 0.1), store)
    with pytest.raises(UnavailableError):
        await database.run(open_session, "a", 1.0)
    folder.unlink()
    await database.run(open_session, "a", 1.0)
    assert await database.run(find_later, "a", 0, 1) is not None


@pytest.mark.asyncio
async def test_a_locked_file_holds_nobody_up_and_takes_it_later(database_url: str) -> None:
    database = Worker(lambda: open_engine(database_url, 0.2), store)
    await database.run(open_session, "a", 1.0)
    turns = [Turn("a", 0, ({"id": number, "ts": 1.0, "mid": "message-1", "text": "x"},)) for number in range(21)]
    with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        started = time.monotonic()
        results = await asyncio.gather(*(database.write(turn) for turn in turns[:20]), return_exceptions=True)
        assert time.monotonic() - started < 1.5
        assert {type(result) for result in results} == {UnavailableError}
        other.execute("ROLLBACK")
    assert await database.write(turns[20]) == 0
    found = await database.run(find_later, "a", -1, 50)
    assert [reply["id"] for reply in found.replies] == list(range(21))

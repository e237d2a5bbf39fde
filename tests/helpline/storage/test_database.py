from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from helpline.storage.database import (
    append_events,
    count_events,
    delete_conversation,
    delete_older,
    open_engine,
    read_events,
    senders,
)


def event(text: str, timestamp: float = 1.0, kind: str = "user") -> dict:
    return {"event": kind, "text": text, "timestamp": timestamp}


@pytest.fixture
def engine(database_url: str) -> sa.engine.Engine:
    return open_engine(database_url)


def test_events_come_back_in_order_by_conversation(engine: sa.engine.Engine) -> None:
    append_events(engine, "a", [event("one", 3.0), event("two", 2.0)])
    append_events(engine, "b", [event("other")])
    append_events(engine, "a", [event("three", 1.0)])
    assert [stored["text"] for stored in read_events(engine, "a")] == ["one", "two", "three"]
    assert (count_events(engine, "a"), count_events(engine, "b"), count_events(engine, "c")) == (3, 1, 0)
    assert sorted(senders(engine)) == ["a", "b"]
    assert read_events(engine, "c") == []


def test_a_missing_folder_is_made_and_a_second_opening_keeps_the_data(database_url: str) -> None:
    append_events(open_engine(database_url), "a", [event("one")])
    assert count_events(open_engine(database_url), "a") == 1


def test_the_database_file_holds_no_redacted_text(engine: sa.engine.Engine, tmp_path: Path) -> None:
    append_events(engine, "a", [event("i am someone@example.org")])
    assert read_events(engine, "a")[0]["text"] == "i am [email]"
    engine.dispose()
    written = b"".join(file.read_bytes() for file in (tmp_path / "folder").iterdir())
    assert b"[email]" in written
    assert b"someone@example.org" not in written


@pytest.mark.parametrize("sender", ["'; DROP TABLE events; --", "\u00e9\U0001f600", "a" * 255, "a/b c"])
def test_any_sender_id_is_kept_as_it_is(engine: sa.engine.Engine, sender: str) -> None:
    append_events(engine, sender, [event("hi")])
    assert senders(engine) == [sender]
    assert delete_conversation(engine, sender) == 1


def test_deleting_takes_one_conversation_and_counts_its_events(engine: sa.engine.Engine) -> None:
    append_events(engine, "a", [event("one"), event("two")])
    append_events(engine, "b", [event("other")])
    assert delete_conversation(engine, "a") == 2
    assert delete_conversation(engine, "a") == 0
    assert senders(engine) == ["b"]


def test_a_conversation_is_old_by_its_last_event(engine: sa.engine.Engine) -> None:
    append_events(engine, "old", [event("x", 10.0), event("x", 20.0)])
    append_events(engine, "talking", [event("x", 10.0), event("x", 30.0)])
    assert delete_older(engine, 25.0) == ["old"]
    assert delete_older(engine, 25.0) == []
    assert count_events(engine, "talking") == 2


def test_a_failing_write_stores_nothing_of_it(engine: sa.engine.Engine) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        append_events(engine, "a", [event("one"), {**event("two"), "timestamp": None}])
    assert count_events(engine, "a") == 0


def test_sqlite_writes_ahead(engine: sa.engine.Engine) -> None:
    with engine.connect() as connection:
        assert connection.execute(sa.text("PRAGMA journal_mode")).scalar_one() == "wal"


def test_a_new_file_can_be_opened_by_many_at_once(tmp_path: Path) -> None:
    """Without a second try, three openings in ten files or so fail as "database is locked"."""
    failures: list[Exception] = []

    def open_(number: int, together: threading.Barrier) -> None:
        together.wait()
        try:
            open_engine(f"sqlite:///{tmp_path / str(number)}.db")
        except sa.exc.OperationalError as error:
            failures.append(error)

    for number in range(20):
        together = threading.Barrier(4)
        threads = [threading.Thread(target=open_, args=(number, together)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []


def test_a_file_that_stays_locked_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "locked.db"
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(sa.exc.OperationalError, match="locked"):
            open_engine(f"sqlite:///{path}", patience=0.1)
    finally:
        holder.close()


def test_two_processes_worth_of_writers_wait_for_each_other(database_url: str) -> None:
    engines = [open_engine(database_url) for _ in range(4)]

    def write(engine: sa.engine.Engine) -> None:
        for _ in range(20):
            append_events(engine, "a", [event("x")])

    threads = [threading.Thread(target=write, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count_events(engines[0], "a") == 80


def test_an_error_names_no_words_of_a_person(engine: sa.engine.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE events"))
    with pytest.raises(sa.exc.OperationalError) as failure:
        append_events(engine, "a", [{"event": "user", "timestamp": 1.0, "text": "my secret"}])
    assert "my secret" not in str(failure.value)

"""The subscriber: cheap where the visitor waits, thorough behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from conversation import replied, said
from rasa.core.brokers.broker import EventBroker
from rasa.utils.endpoints import EndpointConfig

from helpline.review import subscriber
from helpline.review.subscriber import MOST_WAITING, ReviewSubscriber, Worker
from helpline.storage import database, review
from helpline.storage.review import INBOX

DAYS = ("1970-01-01", "2999-01-01")


@pytest.fixture
def engine(database_url: str) -> sa.engine.Engine:
    return database.open_engine(database_url)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriber, "_PATIENCE", 0.01)


def turn(engine: sa.engine.Engine, text: str, sender: str, at: float) -> tuple[str, float]:
    database.append_events(
        engine, sender, [said(text, "unclear", at=at), replied(reason="unclear", kind="fallback", at=at)]
    )
    return sender, at


def worked(open_database: Callable[[], sa.engine.Engine], heard: list[tuple[str, float]]) -> Worker:
    worker = Worker(open_database, hours=1e6, pause=0.0)
    for one in heard:
        worker.note(*one)
    worker.start()
    worker.stop(10)
    assert not worker._thread.is_alive()
    return worker


@pytest.mark.asyncio
async def test_rasa_makes_it_from_endpoints_yml_and_it_files_what_it_hears(
    database_url: str, engine: sa.engine.Engine
) -> None:
    endpoint = EndpointConfig(url=database_url, type="helpline.review.subscriber.ReviewSubscriber")
    broker = await EventBroker.create(endpoint)
    assert isinstance(broker, ReviewSubscriber)
    now = time.time()
    turn(engine, "mumble 555-123-4567", "a", now)
    broker.publish({"sender_id": "a", **said("mumble 555-123-4567", at=now)})
    broker.publish({"sender_id": "a", **replied()})
    broker.publish({})
    await broker.close()
    assert [item.text for item in review.items(engine, INBOX)] == ["mumble [phone]"]
    assert await EventBroker.create(None) is None


def test_turns_are_counted_without_their_words(engine: sa.engine.Engine) -> None:
    worked(
        lambda: engine,
        [turn(engine, "mumble", "a", 10.0), turn(engine, "again", "a", 20.0), turn(engine, "x", "b", 30.0)],
    )
    counts = {(what, name): count for _, what, name, count in review.counts(engine, *DAYS)}
    assert counts["messages", "web"] == 3
    assert counts["conversations", "web"] == 2
    assert counts["replies", "web unclear"] == 3
    assert counts["noted", "fallback"] == 3
    assert counts["speed", "web 0.25"] == 3
    assert ("lost", "messages") not in counts


def test_while_people_write_it_waits_but_not_for_ever(
    engine: sa.engine.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriber, "_LATEST", 0.6)
    heard = [turn(engine, "mumble", f"a{number}", number) for number in range(60)]
    worker = Worker(lambda: engine, hours=1e6, pause=0.1)
    worker.start()
    begun = time.monotonic()
    first = None
    for one in heard:
        worker.note(*one)
        time.sleep(0.02)
        if first is None and review.count_items(engine, INBOX):
            first = time.monotonic() - begun
    worker.stop(10)
    assert first and first > 0.5
    assert sum(item.count for item in review.items(engine, INBOX)) == 60


def test_what_waited_at_a_quiet_moment_is_looked_at_in_one_go(engine: sa.engine.Engine) -> None:
    worker = Worker(lambda: engine, hours=1e6, pause=0.5)
    for number in range(100):
        worker.note(*turn(engine, "mumble", f"a{number}", number))
    worker.start()
    begun = time.monotonic()
    while sum(item.count for item in review.items(engine, INBOX)) < 100 and time.monotonic() - begun < 5:
        time.sleep(0.02)
    # Five transactions; with five pauses it would be two and a half seconds.
    assert 0.5 <= time.monotonic() - begun < 2.3
    worker.stop(10)


def test_what_is_too_much_is_left_and_counted(engine: sa.engine.Engine) -> None:
    heard = turn(engine, "mumble", "a", 10.0)
    worker = Worker(lambda: engine, hours=1e6, pause=0.0)
    begun = time.perf_counter()
    for _ in range(MOST_WAITING + 7):
        worker.note(*heard)
    assert time.perf_counter() - begun < 0.5
    worker.start()
    worker.stop(30)
    counts = {(what, name): count for _, what, name, count in review.counts(engine, *DAYS)}
    assert counts["lost", "messages"] == 7
    assert counts["messages", "web"] == MOST_WAITING


@pytest.mark.parametrize("error", [sa.exc.OperationalError, sa.exc.IntegrityError])
def test_a_locked_database_is_tried_again(engine: sa.engine.Engine, error: type[sa.exc.DBAPIError]) -> None:
    heard = turn(engine, "mumble", "a", 10.0)
    tries = iter([1, 0])

    def open_database() -> sa.engine.Engine:
        if next(tries, 0):
            raise error("", {}, Exception("locked"))
        return engine

    worked(open_database, [heard])
    assert len(review.items(engine, INBOX)) == 1


def test_a_broken_database_costs_the_inbox_only(
    engine: sa.engine.Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = turn(engine, "my secret", "a", 10.0), turn(engine, "fine", "b", 20.0)
    real, calls = database.file_for_review, []

    def fail_once(engine: sa.engine.Engine, sightings: list[review.Sighting]) -> None:
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError("my secret")
        real(engine, sightings)

    monkeypatch.setattr(subscriber, "file_for_review", fail_once)
    monkeypatch.setattr(subscriber, "_AT_ONCE", 1)
    worked(lambda: engine, [first, second])
    assert [item.text for item in review.items(engine, INBOX)] == ["fine"]
    assert ("lost", "messages", 1) in [(what, name, count) for _, what, name, count in review.counts(engine, *DAYS)]
    assert "could not be looked at" in caplog.text
    assert "my secret" not in caplog.text


def test_what_was_deleted_is_not_looked_at(engine: sa.engine.Engine) -> None:
    heard = turn(engine, "mumble", "a", 10.0)
    database.delete_conversation(engine, "a")
    worked(lambda: engine, [heard, ("nobody", 1.0)])
    assert review.items(engine, INBOX) == []
    assert review.counts(engine, *DAYS) == []


def test_old_messages_go_by_themselves(engine: sa.engine.Engine) -> None:
    worker = Worker(lambda: engine, hours=1.0, pause=0.0)
    worker.note(*turn(engine, "long ago", "a", time.time() - 7200))
    worker.note(*turn(engine, "just now", "b", time.time()))
    worker.start()
    worker.stop(10)
    assert [item.text for item in review.items(engine, INBOX)] == ["just now"]


def test_closing_does_not_wait_for_a_database_that_hangs(engine: sa.engine.Engine) -> None:
    hangs = threading.Event()

    def open_database() -> sa.engine.Engine:
        hangs.wait(5)
        return engine

    worker = Worker(open_database, hours=1.0, pause=0.0)
    worker.start()
    worker.note("a", 1.0)
    begun = time.monotonic()
    worker.stop(0.2)
    assert time.monotonic() - begun < 2
    hangs.set()
    worker._thread.join(5)

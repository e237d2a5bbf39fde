from __future__ import annotations

import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from helpline.storage.database import append_events, delete_conversation, delete_older, open_engine
from helpline.storage.messages import (
    DEAD,
    DROPPED,
    REMEMBERED,
    SENT,
    Answered,
    Ended,
    Event,
    Letter,
    OptedIn,
    OptedOut,
    Received,
    dead_letters,
    menus,
    opt_outs,
    pending,
    store,
    waiting,
)

CHANNELS = ["sms", "whatsapp"]


@pytest.fixture
def engine(database_url: str) -> sa.engine.Engine:
    return open_engine(database_url)


def event(key: str, number: int = 1, channel: str = "sms", conversation: str = "sms-a") -> Event:
    return Event(key, number, channel, conversation, {"text": f"words of {key}", "address": "+1"})


def letter(key: str, number: int = 1, conversation: str = "sms-a", urgent: bool = False) -> Letter:
    return Letter(key, number, "sms", conversation, urgent, {"text": f"reply {key}", "address": "+1"})


def all_rows(engine: sa.engine.Engine) -> str:
    with engine.connect() as connection:
        return str(
            [
                dict(row)
                for name in ("inbound", "deliveries", "menus", "opt_outs")
                for row in connection.exec_driver_sql(f"SELECT * FROM {name}").mappings()
            ]
        )


def test_an_event_is_new_once(engine: sa.engine.Engine) -> None:
    assert store(engine, [Received((event("1"), event("2"), event("1")))]) == [[True, True, False]]
    assert store(engine, [Received((event("2"), event("3")))]) == [[False, True]]
    store(engine, [Answered("1")])
    assert store(engine, [Received((event("1"),))]) == [[False]]


def test_events_wait_in_order_until_they_are_answered(engine: sa.engine.Engine) -> None:
    store(engine, [Received((event("late", 9), event("early", 3), event("other", 1, "slack")))])
    assert [found.key for found in waiting(engine, CHANNELS)] == ["early", "late"]
    assert waiting(engine, CHANNELS)[0] == event("early", 3)
    store(engine, [Answered("early")])
    assert [found.key for found in waiting(engine, CHANNELS)] == ["late"]


def test_of_an_answered_event_and_a_sent_part_no_word_and_no_person_stays(engine: sa.engine.Engine) -> None:
    store(engine, [Received((event("1"),)), Answered("1", (letter("a"), letter("b"))), Ended("a", SENT, 2)])
    assert "words" not in all_rows(engine)
    store(engine, [Ended("b", DROPPED, 0)])
    rows = all_rows(engine)
    assert not any(word in rows for word in ("reply", "+1", "sms-a"))
    assert "'tries': 2" in rows


def test_parts_wait_in_order_until_they_are_sent(engine: sa.engine.Engine) -> None:
    store(engine, [Answered("1", (letter("b", 2, urgent=True), letter("a", 1)))])
    assert pending(engine, CHANNELS) == [letter("a", 1), letter("b", 2, urgent=True)]
    store(engine, [Ended("a", SENT, 1)])
    assert [found.key for found in pending(engine, CHANNELS)] == ["b"]
    assert pending(engine, ["slack"]) == []


def test_a_dead_letter_stays_whole(engine: sa.engine.Engine) -> None:
    store(engine, [Answered("1", (letter("a"),)), Ended("a", DEAD, 9)])
    assert pending(engine, CHANNELS) == []
    (dead,) = dead_letters(engine)
    assert (dead.data, dead.conversation, dead.tries) == (letter("a").data, "sms-a", 9)


def test_writing_twice_changes_nothing(engine: sa.engine.Engine) -> None:
    items = [Received((event("1"),)), Answered("1", (letter("a"),), "sms-a", (5, {"options": []})), Ended("a", SENT, 1)]
    store(engine, items)
    before = all_rows(engine)
    store(engine, items[:2])
    assert all_rows(engine) == before
    assert pending(engine, CHANNELS) == []


def test_the_last_ten_menus_of_a_person_are_kept(engine: sa.engine.Engine) -> None:
    store(engine, [Answered("1", (), "sms-a", (number, {"n": number})) for number in range(1, 15)])
    store(engine, [Answered("1", (), "sms-b", (1, {"n": "b"}))])
    assert menus(engine, "sms-a") == [(number, {"n": number}) for number in range(5, 15)]
    assert menus(engine, "sms-b") == [(1, {"n": "b"})]


def test_who_opted_out_is_known_until_they_write_again(engine: sa.engine.Engine) -> None:
    store(engine, [OptedOut("sms-a", 5, "stop"), OptedOut("sms-b", 6, "blocked"), OptedOut("sms-a", 7, "stop")])
    assert opt_outs(engine) == {"sms-a": 7, "sms-b": 6}
    store(engine, [OptedIn("sms-a"), OptedIn("sms-c")])
    assert opt_outs(engine) == {"sms-b": 6}


def test_deleting_a_conversation_deletes_parts_and_menus_but_no_message_that_waits(engine: sa.engine.Engine) -> None:
    store(
        engine,
        [
            Received((event("1"), event("2"))),
            Answered("1", (letter("a"), letter("b"), letter("c")), "sms-a", (1, {})),
            Ended("a", DEAD, 3),
            OptedOut("sms-a", 5, "stop"),
            Answered("9", (letter("x", conversation="sms-b"),), "sms-b", (2, {})),
        ],
    )
    delete_conversation(engine, "sms-a")
    assert [found.key for found in pending(engine, CHANNELS)] == ["x"]
    assert dead_letters(engine) == []
    assert menus(engine, "sms-a") == []
    assert len(menus(engine, "sms-b")) == 1
    assert [found.key for found in waiting(engine, CHANNELS)] == ["2"]
    # That they want no messages stays; the message itself is known again.
    assert opt_outs(engine) == {"sms-a": 5}
    assert store(engine, [Received((event("1"),))]) == [[False]]
    # What was sent after all may be said of a part that is gone.
    store(engine, [Ended("b", SENT, 1)])


def test_what_is_old_goes_and_ids_go_after_two_days(engine: sa.engine.Engine) -> None:
    now = time.time()
    before = now - 3600

    def at(age: float) -> int:
        return int((now - age) * 1_000_000)

    store(
        engine,
        [
            Received((event("old", at(7200)), event("new", at(60)))),
            Received((event("done", at(7200)), event("forgotten", at(REMEMBERED + 60)))),
            Answered("done", (letter("l1", at(7200)), letter("l2", at(60))), "sms-a", (at(7200), {})),
            Answered("forgotten", (), "sms-a", (at(60), {})),
        ],
    )
    append_events(engine, "talking", [{"event": "user", "text": "hi", "timestamp": now}])
    delete_older(engine, before)
    assert [found.key for found in waiting(engine, CHANNELS)] == ["new"]
    assert [found.key for found in pending(engine, CHANNELS)] == ["l2"]
    assert [number for number, _ in menus(engine, "sms-a")] == [at(60)]
    assert store(engine, [Received((event("done"), event("forgotten")))]) == [[False, True]]


def test_nothing_of_a_message_stays_in_the_files(engine: sa.engine.Engine, database_url: str) -> None:
    store(engine, [Received((event("1"),)), Answered("1", (letter("a"),)), Ended("a", DEAD, 3)])
    delete_conversation(engine, "sms-a")
    folder = sa.engine.make_url(database_url).database.rpartition("/")[0]
    content = b"".join(path.read_bytes() for path in Path(folder).iterdir())
    assert b"words of 1" not in content
    assert b"reply a" not in content

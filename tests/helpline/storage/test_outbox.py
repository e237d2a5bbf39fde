from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from helpline.storage.database import append_events, delete_conversation, delete_older, forget_session, open_engine
from helpline.storage.outbox import Found, Turn, find, find_later, open_session, store


@pytest.fixture
def engine(database_url: str) -> sa.engine.Engine:
    engine = open_engine(database_url)
    open_session(engine, "a", 10.0)
    return engine


def reply(number: int, mid: str = "message-1", ts: float = 1.0, **content: Any) -> dict[str, Any]:
    return {"id": number, "ts": ts, "mid": mid, **(content or {"text": f"reply {number}"})}


def turn(*replies: dict[str, Any], session: str = "a", cleared: int = 0) -> Turn:
    return Turn(session, cleared, replies)


def rows(engine: sa.engine.Engine) -> tuple[int, int]:
    with engine.connect() as connection:
        return tuple(
            connection.exec_driver_sql(f"SELECT COUNT(*) FROM {name}").scalar_one()
            for name in ("web_sessions", "outbox")
        )


def test_replies_come_back_by_message_as_they_were(engine: sa.engine.Engine) -> None:
    buttons = [{"title": "S\u00ed", "payload": "yes"}]
    first = reply(1, text="one", buttons=buttons)
    second = reply(2, custom={"kind": "info"})
    other = reply(3, "message-2")
    assert store(engine, [turn(first, second), turn(other)]) == [0, 0]
    assert find(engine, "a", "message-1") == Found(0, 3, (first, second))
    assert find(engine, "a", "message-3") == Found(0, 3, ())


def test_a_session_is_listed_once(engine: sa.engine.Engine) -> None:
    open_session(engine, "a", 20.0)
    assert rows(engine) == (1, 0)
    assert find(engine, "a", "message-1") == Found(0, 0, ())


def test_the_last_ones_are_sent_again_in_order(engine: sa.engine.Engine) -> None:
    store(engine, [turn(*(reply(number) for number in range(1, 8)))])

    def later(after: int, most: int) -> list[int]:
        found = find_later(engine, "a", after, most)
        assert found is not None
        return [reply["id"] for reply in found.replies]

    assert later(0, 50) == [1, 2, 3, 4, 5, 6, 7]
    assert later(5, 50) == [6, 7]
    assert later(2, 3) == [5, 6, 7]
    assert later(7, 50) == []


def test_an_unknown_session_is_dead(engine: sa.engine.Engine) -> None:
    assert find(engine, "b", "message-1") is None
    assert find_later(engine, "b", 0, 50) is None
    assert store(engine, [turn(reply(1), session="b")]) == [None]
    assert rows(engine) == (1, 0)


def test_a_write_that_is_tried_twice_is_no_error(engine: sa.engine.Engine) -> None:
    assert store(engine, [turn(reply(1))]) == [0]
    assert store(engine, [turn(reply(1)), turn(reply(2))]) == [0, 0]
    assert rows(engine) == (1, 2)


def test_after_the_conversation_was_deleted_a_turn_from_before_stores_nothing(engine: sa.engine.Engine) -> None:
    store(engine, [turn(reply(1))])
    append_events(engine, "a", [{"event": "user", "text": "hi", "timestamp": 1.0}])
    assert delete_conversation(engine, "a") == 1
    assert rows(engine) == (1, 0)
    assert store(engine, [turn(reply(2)), turn(reply(3), cleared=1)]) == [1, 1]
    found = find_later(engine, "a", 0, 50)
    assert found is not None
    assert [reply["id"] for reply in found.replies] == [3]


def test_a_forgotten_session_is_dead_and_in_no_file(engine: sa.engine.Engine, tmp_path: Path) -> None:
    open_session(engine, "b", 10.0)
    store(engine, [turn(reply(1, text="my secret")), turn(reply(1), session="b")])
    append_events(engine, "a", [{"event": "user", "text": "my secret", "timestamp": 1.0}])
    forget_session(engine, "a")
    assert b"my secret" not in b"".join(file.read_bytes() for file in (tmp_path / "folder").iterdir())
    assert find(engine, "a", "message-1") is None
    assert find(engine, "b", "message-1") is not None
    assert rows(engine) == (1, 1)


def test_sessions_go_with_their_time(engine: sa.engine.Engine) -> None:
    for name in ("talking", "answered", "new"):
        open_session(engine, name, 40.0 if name == "new" else 10.0)
    store(engine, [turn(reply(1, ts=20.0), session=name) for name in ("a", "talking")])
    store(engine, [turn(reply(1, ts=40.0), session="answered")])
    append_events(engine, "talking", [{"event": "user", "text": "hi", "timestamp": 40.0}])
    append_events(engine, "a", [{"event": "user", "text": "hi", "timestamp": 20.0}])
    assert delete_older(engine, 30.0) == ["a"]
    assert [find(engine, name, "message-1") is None for name in ("a", "talking", "answered", "new")] == [
        True,
        False,
        False,
        False,
    ]
    assert rows(engine) == (3, 2)

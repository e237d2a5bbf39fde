"""The web channel's sessions and the replies they were given, kept to be sent again; free of Rasa, like `database`.

A session is listed from its first message on, until it is forgotten or its time is up: what is not listed is dead.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Iterable, Sequence

import sqlalchemy as sa

_metadata = sa.MetaData()
_sessions = sa.Table(
    "web_sessions",
    _metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("since", sa.Float, nullable=False),
    # How often its conversation was deleted: a turn that began before must not store its replies after.
    sa.Column("cleared", sa.Integer, nullable=False),
)
_outbox = sa.Table(
    "outbox",
    _metadata,
    sa.Column("session", sa.String(64), primary_key=True),
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("mid", sa.String(64), nullable=False),
    sa.Column("ts", sa.Float, nullable=False),
    sa.Column("data", sa.Text, nullable=False),
    sa.Index("outbox_by_message", "session", "mid"),
)
TABLES = (_sessions, _outbox)

# Built once: SQLAlchemy takes longer to build a statement than SQLite takes to run it.
_IS_SESSION = _sessions.c.id == sa.bindparam("session")
_OF_SESSION = _outbox.c.session == sa.bindparam("session")
_CLEARED = sa.select(_sessions.c.cleared).where(_IS_SESSION)
_LAST = sa.select(sa.func.max(_outbox.c.id)).where(_OF_SESSION)
_TO_MESSAGE = sa.select(_outbox).where(_OF_SESSION, _outbox.c.mid == sa.bindparam("message")).order_by(_outbox.c.id)
_LATER = (
    sa.select(_outbox)
    .where(_OF_SESSION, _outbox.c.id > sa.bindparam("after"))
    .order_by(_outbox.c.id.desc())
    .limit(sa.bindparam("most"))
)
_TAKE_OUT = _outbox.delete().where(_OF_SESSION, _outbox.c.id == sa.bindparam("reply"))
_PUT_IN = _outbox.insert()


@dataclass(frozen=True)
class Found:
    """What is stored of a session.

    Attributes:
        cleared: how often its conversation was deleted.
        last: id of its last reply; 0 where there is none.
        replies: those asked for, with `id`, `ts` and `mid`, in order.
    """

    cleared: int
    last: int
    replies: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Turn:
    """The replies to one message, to be stored; `cleared` as it was when the message came in."""

    session: str
    cleared: int
    replies: tuple[dict[str, Any], ...]


def open_session(engine: sa.engine.Engine, session: str, since: float) -> None:
    """List a session (`since` in seconds since 1970), if it is not listed yet."""
    with engine.begin() as connection:
        if connection.execute(_CLEARED, {"session": session}).first() is None:
            connection.execute(_sessions.insert(), {"id": session, "since": since, "cleared": 0})


def find(engine: sa.engine.Engine, session: str, message: str) -> Found | None:
    """Return the session with the replies to a message (its `mid`), or None where the session is dead."""
    return _find(engine, session, _TO_MESSAGE, {"message": message})


def find_later(engine: sa.engine.Engine, session: str, after: int, most: int) -> Found | None:
    """Return the session with its last replies, `most` at most, whose id is above `after`; None where it is dead."""
    return _find(engine, session, _LATER, {"after": after, "most": most})


def store(engine: sa.engine.Engine, turns: Sequence[Turn]) -> list[int | None]:
    """Store the replies of turns in one transaction.

    Returns for each turn how often its session's conversation was deleted until now, None where the session is dead.
    Where that is not as it was when the message came in, nothing of the turn is stored.
    """
    found: list[int | None] = []
    rows: list[dict[str, Any]] = []
    with engine.begin() as connection:
        for turn in turns:
            row = connection.execute(_CLEARED, {"session": turn.session}).first()
            found.append(row.cleared if row else None)
            if row and row.cleared == turn.cleared:
                rows += [_row(turn.session, reply) for reply in turn.replies]
        if rows:
            # A write whose outcome was not known is tried again.
            connection.execute(_TAKE_OUT, [{"session": row["session"], "reply": row["id"]} for row in rows])
            connection.execute(_PUT_IN, rows)
    return found


def forget(connection: sa.engine.Connection, session: str) -> None:
    """Delete a session and its replies: it is dead from now on."""
    connection.execute(_outbox.delete().where(_outbox.c.session == session))
    connection.execute(_sessions.delete().where(_sessions.c.id == session))


def clear(connection: sa.engine.Connection, session: str) -> None:
    """Delete a session's replies, also those of turns that are under way; the session lives on."""
    connection.execute(_outbox.delete().where(_outbox.c.session == session))
    connection.execute(_sessions.update().where(_sessions.c.id == session).values(cleared=_sessions.c.cleared + 1))


def delete_older(connection: sa.engine.Connection, before: float, talking: sa.sql.Select) -> int:
    """Delete sessions that began before `before`, whose last reply is older and whose id is not among `talking`.

    Returns how many rows went.
    """
    recent = sa.select(_outbox.c.session).where(_outbox.c.ts >= before)
    old = _sessions.delete().where(
        _sessions.c.since < before, _sessions.c.id.not_in(talking), _sessions.c.id.not_in(recent)
    )
    dead = _outbox.delete().where(_outbox.c.session.not_in(sa.select(_sessions.c.id)))
    return int(connection.execute(old).rowcount + connection.execute(dead).rowcount)


def _find(engine: sa.engine.Engine, session: str, replies: sa.sql.Select, values: dict[str, Any]) -> Found | None:
    with engine.connect() as connection:
        row = connection.execute(_CLEARED, {"session": session}).first()
        if row is None:
            return None
        last = connection.execute(_LAST, {"session": session}).scalar_one()
        rows = connection.execute(replies, {"session": session, **values}).all()
    return Found(row.cleared, last or 0, tuple(_replies(rows)))


def _row(session: str, reply: dict[str, Any]) -> dict[str, Any]:
    content = {name: value for name, value in reply.items() if name not in ("id", "mid", "ts")}
    data = json.dumps(content, separators=(",", ":"))
    return {"session": session, "id": reply["id"], "mid": reply["mid"], "ts": reply["ts"], "data": data}


def _replies(rows: Iterable[Any]) -> list[dict[str, Any]]:
    replies = [{"id": row.id, "ts": row.ts, "mid": row.mid, **json.loads(row.data)} for row in rows]
    return sorted(replies, key=lambda reply: reply["id"])

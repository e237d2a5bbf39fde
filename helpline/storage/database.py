"""The conversations' table and what is done with it; free of Rasa, so that the action server can use it too."""

from __future__ import annotations

import json
import sqlite3
import time
from functools import partial
from pathlib import Path
from typing import Any, Iterable, Mapping

import sqlalchemy as sa
import ujson

from helpline.settings import ROOT
from helpline.storage import messages, outbox, review
from helpline.storage.redaction import redact_event

# The action sets this slot and the tracker store obeys it.
FORGET_SLOT = "forget_conversation"

_metadata = sa.MetaData()
_events = sa.Table(
    "events",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("sender_id", sa.String(255), nullable=False),
    sa.Column("timestamp", sa.Float, nullable=False),
    sa.Column("data", sa.Text, nullable=False),
    sa.Index("events_by_conversation", "sender_id", "id"),
)

# Built once: SQLAlchemy takes longer to build a statement than SQLite takes to run it.
_OF_SENDER = _events.c.sender_id == sa.bindparam("sender")
_READ = sa.select(_events.c.data).where(_OF_SENDER).order_by(_events.c.id)
_READ_LAST = sa.select(_events.c.data).where(_OF_SENDER).order_by(_events.c.id.desc()).limit(sa.bindparam("most"))
_COUNT = sa.select(sa.func.count()).select_from(_events).where(_OF_SENDER)
_APPEND = _events.insert()
# A third of the time that `json` takes; both write and read the same.
_encode = partial(ujson.dumps, default=str, escape_forward_slashes=False)


def open_engine(url: str, patience: float = 5.0) -> sa.engine.Engine:
    """Return an engine with the conversations' tables; it waits `patience` seconds for a locked SQLite file."""
    engine = connect(url, patience)
    with engine.begin() as connection:
        for table in (_events, *outbox.TABLES, *messages.TABLES, *review.TABLES):
            create_missing(connection, table)
    return engine


def data_folder(url: str) -> Path:
    """Return where files are kept that belong to a database: beside that of SQLite, else in `var`."""
    address = sa.engine.make_url(url)
    is_file = address.get_backend_name() == "sqlite" and address.database not in (None, "", ":memory:")
    return Path(address.database).parent if is_file else ROOT / "var"


def connect(url: str, patience: float = 5.0) -> sa.engine.Engine:
    """Return an engine without any table; it waits `patience` seconds for a locked SQLite file.

    SQLite runs with a write-ahead log and ``synchronous=NORMAL``: a commit survives a killed process; only a power cut
    can take the last moments (https://www.sqlite.org/pragma.html#pragma_synchronous).
    """
    address = sa.engine.make_url(url)
    sqlite = address.get_backend_name() == "sqlite"
    if sqlite and address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    # SQLAlchemy would open the file anew for each statement, a millisecond each time.
    pool: dict[str, Any] = {"poolclass": sa.pool.QueuePool} if sqlite and address.database else {}
    # An error must not carry what a person wrote into the log.
    engine = sa.create_engine(
        address,
        connect_args={"check_same_thread": False, "timeout": patience} if sqlite else {},
        hide_parameters=True,
        **pool,
    )
    if sqlite:

        @sa.event.listens_for(engine, "connect")
        def set_up(connection: Any, _: Any) -> None:
            _use_write_ahead_log(connection, patience)
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute("PRAGMA secure_delete=ON")

    return engine


def _use_write_ahead_log(connection: sqlite3.Connection, patience: float) -> None:
    """Switch a SQLite file to its write-ahead log.

    Where two processes open a new file at once, SQLite refuses this one statement at once, without waiting.
    """
    until = time.monotonic() + patience
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.01)


def create_missing(connection: sa.engine.Connection, table: sa.Table) -> None:
    """Make a table and its indexes where they are missing.

    Two processes may try at once, and `create_all` would fail in one of them; not every database knows another way.
    """
    if connection.dialect.name not in ("sqlite", "postgresql"):
        table.create(connection, checkfirst=True)
        return
    connection.execute(sa.schema.CreateTable(table, if_not_exists=True))
    for index in table.indexes:
        connection.execute(sa.schema.CreateIndex(index, if_not_exists=True))


def delete_conversation(engine: sa.engine.Engine, sender_id: str) -> int:
    """Delete all that is stored of a conversation, also for staff, and return how many events there were."""
    with engine.begin() as connection:
        count = connection.execute(_events.delete().where(_events.c.sender_id == sender_id)).rowcount
        outbox.clear(connection, sender_id)
        messages.clear(connection, sender_id)
        review.forget(connection, [sender_id])
    _empty_log(engine)
    return int(count)


def forget_session(engine: sa.engine.Engine, session: str) -> None:
    """Delete a session of the web channel with its conversation and its replies: it is dead from now on."""
    with engine.begin() as connection:
        connection.execute(_events.delete().where(_events.c.sender_id == session))
        outbox.forget(connection, session)
        review.forget(connection, [session])
    _empty_log(engine)


def read_events(engine: sa.engine.Engine, sender_id: str) -> list[dict[str, Any]]:
    """Return the serialised events of a conversation in order."""
    with engine.connect() as connection:
        return [json.loads(row.data) for row in connection.execute(_READ, {"sender": sender_id})]


def read_last_events(engine: sa.engine.Engine, sender_id: str, most: int) -> list[dict[str, Any]]:
    """Return the last serialised events of a conversation, `most` at most, in order."""
    with engine.connect() as connection:
        rows = connection.execute(_READ_LAST, {"sender": sender_id, "most": most}).all()
    return [json.loads(row.data) for row in reversed(rows)]


def read_messages(engine: sa.engine.Engine, after: float, most: int) -> list[tuple[int, str, float, str]]:
    """Return what people wrote after a time (seconds since 1970): row, conversation, time and text, the latest first.

    Args:
        engine: of the database.
        after: the time.
        most: how many at most.
    """
    written = (
        sa.select(_events)
        .where(_events.c.timestamp > after, _events.c.data.contains('"event":"user"'))
        .order_by(_events.c.id.desc())
        .limit(most)
    )
    with engine.connect() as connection:
        rows = connection.execute(written).all()
    return [(row.id, row.sender_id, row.timestamp, str(json.loads(row.data).get("text") or "")) for row in rows]


def append_events(engine: sa.engine.Engine, sender_id: str, events: Iterable[Mapping[str, Any]]) -> None:
    """Store serialised events, redacted, in one transaction."""
    rows = []
    for event in events:
        data = _encode(redact_event(dict(event)))
        rows.append({"sender_id": sender_id, "timestamp": event["timestamp"], "data": data})
    if not rows:
        return
    with engine.begin() as connection:
        connection.execute(_APPEND, rows)


def count_events(engine: sa.engine.Engine, sender_id: str) -> int:
    """Return how many events of a conversation are stored."""
    with engine.connect() as connection:
        return int(connection.execute(_COUNT, {"sender": sender_id}).scalar_one())


def senders(engine: sa.engine.Engine) -> list[str]:
    """Return the ids of all stored conversations."""
    with engine.connect() as connection:
        return [row.sender_id for row in connection.execute(sa.select(_events.c.sender_id).distinct())]


def delete_older(engine: sa.engine.Engine, before: float) -> list[str]:
    """Delete conversations whose last event is older than `before` (seconds since 1970) and return their ids.

    Sessions of the web channel and their replies, and what the messaging channels keep, go by the same rule.
    """
    old = sa.select(_events.c.sender_id).group_by(_events.c.sender_id).having(sa.func.max(_events.c.timestamp) < before)
    with engine.begin() as connection:
        senders = [row.sender_id for row in connection.execute(old)]
        if senders:
            connection.execute(_events.delete().where(_events.c.sender_id.in_(senders)))
        replies = outbox.delete_older(connection, before, sa.select(_events.c.sender_id))
        replies += messages.delete_older(connection, before)
    if senders or replies:
        _empty_log(engine)
    return senders


def file_for_review(engine: sa.engine.Engine, sightings: Iterable[review.Sighting]) -> None:
    """Put messages into the inbox, as far as their conversations were not deleted meanwhile."""
    review.store(engine, _events, sightings)


def delete_older_reviews(engine: sa.engine.Engine, before: float) -> int:
    """Delete from the inbox what was seen before a time (seconds since 1970) and return how many sightings went."""
    with engine.begin() as connection:
        gone = review.delete_older(connection, before)
    if gone:
        _empty_log(engine)
    return gone


def _empty_log(engine: sa.engine.Engine) -> None:
    """Take what was deleted out of SQLite's write-ahead log too, so that no file still holds it."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

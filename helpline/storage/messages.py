"""What the messaging channels keep: events not answered yet, parts not sent yet, menus, who does not want to hear us.

Free of Rasa, like `database`. Of an event that was answered only a hash of its id stays, for two days, and of a part
that was sent only when and after how many tries. Dead letters stay whole, for staff, until the retention ends.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

# Seconds that an event's id is remembered: vendors give up sending again long before.
REMEMBERED = 48 * 3600
# Seconds after which a server that says nothing is taken for dead; it speaks three times within them.
SERVER_SECONDS = 30.0
PENDING, SENT, DEAD, DROPPED = "pending", "sent", "dead", "dropped"
# Menus of a person that a late tap may still name.
_MOST_MENUS = 10

_metadata = sa.MetaData()
_inbound = sa.Table(
    "inbound",
    _metadata,
    sa.Column("key", sa.String(64), primary_key=True),
    # Microseconds since 1970, in the order in which events came.
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("channel", sa.String(32), nullable=False),
    # NULL once the event is answered.
    sa.Column("conversation", sa.String(64)),
    sa.Column("data", sa.Text),
    sa.Index("inbound_by_number", "number"),
)
_deliveries = sa.Table(
    "deliveries",
    _metadata,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("channel", sa.String(32), nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("urgent", sa.Boolean, nullable=False),
    sa.Column("ended", sa.Float),
    # NULL once the part is sent or dropped.
    sa.Column("conversation", sa.String(64)),
    sa.Column("data", sa.Text),
    sa.Index("deliveries_by_status", "status", "number"),
    sa.Index("deliveries_by_conversation", "conversation"),
)
_menus = sa.Table(
    "menus",
    _metadata,
    sa.Column("conversation", sa.String(64), primary_key=True),
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("data", sa.Text, nullable=False),
)
_opt_outs = sa.Table(
    "opt_outs",
    _metadata,
    sa.Column("conversation", sa.String(64), primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
    # "stop": the person said so; "blocked": the vendor did.
    sa.Column("reason", sa.String(16), nullable=False),
)
_servers = sa.Table(
    "servers",
    _metadata,
    # Host and process.
    sa.Column("name", sa.String(128), primary_key=True),
    # Seconds since 1970 when it last said that it runs.
    sa.Column("seen", sa.Float, nullable=False),
)
TABLES = (_inbound, _deliveries, _menus, _opt_outs, _servers)

_PENDING = (
    sa.select(_deliveries)
    .where(_deliveries.c.status == PENDING, _deliveries.c.channel.in_(sa.bindparam("channels", expanding=True)))
    .order_by(_deliveries.c.number)
)
_WAITING = (
    sa.select(_inbound)
    .where(_inbound.c.data.is_not(None), _inbound.c.channel.in_(sa.bindparam("channels", expanding=True)))
    .order_by(_inbound.c.number)
)


@dataclass(frozen=True)
class Event:
    """An event to be kept until it is answered; `data` is JSON, `key` a hash of channel and vendor's id."""

    key: str
    number: int
    channel: str
    conversation: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Letter:
    """A part to be kept until it is sent; `data` is JSON."""

    key: str
    number: int
    channel: str
    conversation: str
    urgent: bool
    data: Mapping[str, Any]
    tries: int = 0


@dataclass(frozen=True)
class Received:
    """Events of one request. Result: for each whether it is new."""

    events: tuple[Event, ...]


@dataclass(frozen=True)
class Answered:
    """An event is answered: what it said goes, the reply's parts and its menu (id and JSON) come. Result: None."""

    event: str
    letters: tuple[Letter, ...] = ()
    conversation: str = ""
    menu: tuple[int, Mapping[str, Any]] | None = None


@dataclass(frozen=True)
class Ended:
    """A part was sent, dropped, or is a dead letter. Result: None."""

    key: str
    status: str
    tries: int


@dataclass(frozen=True)
class Shown:
    """A menu went out late: its JSON holds when. Result: None."""

    conversation: str
    menu: int
    data: Mapping[str, Any]


@dataclass(frozen=True)
class OptedOut:
    """A person wants no more messages, or cannot get any; parts that wait, but urgent ones, are dropped."""

    conversation: str
    number: int
    reason: str


@dataclass(frozen=True)
class OptedIn:
    """A person writes again."""

    conversation: str


Item = Received | Answered | Ended | Shown | OptedOut | OptedIn


def store(engine: sa.engine.Engine, items: Sequence[Item]) -> list[Any]:
    """Write items in order in one transaction and return their results; what was written before changes nothing."""
    with engine.begin() as connection:
        return [_write(connection, item) for item in items]


def waiting(engine: sa.engine.Engine, channels: Sequence[str]) -> list[Event]:
    """Return the events that were not answered, in the order in which they came."""
    with engine.connect() as connection:
        rows = connection.execute(_WAITING, {"channels": list(channels)}).all()
    return [Event(row.key, row.number, row.channel, row.conversation, json.loads(row.data)) for row in rows]


def pending(engine: sa.engine.Engine, channels: Sequence[str]) -> list[Letter]:
    """Return the parts that were not sent, in order."""
    with engine.connect() as connection:
        rows = connection.execute(_PENDING, {"channels": list(channels)}).all()
    return _letters(rows)


def dead_letters(engine: sa.engine.Engine) -> list[Letter]:
    """Return the parts that no vendor took, in order, with address and text."""
    query = sa.select(_deliveries).where(_deliveries.c.status == DEAD).order_by(_deliveries.c.number)
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    return _letters(rows)


def menus(engine: sa.engine.Engine, conversation: str) -> list[tuple[int, dict[str, Any]]]:
    """Return the last menus of a conversation, ids and JSON, the newest last."""
    query = sa.select(_menus).where(_menus.c.conversation == conversation).order_by(_menus.c.id.desc())
    with engine.connect() as connection:
        rows = connection.execute(query.limit(_MOST_MENUS)).all()
    return [(row.id, json.loads(row.data)) for row in reversed(rows)]


def opt_outs(engine: sa.engine.Engine) -> dict[str, int]:
    """Return who does not want to hear us, with the number of the moment when that was said."""
    with engine.connect() as connection:
        return {row.conversation: row.number for row in connection.execute(sa.select(_opt_outs))}


def announce(engine: sa.engine.Engine, name: str) -> list[str]:
    """Note that a server runs, and return the names of others that said so within the last `SERVER_SECONDS`."""
    now = time.time()
    with engine.begin() as connection:
        connection.execute(_servers.delete().where(sa.or_(_servers.c.name == name, _servers.c.seen < now - 86400)))
        connection.execute(_servers.insert(), {"name": name, "seen": now})
        query = sa.select(_servers.c.name).where(_servers.c.name != name, _servers.c.seen > now - SERVER_SECONDS)
        return [row.name for row in connection.execute(query)]


def withdraw(engine: sa.engine.Engine, name: str) -> None:
    """Note that a server has ended."""
    with engine.begin() as connection:
        connection.execute(_servers.delete().where(_servers.c.name == name))


def clear(connection: sa.engine.Connection, conversation: str) -> None:
    """Delete a conversation's parts and menus. Events that wait are messages not answered yet: they go when they are.

    That a person opted out stays: it is a promise, and holds no words.
    """
    connection.execute(_deliveries.delete().where(_deliveries.c.conversation == conversation))
    connection.execute(_menus.delete().where(_menus.c.conversation == conversation))


def delete_older(connection: sa.engine.Connection, before: float) -> int:
    """Delete what is older than `before` (seconds since 1970), ids of events after two days; return how many rows."""
    number = int(before * 1_000_000)
    forgotten = int((time.time() - REMEMBERED) * 1_000_000)
    queries = (
        _inbound.delete().where(_inbound.c.data.is_not(None), _inbound.c.number < number),
        _inbound.delete().where(_inbound.c.data.is_(None), _inbound.c.number < forgotten),
        _deliveries.delete().where(_deliveries.c.number < number),
        _menus.delete().where(_menus.c.id < number),
    )
    return sum(int(connection.execute(query).rowcount) for query in queries)


def _write(connection: sa.engine.Connection, item: Item) -> Any:
    if isinstance(item, Received):
        return [_insert(connection, _inbound, _event_row(event)) for event in item.events]
    if isinstance(item, Answered):
        for letter in item.letters:
            _insert(connection, _deliveries, _letter_row(letter))
        if item.menu is not None:
            _keep_menu(connection, item.conversation, *item.menu)
        query = _inbound.update().where(_inbound.c.key == item.event).values(conversation=None, data=None)
        connection.execute(query)
    elif isinstance(item, Ended):
        values: dict[str, Any] = {"status": item.status, "tries": item.tries, "ended": time.time()}
        if item.status != DEAD:
            values |= {"conversation": None, "data": None}
        connection.execute(_deliveries.update().where(_deliveries.c.key == item.key).values(**values))
    elif isinstance(item, Shown):
        which = sa.and_(_menus.c.conversation == item.conversation, _menus.c.id == item.menu)
        connection.execute(_menus.update().where(which).values(data=_encoded(item.data)))
    elif isinstance(item, OptedOut):
        row = {"conversation": item.conversation, "number": item.number, "reason": item.reason}
        connection.execute(_opt_outs.delete().where(_opt_outs.c.conversation == item.conversation))
        connection.execute(_opt_outs.insert(), row)
    elif isinstance(item, OptedIn):
        connection.execute(_opt_outs.delete().where(_opt_outs.c.conversation == item.conversation))
    return None


def _letters(rows: Sequence[Any]) -> list[Letter]:
    return [
        Letter(row.key, row.number, row.channel, row.conversation, row.urgent, json.loads(row.data), row.tries)
        for row in rows
    ]


def _insert(connection: sa.engine.Connection, table: sa.Table, row: dict[str, Any]) -> bool:
    """Insert a row and tell whether its key is new; another process may try the same at the same moment."""
    dialect = {"sqlite": sqlite, "postgresql": postgresql}.get(connection.dialect.name)
    if dialect is not None:
        return bool(connection.execute(dialect.insert(table).on_conflict_do_nothing(), row).rowcount)
    if connection.execute(sa.select(table.c.key).where(table.c.key == row["key"])).first() is not None:
        return False
    connection.execute(table.insert(), row)
    return True


def _keep_menu(connection: sa.engine.Connection, conversation: str, number: int, data: Mapping[str, Any]) -> None:
    of_conversation = _menus.c.conversation == conversation
    connection.execute(_menus.delete().where(of_conversation, _menus.c.id == number))
    connection.execute(_menus.insert(), {"conversation": conversation, "id": number, "data": _encoded(data)})
    kept = sa.select(_menus.c.id).where(of_conversation).order_by(_menus.c.id.desc()).offset(_MOST_MENUS).limit(1)
    oldest = connection.execute(kept).scalar()
    if oldest is not None:
        connection.execute(_menus.delete().where(of_conversation, _menus.c.id <= oldest))


def _event_row(event: Event) -> dict[str, Any]:
    return {
        "key": event.key,
        "number": event.number,
        "channel": event.channel,
        "conversation": event.conversation,
        "data": _encoded(event.data),
    }


def _letter_row(letter: Letter) -> dict[str, Any]:
    return {
        "key": letter.key,
        "number": letter.number,
        "channel": letter.channel,
        "conversation": letter.conversation,
        "urgent": letter.urgent,
        "status": PENDING,
        "tries": letter.tries,
        "data": _encoded(letter.data),
    }


def _encoded(data: Mapping[str, Any]) -> str:
    return json.dumps(data, separators=(",", ":"))

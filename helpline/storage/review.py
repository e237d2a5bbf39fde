"""The inbox's tables: messages for staff to look at, where each was seen, and counts without a word of anybody.

What is kept of a conversation here goes with it. Free of Rasa, like `database`, which deletes here too.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any, Iterable, Mapping, Sequence

import sqlalchemy as sa

INBOX = "inbox"
CRISIS = "crisis"
QUEUES = (INBOX, CRISIS)
OPEN = "open"
DONE = "done"
# Of the conversations with one message so many are shown; the count goes on.
_MOST_SIGHTINGS = 20
# Of the numbers that a database's integer can hold.
_HIGHEST = 2**31 - 1

_metadata = sa.MetaData()
_items = sa.Table(
    "review_items",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("queue", sa.String(10), nullable=False),
    # Hash of the redacted text in its bare words: what has the same is one message.
    sa.Column("mark", sa.String(64), nullable=False),
    sa.Column("kinds", sa.String(200), nullable=False),
    sa.Column("data", sa.Text, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("first", sa.Float, nullable=False),
    sa.Column("last", sa.Float, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("settled_by", sa.String(100), nullable=False),
    sa.Column("settled_at", sa.Float),
    sa.Index("review_items_by_mark", "queue", "mark", unique=True),
    # Ids are not given twice: an address or a note in the audit log must not come to mean another message.
    sqlite_autoincrement=True,
)
_sightings = sa.Table(
    "review_sightings",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("item", sa.Integer, nullable=False),
    sa.Column("sender_id", sa.String(255), nullable=False),
    sa.Column("timestamp", sa.Float, nullable=False),
    sa.Column("data", sa.Text, nullable=False),
    sa.Index("review_sightings_by_item", "item"),
    sa.Index("review_sightings_by_conversation", "sender_id"),
)
_counts = sa.Table(
    "review_counts",
    _metadata,
    sa.Column("day", sa.String(10), primary_key=True),
    sa.Column("what", sa.String(20), primary_key=True),
    sa.Column("name", sa.String(100), primary_key=True),
    sa.Column("count", sa.Integer, nullable=False),
)
TABLES = (_items, _sightings, _counts)
# Built once, as in `database`.
_SEEN = sa.select(_sightings.c.item)
_SEEN_OF = sa.select(sa.func.count()).select_from(_sightings).where(_sightings.c.item == sa.bindparam("item"))
_MARKED = sa.select(_items).where(_items.c.queue == sa.bindparam("in_queue"), _items.c.mark == sa.bindparam("marked"))
_BEGIN = _items.insert()
_CHANGE = _items.update().where(_items.c.id == sa.bindparam("item"))
_ADD = (
    _counts.update()
    .where(
        _counts.c.day == sa.bindparam("on"),
        _counts.c.what == sa.bindparam("of"),
        _counts.c.name == sa.bindparam("called"),
    )
    .values(count=_counts.c.count + sa.bindparam("more"))
)
_BEGIN_COUNT = _counts.insert()
_SEE = _sightings.insert()


@dataclass(frozen=True)
class Sighting:
    """A message worth a look in a conversation; every text in it is redacted.

    Attributes:
        queue: `INBOX` or `CRISIS`.
        mark: hash of the bare text.
        kinds: why it is worth a look, names of `helpline.review.turns.KINDS`.
        sender_id: the conversation.
        timestamp: of the message, seconds since 1970; the message has to be stored still.
        message: `text`, and what the assistant took it for (`heard`, `confidence`, `guesses`, `tier`, `category`).
        around: the conversation around it: `channel`, `place` of the message and `said`, a list of what was said.
    """

    queue: str
    mark: str
    kinds: tuple[str, ...]
    sender_id: str
    timestamp: float
    message: Mapping[str, Any]
    around: Mapping[str, Any]


@dataclass(frozen=True)
class Item:
    """A message in a queue, as staff see it; the fields are those of `Sighting` and of the table."""

    id: int
    queue: str
    kinds: tuple[str, ...]
    count: int
    first: float
    last: float
    state: str
    settled_by: str
    settled_at: float | None
    text: str
    heard: str = ""
    confidence: float = 0.0
    guesses: Sequence[Sequence[Any]] = ()
    tier: str = ""
    category: str = ""
    after: str = ""
    conversations: Sequence[Mapping[str, Any]] = field(default=())

    @property
    def again(self) -> bool:
        """Whether it was seen once more after it was done."""
        return self.settled_at is not None and self.last > self.settled_at


def store(engine: sa.engine.Engine, events: sa.Table, sightings: Iterable[Sighting]) -> None:
    """File sightings of which the message is still stored, in one transaction.

    Args:
        engine: of the database.
        events: the table of the conversations' events; what is not in it was deleted meanwhile.
        sightings: what to file.
    """
    sightings = list(sightings)
    if not sightings:
        return
    of_message = (events.c.sender_id == sa.bindparam("sender"), events.c.timestamp == sa.bindparam("at"))
    # From the end on, where the message is.
    stored = sa.select(events.c.id).where(*of_message).order_by(events.c.id.desc()).limit(1)
    if engine.dialect.name != "sqlite":
        stored = stored.with_for_update(read=True)
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            # Before it is looked whether the message is there: nobody can then delete it until we are done.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        for sighting in sightings:
            message = {"sender": sighting.sender_id, "at": sighting.timestamp}
            if connection.execute(stored, message).first() is not None:
                _file(connection, sighting)


def add_counts(engine: sa.engine.Engine, counts: Mapping[tuple[str, str, str], int]) -> None:
    """Add to the counts: by day (``2026-11-29``), what is counted, and a name."""
    with engine.begin() as connection:
        for (day, what, name), more in counts.items():
            name = name[:100]
            changed = connection.execute(_ADD, {"on": day, "of": what, "called": name, "more": more})
            if not changed.rowcount:
                connection.execute(_BEGIN_COUNT, {"day": day, "what": what, "name": name, "count": more})


def counts(engine: sa.engine.Engine, first: str, last: str) -> list[tuple[str, str, str, int]]:
    """Return the counts between two days (``2026-11-29``, both included): day, what, name, count."""
    query = sa.select(_counts).where(_counts.c.day.between(first, last)).order_by(_counts.c.day)
    with engine.connect() as connection:
        return [(row.day, row.what, row.name, row.count) for row in connection.execute(query)]


def items(
    engine: sa.engine.Engine, queue: str, state: str = OPEN, kind: str = "", most: int = 50, skip: int = 0
) -> list[Item]:
    """Return the messages of a queue: in the inbox the most frequent ones first, in the crisis queue the oldest.

    Args:
        engine: of the database.
        queue: one of `QUEUES`.
        state: `OPEN` or `DONE`; of what is done the latest comes first.
        kind: only this kind; "" takes all.
        most: how many at most.
        skip: how many of the first to leave out.
    """
    order = [_items.c.count.desc(), _items.c.last.desc()] if queue == INBOX else [_items.c.first]
    if state == DONE:
        order = [_items.c.settled_at.desc()]
    query = sa.select(_items).where(*_wanted(queue, state, kind)).order_by(*order, _items.c.id)
    with engine.connect() as connection:
        return [_item(row) for row in connection.execute(query.limit(most).offset(skip))]


def count_items(engine: sa.engine.Engine, queue: str, state: str = OPEN, kind: str = "") -> int:
    """Return how many messages `items` finds in all."""
    query = sa.select(sa.func.count()).select_from(_items).where(*_wanted(queue, state, kind))
    with engine.connect() as connection:
        return int(connection.execute(query).scalar_one())


def find(engine: sa.engine.Engine, identity: int) -> Item | None:
    """Return a message with the conversations in which it was seen, the latest first; None where it is gone."""
    if not 0 < identity <= _HIGHEST:
        return None
    seen = sa.select(_sightings).where(_sightings.c.item == identity).order_by(_sightings.c.timestamp.desc())
    with engine.connect() as connection:
        row = connection.execute(sa.select(_items).where(_items.c.id == identity)).first()
        if row is None:
            return None
        return _item(
            row, [{"id": at.sender_id, "time": at.timestamp, **json.loads(at.data)} for at in connection.execute(seen)]
        )


def settle(engine: sa.engine.Engine, identity: int, state: str, who: str) -> bool:
    """Call a message done, or open again; return False where it is gone or was so already."""
    if not 0 < identity <= _HIGHEST:
        return False
    at = time.time() if state == DONE else None
    changed = (
        _items.update()
        .where(_items.c.id == identity, _items.c.state != state)
        .values(state=state, settled_by=who if state == DONE else "", settled_at=at)
    )
    with engine.begin() as connection:
        return bool(connection.execute(changed).rowcount)


def tiers(engine: sa.engine.Engine, marks: Iterable[str]) -> list[str]:
    """Return how urgent the danger was that was heard in messages with these marks, open or done; "" is left out."""
    query = sa.select(_items.c.data).where(_items.c.queue == CRISIS, _items.c.mark.in_(sorted(marks)))
    with engine.connect() as connection:
        found = [json.loads(row.data).get("tier", "") for row in connection.execute(query)]
    return [tier for tier in found if tier]


def waits(engine: sa.engine.Engine, queue: str) -> list[float]:
    """Return how long each message of a queue that is done waited for it, in seconds."""
    query = sa.select(_items.c.settled_at - _items.c.first).where(_items.c.queue == queue, _items.c.state == DONE)
    with engine.connect() as connection:
        return [float(row[0]) for row in connection.execute(query) if row[0] is not None]


def forget(connection: sa.engine.Connection, senders: Sequence[str]) -> None:
    """Delete what is kept of conversations; a message that nobody else wrote goes too. Counts stay."""
    gone = connection.execute(_sightings.delete().where(_sightings.c.sender_id.in_(senders))).rowcount
    if gone:
        connection.execute(_items.delete().where(_items.c.id.not_in(_SEEN)))


def delete_older(connection: sa.engine.Connection, before: float) -> int:
    """Delete what was seen before a time (seconds since 1970) and return how many sightings those were."""
    gone = connection.execute(_sightings.delete().where(_sightings.c.timestamp < before)).rowcount
    if gone:
        connection.execute(_items.delete().where(_items.c.id.not_in(_SEEN)))
    return int(gone)


def _file(connection: sa.engine.Connection, sighting: Sighting) -> None:
    row = connection.execute(_MARKED, {"in_queue": sighting.queue, "marked": sighting.mark}).first()
    values: dict[str, Any] = {"data": json.dumps(sighting.message), "last": sighting.timestamp}
    if row is None:
        new = {"state": OPEN, "settled_by": "", "kinds": " ".join(sighting.kinds), "first": sighting.timestamp}
        made = connection.execute(_BEGIN, {"queue": sighting.queue, "mark": sighting.mark, "count": 1, **new, **values})
        identity, seen = made.inserted_primary_key[0], 0
    else:
        identity = row.id
        if sighting.queue == CRISIS and row.state == DONE:
            # Somebody else is in danger in the same words: that waits anew.
            values |= {"state": OPEN, "settled_by": "", "settled_at": None, "first": sighting.timestamp}
        kinds = dict.fromkeys([*row.kinds.split(), *sighting.kinds])
        connection.execute(_CHANGE, {"item": identity, "kinds": " ".join(kinds), "count": row.count + 1, **values})
        seen = connection.execute(_SEEN_OF, {"item": identity}).scalar_one()
    if seen < _MOST_SIGHTINGS:
        around = {"item": identity, "sender_id": sighting.sender_id, "timestamp": sighting.timestamp}
        connection.execute(_SEE, {**around, "data": json.dumps(sighting.around)})


def _wanted(queue: str, state: str, kind: str) -> list[Any]:
    wanted = [_items.c.queue == queue, _items.c.state == state]
    # A blank on both sides, as one kind's name may stand within another's.
    return [*wanted, (" " + _items.c.kinds + " ").contains(f" {kind} ", autoescape=True)] if kind else wanted


def _item(row: Any, conversations: Sequence[Mapping[str, Any]] = ()) -> Item:
    return Item(
        id=row.id,
        queue=row.queue,
        kinds=tuple(row.kinds.split()),
        count=row.count,
        first=row.first,
        last=row.last,
        state=row.state,
        settled_by=row.settled_by,
        settled_at=row.settled_at,
        conversations=conversations,
        **json.loads(row.data),
    )

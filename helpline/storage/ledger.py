"""The ledger of crisis decisions: append-only and hash-chained, without a word of what was said or who said it.

Each record holds the hash of the one before it, so that a changed, missing or moved record breaks the chain. Who can
write to the database file can also compute a whole new chain: note the last hash elsewhere to notice that too.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
import re
import time
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timezone
from typing import Any, Sequence

import sqlalchemy as sa

from helpline.storage.database import create_missing

# What stands in the first record in place of the hash before it.
NO_HASH = "0" * 64
# Why a chain is broken.
CHANGED = "changed"
MISSING = "missing"
ORDER = "order"
_EXPLANATIONS = {
    "": "",
    CHANGED: "it was changed after it was written",
    MISSING: "it is missing",
    ORDER: "it does not follow the record before it, so that one of the two was moved or rewritten",
}
RESCUE = "rescue"
_TRIES = 8
_NAME = re.compile(r"[A-Za-z0-9][\w./:-]{0,99}", re.ASCII)

_metadata = sa.MetaData()
_ledger = sa.Table(
    "ledger",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("record", sa.Text, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    # SQLite then remembers the highest id ever given, which shows that the last records were taken away.
    sqlite_autoincrement=True,
)
# INSERT OR REPLACE deletes without the delete trigger, hence the third.
_FENCES = (
    "CREATE TRIGGER IF NOT EXISTS ledger_no_update BEFORE UPDATE ON ledger "
    "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
    "CREATE TRIGGER IF NOT EXISTS ledger_no_delete BEFORE DELETE ON ledger "
    "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
    "CREATE TRIGGER IF NOT EXISTS ledger_no_replace BEFORE INSERT ON ledger "
    "WHEN EXISTS (SELECT 1 FROM ledger WHERE id = NEW.id) "
    "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
)


@dataclass(frozen=True)
class Entry:
    """One escalation. Every string is a name without spaces, so that nothing a person wrote fits in.

    Attributes:
        time: UTC, ISO 8601, whole seconds.
        rules: ids of the rules that matched.
        score: probability of danger by the learned model, 0 to 1.
        tier: ``T2s``, ``T2`` or ``T3``.
        category, subject, language: as in `helpline.crisis.taxonomy`.
        model: file name of the model.
        reply: name of the response that was shown; "" where none was found.
        kind: what sort of follow-up it was (``denial`` ...), `RESCUE` where the guard spoke in Rasa's place; "" for a
            first signal.
        numbers: keys in data/numbers.yml, in the order shown.
        ms: how long detection took, in milliseconds.
    """

    time: str
    rules: tuple[str, ...]
    score: float
    tier: str
    category: str
    subject: str
    language: str
    model: str
    reply: str
    numbers: tuple[str, ...]
    ms: float
    kind: str = ""

    def __post_init__(self) -> None:
        """Refuse what is not a name, a time or a number.

        Raises:
            ValueError: with the field's name only, as its value may be what a person wrote.
        """
        for name in ("tier", "category", "subject", "language"):
            _require(is_name(getattr(self, name)), name)
        for name in ("model", "reply", "kind"):
            _require(getattr(self, name) == "" or is_name(getattr(self, name)), name)
        for name in ("rules", "numbers"):
            values = getattr(self, name)
            _require(isinstance(values, tuple) and all(is_name(value) for value in values), name)
        for name in ("score", "ms"):
            value = getattr(self, name)
            _require(isinstance(value, (int, float)) and math.isfinite(value), name)
        _require(_is_time(self.time), "time")


@dataclass(frozen=True)
class Report:
    """What `verify` found.

    Attributes:
        count: how many records there are.
        head: hash of the last one; note it elsewhere to prove later that nothing before it was rewritten.
        broken: id of the first record where the chain breaks; None where it holds.
        why: `CHANGED`, `MISSING` or `ORDER`; "" where it holds.
    """

    count: int
    head: str = NO_HASH
    broken: int | None = None
    why: str = ""

    @property
    def ok(self) -> bool:
        """Whether the chain holds."""
        return self.broken is None

    @property
    def explanation(self) -> str:
        """What `why` means, in words."""
        return _EXPLANATIONS[self.why]


def is_name(value: Any) -> bool:
    """Tell whether `value` is a name such as an id: at most 100 letters, digits and ``_ . / : -``, no spaces."""
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def now() -> str:
    """Return the time as the ledger writes it."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def append(engine: sa.engine.Engine, entry: Entry) -> None:
    """Add a record behind the last one; processes that do so at once wait for each other.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: if the database still refuses after several tries.
    """
    for left in reversed(range(_TRIES)):
        try:
            _append(engine, entry)
            return
        except (sa.exc.OperationalError, sa.exc.IntegrityError):
            if not left:
                raise
            time.sleep(random.uniform(0.01, 0.1))


def verify(engine: sa.engine.Engine) -> Report:
    """Go through the chain and say where it breaks first."""
    count, previous, expected, broken, why = 0, NO_HASH, 1, None, ""
    with engine.connect() as connection:
        _prepare(connection)
        for row in connection.execute(sa.select(_ledger).order_by(_ledger.c.id)):
            count += 1
            if broken is None:
                why = _fault(row, expected, previous)
                if why:
                    broken = expected if why == MISSING else row.id
            previous, expected = row.hash, row.id + 1
        if broken is None and _highest_id(connection) >= expected:
            broken, why = expected, MISSING
    return Report(count, previous, broken, why)


def entries(engine: sa.engine.Engine, last: int | None = None) -> list[dict[str, Any]]:
    """Return the records in order, or the `last` ones: the fields of an `Entry`, `previous`, `id` and `hash`.

    They are shown as they stand: a forged one may lack fields.
    """
    query = sa.select(_ledger).order_by(_ledger.c.id.desc()).limit(last)
    with engine.connect() as connection:
        _prepare(connection)
        rows = connection.execute(query).all()
    return [{**_read(row.record), "id": row.id, "hash": row.hash} for row in reversed(rows)]


def table(records: Sequence[dict[str, Any]]) -> str:
    """Return records as lines of text in columns."""
    names = ["id", *(field.name for field in fields(Entry))]
    lines = [names] + [[_cell(record.get(name, "?")) for name in names] for record in records]
    widths = [max(len(line[column]) for line in lines) for column in range(len(names))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _append(engine: sa.engine.Engine, entry: Entry) -> None:
    sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        _prepare(connection)
    with engine.begin() as connection:
        if sqlite:
            # Before the last record is read: no other process can then write until we are done.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        last = connection.execute(sa.select(_ledger).order_by(_ledger.c.id.desc()).limit(1)).first()
        record = _canonical({**asdict(entry), "previous": last.hash if last else NO_HASH})
        values = {"record": record, "hash": _hash(record)}
        if not sqlite:
            # Elsewhere sequences have gaps. Two writers then want the same id; one is refused and tries again.
            values["id"] = last.id + 1 if last else 1
        connection.execute(_ledger.insert().values(**values))


def _prepare(connection: sa.engine.Connection) -> None:
    """Make the table where it is missing, and on SQLite what refuses changes to it."""
    with connection.begin():
        create_missing(connection, _ledger)
        if connection.dialect.name == "sqlite":
            for fence in _FENCES:
                connection.exec_driver_sql(fence)


def _fault(row: Any, expected: int, previous: str) -> str:
    if row.id != expected:
        return MISSING
    if _hash(row.record) != row.hash:
        return CHANGED
    return "" if _read(row.record).get("previous") == previous else ORDER


def _highest_id(connection: sa.engine.Connection) -> int:
    """Return the highest id ever given, where the database knows it."""
    if connection.dialect.name != "sqlite":
        return 0
    return connection.exec_driver_sql("SELECT seq FROM sqlite_sequence WHERE name = 'ledger'").scalar() or 0


def _canonical(values: dict[str, Any]) -> str:
    return json.dumps(values, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _hash(record: str) -> str:
    return hashlib.sha256(record.encode()).hexdigest()


def _read(record: str) -> dict[str, Any]:
    try:
        values = json.loads(record)
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}


def _cell(value: Any) -> str:
    text = " ".join(str(item) for item in value) if isinstance(value, list) else str(value)
    return text if text.isprintable() else ascii(text)


def _is_time(value: Any) -> bool:
    try:
        return value == datetime.fromisoformat(value).astimezone(timezone.utc).isoformat(timespec="seconds")
    except (TypeError, ValueError, OverflowError):
        return False


def _require(holds: bool, name: str) -> None:
    if not holds:
        raise ValueError(f"{name} is not what the ledger holds.")

"""Append-only tables whose records are chained by hashes: the ledger of crisis decisions, the staff's audit log.

Each record holds the hash of the one before it, so that a changed, missing or moved record breaks the chain. Who can
write to the database file can also compute a whole new chain: note the last hash elsewhere to notice that too.
"""

from __future__ import annotations

import hashlib
import json
import random
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Mapping

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
_TRIES = 8


@dataclass(frozen=True)
class Report:
    """What `Chain.verify` found.

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


class Chain:
    """A table of that kind; made where it is missing, with triggers on SQLite that refuse changes to it."""

    def __init__(self, name: str) -> None:
        """Take the table's name, which is also what its refusals call it."""
        self._name = name
        self._table = sa.Table(
            name,
            sa.MetaData(),
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("record", sa.Text, nullable=False),
            sa.Column("hash", sa.String(64), nullable=False),
            # SQLite then remembers the highest id ever given, which shows that the last records were taken away.
            sqlite_autoincrement=True,
        )
        refusal = f"BEGIN SELECT RAISE(ABORT, 'the {name} is append-only'); END"
        # INSERT OR REPLACE deletes without the delete trigger, hence the third.
        self._fences = (
            f"CREATE TRIGGER IF NOT EXISTS {name}_no_update BEFORE UPDATE ON {name} {refusal}",
            f"CREATE TRIGGER IF NOT EXISTS {name}_no_delete BEFORE DELETE ON {name} {refusal}",
            f"CREATE TRIGGER IF NOT EXISTS {name}_no_replace BEFORE INSERT ON {name} "
            f"WHEN EXISTS (SELECT 1 FROM {name} WHERE id = NEW.id) {refusal}",
        )

    def append(self, engine: sa.engine.Engine, values: Mapping[str, Any]) -> None:
        """Add a record behind the last one; processes that do so at once wait for each other.

        Raises:
            TypeError, ValueError: if the values are not JSON.
            sqlalchemy.exc.SQLAlchemyError: if the database still refuses after several tries.
        """
        for left in reversed(range(_TRIES)):
            try:
                self._append(engine, values)
                return
            except (sa.exc.OperationalError, sa.exc.IntegrityError):
                if not left:
                    raise
                time.sleep(random.uniform(0.01, 0.1))

    def verify(self, engine: sa.engine.Engine) -> Report:
        """Go through the chain and say where it breaks first."""
        return self.read(engine)[1]

    def read(self, engine: sa.engine.Engine) -> tuple[list[dict[str, Any]], Report]:
        """Return all records as `entries` does, and what `verify` says of them, in one go."""
        found: list[dict[str, Any]] = []
        previous, expected, broken, why = NO_HASH, 1, None, ""
        with engine.connect() as connection:
            self._prepare(connection)
            for row in connection.execute(sa.select(self._table).order_by(self._table.c.id)):
                values = _read(row.record)
                if broken is None:
                    why = _fault(row, values, expected, previous)
                    if why:
                        broken = expected if why == MISSING else row.id
                previous, expected = row.hash, row.id + 1
                found.append({**values, "id": row.id, "hash": row.hash})
            if broken is None and self._highest_id(connection) >= expected:
                broken, why = expected, MISSING
        return found, Report(len(found), previous, broken, why)

    def entries(self, engine: sa.engine.Engine, last: int | None = None) -> list[dict[str, Any]]:
        """Return the records in order, or the `last` ones: what was appended, `previous`, `id` and `hash`.

        They are shown as they stand: a forged one may lack fields.
        """
        query = sa.select(self._table).order_by(self._table.c.id.desc()).limit(last)
        with engine.connect() as connection:
            self._prepare(connection)
            rows = connection.execute(query).all()
        return [{**_read(row.record), "id": row.id, "hash": row.hash} for row in reversed(rows)]

    def _append(self, engine: sa.engine.Engine, values: Mapping[str, Any]) -> None:
        sqlite = engine.dialect.name == "sqlite"
        with engine.connect() as connection:
            self._prepare(connection)
        with engine.begin() as connection:
            if sqlite:
                # Before the last record is read: no other process can then write until we are done.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            last = connection.execute(sa.select(self._table).order_by(self._table.c.id.desc()).limit(1)).first()
            record = _canonical({**values, "previous": last.hash if last else NO_HASH})
            row = {"record": record, "hash": _hash(record)}
            if not sqlite:
                # Elsewhere sequences have gaps. Two writers then want the same id; one is refused and tries again.
                row["id"] = last.id + 1 if last else 1
            connection.execute(self._table.insert().values(**row))

    def _prepare(self, connection: sa.engine.Connection) -> None:
        """Make the table where it is missing, and on SQLite what refuses changes to it."""
        with connection.begin():
            create_missing(connection, self._table)
            if connection.dialect.name == "sqlite":
                for fence in self._fences:
                    connection.exec_driver_sql(fence)

    def _highest_id(self, connection: sa.engine.Connection) -> int:
        """Return the highest id ever given, where the database knows it."""
        if connection.dialect.name != "sqlite":
            return 0
        query = "SELECT seq FROM sqlite_sequence WHERE name = ?"
        return connection.exec_driver_sql(query, (self._name,)).scalar() or 0


def now() -> str:
    """Return the time as records have it: UTC, ISO 8601, whole seconds."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def cell(value: Any) -> str:
    """Return a value of a record for a table in a terminal: lists with spaces between, control characters escaped."""
    text = " ".join(str(item) for item in value) if isinstance(value, list) else str(value)
    return text if text.isprintable() else ascii(text)


def columns(lines: list[list[str]]) -> str:
    """Return lines of cells as text in columns."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _fault(row: Any, values: Mapping[str, Any], expected: int, previous: str) -> str:
    if row.id != expected:
        return MISSING
    if _hash(row.record) != row.hash:
        return CHANGED
    return "" if values.get("previous") == previous else ORDER


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

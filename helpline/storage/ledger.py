"""The ledger of crisis decisions: append-only and hash-chained, without a word of what was said or who said it."""

from __future__ import annotations

import math
import re
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timezone
from typing import Any, Sequence

import sqlalchemy as sa

from helpline.storage.chain import Chain, Report, cell, columns

# Who writes to the ledger needs its time too.
from helpline.storage.chain import now as now

RESCUE = "rescue"
_NAME = re.compile(r"[A-Za-z0-9][\w./:-]{0,99}", re.ASCII)
_chain = Chain("ledger")


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


def is_name(value: Any) -> bool:
    """Tell whether `value` is a name such as an id: at most 100 letters, digits and ``_ . / : -``, no spaces."""
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def append(engine: sa.engine.Engine, entry: Entry) -> None:
    """Add a record behind the last one; processes that do so at once wait for each other.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: if the database still refuses after several tries.
    """
    _chain.append(engine, asdict(entry))


def verify(engine: sa.engine.Engine) -> Report:
    """Go through the chain and say where it breaks first."""
    return _chain.verify(engine)


def entries(engine: sa.engine.Engine, last: int | None = None) -> list[dict[str, Any]]:
    """Return the records in order, or the `last` ones: the fields of an `Entry`, `previous`, `id` and `hash`.

    They are shown as they stand: a forged one may lack fields.
    """
    return _chain.entries(engine, last)


def table(records: Sequence[dict[str, Any]]) -> str:
    """Return records as lines of text in columns."""
    names = ["id", *(field.name for field in fields(Entry))]
    return columns([names] + [[cell(record.get(name, "?")) for name in names] for record in records])


def _is_time(value: Any) -> bool:
    try:
        return value == datetime.fromisoformat(value).astimezone(timezone.utc).isoformat(timespec="seconds")
    except (TypeError, ValueError, OverflowError):
        return False


def _require(holds: bool, name: str) -> None:
    if not holds:
        raise ValueError(f"{name} is not what the ledger holds.")

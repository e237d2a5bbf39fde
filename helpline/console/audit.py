"""The audit log: who did what and when, with what was before and after; append-only and hash-chained.

It holds names, labels and ids, never what a visitor wrote: that must stay deletable.
"""

from __future__ import annotations

import getpass
from typing import Any, Sequence

import sqlalchemy as sa

from helpline.storage.chain import Chain, Report, cell, columns, now

FIELDS = ("time", "who", "role", "what", "about", "before", "after", "reason")
_chain = Chain("audit")


def record(
    engine: sa.engine.Engine,
    who: str,
    what: str,
    before: Any = None,
    after: Any = None,
    *,
    role: str = "",
    about: str = "",
    reason: str = "",
) -> None:
    """Add a record.

    Args:
        engine: of the staff's database.
        who: name of the account, or `shell_user()`.
        what: what was done, as a few plain words: "published", "role changed".
        before: JSON: what was there before; None if nothing.
        after: JSON: what is there now.
        role: of the account at that time; "admin" stands behind it with a plus.
        about: name of the thing that it was done to.
        reason: in the person's own words.

    Raises:
        TypeError: if `before` or `after` is not JSON.
        sqlalchemy.exc.SQLAlchemyError: if the database refuses.
    """
    values = (now(), who, role, what, about, before, after, reason)
    _chain.append(engine, dict(zip(FIELDS, values, strict=True)))


def shell_user() -> str:
    """Return how the log calls a person who used the command line."""
    try:
        return f"shell:{getpass.getuser()}"
    except (KeyError, OSError):
        # A container may run under a number without a name.
        return "shell"


def verify(engine: sa.engine.Engine) -> Report:
    """Go through the chain and say where it breaks first."""
    return _chain.verify(engine)


def entries(engine: sa.engine.Engine, last: int | None = None) -> list[dict[str, Any]]:
    """Return the records in order, or the `last` ones: `FIELDS`, `previous`, `id`, `hash`; forged ones lack some."""
    return _chain.entries(engine, last)


def read(engine: sa.engine.Engine) -> tuple[list[dict[str, Any]], Report]:
    """Return all records as `entries` does, and what `verify` says of them, in one go."""
    return _chain.read(engine)


def table(records: Sequence[dict[str, Any]]) -> str:
    """Return records as lines of text in columns, without the hashes."""
    names = ("id", *FIELDS)
    return columns([list(names)] + [[cell(shown(record.get(name, "?"))) for name in names] for record in records])


def shown(value: Any) -> str:
    """Return a value of a record in words: "role: editor, admin: yes"."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{name.replace('_', ' ')}: {shown(part)}" for name, part in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(shown(part) for part in value)
    return str(value)

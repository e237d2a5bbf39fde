"""The staff's tables: accounts, sessions, one-time links, failed sign-ins. The audit log has a table of its own."""

from __future__ import annotations

import os

import sqlalchemy as sa

from helpline.storage.database import connect, create_missing

_metadata = sa.MetaData()
accounts = sa.Table(
    "accounts",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(40), nullable=False, unique=True),
    sa.Column("full_name", sa.String(80), nullable=False),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("admin", sa.Boolean, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    # Hash by argon2; "" until the first link is used.
    sa.Column("password", sa.String(255), nullable=False),
    sa.Column("shortcuts", sa.Boolean, nullable=False),
)
# Times are seconds since 1970. Tokens stand here as SHA-256: who reads the table cannot use them.
sessions = sa.Table(
    "sessions",
    _metadata,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("account_id", sa.Integer, nullable=False, index=True),
    sa.Column("csrf", sa.String(64), nullable=False),
    sa.Column("started", sa.Float, nullable=False),
    sa.Column("seen", sa.Float, nullable=False),
    # What the next page tells, as JSON.
    sa.Column("notices", sa.Text, nullable=False),
)
links = sa.Table(
    "links",
    _metadata,
    sa.Column("key", sa.String(64), primary_key=True),
    # 0 for the link that makes the first admin.
    sa.Column("account_id", sa.Integer, nullable=False, index=True),
    sa.Column("expires", sa.Float, nullable=False),
)
failures = sa.Table(
    "failures",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    # Whose sign-in failed (`name:…`) or where from (`address:…`), as SHA-256: a name may be a mistyped password.
    sa.Column("key", sa.String(64), nullable=False, index=True),
    sa.Column("at", sa.Float, nullable=False),
)


def open_staff(url: str, patience: float = 5.0) -> sa.engine.Engine:
    """Return an engine with the staff's tables, made where missing; it waits `patience` seconds for a locked file."""
    engine = connect(url, patience)
    path = engine.url.database if engine.dialect.name == "sqlite" else None
    if path and path != ":memory:":
        # For who runs the console only; the files beside it, which SQLite makes, get the same rights. A file that is
        # there is not opened: closing it would drop the locks of this process's other connections
        # (https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            os.chmod(path, 0o600)
    with engine.begin() as connection:
        for table in _metadata.sorted_tables:
            create_missing(connection, table)
    return engine

"""Who is signed in: sessions that end by themselves, and what the next page has to tell."""

from __future__ import annotations

import contextlib
import hashlib
import json
import secrets
import time
from dataclasses import dataclass

import sqlalchemy as sa

from helpline.console import database
from helpline.console.roles import Account

# Seconds after the last request, and after signing in, that a session ends.
IDLE = 30 * 60
LONGEST = 12 * 3600
# A request this soon after the last noted one is not noted.
_NOTE_EVERY = 30
_table = database.sessions


@dataclass(frozen=True)
class Session:
    """A session of an account.

    Attributes:
        key: how the database knows it; no use as a cookie.
        account_id: whose it is.
        csrf: what every form of it must hold.
        ends: when it ends if nothing more comes, seconds since 1970.
    """

    key: str
    account_id: int
    csrf: str
    ends: float


def key_of(token: str) -> str:
    """Return how the database knows a secret token."""
    return hashlib.sha256(token.encode()).hexdigest()


def begin(engine: sa.engine.Engine, account: Account, now: float | None = None) -> str:
    """Start a session and return its token, for the cookie. Sessions that have ended are removed."""
    now = time.time() if now is None else now
    token = secrets.token_urlsafe(32)
    row = {"key": key_of(token), "account_id": account.id, "csrf": secrets.token_hex(32), "started": now, "seen": now}
    with engine.begin() as connection:
        connection.execute(_table.delete().where(sa.or_(_table.c.seen < now - IDLE, _table.c.started < now - LONGEST)))
        connection.execute(_table.insert().values(notices="[]", **row))
    return token


def find(
    engine: sa.engine.Engine, token: str, now: float | None = None, *, passive: bool = False
) -> tuple[Session, Account] | None:
    """Return the session with this token and its account; None if it has ended, or the account was switched off.

    Args:
        engine: of the staff's database.
        token: from the cookie.
        now: the time; None for that of the clock.
        passive: True leaves the session's end where it was; else it moves.
    """
    now = time.time() if now is None else now
    accounts = database.accounts
    query = (
        sa.select(_table, *(column.label(f"account_{column.name}") for column in accounts.c if column.name != "id"))
        .join(accounts, accounts.c.id == _table.c.account_id)
        .where(_table.c.key == key_of(token), accounts.c.enabled)
    )
    with engine.connect() as connection:
        row = connection.execute(query).first()
    if row is None or row.seen < now - IDLE or row.started < now - LONGEST:
        return None
    seen = row.seen
    if not passive and seen < now - _NOTE_EVERY:
        # A locked database ends nobody's work: the session then ends when it would have.
        with contextlib.suppress(sa.exc.OperationalError), engine.begin() as connection:
            connection.execute(_table.update().where(_table.c.key == row.key).values(seen=now))
            seen = now
    account = Account(
        id=row.account_id,
        name=row.account_name,
        full_name=row.account_full_name,
        role=row.account_role,
        admin=row.account_admin,
        enabled=row.account_enabled,
        has_password=bool(row.account_password),
        shortcuts=row.account_shortcuts,
    )
    return Session(row.key, row.account_id, row.csrf, min(seen + IDLE, row.started + LONGEST)), account


def end(engine: sa.engine.Engine, key: str) -> None:
    """End a session."""
    with engine.begin() as connection:
        connection.execute(_table.delete().where(_table.c.key == key))


def end_all(engine: sa.engine.Engine, account: Account, but: str = "") -> int:
    """End all sessions of an account except the one with the key `but`; return how many there were."""
    with engine.begin() as connection:
        mine = sa.and_(_table.c.account_id == account.id, _table.c.key != but)
        return int(connection.execute(_table.delete().where(mine)).rowcount)


def count(engine: sa.engine.Engine, account: Account, now: float | None = None) -> int:
    """Return how many sessions of an account have not ended."""
    now = time.time() if now is None else now
    alive = sa.and_(_table.c.seen >= now - IDLE, _table.c.started >= now - LONGEST)
    query = sa.select(sa.func.count()).where(_table.c.account_id == account.id, alive)
    with engine.connect() as connection:
        return int(connection.execute(query).scalar_one())


def tell(engine: sa.engine.Engine, key: str, kind: str, text: str) -> None:
    """Keep a notice for the session's next page."""
    with engine.begin() as connection:
        stored = connection.execute(sa.select(_table.c.notices).where(_table.c.key == key)).scalar()
        if stored is not None:
            notices = json.dumps([*json.loads(stored), [kind, text]])
            connection.execute(_table.update().where(_table.c.key == key).values(notices=notices))


def take_notices(engine: sa.engine.Engine, key: str) -> list[tuple[str, str]]:
    """Return the notices, kind and text, that were kept for the next page, and forget them."""
    with engine.connect() as connection:
        stored = connection.execute(sa.select(_table.c.notices).where(_table.c.key == key)).scalar()
    notices = [(kind, text) for kind, text in json.loads(stored or "[]")]
    if notices:
        # Told twice is better than a page that fails.
        with contextlib.suppress(sa.exc.OperationalError), engine.begin() as connection:
            connection.execute(_table.update().where(_table.c.key == key).values(notices="[]"))
    return notices

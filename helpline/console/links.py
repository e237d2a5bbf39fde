"""One-time links: with one a person chooses a password, and the first admin makes an account."""

from __future__ import annotations

import secrets
import time

import sqlalchemy as sa

from helpline.console import accounts, database, sessions
from helpline.console.accounts import AccountError
from helpline.console.roles import PUBLISHER, Account
from helpline.console.sessions import key_of
from helpline.settings import Settings

# Hours for which a link can be used.
HOURS_FIRST = 24
HOURS = 72
# Stands in the table in place of an account for the link that makes the first admin.
_FIRST = 0
_table = database.links
USED = "This link was used already, or its time is up. Ask an admin for a new one."


def new_first(engine: sa.engine.Engine, now: float | None = None) -> str:
    """Return the token of a link that makes the first admin; earlier ones work no more."""
    return _new(engine, _FIRST, HOURS_FIRST, now)


def new(engine: sa.engine.Engine, account: Account, now: float | None = None) -> str:
    """Return the token of a link with which this person chooses a password; earlier ones work no more."""
    return _new(engine, account.id, HOURS, now)


def address(settings: Settings, token: str) -> str:
    """Return the link itself."""
    return f"{settings.console_url}/welcome/{token}"


def owner(engine: sa.engine.Engine, token: str, now: float | None = None) -> Account | None:
    """Return whose link it is; None for the one that makes the first admin.

    Raises:
        AccountError: if it cannot be used any more, or never could.
    """
    identity = _identity(engine, token, now)
    if identity == _FIRST:
        if accounts.has_admin(engine):
            raise AccountError(USED)
        return None
    found = [account for account in accounts.everyone(engine) if account.id == identity and account.enabled]
    if not found:
        raise AccountError(USED)
    return found[0]


def use(engine: sa.engine.Engine, token: str, password: str, now: float | None = None) -> Account:
    """Set the password of the link's owner and end their sessions. The link works no more.

    Raises:
        AccountError: if the password is too weak (the link can then be used again), or the link cannot be used.
    """
    account = owner(engine, token, now)
    if account is None:
        raise AccountError(USED)
    accounts.refuse_weak(password, account.name)
    _take(engine, token)
    accounts.set_password(engine, account, password)
    sessions.end_all(engine, account)
    return accounts.find(engine, account.name)


def use_first(
    engine: sa.engine.Engine, token: str, name: str, full_name: str, password: str, now: float | None = None
) -> Account:
    """Make the first admin, who may also do all that a publisher may. The link works no more.

    Raises:
        AccountError: as for `use`, or if a name cannot be used.
    """
    if owner(engine, token, now) is not None:
        raise AccountError(USED)
    # All that can be refused comes before the link is used up.
    name = accounts.free_name(engine, name)
    full_name = accounts.clean_full_name(full_name)
    accounts.refuse_weak(password, name)
    _take(engine, token)
    accounts.set_password(engine, accounts.add(engine, name, full_name, PUBLISHER, admin=True), password)
    return accounts.find(engine, name)


def _new(engine: sa.engine.Engine, identity: int, hours: float, now: float | None) -> str:
    now = time.time() if now is None else now
    token = secrets.token_urlsafe(32)
    with engine.begin() as connection:
        connection.execute(_table.delete().where(sa.or_(_table.c.account_id == identity, _table.c.expires < now)))
        row = {"key": key_of(token), "account_id": identity, "expires": now + hours * 3600}
        connection.execute(_table.insert().values(**row))
    return token


def _identity(engine: sa.engine.Engine, token: str, now: float | None) -> int:
    now = time.time() if now is None else now
    query = sa.select(_table.c.account_id).where(_table.c.key == key_of(token), _table.c.expires > now)
    with engine.connect() as connection:
        identity = connection.execute(query).scalar()
    if identity is None:
        raise AccountError(USED)
    return int(identity)


def _take(engine: sa.engine.Engine, token: str) -> None:
    """Use up a link; of two who try at once, one is refused."""
    with engine.begin() as connection:
        if connection.execute(_table.delete().where(_table.c.key == key_of(token))).rowcount != 1:
            raise AccountError(USED)

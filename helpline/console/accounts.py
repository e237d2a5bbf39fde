"""The accounts of staff: add, change, switch off; all refusals are in words for people."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa

from helpline.console import database, passwords
from helpline.console.roles import ROLES, Account

_NAME = re.compile(r"[a-z][a-z0-9._-]{1,39}")
_LONGEST_FULL_NAME = 80
# Words of addresses and of the audit log.
_RESERVED = {"new", "nobody", "shell", "unknown"}
_table = database.accounts


class AccountError(ValueError):
    """What was asked cannot be done with accounts; the message says why."""


def clean_name(name: str) -> str:
    """Return a sign-in name as it is stored.

    Raises:
        AccountError: if it is none.
    """
    name = name.strip().lower()
    if not _NAME.fullmatch(name):
        raise AccountError("The sign-in name needs 2 to 40 letters, digits, dots or dashes, and starts with a letter.")
    if name in _RESERVED:
        raise AccountError(f"{name!r} cannot be a sign-in name. Choose another.")
    return name


def free_name(engine: sa.engine.Engine, name: str) -> str:
    """Return a sign-in name as it is stored.

    Raises:
        AccountError: if it is none, or somebody has it.
    """
    name = clean_name(name)
    if name in {account.name for account in everyone(engine)}:
        raise AccountError(f"There is already an account {name!r}.")
    return name


def clean_full_name(full_name: str) -> str:
    """Return how a person is called as it is stored.

    Raises:
        AccountError: if it cannot be used.
    """
    full_name = " ".join(full_name.split())
    if not full_name or len(full_name) > _LONGEST_FULL_NAME or not full_name.isprintable():
        raise AccountError(f"Please give a name of 1 to {_LONGEST_FULL_NAME} characters.")
    # Git writes it as an author, between these.
    if set(full_name) & set("<>"):
        raise AccountError("The name cannot hold < or >.")
    return full_name


def everyone(engine: sa.engine.Engine) -> list[Account]:
    """Return all accounts by name."""
    with engine.connect() as connection:
        return [_account(row) for row in connection.execute(sa.select(_table).order_by(_table.c.name))]


def find(engine: sa.engine.Engine, name: str) -> Account:
    """Return the account with this name.

    Raises:
        AccountError: if there is none.
    """
    with engine.connect() as connection:
        row = connection.execute(sa.select(_table).where(_table.c.name == name.strip().lower())).first()
    if row is None:
        raise AccountError(f"There is no account {name!r}.")
    return _account(row)


def add(engine: sa.engine.Engine, name: str, full_name: str, role: str, admin: bool = False) -> Account:
    """Add an account without a password: its owner chooses one with a one-time link.

    Raises:
        AccountError: if the name is taken or a value is not usable.
    """
    values = {"name": clean_name(name), "full_name": clean_full_name(full_name), "role": _role(role), "admin": admin}
    try:
        with engine.begin() as connection:
            connection.execute(_table.insert().values(enabled=True, password="", shortcuts=True, **values))
    except sa.exc.IntegrityError as error:
        raise AccountError(f"There is already an account {values['name']!r}.") from error
    return find(engine, values["name"])


def change(engine: sa.engine.Engine, name: str, **values: Any) -> tuple[Account, Account]:
    """Change `full_name`, `role`, `admin`, `enabled` or `shortcuts` and return the account before and after.

    Raises:
        AccountError: if a value is not usable, or no admin would be left who can sign in.
    """
    if "role" in values:
        _role(values["role"])
    if "full_name" in values:
        values["full_name"] = clean_full_name(values["full_name"])
    before = find(engine, name)
    with engine.begin() as connection:
        connection.execute(_table.update().where(_table.c.id == before.id).values(**values))
        # Looked at within the transaction, which ends without a trace if this refuses.
        if before.admin and before.enabled and before.has_password and not _has_admin(connection):
            raise AccountError("This is the last admin. Make somebody else an admin first.")
    return before, find(engine, before.name)


def has_admin(engine: sa.engine.Engine) -> bool:
    """Tell whether there is an admin who can sign in."""
    with engine.connect() as connection:
        return _has_admin(connection)


def set_password(engine: sa.engine.Engine, account: Account, password: str) -> None:
    """Store a new password.

    Raises:
        AccountError: if it is too weak.
    """
    refuse_weak(password, account.name)
    _store(engine, account.id, password)


def refuse_weak(password: str, name: str) -> None:
    """Raise an AccountError that says what is wrong with a new password, if anything is."""
    fault = passwords.fault(password, name)
    if fault:
        raise AccountError(fault)


def check_password(engine: sa.engine.Engine, name: str, password: str) -> Account | None:
    """Return the account if name and password fit and it is switched on, else None; both take as long."""
    with engine.connect() as connection:
        row = connection.execute(sa.select(_table).where(_table.c.name == name.strip().lower())).first()
    if not passwords.fits(row.password if row else "", password) or not row.enabled:
        return None
    if passwords.is_outdated(row.password):
        _store(engine, row.id, password)
    return _account(row)


def _store(engine: sa.engine.Engine, identity: int, password: str) -> None:
    with engine.begin() as connection:
        connection.execute(_table.update().where(_table.c.id == identity).values(password=passwords.hashed(password)))


def _has_admin(connection: sa.engine.Connection) -> bool:
    usable = sa.and_(_table.c.admin, _table.c.enabled, _table.c.password != "")
    return connection.execute(sa.select(_table.c.id).where(usable).limit(1)).first() is not None


def _account(row: Any) -> Account:
    return Account(
        id=row.id,
        name=row.name,
        full_name=row.full_name,
        role=row.role,
        admin=row.admin,
        enabled=row.enabled,
        has_password=bool(row.password),
        shortcuts=row.shortcuts,
    )


def _role(role: str) -> str:
    if role not in ROLES:
        raise AccountError(f"The role must be one of: {', '.join(ROLES)}.")
    return role

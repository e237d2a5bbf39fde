"""Who may do what: the roles of accounts, and what a page asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

REVIEWER = "reviewer"
EDITOR = "editor"
PUBLISHER = "publisher"
AUDITOR = "auditor"
# Each role with what it may do, in words for people.
ROLES = {
    REVIEWER: "read the inbox and say what messages mean",
    EDITOR: "do what a reviewer does, and change answers, topics and stories",
    PUBLISHER: "do what an editor does, and train, publish and roll back models",
    AUDITOR: "read the audit log, the reports and the numbers, and change nothing",
}
# What a page may ask for besides a role.
PUBLIC = "public"
ANYONE = "anyone"
ADMIN = "admin"
NEEDS = (PUBLIC, ANYONE, *ROLES, ADMIN)
# Each of these may do what the ones before it may.
_LADDER = (REVIEWER, EDITOR, PUBLISHER)


@dataclass(frozen=True)
class Account:
    """A person who may sign in.

    Attributes:
        id: row in the table.
        name: what they sign in with: lower case, no spaces; the audit log and git know them by it.
        full_name: how they are called on pages.
        role: one of `ROLES`.
        admin: whether they may manage accounts.
        enabled: False once somebody switched the account off.
        has_password: False until they have used their first link.
        shortcuts: whether single keys work as shortcuts for them.
    """

    id: int
    name: str
    full_name: str
    role: str
    admin: bool = False
    enabled: bool = True
    has_password: bool = True
    shortcuts: bool = True

    @property
    def rights(self) -> str:
        """Role, with "+admin" behind an admin's: how the audit log has it."""
        return f"{self.role}+admin" if self.admin else self.role

    def described(self) -> dict[str, Any]:
        """Return what the audit log and the command line show of it."""
        shown = ("name", "full_name", "role", "admin", "enabled")
        return {name: getattr(self, name) for name in shown}


def difference(before: Account, after: Account) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what changed in an account: the values before, and those after."""
    old, new = before.described(), after.described()
    changed = [name for name in old if old[name] != new[name]]
    return {name: old[name] for name in changed}, {name: new[name] for name in changed}


def may(account: Account | None, need: str) -> bool:
    """Tell whether an account (None: nobody has signed in) may see what needs `need`, one of `NEEDS`."""
    if need == PUBLIC:
        return True
    if account is None or not account.enabled:
        return False
    if need == ANYONE:
        return True
    if need == ADMIN:
        return account.admin
    if need == AUDITOR:
        # Admins answer for the accounts, so they can read what was done with them.
        return account.role == AUDITOR or account.admin
    return account.role in _LADDER and _LADDER.index(account.role) >= _LADDER.index(need)

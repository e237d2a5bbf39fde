from __future__ import annotations

import os
import stat

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from helpline.console import accounts, links, passwords, sessions
from helpline.console.accounts import AccountError
from helpline.console.roles import (
    ADMIN,
    ANYONE,
    AUDITOR,
    EDITOR,
    NEEDS,
    PUBLIC,
    PUBLISHER,
    REVIEWER,
    ROLES,
    Account,
    difference,
    may,
)

PASSWORD = "correct horse battery"
# What accounts of each role may, besides what everybody may.
ALLOWED = {
    REVIEWER: {REVIEWER},
    EDITOR: {REVIEWER, EDITOR},
    PUBLISHER: {REVIEWER, EDITOR, PUBLISHER},
    AUDITOR: {AUDITOR},
}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_what_is_below_it_and_an_auditor_only_looks(role: str) -> None:
    account = Account(1, "a", "A", role)
    assert {need for need in NEEDS if may(account, need)} == {PUBLIC, ANYONE} | ALLOWED[role]
    admin = Account(1, "a", "A", role, admin=True)
    assert {need for need in NEEDS if may(admin, need)} == {PUBLIC, ANYONE, ADMIN, AUDITOR} | ALLOWED[role]


@pytest.mark.parametrize("account", [None, Account(1, "a", "A", PUBLISHER, admin=True, enabled=False)])
def test_nobody_and_a_switched_off_account_may_what_is_public(account: Account | None) -> None:
    assert [need for need in NEEDS if may(account, need)] == [PUBLIC]


def test_an_account_comes_back_as_it_was_made(staff: sa.engine.Engine) -> None:
    made = accounts.add(staff, " Maria.Lopez ", "  María  López ", EDITOR)
    assert made == accounts.find(staff, "MARIA.LOPEZ")
    assert (made.name, made.full_name, made.role, made.admin) == ("maria.lopez", "María López", EDITOR, False)
    assert not made.has_password
    assert accounts.check_password(staff, "maria.lopez", "") is None
    accounts.set_password(staff, made, PASSWORD)
    assert accounts.check_password(staff, "Maria.Lopez", PASSWORD) == accounts.find(staff, "maria.lopez")
    assert accounts.check_password(staff, "maria.lopez", PASSWORD + "x") is None
    assert accounts.check_password(staff, "nobody.here", PASSWORD) is None


@pytest.mark.parametrize("name", ["", "a", "1a", "a b", "a@b", "a" * 41, "é.b", "new", "nobody", "shell", "../x"])
def test_an_unusable_sign_in_name_is_refused(staff: sa.engine.Engine, name: str) -> None:
    with pytest.raises(AccountError, match="sign-in name"):
        accounts.add(staff, name, "A B", REVIEWER)
    assert accounts.everyone(staff) == []


@pytest.mark.parametrize("full_name", ["", "  ", "a" * 81, "A <a@b>", "A\x00B"])
def test_an_unusable_full_name_is_refused(staff: sa.engine.Engine, full_name: str) -> None:
    with pytest.raises(AccountError, match="name"):
        accounts.add(staff, "ann", full_name, REVIEWER)


def test_a_name_is_given_once_and_a_role_must_exist(staff: sa.engine.Engine) -> None:
    accounts.add(staff, "ann", "Ann", REVIEWER)
    with pytest.raises(AccountError, match="already"):
        accounts.add(staff, "Ann", "Another", REVIEWER)
    with pytest.raises(AccountError, match="role"):
        accounts.add(staff, "bob", "Bob", "king")
    with pytest.raises(AccountError, match="role"):
        accounts.change(staff, "ann", role="admin")
    with pytest.raises(AccountError, match="no account"):
        accounts.change(staff, "bob", role=EDITOR)


def test_what_changed_is_told(staff: sa.engine.Engine) -> None:
    accounts.add(staff, "ann", "Ann", REVIEWER)
    before, after = accounts.change(staff, "ann", role=EDITOR, full_name="Ann Lee")
    assert difference(before, after) == (
        {"full_name": "Ann", "role": "reviewer"},
        {"full_name": "Ann Lee", "role": "editor"},
    )


@pytest.mark.parametrize("change", [{"admin": False}, {"enabled": False}])
def test_the_last_admin_stays_one(staff: sa.engine.Engine, change: dict[str, bool]) -> None:
    ann = accounts.add(staff, "ann", "Ann", REVIEWER, admin=True)
    accounts.set_password(staff, ann, PASSWORD)
    # One without a password cannot take over yet.
    accounts.add(staff, "bob", "Bob", REVIEWER, admin=True)
    with pytest.raises(AccountError, match="last admin"):
        accounts.change(staff, "ann", **change)
    assert accounts.find(staff, "ann").admin
    assert accounts.find(staff, "ann").enabled
    accounts.set_password(staff, accounts.find(staff, "bob"), PASSWORD)
    accounts.change(staff, "ann", **change)
    assert accounts.has_admin(staff)


def test_a_switched_off_account_cannot_sign_in_and_has_no_session(staff: sa.engine.Engine) -> None:
    ann = accounts.add(staff, "ann", "Ann", REVIEWER)
    accounts.set_password(staff, ann, PASSWORD)
    token = sessions.begin(staff, ann)
    accounts.change(staff, "ann", enabled=False)
    assert accounts.check_password(staff, "ann", PASSWORD) is None
    assert sessions.find(staff, token) is None


@pytest.mark.parametrize(
    "password",
    [
        "",
        "short",
        "elevenchars",
        "aaaaaaaaaaaaaaa",
        "abababababab",
        "ann.lee is here",
        "Password1234",
        "helpline2026",
        "1" * 300,
    ],
)
def test_a_weak_password_is_refused_with_what_to_do(staff: sa.engine.Engine, password: str) -> None:
    account = accounts.add(staff, "ann.lee", "Ann", REVIEWER)
    with pytest.raises(AccountError):
        accounts.set_password(staff, account, password)
    assert not accounts.find(staff, "ann.lee").has_password


@given(st.text(min_size=passwords.SHORTEST, max_size=passwords.LONGEST))
def test_any_long_text_with_variety_is_a_password(password: str) -> None:
    fault = passwords.fault(password, "zz.zz")
    assert bool(fault) == (
        len(set(password.lower())) < 5
        or "zz.zz" in password.lower()
        or any(w in password.lower() and len(password.lower().replace(w, "")) < 8 for w in passwords._COMMON)
    )


def test_passwords_are_kept_as_argon2id_and_the_file_is_for_its_owner(staff: sa.engine.Engine) -> None:
    account = accounts.add(staff, "ann", "Ann", REVIEWER)
    accounts.set_password(staff, account, PASSWORD)
    with staff.connect() as connection:
        stored = connection.exec_driver_sql("SELECT password FROM accounts").scalar()
    assert stored.startswith("$argon2id$")
    assert PASSWORD not in stored
    assert stat.S_IMODE(os.stat(staff.url.database).st_mode) == 0o600


def test_a_password_is_the_same_on_every_keyboard(staff: sa.engine.Engine) -> None:
    accounts.set_password(staff, accounts.add(staff, "ann", "Ann", REVIEWER), "café au lait 7")
    assert accounts.check_password(staff, "ann", "cafe\u0301 au lait 7")


def test_a_hash_of_weaker_settings_is_made_anew_at_sign_in(
    staff: sa.engine.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from argon2 import PasswordHasher

    account = accounts.add(staff, "ann", "Ann", REVIEWER)
    accounts.set_password(staff, account, PASSWORD)
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    assert accounts.check_password(staff, "ann", PASSWORD)
    with staff.connect() as connection:
        assert "t=2" in connection.exec_driver_sql("SELECT password FROM accounts").scalar()
    assert accounts.check_password(staff, "ann", PASSWORD)


def test_the_real_settings_are_those_of_rfc_9106() -> None:
    from argon2 import PasswordHasher, Type

    real = PasswordHasher()
    assert (real.type, real.time_cost, real.memory_cost, real.parallelism) == (Type.ID, 3, 65_536, 4)


def test_a_link_works_once(staff: sa.engine.Engine) -> None:
    ann = accounts.add(staff, "ann", "Ann", REVIEWER)
    token = links.new(staff, ann)
    assert links.owner(staff, token) == ann
    with pytest.raises(AccountError, match="12 characters"):
        links.use(staff, token, "short")
    assert links.use(staff, token, PASSWORD).has_password
    with pytest.raises(AccountError, match="used already"):
        links.use(staff, token, PASSWORD)
    with pytest.raises(AccountError, match="used already"):
        links.owner(staff, token)


def test_a_link_ends_with_its_time_with_the_next_one_and_with_the_account(staff: sa.engine.Engine) -> None:
    ann = accounts.add(staff, "ann", "Ann", REVIEWER)
    old = links.new(staff, ann, now=1_000.0)
    assert links.owner(staff, old, now=1_000.0 + links.HOURS * 3600 - 1) == ann
    with pytest.raises(AccountError):
        links.owner(staff, old, now=1_000.0 + links.HOURS * 3600)
    first = links.new(staff, ann)
    second = links.new(staff, ann)
    with pytest.raises(AccountError):
        links.owner(staff, first)
    accounts.change(staff, "ann", enabled=False)
    with pytest.raises(AccountError):
        links.owner(staff, second)
    with pytest.raises(AccountError):
        links.owner(staff, "made up")


def test_a_link_that_sets_a_password_ends_the_sessions(staff: sa.engine.Engine) -> None:
    ann = accounts.add(staff, "ann", "Ann", REVIEWER)
    accounts.set_password(staff, ann, PASSWORD)
    session = sessions.begin(staff, ann)
    links.use(staff, links.new(staff, ann), "another good one")
    assert sessions.find(staff, session) is None
    assert accounts.check_password(staff, "ann", PASSWORD) is None


def test_the_first_link_makes_one_admin(staff: sa.engine.Engine) -> None:
    token = links.new_first(staff)
    assert links.owner(staff, token) is None
    with pytest.raises(AccountError):
        links.use(staff, token, PASSWORD)
    with pytest.raises(AccountError, match="sign-in name"):
        links.use_first(staff, token, "?", "Ann", PASSWORD)
    with pytest.raises(AccountError, match="characters"):
        links.use_first(staff, token, "ann", "Ann", "short")
    ann = links.use_first(staff, token, "ann", "Ann", PASSWORD)
    assert (ann.admin, ann.role, ann.has_password) == (True, PUBLISHER, True)
    with pytest.raises(AccountError, match="used already"):
        links.use_first(staff, token, "bob", "Bob", PASSWORD)
    # Another first link would make a second way in.
    with pytest.raises(AccountError, match="used already"):
        links.use_first(staff, links.new_first(staff), "bob", "Bob", PASSWORD)
    assert [account.name for account in accounts.everyone(staff)] == ["ann"]


def test_a_personal_link_makes_no_admin(staff: sa.engine.Engine) -> None:
    ann = accounts.add(staff, "ann", "Ann", REVIEWER)
    with pytest.raises(AccountError):
        links.use_first(staff, links.new(staff, ann), "bob", "Bob", PASSWORD)
    assert [account.name for account in accounts.everyone(staff)] == ["ann"]


def test_tokens_are_not_in_the_database(staff: sa.engine.Engine) -> None:
    ann = accounts.add(staff, "ann", "Ann", REVIEWER)
    tokens = [links.new(staff, ann), links.new_first(staff), sessions.begin(staff, ann)]
    with staff.connect() as connection:
        rows = [
            str(row) for table in ("links", "sessions") for row in connection.exec_driver_sql(f"SELECT * FROM {table}")
        ]
    assert len(rows) == 3
    assert [token for token in tokens if any(token in row for row in rows)] == []

from __future__ import annotations

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from helpline.console import accounts, lockout, sessions
from helpline.console.lockout import MOST_OF_ADDRESS, MOST_OF_NAME, WINDOW
from helpline.console.roles import Account
from helpline.console.sessions import IDLE, LONGEST

START = 1_000_000.0


@pytest.fixture
def ann(staff: sa.engine.Engine) -> Account:
    return accounts.add(staff, "ann", "Ann", "reviewer")


def test_a_session_ends_when_nothing_is_asked(staff: sa.engine.Engine, ann: Account) -> None:
    token = sessions.begin(staff, ann, START)
    found = sessions.find(staff, token, START + IDLE - 1)
    assert found is not None
    assert found[1] == ann
    assert found[0].ends == START + IDLE - 1 + IDLE
    assert sessions.find(staff, token, START + 2 * IDLE - 2) is not None
    assert sessions.find(staff, token, START + 3 * IDLE) is None


def test_a_session_ends_after_its_longest_time_however_busy(staff: sa.engine.Engine, ann: Account) -> None:
    token = sessions.begin(staff, ann, START)
    now = START
    while now < START + LONGEST - 600:
        now += 600
        session, _ = sessions.find(staff, token, now)
        assert session.ends <= START + LONGEST
    assert sessions.find(staff, token, START + LONGEST + 1) is None


def test_what_a_page_asks_by_itself_does_not_lengthen_it(staff: sa.engine.Engine, ann: Account) -> None:
    token = sessions.begin(staff, ann, START)
    for second in range(60, IDLE, 60):
        session, _ = sessions.find(staff, token, START + second, passive=True)
        assert session.ends == START + IDLE
    assert sessions.find(staff, token, START + IDLE + 1, passive=True) is None


def test_ended_sessions_are_removed_with_the_next_sign_in(staff: sa.engine.Engine, ann: Account) -> None:
    for _ in range(3):
        sessions.begin(staff, ann, START)
    assert sessions.count(staff, ann, START) == 3
    sessions.begin(staff, ann, START + 2 * IDLE)
    with staff.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM sessions").scalar() == 1


def test_signing_out_elsewhere_keeps_this_one(staff: sa.engine.Engine, ann: Account) -> None:
    here, there = sessions.begin(staff, ann), sessions.begin(staff, ann)
    session, _ = sessions.find(staff, here)
    assert sessions.end_all(staff, ann, but=session.key) == 1
    assert sessions.find(staff, here) is not None
    assert sessions.find(staff, there) is None
    sessions.end(staff, session.key)
    assert sessions.find(staff, here) is None


@pytest.mark.parametrize("token", ["", "made up", "x" * 10_000, "' OR 1=1 --"])
def test_a_made_up_token_is_nobody_s(staff: sa.engine.Engine, ann: Account, token: str) -> None:
    sessions.begin(staff, ann)
    assert sessions.find(staff, token) is None


def test_notices_are_told_once(staff: sa.engine.Engine, ann: Account) -> None:
    session, _ = sessions.find(staff, sessions.begin(staff, ann))
    sessions.tell(staff, session.key, "done", "Saved.")
    sessions.tell(staff, session.key, "problem", "But…")
    assert sessions.take_notices(staff, session.key) == [("done", "Saved."), ("problem", "But…")]
    assert sessions.take_notices(staff, session.key) == []
    assert sessions.take_notices(staff, "no such session") == []


def test_a_name_locks_after_some_failures_and_opens_by_itself(staff: sa.engine.Engine) -> None:
    for number in range(MOST_OF_NAME):
        assert lockout.seconds_to_wait(staff, "ann", "1.1.1.1", START + number) == 0
        lockout.note_failure(staff, "Ann ", "1.1.1.1", START + number)
    locked_at = START + MOST_OF_NAME - 1
    assert lockout.seconds_to_wait(staff, "ann", "2.2.2.2", locked_at + 1) == WINDOW - 1
    assert lockout.seconds_to_wait(staff, "bob", "1.1.1.1", locked_at + 1) == 0
    assert lockout.seconds_to_wait(staff, "ann", "2.2.2.2", locked_at + WINDOW) == 0


def test_an_address_locks_whatever_the_names(staff: sa.engine.Engine) -> None:
    for number in range(MOST_OF_ADDRESS):
        lockout.note_failure(staff, f"name{number}", "1.1.1.1", START)
    assert lockout.seconds_to_wait(staff, "another", "1.1.1.1", START + 1) > 0
    assert lockout.seconds_to_wait(staff, "another", "2.2.2.2", START + 1) == 0


def test_unlocking_forgets_the_failures_of_a_name(staff: sa.engine.Engine) -> None:
    for _ in range(MOST_OF_NAME):
        lockout.note_failure(staff, "ann", "1.1.1.1", START)
    assert lockout.unlock(staff, "ANN")
    assert lockout.seconds_to_wait(staff, "ann", "1.1.1.1", START) == 0
    assert not lockout.unlock(staff, "ann")


def test_failures_are_forgotten_and_hold_no_name(staff: sa.engine.Engine) -> None:
    lockout.note_failure(staff, "my password by mistake", "1.1.1.1", START)
    with staff.connect() as connection:
        assert "mistake" not in str(connection.exec_driver_sql("SELECT * FROM failures").all())
    lockout.note_failure(staff, "ann", "1.1.1.1", START + 3 * WINDOW)
    with staff.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM failures").scalar() == 2


@given(times=st.lists(st.floats(0, 5 * WINDOW), max_size=20), now=st.floats(0, 6 * WINDOW))
def test_a_wait_is_never_longer_than_the_window_and_needs_enough_failures(times: list[float], now: float) -> None:
    past = [moment for moment in times if moment <= now]
    seconds = lockout.wait(past, MOST_OF_NAME, now)
    assert 0 <= seconds <= WINDOW
    if len(past) < MOST_OF_NAME:
        assert seconds == 0

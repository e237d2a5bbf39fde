"""How long a sign-in must wait after others have failed."""

from __future__ import annotations

import time
from typing import Sequence

import sqlalchemy as sa

from helpline.console import database
from helpline.console.sessions import key_of

# Seconds in which failures count together, and for which no try is taken then.
WINDOW = 15 * 60
# As many failures of one name, and from one address, lock it.
MOST_OF_NAME = 5
MOST_OF_ADDRESS = 30
_table = database.failures


def wait(times: Sequence[float], most: int, now: float) -> float:
    """Return for how many more seconds no try is taken.

    Args:
        times: when tries failed, in any order, seconds since 1970.
        most: how many failures within `WINDOW` lock.
        now: the time.
    """
    recent = sorted(moment for moment in times if moment > now - WINDOW)
    # From the failure that locked: later tries are not taken and cannot lengthen it.
    return 0.0 if len(recent) < most else min(WINDOW, max(0.0, recent[most - 1] + WINDOW - now))


def seconds_to_wait(engine: sa.engine.Engine, name: str, address: str, now: float | None = None) -> float:
    """Return for how many more seconds no sign-in with this name or from this address is taken."""
    now = time.time() if now is None else now
    waits = []
    with engine.connect() as connection:
        for key, most in ((_of_name(name), MOST_OF_NAME), (_of_address(address), MOST_OF_ADDRESS)):
            times = [row.at for row in connection.execute(sa.select(_table.c.at).where(_table.c.key == key))]
            waits.append(wait(times, most, now))
    return max(waits)


def note_failure(engine: sa.engine.Engine, name: str, address: str, now: float | None = None) -> None:
    """Note that a sign-in failed, and forget those that count no more."""
    now = time.time() if now is None else now
    with engine.begin() as connection:
        connection.execute(_table.delete().where(_table.c.at < now - 2 * WINDOW))
        rows = [{"key": key, "at": now} for key in (_of_name(name), _of_address(address))]
        connection.execute(_table.insert(), rows)


def unlock(engine: sa.engine.Engine, name: str) -> bool:
    """Forget the failures of a name; return whether there were any."""
    with engine.begin() as connection:
        return bool(connection.execute(_table.delete().where(_table.c.key == _of_name(name))).rowcount)


def _of_name(name: str) -> str:
    return key_of(f"name:{name.strip().lower()}")


def _of_address(address: str) -> str:
    return key_of(f"address:{address}")

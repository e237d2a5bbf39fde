"""Several small servers in one process, and passwords that cost little."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from sanic import Sanic

from helpline.console import passwords
from helpline.console.database import open_staff

# Sanic rewrites its own methods when an app starts; only so it remembers what they were for the next app.
Sanic.test_mode = True


@pytest.fixture(autouse=True, scope="session")
def cheap_passwords() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture
def staff(tmp_path: object) -> sa.engine.Engine:
    """An empty staff database."""
    return open_staff(f"sqlite:///{tmp_path}/staff.db")

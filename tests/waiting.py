"""Waiting for what comes by itself, in tests of asyncio."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable


async def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait for a true value of `condition`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"It did not come within {seconds:.0f} s."
        await asyncio.sleep(0.002)

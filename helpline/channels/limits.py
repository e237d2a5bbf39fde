"""How often a client may send: token buckets, in memory."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Callable, Hashable

_MOST_KEYS = 20_000


class Buckets:
    """A bucket for each key. It holds as many tokens as may be taken in a minute, and fills again within one."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the size of the buckets."""
        self._size = per_minute
        self._clock = clock
        self._buckets: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def wait(self, key: Hashable) -> float:
        """Return in how many seconds there is a token for `key`; 0.0 for now."""
        return max(0.0, (1.0 - self._level(key)) * 60 / self._size)

    def take(self, key: Hashable) -> None:
        """Take a token."""
        self._buckets[key] = (self._level(key) - 1.0, self._clock())
        self._buckets.move_to_end(key)
        if len(self._buckets) > _MOST_KEYS:
            self._buckets.popitem(last=False)

    def drop(self, key: Hashable) -> None:
        """Forget `key`."""
        self._buckets.pop(key, None)

    def _level(self, key: Hashable) -> float:
        level, at = self._buckets.get(key, (float(self._size), 0.0))
        return min(float(self._size), level + (self._clock() - at) * self._size / 60)

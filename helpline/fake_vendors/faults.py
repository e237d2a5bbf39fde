"""Trouble on request: a slow vendor, too many requests, errors, cut connections, events that come twice."""

from __future__ import annotations

from dataclasses import dataclass, fields
from random import Random
from typing import Any, Literal, Mapping

Fault = Literal["none", "too_many", "error", "disconnect"]
# Seconds and shares that can be asked for.
_LONGEST = 3600.0


@dataclass
class Faults:
    """What goes wrong at one vendor. Shares lie between 0 and 1; those of a request together at most 1.

    Attributes:
        latency_s: seconds before any answer; what is sent is taken after them.
        too_many: share of requests answered 429.
        retry_after_s: seconds that such an answer asks to wait.
        error: share of requests answered 500.
        disconnect: share of requests whose connection is cut before anything is taken.
        duplicate: share of people's messages that are posted twice.
    """

    latency_s: float = 0.0
    too_many: float = 0.0
    retry_after_s: float = 1.0
    error: float = 0.0
    disconnect: float = 0.0
    duplicate: float = 0.0

    def draw(self, chance: Random) -> Fault:
        """Return what happens to one request."""
        drawn = chance.random()
        for fault, share in (("too_many", self.too_many), ("error", self.error), ("disconnect", self.disconnect)):
            if drawn < share:
                return fault
            drawn -= share
        return "none"

    def set(self, wanted: Mapping[str, Any]) -> None:
        """Take new values from JSON; what it does not name stays.

        Raises:
            ValueError: if a name is unknown, or a value out of range; nothing is changed then.
        """
        known = {setting.name for setting in fields(self)}
        for name, value in wanted.items():
            if name not in known:
                raise ValueError(f"{name!r} is none of {', '.join(sorted(known))}.")
            most = _LONGEST if name.endswith("_s") else 1.0
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= most:
                raise ValueError(f"{name} must lie between 0 and {most:g}.")
        for name, value in wanted.items():
            setattr(self, name, float(value))

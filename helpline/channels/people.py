"""Who writes on a messaging channel: a conversation's id that names nobody, and the ids that keep things apart."""

from __future__ import annotations

import hashlib
import hmac
import time

CHANNELS = ("sms", "whatsapp", "telegram", "messenger", "slack")
PREFIXES = tuple(f"{name}-" for name in CHANNELS)


def conversation_of(secret: bytes, channel: str, person: str) -> str:
    """Return the id of a person's conversation: the same each time, of nobody else, and not to be traced back."""
    digest = hmac.new(secret, f"{channel}\n{person}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()
    return f"{channel}-{digest[:32]}"


def event_key(channel: str, vendor_id: str) -> str:
    """Return the key by which an event is known again."""
    return hashlib.sha256(f"{channel}\n{vendor_id}".encode("utf-8", "replace")).hexdigest()


class Clock:
    """Gives numbers that rise, also over restarts: microseconds since 1970."""

    def __init__(self) -> None:
        """Begin with now."""
        self._last = 0

    def number(self) -> int:
        """Return the next number."""
        self._last = max(self._last + 1, int(time.time() * 1_000_000))
        return self._last

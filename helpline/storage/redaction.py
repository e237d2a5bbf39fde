"""Takes out of a text what could identify a person, before it is stored."""

from __future__ import annotations

import re
from typing import Any

_PATTERNS = (
    ("[email]", re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    ("[web address]", re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE)),
    ("[id]", re.compile(r"\b\d{3}-\d{2}-\d{4}\b")),
    ("[date]", re.compile(r"\b(?:\d{1,2}[/.-]\d{1,2}[/.-](?:19|20)?\d{2}|(?:19|20)\d{2}[/.-]\d{1,2}[/.-]\d{1,2})\b")),
    # Phone numbers of 7 or 10 digits with or without country code. 911 and 988 are too short to match.
    ("[phone]", re.compile(r"(?<![\w-])(?:\+?\d{1,3}[\s.-]*)?(?:\(?\d{3}\)?[\s.-]*)\d{3}[\s.-]*\d{4}(?![\w-])")),
    ("[phone]", re.compile(r"\+\d[\d\s.-]{7,}\d|(?<![\w-])\d{3}[.-]\d{4}(?![\w-])|(?<![\w-])\d{7}(?![\w-])")),
    ("[id]", re.compile(r"\b(?=[A-Z0-9-]*\d{4})[A-Z0-9][A-Z0-9-]{6,}\b", re.IGNORECASE)),
)
# What every pattern needs; most messages have none of it.
_SUSPECT = re.compile(r"[@\d]|https?://|www\.", re.IGNORECASE)
_TEXT_KEYS = frozenset({"text", "value"})


def redact(text: str) -> str:
    """Return `text` with e-mail and web addresses, phone numbers, dates and long ids replaced by their kind."""
    if not _SUSPECT.search(text):
        return text
    for name, pattern in _PATTERNS:
        text = pattern.sub(name, text)
    return text


def redact_event(event: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of a serialised user event with all its texts redacted; other events come back as they are."""
    if event.get("event") != "user":
        return event
    return _redacted(event)


def _redacted(value: Any, key: str = "text") -> Any:
    if isinstance(value, dict):
        return {name: _redacted(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_redacted(item, key) for item in value]
    if isinstance(value, str) and key in _TEXT_KEYS:
        return redact(value)
    return value

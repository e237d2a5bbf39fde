"""Replaces what identifies a person in stored text: contacts, names, addresses, dates of birth, ids. Pure functions.

A detector that may miss some: deletion and retention are what keeps a promise; this keeps less lying around.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from helpline.storage.redaction import addresses, birthdays, contacts, dates, homes, ids, pieces, spoken, streets
from helpline.storage.redaction.names import redact_names
from helpline.storage.redaction.places import without_places
from helpline.storage.redaction.rules import replaced

# What can be written without a digit, and what cannot.
_IN_WORDS = (
    *contacts.IN_WORDS,
    *spoken.DATES,
    *birthdays.BIRTHDAYS,
    *dates.DATES,
    *birthdays.LEFT,
    *homes.HOMES,
    *streets.IN_WORDS,
    *homes.LEFT,
    *spoken.REST,
)
_IN_DIGITS = (
    *contacts.IN_WORDS,
    *contacts.IN_DIGITS,
    *spoken.DATES,
    *birthdays.BIRTHDAYS,
    *dates.DATES,
    *birthdays.LEFT,
    *ids.IDS,
    *contacts.PHONES,
    *homes.HOMES,
    *addresses.ADDRESSES,
    *streets.IN_WORDS,
    *homes.LEFT,
    *spoken.REST,
)
# Free numbers belong to services, such as the helplines that people ask about.
_FREE = re.compile(
    r"((?<![\w-])(?:\+?1[ .-]?)?\(?8(?:00|88|77|66|55|44|33)\)?[ .-]?\d{3}[ .-]?(?:\d{4}|HELP|TALK)(?!\w|-\d)"
    r"(?: ?\(\d{4}\))?|\b(?:1[ .-]?)?800[ .-]662(?![ .-]?\d)|\b662[ .-]HELP\b|\b741[ -]?741\b|\b(?:838255|678678|"
    r"233733|88788)\b)",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"[@\d]")
# Worth a look for numbers in pieces.
_NUMBER = re.compile(rf"\d\D|\b(?:{'|'.join(pieces.CUES)})")
_TEXT_KEYS = frozenset({"text", "value"})


# A message is asked for more than once: ahead, while the encoder reads it, and twice in its event.
@lru_cache(maxsize=32)
def redact(text: str) -> str:
    """Return `text` with what identifies a person replaced by its kind, such as ``[phone]`` or ``[name]``."""
    return redact_names(without_numbers(text))


def without_numbers(text: str) -> str:
    """Return `text` with everything but the names of people replaced."""
    low = text.lower()
    if _DIGIT.search(text):
        # Every second part is a free number, which stays.
        parts = _FREE.split(text)
        parts[::2] = [ids.without_ids(replaced(_aloud(part, low), low, _IN_DIGITS)) for part in parts[::2]]
        text = "".join(parts)
    else:
        text = replaced(_aloud(text, low), low, _IN_WORDS)
    return without_places(text)


def _aloud(text: str, low: str) -> str:
    """Return `text` without what is said aloud, which the patterns of what is written would take apart."""
    text = replaced(text, low, spoken.SAID)
    return pieces.without_pieces(text) if _NUMBER.search(low) else text


def redact_event(event: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of a serialised user event with all its texts redacted; other events come back as they are."""
    if event.get("event") != "user":
        return event
    return _redacted(event, "text")


def _redacted(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return {name: _redacted(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_redacted(item, key) for item in value]
    if isinstance(value, str) and key in _TEXT_KEYS:
        return redact(value)
    return value

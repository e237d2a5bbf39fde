"""Reads what vendors post without trusting its shape: JSON of any kind, texts, ids; and compares their signatures."""

from __future__ import annotations

import hmac
import json
import time
from typing import Any, Iterator
from urllib.parse import parse_qsl

from helpline.storage.messages import REMEMBERED

# Ids are short at every vendor; a longer one is not theirs, and would not fit the database.
_LONGEST_ID = 255
_MOST_FIELDS = 200
# Seconds: eleven days.
_LONGEST_WAIT = 1_000_000


def read_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object of a body, {} where it is none."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def read_form(body: bytes) -> dict[str, str]:
    """Return the fields of a form, blank ones too (a vendor signs them); {} where the body is none.

    Of a field that comes twice the last one counts.
    """
    try:
        pairs = parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="replace"
        )
    except ValueError:
        return {}
    return dict(pairs)


def object_in(content: Any, name: str) -> dict[str, Any]:
    """Return the object at `name` of an object, {} where there is none."""
    found = content.get(name) if isinstance(content, dict) else None
    return found if isinstance(found, dict) else {}


def objects_in(content: Any, name: str) -> Iterator[dict[str, Any]]:
    """Yield the objects of the list at `name` of an object."""
    found = content.get(name) if isinstance(content, dict) else None
    if isinstance(found, list):
        yield from (item for item in found if isinstance(item, dict))


def words(value: Any) -> str:
    """Return a text as it can be stored and sent on, "" for what is no text: half of a surrogate pair becomes "?"."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def identifier(value: Any) -> str | None:
    """Return a vendor's id as text; None for what cannot be one: empty, very long, with control characters."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    text = str(value)
    if not 0 < len(text) <= _LONGEST_ID or not text.isprintable() or text != words(text):
        return None
    return text


def seconds(value: Any) -> float | None:
    """Return the seconds that a vendor asks to wait, of its JSON or a header; None for what is no such number."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        wait = float(value)
    except (ValueError, OverflowError):
        return None
    return wait if 0 <= wait < _LONGEST_WAIT else None


def is_stale(sent: Any) -> bool:
    """Tell whether an event was sent (seconds since 1970) so long ago that its id is forgotten: a replay, most likely.

    One that does not say when is none.
    """
    if isinstance(sent, bool) or not isinstance(sent, (int, float)):
        return False
    return sent < time.time() - REMEMBERED


def same(known: str, shown: str | None) -> bool:
    """Compare a secret or a signature with the one of a request in constant time; an empty secret is nobody's."""
    if not known or shown is None:
        return False
    # Header values hold any bytes, those outside of UTF-8 as surrogates.
    return hmac.compare_digest(known.encode(), shown.encode("utf-8", "surrogatepass"))

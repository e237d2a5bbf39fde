"""A conversation's stored events as what was said: messages, each with the replies that it got."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any, Iterable

from rasa.core.channels.channel import CollectingOutputChannel


@dataclass
class StoredTurn:
    """A message and its replies in REST form; `number` is `turn_number` of its `mid`, None on other channels."""

    number: int | None
    text: str
    replies: list[dict[str, Any]] = field(default_factory=list)


def turn_number(mid: str) -> int:
    """Return the number by which a conversation's events name a message: no text in which danger could be read."""
    return int.from_bytes(hashlib.sha256(mid.encode()).digest()[:6], "big")


async def read_turns(session_id: str, events: Iterable[dict[str, Any]]) -> list[StoredTurn]:
    """Return the turns of serialised events; replies before the first message are left out."""
    turns: list[StoredTurn] = []
    for event in events:
        if event.get("event") == "user":
            turns.append(StoredTurn((event.get("metadata") or {}).get("turn"), event.get("text") or ""))
        elif event.get("event") == "bot" and turns:
            turns[-1].replies += await _rest_form(session_id, event)
    return turns


async def _rest_form(session_id: str, event: dict[str, Any]) -> list[dict[str, Any]]:
    channel = CollectingOutputChannel()
    content = {name: value for name, value in (event.get("data") or {}).items() if value is not None}
    await channel.send_response(session_id, {"text": event.get("text"), **content})
    return list(channel.messages)

"""Stored events as Rasa writes them, in short."""

from __future__ import annotations

from typing import Any


def said(
    text: str, heard: str = "faq/medicaid", at: float = 0.0, confidence: float = 0.9, **more: Any
) -> dict[str, Any]:
    """A person's message that was taken for `heard`."""
    intent, _, topic = heard.partition("/")
    topics = [heard] if intent in ("faq", "not_covered") else []
    data: dict[str, Any] = {
        "text": text,
        "intent": {"name": intent, "confidence": confidence},
        "topics": topics,
        "intent_ranking": [{"name": heard, "confidence": confidence}],
    }
    if topic:
        response = {"intent_response_key": heard}
        data["response_selector"] = {"all_retrieval_intents": [intent], intent: {"response": response}}
    return {
        "event": "user",
        "text": text,
        "timestamp": at,
        "input_channel": "web",
        "parse_data": {**data, **more},
    }


def replied(
    text: str = "An answer.", kind: str = "answer", at: float = 0.0, reason: str = "", **data: Any
) -> dict[str, Any]:
    """What the assistant said to it."""
    custom = {"kind": kind, **({"reason": reason} if reason else {})}
    return {"event": "bot", "text": text, "timestamp": at, "data": {"custom": custom, **data}}

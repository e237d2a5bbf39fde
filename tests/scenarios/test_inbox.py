"""The inbox behind a running assistant: filled after the turn, gone with the conversation, never in the way."""

from __future__ import annotations

import time
from uuid import uuid4

import sqlalchemy as sa
from assistant import Assistant

from helpline.storage import database, review
from helpline.storage.redaction import redact
from helpline.storage.review import CRISIS, INBOX

# Seconds; the subscriber waits for a moment before it looks.
_WITHIN = 5.0
GIBBERISH = "zxqv wvut 7 7"


def seen(engine: sa.engine.Engine, sender: str, wanted: int) -> dict[str, review.Item]:
    """Return what the inbox has of a conversation, by text, once there are so many."""
    until = time.monotonic() + _WITHIN
    while True:
        every = [item for queue in (INBOX, CRISIS) for item in review.items(engine, queue, most=500)]
        whole = [review.find(engine, item.id) for item in every]
        found = {item.text: item for item in whole if item and sender in {one["id"] for one in item.conversations}}
        if len(found) >= wanted or time.monotonic() > until:
            return found
        time.sleep(0.1)


def test_turns_are_looked_at_afterwards_and_go_with_their_conversation(assistant: Assistant) -> None:
    engine = database.open_engine(f"sqlite:///{assistant.database}")
    sender = f"inbox-{uuid4().hex}"
    for text in (
        "does medicaid pay for it",
        "no that's not what i asked",
        GIBBERISH,
        "i want to talk to a real person",
        "my name is John Smith and i want to kill myself",
    ):
        assert assistant.say(sender, text).text
    found = seen(engine, sender, 4)
    kinds = {text: item.kinds for text, item in found.items()}
    assert kinds == {
        "does medicaid pay for it": ("not_helpful",),
        # Words that nobody knows may be names.
        redact(GIBBERISH): ("fallback",),
        "i want to talk to a real person": ("person_asked",),
        "my name is [name] and i want to kill myself": ("crisis",),
    }
    danger = found["my name is [name] and i want to kill myself"]
    assert (danger.queue, danger.tier) == (CRISIS, "T2")
    (conversation,) = danger.conversations
    assert conversation["channel"] == "rest"
    assert "988" in conversation["said"][conversation["place"] + 1]["text"]
    counts = {(what, name): count for _, what, name, count in review.counts(engine, "2000-01-01", "2999-12-31")}
    assert counts["messages", "rest"] >= 5
    assert assistant.say(sender, "delete my chat").text
    assert seen(engine, sender, 99) == {}

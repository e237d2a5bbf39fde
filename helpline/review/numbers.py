"""What is counted of each turn, by day and without a word of anybody. Pure functions."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timezone

from helpline.review.turns import DANGER as DANGER_HEARD
from helpline.review.turns import Turn

# What is counted, each by names of its own.
MESSAGES = "messages"
CONVERSATIONS = "conversations"
TOPICS = "topics"
REPLIES = "replies"
NOTED = "noted"
DANGER = "danger"
SPEED = "speed"
LOST = "lost"
# Names of `REPLIES`.
ANSWERED = "answered"
NONE = "none"
# Upper bounds of the names of `SPEED`, in seconds; behind the last one there is one more.
BOUNDS = (0.25, 0.5, 1.0, 2.0)
_OVER = "over"
_UNKNOWN = "unknown"
Counts = Counter[tuple[str, str, str]]


def day_of(moment: float) -> str:
    """Return the day (UTC) of a time in seconds since 1970, such as ``2026-11-29``."""
    return datetime.fromtimestamp(moment, timezone.utc).date().isoformat()


def counts_of(turn: Turn, is_first: bool, kinds: list[str]) -> Counts:
    """Return what a turn adds to the counts: keys are day, what, and name.

    Args:
        turn: the message and its replies.
        is_first: whether it is the first of its conversation.
        kinds: why it is worth a look.
    """
    day, channel = day_of(turn.time), turn.channel or _UNKNOWN
    found: Counts = Counter({(day, MESSAGES, channel): 1})
    if is_first:
        found[day, CONVERSATIONS, channel] += 1
    for topic in turn.topics:
        found[day, TOPICS, topic] += 1
    found[day, REPLIES, f"{channel} {_reply_of(turn)}"] += 1
    for kind in kinds:
        found[day, NOTED, kind] += 1
    if DANGER_HEARD in kinds and turn.category:
        found[day, DANGER, turn.category] += 1
    if turn.took is not None:
        found[day, SPEED, f"{channel} {_bound(turn.took)}"] += 1
    return found


def _reply_of(turn: Turn) -> str:
    """Return the kind of reply that says most: danger, then what could not be answered, then the first."""
    kinds = [reply.reason if reply.kind == "fallback" else reply.kind for reply in turn.replies]
    for weighty in ("crisis", "support", "unclear", "off_topic", "not_covered"):
        if weighty in kinds:
            return weighty
    named = [kind for kind in kinds if kind]
    return named[0] if named else (ANSWERED if kinds else NONE)


def _bound(seconds: float) -> str:
    return next((f"{bound:g}" for bound in BOUNDS if seconds <= bound), _OVER)

"""One session of the web channel as the server remembers it, and what passes between it and its clients."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Sequence

from helpline.channels.guard import Detect
from helpline.channels.stored_turns import StoredTurn
from helpline.storage import outbox

# Turns in memory: what was answered while the database failed can still be sent again.
MOST_TURNS = 10
# Refused messages of which it is remembered that they hold no danger: a client sends each of them again.
_MOST_READ = 200


class RefusedError(Exception):
    """A request is refused: `reason` is ``session``, ``too_long`` or ``rate``, with the seconds until a retry."""

    def __init__(self, reason: str, retry_s: int | None = None) -> None:
        """Take the reason as the protocol names it."""
        super().__init__(reason)
        self.reason = reason
        self.retry_s = retry_s


@dataclass(frozen=True)
class Sender:
    """Where a message came from: the client's address, its socket if it has one, and the model's detector."""

    address: str
    socket: str | None = None
    detect: Detect | None = None


@dataclass(frozen=True)
class Begun:
    """A session that a client now has; `messages` are its stored replies that the client lacks."""

    session_id: str
    token: str
    resumed: bool
    messages: list[dict[str, Any]]


@dataclass(frozen=True)
class Answered:
    """The replies to a message, each with `id`, `ts` and `mid`; `again` where the message had been answered before."""

    replies: tuple[dict[str, Any], ...]
    again: bool = False


@dataclass
class Session:
    """What is remembered of a session.

    Attributes:
        stored: whether the database lists it.
        before: its last turns before this process knew of it, by number; None where they have not been read.
        cleared: how often its conversation was deleted.
        last: id of its last reply.
        leaving: it is being forgotten.
        turns: the last ones and those that run, by `mid`.
        harmless: refused messages in which the model heard nothing, as `mid` and the text's hash.
    """

    stored: bool
    before: dict[int, StoredTurn] | None = None
    cleared: int = 0
    last: int = 0
    leaving: bool = False
    turns: OrderedDict[str, asyncio.Task[Answered]] = field(default_factory=OrderedDict)
    harmless: deque[tuple[str, int]] = field(default_factory=partial(deque, maxlen=_MOST_READ))

    @property
    def replies(self) -> list[dict[str, Any]]:
        """The replies of its last turns."""
        done = (turn for turn in self.turns.values() if turn.done() and not turn.cancelled() and not turn.exception())
        return [reply for turn in done for reply in turn.result().replies]

    def saw(self, found: outbox.Found) -> None:
        """Take over what the database says."""
        self.last = max(self.last, found.last)
        if found.cleared != self.cleared:
            self.forget_turns(found.cleared)

    def ended(self, mid: str, turn: asyncio.Task[Answered]) -> None:
        """Keep the last turns; one that was refused may be tried again."""
        if turn.cancelled() or turn.exception() is not None:
            self.turns.pop(mid, None)
        done = [mid for mid, turn in self.turns.items() if turn.done()]
        for old in done[:-MOST_TURNS]:
            del self.turns[old]

    def forget_turns(self, cleared: int) -> None:
        """Drop what was answered before the conversation was deleted."""
        self.cleared, self.before = cleared, None
        for mid in [mid for mid, turn in self.turns.items() if turn.done()]:
            del self.turns[mid]

    def number(self, mid: str, replies: Sequence[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
        """Return replies in the form that clients get.

        Ids are microseconds since 1970: they rise over restarts, also where the database did not take the last ones.
        """
        numbered = []
        for reply in replies:
            now = time.time()
            self.last = max(self.last + 1, int(now * 1_000_000))
            content = {name: value for name, value in reply.items() if name != "recipient_id"}
            numbered.append({"id": self.last, "ts": round(now, 3), "mid": mid, **content})
        return tuple(numbered)

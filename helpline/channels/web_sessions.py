"""Sessions of the web channel: who may speak, each message answered once, replies kept until they have arrived.

Free of sockets and pages: `web` and `plain_page` are two ways in.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections import OrderedDict
from functools import partial
from typing import Any, Awaitable, Callable, Sequence

from helpline.channels.guard import Guard, escalates
from helpline.channels.limits import Buckets
from helpline.channels.stored_turns import read_turns, turn_number
from helpline.channels.tokens import Tokens
from helpline.channels.web_session import MOST_TURNS, Answered, Begun, RefusedError, Sender, Session
from helpline.crisis.detector import by_rules
from helpline.storage import outbox
from helpline.storage.database import forget_session, read_last_events
from helpline.storage.worker import UnavailableError, Worker

logger = logging.getLogger(__name__)

MAX_CHARACTERS = 1000
MAX_REPLAYED = 50
_PER_SESSION = 30
_PER_ADDRESS = 240
# Of the messages above those, how many a minute the model reads, as danger may be in one; the rules read all of them.
_READ_PER_SESSION = 120
_READ_PER_ADDRESS = 480
# Seconds that the model has for one of them: otherwise it would be refused.
_READING_PATIENCE = 1.0
# Sessions in memory; of one that is let go, only what the database holds is known.
_MOST_SESSIONS = 20_000
# A turn has a few events; this many surely hold the last turn before a crash.
_LAST_EVENTS = 60
# Seconds that a deletion waits for a turn: longer than the guard does, and than an action may take.
_DELETION_PATIENCE = 6.0

Publish = Callable[..., Awaitable[None]]
Delete = Callable[[str], Awaitable[None]]


class Sessions:
    """All sessions of a server process."""

    def __init__(self, guard: Guard, database: Worker, tokens: Tokens, publish: Publish) -> None:
        """Take what answers, what stores, what signs, and what tells a session's sockets something.

        `publish` gets session, event, content and, where there is one, the socket that is left out.
        """
        self._guard = guard
        self._database = database
        self._tokens = tokens
        self._publish = publish
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._of_session = Buckets(_PER_SESSION)
        self._of_address = Buckets(_PER_ADDRESS)
        self._read_of_session = Buckets(_READ_PER_SESSION)
        self._read_of_address = Buckets(_READ_PER_ADDRESS)
        # The model reads one refused message at a time: a flood must not make it late for the messages of others.
        self._reading = asyncio.Lock()

    async def begin(self, session_id: Any, token: Any, after: int, entered: Callable[[str], Awaitable[None]]) -> Begun:
        """Give a new session to a client that names none, or its own back to one that has its token.

        Args:
            session_id, token: as the client sent them; None for a new session.
            after: id of the last reply that the client has.
            entered: is called before replies are read, so that none falls between these and those told live.

        Raises:
            RefusedError: if the token does not fit or the session is dead.
        """
        if session_id is None:
            session_id = self._tokens.mint()
            self._remember(session_id, Session(stored=False, before={}))
            await entered(session_id)
            return Begun(session_id, self._tokens.of(session_id), False, [])
        if not self._tokens.fits(session_id, token):
            raise RefusedError("session")
        session = self._session(session_id)
        await entered(session_id)
        messages = {reply["id"]: reply for reply in session.replies if reply["id"] > after}
        if session.stored:
            found = await self._found(session_id, outbox.find_later, after, MAX_REPLAYED)
            if found:
                session.saw(found)
                messages = {reply["id"]: reply for reply in [*session.replies, *found.replies] if reply["id"] > after}
        return Begun(session_id, token, True, [messages[number] for number in sorted(messages)][-MAX_REPLAYED:])

    async def say(self, session_id: str, mid: str, text: str, sender: Sender) -> Answered:
        """Answer a message of a session that the client has proved to have; one with a known `mid` is answered once.

        Raises:
            RefusedError: if the session is dead, or the message is too long or one too many and without danger.
        """
        session = self._session(session_id)
        if session.leaving:
            raise RefusedError("session")
        turn = session.turns.get(mid)
        again = turn is not None
        if turn is None:
            turn = asyncio.ensure_future(self._turn(session_id, session, mid, text, sender))
            session.turns[mid] = turn
            turn.add_done_callback(partial(session.ended, mid))
        # The client may hang up; the turn goes on.
        answered = await asyncio.shield(turn)
        return Answered(answered.replies, again or answered.again)

    async def forget(self, session_id: str, delete: Delete | None) -> None:
        """Delete a session: conversation, replies, limits. It is dead afterwards.

        Args:
            session_id: a session that the client has proved to have.
            delete: Rasa's way to delete a conversation from its memory and the database; None where there is none.

        Raises:
            Exception: if the database does not delete it; the session lives on then.
        """
        session = self._session(session_id)
        session.leaving = True
        try:
            running = [turn for turn in session.turns.values() if not turn.done()]
            if running:
                await asyncio.wait(running, timeout=_DELETION_PATIENCE)
            async with self._guard.between_turns(session_id, _DELETION_PATIENCE):
                if delete:
                    await delete(session_id)
                await self._database.run(forget_session, session_id)
        except BaseException:
            session.leaving = False
            raise
        self._sessions.pop(session_id, None)
        self._of_session.drop(session_id)
        self._read_of_session.drop(session_id)
        self._guard.forget(session_id)

    async def settle(self, patience: float) -> None:
        """Wait until the turns that run have been answered, or `patience` seconds have passed."""
        running = [turn for session in self._sessions.values() for turn in session.turns.values() if not turn.done()]
        if running:
            await asyncio.wait(running, timeout=patience)

    async def events(self, session_id: str, most: int) -> list[dict[str, Any]]:
        """Return the last stored events of a session's conversation; none where the database fails."""
        try:
            return list(await self._database.run(read_last_events, session_id, most))
        except UnavailableError:
            return []

    async def _turn(self, session_id: str, session: Session, mid: str, text: str, sender: Sender) -> Answered:
        replies: Sequence[dict[str, Any]] = ()
        if session.stored:
            found = await self._found(session_id, outbox.find, mid)
            if found:
                session.saw(found)
                if found.replies:
                    return Answered(found.replies, again=True)
            replies = await self._answered_before(session_id, session, mid, text)
        await self._admit(session_id, session, mid, text, sender)
        cleared = session.cleared
        await self._publish(session_id, "typing", {"mid": mid})
        await self._publish(session_id, "user_echo", {"mid": mid, "message": text}, sender.socket)
        if not session.stored:
            session.stored = await self._listed(session_id)
        replies = replies or await self._guard.answer(
            text, session_id, "web", {"turn": turn_number(mid)}, sender.detect
        )
        numbered = session.number(mid, replies)
        try:
            now = await self._database.write(outbox.Turn(session_id, cleared, numbered))
            if now is not None and now != session.cleared:
                session.forget_turns(now)
        except UnavailableError:
            logger.error("Replies are kept in memory until the database takes them.")
        for reply in numbered:
            await self._publish(session_id, "bot_uttered", reply)
        return Answered(numbered)

    async def _admit(self, session_id: str, session: Session, mid: str, text: str, sender: Sender) -> None:
        """Take a token for a message.

        Raises:
            RefusedError: if there is none or the message is too long, and no danger is heard in it.
        """
        wait = max(self._of_session.wait(session_id), self._of_address.wait(sender.address))
        if not wait and len(text) <= MAX_CHARACTERS:
            self._of_session.take(session_id)
            self._of_address.take(sender.address)
        elif not await self._hears_danger(session_id, session, mid, text, sender):
            raise RefusedError("rate", math.ceil(wait)) if wait else RefusedError("too_long")

    async def _hears_danger(self, session_id: str, session: Session, mid: str, text: str, sender: Sender) -> bool:
        """Tell whether danger is heard in a message that would be refused: by the rules, or by the model if it is free.

        A client sends a refused message again, and by then the model is: only what it has read it does not read twice.
        """
        if await self._guard.hears_danger(text):
            return True
        message = (mid, hash(text))
        wait = max(self._read_of_session.wait(session_id), self._read_of_address.wait(sender.address))
        if sender.detect is None or wait or message in session.harmless:
            return False
        self._read_of_session.take(session_id)
        self._read_of_address.take(sender.address)
        async with self._reading:
            heard = await self._guard.hears_danger(text, sender.detect, _READING_PATIENCE)
        if heard is False:
            session.harmless.append(message)
        return bool(heard)

    async def _answered_before(self, session_id: str, session: Session, mid: str, text: str) -> list[dict[str, Any]]:
        """Return the replies to a message that Rasa stored when the server died before it stored them here.

        Rasa must not take the message a second time: in the fit check it would answer the next question.
        """
        if session.before is None:
            turns = await read_turns(session_id, await self.events(session_id, _LAST_EVENTS))
            session.before = {turn.number: turn for turn in turns[-MOST_TURNS:] if turn.number is not None}
        turn = session.before.get(turn_number(mid))
        replies = turn.replies if turn else []
        # What the guard would have added is not stored.
        missed = by_rules(text).is_crisis and not any(escalates(reply) for reply in replies)
        return [] if missed else replies

    async def _found(self, session_id: str, query: Callable[..., Any], *arguments: Any) -> outbox.Found | None:
        """Return what the database says of a session, None where it fails: the token must do then.

        Raises:
            RefusedError: if the session is dead.
        """
        try:
            found: outbox.Found | None = await self._database.run(query, session_id, *arguments)
        except UnavailableError:
            return None
        if found is None:
            self._sessions.pop(session_id, None)
            raise RefusedError("session")
        return found

    async def _listed(self, session_id: str) -> bool:
        try:
            await self._database.run(outbox.open_session, session_id, time.time())
        except UnavailableError:
            return False
        return True

    def _session(self, session_id: str) -> Session:
        """Return what is remembered of a session; of another process's or an older one, that it must be stored."""
        return self._remember(session_id, self._sessions.get(session_id) or Session(stored=True))

    def _remember(self, session_id: str, session: Session) -> Session:
        self._sessions[session_id] = session
        self._sessions.move_to_end(session_id)
        while len(self._sessions) > _MOST_SESSIONS:
            self._sessions.popitem(last=False)
        return session

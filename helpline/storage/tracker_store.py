"""A Rasa tracker store over SQLAlchemy that costs the same at turn 1 and at turn 1,000.

Rasa's own SQL store reads the whole conversation twice a turn and hands all of it to the policies. This one keeps the
live tracker in memory, appends only the new events in one transaction, and hands Rasa the last turns; slots and the
active form are carried over. The whole conversation stays in the database until it is deleted or its time is up.
"""

from __future__ import annotations

import asyncio
import copy
import itertools
import logging
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Iterable

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
    deserialise_events,
)
from rasa.shared.core.trackers import DialogueStateTracker

from helpline.storage import database
from helpline.storage.database import FORGET_SLOT

logger = logging.getLogger(__name__)

# The policies look back one turn, follow-ups three, the fallback counts strikes: eight turns are plenty.
MAX_TURNS = 8
KEPT_TURNS = 4
_CACHED_CONVERSATIONS = 2000
# Seconds to wait for a locked file. The reply is out by then, and the next turn stores what this one could not.
_PATIENCE = 0.2
_SECONDS_BETWEEN_PURGES = 600


class StoredTracker(DialogueStateTracker):
    """A tracker that knows how many of its events are in the database already."""

    stored = 0


class ConversationStore(TrackerStore):
    """Conversations in SQLite (WAL) or any database that SQLAlchemy reaches; set in endpoints.yml."""

    def __init__(
        self,
        domain: Domain | None,
        host: str,
        event_broker: EventBroker | None = None,
        retention_hours: float | None = None,
        **kwargs: Any,
    ) -> None:
        """Open the database, making file and tables where they are missing.

        Args:
            domain: the model's domain.
            host: SQLAlchemy address, from ``url`` in endpoints.yml.
            event_broker: gets new events after they are stored.
            retention_hours: how long after its last event a conversation is kept; None keeps it.
            kwargs: further keys of endpoints.yml, for Rasa.
        """
        super().__init__(domain, event_broker, **kwargs)
        self._engine = database.open_engine(host, _PATIENCE)
        self._live: OrderedDict[str, StoredTracker] = OrderedDict()
        self._retention = retention_hours
        self._purged_at = 0.0
        # A server is waited for in one thread, which keeps the order of writes; SQLite answers faster than a thread.
        sqlite = self._engine.dialect.name == "sqlite"
        self._thread = None if sqlite else ThreadPoolExecutor(max_workers=1, thread_name_prefix="conversations")

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """Return the last turns of a conversation, or an empty tracker where there is none.

        Rasa's wrapper would make an empty one of its own, which does not know what is stored.
        """
        if sender_id in self._live:
            self._live.move_to_end(sender_id)
            return self._live[sender_id]
        tracker = await self.retrieve_full_tracker(sender_id)
        return self._keep(self._shortened(tracker) if tracker else self.init_tracker(sender_id))

    async def retrieve_full_tracker(self, conversation_id: str) -> StoredTracker | None:
        """Return the whole stored conversation, or None where there is none."""
        rows = await self._run(database.read_events, self._engine, conversation_id)
        if not rows:
            return None
        events = deserialise_events(rows)
        return self._tracker(conversation_id, events)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Append the events that are not stored yet; delete the conversation if it asked for that.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: if the database refuses; nothing is lost then, the next save tries again.
        """
        if tracker.get_slot(FORGET_SLOT) if FORGET_SLOT in tracker.slots else False:
            await self.delete(tracker.sender_id)
            return
        if isinstance(tracker, StoredTracker):
            stored = tracker.stored
        else:
            stored = await self._run(database.count_events, self._engine, tracker.sender_id)
        new = [event.as_dict() for event in itertools.islice(tracker.events, stored, None)]
        if new:
            await self._run(database.append_events, self._engine, tracker.sender_id, new)
        if isinstance(tracker, StoredTracker):
            tracker.stored += len(new)
            self._keep(self._shortened(tracker))
        self._publish(new, tracker.sender_id)
        await self._purge_now_and_then()

    def _publish(self, events: Iterable[dict[str, Any]], sender_id: str) -> None:
        """Hand new events, as they were serialised to be stored, to the event broker, if there is one."""
        if self.event_broker is not None:
            for event in events:
                self.event_broker.publish({"sender_id": sender_id, **event})

    async def keys(self) -> Iterable[str]:
        """Return the ids of all stored conversations."""
        return await self._run(database.senders, self._engine)

    async def exists(self, conversation_id: str) -> bool:
        """Tell whether anything of a conversation is stored."""
        return bool(await self._run(database.count_events, self._engine, conversation_id))

    async def delete(self, conversation_id: str) -> int:
        """Delete a conversation from memory and database and return how many events it had."""
        self._live.pop(conversation_id, None)
        return await self._run(database.delete_conversation, self._engine, conversation_id)

    async def purge(self, before: float) -> int:
        """Delete the conversations whose last event is older than `before` (seconds since 1970); return how many."""
        gone = await self._run(database.delete_older, self._engine, before)
        for sender_id in gone:
            self._live.pop(sender_id, None)
        return len(gone)

    def init_tracker(self, sender_id: str) -> StoredTracker:
        """Return an empty tracker."""
        return StoredTracker(sender_id, self.domain.slots, max_event_history=self.max_event_history)

    def add_slots(self) -> None:
        """Give the conversations in memory the slots that a new model has and theirs had not."""
        for tracker in self._live.values():
            for slot in self.domain.slots:
                if slot.name not in tracker.slots:
                    tracker.slots[slot.name] = copy.copy(slot)

    async def _purge_now_and_then(self) -> None:
        now = time.time()
        if self._retention is None or now - self._purged_at < _SECONDS_BETWEEN_PURGES:
            return
        self._purged_at = now
        count = await self.purge(now - self._retention * 3600)
        if count:
            logger.info("%d conversations reached the end of their retention and were deleted.", count)

    def _keep(self, tracker: StoredTracker) -> StoredTracker:
        self._live[tracker.sender_id] = tracker
        self._live.move_to_end(tracker.sender_id)
        while len(self._live) > _CACHED_CONVERSATIONS:
            self._live.popitem(last=False)
        return tracker

    def _tracker(self, sender_id: str, events: list[Event]) -> StoredTracker:
        tracker = StoredTracker.from_events(sender_id, events, self.domain.slots, domain=self.domain)
        tracker.stored = len(tracker.events)
        return tracker

    def _shortened(self, tracker: StoredTracker) -> StoredTracker:
        """Return the tracker itself, or one with its last turns where it has become long."""
        turns = [place for place, event in enumerate(tracker.events) if isinstance(event, UserUttered)]
        if len(turns) <= MAX_TURNS:
            return tracker
        state: list[Event] = [ActionExecuted(ACTION_SESSION_START_NAME), SessionStarted()]
        state += [SlotSet(name, slot.value) for name, slot in tracker.slots.items() if slot.has_been_set]
        if tracker.active_loop_name:
            state.append(ActiveLoop(tracker.active_loop_name))
        state.append(ActionExecuted(ACTION_LISTEN_NAME))
        last = list(itertools.islice(tracker.events, turns[-KEPT_TURNS], None))
        return self._tracker(tracker.sender_id, state + last)

    async def _run(self, function: Any, *arguments: Any) -> Any:
        if self._thread is None:
            return function(*arguments)
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *arguments)

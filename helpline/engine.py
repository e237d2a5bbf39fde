"""Rasa's agent with our processor, in a thread of its own.

Whatever blocks Rasa's event loop must not block the guard, which answers in its place; so the loop of the channels is
another one. It hangs on Rasa's own classes; nothing is replaced.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from pathlib import Path
from typing import Any

from rasa.core.agent import Agent
from rasa.core.brokers.broker import EventBroker
from rasa.core.channels.channel import UserMessage
from rasa.core.lock_store import LockStore
from rasa.core.tracker_store import TrackerStore
from rasa.core.utils import AvailableEndpoints

from helpline.crisis.taxonomy import Detection
from helpline.processor import Processor
from helpline.storage.tracker_store import ConversationStore

logger = logging.getLogger(__name__)


class HelplineAgent(Agent):
    """Rasa's agent with our processor, in a thread and event loop of its own."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        """Take Rasa's arguments and start the thread, which ends with the process."""
        super().__init__(*arguments, **keywords)
        # Rasa wraps the store into another one that cannot delete.
        self._conversations = keywords["tracker_store"]
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="conversations", daemon=True).start()

    async def handle_message(self, message: UserMessage) -> list[dict[str, Any]] | None:
        """Let Rasa handle a message there and return what Rasa returns; called from any event loop."""
        turn = asyncio.run_coroutine_threadsafe(super().handle_message(message), self._loop)
        return await asyncio.wrap_future(turn)

    async def forget(self, conversation_id: str) -> None:
        """Delete a conversation from memory and database; called from any event loop.

        Raises:
            Exception: whatever the store raises; the conversation may then still be there.
        """
        deletion = asyncio.run_coroutine_threadsafe(self._conversations.delete(conversation_id), self._loop)
        await asyncio.wrap_future(deletion)

    async def detect(self, text: str) -> Detection:
        """Return what the model's crisis detector hears in a message.

        Raises:
            RuntimeError: if there is no model.
        """
        if not isinstance(self.processor, Processor):
            raise RuntimeError("There is no model.")
        return await self.processor.detect(text)

    def load_model(self, model_path: str | Path, fingerprint: str | None = None) -> None:
        """Load a model archive and serve it from the next message on.

        Raises:
            Exception: whatever loading raises; the model before stays in use then.
        """
        self._serve(self.prepare(model_path))
        self._set_fingerprint(fingerprint)

    def prepare(self, model_path: str | Path) -> Processor:
        """Load a model archive beside the one that is served; takes seconds, in whichever thread it is called.

        Raises:
            Exception: whatever loading raises.
        """
        return Processor(
            model_path=model_path,
            tracker_store=self.tracker_store,
            lock_store=self.lock_store,
            action_endpoint=self.action_endpoint,
            generator=self.nlg,
        )

    async def switch(self, processor: Processor) -> None:
        """Serve what `prepare` returned from the next message on; a turn that runs ends with the model before."""

        async def between_steps() -> None:
            self._serve(processor)

        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(between_steps(), self._loop))

    def _serve(self, processor: Processor) -> None:
        self.processor = processor
        self.domain = processor.domain
        self.tracker_store.domain = self.domain
        if isinstance(self._conversations, ConversationStore):
            self._conversations.add_slots()
        if hasattr(self.nlg, "responses"):
            self.nlg.responses = self.domain.responses if self.domain else {}


async def load_agent(model: Path, endpoints: AvailableEndpoints) -> HelplineAgent:
    """Return an agent with the stores and endpoints of endpoints.yml and this model.

    With a model that cannot be loaded it is not ready (`is_ready`), and the guard gives the numbers in its place.
    """
    broker = await EventBroker.create(endpoints.event_broker)
    agent = HelplineAgent(
        generator=endpoints.nlg,
        tracker_store=TrackerStore.create(endpoints.tracker_store, event_broker=broker),
        lock_store=LockStore.create(endpoints.lock_store),
        action_endpoint=endpoints.action,
    )
    try:
        agent.load_model(model)
    except Exception:
        logger.exception("The model %s cannot be loaded. Run `make train`.", model)
    return agent

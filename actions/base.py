"""What every custom action keeps: it never raises, and it never leaves a person without a sentence."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

logger = logging.getLogger(__name__)


class SafeAction(Action, ABC):
    """Runs `act` and speaks `trouble` where that fails."""

    trouble = "Something went wrong just now. To talk with a person, call 1-800-662-HELP (4357), free, 24/7."

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Do what rasa_sdk asks for, whatever happens in `act`."""
        try:
            return await self.act(dispatcher, tracker)
        except Exception:
            # The message itself may hold what a person wrote: only the place of the failure is logged.
            logger.exception("%s failed.", self.name())
            dispatcher.utter_message(text=self.trouble)
            return []

    @abstractmethod
    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[dict[str, Any]]:
        """Do the work and return Rasa events."""

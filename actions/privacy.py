"""Deleting a conversation at the person's request, with a receipt."""

from __future__ import annotations

import secrets
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import SafeAction
from helpline.settings import load
from helpline.storage.database import FORGET_SLOT, delete_conversation, open_engine


@lru_cache(maxsize=1)
def conversations() -> sa.engine.Engine:
    """Return the engine of the conversations' database, opened once."""
    return open_engine(load().database_url)


class ActionDeleteConversation(SafeAction):
    """Deletes what is stored; the slot makes the Rasa server drop the rest, this very turn included."""

    trouble = (
        "I could not delete this conversation just now. Please try again in a moment. "
        "It is erased by itself when its time is up."
    )

    def name(self) -> str:
        """Return the name by which rules call the action."""
        return "action_delete_conversation"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[dict[str, Any]]:
        """Delete, and say so with time and receipt."""
        delete_conversation(conversations(), tracker.sender_id)
        now = datetime.now(timezone.utc)
        dispatcher.utter_message(
            text=f"Your conversation is deleted. Receipt {secrets.token_hex(3).upper()}, {now:%Y-%m-%d %H:%M} UTC. "
            "Your own device or messaging app may still show it.",
            json_message={"kind": "info"},
        )
        return [SlotSet(FORGET_SLOT, True)]

"""The guard stands between every channel and Rasa: each message gets a reply in time, whatever is down."""

from __future__ import annotations

import asyncio
import logging
import re
from typing import Any, Awaitable, Callable
from weakref import WeakValueDictionary

from rasa.core.channels.channel import CollectingOutputChannel, UserMessage

from helpline.answers.numbers import load_numbers

logger = logging.getLogger(__name__)

OnNewMessage = Callable[[UserMessage], Awaitable[Any]]

# A message is stored and read up to this length; see `helpline.nlu.text.MAX_CHARACTERS` for what is classified.
MAX_STORED_CHARACTERS = 10_000
_COMMAND = re.compile(r"^[\s/]+")
_TROUBLE = (
    "I can't answer right now because of a technical problem. Please try again in a moment. "
    "In danger call {emergency}. "
    "In a crisis call or text {suicide_crisis}. For treatment help call {national_helpline}, free, 24/7."
)


class Guard:
    """Passes messages to Rasa one at a time per person and speaks itself where no reply comes."""

    def __init__(self, on_new_message: OnNewMessage, timeout: float) -> None:
        """Take Rasa's handler and the seconds after which the guard answers in its place."""
        self._on_new_message = on_new_message
        self._timeout = timeout
        # Rasa's ticket lock polls once a second; queueing here keeps quick messages in order without that wait.
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def answer(
        self, text: str, sender_id: str, channel: str, metadata: dict[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        """Return the replies to a message in REST form (`text`, `buttons`, `custom`): never none; never raises."""
        output = CollectingOutputChannel()
        message = UserMessage(admit(text), output, sender_id, input_channel=channel, metadata=metadata)
        task = asyncio.ensure_future(self._in_turn(message))
        done, _ = await asyncio.wait({task}, timeout=self._timeout)
        if done:
            _log_failure(task)
        else:
            logger.error("No reply within %.1f s; the guard answers.", self._timeout)
            task.add_done_callback(_log_failure)
        # A copy: a turn that is late may still add to the channel's list.
        return list(output.messages) or [trouble(sender_id)]

    async def _in_turn(self, message: UserMessage) -> None:
        turn = self._turns.setdefault(message.sender_id, asyncio.Lock())
        async with turn:
            await self._on_new_message(message)


def admit(text: str) -> str:
    """Return what of a message reaches Rasa: no payload commands ("/restart"), at most 10,000 characters.

    Rasa takes a leading slash for a command that triggers any intent and skips the classifier (`/intent{...}`).
    """
    return _COMMAND.sub("", text.replace("\x00", "")[:MAX_STORED_CHARACTERS])


def trouble(recipient_id: str) -> dict[str, Any]:
    """Return the reply for a turn in which Rasa gave none, with the numbers."""
    shown = {key: number.text or number.tel for key, number in load_numbers().items()}
    return {"recipient_id": recipient_id, "text": _TROUBLE.format(**shown)}


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        logger.error("A turn failed.", exc_info=task.exception())

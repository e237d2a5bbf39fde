"""Rasa's form of the fit check: it steps aside for danger, and says so where the action server is down."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from rasa.core.actions.action import ActionExecutionRejection, create_bot_utterance
from rasa.core.actions.forms import FormAction
from rasa.shared.core.constants import REQUESTED_SLOT
from rasa.shared.core.events import ActiveLoop, BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from helpline.crisis.follow_up import CRISIS_SEEN
from helpline.fit_check.dialogue import SLOT, is_digression
from helpline.fit_check.words import say
from helpline.nlu.decision import CRISIS
from helpline.settings import load
from helpline.storage.database import FORGET_SLOT

logger = logging.getLogger(__name__)

# A digression may call the action server twice within the guard's time.
_SECONDS = 0.7


class FitCheckForm(FormAction):
    """The form whose answers `validate_fit_check_form` reads on the action server."""

    async def run(self, *arguments: Any, **keywords: Any) -> list[Event]:
        """Take the turn, or leave it to the crisis reply; never end the check for want of an action server.

        Raises:
            ActionExecutionRejection: where another reply comes first.
        """
        tracker: DialogueStateTracker = arguments[2]
        intent = (tracker.latest_message.intent or {}).get("name") if tracker.latest_message else None
        answered = _is_answered(tracker)
        if intent == CRISIS and not answered:
            raise ActionExecutionRejection(self.name(), "Danger comes first.")
        if intent == CRISIS or tracker.get_slot(FORGET_SLOT):
            return _over()
        if not load().fit_check:
            return [create_bot_utterance(say("switched_off")), *_over()]
        if tracker.get_slot(CRISIS_SEEN):
            return [create_bot_utterance(say("after_crisis")), *_over()]
        try:
            return await asyncio.wait_for(super().run(*arguments, **keywords), _SECONDS)
        except ActionExecutionRejection:
            raise
        except Exception:
            logger.exception("The fit check has no action server.")
        if tracker.active_loop_name == self.name() and not answered and _is_digression(tracker):
            # Questions are answered without the action server.
            raise ActionExecutionRejection(self.name(), "No action server.")
        unavailable = create_bot_utterance(say("unavailable"))
        if answered:
            # Other questions are not held up by a check that cannot go on; what was told stays in its slot.
            return [unavailable, *_over()]
        return [ActiveLoop(self.name()), unavailable, SlotSet(REQUESTED_SLOT, SLOT)]


def _over() -> list[Event]:
    return [SlotSet(REQUESTED_SLOT, None), ActiveLoop(None)]


def _is_digression(tracker: DialogueStateTracker) -> bool:
    message = tracker.latest_message
    return is_digression(message.text or "", message.intent.get("name") or "", message.intent.get("confidence") or 0.0)


def _is_answered(tracker: DialogueStateTracker) -> bool:
    """Tell whether something was said since the latest message."""
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            return False
        if isinstance(event, BotUttered):
            return True
    return False

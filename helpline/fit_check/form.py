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
from helpline.fit_check import dialogue
from helpline.fit_check.dialogue import SLOT, State, Turn
from helpline.fit_check.record import record
from helpline.fit_check.words import say
from helpline.nlu.decision import CRISIS, FIT_CHECK, WISHES
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
        intent = _intent(tracker)
        answered = _is_answered(tracker)
        if intent == CRISIS and not answered:
            raise ActionExecutionRejection(self.name(), "Danger comes first.")
        if intent == CRISIS or tracker.get_slot(FORGET_SLOT):
            return _over()
        if not load().fit_check:
            if tracker.active_loop_name == self.name() and not answered and intent != FIT_CHECK:
                raise ActionExecutionRejection(self.name(), "Switched off; what else is asked is answered first.")
            return [create_bot_utterance(say("switched_off")), *_over()]
        if tracker.get_slot(CRISIS_SEEN):
            return self._after_crisis(tracker, answered)
        try:
            return await asyncio.wait_for(super().run(*arguments, **keywords), _SECONDS)
        except ActionExecutionRejection:
            raise
        except Exception:
            logger.exception("The fit check has no action server.")
        if tracker.active_loop_name == self.name() and not answered:
            turn = _turn(tracker)
            if dialogue.cannot_wait(turn):
                if turn.danger:
                    record(turn)
                return _spoken(turn)
            if not turn.taken:
                # Questions are answered without the action server.
                raise ActionExecutionRejection(self.name(), "No action server.")
        unavailable = create_bot_utterance(say("unavailable"))
        if answered and _state(tracker).current == "safety":
            # Whoever asks something else at the question about danger may still say yes to it.
            return _spoken(dialogue.ask_again(_state(tracker)))
        if answered and _state(tracker).answers and not _state(tracker).current:
            return _over()
        if answered:
            # Other questions are not held up by a check that cannot go on; what was told stays in its slot.
            return [unavailable, *_over()]
        return [ActiveLoop(self.name()), unavailable, SlotSet(REQUESTED_SLOT, SLOT)]

    def _after_crisis(self, tracker: DialogueStateTracker, answered: bool) -> list[Event]:
        """Give no result after danger; but where the check's own question told of it, the answer may be taken back."""
        state = _state(tracker)
        if tracker.active_loop_name == self.name() and state.in_danger:
            turn = dialogue.ask_again(state) if answered else _turn(tracker)
            if turn.taken:
                return _spoken(turn)
            if _intent(tracker) not in WISHES:
                raise ActionExecutionRejection(self.name(), "Not for the check.")
        return [create_bot_utterance(say("after_crisis")), *_over()]


def _over() -> list[Event]:
    return [SlotSet(REQUESTED_SLOT, None), ActiveLoop(None)]


def _intent(tracker: DialogueStateTracker) -> str | None:
    return (tracker.latest_message.intent or {}).get("name") if tracker.latest_message else None


def _turn(tracker: DialogueStateTracker) -> Turn:
    """Return what the latest message leads to, worked out without the action server."""
    message = tracker.latest_message
    text, intent = message.text or "", message.intent
    name = intent.get("name") or ""
    digression = dialogue.is_digression(text, name, intent.get("confidence") or 0.0)
    state = _state(tracker)
    # Without a question the check was begun while the server was down, and nothing has been answered.
    return dialogue.answer(state, text, digression) if state.waits else Turn(state, [], taken=not digression)


def _state(tracker: DialogueStateTracker) -> State:
    return State.of_slot(tracker.get_slot(SLOT))


def _spoken(turn: Turn) -> list[Event]:
    """Return the events of a turn that was worked out here."""
    said = [create_bot_utterance(dict(message)) for message in turn.messages]
    kept = SlotSet(SLOT, turn.state.as_slot())
    seen = SlotSet(CRISIS_SEEN, turn.state.in_danger)
    # The conversations' store deletes a conversation that has this slot set, by itself.
    forget = [SlotSet(FORGET_SLOT, True)] if turn.forget else []
    return [*said, kept, seen, *forget, *([] if turn.state.waits else _over())]


def _is_answered(tracker: DialogueStateTracker) -> bool:
    """Tell whether something was said since the latest message."""
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            return False
        if isinstance(event, BotUttered):
            return True
    return False

"""The fit check on the action server: each message is read, kept, and followed by a question or the result."""

from __future__ import annotations

import logging
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import SafeAction
from actions.crisis import report
from actions.privacy import conversations
from helpline.crisis.follow_up import CRISIS_SEEN
from helpline.fit_check import dialogue
from helpline.fit_check.dialogue import FORM, REQUESTED_SLOT, SLOT, State, Turn
from helpline.fit_check.record import entry_of
from helpline.nlu.decision import SUPPORT, SUPPORT_AND_QUESTION, WISHES
from helpline.storage.database import FORGET_SLOT, delete_conversation

logger = logging.getLogger(__name__)

_DISTRESS = (SUPPORT, SUPPORT_AND_QUESTION)
# Distress beside an answer of more words than this is answered too.
_FEW_WORDS = 5
# On these others may read along: earlier answers are not gone on with unasked.
_OWN_PAGES = ("rest", "web", "cmdline", "")
# After so many seconds without a message somebody else may hold the phone; the question about danger waits longer.
_LONG = 3600.0


class ValidateFitCheckForm(SafeAction):
    """Reads a message during the check and says what comes next."""

    def name(self) -> str:
        """Return the name by which the form calls the action."""
        return f"validate_{FORM}"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[dict[str, Any]]:
        """Take the message; no events at all leave it to others, and the form asks again after them."""
        turn = turn_of(tracker)
        if not turn.taken:
            return []
        if turn.forget:
            delete_conversation(conversations(), tracker.sender_id)
        for message in turn.messages:
            dispatcher.utter_message(
                text=message["text"], buttons=message.get("buttons"), json_message=message["custom"]
            )
        waiting = SLOT if turn.state.waits else None
        events = [SlotSet(SLOT, turn.state.as_slot()), SlotSet(REQUESTED_SLOT, waiting)]
        if turn.danger:
            events.append(SlotSet(CRISIS_SEEN, True))
            try:
                report(entry_of(turn), tracker.sender_id, dispatcher)
            except Exception:
                logger.exception("An urgent result could not be recorded or handed off.")
        return [*events, SlotSet(FORGET_SLOT, True)] if turn.forget else events


def turn_of(tracker: Tracker) -> Turn:
    """Return what the latest message leads to."""
    state = State.of_slot(tracker.get_slot(SLOT))
    message = tracker.latest_message
    text, intent = message.get("text") or "", message.get("intent") or {}
    name = str(intent.get("name"))
    digression = dialogue.is_digression(text, name, float(intent.get("confidence") or 0))
    # The form has left this very message to others, who have answered it.
    if _since_message(tracker, "action_execution_rejected"):
        if name in _DISTRESS and state.current:
            # The kind words have been said; what the message answers is not lost.
            turn = dialogue.answer(state, text, is_digression=True)
            if turn.taken:
                return turn
        return dialogue.ask_again(state)
    if name in _DISTRESS and state.current and len(text.split()) > _FEW_WORDS:
        return Turn(state, [], taken=False)
    shared = tracker.get_latest_input_channel() not in _OWN_PAGES
    if shared and state.current not in (None, "safety", dialogue.RESUME) and _seconds_idle(tracker) > _LONG:
        return dialogue.ask_whether_to_go_on(state)
    starts = _since_message(tracker, "active_loop")
    if not starts and state.waits:
        turn = dialogue.answer(state, text, digression, asks_for_check=name in WISHES)
        if turn.taken or name not in WISHES:
            return turn
    if digression and not starts:
        # The check was begun while this server was down, and its first question waits.
        return Turn(state, [], taken=False)
    return dialogue.begin(state, text, _label(message) == "fit_check/resume", shared)


def _label(message: dict[str, Any]) -> str:
    chosen = (message.get("response_selector") or {}).get("fit_check") or {}
    return str((chosen.get("response") or {}).get("intent_response_key") or "")


def _seconds_idle(tracker: Tracker) -> float:
    """Return how long the person wrote nothing before the latest message."""
    times = [event.get("timestamp") or 0.0 for event in tracker.events if event["event"] == "user"]
    return float(times[-1] - times[-2]) if len(times) > 1 else 0.0


def _since_message(tracker: Tracker, kind: str) -> bool:
    """Tell whether an event of this `kind` concerned the form since the latest message."""
    for event in reversed(tracker.events):
        if event["event"] == "user":
            return False
        if event["event"] == kind and event["name"] == FORM:
            return True
    return False

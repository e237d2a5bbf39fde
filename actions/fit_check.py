"""The fit check on the action server: each message is read, kept, and followed by a question or the result."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import SafeAction
from helpline.fit_check import dialogue
from helpline.fit_check.dialogue import REQUESTED_SLOT, SLOT, State, Turn

_FORM = "fit_check_form"
# On these others may read along: earlier answers are not gone on with unasked.
_OWN_PAGES = ("rest", "web", "cmdline", "")


class ValidateFitCheckForm(SafeAction):
    """Reads a message during the check and says what comes next."""

    def name(self) -> str:
        """Return the name by which the form calls the action."""
        return f"validate_{_FORM}"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[dict[str, Any]]:
        """Take the message; no events at all leave it to others, and the form asks again after them."""
        turn = turn_of(tracker)
        if not turn.taken:
            return []
        for message in turn.messages:
            dispatcher.utter_message(
                text=message["text"], buttons=message.get("buttons"), json_message=message["custom"]
            )
        waiting = SLOT if turn.state.current else None
        return [SlotSet(SLOT, turn.state.as_slot()), SlotSet(REQUESTED_SLOT, waiting)]


def turn_of(tracker: Tracker) -> Turn:
    """Return what the latest message leads to."""
    state = State.of_slot(tracker.get_slot(SLOT))
    message = tracker.latest_message
    text, intent = message.get("text") or "", message.get("intent") or {}
    if _comes_back(tracker):
        return dialogue.ask_again(state)
    if not tracker.get_slot(REQUESTED_SLOT):
        label = _label(message)
        return dialogue.begin(
            state, text, label == "fit_check/resume", tracker.get_latest_input_channel() not in _OWN_PAGES
        )
    if state.current is None:
        # The check was begun while this server was down.
        return dialogue.begin(state, text, go_on=True)
    digression = dialogue.is_digression(text, str(intent.get("name")), float(intent.get("confidence") or 0))
    return dialogue.answer(state, text, digression)


def _label(message: dict[str, Any]) -> str:
    chosen = (message.get("response_selector") or {}).get("fit_check") or {}
    return str((chosen.get("response") or {}).get("intent_response_key") or "")


def _comes_back(tracker: Tracker) -> bool:
    """Tell whether the form has left this message to others already."""
    for event in reversed(tracker.events):
        if event["event"] == "user":
            return False
        if event["event"] == "action_execution_rejected" and event["name"] == _FORM:
            return True
    return False

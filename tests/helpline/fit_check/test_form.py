from __future__ import annotations

import asyncio
import warnings
from typing import Any

import pytest
from rasa.core.actions.action import ActionExecutionRejection
from rasa.core.channels.channel import CollectingOutputChannel
from rasa.core.nlg import TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from helpline.fit_check.dialogue import FORM, SLOT
from helpline.fit_check.form import FitCheckForm

with warnings.catch_warnings():
    # Rasa says at the first domain with slots that it fills them in another way since 3.0.
    warnings.simplefilter("ignore")
    DOMAIN = Domain.from_yaml(f"""
version: "3.1"
intents: [crisis, faq, fit_check, unclear]
slots:
  {SLOT}: {{type: any, mappings: [{{type: custom}}]}}
  crisis_seen: {{type: bool, mappings: [{{type: custom}}]}}
  forget_conversation: {{type: bool, mappings: [{{type: custom}}]}}
forms:
  {FORM}: {{required_slots: [{SLOT}]}}
actions: [validate_{FORM}]
""")
OVER = [SlotSet("requested_slot", None), ActiveLoop(None)]


def ran(intent: str, *after: Event, text: str = "hello", slots: dict[str, Any] | None = None) -> list[Event]:
    """What the form does during a check, where nobody listens at the action server's address."""
    events = [ActionExecuted("action_listen"), ActiveLoop(FORM), SlotSet("requested_slot", SLOT)]
    events += [SlotSet(name, value) for name, value in (slots or {}).items()]
    said = UserUttered(text, intent={"name": intent, "confidence": 0.9})
    tracker = DialogueStateTracker.from_events("p", [*events, said, *after], domain=DOMAIN, slots=DOMAIN.slots)
    form = FitCheckForm(FORM, EndpointConfig("http://127.0.0.1:1/webhook"))
    return asyncio.run(form.run(CollectingOutputChannel(), TemplatedNaturalLanguageGenerator({}), tracker, DOMAIN))


def test_danger_comes_first() -> None:
    with pytest.raises(ActionExecutionRejection):
        ran("crisis")


def test_after_the_crisis_reply_the_check_is_over() -> None:
    assert ran("crisis", BotUttered("Call 988.")) == OVER


def test_after_danger_it_gives_no_result() -> None:
    said, *over = ran("fit_check", slots={"crisis_seen": True})
    assert "988" in said.text and over == OVER


def test_a_deleted_conversation_has_no_check() -> None:
    assert ran("unclear", slots={"forget_conversation": True}) == OVER


def test_switched_off_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIT_CHECK", "off")
    said, *over = ran("fit_check")
    assert "switched off" in said.text and over == OVER


def test_without_the_action_server_it_says_so_and_goes_on_waiting() -> None:
    loop, said, waits = ran("unclear", text="34")
    assert loop == ActiveLoop(FORM) and waits == SlotSet("requested_slot", SLOT)
    assert "kept" in said.text and "1-800-662-HELP (4357)" in said.text


def test_without_the_action_server_questions_are_left_to_others() -> None:
    with pytest.raises(ActionExecutionRejection):
        ran("faq", text="what is group therapy?")
    said, *over = ran("faq", BotUttered("It is ..."), text="what is group therapy?")
    assert "kept" in said.text and over == OVER

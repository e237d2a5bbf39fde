from __future__ import annotations

import asyncio
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from rasa.core.actions.action import ActionExecutionRejection
from rasa.core.channels.channel import CollectingOutputChannel
from rasa.core.nlg import TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from helpline.fit_check import record
from helpline.fit_check.dialogue import FORM, SLOT, State
from helpline.fit_check.form import FitCheckForm
from helpline.storage.database import open_engine
from helpline.storage.ledger import entries

with warnings.catch_warnings():
    # Rasa says at the first domain with slots that it fills them in another way since 3.0.
    warnings.simplefilter("ignore")
    DOMAIN = Domain.from_yaml(f"""
version: "3.1"
intents: [crisis, faq, fit_check, off_topic, smalltalk, unclear]
slots:
  {SLOT}: {{type: any, mappings: [{{type: custom}}]}}
  crisis_seen: {{type: bool, mappings: [{{type: custom}}]}}
  forget_conversation: {{type: bool, mappings: [{{type: custom}}]}}
forms:
  {FORM}: {{required_slots: [{SLOT}]}}
actions: [validate_{FORM}]
""")
OVER = [SlotSet("requested_slot", None), ActiveLoop(None)]


@pytest.fixture(autouse=True)
def _database(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)


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
    assert all(number in said.text for number in ("911", "988", "1-800-662-HELP (4357)"))


def test_switched_off_in_the_middle_what_else_is_asked_is_answered_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIT_CHECK", "off")
    with pytest.raises(ActionExecutionRejection):
        ran("faq", text="what is group therapy?")
    said, *over = ran("faq", BotUttered("It is ..."), text="what is group therapy?")
    assert "switched off" in said.text and over == OVER


def test_without_the_action_server_it_says_so_and_goes_on_waiting() -> None:
    loop, said, waits = ran("unclear", text="34")
    assert loop == ActiveLoop(FORM) and waits == SlotSet("requested_slot", SLOT)
    assert "kept" in said.text and "1-800-662-HELP (4357)" in said.text


def at(question: str, again: bool = False, **answers: str) -> dict[str, Any]:
    """The slots of a check in which `question` waits."""
    return {SLOT: State({"who": "me", "age": "adult", **answers}, question, again).as_slot()}


@pytest.mark.parametrize("intent", ["smalltalk", "faq", "unclear", "off_topic", "fit_check"])
@pytest.mark.parametrize("text", ["yes", "Yes", "y", "yeah", "yes i am", "yes, right now"])
def test_without_the_action_server_a_yes_to_danger_is_urgent(intent: str, text: str) -> None:
    said, kept, seen, *_ = ran(intent, text=text, slots=at("safety"))
    assert said.data["custom"]["outcome"] == "urgent"
    assert all(number in said.text for number in ("911", "988", "1-800-662-HELP (4357)"))
    assert kept.value["answers"]["safety"] == "yes" and seen == SlotSet("crisis_seen", True)


def test_without_the_action_server_an_urgent_answer_is_in_the_ledger(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = ThreadPoolExecutor(max_workers=1)
    monkeypatch.setattr(record, "_writer", writer)
    ran("unclear", text="no", slots=at("safety"))
    ran("unclear", text="yes", slots=at("safety"))
    writer.shutdown(wait=True)
    (entry,) = entries(open_engine(database_url))
    assert (entry["category"], entry["tier"], entry["reply"]) == ("suicide_active", "T2", "fit_check/urgent")
    assert entry["rules"] == ["fit_check.safety"] and "suicide_crisis" in entry["numbers"]


def test_without_action_server_and_database_a_yes_to_danger_is_urgent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "_writer", None)
    said, *_ = ran("unclear", text="yes", slots=at("safety"))
    assert said.data["custom"]["outcome"] == "urgent"


def test_without_the_action_server_danger_that_is_unclear_is_asked_about_and_then_urgent() -> None:
    said, kept, *_ = ran("unclear", text="not sure", slots=at("safety"))
    assert said.data["custom"]["id"] == "safety" and kept.value["again"]
    said, *_ = ran("unclear", text="not sure", slots=at("safety", again=True))
    assert said.data["custom"]["outcome"] == "urgent"


def test_without_the_action_server_the_question_of_danger_outlasts_other_questions() -> None:
    with pytest.raises(ActionExecutionRejection):
        ran("faq", text="what is group therapy?", slots=at("safety"))
    said, kept, *after = ran("faq", BotUttered("It is ..."), text="what is group therapy?", slots=at("safety"))
    assert said.data["custom"]["id"] == "safety" and kept.value["current"] == "safety"
    assert ActiveLoop(None) not in after


def test_without_the_action_server_a_withdrawal_that_happens_now_is_urgent() -> None:
    said, *_ = ran("unclear", text="Yes, right now", slots=at("withdrawal_history", daily_use="alcohol"))
    assert said.data["custom"]["outcome"] == "urgent"


def test_without_the_action_server_stop_stops() -> None:
    said, kept, *_ = ran("unclear", text="stop", slots=at("health"))
    assert "stopped" in said.text and kept.value["current"] is None and kept.value["answers"]["age"] == "adult"


def test_without_the_action_server_answers_are_deleted_and_nothing_is_kept_of_a_child() -> None:
    for text, question in (("delete my answers", "health"), ("i am 11", "age")):
        said, kept, _, forget, *_ = ran("unclear", text=text, slots=at(question))
        assert "technical" not in said.text and kept.value["answers"] == {}
        assert forget == SlotSet("forget_conversation", True)


def test_after_the_urgent_reply_answers_can_be_deleted() -> None:
    assert SlotSet("forget_conversation", True) in ran("unclear", text="delete my answers", slots=urgent())


def test_without_the_action_server_it_says_which_message_is_lost() -> None:
    _, said, _ = ran("unclear", text="no", slots=at("health"))
    assert "this last message is not" in said.text and "answer that question again" in said.text


def urgent() -> dict[str, Any]:
    """The slots after a yes to the question about danger."""
    state = State({"who": "me", "age": "adult", "safety": "yes"}, done=True)
    return {SLOT: state.as_slot(), "crisis_seen": True}


@pytest.mark.parametrize("text", ["back", "oops i meant no", "no one is in danger, i pressed the wrong button"])
def test_a_slip_at_danger_is_asked_about_once_more(text: str) -> None:
    said, question, kept, seen, *_ = ran("unclear", text=text, slots=urgent())
    assert "back" in said.text and question.data["custom"]["id"] == "safety"
    assert kept.value["current"] == "safety" and seen == SlotSet("crisis_seen", False)


def test_after_the_urgent_reply_a_yes_gets_it_again_and_other_things_their_answer() -> None:
    said, *_ = ran("smalltalk", text="yes", slots=urgent())
    assert said.data["custom"]["outcome"] == "urgent"
    with pytest.raises(ActionExecutionRejection):
        ran("faq", text="what is group therapy?", slots=urgent())
    said, *over = ran("fit_check", text="take the fit check", slots=urgent())
    assert "988" in said.text and over == OVER


def test_without_the_action_server_questions_are_left_to_others() -> None:
    with pytest.raises(ActionExecutionRejection):
        ran("faq", text="what is group therapy?")
    said, *over = ran("faq", BotUttered("It is ..."), text="what is group therapy?")
    assert "kept" in said.text and over == OVER

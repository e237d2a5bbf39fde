from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import crisis
from actions.fit_check import ValidateFitCheckForm
from actions.privacy import conversations
from helpline.fit_check.dialogue import SLOT, State
from helpline.storage.database import open_engine
from helpline.storage.ledger import entries, verify


@pytest.fixture
def finish(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Return what waits until everything in the background is written."""
    writer = ThreadPoolExecutor(max_workers=1)
    monkeypatch.setattr(crisis, "_writer", writer)
    monkeypatch.setenv("DATABASE_URL", database_url)
    conversations.cache_clear()
    yield lambda: writer.shutdown(wait=True)
    conversations.cache_clear()


def at(question: str, text: str, who: str = "me", **answers: str) -> Tracker:
    """Return a conversation in which `question` waits and `text` is the answer."""
    state = State({"who": who, **answers}, question)
    events = [{"event": "user", "text": text}]
    message = {"text": text, "intent": {"name": "faq", "confidence": 0.1}}
    return Tracker("somebody-4711", {SLOT: state.as_slot()}, message, events, False, None, {}, None)


@pytest.mark.parametrize(
    ("tracker", "category", "subject"),
    [
        (at("safety", "Yes"), "suicide_active", "self"),
        (at("safety", "Yes", "loved_one"), "suicide_other", "other"),
        (
            at("withdrawal_history", "Yes, now", safety="no", focus="substance", daily_use="alcohol"),
            "withdrawal_danger",
            "self",
        ),
    ],
)
@pytest.mark.asyncio
async def test_an_urgent_result_is_in_the_ledger(
    finish: Callable[[], None], database_url: str, tracker: Tracker, category: str, subject: str
) -> None:
    dispatcher = CollectingDispatcher()
    await ValidateFitCheckForm().run(dispatcher, tracker, {})
    finish()
    assert dispatcher.messages[-1]["custom"]["outcome"] == "urgent"
    (entry,) = entries(open_engine(database_url))
    assert (entry["category"], entry["subject"], entry["tier"]) == (category, subject, "T2")
    assert entry["rules"] == [f"fit_check.{'withdrawal_history' if category == 'withdrawal_danger' else 'safety'}"]
    assert entry["reply"] == "fit_check/urgent"
    assert {"emergency", "suicide_crisis", "national_helpline"} <= set(entry["numbers"])
    assert "4711" not in str(entry)


@pytest.mark.asyncio
async def test_danger_that_is_only_not_ruled_out_has_no_category(finish: Callable[[], None], database_url: str) -> None:
    state = State({"who": "me"}, "safety", again=True)
    tracker = at("safety", "banana")
    tracker.slots[SLOT] = state.as_slot()
    await ValidateFitCheckForm().run(CollectingDispatcher(), tracker, {})
    finish()
    (entry,) = entries(open_engine(database_url))
    assert (entry["category"], entry["tier"]) == ("none", "T2s")


@pytest.mark.asyncio
async def test_another_answer_is_not(finish: Callable[[], None], database_url: str) -> None:
    await ValidateFitCheckForm().run(CollectingDispatcher(), at("safety", "No"), {})
    finish()
    assert verify(open_engine(database_url)).count == 0


@pytest.mark.asyncio
async def test_a_ledger_that_fails_takes_nothing_from_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crisis, "_writer", None)
    dispatcher = CollectingDispatcher()
    assert await ValidateFitCheckForm().run(dispatcher, at("safety", "Yes"), {})
    assert dispatcher.messages[-1]["custom"]["outcome"] == "urgent"


@pytest.mark.asyncio
async def test_after_an_hour_on_a_shared_channel_it_is_asked_before_the_check_goes_on() -> None:
    for question, waits in (("health", "resume_or_not"), ("safety", "age")):
        tracker = at(question, "No")
        tracker.events[:0] = [{"event": "user", "text": "Me", "timestamp": 0.0, "input_channel": "sms"}]
        tracker.events[-1] |= {"timestamp": 7200.0, "input_channel": "sms"}
        events = await ValidateFitCheckForm().run(CollectingDispatcher(), tracker, {})
        assert events[0]["value"]["current"] == waits


@pytest.mark.asyncio
async def test_after_the_result_a_message_that_is_taken_for_a_wish_may_put_something_right() -> None:
    tracker = at("paying", "back")
    tracker.slots[SLOT] = State({"who": "me", "age": "adult", "time": "yes"}, done=True).as_slot()
    tracker.latest_message["intent"] = {"name": "fit_check_and_question", "confidence": 0.6}
    events = await ValidateFitCheckForm().run(CollectingDispatcher(), tracker, {})
    assert events[0]["value"]["current"] == "time" and events[0]["value"]["answers"]["age"] == "adult"

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from rasa.core.tracker_store import TrackerStore, check_if_tracker_store_async
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, BotUttered, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig
from sqlalchemy.exc import SQLAlchemyError

from helpline.storage.database import count_events, open_engine, read_events
from helpline.storage.tracker_store import FORGET_SLOT, KEPT_TURNS, MAX_TURNS, ConversationStore, StoredTracker

# Rasa says this of every domain with slots.
pytestmark = pytest.mark.filterwarnings("ignore:Slot auto-fill has been removed:UserWarning")
EVENTS_A_TURN = 4
DOMAIN = """
version: "3.1"
intents: [faq]
slots:
  forget_conversation: {type: bool, influence_conversation: false, mappings: [{type: custom}]}
  city: {type: text, influence_conversation: false, mappings: [{type: custom}]}
forms:
  a_form: {required_slots: [city]}
"""
MakeStore = Callable[..., ConversationStore]


@pytest.fixture
def make_store(database_url: str) -> MakeStore:
    """Return a maker of stores on one database; each knows nothing but what is stored, as after a restart."""
    return lambda **options: ConversationStore(Domain.from_yaml(DOMAIN), database_url, **options)


async def turn(store: ConversationStore, text: str, sender: str = "a") -> DialogueStateTracker:
    """Do to the store what Rasa does in a turn."""
    tracker = await store.get_or_create_tracker(sender)
    tracker.update(UserUttered(text, {"name": "faq"}))
    tracker.update(ActionExecuted("utter_faq"))
    tracker.update(BotUttered(f"answer to {text}"))
    tracker.update(ActionExecuted("action_listen"))
    await store.save(tracker)
    return tracker


async def talk(store: ConversationStore, turns: int, sender: str = "a") -> None:
    for number in range(turns):
        await turn(store, f"question {number}", sender)


def questions(tracker: DialogueStateTracker | None) -> list[str]:
    assert tracker is not None
    return [event.text for event in tracker.events if isinstance(event, UserUttered)]


async def assert_nothing_stored(store: ConversationStore, sender: str) -> None:
    """Rasa gets an empty tracker to start with; what asks whether there is a conversation hears that there is none."""
    tracker = await store.retrieve(sender)
    assert isinstance(tracker, StoredTracker)
    assert (tracker.sender_id, list(tracker.events), tracker.stored) == (sender, [], 0)
    assert await store.retrieve_full_tracker(sender) is None
    assert not await store.exists(sender)
    assert sender not in await store.keys()


def stored_texts(url: str, sender: str = "a") -> list[str]:
    return [row["text"] for row in read_events(open_engine(url), sender) if row["event"] == "user"]


def test_rasa_can_make_and_call_it(database_url: str) -> None:
    endpoint = EndpointConfig(url=database_url, type="helpline.storage.tracker_store.ConversationStore")
    store = TrackerStore.create(endpoint, Domain.from_yaml(DOMAIN))
    assert isinstance(store, ConversationStore)
    assert check_if_tracker_store_async(store)


@pytest.mark.asyncio
async def test_each_save_appends_the_new_events_only(make_store: MakeStore, database_url: str) -> None:
    store, engine = make_store(), open_engine(database_url)
    tracker = await turn(store, "one")
    first = count_events(engine, "a")
    await store.save(tracker)
    assert count_events(engine, "a") == first
    await turn(store, "two")
    assert count_events(engine, "a") == first + EVENTS_A_TURN
    assert stored_texts(database_url) == ["one", "two"]


@pytest.mark.asyncio
async def test_all_is_stored_while_the_live_tracker_stays_short(make_store: MakeStore, database_url: str) -> None:
    store = make_store()
    for number in range(30):
        await turn(store, f"question {number}")
        live = questions(await store.retrieve("a"))
        assert live[-1] == f"question {number}"
        assert len(live) <= MAX_TURNS
        assert len(live) >= min(number + 1, KEPT_TURNS)
    everything = [f"question {number}" for number in range(30)]
    assert stored_texts(database_url) == everything
    assert questions(await store.retrieve_full_tracker("a")) == everything


@pytest.mark.asyncio
async def test_slots_and_active_loop_outlive_the_turns_that_set_them(make_store: MakeStore) -> None:
    store = make_store()
    tracker = await turn(store, "first")
    tracker.update(SlotSet("city", "Utrecht"))
    tracker.update(ActiveLoop("a_form"))
    await store.save(tracker)
    await talk(store, MAX_TURNS + 2)
    for tracker in (await store.retrieve("a"), await make_store().retrieve("a")):
        assert "first" not in questions(tracker)
        assert tracker.get_slot("city") == "Utrecht"
        assert tracker.active_loop_name == "a_form"


@pytest.mark.parametrize("turns", [1, MAX_TURNS, MAX_TURNS + 1, 3 * MAX_TURNS])
@pytest.mark.asyncio
async def test_a_new_store_continues_the_conversation(make_store: MakeStore, database_url: str, turns: int) -> None:
    await talk(make_store(), turns)
    await turn(make_store(), "after the restart")
    expected = [*(f"question {number}" for number in range(turns)), "after the restart"]
    assert stored_texts(database_url) == expected
    assert questions(await make_store().retrieve("a"))[-2:] == expected[-2:]


def test_a_killed_process_loses_no_answered_turn(database_url: str) -> None:
    script = f"""
import asyncio, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from helpline.server import put_off_tensorflow
put_off_tensorflow()
from rasa.shared.core.domain import Domain
from test_tracker_store import ConversationStore, DOMAIN, talk
asyncio.run(talk(ConversationStore(Domain.from_yaml(DOMAIN), {database_url!r}), 12))
print("answered", flush=True)
sys.stdin.read()
"""
    command = [sys.executable, "-W", "ignore", "-c", script]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        answered = process.stdout.readline()
        process.kill()
    assert answered == "answered\n"
    assert process.returncode == -signal.SIGKILL
    assert stored_texts(database_url) == [f"question {number}" for number in range(12)]


@pytest.mark.asyncio
async def test_an_unknown_conversation_is_empty(make_store: MakeStore) -> None:
    store = make_store()
    await assert_nothing_stored(store, "a")
    await turn(store, "one")
    assert await store.exists("a")
    assert list(await store.keys()) == ["a"]


@pytest.mark.asyncio
async def test_delete_removes_memory_and_rows(make_store: MakeStore, database_url: str) -> None:
    store = make_store()
    await turn(store, "one")
    await turn(store, "other", "b")
    assert await store.delete("a") == EVENTS_A_TURN
    await assert_nothing_stored(store, "a")
    assert stored_texts(database_url) == []
    assert questions(await store.retrieve("b")) == ["other"]


@pytest.mark.asyncio
async def test_the_forget_slot_deletes_with_this_very_turn(make_store: MakeStore, database_url: str) -> None:
    store = make_store()
    tracker = await turn(store, "one")
    tracker.update(UserUttered("delete all of it", {"name": "faq"}))
    tracker.update(SlotSet(FORGET_SLOT, True))
    await store.save(tracker)
    await assert_nothing_stored(store, "a")
    await turn(store, "a new beginning")
    assert stored_texts(database_url) == ["a new beginning"]
    assert not (await store.retrieve("a")).get_slot(FORGET_SLOT)


@pytest.mark.asyncio
async def test_purge_takes_what_is_over_its_time(make_store: MakeStore) -> None:
    store = make_store()
    await turn(store, "old", "old")
    between = time.time()
    await turn(store, "new", "new")
    assert await store.purge(between) == 1
    await assert_nothing_stored(store, "old")
    assert questions(await store.retrieve("new")) == ["new"]


@pytest.mark.parametrize(("hours", "kept"), [(None, True), (1.0, True), (1e-9, False)])
@pytest.mark.asyncio
async def test_retention_is_kept_by_the_store_itself(make_store: MakeStore, hours: float | None, kept: bool) -> None:
    await turn(make_store(), "yesterday", "old")
    await turn(make_store(retention_hours=hours), "today", "new")
    assert await make_store().exists("old") is kept


@pytest.mark.asyncio
async def test_identifying_text_is_in_the_live_tracker_and_not_in_the_database(
    make_store: MakeStore, database_url: str
) -> None:
    store = make_store()
    await turn(store, "write to a@b.org")
    assert questions(await store.retrieve("a")) == ["write to a@b.org"]
    assert stored_texts(database_url) == ["write to [email]"]


@pytest.mark.asyncio
async def test_a_refused_write_is_made_up_for_by_the_next_save(make_store: MakeStore, database_url: str) -> None:
    store = make_store()
    await turn(store, "one")
    with open_engine(database_url).begin() as connection:
        connection.exec_driver_sql("CREATE TRIGGER t BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'full'); END")
    with pytest.raises(SQLAlchemyError, match="full"):
        await turn(store, "two")
    with open_engine(database_url).begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER t")
    await turn(store, "three")
    assert stored_texts(database_url) == ["one", "two", "three"]

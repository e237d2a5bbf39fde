from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timezone

import pytest
import yaml
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.privacy import FORGET_SLOT, ActionDeleteConversation, conversations
from helpline.settings import ROOT
from helpline.storage.database import append_events, count_events, open_engine
from helpline.storage.tracker_store import FORGET_SLOT as SLOT_OF_STORE


@pytest.fixture(autouse=True)
def database(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Let the action open a database of its own, and forget it afterwards."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    conversations.cache_clear()
    yield database_url
    conversations.cache_clear()


async def run(sender: str) -> tuple[list[dict], list[dict]]:
    dispatcher = CollectingDispatcher()
    tracker = Tracker(sender, {}, {}, [], False, None, {}, "action_listen")
    return await ActionDeleteConversation().run(dispatcher, tracker, {}), dispatcher.messages


@pytest.mark.asyncio
async def test_the_senders_conversation_is_deleted_with_a_receipt(database: str) -> None:
    engine = open_engine(database)
    for sender in ("a", "b"):
        append_events(engine, sender, [{"event": "user", "text": "hi", "timestamp": 1.0}])
    events, messages = await run("a")
    assert (count_events(engine, "a"), count_events(engine, "b")) == (0, 1)
    assert [(event["name"], event["value"]) for event in events] == [(FORGET_SLOT, True)]
    receipt = re.search(r"Receipt ([0-9A-F]{6}), (\d{4}-\d\d-\d\d \d\d:\d\d) UTC", messages[0]["text"])
    told = datetime.strptime(receipt.group(2), "%Y-%m-%d %H:%M").replace(tzinfo=timezone.utc)
    assert abs((datetime.now(timezone.utc) - told).total_seconds()) < 120
    assert messages[0]["custom"] == {"kind": "info"}


@pytest.mark.asyncio
async def test_receipts_differ_and_nothing_stored_is_no_trouble() -> None:
    texts = {(await run("a"))[1][0]["text"].split(",")[0] for _ in range(3)}
    assert len(texts) == 3


@pytest.mark.asyncio
async def test_where_it_cannot_be_deleted_no_receipt_is_given(database: str) -> None:
    with open_engine(database).begin() as connection:
        connection.exec_driver_sql("CREATE TRIGGER t BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'no'); END")
    append_events(open_engine(database), "a", [{"event": "user", "text": "hi", "timestamp": 1.0}])
    events, messages = await run("a")
    assert events == []
    assert [message["text"] for message in messages] == [ActionDeleteConversation.trouble]


def test_action_store_and_domain_agree_on_the_names() -> None:
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    assert FORGET_SLOT == SLOT_OF_STORE
    assert FORGET_SLOT in domain["slots"]
    assert ActionDeleteConversation().name() in domain["actions"]

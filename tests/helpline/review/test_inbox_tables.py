"""The inbox's tables: filed once and counted, gone with the conversation."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa
from conversation import replied, said

from helpline.review.turns import sighting, turns_of
from helpline.storage import database, review
from helpline.storage.review import CRISIS, DONE, INBOX, OPEN


@pytest.fixture
def engine(database_url: str) -> sa.engine.Engine:
    return database.open_engine(database_url)


def file(engine: sa.engine.Engine, text: str, sender: str, at: float = 1.0, kind: str = "fallback") -> None:
    """A conversation of one message, and the message in the inbox."""
    events = [{**said(text, at=at), "input_channel": "web"}, replied(at=at + 0.1)]
    database.append_events(engine, sender, events)
    turns = turns_of(database.read_last_events(engine, sender, 2))
    database.file_for_review(engine, [sighting(turns, len(turns) - 1, [kind], sender)])


def test_a_message_is_filed_once_and_counted(engine: sa.engine.Engine) -> None:
    file(engine, "How much?", "a", 1.0)
    file(engine, "how much", "b", 2.0, "low_confidence")
    file(engine, "something else", "c", 3.0)
    first, second = review.items(engine, INBOX)
    assert (first.text, first.count, first.first, first.last) == ("how much", 2, 1.0, 2.0)
    assert first.kinds == ("fallback", "low_confidence")
    assert (second.text, second.count) == ("something else", 1)
    assert [item.id for item in review.items(engine, INBOX, kind="low_confidence")] == [first.id]
    assert review.items(engine, INBOX, kind="low") == []
    assert review.count_items(engine, INBOX) == 2
    found = review.find(engine, first.id)
    assert [(one["id"], one["channel"]) for one in found.conversations] == [("b", "web"), ("a", "web")]
    assert found.conversations[1]["said"][0]["text"] == "How much?"
    assert found.conversations[1]["said"][1]["who"] == "assistant"


def test_only_so_many_conversations_are_kept_and_the_count_goes_on(engine: sa.engine.Engine) -> None:
    for number in range(25):
        file(engine, "spam", f"s{number}", float(number))
    item = review.items(engine, INBOX)[0]
    assert item.count == 25
    assert len(review.find(engine, item.id).conversations) == 20


def test_danger_has_its_own_queue_with_the_oldest_first(engine: sa.engine.Engine) -> None:
    file(engine, "first", "a", 1.0, "crisis")
    file(engine, "second", "b", 2.0, "crisis")
    file(engine, "second", "c", 3.0, "crisis")
    assert [item.text for item in review.items(engine, CRISIS)] == ["first", "second"]
    assert review.items(engine, INBOX) == []


def test_danger_in_words_that_were_looked_at_before_waits_anew(engine: sa.engine.Engine) -> None:
    file(engine, "help", "a", 1.0, "crisis")
    (item,) = review.items(engine, CRISIS)
    review.settle(engine, item.id, DONE, "rita")
    file(engine, "help", "b", 9.0, "crisis")
    (item,) = review.items(engine, CRISIS)
    assert (item.count, item.first, item.settled_by, item.settled_at) == (2, 9.0, "", None)


def test_done_and_open_again(engine: sa.engine.Engine) -> None:
    file(engine, "how much", "a")
    item = review.items(engine, INBOX)[0]
    assert review.settle(engine, item.id, DONE, "rita")
    assert not review.settle(engine, item.id, DONE, "edda")
    assert review.items(engine, INBOX) == []
    (done,) = review.items(engine, INBOX, DONE)
    assert (done.settled_by, done.again) == ("rita", False)
    file(engine, "how much", "b", done.settled_at + 5)
    (done,) = review.items(engine, INBOX, DONE)
    assert (done.count, done.again) == (2, True)
    assert len(review.waits(engine, INBOX)) == 1
    assert review.settle(engine, item.id, OPEN, "rita")
    assert review.items(engine, INBOX)[0].settled_by == ""
    assert not review.settle(engine, 999, DONE, "rita")
    assert review.find(engine, 999) is None


@pytest.mark.parametrize("delete", [database.delete_conversation, database.forget_session])
def test_what_is_kept_goes_with_the_conversation_and_counts_stay(engine: sa.engine.Engine, delete: object) -> None:
    file(engine, "only mine", "a", 1.0)
    file(engine, "both of us", "a", 2.0)
    file(engine, "both of us", "b", 3.0)
    review.add_counts(engine, {("2026-11-29", "noted", "fallback"): 3})
    delete(engine, "a")
    (left,) = review.items(engine, INBOX)
    assert (left.text, left.count) == ("both of us", 2)
    assert [one["id"] for one in review.find(engine, left.id).conversations] == ["b"]
    assert review.counts(engine, "2026-11-01", "2026-11-30") == [("2026-11-29", "noted", "fallback", 3)]
    delete(engine, "b")
    assert review.items(engine, INBOX) == []
    with engine.connect() as connection:
        for table in review.TABLES[:2]:
            assert connection.execute(sa.select(table)).all() == []


def test_a_conversation_that_was_deleted_meanwhile_is_not_filed(engine: sa.engine.Engine) -> None:
    database.append_events(engine, "a", [said("secret", at=1.0)])
    found = sighting(turns_of(database.read_events(engine, "a")), 0, ["fallback"], "a")
    database.delete_conversation(engine, "a")
    database.file_for_review(engine, [found, replace(found, sender_id="b")])
    assert review.items(engine, INBOX) == []


def test_what_is_old_goes(engine: sa.engine.Engine) -> None:
    file(engine, "old", "a", 1.0)
    file(engine, "new", "b", 9.0)
    assert database.delete_older_reviews(engine, 5.0) == 1
    assert [item.text for item in review.items(engine, INBOX)] == ["new"]
    assert database.delete_older_reviews(engine, 5.0) == 0


def test_counts_add_up(engine: sa.engine.Engine) -> None:
    review.add_counts(engine, {("2026-11-28", "topics", "faq/a"): 1})
    review.add_counts(engine, {("2026-11-28", "topics", "faq/a"): 2, ("2026-11-29", "topics", "faq/a"): 1})
    assert review.counts(engine, "2026-11-28", "2026-11-28") == [("2026-11-28", "topics", "faq/a", 3)]
    assert len(review.counts(engine, "2026-11-28", "2026-11-29")) == 2

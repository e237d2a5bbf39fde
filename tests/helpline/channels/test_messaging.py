from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from rasa.core.channels.channel import UserMessage
from waiting import until

from helpline.channels.delivery import Patience
from helpline.channels.guard import Guard
from helpline.channels.messaging import Messaging
from helpline.channels.people import conversation_of
from helpline.channels.rendering import Capabilities, Part
from helpline.channels.servers import this_server
from helpline.channels.stored_turns import turn_number
from helpline.channels.vendor import Inbound, Outcome
from helpline.crisis.taxonomy import Detection, Tier
from helpline.storage import messages
from helpline.storage.database import append_events, open_engine
from helpline.storage.worker import Worker

SECRET = b"secret of the tests"
CAPABILITIES = {
    "sms": Capabilities(1600, keywords=frozenset({"STOP", "START"})),
    "whatsapp": Capabilities(1600, keywords=frozenset({"STOP", "START"}), confirms=False),
}
QUICK = Patience(pause=0.002, rounds=(0.01,) * 3, urgent=(0.005,) * 20)
DANGER = "I want to kill myself"


class Desk:
    """A channel with an echo for a bot and a vendor that takes everything, unless it is told otherwise."""

    def __init__(self, database_url: str, patience: Patience = QUICK) -> None:
        self.database_url = database_url
        self.sent: list[tuple[str, str]] = []
        self.asked: list[str] = []
        self.seconds = 0.0
        self.detecting = 0.0
        self.vendor: Callable[[str, Part], Any] = lambda address, part: Outcome("sent")
        self.heard: Detection = Detection()
        self.guard = Guard(self.bot, 10.0)
        self.worker = Worker(partial(open_engine, database_url, 0.2), messages.store)
        self.messaging = Messaging(
            self.guard, self.worker, SECRET, CAPABILITIES, self.send, lambda: self.detect, patience
        )
        self.count = 0

    async def bot(self, message: UserMessage) -> None:
        self.asked.append(message.text)
        await asyncio.sleep(self.seconds)
        if message.text == "menu":
            buttons = [{"title": "Cost", "payload": "what is the cost"}, {"title": "Place", "payload": "where is it"}]
            await message.output_channel.send_text_with_buttons(message.sender_id, "Which?", buttons)
        else:
            await message.output_channel.send_text_message(message.sender_id, f"echo {message.text}")

    async def detect(self, text: str) -> Detection:
        await asyncio.sleep(self.detecting)
        return self.heard if "hidden" in text else Detection()

    async def send(self, address: str, part: Part) -> Outcome:
        outcome = self.vendor(address, part)
        if asyncio.iscoroutine(outcome):
            outcome = await outcome
        if outcome.status == "sent":
            self.sent.append((address, part.text))
        return outcome

    def inbound(self, text: str, person: str = "+1", **more: Any) -> Inbound:
        self.count += 1
        names = {"vendor_id": f"m{self.count}", "channel": "sms", **more}
        return Inbound(**names, address=person, person=person, text=text)

    async def say(self, text: str, person: str = "+1", **more: Any) -> None:
        await self.messaging.receive([self.inbound(text, person, **more)])

    def texts(self, person: str = "+1") -> list[str]:
        return [text for address, text in self.sent if address == person]

    async def until(self, count: int, person: str = "+1", seconds: float = 10.0) -> list[str]:
        deadline = time.monotonic() + seconds
        while len(self.texts(person)) < count:
            assert time.monotonic() < deadline, self.sent
            await asyncio.sleep(0.002)
        return self.texts(person)

    @property
    def engine(self) -> sa.engine.Engine:
        return open_engine(self.database_url)


@asynccontextmanager
async def desk(database_url: str, **more: Any) -> AsyncIterator[Desk]:
    one = Desk(database_url, **more)
    await one.messaging.begin()
    one.messaging.open()
    try:
        yield one
    finally:
        await one.messaging.settle(1)


@pytest.mark.asyncio
async def test_a_message_is_kept_answered_sent_and_then_forgotten(database_url: str) -> None:
    async with desk(database_url) as one:
        one.seconds = 0.05
        await one.say("hello")
        assert [event.data["text"] for event in messages.waiting(one.engine, ["sms"])] == ["hello"]
        assert await one.until(1) == ["echo hello"]
    assert messages.waiting(one.engine, ["sms"]) == []
    assert messages.pending(one.engine, ["sms"]) == []


@pytest.mark.asyncio
async def test_the_conversation_has_the_channels_name_and_nobodys_number(database_url: str) -> None:
    seen: list[UserMessage] = []

    async def keep(message: UserMessage) -> None:
        seen.append(message)

    async with desk(database_url) as one:
        one.guard._on_new_message = keep
        await one.say("a", "+15551234567")
        await one.say("b", "+15551234567", channel="whatsapp")
        await one.say("c", "+15551234568")
        await one.until(2, "+15551234567")
        await one.until(1, "+15551234568")
    ids = {message.text: message.sender_id for message in seen}
    assert len(set(ids.values())) == 3
    assert ids["a"] == conversation_of(SECRET, "sms", "+15551234567")
    assert ids["b"].startswith("whatsapp-")
    assert not any("555" in message.sender_id.partition("-")[2][:4] for message in seen)
    assert {message.input_channel for message in seen} == {"sms", "whatsapp"}


@pytest.mark.asyncio
async def test_the_same_event_twice_is_answered_once(database_url: str) -> None:
    async with desk(database_url) as one:
        first = one.inbound("hello")
        await asyncio.gather(*(one.messaging.receive([first, first]) for _ in range(5)))
        await one.say("bye")
        assert await one.until(2) == ["echo hello", "echo bye"]
    async with desk(database_url) as another:
        await another.messaging.receive([first])
        await another.say("again", vendor_id="m99")
        assert await another.until(1) == ["echo again"]


@pytest.mark.asyncio
async def test_ids_of_two_channels_are_two(database_url: str) -> None:
    async with desk(database_url) as one:
        await one.say("a", vendor_id="same")
        await one.say("b", vendor_id="same", channel="whatsapp")
        assert sorted(await one.until(2)) == ["echo a", "echo b"]


@pytest.mark.asyncio
async def test_all_events_of_a_request_are_answered_each_person_in_order(database_url: str) -> None:
    async with desk(database_url) as one:
        one.seconds = 0.01
        events = [one.inbound(f"{count}", person) for count in range(10) for person in ("+1", "+2", "+3")]
        await one.messaging.receive(events)
        for person in ("+1", "+2", "+3"):
            assert await one.until(10, person) == [f"echo {count}" for count in range(10)]


@pytest.mark.asyncio
async def test_a_vendor_that_hangs_up_loses_nothing(database_url: str) -> None:
    async with desk(database_url) as one:
        request = asyncio.ensure_future(one.say("hello"))
        await asyncio.sleep(0)
        request.cancel()
        assert await one.until(1) == ["echo hello"]


@pytest.mark.asyncio
async def test_without_a_database_messages_are_answered_once_and_stored_later(database_url: str) -> None:
    one = Desk(database_url)
    broken = True
    opening = one.worker._open

    def open_or_fail() -> sa.engine.Engine:
        if broken:
            raise OSError("no disk")
        return opening()

    one.worker._open = open_or_fail
    await one.messaging.begin()
    one.messaging.open()
    first = one.inbound("hello")
    await one.messaging.receive([first])
    await one.messaging.receive([first])
    await one.say(DANGER)
    texts = await one.until(2)
    # Danger may overtake.
    assert "echo hello" in texts
    assert any("988" in text for text in texts)
    broken = False
    await one.say("bye")
    await one.until(3)
    await until(lambda: not messages.waiting(one.engine, ["sms"]) and not messages.pending(one.engine, ["sms"]))
    await one.messaging.settle(1)
    async with desk(database_url) as another:
        await another.messaging.receive([first])
        await asyncio.sleep(0.05)
        assert another.sent == []


@pytest.mark.asyncio
async def test_what_could_not_be_stored_is_stored_without_another_message(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("helpline.channels.kept._PAUSE", 0.05)
    async with desk(database_url) as one:
        real, one.worker._write = one.worker._write, lambda *_: 1 / 0
        await one.say("hello")
        await one.until(1)
        one.worker._write = real
        query = "SELECT COUNT(*) FROM deliveries WHERE status = 'sent'"
        await until(lambda: one.engine.execute(query).scalar() == 1)


@pytest.mark.asyncio
async def test_a_second_server_leaves_what_waits_to_the_first(
    database_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("helpline.channels.messaging._RECOVERY_PAUSE", 0.05)
    async with desk(database_url, patience=Patience(pause=60.0)) as one:
        one.vendor = lambda address, part: Outcome("retry")
        await one.say("hello")
        await until(lambda: messages.pending(one.engine, ["sms"]))
        messages.announce(one.engine, "elsewhere 1")
        messages.withdraw(one.engine, this_server())
        async with desk(database_url) as another:
            await asyncio.sleep(0.2)
            assert another.sent == []
            assert "exactly one server process" in caplog.text
            messages.withdraw(one.engine, "elsewhere 1")
            assert await another.until(1) == ["echo hello"]


@pytest.mark.asyncio
async def test_danger_passes_the_persons_line(database_url: str) -> None:
    async with desk(database_url) as one:
        one.seconds = 0.6
        for count in range(3):
            await one.say(f"question {count}")
        await one.say(DANGER)
        texts = await one.until(1)
        assert "988" in texts[0]
        rest = (await one.until(4))[1:]
        assert rest == ["echo question 0", "echo question 1", "echo question 2"]


@pytest.mark.asyncio
async def test_danger_that_only_the_model_hears_passes_it_too(database_url: str) -> None:
    async with desk(database_url) as one:
        one.heard = Detection(Tier.T2, "suicide_active", "self", "en", 0.9, ())
        one.seconds = 1.5
        # Longer than the guard waits for it.
        one.detecting = 0.3
        await one.say("question 0")
        await one.say("question 1")
        await one.say("hidden words")
        assert "988" in (await one.until(1))[0]
        assert (await one.until(3))[1:] == ["echo question 0", "echo question 1"]


@pytest.mark.asyncio
async def test_danger_passes_parts_that_the_vendor_does_not_take(database_url: str) -> None:
    async with desk(database_url, patience=Patience(pause=60.0)) as one:
        one.vendor = lambda address, part: Outcome("sent" if "988" in part.text else "retry")
        await one.say("question")
        await asyncio.sleep(0.05)
        await one.say(DANGER)
        assert "988" in (await one.until(1))[0]


@pytest.mark.asyncio
async def test_a_crisis_reply_does_not_wait_for_the_database(database_url: str) -> None:
    async with desk(database_url) as one:
        await one.say("hello")
        await one.until(1)
        storing = one.worker._write

        def slow(engine: sa.engine.Engine, items: Any) -> Any:
            if any(isinstance(item, messages.Answered) for item in items):
                time.sleep(2)
            return storing(engine, items)

        one.worker._write = slow
        begun = time.monotonic()
        await one.say(DANGER)
        await one.until(2)
        assert time.monotonic() - begun < 1.5


@pytest.mark.asyncio
async def test_a_crisis_waits_for_no_database_that_takes_nothing(database_url: str) -> None:
    async with desk(database_url) as one:
        one.worker._write = lambda engine, items: time.sleep(1.5)
        read = one.worker._call

        def slow(function: Any, *arguments: Any) -> Any:
            time.sleep(1.5)
            return read(function, *arguments)

        one.worker._call = slow
        begun = time.monotonic()
        receiving = asyncio.ensure_future(one.messaging.receive([one.inbound(DANGER)]))
        await one.until(1)
        assert time.monotonic() - begun < 0.5
        await receiving
        await asyncio.sleep(0.1)
        assert len(one.sent) == 1


@pytest.mark.asyncio
async def test_a_crisis_that_comes_again_is_answered_once(database_url: str) -> None:
    async with desk(database_url) as one:
        event = one.inbound(DANGER)
        await one.messaging.receive([event])
        await one.until(1)
    async with desk(database_url) as another:
        await another.messaging.receive([event])
        await asyncio.sleep(0.3)
        assert another.sent == []


@pytest.mark.asyncio
async def test_menus_are_answered_by_number_title_and_tap(database_url: str) -> None:
    async with desk(database_url) as one:
        await one.say("menu")
        assert (await one.until(1))[-1] == "Which?\n\n1. Cost\n2. Place\nReply with a number."
        await one.say("2.")
        assert (await one.until(2))[-1] == "echo where is it"
        await one.say("cost")
        assert (await one.until(3))[-1] == "echo what is the cost"
        await one.say("7")
        assert (await one.until(4))[-1] == "Please reply with a number from 1 to 2.\n\nWhich?\n\n1. Cost\n2. Place"
        assert "7" not in one.asked
        await one.say("1")
        assert (await one.until(5))[-1] == "echo what is the cost"
        menu = one.messaging._menus._people[conversation_of(SECRET, "sms", "+1")]
        await one.say("", choice=f"m:{next(iter(menu))}:2")
        # That menu is not the last one any more, and still means what it said.
        assert (await one.until(6))[-1] == "echo where is it"
    async with desk(database_url) as another:
        another.count = 100
        await another.say("2")
        assert await another.until(1) == ["echo where is it"]


@pytest.mark.asyncio
async def test_a_menu_is_open_only_once_it_goes_out(database_url: str) -> None:
    async with desk(database_url) as one:
        await one.say("menu")
        await one.until(1)
        gate = asyncio.Event()

        async def wait(address: str, part: Part) -> Outcome:
            await gate.wait()
            return Outcome("sent")

        one.vendor = wait
        await one.say("something")
        await one.say("menu")
        await asyncio.sleep(0.05)
        first = next(iter(one.messaging._menus._people.values()))
        assert len(first) == 1
        gate.set()
        await one.until(3)
        assert len(first) == 2


@pytest.mark.asyncio
async def test_words_of_danger_are_no_choice(database_url: str) -> None:
    async with desk(database_url) as one:
        await one.say("menu")
        await one.until(1)
        await one.say(DANGER)
        assert "988" in (await one.until(2))[-1]
        assert one.asked[-1] == DANGER


@pytest.mark.asyncio
async def test_stop_silences_what_waits_until_they_write_again(database_url: str) -> None:
    async with desk(database_url) as one:
        one.seconds = 0.1
        await one.say("question")
        await one.say("STOP", kind="opt_out")
        await until(lambda: list(messages.opt_outs(one.engine)) == [conversation_of(SECRET, "sms", "+1")])
        await asyncio.sleep(0.3)
        assert one.sent == []
        await one.say("I am back")
        assert await one.until(1) == ["echo I am back"]
        await until(lambda: messages.opt_outs(one.engine) == {})
        await until(lambda: messages.waiting(one.engine, ["sms"]) == [])


@pytest.mark.asyncio
async def test_stop_drops_parts_that_the_vendor_did_not_take(database_url: str) -> None:
    async with desk(database_url) as one:
        one.vendor = lambda address, part: Outcome("retry")
        await one.say("question")
        await until(lambda: messages.pending(one.engine, ["sms"]))
        await one.say("STOP", kind="opt_out")
        one.vendor = lambda address, part: Outcome("sent")
        await until(lambda: messages.pending(one.engine, ["sms"]) == [])
        await asyncio.sleep(0.1)
        assert one.sent == []


@pytest.mark.asyncio
async def test_stop_counts_while_a_reply_is_being_kept(database_url: str) -> None:
    async with desk(database_url) as one:
        keep = one.messaging._kept.answered

        async def slowly(*arguments: Any) -> None:
            await asyncio.sleep(0.1)
            await keep(*arguments)

        one.messaging._kept.answered = slowly
        await one.say("question")
        await until(lambda: one.asked)
        await one.say("STOP", kind="opt_out")
        await until(lambda: messages.waiting(one.engine, ["sms"]) == [])
        await until(lambda: messages.pending(one.engine, ["sms"]) == [])
        assert one.sent == []


@pytest.mark.asyncio
async def test_stop_that_no_carrier_confirms_is_confirmed_with_the_numbers(database_url: str) -> None:
    async with desk(database_url) as one:
        await one.say("Stop!", kind="opt_out")
        (text,) = await one.until(1)
        assert "no more messages" in text
        assert "988" in text
        await one.say("START", kind="opt_in")
        assert (await one.until(2))[-1] == "echo hello"


@pytest.mark.asyncio
async def test_a_stop_on_whatsapp_is_confirmed_with_the_numbers(database_url: str) -> None:
    async with desk(database_url) as one:
        await one.say("STOP", kind="opt_out", channel="whatsapp")
        (text,) = await one.until(1)
        assert "no more messages" in text
        assert "988" in text
        await until(lambda: messages.opt_outs(one.engine))


@pytest.mark.asyncio
async def test_a_crisis_is_answered_whatever_was_stopped(database_url: str) -> None:
    async with desk(database_url) as one:
        one.seconds = 0.3
        await one.say(DANGER)
        await one.say("STOP", kind="opt_out")
        assert "988" in (await one.until(1))[0]


@pytest.mark.asyncio
async def test_a_group_that_the_bot_may_not_write_to_closes_no_private_chat(database_url: str) -> None:
    async with desk(database_url) as one:
        one.seconds = 0.1
        one.vendor = lambda address, part: Outcome("blocked" if address == "group" else "sent")
        await one.say("question")
        mention = one.inbound("hey bot", kind="public_mention")
        await one.messaging.receive([replace(mention, address="group")])
        assert await one.until(1) == ["echo question"]
        await one.say("again")
        assert await one.until(2) == ["echo question", "echo again"]
        assert messages.opt_outs(one.engine) == {}


@pytest.mark.asyncio
async def test_a_mention_in_a_group_opens_no_chat_that_was_stopped(database_url: str) -> None:
    async with desk(database_url) as one:
        await one.say("STOP", kind="opt_out")
        await until(lambda: messages.opt_outs(one.engine))
        mention = one.inbound("hey bot", kind="public_mention")
        await one.messaging.receive([replace(mention, address="group")])
        await one.until(1, "group")
        assert messages.opt_outs(one.engine)


@pytest.mark.asyncio
async def test_who_blocked_us_gets_nothing_until_they_write_again(database_url: str) -> None:
    async with desk(database_url) as one:
        one.vendor = lambda address, part: Outcome("blocked")
        await one.say("question")
        await until(lambda: len(messages.opt_outs(one.engine)) == 1)
        one.vendor = lambda address, part: Outcome("sent")
        await one.say("again")
        assert await one.until(1) == ["echo again"]


@pytest.mark.asyncio
async def test_pictures_edits_mentions_and_help(database_url: str) -> None:
    async with desk(database_url) as one:
        await one.say("", "+1", kind="media")
        (text,) = await one.until(1, "+1")
        assert "pictures" in text
        assert "988" in text
        await one.say("question, changed", "+2", kind="edit")
        await one.say("hello", "+2")
        assert await one.until(1, "+2") == ["echo hello"]
        await one.say(DANGER, "+2", kind="edit")
        assert "988" in (await one.until(2, "+2"))[-1]
        one.heard, one.detecting = Detection(Tier.T2, "suicide_active", "self", "en", 0.9, ()), 0.3
        await one.say("hidden words", "+5", kind="edit")
        # Rasa has the same model and would say the numbers.
        assert await one.until(1, "+5") == ["echo hidden words"]
        one.detecting = 0.0
        await one.say("what is an IOP", "+3", kind="public_mention")
        assert "message me directly" in (await one.until(1, "+3"))[0]
        assert "988" not in one.texts("+3")[0]
        await one.say(DANGER, "+3", kind="public_mention")
        assert "988" in (await one.until(2, "+3"))[1].partition("\n")[0]
        for count, word in enumerate(("help", "info"), 1):
            await one.say(word, "+4", kind="help")
            text = (await one.until(count, "+4"))[-1]
            assert all(number in text.split("\n")[0] for number in ("911", "988", "1-800-662-HELP (4357)"))
            assert f"echo {word}" in text
            assert ("To go on" in text) == (word == "info")
    assert "what is an IOP" not in one.asked
    await until(lambda: messages.waiting(one.engine, ["sms"]) == [])


@pytest.mark.asyncio
async def test_what_a_crash_left_is_answered_and_sent_in_order(database_url: str) -> None:
    crashed = Desk(database_url, Patience(pause=60.0))
    await crashed.messaging.begin()
    crashed.messaging.open()
    crashed.vendor = lambda address, part: Outcome("retry")
    await crashed.say("one")
    await until(lambda: messages.pending(crashed.engine, ["sms"]))
    crashed.seconds = 60.0
    await crashed.say("two")
    await crashed.say("three")
    await until(lambda: "two" in crashed.asked)
    # Killed here: nothing of what it has in memory reaches the database any more.
    for task in [*crashed.messaging._tasks, *crashed.messaging._delivery._tasks]:
        task.cancel()
    await asyncio.sleep(0)
    one = Desk(database_url)
    await one.messaging.begin()
    later = asyncio.ensure_future(one.say("four", vendor_id="m400"))
    await asyncio.sleep(0.05)
    assert one.sent == []
    one.messaging.open()
    await later
    assert await one.until(4) == ["echo one", "echo two", "echo three", "echo four"]
    await one.messaging.settle(1)
    async with desk(database_url) as third:
        await asyncio.sleep(0.05)
        assert third.sent == []


@pytest.mark.asyncio
async def test_rasa_is_not_asked_twice_where_it_stored_its_answer(database_url: str) -> None:
    first = Desk(database_url)
    await first.messaging.begin()
    first.seconds = 60.0
    first.messaging.open()
    await first.say("two")
    await asyncio.sleep(0.05)
    for task in first.messaging._tasks:
        task.cancel()
    (event,) = messages.waiting(first.engine, ["sms"])
    turn = {"turn": turn_number(event.key)}
    append_events(
        first.engine,
        event.conversation,
        [
            {"event": "user", "text": "two", "timestamp": 1.0, "metadata": turn},
            {"event": "bot", "text": "stored answer", "timestamp": 2.0, "data": {}},
        ],
    )
    async with desk(database_url) as one:
        assert await one.until(1) == ["stored answer"]
        assert one.asked == []


@pytest.mark.asyncio
async def test_the_parts_of_a_crisis_reply_come_in_order_after_a_crash(database_url: str) -> None:
    engine = open_engine(database_url)
    letters = tuple(
        messages.Letter(
            f"{'k' * 56}-{place}",
            place + 1,
            "sms",
            "sms-a",
            True,
            {"address": "+1", "part": {"text": f"part {place}", "buttons": []}, "menu": None},
        )
        for place in range(4)
    )
    messages.store(engine, [messages.Answered("x", letters)])
    async with desk(database_url) as one:

        async def slower_first(address: str, part: Part) -> Outcome:
            await asyncio.sleep(0.05 - int(part.text[-1]) / 100)
            return Outcome("sent")

        one.vendor = slower_first
        assert await one.until(4) == [f"part {place}" for place in range(4)]


@pytest.mark.asyncio
async def test_nothing_that_a_person_wrote_or_is_gets_into_the_log(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with desk(database_url) as one:

        def fail(address: str, part: Part) -> Outcome:
            raise OSError(f"cannot reach {address} with {part.text}")

        one.vendor = fail
        await one.say("private words", "+15550009999")
        await asyncio.sleep(0.1)
        one.worker._write = lambda *_: 1 / 0
        await one.say("more private words", "+15550009999")
        await asyncio.sleep(0.1)
    assert "private words" not in caplog.text
    assert "15550009999" not in caplog.text

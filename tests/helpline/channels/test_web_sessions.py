from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from rasa.core.channels.channel import UserMessage

from helpline.channels.guard import Guard
from helpline.channels.stored_turns import turn_number
from helpline.channels.tokens import Tokens
from helpline.channels.web_session import MOST_TURNS, RefusedError, Sender
from helpline.channels.web_sessions import MAX_CHARACTERS, MAX_REPLAYED, Sessions
from helpline.crisis.taxonomy import Detection, Tier
from helpline.storage import outbox
from helpline.storage.database import append_events, delete_conversation, open_engine
from helpline.storage.worker import Worker

DANGER = "i want to kill myself"
HERE = Sender("93.184.216.34")


async def entered(_: str) -> None:
    pass


class Assistant:
    """Sessions over a real database, with an echo in Rasa's place that stores its turns as Rasa does."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[str] = []
        self.told: list[tuple[str, str, Any, str | None]] = []
        self.hold: asyncio.Event | None = None
        self.restart()

    def restart(self) -> None:
        """Begin anew with nothing in memory."""
        database = Worker(lambda: open_engine(self.url, 0.2), outbox.store)
        self.sessions = Sessions(Guard(self.answer, 1.0), database, Tokens(b"secret"), self.publish)
        # Time stands still for the limits, so that a slow machine sees the same.
        self.now = 1000.0
        for limit in ("of_session", "of_address", "read_of_session", "read_of_address"):
            getattr(self.sessions, f"_{limit}")._clock = lambda: self.now

    async def answer(self, message: UserMessage) -> None:
        self.asked.append(message.text)
        if self.hold:
            await self.hold.wait()
        await message.output_channel.send_text_message(message.sender_id, f"echo {message.text}")
        engine = open_engine(self.url)
        if message.text == "delete":
            delete_conversation(engine, message.sender_id)
        else:
            self.store(message.sender_id, message.text, message.metadata)

    def store(self, session_id: str, text: str, metadata: Any) -> None:
        user = {"event": "user", "text": text, "timestamp": 1.0, "metadata": metadata}
        bot = {"event": "bot", "text": f"echo {text}", "timestamp": 1.0, "data": {"buttons": None}}
        append_events(open_engine(self.url), session_id, [user, bot])

    async def publish(self, session_id: str, event: str, content: Any, but: str | None = None) -> None:
        self.told.append((session_id, event, content, but))

    def events(self, name: str) -> list[Any]:
        return [content for _, event, content, _ in self.told if event == name]

    async def begin(self, session_id: str | None = None, after: int = 0) -> Any:
        token = Tokens(b"secret").of(session_id) if session_id else None
        return await self.sessions.begin(session_id, token, after, entered)

    async def new(self) -> str:
        return str((await self.begin()).session_id)

    async def say(self, session_id: str, mid: str, text: str = "hi", sender: Sender = HERE) -> list[str]:
        return [reply["text"] for reply in (await self.sessions.say(session_id, mid, text, sender)).replies]

    def rows(self, session_id: str) -> int:
        with closing(sqlite3.connect(self.url.removeprefix("sqlite:///"))) as connection:
            stored = [
                connection.execute(f"SELECT COUNT(*) FROM {table} WHERE {column} = ?", (session_id,)).fetchone()[0]
                for table, column in (("outbox", "session"), ("web_sessions", "id"), ("events", "sender_id"))
            ]
        return sum(stored)


@pytest.fixture
def assistant(database_url: str) -> Assistant:
    return Assistant(database_url)


async def refused(assistant: Assistant, *arguments: Any, **keywords: Any) -> str:
    with pytest.raises(RefusedError) as refusal:
        await assistant.say(*arguments, **keywords)
    return refusal.value.reason


@pytest.mark.asyncio
async def test_a_message_is_told_as_taken_in_echoed_and_answered(assistant: Assistant) -> None:
    session = await assistant.new()
    answered = await assistant.sessions.say(session, "message-1", "hi", replace(HERE, socket="tab"))
    assert assistant.told[:2] == [
        (session, "typing", {"mid": "message-1"}, None),
        (session, "user_echo", {"mid": "message-1", "message": "hi"}, "tab"),
    ]
    reply = assistant.told[2][2]
    assert assistant.told[2:] == [(session, "bot_uttered", reply, None)]
    assert reply == {"id": reply["id"], "ts": reply["ts"], "mid": "message-1", "text": "echo hi"}
    assert answered.replies == (reply,)
    assert not answered.again


@pytest.mark.asyncio
async def test_ids_rise_over_restarts(assistant: Assistant) -> None:
    session, ids = await assistant.new(), []
    for number in range(3):
        answered = await assistant.sessions.say(session, f"message-{number}", "hi", HERE)
        ids.append(answered.replies[0]["id"])
        assistant.restart()
    assert ids == sorted(set(ids))
    assert ids[-1] < 2**53


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.asyncio
async def test_a_message_that_is_sent_again_gets_the_same_replies(assistant: Assistant, restarted: bool) -> None:
    session = await assistant.new()
    first = await assistant.sessions.say(session, "message-1", "hi", HERE)
    if restarted:
        assistant.restart()
    again = await assistant.sessions.say(session, "message-1", "hi", HERE)
    assert (again.replies, again.again) == (first.replies, True)
    assert assistant.asked == ["hi"]
    assert len(assistant.events("bot_uttered")) == 1


@pytest.mark.asyncio
async def test_a_message_that_is_sent_again_while_it_is_answered_waits_for_that(assistant: Assistant) -> None:
    session, assistant.hold = await assistant.new(), asyncio.Event()
    first, second = (asyncio.ensure_future(assistant.say(session, "message-1")) for _ in range(2))
    await asyncio.sleep(0.1)
    first.cancel()
    assistant.hold.set()
    assert await second == ["echo hi"]
    assert assistant.asked == ["hi"]


@pytest.mark.asyncio
async def test_a_turn_that_was_stored_by_rasa_alone_when_the_server_died_is_not_taken_twice(
    assistant: Assistant,
) -> None:
    session = await assistant.new()
    await assistant.say(session, "message-1")
    for number in (2, 3):
        assistant.store(session, f"answer {number}", {"turn": turn_number(f"message-{number}")})
    assistant.restart()
    assert await assistant.say(session, "message-3", "answer 3") == ["echo answer 3"]
    assert await assistant.say(session, "message-2", "answer 2") == ["echo answer 2"]
    assert assistant.asked == ["hi"]
    assert len((await assistant.begin(session)).messages) == 3


@pytest.mark.asyncio
async def test_danger_that_rasa_may_have_passed_over_is_answered_again_after_a_crash(assistant: Assistant) -> None:
    session = await assistant.new()
    await assistant.say(session, "message-1")
    assistant.store(session, DANGER, {"turn": turn_number("message-2")})
    assistant.restart()
    assert "988" in (await assistant.say(session, "message-2", DANGER))[0]


@pytest.mark.asyncio
async def test_what_a_client_lacks_is_sent_again_and_not_more_than_fifty(assistant: Assistant) -> None:
    session = await assistant.new()
    ids = [
        (await assistant.sessions.say(session, f"message-{number}", DANGER, HERE)).replies[0]["id"]
        for number in range(MAX_REPLAYED + 3)
    ]
    for _ in range(2):
        begun = await assistant.begin(session, after=ids[-2] - 1)
        assert begun.resumed
        assert {reply["id"] for reply in begun.messages} >= set(ids[-2:])
        assert len((await assistant.begin(session)).messages) == MAX_REPLAYED
        assert (await assistant.begin(session, after=2**52)).messages == []
        assistant.restart()


@pytest.mark.asyncio
async def test_a_session_that_never_spoke_is_not_stored(assistant: Assistant) -> None:
    session = await assistant.new()
    assert (await assistant.begin(session)).resumed
    assistant.restart()
    with pytest.raises(RefusedError):
        await assistant.begin(session)
    await assistant.say(await assistant.new(), "message-1")
    assert assistant.rows(session) == 0


@pytest.mark.parametrize("token", [None, "", "f" * 64, 7])
@pytest.mark.asyncio
async def test_a_forged_session_is_refused(assistant: Assistant, token: Any) -> None:
    session = await assistant.new()
    await assistant.say(session, "message-1")
    with pytest.raises(RefusedError, match="session"):
        await assistant.sessions.begin(session, token, 0, entered)


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.asyncio
async def test_a_forgotten_session_leaves_nothing_and_is_dead(assistant: Assistant, restarted: bool) -> None:
    session, other = await assistant.new(), await assistant.new()
    await assistant.say(session, "message-1")
    await assistant.say(other, "message-1")
    assert assistant.rows(session) > 0
    await assistant.sessions.forget(session, None)
    if restarted:
        assistant.restart()
    assert assistant.rows(session) == 0
    assert assistant.rows(other) > 0
    with pytest.raises(RefusedError):
        await assistant.begin(session)
    assert await refused(assistant, session, "message-1") == "session"
    assert await refused(assistant, session, "message-2") == "session"
    assert assistant.rows(session) == 0


@pytest.mark.asyncio
async def test_forgetting_waits_for_the_turn_that_runs(assistant: Assistant) -> None:
    session, assistant.hold = await assistant.new(), asyncio.Event()
    turn = asyncio.ensure_future(assistant.say(session, "message-1"))
    await asyncio.sleep(0.1)
    forgetting = asyncio.ensure_future(assistant.sessions.forget(session, None))
    await asyncio.sleep(0.1)
    assert await refused(assistant, session, "message-2") == "session"
    assistant.hold.set()
    assert await turn == ["echo hi"]
    await forgetting
    assert assistant.rows(session) == 0


@pytest.mark.asyncio
async def test_a_deletion_that_fails_is_not_promised(assistant: Assistant) -> None:
    async def fail(_: str) -> None:
        raise RuntimeError("no database")

    session = await assistant.new()
    await assistant.say(session, "message-1")
    with pytest.raises(RuntimeError):
        await assistant.sessions.forget(session, fail)
    assert await assistant.say(session, "message-2") == ["echo hi"]


@pytest.mark.asyncio
async def test_what_was_said_before_a_deletion_in_the_chat_is_gone(assistant: Assistant) -> None:
    session = await assistant.new()
    await assistant.say(session, "message-1")
    assert await assistant.say(session, "message-2", "delete") == ["echo delete"]
    assert assistant.rows(session) == 1
    # The receipt itself is in memory for a client that hung up; it is stored nowhere.
    assert [reply["text"] for reply in (await assistant.begin(session)).messages] == ["echo delete"]
    assert await assistant.say(session, "message-2", "delete") == ["echo delete"]
    assert await assistant.say(session, "message-3") == ["echo hi"]
    assistant.restart()
    assert [reply["text"] for reply in (await assistant.begin(session)).messages] == ["echo hi"]


@pytest.mark.asyncio
async def test_thirty_messages_a_minute_and_danger_besides(assistant: Assistant) -> None:
    session = await assistant.new()
    for number in range(30):
        await assistant.say(session, f"message-{number}")
    with pytest.raises(RefusedError, match="rate") as refusal:
        await assistant.say(session, "message-30")
    assert refusal.value.retry_s == 2
    assert "988" in (await assistant.say(session, "message-31", DANGER))[0]
    assert await assistant.say(await assistant.new(), "message-32") == ["echo hi"]
    assert await assistant.say(session, "message-1") == ["echo hi"]


@pytest.mark.asyncio
async def test_danger_that_only_the_detector_hears_is_not_held_back(assistant: Assistant) -> None:
    async def hears(text: str) -> Detection:
        return Detection(Tier.T2, "domestic_violence", "self", "en", 0.9)

    session = await assistant.new()
    assert await refused(assistant, session, "message-1", "x" * (MAX_CHARACTERS + 1)) == "too_long"
    long = "x" * (MAX_CHARACTERS + 1)
    assert (await assistant.say(session, "message-2", long, replace(HERE, detect=hears)))[0].endswith(long)


class Detector:
    """Hears danger in one text; as slow as the model, one message at a time."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self._turn = asyncio.Lock()

    async def __call__(self, text: str) -> Detection:
        self.read.append(text)
        async with self._turn:
            await asyncio.sleep(0.02)
        tier = Tier.T2 if text == "she hears" else Tier.T0
        return Detection(tier, "domestic_violence", "self", "en", 0.9)


@pytest.mark.asyncio
async def test_a_flood_does_not_make_the_model_late_for_danger_that_only_it_hears(assistant: Assistant) -> None:
    session, detector = await assistant.new(), Detector()
    sender = replace(HERE, detect=detector)
    for number in range(30):
        await assistant.say(session, f"message-{number}")
    flood = [asyncio.ensure_future(refused(assistant, session, f"plain-{n}", f"text {n}", sender)) for n in range(60)]
    assert (await assistant.say(session, "danger-1", "she hears", sender))[0].endswith("she hears")
    assert set(await asyncio.gather(*flood)) == {"rate"}
    # Refused once and read, a message is refused again for nothing.
    read = len(detector.read)
    assert await refused(assistant, session, "plain-1", "text 1", sender) == "rate"
    assert len(detector.read) == read == 61


@pytest.mark.asyncio
async def test_beyond_a_limit_refused_messages_cost_no_model_and_their_repetition_reaches_it(
    assistant: Assistant,
) -> None:
    session, detector = await assistant.new(), Detector()
    sender = replace(HERE, detect=detector)
    for number in range(30):
        await assistant.say(session, f"message-{number}")
    for number in range(130):
        assert await refused(assistant, session, f"plain-{number}", "x", sender) == "rate"
    assert len(detector.read) == 120
    assert "988" in (await assistant.say(session, "danger-1", DANGER, sender))[0]
    with pytest.raises(RefusedError) as refusal:
        await assistant.sessions.say(session, "danger-2", "she hears", sender)
    assert refusal.value.retry_s
    # By then others have taken what the session may send.
    assistant.now += refusal.value.retry_s
    await assistant.say(session, "message-30")
    assert (await assistant.say(session, "danger-2", "she hears", sender))[0].endswith("she hears")


@pytest.mark.asyncio
async def test_240_messages_a_minute_from_an_address(assistant: Assistant) -> None:
    for number in range(240):
        if number % 30 == 0:
            session = await assistant.new()
        await assistant.say(session, f"message-{number}")
    assert await refused(assistant, await assistant.new(), "message-240") == "rate"
    assert await assistant.say(await assistant.new(), "message-1", sender=Sender("9.9.9.9")) == ["echo hi"]


@pytest.mark.asyncio
async def test_messages_of_one_session_are_answered_in_order(assistant: Assistant) -> None:
    session = await assistant.new()
    await asyncio.gather(*(assistant.say(session, f"message-{number}", str(number)) for number in range(10)))
    assert assistant.asked == [str(number) for number in range(10)]
    replies = assistant.events("bot_uttered")
    assert [reply["text"] for reply in replies] == [f"echo {number}" for number in range(10)]
    ids = [reply["id"] for reply in replies]
    assert ids == sorted(set(ids))


@pytest.mark.asyncio
async def test_without_a_database_everybody_is_answered_and_once(assistant: Assistant) -> None:
    session = await assistant.new()
    await assistant.say(session, "message-1")
    with closing(sqlite3.connect(assistant.url.removeprefix("sqlite:///"))) as connection:
        connection.executescript("DROP TABLE outbox; DROP TABLE web_sessions")
    assistant.restart()
    # Opening makes missing tables: here the database is away for good.
    assistant.sessions._database._open = lambda: 1 / 0
    assert (await assistant.begin(session)).messages == []
    assert await assistant.say(session, "message-2") == ["echo hi"]
    assert await assistant.say(session, "message-2") == ["echo hi"]
    assert [reply["mid"] for reply in (await assistant.begin(session)).messages] == ["message-2"]
    assert assistant.asked == ["hi", "hi"]
    assert await assistant.say(await assistant.new(), "message-3") == ["echo hi"]


@pytest.mark.asyncio
async def test_memory_holds_the_last_turns_only(assistant: Assistant) -> None:
    session = await assistant.new()
    for number in range(MOST_TURNS + 5):
        await assistant.say(session, f"message-{number}")
    assert len(assistant.sessions._sessions[session].turns) == MOST_TURNS

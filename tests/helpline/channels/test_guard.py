from __future__ import annotations

import asyncio
import gc
import time

import pytest
from rasa.core.channels.channel import UserMessage

from helpline.answers.numbers import load_numbers
from helpline.channels.guard import MAX_STORED_CHARACTERS, Guard, admit, recorder, trouble
from helpline.crisis.taxonomy import Detection, Tier
from helpline.storage.database import open_engine
from helpline.storage.ledger import RESCUE, entries, verify

NUMBERS = ("911", "988", "1-800-662-HELP (4357)")


async def echo(message: UserMessage) -> None:
    await message.output_channel.send_text_message(message.sender_id, f"echo {message.text}")


async def silent(message: UserMessage) -> None:
    pass


async def raising(message: UserMessage) -> None:
    raise RuntimeError("the model is broken")


async def hanging(message: UserMessage) -> None:
    await asyncio.sleep(3600)


async def speaking_then_raising(message: UserMessage) -> None:
    await echo(message)
    raise RuntimeError("the second action is broken")


async def speaking_then_hanging(message: UserMessage) -> None:
    await echo(message)
    await hanging(message)


@pytest.mark.asyncio
async def test_replies_come_back_in_rest_form() -> None:
    assert await Guard(echo, 1).answer("hi", "a", "rest") == [{"recipient_id": "a", "text": "echo hi"}]


@pytest.mark.asyncio
async def test_the_handler_sees_sender_channel_and_metadata() -> None:
    seen: list[UserMessage] = []

    async def keep(message: UserMessage) -> None:
        seen.append(message)

    await Guard(keep, 1).answer("hi", "a", "web", {"page": "costs"})
    message = seen[0]
    assert (message.text, message.sender_id, message.input_channel) == ("hi", "a", "web")
    assert message.metadata == {"page": "costs"}


@pytest.mark.parametrize("handler", [silent, raising, hanging])
@pytest.mark.asyncio
async def test_where_no_reply_comes_the_guard_gives_all_numbers(handler: object) -> None:
    started = time.monotonic()
    replies = await Guard(handler, 0.2).answer("hi", "a", "rest")
    assert time.monotonic() - started < 1
    assert [reply["recipient_id"] for reply in replies] == ["a"]
    assert all(number in replies[0]["text"] for number in NUMBERS)


@pytest.mark.parametrize("handler", [speaking_then_raising, speaking_then_hanging])
@pytest.mark.asyncio
async def test_what_was_said_before_a_failure_is_the_reply(handler: object) -> None:
    assert await Guard(handler, 0.2).answer("hi", "a", "rest") == [{"recipient_id": "a", "text": "echo hi"}]


@pytest.mark.asyncio
async def test_what_a_late_turn_says_does_not_change_a_reply_already_given() -> None:
    async def late(message: UserMessage) -> None:
        await echo(message)
        await asyncio.sleep(0.2)
        await echo(message)

    replies = await Guard(late, 0.1).answer("hi", "a", "rest")
    await asyncio.sleep(0.2)
    assert len(replies) == 1


@pytest.mark.asyncio
async def test_a_late_failure_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def late(message: UserMessage) -> None:
        await asyncio.sleep(0.1)
        raise RuntimeError("late")

    await Guard(late, 0.05).answer("hi", "a", "rest")
    await asyncio.sleep(0.1)
    gc.collect()
    assert [record.getMessage() for record in caplog.records][-1] == "A turn failed."


class Recorder:
    """A handler that takes its time and notes when each message begins and ends."""

    def __init__(self) -> None:
        self.log: list[str] = []

    async def __call__(self, message: UserMessage) -> None:
        self.log.append(f"{message.text} begins")
        # The first takes longest, so that only the queue can keep the order.
        await asyncio.sleep(0.2 if message.text == "1" else 0.05)
        self.log.append(f"{message.text} ends")
        await echo(message)


@pytest.mark.asyncio
async def test_messages_of_one_sender_are_handled_one_by_one_in_order() -> None:
    recorder = Recorder()
    guard = Guard(recorder, 2)
    replies = await asyncio.gather(*(guard.answer(text, "a", "rest") for text in "123"))
    assert recorder.log == [f"{text} {what}" for text in "123" for what in ("begins", "ends")]
    assert [reply[0]["text"] for reply in replies] == ["echo 1", "echo 2", "echo 3"]


@pytest.mark.asyncio
async def test_different_senders_do_not_wait_for_each_other() -> None:
    recorder = Recorder()
    guard = Guard(recorder, 2)
    await asyncio.gather(guard.answer("1", "a", "rest"), guard.answer("2", "b", "rest"))
    assert recorder.log == ["1 begins", "2 begins", "2 ends", "1 ends"]


@pytest.mark.asyncio
async def test_a_failed_turn_does_not_block_the_next_one() -> None:
    failures = iter([True, False])

    async def handler(message: UserMessage) -> None:
        if next(failures):
            raise RuntimeError("once")
        await echo(message)

    guard = Guard(handler, 1)
    await guard.answer("1", "a", "rest")
    assert (await guard.answer("2", "a", "rest"))[0]["text"] == "echo 2"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("what is an iop", "what is an iop"),
        ("/restart", "restart"),
        ('/faq{"a": "b"}', 'faq{"a": "b"}'),
        ("  //restart", "restart"),
        ("/ restart", "restart"),
        ("\x00/restart", "restart"),
        ("/\x00/restart", "restart"),
        ("a\x00b", "ab"),
        ("and/or", "and/or"),
        ("", ""),
        ("///", ""),
        ("/ /restart", "restart"),
    ],
)
def test_no_command_and_no_nul_is_admitted(text: str, expected: str) -> None:
    assert admit(text) == expected


def test_a_message_is_cut_at_ten_thousand_characters() -> None:
    assert MAX_STORED_CHARACTERS == 10_000
    assert admit("x" * 20_000) == "x" * 10_000


def test_trouble_shows_the_numbers_as_they_are_kept() -> None:
    text, kept = trouble("a")["text"], load_numbers()
    for key in ("emergency", "suicide_crisis", "national_helpline"):
        assert (kept[key].text or kept[key].tel) in text


async def deaf(text: str) -> Detection:
    """A model that hears nothing."""
    return Detection()


async def hearing(text: str) -> Detection:
    """A model that hears what no rule does."""
    return Detection(Tier.T2, "domestic_violence", "self", "en", 0.9)


async def broken(text: str) -> Detection:
    raise RuntimeError("no model")


def crisis_of(reply: dict[str, object]) -> tuple[object, str]:
    custom = reply["custom"]
    return custom["category"], custom["numbers"][0]["tel"]


@pytest.mark.parametrize("handler", [silent, raising, hanging])
@pytest.mark.parametrize("detect", [None, deaf, broken])
@pytest.mark.asyncio
async def test_plain_danger_gets_its_number_without_reply_and_model(handler: object, detect: object) -> None:
    reply = (await Guard(handler, 0.2).answer("i want to kill myself", "a", "rest", detect=detect))[0]
    assert crisis_of(reply) == ("suicide_active", "988")
    assert "1-800-662-HELP (4357)" in reply["text"]


@pytest.mark.asyncio
async def test_plain_danger_waits_for_a_busy_rasa_less_than_all_else() -> None:
    begun = asyncio.get_running_loop().time()
    replies = await Guard(hanging, 1.8).answer("i want to kill myself", "a", "rest")
    assert asyncio.get_running_loop().time() - begun < 1.2
    assert "988" in replies[0]["text"]


@pytest.mark.asyncio
async def test_danger_that_only_the_model_hears_gets_its_number_where_rasa_is_silent() -> None:
    reply = (await Guard(silent, 0.2).answer("he took my phone and my keys again", "a", "rest", detect=hearing))[0]
    assert crisis_of(reply) == ("domestic_violence", "18007997233")


@pytest.mark.asyncio
async def test_a_reply_that_passes_over_plain_danger_comes_second() -> None:
    replies = await Guard(echo, 1).answer("i want to kill myself", "a", "rest")
    assert crisis_of(replies[0])[1] == "988"
    assert replies[1]["text"] == "echo i want to kill myself"


@pytest.mark.asyncio
async def test_danger_is_heard_in_payloads_and_metadata_too() -> None:
    guard = Guard(echo, 1)
    for text, metadata in (("/inform{'why': 'i want to die'}", None), ("ok", {"form": {"why": ["i want to die"]}})):
        assert crisis_of((await guard.answer(text, "a", "rest", metadata))[0])[1] == "988"


@pytest.mark.parametrize(("text", "detect"), [("i want to die", None), ("my stuff is given away", hearing)])
@pytest.mark.asyncio
async def test_danger_does_not_wait_for_a_turn_that_hangs(text: str, detect: object) -> None:
    guard = Guard(hanging, 5)
    first = asyncio.ensure_future(guard.answer("what is an iop", "a", "rest"))
    await asyncio.sleep(0.05)
    started = time.monotonic()
    replies = await guard.answer(text, "a", "rest", detect=detect)
    assert time.monotonic() - started < 0.5
    assert replies[0]["custom"]["kind"] == "crisis"
    first.cancel()


@pytest.mark.asyncio
async def test_what_the_guard_says_in_a_crisis_is_in_the_ledger(database_url: str) -> None:
    # As in the server, where the tracker store has opened the database before.
    database = open_engine(database_url)
    guard = Guard(silent, 1, recorder(database_url))
    await guard.answer("i want to die", "a", "rest")
    await guard.answer("what is an iop", "a", "rest")
    for _ in range(100):
        if (report := verify(database)).count:
            break
        await asyncio.sleep(0.05)
    assert (report.count, report.ok) == (1, True)
    entry = entries(database)[0]
    assert (entry["kind"], entry["tier"], entry["reply"]) == (RESCUE, "T2", "utter_crisis/suicide_active")
    assert entry["numbers"][0] == "suicide_crisis"
    assert entry["rules"]


@pytest.mark.asyncio
async def test_a_ledger_that_fails_costs_no_reply(caplog: pytest.LogCaptureFixture) -> None:
    guard = Guard(silent, 1, recorder("sqlite:////proc/nowhere/conversations.db"))
    assert crisis_of((await guard.answer("i want to die", "a", "rest"))[0])[1] == "988"
    for _ in range(100):
        if "Not in the ledger" in caplog.text:
            break
        await asyncio.sleep(0.05)
    assert "Not in the ledger" in caplog.text
    assert "want to die" not in caplog.text


@pytest.mark.asyncio
async def test_the_guard_does_not_repeat_its_words() -> None:
    guard = Guard(silent, 1)
    said = [(await guard.answer("i want to die", "a", "rest"))[0]["text"] for _ in range(3)]
    assert len(set(said)) == 3


@pytest.mark.asyncio
async def test_plain_questions_are_not_held_for_danger() -> None:
    assert [reply["text"] for reply in await Guard(echo, 1).answer("what is an iop", "a", "rest")] == [
        "echo what is an iop"
    ]


@pytest.mark.asyncio
async def test_danger_is_heard_in_what_a_channel_would_refuse() -> None:
    guard = Guard(silent, 1)
    assert await guard.hears_danger("i want to kill myself")
    assert await guard.hears_danger("he took my phone and my keys again", hearing)
    assert await guard.hears_danger("how often are the sessions", deaf) is False
    assert await guard.hears_danger("how often are the sessions", broken) is None
    assert await guard.hears_danger("how often are the sessions") is False


@pytest.mark.asyncio
async def test_a_late_detector_is_one_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async def late(text: str) -> Detection:
        await asyncio.sleep(1)
        return Detection()

    assert await Guard(silent, 1).hears_danger("how often are the sessions", late) is None
    assert [record.exc_info for record in caplog.records] == [None]


@pytest.mark.asyncio
async def test_between_turns_no_turn_runs() -> None:
    recorder = Recorder()
    guard = Guard(recorder, 2)
    first = asyncio.ensure_future(guard.answer("1", "a", "web"))
    await asyncio.sleep(0.05)
    async with guard.between_turns("a", 1):
        assert recorder.log == ["1 begins", "1 ends"]
        second = asyncio.ensure_future(guard.answer("2", "a", "web"))
        await asyncio.sleep(0.1)
        assert recorder.log == ["1 begins", "1 ends"]
    await asyncio.gather(first, second)
    assert recorder.log[2:] == ["2 begins", "2 ends"]


@pytest.mark.asyncio
async def test_a_turn_that_hangs_is_not_waited_for_without_end() -> None:
    guard = Guard(hanging, 0.05)
    await guard.answer("1", "a", "web")
    started = time.monotonic()
    async with guard.between_turns("a", 0.1):
        assert time.monotonic() - started < 0.5


@pytest.mark.asyncio
async def test_a_forgotten_person_hears_the_first_words_again() -> None:
    guard = Guard(silent, 1)
    first = await guard.answer("i want to kill myself", "a", "web")
    await guard.answer("i want to kill myself", "a", "web")
    guard.forget("a")
    guard.forget("unknown")
    assert await guard.answer("i want to kill myself", "a", "web") == first

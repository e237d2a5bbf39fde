from __future__ import annotations

import asyncio
import gc
import time

import pytest
from rasa.core.channels.channel import UserMessage

from helpline.answers.numbers import load_numbers
from helpline.channels.guard import MAX_STORED_CHARACTERS, Guard, admit, trouble

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


def test_trouble_shows_every_number_there_is() -> None:
    text = trouble("a")["text"]
    assert all((number.text or number.tel) in text for number in load_numbers().values())

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from aiogram import types
from hypothesis import given
from hypothesis import strategies as st
from vendor_requests import ANY_JSON, SETTINGS, from_telegram, request

from helpline.channels.safe_channel import Button, Inbound, Part
from helpline.channels.telegram import TelegramChannel
from helpline.settings import Settings

# Older events are taken for replays.
NOW = int(time.time())

CHANNEL = TelegramChannel(SETTINGS)
PERSON = {"id": 42, "is_bot": False, "first_name": "Maria"}
CHAT = {"id": 42, "type": "private", "first_name": "Maria"}
GROUP = {"id": -100123, "type": "supergroup", "title": "Us"}


def parse(**update: Any) -> list[Inbound]:
    # aiogram knows what Telegram's updates look like.
    types.Update(**update, update_id=7)
    return CHANNEL.parse(from_telegram({"update_id": 7, **update}))


def message(chat: dict[str, Any] = CHAT, **content: Any) -> dict[str, Any]:
    return {"message_id": 1, "date": NOW, "from": PERSON, "chat": chat, **content}


def test_it_is_on_with_a_token() -> None:
    assert TelegramChannel.is_on(SETTINGS)
    assert not TelegramChannel.is_on(Settings())


@pytest.mark.parametrize(
    "secret", ["", "x", SETTINGS.telegram_secret + "x", SETTINGS.telegram_secret.upper(), "\udcff"]
)
def test_only_who_knows_the_secret_is_heard(secret: str) -> None:
    assert CHANNEL.verify(from_telegram({}))
    assert not CHANNEL.verify(from_telegram({}, secret))
    assert not CHANNEL.verify(request({}))


def test_without_a_secret_of_ours_nobody_is_heard() -> None:
    assert not TelegramChannel(Settings(telegram_bot_token="1:a")).verify(from_telegram({}, ""))


def test_a_message_is_a_message() -> None:
    assert parse(message=message(text="hi there")) == [Inbound("7", "42", "42", "hi there", "telegram")]


@pytest.mark.parametrize(
    ("text", "kind", "heard"),
    [
        ("/start", "message", "hello"),
        ("/start website", "message", "hello website"),
        ("/Start@iop_bot", "message", "hello"),
        ("/help", "help", "what can you help me with"),
        ("/help@iop_bot", "help", "what can you help me with"),
        ("/help i want to die", "message", "i want to die"),
        ("help", "message", "help"),
        ("/start i want to die", "message", "i want to die"),
        ("/starting", "message", "/starting"),
        ("please /help", "message", "please /help"),
    ],
)
def test_telegrams_own_buttons_have_a_meaning(text: str, kind: str, heard: str) -> None:
    [found] = parse(message=message(text=text))
    assert (found.kind, found.text) == (kind, heard)


@pytest.mark.parametrize("media", ["photo", "voice", "sticker", "video_note", "location", "contact"])
def test_a_picture_or_a_voice_note_without_words_is_media(media: str) -> None:
    [found] = CHANNEL.parse(from_telegram({"update_id": 7, "message": message(**{media: {"file_id": "a"}})}))
    assert (found.kind, found.text) == ("media", "")


def test_a_picture_with_words_is_a_message() -> None:
    [found] = CHANNEL.parse(from_telegram({"update_id": 7, "message": message(photo=[], caption="i took them all")}))
    assert (found.kind, found.text) == ("message", "i took them all")


def test_an_edit_is_an_edit() -> None:
    [found] = parse(edited_message=message(text="i want to die", edit_date=NOW + 1))
    assert (found.kind, found.text, found.vendor_id) == ("edit", "i want to die", "7")


@pytest.mark.parametrize(
    "content",
    [
        {"text": "@iop_bot hi", "entities": [{"type": "mention", "offset": 0, "length": 8}]},
        {"text": "/help@iop_bot", "entities": [{"type": "bot_command", "offset": 0, "length": 13}]},
        {"text": "\U0001f600 @iop_bot hi", "entities": [{"type": "mention", "offset": 3, "length": 8}]},
        {"text": "you", "entities": [{"type": "text_mention", "offset": 0, "length": 3, "user": {"id": 12345}}]},
        {
            "text": "yes",
            "reply_to_message": {"message_id": 1, "date": 1, "chat": GROUP, "from": {"id": 12345, "is_bot": True}},
        },
    ],
)
def test_in_a_group_what_is_meant_for_the_bot_is_public(content: dict[str, Any]) -> None:
    [found] = CHANNEL.parse(from_telegram({"update_id": 7, "message": message(GROUP, **content)}))
    assert (found.kind, found.address, found.person) == ("public_mention", "-100123", "42")


def test_a_message_or_an_edit_of_long_ago_is_a_replay() -> None:
    old = NOW - 49 * 3600
    assert parse(message={**message(text="hi"), "date": old}) == []
    assert parse(edited_message={**message(text="hi", edit_date=old), "date": old}) == []
    assert parse(edited_message={**message(text="hi", edit_date=NOW), "date": old})


@pytest.mark.parametrize(
    "content",
    [
        {"text": "@maria hi", "entities": [{"type": "mention", "offset": 0, "length": 6}]},
        {"text": "/ban", "entities": [{"type": "bot_command", "offset": 0, "length": 4}]},
        {"text": "you", "entities": [{"type": "text_mention", "offset": 0, "length": 3, "user": {"id": 7}}]},
        {"text": "yes", "reply_to_message": {"message_id": 1, "from": {"id": 1, "is_bot": True}}},
        {"text": "@bot", "entities": [{"type": "mention", "offset": "0", "length": -4}]},
    ],
)
def test_in_a_group_what_is_meant_for_others_is_nothing(content: dict[str, Any]) -> None:
    assert CHANNEL.parse(from_telegram({"update_id": 7, "message": message(GROUP, **content)})) == []


def test_once_it_knows_its_name_the_bot_leaves_mentions_of_other_bots_alone() -> None:
    channel = TelegramChannel(SETTINGS)
    sent = {"ok": True, "result": {"message_id": 1, "from": {"id": 12345, "is_bot": True, "username": "IOP_bot"}}}
    channel.outcome(200, {}, json.dumps(sent).encode())
    for name, count in (("@iop_Bot", 1), ("@ban_bot", 0)):
        marks = [{"type": "mention", "offset": 0, "length": 8}]
        update = {"update_id": 7, "message": message(GROUP, text=f"{name} hi", entities=marks)}
        assert len(channel.parse(from_telegram(update))) == count


def test_other_talk_in_a_group_is_nothing() -> None:
    assert parse(message=message(GROUP, text="see you tomorrow")) == []


def test_a_tap_tells_the_button_its_title_and_whom_to_acknowledge() -> None:
    keyboard = {
        "inline_keyboard": [[{"text": "No", "callback_data": "m:1:1"}], [{"text": "Yes", "callback_data": "m:1:2"}]]
    }
    tap = {"id": "99", "from": PERSON, "message": message(text="?", reply_markup=keyboard), "data": "m:1:2"}
    [found] = parse(callback_query={**tap, "chat_instance": "1"})
    assert found == Inbound("7", "42", "42", "Yes", "telegram", "m:1:2", acknowledge="99")
    call = CHANNEL.acknowledgement(found)
    assert call is not None
    assert call.url == "https://api.telegram.org/bot12345:token/answerCallbackQuery"
    assert call.json == {"callback_query_id": "99"}
    assert CHANNEL.acknowledgement(parse(message=message(text="hi"))[0]) is None


@pytest.mark.parametrize(
    "update",
    [
        {"my_chat_member": {"chat": CHAT, "from": PERSON, "new_chat_member": {"status": "kicked"}}},
        {"channel_post": message(text="news")},
        {"poll": {"id": "1"}},
        {"message": message(pinned_message=message(text="hi"))},
        {"message": message(text="hi", **{"from": {**PERSON, "is_bot": True}})},
        {"message": {"text": "hi"}},
        {"callback_query": {"from": PERSON, "game_short_name": "a"}},
    ],
)
def test_what_is_no_message_of_a_person_is_nothing(update: dict[str, Any]) -> None:
    assert CHANNEL.parse(from_telegram({"update_id": 7, **update})) == []


@given(st.binary() | ANY_JSON)
def test_no_body_breaks_it(body: Any) -> None:
    for found in CHANNEL.parse(request(body)):
        found.text.encode()


@given(
    st.fixed_dictionaries(
        {"update_id": st.integers()},
        optional=dict.fromkeys(
            ("message", "edited_message", "callback_query"),
            st.fixed_dictionaries(
                {},
                optional={
                    "from": st.fixed_dictionaries({"id": st.integers() | ANY_JSON}),
                    "chat": st.fixed_dictionaries(
                        {"id": st.integers() | ANY_JSON, "type": st.just("private") | ANY_JSON}
                    ),
                    **dict.fromkeys(
                        ("text", "caption", "photo", "entities", "data", "id", "message", "reply_to_message"), ANY_JSON
                    ),
                },
            ),
        ),
    )
)
def test_no_update_breaks_it(update: dict[str, Any]) -> None:
    for found in CHANNEL.parse(from_telegram(update)):
        assert found.vendor_id == str(update["update_id"])
        found.text.encode()


def test_a_part_is_sent_with_its_buttons_one_below_the_other() -> None:
    call = CHANNEL.call("42", Part("How are you?", (Button("m:1:1", "Fine"), Button("m:1:2", "Not fine"))))
    assert call.url == "https://api.telegram.org/bot12345:token/sendMessage"
    assert (call.json["chat_id"], call.json["text"]) == ("42", "How are you?")
    keyboard = types.InlineKeyboardMarkup(**call.json["reply_markup"]).inline_keyboard
    assert [[button["callback_data"] for button in row] for row in keyboard] == [["m:1:1"], ["m:1:2"]]
    assert "reply_markup" not in CHANNEL.call("42", Part("Hi.")).json
    assert "parse_mode" not in call.json


@pytest.mark.parametrize(
    ("status", "answer", "meaning"),
    [
        (200, {"ok": True, "result": {"message_id": 5}}, ("sent", None)),
        (200, None, ("sent", None)),
        (429, {"ok": False, "error_code": 429, "parameters": {"retry_after": 13}}, ("retry", 13.0)),
        (429, {"ok": False, "parameters": {"retry_after": "soon"}}, ("retry", None)),
        (500, None, ("retry", None)),
        (401, {"ok": False, "description": "Unauthorized"}, ("retry", None)),
        (403, {"ok": False, "description": "Forbidden: bot was blocked by the user"}, ("blocked", None)),
        (400, {"ok": False, "description": "Bad Request: chat not found"}, ("refused", None)),
    ],
)
def test_what_telegrams_answers_mean(status: int, answer: Any, meaning: tuple[Any, ...]) -> None:
    found = CHANNEL.outcome(status, {}, json.dumps(answer).encode())
    assert (found.status, found.retry_after_s) == meaning


@given(st.integers(100, 599), st.binary() | ANY_JSON.map(lambda value: json.dumps(value).encode()))
def test_no_answer_breaks_it(status: int, body: bytes) -> None:
    assert CHANNEL.outcome(status, {}, body).status in ("sent", "retry", "blocked", "refused")

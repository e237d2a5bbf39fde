"""Each vendor's events, changed at random ten thousand times: nothing that is signed may break the reading of it."""

from __future__ import annotations

import copy
import json
import random
import time
from typing import Any, Callable
from urllib.parse import urlencode

import pytest
from vendor_requests import SETTINGS, request

from helpline.channels.messenger import MessengerChannel
from helpline.channels.safe_channel import SafeChannel
from helpline.channels.slack import SlackChannel
from helpline.channels.telegram import TelegramChannel

# Older events are taken for replays.
NOW = int(time.time())

MUTATIONS = 10_000
PERSON = {"id": 42, "is_bot": False, "first_name": "Maria", "username": "maria"}
CHAT = {"id": 42, "type": "private", "first_name": "Maria"}
GROUP = {"id": -100123, "type": "supergroup", "title": "Us"}
MESSAGE = {"message_id": 1, "date": NOW, "from": PERSON, "chat": CHAT}
KEYBOARD = {
    "inline_keyboard": [[{"text": "No", "callback_data": "m:1:1"}], [{"text": "Yes", "callback_data": "m:1:2"}]]
}
TELEGRAM = [
    {"update_id": 7, "message": {**MESSAGE, "text": "hi", "entities": [{"type": "bold", "offset": 0, "length": 2}]}},
    {"update_id": 8, "edited_message": {**MESSAGE, "text": "hello", "edit_date": NOW + 1}},
    {"update_id": 9, "message": {**MESSAGE, "photo": [{"file_id": "a"}], "caption": "look"}},
    {"update_id": 10, "message": {**MESSAGE, "voice": {"file_id": "a", "duration": 3}}},
    {"update_id": 11, "message": {**MESSAGE, "chat": GROUP, "text": "/help", "entities": [{"type": "bot_command"}]}},
    {
        "update_id": 12,
        "message": {**MESSAGE, "chat": GROUP, "text": "a", "reply_to_message": {"from": {"is_bot": True}}},
    },
    {
        "update_id": 13,
        "callback_query": {
            "id": "9",
            "from": PERSON,
            "data": "m:1:2",
            "message": {**MESSAGE, "reply_markup": KEYBOARD},
        },
    },
    {"update_id": 14, "my_chat_member": {"chat": CHAT, "from": PERSON, "new_chat_member": {"status": "kicked"}}},
]
ENDS = {"sender": {"id": "6408"}, "recipient": {"id": "19"}, "timestamp": NOW * 1000}
MESSENGER = [
    {"object": "page", "entry": [{"id": "19", "time": 1764388498123, "messaging": [event, event]}]}
    for event in (
        {**ENDS, "message": {"mid": "m_1", "text": "hi", "quick_reply": {"payload": "m:1:2"}}},
        {
            **ENDS,
            "message": {"mid": "m_2", "attachments": [{"type": "image", "payload": {"url": "https://a.example"}}]},
        },
        {**ENDS, "message": {"mid": "m_3", "text": "hi", "is_echo": True}},
        {**ENDS, "message_edit": {"mid": "m_4", "text": "hello", "num_edit": 1}},
        {**ENDS, "postback": {"mid": "m_5", "title": "Get Started", "payload": "GET_STARTED"}},
        {**ENDS, "read": {"watermark": 1764388498123}},
    )
]
SAID = {"type": "message", "channel": "D1", "channel_type": "im", "user": "U1", "text": "hi <@U2|m>", "ts": "1.1"}
SLACK = [
    {"type": "event_callback", "event_id": "Ev1", "team_id": "T1", "event": event}
    for event in (
        SAID,
        {**SAID, "subtype": "file_share", "files": [{"id": "F1"}], "text": ""},
        {**SAID, "subtype": "message_changed", "message": SAID, "previous_message": {**SAID, "text": "a"}},
        {"type": "app_mention", "channel": "C1", "user": "U1", "text": "<@U0> hi", "ts": "1.1"},
    )
] + [
    {"type": "url_verification", "challenge": "abc", "token": "x"},
    {
        "type": "block_actions",
        "user": {"id": "U1"},
        "channel": {"id": "D1"},
        "actions": [{"value": "m:1:2", "action_ts": "1.5", "text": {"type": "plain_text", "text": "Yes"}}],
    },
]
JUNK: list[Any] = [
    *(None, True, False, 0, -1, 7, 2**63, 10**40, 1.5, float("nan"), float("inf")),
    *("", " ", "a" * 5000, "\x00", "\ud800", "\u202e", "<", "<@", "/start", "m:1:2", "private", "page", "im", "D1"),
    *([], [[]], [None], {}, {"id": None}, {"id": {}}, [{"a": 1}]),
]


def mutated(value: Any, chance: random.Random) -> Any:
    """Return a copy with some of its nodes gone, doubled, or something else."""
    if chance.random() < 0.06:
        return copy.deepcopy(chance.choice(JUNK))
    if isinstance(value, dict):
        kept = {name: mutated(inner, chance) for name, inner in value.items() if chance.random() > 0.04}
        if kept and chance.random() < 0.04:
            # A value under another's name.
            kept[chance.choice(list(value))] = copy.deepcopy(chance.choice(list(kept.values())))
        return kept
    if isinstance(value, list):
        return [mutated(inner, chance) for inner in value for _ in range(chance.choice((1, 1, 1, 1, 0, 2)))]
    return value


def cut(body: bytes, chance: random.Random) -> bytes:
    """Return a body that some proxy has broken."""
    place = chance.randrange(len(body) + 1)
    return chance.choice((body[:place], body[:place] + b"\xff" + body[place:], body[place:], body + body))


def form(body: bytes) -> bytes:
    return urlencode({"payload": body.decode("utf-8", "replace")}).encode()


@pytest.mark.parametrize(
    ("channel", "corpus", "as_form"),
    [
        (TelegramChannel(SETTINGS), TELEGRAM, None),
        (MessengerChannel(SETTINGS), MESSENGER, None),
        (SlackChannel(SETTINGS), SLACK, None),
        (SlackChannel(SETTINGS), SLACK, form),
    ],
    ids=["telegram", "messenger", "slack", "slack-form"],
)
def test_ten_thousand_changed_events_break_nothing(
    channel: SafeChannel, corpus: list[Any], as_form: Callable[[bytes], bytes] | None
) -> None:
    chance = random.Random(6)
    understood = 0
    for _ in range(MUTATIONS):
        body = json.dumps(mutated(chance.choice(corpus), chance)).encode()
        if chance.random() < 0.05:
            body = cut(body, chance)
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if as_form else {}
        made = request(as_form(body) if as_form else body, headers)
        channel.verify(made)
        channel.answer_at_once(made)
        found = channel.parse(made)
        for inbound in found:
            # It can be stored and sent on: text in UTF-8, ids that are short and printable.
            json.dumps(inbound.__dict__).encode()
            for text in (inbound.vendor_id, inbound.address, inbound.person, inbound.text, inbound.choice or ""):
                text.encode()
            assert all(0 < len(name) <= 600 for name in (inbound.vendor_id, inbound.address, inbound.person))
            assert inbound.kind in ("message", "media", "edit", "help", "public_mention")
        understood += bool(found)
    # Otherwise nothing but the first checks was tried.
    assert understood > MUTATIONS / 25

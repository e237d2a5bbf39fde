from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import socket
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sanic import Blueprint, Sanic
from vendor_requests import ANY_JSON, SETTINGS, from_messenger, request

from helpline.channels.messenger import MessengerChannel
from helpline.channels.safe_channel import Button, Inbound, Part
from helpline.settings import Settings

# Older events are taken for replays.
NOW = int(time.time())

CHANNEL = MessengerChannel(SETTINGS)
PAGE = {"id": "1906385232743451"}
SIGNED = "X-Hub-Signature-256"


def event(**content: Any) -> dict[str, Any]:
    return {"sender": {"id": "6408"}, "recipient": PAGE, "timestamp": NOW * 1000, **content}


def parse(*events: dict[str, Any]) -> list[Inbound]:
    entries = [{"id": PAGE["id"], "time": 1764388498123, "messaging": [one]} for one in events]
    return CHANNEL.parse(from_messenger({"object": "page", "entry": entries}))


def said(text: str, mid: str = "m_1", **content: Any) -> dict[str, Any]:
    return event(message={"mid": mid, "text": text, **content})


def test_it_is_on_with_a_token() -> None:
    assert MessengerChannel.is_on(SETTINGS)
    assert not MessengerChannel.is_on(Settings())


def test_only_what_the_apps_secret_signed_is_heard() -> None:
    assert CHANNEL.verify(from_messenger({"object": "page"}))
    assert not CHANNEL.verify(from_messenger({"object": "page"}, "another secret"))
    assert not CHANNEL.verify(request({"object": "page"}))
    changed = from_messenger({"object": "page"})
    changed.body += b" "
    assert not CHANNEL.verify(changed)
    assert not MessengerChannel(Settings(messenger_page_token="a")).verify(from_messenger({}, ""))


@pytest.mark.parametrize("algorithm", ["md5", "sha1"])
def test_weaker_signatures_are_refused(algorithm: str) -> None:
    forged = request({"object": "page"})
    signature = hmac.new(b"app-secret", forged.body, algorithm).hexdigest()
    forged.headers["X-Hub-Signature"] = forged.headers[SIGNED] = f"{algorithm}={signature}"
    assert not CHANNEL.verify(forged)


@given(st.binary(), st.text())
def test_any_bytes_can_be_verified(body: bytes, signature: str) -> None:
    assert not CHANNEL.verify(request(body, {SIGNED: signature}))
    assert CHANNEL.verify(from_messenger(body))


def test_all_events_of_all_entries_are_heard_in_order() -> None:
    entries = [
        {"messaging": [said("one", "m_1"), event(read={"watermark": 1}), said("two", "m_2")]},
        {"messaging": [said("three", "m_3")]},
    ]
    found = CHANNEL.parse(from_messenger({"object": "page", "entry": entries}))
    assert found == [
        Inbound(f"m_{number}", "6408", "6408", text, "messenger")
        for number, text in enumerate(("one", "two", "three"), start=1)
    ]


def test_a_quick_reply_is_a_tap_with_its_title() -> None:
    [found] = parse(said("Yes", quick_reply={"payload": "m:1764388498123456:2"}))
    assert (found.choice, found.text, found.kind) == ("m:1764388498123456:2", "Yes", "message")


def test_a_picture_without_words_is_media() -> None:
    pictures = [{"type": "image", "payload": {"url": "https://example.org/a.jpg"}}] * 2
    [found] = parse(event(message={"mid": "m_1", "attachments": pictures}))
    assert (found.kind, found.text) == ("media", "")


def test_an_event_of_long_ago_is_a_replay() -> None:
    old = {**said("hi"), "timestamp": (NOW - 49 * 3600) * 1000}
    assert parse(old) == []
    assert parse({**old, "timestamp": (NOW - 47 * 3600) * 1000})


def test_an_edit_is_an_edit_with_an_id_of_its_own() -> None:
    [found] = parse(event(message_edit={"mid": "m_1", "text": "i want to die", "num_edit": 2}))
    assert (found.kind, found.text, found.vendor_id) == ("edit", "i want to die", "m_1:2")


@pytest.mark.parametrize(
    ("postback", "text"),
    [
        ({"mid": "m_1", "title": "Get Started", "payload": "START_CHAT"}, "hello"),
        ({"mid": "m_1", "title": "Comenzar", "payload": "GET_STARTED"}, "hello"),
        ({"title": "What is an IOP?", "payload": "ICE_BREAKER_1"}, "What is an IOP?"),
    ],
)
def test_a_button_that_stays_is_said_in_words(postback: dict[str, str], text: str) -> None:
    [found] = parse(event(postback=postback))
    assert (found.text, found.choice) == (text, None)
    assert found.vendor_id == postback.get("mid", f"6408:{NOW * 1000}")


@pytest.mark.parametrize(
    "content",
    [
        said("I am the page", is_echo=True),
        said("gone", is_deleted=True),
        event(delivery={"mids": ["m_1"], "watermark": 1}),
        event(read={"watermark": 1}),
        event(reaction={"mid": "m_1", "action": "react", "emoji": "x"}),
        event(optin={"ref": "a"}),
        event(message={"text": "without an id"}),
        event(postback={"payload": "ICE_BREAKER_1"}),
        {"sender": {"user_ref": "a"}, "message": {"mid": "m_1", "text": "hi"}},
    ],
)
def test_what_is_no_message_of_a_person_is_nothing(content: dict[str, Any]) -> None:
    assert parse(content) == []


@pytest.mark.parametrize("name", ["instagram", "user", None])
def test_what_is_not_about_a_page_is_nothing(name: str | None) -> None:
    assert CHANNEL.parse(from_messenger({"object": name, "entry": [{"messaging": [said("hi")]}]})) == []


@given(st.binary() | ANY_JSON)
def test_no_body_breaks_it(body: Any) -> None:
    assert isinstance(CHANNEL.parse(request(body)), list)


_PARTS = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("text", "title", "payload", "is_echo", "attachments", "num_edit"), ANY_JSON),
        "mid": st.just("m_1") | ANY_JSON,
        "quick_reply": st.fixed_dictionaries({"payload": ANY_JSON}) | ANY_JSON,
    },
)


@given(
    st.lists(
        st.fixed_dictionaries(
            {"sender": st.just({"id": "1"}) | ANY_JSON},
            optional={"message": _PARTS, "message_edit": _PARTS, "postback": _PARTS, "timestamp": ANY_JSON},
        )
        | ANY_JSON,
        max_size=3,
    )
)
def test_no_event_breaks_it(events: list[Any]) -> None:
    content = {"object": "page", "entry": [{"messaging": events}, None, {"messaging": None}]}
    for found in CHANNEL.parse(from_messenger(content)):
        assert found.vendor_id
        found.text.encode()


def test_a_part_is_sent_with_quick_replies_and_no_secret_in_the_address() -> None:
    call = CHANNEL.call("6408", Part("How are you?", (Button("m:1:1", "Fine"), Button("m:1:2", "Not fine"))))
    address = urlsplit(call.url)
    assert f"{address.scheme}://{address.netloc}{address.path}" == "https://graph.facebook.com/v25.0/me/messages"
    expected = hmac.new(b"app-secret", b"page-token", hashlib.sha256).hexdigest()
    assert parse_qs(address.query) == {"appsecret_proof": [expected]}
    assert call.headers == {"Authorization": "Bearer page-token"}
    assert call.json == {
        "recipient": {"id": "6408"},
        "messaging_type": "RESPONSE",
        "message": {
            "text": "How are you?",
            "quick_replies": [
                {"content_type": "text", "title": "Fine", "payload": "m:1:1"},
                {"content_type": "text", "title": "Not fine", "payload": "m:1:2"},
            ],
        },
    }
    assert CHANNEL.call("6408", Part("Hi.")).json["message"] == {"text": "Hi."}


def error(code: int, subcode: int | None = None, **more: Any) -> dict[str, Any]:
    return {"error": {"message": "…", "code": code, "error_subcode": subcode, **more}}


@pytest.mark.parametrize(
    ("status", "answer", "meaning"),
    [
        (200, {"recipient_id": "6408", "message_id": "m_9"}, "sent"),
        (200, None, "sent"),
        (400, error(613), "retry"),
        (400, error(4), "retry"),
        (400, error(1200), "retry"),
        (400, error(99, is_transient=True), "retry"),
        (400, error(190), "retry"),
        (429, None, "retry"),
        (503, None, "retry"),
        (400, error(551), "blocked"),
        (400, error(200, 1545041), "blocked"),
        (500, error(10, 2018108), "blocked"),
        (400, error(10, 2018278), "refused"),
        (400, error(100), "refused"),
    ],
)
def test_what_metas_answers_mean(status: int, answer: Any, meaning: tuple[Any, ...]) -> None:
    found = CHANNEL.outcome(status, {}, json.dumps(answer).encode())
    assert found.status == meaning


@given(st.integers(100, 599), ANY_JSON)
def test_no_answer_breaks_it(status: int, answer: Any) -> None:
    for body in (answer, {"error": answer}, {"error": {"code": answer, "error_subcode": answer}}):
        found = CHANNEL.outcome(status, {}, json.dumps(body).encode())
        assert found.status in ("sent", "retry", "blocked", "refused")


async def confirmations(*queries: dict[str, str]) -> list[tuple[int, str]]:
    """Ask a real server the question that Meta asks when the webhook is set up."""
    app = Sanic(f"messenger_{uuid4().hex}", configure_logging=False)
    blueprint = Blueprint("messenger")
    CHANNEL.routes(blueprint)
    app.blueprint(blueprint)
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = await app.create_server(sock=listening, return_asyncio_server=True, access_log=False)
    await server.startup()
    found = []
    async with aiohttp.ClientSession(f"http://127.0.0.1:{listening.getsockname()[1]}") as session:
        for query in queries:
            async with session.get("/webhook", params=query) as answer:
                found.append((answer.status, await answer.text()))
    server.close()
    await server.wait_closed()
    return found


def test_the_webhooks_address_is_confirmed_to_who_knows_the_word() -> None:
    asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "verify-token-of-ours"}
    answers = asyncio.run(
        confirmations(
            asked,
            {**asked, "hub.verify_token": "guess"},
            {**asked, "hub.mode": "unsubscribe"},
            {name: value for name, value in asked.items() if name != "hub.challenge"},
            {name: value for name, value in asked.items() if name != "hub.verify_token"},
            {},
        )
    )
    assert answers == [(200, "1158201444"), *[(403, "")] * 5]

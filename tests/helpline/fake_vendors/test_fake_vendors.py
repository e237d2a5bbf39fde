"""The fake vendors: their limits with the documented errors, trouble on request, and signed posts of people."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator
from random import Random
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
import pytest_asyncio
from aiogram import Bot
from aiogram.bot.api import TelegramAPIServer
from aiogram.utils.exceptions import BotBlocked, ChatNotFound, MessageIsTooLong, RetryAfter, Unauthorized
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient
from twilio.request_validator import RequestValidator

from helpline.channels.telegram import UPDATES
from helpline.fake_vendors.faults import Faults
from helpline.fake_vendors.stub import CHANNELS, FakeVendors
from helpline.fake_vendors.vendor import ApiCall


@pytest_asyncio.fixture
async def vendors(free_ports: tuple[int, int]) -> AsyncIterator[FakeVendors]:
    async with FakeVendors().serving(free_ports[0]) as serving:
        yield serving


@pytest_asyncio.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def sms(vendors: FakeVendors, **fields: str) -> tuple[int, dict[str, Any]]:
    known = vendors.credentials
    fields = {"From": known.sms_from, "To": "+15550000001", "Body": "hello", **fields}
    pair = base64.b64encode(f"{known.account_sid}:{fields.pop('token', known.auth_token)}".encode()).decode()
    path = f"/2010-04-01/Accounts/{known.account_sid}/Messages.json"
    call = ApiCall("POST", path, {}, {"Authorization": f"Basic {pair}"}, urlencode(fields).encode())
    answer = vendors.twilio.answer(call)
    return answer.status, answer.content


def messenger(vendors: FakeVendors, **message: Any) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {message.pop('token', vendors.credentials.page_token)}"}
    content = {"recipient": {"id": vendors.address("messenger", 1)}, "message": {"text": "hello", **message}}
    call = ApiCall("POST", "/v25.0/me/messages", {}, headers, json.dumps(content).encode())
    answer = vendors.messenger.answer(call)
    return answer.status, answer.content


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({}, 201, None),
        ({"Body": "é" * 1600}, 201, None),
        ({"Body": "x" * 1601}, 400, 21617),
        ({"Body": ""}, 400, 21602),
        ({"To": ""}, 400, 21604),
        ({"To": "0170"}, 400, 21211),
        ({"From": "+15559999999"}, 400, 21606),
        ({"To": "whatsapp:+15550000001"}, 400, 21910),
        ({"token": "wrong"}, 401, 20003),
    ],
)
def test_twilio_has_its_limits(fields: dict[str, str], status: int, code: int | None) -> None:
    vendors = FakeVendors()
    answered, content = sms(vendors, **fields)
    assert (answered, content.get("code")) == (status, code)
    assert len(vendors.outbox.of("sms")) == (status == 201)


def test_whatsapp_may_be_answered_once_a_person_has_written() -> None:
    vendors = FakeVendors()
    numbers = {"From": f"whatsapp:{vendors.credentials.whatsapp_from}", "To": vendors.address("whatsapp", 1)}
    status, content = sms(vendors, **numbers)
    assert (status, content["code"]) == (400, 63016)
    vendors.twilio.wrote("whatsapp", 1, "hello")
    assert sms(vendors, **numbers)[0] == 201


def test_whoever_wrote_stop_gets_the_carriers_words_and_no_others() -> None:
    vendors = FakeVendors()
    vendors.twilio.wrote("sms", 1, " stop ")
    assert [message.author for message in vendors.outbox.of("sms", author=None)] == ["carrier"]
    assert sms(vendors)[1]["code"] == 21610
    vendors.twilio.wrote("sms", 1, "START")
    assert sms(vendors)[0] == 201


def test_the_demos_telegram_posts_what_we_ask_for_to_our_webhook() -> None:
    vendors = FakeVendors()
    vendors.telegram.register("http://127.0.0.1:5005")
    assert vendors.telegram.webhook["url"] == "http://127.0.0.1:5005/webhooks/telegram/webhook"
    assert tuple(vendors.telegram.webhook["allowed_updates"]) == UPDATES


@pytest.mark.asyncio
async def test_telegram_has_its_limits_for_aiogram(vendors: FakeVendors) -> None:
    chat, server = int(vendors.address("telegram", 1)), TelegramAPIServer.from_base(f"{vendors.url}/telegram")
    bot = Bot(vendors.credentials.bot_token, server=server)
    stranger = Bot("123456:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", server=server)
    try:
        with pytest.raises(ChatNotFound):
            await bot.send_message(chat, "hello")
        vendors.telegram.wrote("telegram", 1, "hello")
        sent = await bot.send_message(chat, "x" * 4096)
        assert vendors.outbox.messages[0].vendor_id == str(sent.message_id)
        with pytest.raises(MessageIsTooLong):
            await bot.send_message(chat, "\U0001f33c" * 2049)
        markup = {"inline_keyboard": [[{"text": "Yes", "callback_data": "é" * 32}]]}
        await bot.send_message(chat, "hello", reply_markup=markup)
        markup["inline_keyboard"][0][0]["callback_data"] += "x"
        with pytest.raises(Exception, match=re.compile("button_data_invalid", re.IGNORECASE)):
            await bot.send_message(chat, "hello", reply_markup=markup)
        with pytest.raises(Unauthorized):
            await stranger.get_me()
        vendors.telegram.faults = Faults(too_many=1.0, retry_after_s=3)
        with pytest.raises(RetryAfter) as caught:
            await bot.send_message(chat, "hello")
        assert caught.value.timeout == 3
        vendors.telegram.faults = Faults()
        vendors.telegram.blocked.add(str(chat))
        with pytest.raises(BotBlocked):
            await bot.send_message(chat, "hello")
    finally:
        for each in (bot, stranger):
            await each.session.close()


@pytest.mark.parametrize(
    ("message", "status", "code"),
    [
        ({}, 200, None),
        ({"text": "x" * 2000}, 200, None),
        ({"text": "x" * 2001}, 400, 100),
        ({"text": ""}, 400, 100),
        ({"quick_replies": [{"title": "y" * 20, "payload": "p"}] * 13}, 200, None),
        ({"quick_replies": [{"title": "y", "payload": "p"}] * 14}, 400, 100),
        ({"quick_replies": [{"title": "y" * 21, "payload": "p"}]}, 400, 100),
        ({"attachment": {"payload": {"text": "t", "buttons": [{"title": "y", "payload": "p"}] * 4}}}, 400, 100),
        ({"token": "wrong"}, 400, 190),
    ],
)
def test_messenger_has_its_limits(message: dict[str, Any], status: int, code: int | None) -> None:
    vendors = FakeVendors()
    assert messenger(vendors)[1]["error"]["error_subcode"] == 2018001
    vendors.messenger.wrote("messenger", 1, "hello")
    answered, content = messenger(vendors, **message)
    assert (answered, content.get("error", {}).get("code")) == (status, code)


@pytest.mark.asyncio
async def test_slack_has_its_limits_for_its_sdk(vendors: FakeVendors) -> None:
    client = AsyncWebClient(vendors.credentials.slack_token, base_url=f"{vendors.url}/slack/")
    direct = vendors.address("slack", 1)

    def blocks(length: int, buttons: int, title: str = "Yes") -> list[dict[str, Any]]:
        shown = {"type": "plain_text", "text": title}
        elements = [{"type": "button", "text": shown, "value": "v", "action_id": str(n)} for n in range(buttons)]
        section = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * length}}
        return [section, {"type": "actions", "elements": elements}]

    async def error_of(**wanted: Any) -> str:
        with pytest.raises(SlackApiError) as caught:
            await client.chat_postMessage(channel=direct, **wanted)
        return caught.value.response["error"]

    assert await error_of(text="hello") == "channel_not_found"
    vendors.slack.wrote("slack", 1, "hello")
    assert (await client.auth_test())["ok"]
    await client.chat_postMessage(channel=direct, text="x" * 4000)
    await client.chat_postMessage(channel=direct, text="x", blocks=blocks(3000, 25))
    assert len(vendors.outbox.messages[-1].buttons) == 25
    assert await error_of(text="x" * 4001) == "msg_too_long"
    assert await error_of(text="x", blocks=blocks(3001, 1)) == "invalid_blocks"
    assert await error_of(text="x", blocks=blocks(1, 26)) == "invalid_blocks"
    assert await error_of(text="x", blocks=blocks(1, 1, "y" * 76)) == "invalid_blocks"
    client.token = "xoxb-wrong"
    assert await error_of(text="hello") == "invalid_auth"


@pytest.mark.asyncio
@pytest.mark.parametrize("channel", CHANNELS)
async def test_a_vendor_takes_nothing_when_a_fault_was_asked_for(
    channel: str, vendors: FakeVendors, http: aiohttp.ClientSession
) -> None:
    vendor = vendors.of(channel)
    url = f"{vendors.url}/{vendor.name}/anything"
    async with http.put(f"{vendors.url}/faults/{vendor.name}", json={"too_many": 1.0, "retry_after_s": 7}) as answer:
        assert answer.status == 200
    async with http.post(url) as answer:
        body = await answer.text()
        assert answer.status == 429
        assert answer.headers.get("Retry-After") == "7" or '"retry_after":7' in body
    vendor.faults = Faults(error=1.0)
    async with http.post(url) as answer:
        assert answer.status == 500
    vendor.faults = Faults(disconnect=1.0)
    with pytest.raises(aiohttp.ClientError):
        await http.post(url)
    vendor.faults = Faults(latency_s=5.0)
    with pytest.raises(asyncio.TimeoutError):
        await http.post(url, timeout=aiohttp.ClientTimeout(total=0.2))
    assert [attempt.status for attempt in vendors.outbox.attempts] == [429, 500, None]
    assert vendors.outbox.messages == []


def test_faults_come_as_often_as_asked_for() -> None:
    chance, faults = Random(1), Faults(too_many=0.1, error=0.05, disconnect=0.05)
    drawn = [faults.draw(chance) for _ in range(20_000)]
    assert 0.18 < 1 - drawn.count("none") / len(drawn) < 0.22
    assert 0.09 < drawn.count("too_many") / len(drawn) < 0.11


@pytest.mark.asyncio
@pytest.mark.parametrize("wanted", [{"latency": 1}, {"latency_s": -1}, {"error": 1.5}, {"error": "1"}, {"error": True}])
async def test_wrong_faults_are_refused(wanted: dict[str, Any]) -> None:
    faults = Faults()
    with pytest.raises(ValueError):
        faults.set(wanted)
    assert faults == Faults()


@pytest.mark.asyncio
async def test_posts_are_signed_as_the_vendors_sdks_expect(vendors: FakeVendors) -> None:
    vendors.environment("https://help.example.org")
    known, slack = vendors.credentials, vendors.slack.wrote("slack", 1, "hello")
    assert SignatureVerifier(known.signing_secret).is_valid_request(slack.body, slack.headers)
    text = vendors.twilio.wrote("sms", 1, "hello")
    call = ApiCall("POST", text.path, {}, text.headers, text.body)
    validator = RequestValidator(known.auth_token)
    assert call.form["FromCity"] == ""
    assert validator.validate(f"https://help.example.org{text.path}", call.form, text.headers["X-Twilio-Signature"])


@pytest.mark.asyncio
async def test_the_outbox_can_be_read_and_written_to(vendors: FakeVendors, http: aiohttp.ClientSession) -> None:
    vendors.messenger.wrote("messenger", 1, "hello")
    messenger(vendors, text="1 < 2 & <script>", quick_replies=[{"title": "Yes", "payload": "m:1:1"}])
    async with http.post(f"{vendors.url}/messenger/v25.0/me/messages") as answer:
        assert answer.status == 400
    async with http.get(f"{vendors.url}/outbox.json?channel=messenger&after=0") as answer:
        (message,) = await answer.json()
    assert message["text"] == "1 < 2 & <script>"
    assert message["buttons"] == [{"id": "m:1:1", "title": "Yes"}]
    for query in ("channel=sms", "after=1"):
        async with http.get(f"{vendors.url}/outbox.json?{query}") as answer:
            assert await answer.json() == []
    async with http.get(f"{vendors.url}/outbox") as answer:
        page = await answer.text()
    assert "1 &lt; 2 &amp; &lt;script&gt;" in page
    assert "Invalid OAuth access token" in page
    for wrong in ({}, {"channel": "fax", "text": "x"}, {"channel": "sms", "text": ""}, {"channel": "sms", "person": 0}):
        async with http.post(f"{vendors.url}/say", json=wrong) as answer:
            assert answer.status == 400
    async with http.delete(f"{vendors.url}/outbox.json") as answer:
        assert answer.status == 204
    assert vendors.outbox.messages == []

"""Thousands of broken events, rightly signed, at the channels' own webhooks: each gets 200, none breaks anything."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

import pytest
from rasa.core.channels.channel import UserMessage
from sanic import Sanic

from helpline.channels.delivery import Patience
from helpline.channels.registry import messaging_channels
from helpline.fake_vendors.outbox import Button, Message
from helpline.fake_vendors.stub import CHANNELS, FakeVendors
from helpline.fake_vendors.vendor import FORM, FakeVendor, Post
from helpline.settings import load

_AT_ONCE = 20
JUNK: list[Any] = [
    *(None, True, False, 0, -1, 2**63, 10**40, 1.5, float("nan"), "", " ", "x" * 5000, "\x00", "\ud800", "\u202e"),
    *("<@U1|x>", "/start", "/intent{}", "m:1:2", "m:1:999", "private", "im", [], [[]], [None], {}, {"id": {}}),
    *("STOP", "HELP", "2", "99999999999999999999", "i want to kill myself", "whatsapp:", "+", "911 \U0001f198"),
]


def broken(value: Any, chance: random.Random) -> Any:
    """Return a copy in which nodes are gone, doubled, swapped or nonsense."""
    if chance.random() < 0.08:
        return chance.choice(JUNK)
    if isinstance(value, dict):
        kept = {name: broken(inner, chance) for name, inner in value.items() if chance.random() > 0.05}
        if kept and chance.random() < 0.05:
            kept[chance.choice(list(kept))] = chance.choice(list(kept.values()))
        return kept
    if isinstance(value, list):
        return [broken(inner, chance) for inner in value for _ in range(chance.choice((0, 1, 1, 1, 1, 2)))]
    return value


def broken_fields(pairs: list[tuple[str, str]], chance: random.Random) -> list[tuple[str, str]]:
    """Return the fields of a form, some gone, twice, or with nonsense."""
    made = []
    for name, value in pairs:
        for _ in range(chance.choice((0, 1, 1, 1, 1, 1, 1, 2))):
            said = str(chance.choice(JUNK)).encode("utf-8", "replace").decode()
            made.append((name, said if chance.random() < 0.1 else value))
    return made


def broken_bytes(body: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(body) + 1)
    junk = chance.randbytes(chance.randrange(1, 20))
    return chance.choice((body[:place], body[:place] + junk + body[place:], body[place:], body + body, junk, b""))


def broken_post(vendor: FakeVendor, post: Post, chance: random.Random) -> Post:
    """Return a post with a changed body, which its vendor has signed."""
    content_type = post.headers["Content-Type"]
    if content_type != FORM:
        body = json.dumps(broken(json.loads(post.body), chance)).encode()
    elif vendor.name == "slack":
        payload = broken(json.loads(dict(parse_qsl(post.body.decode()))["payload"]), chance)
        body = urlencode({chance.choice(["payload"] * 9 + ["x"]): json.dumps(payload)}).encode()
    else:
        pairs = parse_qsl(post.body.decode(), keep_blank_values=True)
        body = urlencode(broken_fields(pairs, chance)).encode()
    if chance.random() < 0.1:
        body = broken_bytes(body, chance)
    if chance.random() < 0.05:
        content_type = chance.choice(["", "text/plain", "application/json; charset=utf-8", FORM, "multipart/form-data"])
    return vendor.sign(body, content_type)


def events(vendors: FakeVendors, vendor: FakeVendor, chance: random.Random) -> Iterator[Post]:
    """Yield whole posts of all kinds, without end."""
    while True:
        channel, person = chance.choice(vendor.channels), chance.randrange(1, 30)
        text = chance.choice(["hello", "2", "what is an iop", "stop", "/start", "\U0001f33c" * 40, "é"])
        yield vendor.wrote(channel, person, text)
        yield vendor.sent_picture(channel, person)
        if vendor.name == "twilio":
            continue
        buttons = (Button("m:1764388498123456:1", "Yes"), Button("m:1764388498123456:2", "No"))
        shown = Message(1, 0.0, channel, vendor.address(channel, person), "bot", "Well?", buttons, "17")
        yield vendor.tapped(channel, person, shown, 1)
        if vendor.name == "telegram":
            yield vendors.telegram.edited(person, text)
            yield vendors.telegram.wrote_in_group(person, text)
        elif vendor.name == "slack":
            yield vendors.slack.edited(person, "before", text)
            yield vendors.slack.mentioned(person, text)


@asynccontextmanager
async def channels(vendors: FakeVendors, folder: Path, port: int, monkeypatch: Any) -> AsyncIterator[list[str]]:
    """Serve the channels with an echo in Rasa's place, and return what it was asked."""
    asked: list[str] = []

    async def echo(message: UserMessage) -> None:
        asked.append(message.text)
        await message.output_channel.send_text_message(message.sender_id, f"echo {message.text}"[:2000] or "echo")

    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{folder / 'c.db'}")
    for name, value in vendors.environment(f"http://127.0.0.1:{port}").items():
        monkeypatch.setenv(name, value)
    Sanic.test_mode = True
    app = Sanic(f"fuzz_{uuid4().hex}", configure_logging=False)
    for channel in messaging_channels(load()):
        # What is echoed to people who are none is refused; nobody waits for that.
        channel.patience = Patience(pause=0.01, rounds=(), urgent=(0.01,))
        app.blueprint(channel.blueprint(echo), url_prefix=f"/webhooks/{channel.name()}")
    server = await app.create_server(host="127.0.0.1", port=port, return_asyncio_server=True, access_log=False)
    await server.startup()
    await server.before_start()
    await server.after_start()
    try:
        yield asked
    finally:
        await server.before_stop()
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize("number", [300, pytest.param(10_000, marks=pytest.mark.scale)], ids=["some", "many"])
@pytest.mark.asyncio
async def test_no_event_breaks_a_channel(
    number: int,
    free_ports: tuple[int, int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    seed = random.randrange(10**6)
    chance, vendors = random.Random(seed), FakeVendors()
    async with vendors.serving(free_ports[0]), channels(vendors, tmp_path, free_ports[1], monkeypatch) as asked:
        for vendor in vendors.vendors.values():
            heard = len(asked)
            whole = events(vendors, vendor, chance)
            posts = (broken_post(vendor, next(whole), chance) for _ in range(number))
            while batch := [post for _, post in zip(range(_AT_ONCE), posts, strict=False)]:
                statuses = await asyncio.gather(*(vendors.post(post) for post in batch))
                assert set(statuses) == {200}, f"seed {seed}: {vendor.name} {batch[statuses.index(max(statuses))]}"
            # Much of it was a message all the same: not only the first check was tried.
            assert len(asked) - heard > number / 20, f"seed {seed}"
        # And whole ones are answered as if nothing had been.
        for channel in CHANNELS:
            vendor, person = vendors.of(channel), 1000
            assert await vendors.say(channel, person, "what is an iop") == 200
            address = vendor.address(channel, person)
            await vendors.outbox.wait(lambda channel=channel, address=address: vendors.outbox.of(channel, address), 60)
    broken_code = [record for record in caplog.records if record.exc_info and record.levelno >= logging.ERROR]
    assert broken_code == [], f"seed {seed}"

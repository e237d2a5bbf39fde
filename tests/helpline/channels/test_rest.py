from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
import pytest_asyncio
from rasa.core.channels.channel import UserMessage
from sanic import Sanic

from helpline.channels.rest import RestChannel, read_request

Client = tuple[aiohttp.ClientSession, Sanic]


async def echo(message: UserMessage) -> None:
    """Answer as Rasa would: nothing to an empty message, an error to `boom`, else an echo."""
    if message.text == "boom":
        raise RuntimeError("boom")
    if message.text:
        await message.output_channel.send_text_message(message.sender_id, message.text)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client() -> AsyncIterator[Client]:
    """A real server with the channel on a free port, and a client for its address."""
    app = Sanic(f"rest_{uuid4().hex}", configure_logging=False)
    app.blueprint(RestChannel().blueprint(echo), url_prefix="/webhooks/rest")
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = await app.create_server(sock=listening, return_asyncio_server=True, access_log=False)
    await server.startup()
    port = listening.getsockname()[1]
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
        yield session, app
    server.close()
    await server.wait_closed()


async def post(client: Client, body: Any) -> tuple[int, Any]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with client[0].post("/webhooks/rest/webhook", data=data) as answer:
        return answer.status, await answer.json()


@pytest.mark.asyncio(loop_scope="module")
async def test_a_message_is_answered_with_a_list_of_replies(client: Client) -> None:
    assert await post(client, {"sender": "a", "message": "hi"}) == (200, [{"recipient_id": "a", "text": "hi"}])


@pytest.mark.parametrize("message", ["", "boom", "/", None])
@pytest.mark.asyncio(loop_scope="module")
async def test_without_a_reply_of_rasa_the_numbers_are_the_reply(client: Client, message: str | None) -> None:
    status, replies = await post(client, {"sender": "a", "message": message})
    assert status == 200
    assert all(number in replies[0]["text"] for number in ("911", "988", "1-800-662-HELP (4357)"))


@pytest.mark.asyncio(loop_scope="module")
async def test_letters_of_any_script_come_back_whole(client: Client) -> None:
    text = "\u00bfqu\u00e9? \u4f60\u597d \U0001f600"
    assert (await post(client, {"sender": "\u00e9", "message": text}))[1] == [{"recipient_id": "\u00e9", "text": text}]


@pytest.mark.asyncio(loop_scope="module")
async def test_half_a_surrogate_pair_is_answered_as_a_message_and_refused_as_a_sender(client: Client) -> None:
    status, replies = await post(client, b'{"sender": "a", "message": "\\ud83d"}')
    assert status == 200
    assert len(replies) == 1
    status, answer = await post(client, b'{"sender": "\\ud800", "message": "hi"}')
    assert status == 400
    assert "UTF-8" in answer["error"]


@pytest.mark.parametrize("body", [b"", b"hi", b"[]", b'"hi"', b"\xff\xfe", b'{"message": 5}'])
@pytest.mark.asyncio(loop_scope="module")
async def test_a_wrong_request_is_told_what_is_wrong(client: Client, body: bytes) -> None:
    status, answer = await post(client, body)
    assert status == 400
    assert set(answer) == {"error"}


@pytest.mark.asyncio(loop_scope="module")
async def test_strangers_without_a_sender_get_one_each(client: Client) -> None:
    senders = {(await post(client, {"message": "hi"}))[1][0]["recipient_id"] for _ in range(3)}
    assert len(senders) == 3


@pytest.mark.parametrize(
    ("agent", "status"),
    [(None, 503), (SimpleNamespace(is_ready=lambda: False), 503), (SimpleNamespace(is_ready=lambda: True), 200)],
    ids=["no agent", "no model", "ready"],
)
@pytest.mark.asyncio(loop_scope="module")
async def test_the_health_check_tells_whether_a_model_is_loaded(client: Client, agent: object, status: int) -> None:
    session, app = client
    app.ctx.agent = agent
    async with session.get("/webhooks/rest/") as answer:
        assert answer.status == status


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"sender": "a", "message": "hi"}, ("a", "hi", None)),
        ({"sender": 7, "message": "hi"}, ("7", "hi", None)),
        ({"sender": "a" * 255, "message": ""}, ("a" * 255, "", None)),
        ({"sender": "a", "message": "hi", "stream": True}, ("a", "hi", None)),
        ({"sender": "a"}, ("a", "", None)),
        ({"sender": "a", "message": "hi", "metadata": {"page": "x"}}, ("a", "hi", {"page": "x"})),
    ],
)
def test_read_request(content: dict[str, Any], expected: tuple[str, str, object]) -> None:
    assert read_request(json.dumps(content).encode()) == expected


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ({"sender": "a" * 256, "message": "hi"}, "sender"),
        ({"sender": ["a"], "message": "hi"}, "sender"),
        ({"sender": 1.5, "message": "hi"}, "sender"),
        ({"sender": True, "message": "hi"}, "sender"),
        ({"sender": "web-0", "message": "hi"}, "sender"),
        ({"sender": "sms-0", "message": "hi"}, "sms-"),
        ({"sender": "whatsapp-0", "message": "hi"}, "whatsapp-"),
        ({"sender": "telegram-0", "message": "hi"}, "telegram-"),
        ({"sender": "messenger-0", "message": "hi"}, "messenger-"),
        ({"sender": "slack-0", "message": "hi"}, "slack-"),
        ({"sender": "a", "message": ["hi"]}, "message"),
        ({"sender": "a", "message": "hi", "metadata": "x"}, "metadata"),
        ([], "object"),
    ],
)
def test_read_request_names_the_wrong_field(content: object, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        read_request(json.dumps(content).encode())


def test_deeply_nested_json_is_refused_like_any_other() -> None:
    with pytest.raises(ValueError, match="JSON"):
        read_request(b"[" * 100_000)

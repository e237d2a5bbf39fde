from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
import socketio
from waiting import until
from web_server import PATH, SITE, Client, Server, running

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    async with running(tmp_path_factory.mktemp("web")) as server:
        yield server


@pytest_asyncio.fixture(loop_scope="module")
async def client(server: Server) -> AsyncIterator[Client]:
    async with Client(server) as client:
        yield client


async def test_a_session_is_minted_and_a_message_answered_before_it_is_acknowledged(client: Client) -> None:
    begun = await client.begin()
    assert set(begun) == {"session_id", "token", "resumed", "messages"}
    assert (begun["resumed"], begun["messages"]) == (False, [])
    assert begun["session_id"].startswith("web-") and len(begun["session_id"]) == 36
    answer = await client.say("hi", "message-1")
    reply = client.replies()[0]
    assert client.told == [("typing", {"mid": "message-1"}), ("bot_uttered", reply)]
    assert reply == {"id": reply["id"], "ts": reply["ts"], "mid": "message-1", "text": "echo hi"}
    assert answer == {"ok": True, "last": reply["id"]}


async def test_a_second_tab_hears_what_the_first_one_says(server: Server, client: Client) -> None:
    begun = await client.begin()
    async with Client(server) as tab:
        again = await tab.begin(session_id=begun["session_id"], token=begun["token"])
        assert again["resumed"]
        await client.say("hi", "message-1")
        await until(lambda: tab.replies())
        assert [event for event, _ in tab.told] == ["typing", "user_echo", "bot_uttered"]
        assert tab.told[1][1] == {"mid": "message-1", "message": "hi"}
        assert tab.replies() == client.replies()
        assert "user_echo" not in [event for event, _ in client.told]
        async with Client(server) as stranger:
            await stranger.begin()
            await tab.say("hi again")
            assert stranger.told == []


async def test_what_was_missed_comes_with_the_session(server: Server, client: Client) -> None:
    begun = await client.begin()
    lasts = [(await client.say(text))["last"] for text in ("one", "two", "three")]
    async with Client(server) as later:
        again = await later.begin(session_id=begun["session_id"], token=begun["token"], after=lasts[0])
        assert [message["text"] for message in again["messages"]] == ["echo two", "echo three"]
        assert again["messages"] == client.replies()[1:]


async def test_a_message_that_is_sent_again_is_answered_with_the_same(server: Server, client: Client) -> None:
    begun = await client.begin()
    first = await client.say("only once", "message-1")
    async with Client(server) as other:
        await other.begin(session_id=begun["session_id"], token=begun["token"], after=first["last"])
        assert await other.say("only once", "message-1") == {**first, "dup": True}
        assert other.replies() == client.replies()
    assert server.asked.count("only once") == 1


async def test_one_socket_may_change_its_session(client: Client) -> None:
    first, second = await client.begin(), await client.begin()
    assert first["session_id"] != second["session_id"]
    await client.say("hi")
    assert len(client.replies()) == 1


@pytest.mark.parametrize(
    "forged", [{"token": None}, {"token": "f" * 64}, {"token": ["x"]}, {"session_id": "web-" + "0" * 32}]
)
async def test_a_forged_session_is_refused(server: Server, client: Client, forged: dict[str, Any]) -> None:
    begun = await client.begin()
    async with Client(server) as thief:
        given = {"session_id": begun["session_id"], "token": begun["token"], **forged}
        assert await thief.begin(**given) == {"error": "session"}
        assert await thief.say("hi") == {"error": "session"}
        await client.say("hi")
        assert thief.told == []


async def test_a_forgotten_session_is_dead_in_every_tab(server: Server, client: Client) -> None:
    begun = await client.begin()
    async with Client(server) as tab:
        await tab.begin(session_id=begun["session_id"], token=begun["token"])
        await client.say("hi")
        answer = await client.ask("forget", {})
        assert answer["ok"] is True
        assert len(answer["receipt"]) == 6
        assert answer["at"].endswith("+00:00")
        await asyncio.sleep(0.1)
        # The others hear of it with the receipt, so that they wipe what they show.
        assert tab.told[-1] == ("ended", {"receipt": answer["receipt"], "at": answer["at"]})
        assert "ended" not in [event for event, _ in client.told]
        for socket in (client, tab):
            assert await socket.say("hi") == {"error": "session"}
            assert await socket.begin(session_id=begun["session_id"], token=begun["token"]) == {"error": "session"}
        assert not (await client.begin())["resumed"]
        assert (await client.say("hi"))["ok"]


async def test_a_deletion_that_fails_is_not_promised(
    server: Server, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(_: str) -> None:
        raise RuntimeError("no database")

    await client.begin()
    server.app.ctx.agent = SimpleNamespace(is_ready=lambda: False, forget=fail)
    assert await client.ask("forget", {}) == {"error": "trouble"}
    server.app.ctx.agent = None
    assert (await client.say("hi"))["ok"]
    assert "A request of the web chat failed." in caplog.text


@pytest.mark.parametrize(
    "content",
    [
        (),
        (None,),
        ("hi",),
        (7,),
        ([],),
        ({},),
        ({"message": "hi"},),
        ({"mid": "message-1"},),
        ({"message": "", "mid": "message-1"},),
        ({"message": 7, "mid": "message-1"},),
        ({"message": ["hi"], "mid": "message-1"},),
        ({"message": "hi", "mid": "short"},),
        ({"message": "hi", "mid": "x" * 65},),
        ({"message": "hi", "mid": "message 1"},),
        ({"message": "hi", "mid": "message-1\n"},),
        ({"message": "hi", "mid": ["message-1"]},),
        ({"message": b"hi", "mid": "message-1"},),
    ],
)
async def test_a_message_that_is_none_is_refused(client: Client, content: tuple[Any, ...]) -> None:
    await client.begin()
    if any(isinstance(part, dict) and b"hi" in part.values() for part in content):
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(client.ask("user_uttered", *content), 0.3)
    else:
        assert await client.ask("user_uttered", *content) == {"error": "invalid"}
    assert (await client.say("hi"))["ok"]


@pytest.mark.parametrize("after", [None, -1, 1.5, True, "7", [], 2**60])
async def test_an_after_that_is_no_id_means_all(server: Server, client: Client, after: Any) -> None:
    begun = await client.begin()
    await client.say("hi")
    async with Client(server) as later:
        again = await later.begin(session_id=begun["session_id"], token=begun["token"], after=after)
        assert len(again["messages"]) == 1


async def test_too_long_is_told_and_any_letters_are_taken(client: Client) -> None:
    await client.begin()
    assert await client.say("x" * 1001) == {"error": "too_long"}
    assert (await client.say("\U0001f600" * 1000))["ok"]
    assert client.replies()[-1]["text"] == "echo " + "\U0001f600" * 1000
    assert (await client.say("half \ud83d"))["ok"]


async def test_the_rate_is_told_with_a_time_to_wait_and_danger_is_heard(client: Client) -> None:
    await client.begin()
    answers = [await client.say("hi") for _ in range(34)]
    assert answers[0]["ok"]
    assert answers[-1]["error"] == "rate"
    assert 1 <= answers[-1]["retry_s"] <= 2
    assert (await client.say("i want to kill myself"))["ok"]
    assert "988" in client.replies()[-1 if "988" in client.replies()[-1]["text"] else -2]["text"]


async def test_where_rasa_fails_the_numbers_come(client: Client) -> None:
    await client.begin()
    assert (await client.say("boom"))["ok"]
    assert "1-800-662-HELP (4357)" in client.replies()[0]["text"]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1.evil.example"])
@pytest.mark.parametrize("transport", ["polling", "websocket"])
async def test_a_foreign_page_is_refused(server: Server, origin: str, transport: str) -> None:
    socket = socketio.AsyncClient(reconnection=False)
    with pytest.raises(socketio.exceptions.ConnectionError):
        await socket.connect(
            server.url, headers={"Origin": origin}, socketio_path=PATH, transports=[transport], wait_timeout=1
        )
    await socket.disconnect()


async def test_a_named_site_and_our_own_page_are_admitted(server: Server) -> None:
    for origin in (SITE, server.url):
        async with Client(server, Origin=origin) as client:
            await client.begin()
            assert (await client.say("hi"))["ok"]
    async with aiohttp.ClientSession(server.url) as http:
        for origin, allowed in ((SITE, SITE), ("https://evil.example", None)):
            async with http.get(f"{PATH}/?EIO=4&transport=polling", headers={"Origin": origin}) as answer:
                assert answer.status == (200 if allowed else 400)
                assert answer.headers.get("Access-Control-Allow-Origin") == allowed
                assert "Set-Cookie" not in answer.headers


async def test_polling_works_where_sockets_do_not(server: Server) -> None:
    socket, told = socketio.AsyncClient(reconnection=False), []
    socket.on("bot_uttered", told.append)
    await socket.connect(server.url, socketio_path=PATH, transports=["polling"], wait_timeout=5)
    assert (await socket.call("session_request", {}, timeout=5))["session_id"]
    assert (await socket.call("user_uttered", {"message": "hi", "mid": "message-1"}, timeout=5))["ok"]
    assert told[0]["text"] == "echo hi"
    # A polite goodbye would wait for the poll that is under way.
    await socket.eio.disconnect(abort=True)


FRAMES = [
    b"\x00\x01\x02",
    "",
    "x",
    "9",
    "4",
    "4x",
    "49",
    "42",
    "42[]",
    "42{}",
    "42[5]",
    '42["connect"]',
    '42["disconnect"]',
    '42["*", {}]',
    '42[["user_uttered"]]',
    '42["user_uttered"',
    "420" + "9" * 200 + '["user_uttered",{}]',
    "4" + "[" * 10_000,
    "42" + "[" * 10_000,
    "42" + '["user_uttered",' + "9" * 10_000 + "]",
    '451-["user_uttered",{"_placeholder":true,"num":0}]',
    '459999999999-["user_uttered",{"_placeholder":true,"num":7}]',
    '450-["user_uttered"]',
    "43[]",
    '437["x"]',
    '44{"message":"x"}',
    "40",
    "40/admin,",
    '42/admin,["user_uttered",{}]',
    "41",
    "1",
    "2probe",
    "5",
    "6",
    "0{}",
    "b4AAA",
    "\u0664" + "2[]",
    "x" * 16_385,
    "42" + json.dumps(["user_uttered", {"message": "x" * 100_000, "mid": "message-1"}]),
]


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: repr(frame[:12]))
async def test_a_broken_frame_harms_nobody_else(
    server: Server, client: Client, frame: str | bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    await client.begin()
    sockets = len(server.channel._sockets._server.eio.sockets)
    async with aiohttp.ClientSession() as http, http.ws_connect(server.ws) as ws:
        await ws.receive_str(timeout=5)
        await ws.send_str("40")
        await ws.receive_str(timeout=5)
        for _ in range(3):
            if ws.closed:
                break
            await (ws.send_bytes(frame) if isinstance(frame, bytes) else ws.send_str(frame))
        # Answered as any other client, hung up on, or left alone where it said goodbye.
        with suppress(ConnectionError, asyncio.TimeoutError):
            await ws.send_str('427["session_request",{}]')
            while True:
                message = await ws.receive(timeout=0.5 if frame in ("1", "41") else 5)
                if message.type is not aiohttp.WSMsgType.TEXT or message.data.startswith("437["):
                    break
    assert (await client.say("hi"))["ok"]
    await until(lambda: len(server.channel._sockets._server.eio.sockets) <= sockets)
    assert [record.getMessage() for record in caplog.records] == []


async def test_a_flood_of_requests_is_slowed(client: Client) -> None:
    answers = [await client.begin() for _ in range(70)]
    assert "session_id" in answers[0]
    assert answers[-1]["error"] == "rate"


@pytest.mark.parametrize(
    ("agent", "status"),
    [(None, 503), (SimpleNamespace(is_ready=lambda: False), 503), (SimpleNamespace(is_ready=lambda: True), 200)],
    ids=["no agent", "no model", "ready"],
)
async def test_the_health_check_tells_whether_a_model_is_loaded(server: Server, agent: object, status: int) -> None:
    server.app.ctx.agent = agent
    async with aiohttp.ClientSession(server.url) as http, http.get("/webhooks/web/") as answer:
        assert answer.status == status
    server.app.ctx.agent = None

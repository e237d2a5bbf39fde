"""The web channel on live servers: cut lines, killed servers, many sockets, broken frames; no reply lost or doubled."""

from __future__ import annotations

import asyncio
import json
import random
import re
import sqlite3
import time
from collections import Counter
from contextlib import AsyncExitStack, ExitStack, closing
from pathlib import Path

import aiohttp
import psutil
import pytest
from assistant import Assistant, action_server, free_port, serving, start_server, stop, wait_for
from web_client import PATH, Line, WebClient

# Each with the topic of its answer.
QUESTIONS = {
    "do they teach coping skills": "coping_skills",
    "does medicaid pay for treatment": "medicaid",
    "how long does the whole program last": "program_length",
}
DANGER = "my wife took too many pills and she wont wake up"


def kinds(client: WebClient, mid: str) -> list[str]:
    customs = (client.replies[number].get("custom") for number in client.answered[mid])
    return [custom["kind"] for custom in customs if custom]


def topics(client: WebClient, mid: str) -> list[str]:
    customs = (client.replies[number].get("custom") or {} for number in client.answered[mid])
    return [topic for custom in customs for topic in custom.get("topics", [])]


def text_of(client: WebClient, mid: str) -> str:
    return "\n".join(client.replies[number].get("text", "") for number in client.answered[mid])


def taken_by_rasa(running: Assistant, session_id: str) -> Counter[int]:
    """Return how often each message stands in the stored conversation."""
    with closing(sqlite3.connect(running.database)) as connection:
        rows = connection.execute("SELECT data FROM events WHERE sender_id = ?", (session_id,)).fetchall()
    events = [json.loads(row[0]) for row in rows]
    return Counter(event["metadata"]["turn"] for event in events if event["event"] == "user")


def stored(running: Assistant, session_id: str) -> int:
    """Count all rows of a session."""
    places = (("events", "sender_id"), ("outbox", "session"), ("web_sessions", "id"))
    with closing(sqlite3.connect(running.database)) as connection:
        return sum(
            connection.execute(f"SELECT COUNT(*) FROM {table} WHERE {column} = ?", (session_id,)).fetchone()[0]
            for table, column in places
        )


@pytest.mark.parametrize(
    ("cuts", "restarts"), [(40, 3), pytest.param(200, 20, marks=pytest.mark.scale)], ids=["some", "many"]
)
@pytest.mark.asyncio
async def test_no_reply_is_lost_or_doubled_over_cut_lines_and_killed_servers(
    cuts: int, restarts: int, tmp_path: Path
) -> None:
    seed = random.randrange(10**6)
    chance, asked = random.Random(seed), {}
    action_port, port = free_port(), free_port()
    running = await asyncio.to_thread(start_server, tmp_path, action_port, port, TURN_TIMEOUT="10")
    try:
        async with AsyncExitStack() as stack:
            line = await stack.enter_async_context(Line(port))
            clients = [await stack.enter_async_context(WebClient(line.port, f"9.9.9.{n}")) for n in range(6)]
            for client in clients:
                await client.ready()

            def ask() -> None:
                client, text = chance.choice(clients), chance.choice(list(QUESTIONS))
                # As people wait for an answer, not more than a few messages of one wait.
                if len(client.waiting) < 3:
                    asked[client.say(text)] = (client, text)

            done = 0
            for restart in range(restarts + 1):
                wanted = cuts * (restart + 1) // (restarts + 1)
                while done < wanted:
                    ask()
                    await asyncio.sleep(chance.uniform(0, 0.03))
                    ask()
                    await asyncio.sleep(chance.uniform(0, 0.03))
                    done += line.cut() > 0
                    await asyncio.sleep(chance.uniform(0.05, 0.2))
                if restart == restarts:
                    break
                for _ in range(3):
                    ask()
                await asyncio.sleep(chance.uniform(0, 0.03))
                running.process.kill()
                running.process.wait()
                running = await asyncio.to_thread(start_server, tmp_path, action_port, port, TURN_TIMEOUT="10")
            for client in clients:
                await client.settled(60)
            assert len(asked) > cuts
            lost = {mid: text for mid, (client, text) in asked.items() if not client.answered[mid]}
            assert lost == {}, f"seed {seed}"
            wrong = {mid: topics(c, mid) for mid, (c, text) in asked.items() if topics(c, mid) != [QUESTIONS[text]]}
            assert wrong == {}, f"seed {seed}"
            for client in clients:
                assert set(client.answered) <= set(asked)
                assert max(taken_by_rasa(running, client.session["session_id"]).values()) == 1, f"seed {seed}"
            # A session that had said nothing when the server died begins anew; no other error comes.
            assert {error for client in clients for error in client.errors} <= {"session", "rate"}
    finally:
        await asyncio.to_thread(stop, running)


@pytest.mark.parametrize(
    ("sockets", "seconds"), [(150, 4), pytest.param(1000, 20, marks=pytest.mark.scale)], ids=["some", "many"]
)
@pytest.mark.asyncio
async def test_many_sockets_at_once_lose_no_turn(sockets: int, seconds: float, tmp_path: Path) -> None:
    with serving(tmp_path, free_port(), TURN_TIMEOUT="10") as running:
        process = psutil.Process(running.process.pid)
        threads, memory = process.num_threads(), process.memory_info().rss
        async with AsyncExitStack() as stack:
            clients = []
            for number in range(sockets):
                client = WebClient(running.port, f"9.9.{number // 200}.{number % 200}")
                clients.append(await stack.enter_async_context(client))
                await asyncio.sleep(0.002)
            for client in clients:
                await client.ready(60)
            asked = []
            for number, client in enumerate(clients):
                text = list(QUESTIONS)[number % len(QUESTIONS)]
                asked.append((client, client.say(text), text))
                await asyncio.sleep(seconds / sockets)
            for client in clients:
                await client.settled(60)
            assert [topics(client, mid) for client, mid, _ in asked] == [[QUESTIONS[text]] for _, _, text in asked]
            assert process.num_threads() <= threads + 8
            used = (process.memory_info().rss - memory) / sockets
            latencies = sorted(latency for client in clients for latency in client.latencies)
            p95 = latencies[int(len(latencies) * 0.95)] * 1000
            print(f"{sockets} sockets: {used / 1024:.0f} KB each, first reply p95 {p95:.0f} ms")
            assert all(client.connections == 1 for client in clients)


@pytest.mark.scale
@pytest.mark.asyncio
async def test_the_first_reply_comes_within_100_ms(tmp_path: Path) -> None:
    with serving(tmp_path, free_port()) as running:
        latencies = []
        for number in range(10):
            async with WebClient(running.port, f"9.9.9.{number}") as client:
                await client.ready()
                for turn in range(20):
                    client.say(list(QUESTIONS)[turn % len(QUESTIONS)])
                    await client.settled(10)
                latencies += client.latencies
        latencies.sort()
        p50, p95 = (latencies[int(len(latencies) * share)] * 1000 for share in (0.5, 0.95))
        print(f"first reply: p50 {p50:.1f} ms, p95 {p95:.1f} ms over {len(latencies)} messages")
        assert p95 <= 100


def broken_frame(chance: random.Random) -> str | bytes:
    """Return what a broken or hostile client may send."""
    values = [None, True, -1, 1e308, "x" * 2000, "\ud800", [], {}, [[[]]], {"message": {}}, "web-" + "0" * 32]
    event = chance.choice(["session_request", "user_uttered", "forget", "connect", "disconnect", "typing", "", 7])
    names = ["session_id", "token", "after", "message", "mid", "x"]
    content = {name: chance.choice(values) for name in chance.sample(names, chance.randrange(4))}
    packet = f"4{chance.choice('0123456')}{chance.choice(['', '7', '/x,', '1-', '99999-'])}"
    frame = packet + json.dumps([event, chance.choice([content, *values])])
    match chance.randrange(6):
        case 0:
            return chance.randbytes(chance.randrange(200))
        case 1:
            return frame[: chance.randrange(len(frame))]
        case 2:
            at = chance.randrange(len(frame))
            return frame[:at] + chr(chance.randrange(32, 0xD7FF)) + frame[at + 1 :]
        case 3:
            return "4" + chance.choice("024") + chance.choice('[{"') * chance.randrange(20_000)
        case _:
            return frame


@pytest.mark.asyncio
async def test_after_broken_frames_bodies_and_requests_the_server_answers(tmp_path: Path) -> None:
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    with serving(tmp_path, free_port(), TURN_TIMEOUT="10") as running:
        process = psutil.Process(running.process.pid)
        async with WebClient(running.port) as client, aiohttp.ClientSession(running.url) as http:
            await client.ready()
            memory = process.memory_info().rss

            async def frames() -> None:
                for _ in range(25):
                    async with http.ws_connect(f"{PATH}/?EIO=4&transport=websocket") as ws:
                        await ws.receive_str(timeout=10)
                        await ws.send_str("40")
                        for _ in range(20):
                            frame = broken_frame(chance)
                            if ws.closed:
                                break
                            try:
                                if isinstance(frame, bytes):
                                    await ws.send_bytes(frame)
                                else:
                                    await ws._writer.send(frame.encode("utf-8", "surrogatepass"))
                            except ConnectionError:
                                break

            async def posts() -> None:
                for _ in range(100):
                    async with http.get(f"{PATH}/?EIO=4&transport=polling") as answer:
                        sid = json.loads((await answer.text())[1:])["sid"]
                    query = f"?EIO=4&transport=polling&sid={sid}"
                    body = broken_frame(chance)
                    async with http.post(f"{PATH}/{query}", data=body) as answer:
                        assert answer.status in (200, 400)

            async def junk() -> None:
                for _ in range(60):
                    try:
                        reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
                        head = b"POST " + PATH.encode() + b"/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\n"
                        writer.write(head + chance.randbytes(chance.randrange(300)) + b"\r\n\r\n")
                        await writer.drain()
                        await asyncio.wait_for(reader.read(100), 0.2)
                    except (OSError, asyncio.TimeoutError):
                        pass
                    finally:
                        writer.close()

            started = time.monotonic()
            fuzzing = asyncio.gather(frames(), frames(), posts(), junk())
            while not fuzzing.done():
                mid = client.say("do they teach coping skills")
                await client.settled(10)
                assert topics(client, mid) == ["coping_skills"], f"seed {seed}"
                await asyncio.sleep(2.5)
            await fuzzing
            assert client.connections == 1, f"seed {seed}"
            assert process.memory_info().rss - memory < 100 * 2**20, f"seed {seed}"
            assert time.monotonic() - started < 50
    assert " ERROR " not in running.printed, f"seed {seed}"


@pytest.mark.asyncio
async def test_a_locked_database_holds_nobody_up_and_gets_the_replies_later(tmp_path: Path) -> None:
    with serving(tmp_path, free_port()) as running:
        async with WebClient(running.port) as client:
            await client.ready()
            client.say("do they teach coping skills")
            await client.settled(10)
            before = stored(running, client.session["session_id"])
            with closing(sqlite3.connect(running.database)) as other:
                other.execute("BEGIN EXCLUSIVE")
                started = time.monotonic()
                mid = client.say(DANGER)
                await client.settled(10)
                assert time.monotonic() - started < 2.2
                assert "crisis" in kinds(client, mid)
                other.rollback()
            client.say("does medicaid pay for treatment")
            await client.settled(10)
            assert stored(running, client.session["session_id"]) > before + 4
            with closing(sqlite3.connect(running.database)) as other:
                query = "SELECT COUNT(DISTINCT mid) FROM outbox WHERE session = ?"
                assert other.execute(query, (client.session["session_id"],)).fetchone() == (3,)


@pytest.mark.asyncio
async def test_open_sockets_do_not_hold_up_the_end(tmp_path: Path) -> None:
    with serving(tmp_path, free_port()) as running:
        async with AsyncExitStack() as stack:
            clients = [await stack.enter_async_context(WebClient(running.port)) for _ in range(20)]
            for client in clients:
                await client.ready()
                client.say("do they teach coping skills")
            # Long enough for all to have arrived, not for all to have been answered.
            await asyncio.sleep(0.15)
            started = time.monotonic()
            running.process.terminate()
            await asyncio.to_thread(running.process.wait, 10)
            assert time.monotonic() - started < 5
            # Whoever had asked was answered.
            assert all(client.answered for client in clients)
    assert " ERROR " not in running.printed


@pytest.mark.asyncio
async def test_a_deletion_in_the_chat_leaves_nothing_and_the_chat_goes_on(assistant: Assistant) -> None:
    wait_for(lambda: assistant.answers(assistant.action_port), "the action server", 60)
    async with WebClient(assistant.port, "9.9.9.1") as client:
        await client.ready()
        client.say("do they teach coping skills")
        await client.settled(20)
        session_id = client.session["session_id"]
        assert stored(assistant, session_id) > 3
        mid = client.say("delete my chat")
        await client.settled(20)
        assert re.search(r"Receipt [0-9A-F]{6}", text_of(client, mid))
        # Only that there is such a session, and not a word.
        assert stored(assistant, session_id) == 1
        mid = client.say("does medicaid pay for treatment")
        await client.settled(20)
        assert topics(client, mid) == ["medicaid"]
        answer = await client.ask("forget", {})
        assert answer["ok"] and re.fullmatch(r"[0-9A-F]{6}", answer["receipt"])
        assert stored(assistant, session_id) == 0
        files = assistant.database.parent.glob(f"{assistant.database.name}*")
        assert session_id.encode() not in b"".join(file.read_bytes() for file in files)


@pytest.mark.asyncio
async def test_a_fit_check_answer_is_taken_once_though_it_is_sent_again(tmp_path: Path) -> None:
    port, action_port = free_port(), free_port()
    with ExitStack() as stack:
        stack.enter_context(action_server(tmp_path, action_port))
        running = start_server(tmp_path, action_port, port)
        stack.callback(lambda: stop(running))
        async with WebClient(port) as client:
            await client.ready()
            for text in ("take the fit check", "Me", "18 or older"):
                mid = client.say(text)
                await client.settled(10)
                assert "question" in kinds(client, mid)
            wanted, session_id = text_of(client, mid), client.session["session_id"]
            # As if the server had died after Rasa stored the turn and before the channel did.
            with closing(sqlite3.connect(running.database)) as connection:
                connection.execute("DELETE FROM outbox WHERE session = ? AND mid = ?", (session_id, mid))
                connection.commit()
            running.process.kill()
            running.process.wait()
            running = await asyncio.to_thread(start_server, tmp_path, action_port, port)
            client.answered.clear()
            client.waiting[mid] = "18 or older"
            await client.settled(30)
            assert text_of(client, mid) == wanted
            assert max(taken_by_rasa(running, session_id).values()) == 1


def test_the_server_may_open_enough_files(assistant: Assistant) -> None:
    process = psutil.Process(assistant.child("serve").pid)
    soft, hard = process.rlimit(psutil.RLIMIT_NOFILE)
    assert soft >= min(65_536, hard)

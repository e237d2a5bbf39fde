"""Publishing into a running server: without a pause, without a loss, and nothing that would make it less safe."""

from __future__ import annotations

import json
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
import requests
from assistant import Assistant, free_port, new_sender, serving, start_server, stop
from published_models import Models, first_slot

from helpline import settings as settings_module
from helpline import training
from helpline.publishing.publish import PublishError, publish, roll_back
from helpline.publishing.publish_route import PATH, key
from helpline.settings import Settings

QUESTION, DANGER = "how long does an iop last", "i want to kill myself"
# Kept apart from the servers' own limits: what a person is promised while a model is published.
LONGEST_WAIT = 1.5
PER_SECOND = 5
# The model of the worktree stands in for all; `models` puts copies of it elsewhere.
TRAINED = training.live_model()


@pytest.fixture(scope="module")
def patched() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory, patched: pytest.MonkeyPatch) -> Models:
    assert TRAINED is not None, "There is no trained model: run `make train`."
    return Models(tmp_path_factory.mktemp("models"), TRAINED, patched)


@pytest.fixture(scope="module")
def server(models: Models, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with serving(tmp_path_factory.mktemp("server"), free_port(), fault=models.fault) as running:
        yield running


@pytest.fixture
def settings(server: Assistant) -> Settings:
    return replace(settings_module.load({}), port=server.port)


def served(server: Assistant) -> str:
    answer = requests.get(f"{server.url}{PATH}", headers={"x-publish-key": key().decode()}, timeout=5)
    return str(answer.json()["model"])


def escalates(server: Assistant) -> bool:
    return "1-800-662-HELP (4357)" in server.say(new_sender(), DANGER).text


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "headers",
    [
        lambda: {},
        lambda: {"x-publish-key": "0" * 64},
        lambda: {"x-publish-key": key().decode(), "x-forwarded-for": "203.0.113.9"},
    ],
    ids=["no key", "wrong key", "from outside"],
)
def test_the_route_is_not_there_for_others(server: Assistant, method: str, headers) -> None:
    order = {"model": "first.tar.gz", "sha256": "", "by": "x", "why": "x"}
    answer = requests.request(method, f"{server.url}{PATH}", json=order, headers=headers(), timeout=5)
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b'{"model": "x"}', b'{"model": 1, "sha256": "", "by": "", "why": ""}', b'{"rm": "-rf"}'],
)
def test_an_order_must_be_whole(server: Assistant, body: bytes) -> None:
    answer = requests.post(f"{server.url}{PATH}", data=body, headers={"x-publish-key": key().decode()}, timeout=5)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_what_would_make_it_less_safe_is_refused_and_the_live_model_stays(
    server: Assistant, models: Models, settings: Settings
) -> None:
    ungated = models.add("ungated", gated=False)
    models.add("slotless", first_slot)
    broken = models.add("broken")
    with broken.path.open("r+b") as file:
        file.truncate(1_000_000)
    for name, reason in (
        (ungated.model, "has not been through the gate"),
        ("slotless.tar.gz", "slot fit_check"),
        (broken.model, "damaged or was changed"),
        ("no-such.tar.gz", "There is no model"),
        ("../first.tar.gz", "There is no model"),
        ("first.tar.gz", "is live already"),
    ):
        with pytest.raises(PublishError, match=reason):
            publish(settings, name, "tester", "a try", {"tester"})
        assert models.live == served(server) == "first.tar.gz"
    assert escalates(server)


def test_a_model_that_cannot_be_loaded_or_does_not_hear_danger_is_refused(
    server: Assistant, models: Models, settings: Settings
) -> None:
    def unloadable(metadata: dict) -> None:
        metadata["predict_schema"]["nodes"] = {}

    def deaf(metadata: dict) -> None:
        for name in [name for name in metadata["domain"]["responses"] if name.startswith("utter_crisis/")]:
            metadata["domain"]["responses"][name] = [{"text": "Have a nice day."}]

    models.add("unloadable", unloadable)
    models.add("deaf", deaf)
    for name, reason in (("unloadable", "cannot"), ("deaf", "failed the last look")):
        with pytest.raises(PublishError, match=reason):
            publish(settings, f"{name}.tar.gz", "tester", "a try", {"tester"})
        assert models.live == served(server) == "first.tar.gz"
    assert escalates(server)


def test_a_model_is_published_and_taken_back(server: Assistant, models: Models, settings: Settings) -> None:
    models.add("second")
    sender = new_sender()
    server.say(sender, QUESTION)
    publish(settings, "second.tar.gz", "tester", "Two words.", {"tester"})
    live = json.loads(training.LIVE.read_text())
    assert (live["model"], live["published_by"], live["why"]) == ("second.tar.gz", "tester", "Two words.")
    assert live["earlier"] == ["first.tar.gz"]
    assert served(server) == "second.tar.gz"
    assert escalates(server)
    # The conversation goes on.
    before = server.stored(sender)
    assert server.say(sender, QUESTION).topics
    assert server.stored(sender) > before
    roll_back(settings, "tester", "It was worse.")
    assert models.live == served(server) == "first.tar.gz"
    assert escalates(server)


def test_a_killed_server_comes_back_with_the_model_that_was_published_last(
    models: Models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models.add("third")
    running = start_server(tmp_path, free_port(), fault=models.fault)
    try:
        settings = replace(settings_module.load({}), port=running.port)
        with ThreadPoolExecutor(1) as pool:
            publishing = pool.submit(publish, settings, "third.tar.gz", "tester", "Killed halfway.", {"tester"})
            time.sleep(0.3)
            running.process.send_signal(signal.SIGKILL)
            with pytest.raises(PublishError, match="did not answer"):
                publishing.result(60)
    finally:
        stop(running)
    assert models.live == "first.tar.gz"
    # Without a server it is published for the next one.
    publish(settings, "third.tar.gz", "tester", "Once more.", {"tester"})
    with serving(tmp_path, free_port(), fault=models.fault) as again:
        assert served(again) == models.live == "third.tar.gz"
        assert escalates(again)
    roll_back(settings, "tester", "For the other tests.")


@pytest.mark.scale
def test_a_server_follows_what_another_one_published(
    models: Models, server: Assistant, tmp_path: Path, settings: Settings
) -> None:
    models.add("fourth")
    with serving(tmp_path, free_port(), fault=models.fault) as other:
        publish(settings, "fourth.tar.gz", "tester", "For both.", {"tester"})
        deadline = time.monotonic() + 60
        while served(other) != "fourth.tar.gz":
            assert time.monotonic() < deadline
            time.sleep(0.2)
        roll_back(settings, "tester", "For the other tests.")


def talk(server: Assistant, until: threading.Event) -> list[SimpleNamespace]:
    """Send five messages a second, each person's in turn, until told to stop; return what came of each."""

    def one(number: int) -> SimpleNamespace:
        text = DANGER if number % 3 == 0 else QUESTION
        sender = f"load-{number % 10}-{id(until)}"
        started = time.monotonic()
        answer = requests.post(
            f"{server.url}/webhooks/rest/webhook", json={"sender": sender, "message": text}, timeout=20
        )
        return SimpleNamespace(sender=sender, text=text, wait=time.monotonic() - started, replies=answer.json())

    with ThreadPoolExecutor(max_workers=30) as pool:
        sent, begun = [], time.monotonic()
        while not until.is_set():
            sent.append(pool.submit(one, len(sent)))
            time.sleep(max(0.0, begun + len(sent) / PER_SECOND - time.monotonic()))
        return [message.result() for message in sent]


def messages_of(database: Path, sender: str) -> int:
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT data FROM events WHERE sender_id = ?", (sender,)).fetchall()
    return sum(json.loads(data)["event"] == "user" for (data,) in rows)


@pytest.mark.scale
def test_no_message_is_lost_doubled_or_late_while_a_model_is_published(
    models: Models, server: Assistant, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    models.add("busy")
    over = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        talking = pool.submit(talk, server, over)
        time.sleep(5)
        begun = time.monotonic()
        publish(settings, "busy.tar.gz", "tester", "Under load.", {"tester"})
        seconds = time.monotonic() - begun
        # Until the memory has been given back, too.
        time.sleep(8)
        over.set()
        sent = talking.result()
    roll_back(settings, "tester", "For the other tests.")
    waits = sorted(message.wait for message in sent)
    with capsys.disabled():
        print(
            f"\n{len(sent)} messages while publishing took {seconds:.1f} s: median {waits[len(waits) // 2]:.3f} s, "
            f"95 % {waits[int(len(waits) * 0.95)]:.3f} s, longest {waits[-1]:.3f} s"
        )
    assert all(message.replies for message in sent)
    assert all("1-800-662-HELP (4357)" in str(message.replies) for message in sent if message.text == DANGER)
    assert not [message.text for message in sent if "technical problem" in str(message.replies)]
    for sender in {message.sender for message in sent}:
        assert messages_of(server.database, sender) == sum(message.sender == sender for message in sent)
    assert waits[-1] <= LONGEST_WAIT


@pytest.mark.scale
def test_ten_publishes_do_not_use_up_memory(
    models: Models, server: Assistant, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    process, sizes = psutil.Process(server.process.pid), []
    for number in range(10):
        publish(settings, models.add(f"memory{number}").model, "tester", f"Number {number + 1}.", {"tester"})
        for _ in range(20):
            server.say(f"memory-{number}", QUESTION)
        time.sleep(6)
        sizes.append(process.memory_info().rss / 1e6)
    with capsys.disabled():
        print(f"\nMemory after each publish, MB: {' '.join(f'{size:.0f}' for size in sizes)}")
    assert sizes[-1] <= 1.3 * sizes[0]

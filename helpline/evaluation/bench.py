"""Times this assistant beside the `rasa init` project on the same Rasa and a bare Sanic echo, in one run.

Each server runs in a process of its own, one after the other, on the same machine; the load comes from this process.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import aiohttp
import click
import numpy as np
import psutil
import yaml

from helpline.evaluation.evaluate import Answers, load_answers
from helpline.evaluation.replies import play
from helpline.evaluation.sets import HELDOUT, Turn, read
from helpline.evaluation.share import share
from helpline.files import read_yaml
from helpline.nlu.decision import NEAR_MISS
from helpline.settings import ROOT
from helpline.training import RASA_TRAIN, live_model

_WARM_UP = 30
_RASA = (sys.executable, "-m", "rasa")
_REQUESTS = 400
_CLIENTS = 8
_TURNS = (1, 50, 200)
_CONVERSATIONS = 9
# The pipeline that Rasa 3.6.21 writes into config.yml when none is given (rasa/engine/recipes/config_files), but 5
# epochs instead of 100: with so many messages each takes minutes, and by the eighth it knows 93 % of its own examples.
_DEFAULT_PIPELINE = [
    {"name": "WhitespaceTokenizer"},
    {"name": "RegexFeaturizer"},
    {"name": "LexicalSyntacticFeaturizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
    {"name": "DIETClassifier", "epochs": 5, "constrain_similarities": True},
    {"name": "EntitySynonymMapper"},
]


@dataclass
class Server:
    """A server to measure.

    Attributes:
        name: its name in tables.
        command: arguments after the interpreter; ``{port}`` is filled in.
        folder: where it runs.
        health: path that answers 200 once it is ready.
    """

    name: str
    command: list[str]
    folder: Path
    health: str
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Timing:
    """What was measured; seconds in milliseconds, memory in MB, throughput in messages a second."""

    start_s: float
    memory_mb: float
    p50: float
    p95: float
    p99: float
    throughput: float
    by_turn: dict[int, float]


def bench(folder: Path) -> str:
    """Measure everything, write ``bench.md`` and ``bench.png`` to `folder`, return the report.

    Raises:
        RuntimeError: if there is no published model or a server does not start.
    """
    live = live_model()
    if live is None:
        raise RuntimeError("There is no model yet. Run `make train`.")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        texts = [row["text"] for row in read(HELDOUT / "singles.jsonl")]
        default, default_seconds = _default_project(work)
        own_seconds = _train_ours(work)
        servers = [
            Server(
                "this assistant",
                ["-m", "helpline", "serve"],
                ROOT,
                "/webhooks/rest/",
                {"DATABASE_URL": f"sqlite:///{work / 'bench.db'}"},
            ),
            Server("rasa init", ["-m", "rasa", "run", "--port", "{port}"], default, "/webhooks/rest/"),
            Server("Sanic echo", ["-m", "helpline.evaluation.echo", "{port}"], ROOT, "/"),
        ]
        timings = {}
        for server in servers:
            click.echo(f"Measuring {server.name} …")
            timings[server.name] = asyncio.run(_measure(server, texts))
        report = _report(timings, {"this assistant": own_seconds, "rasa init": default_seconds})
        (folder / "bench.md").write_text(report, encoding="utf-8")
        _draw(timings, folder / "bench.png")
        click.echo(f"{report}\nTraining Rasa's default pipeline on our data (twenty minutes) …")
        accuracy = _accuracies(work, live.path)
    (folder / "bench.md").write_text(f"{report}\n{accuracy}", encoding="utf-8")
    return accuracy


def _environment(**more: str) -> dict[str, str]:
    quiet = {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore", "RASA_TELEMETRY_ENABLED": "false"}
    return {**os.environ, **quiet, "TF_CPP_MIN_LOG_LEVEL": "3", **more}


def _seconds(command: Sequence[str], folder: Path, **environment: str) -> float:
    """Run a command and return its seconds."""
    started = time.monotonic()
    subprocess.run(
        command,
        cwd=folder,
        env=_environment(**environment),
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.monotonic() - started


def _default_project(work: Path) -> tuple[Path, float]:
    """Lay out the `rasa init` project and train it; return its folder and the seconds of training."""
    import rasa.cli

    click.echo("Training the `rasa init` project …")
    folder = work / "default"
    shutil.copytree(Path(rasa.cli.__file__).parent / "initial_project", folder)
    return folder, _seconds([*_RASA, "train"], folder, RASA_CACHE_DIRECTORY=str(work / "default-cache"))


def _train_ours(work: Path) -> float:
    """Train our model with an empty cache and return the seconds."""
    click.echo("Training this assistant from nothing …")
    return _seconds([*RASA_TRAIN, "--out", str(work / "models")], ROOT, RASA_CACHE_DIRECTORY=str(work / "our-cache"))


async def _measure(server: Server, texts: Sequence[str]) -> Timing:
    port = _free_port()
    process = subprocess.Popen(
        [sys.executable, *(part.format(port=port) for part in server.command)],
        cwd=server.folder,
        env=_environment(PORT=str(port), **server.environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        async with aiohttp.ClientSession() as session:
            start = await _ready(session, address + server.health, process)
            for text in texts[:_WARM_UP]:
                await _ask(session, address, uuid4().hex, text)
            single = [
                await _ask(session, address, uuid4().hex, texts[number % len(texts)]) for number in range(_REQUESTS)
            ]
            throughput = await _throughput(session, address, texts)
            by_turn = await _by_turn(session, address, texts)
            memory = psutil.Process(process.pid).memory_info().rss / 1e6
    finally:
        process.terminate()
        process.wait(10)
    p50, p95, p99 = np.percentile(single, [50, 95, 99]) * 1000
    return Timing(start, memory, p50, p95, p99, throughput, by_turn)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _ready(session: aiohttp.ClientSession, address: str, process: subprocess.Popen[bytes]) -> float:
    """Wait until a server answers and return the seconds since it was started."""
    started = time.monotonic()
    while time.monotonic() - started < 180 and process.poll() is None:
        try:
            async with session.get(address) as answer:
                if answer.status == 200:
                    return time.monotonic() - started
        except aiohttp.ClientError:
            pass
        await asyncio.sleep(0.05)
    raise RuntimeError(f"{address} did not get ready.")


async def _ask(session: aiohttp.ClientSession, address: str, sender: str, text: str) -> float:
    """Send a message and return the seconds until the whole reply is there."""
    started = time.perf_counter()
    async with session.post(f"{address}/webhooks/rest/webhook", json={"sender": sender, "message": text}) as answer:
        await answer.read()
    return time.perf_counter() - started


async def _throughput(session: aiohttp.ClientSession, address: str, texts: Sequence[str]) -> float:
    """Messages a second with `_CLIENTS` people who each send the next message when the reply has come."""

    async def client() -> None:
        sender = uuid4().hex
        for number in range(_REQUESTS // _CLIENTS):
            if number % 5 == 0:
                sender = uuid4().hex
            await _ask(session, address, sender, texts[number % len(texts)])

    started = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(_CLIENTS)))
    return _REQUESTS / (time.perf_counter() - started)


async def _by_turn(session: aiohttp.ClientSession, address: str, texts: Sequence[str]) -> dict[int, float]:
    """Return milliseconds at turn 1, 50 and 200 of a conversation: medians around the turn over some conversations."""
    around: dict[int, list[float]] = {turn: [] for turn in _TURNS}
    for conversation in range(_CONVERSATIONS):
        sender = uuid4().hex
        long = conversation < 3
        for turn in range(1, (max(_TURNS) if long else 1) + 1):
            seconds = await _ask(session, address, sender, texts[(turn + conversation) % len(texts)])
            for wanted in _TURNS:
                if turn == wanted or (wanted > 1 and wanted - 10 < turn <= wanted):
                    around[wanted].append(seconds * 1000)
    return {turn: statistics.median(values) for turn, values in around.items()}


def _accuracies(work: Path, model: Path) -> str:
    """Return a table: frozen single questions whose first topic is right, by us and by Rasa's default pipeline."""
    answers = load_answers()
    rows = read(HELDOUT / "singles.jsonl")
    ours = [
        replies[0].answered[0] if replies[0].answered else ""
        for replies in play(model, [[Turn(r["text"])] for r in rows])
    ]
    folder = work / "pipeline"
    _flat_data(folder)
    seconds = _seconds([*_RASA, "train", "nlu", "--fixed-model-name", "nlu"], folder)
    theirs = _intents(folder / "models" / "nlu.tar.gz", [row["text"] for row in rows])
    theirs = [name.removeprefix("faq.") for name in theirs]
    return "\n".join(
        [
            "| Right topic first, frozen single questions | | seconds of training |",
            "|---|---|---|",
            f"| this assistant | {_right(ours, rows, answers)} | see above |",
            f"| Rasa's default pipeline, same data, 5 epochs | {_right(theirs, rows, answers)} | {seconds:.0f} |",
            "",
        ]
    )


def _right(topics: Sequence[str], rows: Sequence[dict[str, list[str]]], answers: Answers) -> str:
    hits = sum(
        topic in answers.facts and answers.states(topic, row["facts"]) for topic, row in zip(topics, rows, strict=True)
    )
    return share(hits, len(rows))


def _flat_data(folder: Path) -> None:
    """Write our examples with plain intents (``faq.medicaid``), as the default pipeline has no topics below intents.

    What only the crisis detector learns from is left out.
    """
    folder.mkdir()
    examples: dict[str, list[str]] = {}
    for file in sorted((ROOT / "data").rglob("*.yml")):
        for entry in (read_yaml(file) or {}).get("nlu", []):
            if "metadata" not in entry and entry["intent"] != NEAR_MISS:
                lines = [line[2:] for line in entry["examples"].splitlines()]
                examples.setdefault(entry["intent"].replace("/", "."), []).extend(lines)
    nlu = [{"intent": name, "examples": "".join(f"- {line}\n" for line in lines)} for name, lines in examples.items()]
    (folder / "data").mkdir()
    (folder / "data" / "nlu.yml").write_text(yaml.safe_dump({"version": "3.1", "nlu": nlu}), encoding="utf-8")
    (folder / "domain.yml").write_text(yaml.safe_dump({"version": "3.1", "intents": list(examples)}), encoding="utf-8")
    config = {"recipe": "default.v1", "language": "en", "assistant_id": "bench", "pipeline": _DEFAULT_PIPELINE}
    (folder / "config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")


def _intents(model: Path, texts: Sequence[str]) -> list[str]:
    from rasa.core.agent import Agent

    agent = Agent.load(str(model))

    async def parse() -> list[str]:
        return [str((await agent.parse_message(text))["intent"]["name"]) for text in texts]

    return asyncio.run(parse())


def _report(timings: dict[str, Timing], training: dict[str, float]) -> str:
    ours, default = timings["this assistant"], timings["rasa init"]
    lines = [
        "# Bench: one run, one machine, each server in a process of its own",
        "",
        "| | start s | memory MB | p50 ms | p95 ms | p99 ms | messages/s, 8 clients "
        "| ms at turn 1 | turn 50 | turn 200 |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, t in timings.items():
        turns = " | ".join(f"{t.by_turn[turn]:.1f}" for turn in _TURNS)
        lines.append(
            f"| {name} | {t.start_s:.1f} | {t.memory_mb:.0f} | {t.p50:.1f} | {t.p95:.1f} | {t.p99:.1f} "
            f"| {t.throughput:.0f} | {turns} |"
        )
    lines += [
        "",
        f"Against `rasa init` (in-memory conversations; ours on SQLite): p50 1/{default.p50 / ours.p50:.1f}, "
        f"throughput {ours.throughput / default.throughput:.1f} x. "
        f"Our turn 200 takes {ours.by_turn[200] / ours.by_turn[1]:.2f} x turn 1.",
        "",
        "| Training | seconds |",
        "|---|---|",
        *(f"| {name} | {seconds:.0f} |" for name, seconds in training.items()),
        "",
    ]
    return "\n".join(lines)


def _draw(timings: dict[str, Timing], path: Path) -> None:
    """Draw latency, throughput and latency against the length of the conversation."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    names = list(timings)
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(15, 4.5))
    for place, name in enumerate(names):
        t = timings[name]
        left.bar(place, t.p50, color=f"C{place}")
        left.plot([place, place], [t.p50, t.p99], color="black")
        middle.bar(place, t.throughput, color=f"C{place}")
        right.plot(_TURNS, [t.by_turn[turn] for turn in _TURNS], marker="o", label=name, color=f"C{place}")
    left.set_title("Milliseconds a message: p50 (bar) to p99 (line)")
    middle.set_title("Messages a second, 8 clients")
    for axes in (left, middle):
        axes.set_xticks(range(len(names)), names)
        axes.set_yscale("log")
    right.set_title("Milliseconds by turn of the conversation")
    right.set_xlabel("turn")
    right.set_yscale("log")
    right.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=100)
    plt.close(figure)

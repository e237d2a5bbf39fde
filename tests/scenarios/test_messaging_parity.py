"""The same words on every channel: each topic, each way through the fit check, each kind of danger, beside REST.

What was compared is written to results/channels.md, with a picture.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from assistant import Reply, new_sender
from messaging_people import CHANNELS, Town, new_person, text_of

from helpline.channels.rendering import ASK_FOR_NUMBER, REWORDED
from helpline.crisis.taxonomy import CRISIS_CATEGORIES, SUPPORT_CATEGORIES
from helpline.evaluation.sets import HELDOUT, read
from helpline.fake_vendors.outbox import Message
from helpline.files import read_yaml
from helpline.fit_check.questions import VALUES
from helpline.fit_check.words import title_of
from helpline.settings import ROOT

pytestmark = pytest.mark.asyncio(loop_scope="session")

RESULTS = ROOT / "results"
PARTS = ("topics", "danger", "all ways through the fit check")
# How many conversations at a time; ways through the fit check go one by one, as each turn takes two servers.
_AT_ONCE = 8
_MARK = re.compile(r"^(?:- |\d+\. )")
# What SMS and WhatsApp say instead of a word that stops everything there.
_KEYWORD = re.compile(r"([\"“])(stop|end|quit|cancel)([\"”])", re.IGNORECASE)


@dataclass
class Matrix:
    """Which cases were compared on which channel, and what differed."""

    rows: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    # Which of `PARTS` were compared in full.
    parts: set[str] = field(default_factory=set)

    def note(self, kind: str, case: str, channel: str, difference: str) -> None:
        self.rows.setdefault((kind, case), {})[channel] = difference

    def differing(self, kind: str) -> dict[tuple[str, str], str]:
        return {
            (case, channel): difference
            for (of, case), row in self.rows.items()
            for channel, difference in row.items()
            if of == kind and difference
        }


@pytest.fixture(scope="module")
def matrix() -> Iterator[Matrix]:
    made = Matrix()
    yield made
    if made.rows:
        write_report(made, RESULTS)


@dataclass(frozen=True)
class Content:
    """What a turn says: its words in order, without the marks of lists, and what may be chosen."""

    words: str
    options: tuple[str, ...]


def of_rest(reply: Reply, channel: str) -> Content:
    """Return what a channel shall show of a reply on REST."""
    options = [button["title"] for message in reply.messages[-1:] for button in message.get("buttons", [])]
    options = options or next(
        (
            [button["title"] for button in message["buttons"]]
            for message in reversed(reply.messages)
            if message.get("buttons")
        ),
        [],
    )
    text = reply.text
    if channel in ("sms", "whatsapp"):
        options = [REWORDED.get(option.upper(), option) for option in options]
        text = _KEYWORD.sub(r"\1leave\3", text)
    # A reply to a crisis is words alone on every channel.
    return Content(_words(text, options), () if "crisis" in reply.kinds else tuple(options))


def of_channel(messages: list[Message], wanted: tuple[str, ...]) -> Content:
    """Return what a channel did show; `wanted` tells which lines of a list are options."""
    text = text_of(messages)
    buttons = [button.title for button in messages[-1].buttons] if messages else []
    numbered = {_MARK.sub("", line) for line in text.split("\n") if re.match(r"\d+\. ", line)}
    options = buttons or [option for option in wanted if option in numbered]
    return Content(_words(text, list(wanted)), tuple(options))


def _words(text: str, options: list[str]) -> str:
    lines = (_MARK.sub("", line.strip()) for line in text.split("\n"))
    return " ".join(" ".join(line for line in lines if line not in {*options, ASK_FOR_NUMBER}).split())


def difference(reply: Reply, messages: list[Message], channel: str) -> str:
    """Return how a channel differs from REST, "" where it does not."""
    wanted = of_rest(reply, channel)
    options = [button["title"] for message in reply.messages for button in message.get("buttons", [])]
    got = of_channel(messages, wanted.options or tuple(options if "crisis" in reply.kinds else ()))
    if "crisis" in reply.kinds:
        got = Content(got.words, tuple(button.title for message in messages for button in message.buttons))
    if got.words != wanted.words:
        return f"says {got.words!r} in place of {wanted.words!r}"
    return "" if got.options == wanted.options else f"offers {got.options} in place of {wanted.options}"


async def on_rest(place: Town, sender: str, text: str) -> Reply:
    return await asyncio.to_thread(place.running.say, sender, text)


async def compare(place: Town, matrix: Matrix, kind: str, case: str, text: str, reply: Reply) -> None:
    for channel in CHANNELS:
        messages = await new_person(place, channel).say(text)
        matrix.note(kind, case, channel, difference(reply, messages, channel))


async def all_of(*work: Awaitable[None], at_once: int = _AT_ONCE) -> None:
    """Run coroutines, some at a time."""
    gate = asyncio.Semaphore(at_once)

    async def one(each: Awaitable[None]) -> None:
        async with gate:
            await each

    await asyncio.gather(*(one(each) for each in work))


async def test_every_topic_is_answered_alike(place: Town, matrix: Matrix) -> None:
    async def one(topic: str, question: str) -> None:
        reply = await on_rest(place, new_sender(), question)
        assert topic in reply.topics, f"{question!r} is answered by {reply.topics}"
        await compare(place, matrix, "topics", topic, question, reply)

    topics = {}
    for path in sorted((ROOT / "data" / "faq").glob("*.yml")):
        for name, variants in read_yaml(path)["responses"].items():
            question = next(
                (variant["metadata"].get("question") for variant in variants if "metadata" in variant), None
            )
            if question and name.startswith("utter_faq/"):
                topics[name.removeprefix("utter_faq/")] = question
    assert len(topics) > 60
    await all_of(*(one(topic, question) for topic, question in topics.items()))
    matrix.parts.add("topics")
    assert matrix.differing("topics") == {}


async def test_every_danger_is_answered_alike(place: Town, matrix: Matrix) -> None:
    rows = read(HELDOUT / "crisis.jsonl")

    async def one(category: str) -> None:
        # What matters here is that the channels say what REST says; of a message that REST hears as such.
        for text in [row["text"] for row in rows if row["category"] == category][:12]:
            reply = await on_rest(place, new_sender(), text)
            if any(custom.get("category") == category for custom in reply.customs):
                await compare(place, matrix, "danger", category, text, reply)
                return
        raise AssertionError(f"REST hears no {category}.")

    await all_of(*(one(category) for category in (*CRISIS_CATEGORIES, *SUPPORT_CATEGORIES)))
    matrix.parts.add("danger")
    assert matrix.differing("danger") == {}


def ways(full: int) -> dict[str, dict[str, str]]:
    """Return answers by question: `full` ways to the result and all that end early.

    Five ways hold each answer of each question but those that end the check.
    """
    ends = {"who": "professional", "age": "under_13", "safety": "yes", "withdrawal_history": "now"}
    on = {name: [value for value in values if value != ends.get(name)] for name, values in VALUES.items()}
    on["safety"] = ["no"]
    found = {f"way {way + 1}": {name: values[way % len(values)] for name, values in on.items()} for way in range(full)}
    usual = {name: values[0] for name, values in on.items()}
    for name, value in ends.items():
        # How somebody withdrew before is asked only of those who drink or take benzos.
        found[f"{name} {value}"] = {**usual, "daily_use": "alcohol", name: value}
    found["safety not sure"] = {**usual, "safety": "not_sure"}
    return found


@pytest.mark.parametrize("full", [1, pytest.param(5, marks=pytest.mark.scale)], ids=["some", "all"])
async def test_the_fit_check_is_the_same(full: int, place: Town, matrix: Matrix) -> None:
    asked: set[str] = set()

    async def one(way: str, answers: dict[str, str]) -> None:
        sender, script = new_sender(), ["take the fit check"]
        replies = [await on_rest(place, sender, script[0])]
        while question := next(
            (each["id"] for each in reversed(replies[-1].customs) if each["kind"] == "question"), None
        ):
            assert len(script) < 20, script
            asked.add(question)
            script.append(title_of(question, answers[question]))
            replies.append(await on_rest(place, sender, script[-1]))
        people = [new_person(place, channel) for channel in CHANNELS]
        for turn, (said, reply) in enumerate(zip(script, replies, strict=True)):
            for person in people:
                messages = await (person.choose(said) if turn else person.say(said))
                case = f"{way}: {said}" if turn else way
                matrix.note("fit check", case, person.channel, difference(reply, messages, person.channel))

    await all_of(*(one(way, answers) for way, answers in ways(full).items()), at_once=1)
    if full > 1:
        matrix.parts.add("all ways through the fit check")
    assert asked == set(VALUES)
    assert matrix.differing("fit check") == {}


def write_report(matrix: Matrix, folder: Path) -> None:
    """Write channels.md and channels.png: rows are cases, columns are channels."""
    kinds = list(dict.fromkeys(kind for kind, _ in matrix.rows))
    left_out = [part for part in PARTS if part not in matrix.parts]
    missing = [f"**A part only.** This run did not compare in full: {', '.join(left_out)}.", ""] if left_out else []
    lines = [
        "# The same words on every channel",
        "",
        "What REST says was compared with what people saw on the fake vendors: texts word by word, and what may be",
        "chosen. `tests/scenarios/test_messaging_parity.py` writes this file.",
        "",
        *missing,
        f"| | {' | '.join(CHANNELS)} |",
        "|---|" + "---:|" * len(CHANNELS),
    ]
    for kind in kinds:
        rows = [row for (of, _), row in matrix.rows.items() if of == kind]
        same = [sum(row.get(channel) == "" for row in rows) for channel in CHANNELS]
        lines.append(f"| {kind} | {' | '.join(f'{number} of {len(rows)}' for number in same)} |")
    lines += ["", "![Matrix of cases and channels](channels.png)", ""]
    for kind in kinds:
        lines += [f"## {kind.capitalize()}", "", f"| case | {' | '.join(CHANNELS)} |", "|---|" + "---|" * len(CHANNELS)]
        for (of, case), row in matrix.rows.items():
            if of == kind:
                cells = ("not compared" if channel not in row else row[channel] or "same" for channel in CHANNELS)
                lines.append(f"| {case} | {' | '.join(cell.replace('|', '/') for cell in cells)} |")
        lines.append("")
    folder.mkdir(exist_ok=True)
    (folder / "channels.md").write_text("\n".join(lines), encoding="utf-8")
    draw(matrix, folder / "channels.png")


def draw(matrix: Matrix, path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib.colors import ListedColormap
    from matplotlib.patches import Patch

    names = ("differs", "not compared", "same")
    colours = ("#8c2f1b", "#e8eded", "#1c5c66")
    kinds = list(dict.fromkeys(kind for kind, _ in matrix.rows))
    figure, axes = plt.subplots(1, len(kinds), figsize=(3.2 * len(kinds) + 1, 9), squeeze=False)
    for axis, kind in zip(axes[0], kinds, strict=True):
        rows = [row for (of, _), row in matrix.rows.items() if of == kind]
        values = [[(2 if row[channel] == "" else 0) if channel in row else 1 for channel in CHANNELS] for row in rows]
        axis.imshow(values, aspect="auto", cmap=ListedColormap(colours), vmin=0, vmax=2, interpolation="nearest")
        axis.set_xticks(range(len(CHANNELS)), CHANNELS, rotation=60, ha="right")
        axis.set_yticks([])
        axis.set_title(f"{kind} ({len(rows)})")
        axis.set_xticks([place - 0.5 for place in range(1, len(CHANNELS))], minor=True)
        axis.grid(which="minor", color="white", linewidth=3)
    axes[0][0].set_ylabel("cases")
    patches = [Patch(color=colour, label=name) for colour, name in zip(colours, names, strict=True)]
    figure.legend(handles=patches, loc="lower center", ncol=3, frameon=False)
    figure.suptitle("Said on each channel, beside REST")
    figure.tight_layout(rect=(0, 0.05, 1, 0.98))
    figure.savefig(path, dpi=90)
    plt.close(figure)

"""Measures the published model on the test sets and writes a report: tables, all misses, two pictures."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Iterable

from helpline.answers.numbers import load_numbers
from helpline.evaluation import fit_check, scorecard
from helpline.evaluation.replies import Reply, play
from helpline.evaluation.sets import HELDOUT, Turn, answerable, read, texts
from helpline.evaluation.share import share
from helpline.files import read_yaml
from helpline.settings import ROOT

_INVENTED = re.compile(
    r"\$\s?\d|\b\d+ ?(?:dollars|usd)\b|\b\d{3}[-. ]\d{4}\b|\b\d+ \w+ (?:street|st|avenue|ave|road|blvd)\b", re.I
)
_WORST = 3


@dataclass(frozen=True)
class Answers:
    """What each topic states and cites, from data/faq/, and where each fact stands in the document."""

    facts: dict[str, tuple[str, ...]]
    citations: dict[str, tuple[str, ...]]
    sections: dict[str, str]

    def states(self, topic: str, facts: Iterable[str]) -> bool:
        """Tell whether the topic's answer states one of the facts and cites its section."""
        stated, cited = self.facts.get(topic, ()), self.citations.get(topic, ())
        return any(fact in stated and self.sections[fact] in cited for fact in facts)

    def owner(self, facts: Iterable[str]) -> str:
        """Return the topic that puts the first of the facts first."""
        fact = next(iter(facts))
        owners = [(self.facts[topic].index(fact), topic) for topic in self.facts if fact in self.facts[topic]]
        return min(owners)[1]


@lru_cache(maxsize=1)
def load_answers() -> Answers:
    """Read data/faq/ and data/document.yml."""
    facts, citations = {}, {}
    for file in sorted((ROOT / "data" / "faq").glob("*.yml")):
        for name, variants in read_yaml(file)["responses"].items():
            metadata = variants[0]["metadata"]
            topic = name.split("/", 1)[1]
            facts[topic], citations[topic] = tuple(metadata["facts"]), tuple(metadata["citations"])
    document = read_yaml(ROOT / "data" / "document.yml")
    sections = {fact: section["heading"] for section in document["sections"] for fact in section["facts"]}
    return Answers(facts, citations, sections)


def is_right(reply: Reply, answers: Answers) -> bool:
    """Tell whether every question of the turn is answered with a stated fact and its section."""
    return all(any(answers.states(topic, facts) for topic in reply.answered) for facts in reply.turn.facts)


def invents(reply: Reply) -> bool:
    """Tell whether a reply holds a price, a phone number or an address that is not among our numbers."""
    text = reply.text
    for number in load_numbers().values():
        for shown in number.shown:
            text = text.replace(shown, "")
    return bool(_INVENTED.search(text))


def evaluate_live(folder: Path, sets: Path = HELDOUT) -> str:
    """Evaluate the published model, write ``evaluation.md`` and ``confusions.png`` to `folder`, return the summary.

    Raises:
        RuntimeError: if there is no published model.
    """
    from helpline.training import live_model

    live = live_model()
    if live is None:
        raise RuntimeError("There is no model yet. Run `make train`.")
    answers = load_answers()
    groups = {**answerable(sets), **{name: texts(sets, name) for name in ("unanswerable", "off_topic")}}
    labelled = {name: read(sets / f"{name}.jsonl") for name in ("crisis", "near_miss")}
    groups |= {name: [[Turn(row["text"])] for row in rows] for name, rows in labelled.items()}
    order = [(name, conversation) for name, conversations in groups.items() for conversation in conversations]
    replies: dict[str, list[Reply]] = defaultdict(list)
    for (name, _), played in zip(order, play(live.path, [conversation for _, conversation in order]), strict=True):
        replies[name] += [reply for reply in played if reply.turn.counts]

    danger, harmless = (list(zip(rows, replies.pop(name), strict=True)) for name, rows in labelled.items())
    asked = [reply for name in ("single questions", "two questions", "follow-ups") for reply in replies[name]]
    crisis = scorecard.summary(danger, harmless, asked)
    summary = f"{_summary(replies, answers)}\n\n{fit_check.summary(sets)}\n\n{crisis}"
    folder.mkdir(parents=True, exist_ok=True)
    singles = replies["single questions"]
    head = f"# Evaluation of {live.model}\n\nMessages: {sets}"
    known = [_misses(replies, answers), scorecard.misses(danger, harmless)]
    report = "\n\n".join([head, summary, _topics(singles, answers), *known]) + "\n"
    (folder / "evaluation.md").write_text(report, encoding="utf-8")
    draw_confusions(singles, answers, folder / "confusions.png")
    scorecard.draw(danger, harmless, folder / "crisis.png")
    return f"{summary}\n\nTables per topic, all misses and two pictures are in {folder}/."


def _summary(replies: dict[str, list[Reply]], answers: Answers) -> str:
    rows = []
    for name in ("single questions", "two questions", "follow-ups"):
        rows.append(
            (
                f"{name}: right section and fact",
                share(sum(is_right(r, answers) for r in replies[name]), len(replies[name])),
            )
        )
    singles = replies["single questions"]
    rows.append(
        (
            "single questions: a second topic answered too",
            share(sum(len(r.answered) > 1 for r in singles), len(singles)),
        )
    )
    un, off = replies["unanswerable"], replies["off_topic"]
    rows.append(
        ("unanswerable: said so", share(sum(any(k.startswith("fallback") for k in r.kinds) for r in un), len(un)))
    )
    rows.append(
        (
            "unanswerable: said so, nothing else",
            share(sum(all(k.startswith("fallback") for k in r.kinds) for r in un), len(un)),
        )
    )
    everything = [reply for group in replies.values() for reply in group]
    rows.append(("invented prices, numbers, addresses", str(sum(map(invents, everything)))))
    rows.append(("off-topic: no answer about IOPs", share(sum("answer" not in r.kinds for r in off), len(off))))
    width = max(len(name) for name, _ in rows)
    return "\n".join(
        [f"| {'Measure':<{width}} | Result |", f"|{'-' * (width + 2)}|---|"]
        + [f"| {a:<{width}} | {b} |" for a, b in rows]
    )


def _topics(singles: list[Reply], answers: Answers) -> str:
    """Precision, recall and the commonest confusions of each topic."""
    asked, right, given, good = Counter(), Counter(), Counter(), Counter()
    taken: dict[str, Counter[str]] = defaultdict(Counter)
    for reply in singles:
        facts = reply.turn.facts[0]
        topic = answers.owner(facts)
        asked[topic] += 1
        right[topic] += is_right(reply, answers)
        for name in reply.answered:
            given[name] += 1
            good[name] += answers.states(name, facts)
        if not is_right(reply, answers):
            taken[topic][" + ".join(reply.answered) or ", ".join(reply.kinds)] += 1
    lines = ["| Topic | Asked | Recall | Given | Precision | Taken for |", "|---|---|---|---|---|---|"]
    for topic in sorted(answers.facts):
        confusions = ", ".join(f"{name} ({n})" for name, n in taken[topic].most_common(_WORST))
        lines.append(
            f"| {topic} | {asked[topic]} | {_percent(right[topic], asked[topic])} | {given[topic]} "
            f"| {_percent(good[topic], given[topic])} | {confusions} |"
        )
    return "\n".join(lines)


def _misses(replies: dict[str, list[Reply]], answers: Answers) -> str:
    lines = ["## Misses", ""]
    for name in ("single questions", "two questions", "follow-ups"):
        lines += [_miss(name, reply) for reply in replies[name] if not is_right(reply, answers)]
    lines += [
        _miss("unanswerable", r) for r in replies["unanswerable"] if not all(k.startswith("fallback") for k in r.kinds)
    ]
    lines += [_miss("off_topic", r) for r in replies["off_topic"] if "answer" in r.kinds]
    return "\n".join(lines)


def _miss(name: str, reply: Reply) -> str:
    wanted = " + ".join("/".join(facts) for facts in reply.turn.facts)
    got = ", ".join(reply.answered + [kind for kind in reply.kinds if kind != "answer"])
    return f"- {name}: {reply.turn.text!r} wanted {wanted or '-'}, got {got or 'nothing'}"


def _percent(hits: int, of: int) -> str:
    return f"{100 * hits / of:.0f} %" if of else "-"


def draw_confusions(singles: list[Reply], answers: Answers, path: Path) -> None:
    """Draw which topic was answered for which one was asked; right answers lie on the diagonal."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    import numpy as np

    topics = sorted(answers.facts)
    columns = [*topics, "not_covered", "other"]
    counts: Any = np.zeros((len(topics), len(columns)))
    for reply in singles:
        row = topics.index(answers.owner(reply.turn.facts[0]))
        if is_right(reply, answers):
            column = row
        elif reply.answered:
            column = topics.index(reply.answered[0])
        else:
            column = columns.index("not_covered" if "fallback:not_covered" in reply.kinds else "other")
        counts[row, column] += 1
    figure, axes = plt.subplots(figsize=(17, 16))
    axes.imshow(counts, cmap="Blues", vmin=0)
    axes.set_xticks(range(len(columns)), columns, rotation=90, fontsize=7)
    axes.set_yticks(range(len(topics)), topics, fontsize=7)
    axes.set_xlabel("answered")
    axes.set_ylabel("asked")
    axes.set_title("Which topic was answered for which question (single questions of the test set)")
    for row, column in zip(*np.nonzero(counts), strict=True):
        color = "white" if counts[row, column] > counts.max() / 2 else "black"
        axes.text(column, row, int(counts[row, column]), ha="center", va="center", fontsize=6, color=color)
    figure.tight_layout()
    figure.savefig(path, dpi=90)
    plt.close(figure)

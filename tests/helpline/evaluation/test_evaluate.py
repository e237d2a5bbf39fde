from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from helpline import training
from helpline.evaluation import evaluate
from helpline.evaluation.evaluate import Answers, draw_confusions, invents, is_right, load_answers, share
from helpline.evaluation.replies import Reply
from helpline.evaluation.sets import Conversations, Turn
from helpline.training import LiveModel

ANSWERS = Answers(
    facts={"cost": ("F1", "F2"), "time": ("F3", "F1"), "place": ("F4",)},
    citations={"cost": ("Paying",), "time": ("Hours",), "place": ("Elsewhere",)},
    sections={"F1": "Paying", "F2": "Paying", "F3": "Hours", "F4": "Centers"},
)


def reply(turn: Turn, *customs: dict[str, Any], text: str = "text") -> Reply:
    return Reply(turn, tuple({"text": text, "custom": custom} for custom in customs) or ({"text": text},))


def answered(*topics: str) -> list[dict[str, Any]]:
    return [{"kind": "answer", "topics": [topic]} for topic in topics]


@pytest.mark.parametrize(
    ("topic", "facts", "expected"),
    [
        ("cost", ["F1"], True),
        ("cost", ["F3", "F2"], True),
        ("cost", ["F3"], False),
        ("cost", [], False),
    ],
)
def test_a_topic_states_its_facts(topic: str, facts: list[str], expected: bool) -> None:
    assert ANSWERS.states(topic, facts) is expected


@pytest.mark.parametrize(("topic", "fact"), [("time", "F1"), ("place", "F4")])
def test_a_fact_without_its_section_does_not_count(topic: str, fact: str) -> None:
    assert not ANSWERS.states(topic, [fact])


@pytest.mark.parametrize(("facts", "owner"), [(["F1"], "cost"), (["F3"], "time"), (["F2", "F3"], "cost")])
def test_a_fact_belongs_to_the_topic_that_puts_it_first(facts: list[str], owner: str) -> None:
    assert ANSWERS.owner(facts) == owner


@pytest.mark.parametrize(
    ("facts", "topics", "expected"),
    [
        ((("F1",),), ["cost"], True),
        ((("F1",),), ["time"], False),
        ((("F1",),), ["time", "cost"], True),
        ((("F1",), ("F3",)), ["cost", "time"], True),
        ((("F1",), ("F3",)), ["cost"], False),
        ((("F1",),), [], False),
    ],
)
def test_is_right(facts: tuple[tuple[str, ...], ...], topics: list[str], expected: bool) -> None:
    assert is_right(reply(Turn("text", facts), *answered(*topics)), ANSWERS) is expected


def test_a_reply_tells_its_kinds_topics_and_texts() -> None:
    customs = [*answered("cost"), {"kind": "fallback", "reason": "not_covered", "topics": ["price"]}]
    mixed = reply(Turn("text"), *customs)
    assert mixed.kinds == ["answer", "fallback:not_covered"]
    assert mixed.answered == ["cost"]
    assert mixed.text == "text\ntext"
    assert reply(Turn("text")).kinds == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It costs $ 300.", True),
        ("About 50 dollars", True),
        ("Call 555-123-4567", True),
        ("Visit 12 Main Street", True),
        ("Call 1-800-662-HELP (4357), 988 or 911", False),
        ("3 times a week for 12 weeks", False),
    ],
)
def test_invents(text: str, expected: bool) -> None:
    assert invents(reply(Turn("text"), text=text)) is expected


@pytest.mark.parametrize(
    ("hits", "of", "expected"),
    [
        (335, 348, "96.3 % (93.7-97.8), 335 of 348"),
        (0, 10, "0.0 % (0.0-27.8), 0 of 10"),
        (10, 10, "100.0 % (72.2-100.0), 10 of 10"),
        (0, 0, "none"),
    ],
)
def test_share(hits: int, of: int, expected: str) -> None:
    assert share(hits, of) == expected


def test_our_answers_state_facts_of_the_document() -> None:
    answers = load_answers()
    assert set(answers.facts) == set(answers.citations)
    assert all(fact in answers.sections for facts in answers.facts.values() for fact in facts)


def test_the_picture_is_drawn(tmp_path: Path) -> None:
    turn = Turn("text", (("F1",),))
    fallback = {"kind": "fallback", "reason": "not_covered", "topics": []}
    singles = [reply(turn, *answered("cost")), reply(turn, *answered("time")), reply(turn, fallback), reply(turn)]
    draw_confusions(singles, ANSWERS, tmp_path / "confusions.png")
    assert (tmp_path / "confusions.png").read_bytes().startswith(b"\x89PNG")


def perfect(turn: Turn) -> Reply:
    return reply(turn, *answered(*(load_answers().owner(facts) for facts in turn.facts)))


def hopeless(turn: Turn) -> Reply:
    return reply(turn, {"kind": "answer", "topics": ["author"]}, text="It costs $ 5.")


@pytest.mark.parametrize(
    ("assistant", "shares", "misses", "invented"),
    [(perfect, (100, 100), (0, 0), (0, 0)), (hopeless, (0, 10), (100, 9999), (100, 9999))],
)
def test_the_report_tells_a_perfect_assistant_from_a_hopeless_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, assistant: Any, shares: Any, misses: Any, invented: Any
) -> None:
    def play(model: Path, conversations: Conversations) -> list[list[Reply]]:
        return [[assistant(turn) for turn in conversation] for conversation in conversations]

    # The real model takes a minute; what it says is measured by `make evaluate`, here only the report is.
    monkeypatch.setattr(evaluate, "play", play)
    monkeypatch.setattr(training, "live_model", lambda: LiveModel("m.tar.gz", "", ""))
    summary = evaluate.evaluate_live(tmp_path / "results")
    report = (tmp_path / "results" / "evaluation.md").read_text(encoding="utf-8")
    rows = {line.split("|")[1].strip(): line.split("|")[2].strip() for line in summary.splitlines() if "|" in line}
    assert shares[0] <= float(rows["single questions: right section and fact"].split()[0]) <= shares[1]
    assert misses[0] <= report.count("- single questions:") <= misses[1]
    assert invented[0] <= int(rows["invented prices, numbers, addresses"]) <= invented[1]
    assert (tmp_path / "results" / "confusions.png").is_file()


def test_without_a_model_there_is_a_hint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "live_model", lambda: None)
    with pytest.raises(RuntimeError, match="make train"):
        evaluate.evaluate_live(tmp_path)

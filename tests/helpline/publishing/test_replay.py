from __future__ import annotations

import time
from pathlib import Path

import pytest

from helpline.publishing import play, replay
from helpline.publishing.cases import Case, Outcome
from helpline.storage.database import append_events, delete_conversation, open_engine

HOUR = 3600.0


def say(url: str, sender: str, *texts: str, ago: float = HOUR) -> None:
    now = time.time() - ago
    events = [{"event": "user", "text": text, "timestamp": now + number} for number, text in enumerate(texts)]
    events.append({"event": "bot", "text": "An answer", "timestamp": now + len(texts)})
    append_events(open_engine(url), sender, events)


def test_each_text_of_the_week_is_played_once_with_the_one_before(database_url: str) -> None:
    say(database_url, "a", "what is an iop", "and how long?", "Thanks")
    say(database_url, "b", "thanks", "  ")
    say(database_url, "c", "long ago", ago=8 * 24 * HOUR)
    found = replay.messages(open_engine(database_url), time.time())
    assert sorted(message.case.turns for message in found) == [
        ("thanks",),
        ("what is an iop",),
        ("what is an iop", "and how long?"),
    ]


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, str]]:
    """What the models make of texts; everything else is answered."""
    made: dict[str, dict[str, str]] = {"new": {}, "live": {}}

    def played(model: Path, cases: list[Case]) -> dict[str, Outcome]:
        known = made[model.name]
        return {
            case.key: Outcome(case.of, case.text, "(T" in known.get(case.turns[-1], ""), False, False, got)
            for case in cases
            for got in [known.get(case.turns[-1], "what_is_iop")]
        }

    monkeypatch.setattr(play, "play", played)
    return made


def run(url: str, folder: Path, harmless: set[str] = frozenset()) -> replay.Check:
    return replay.run(open_engine(url), Path("new"), Path("live"), set(harmless), folder)


def test_danger_that_would_be_missed_stops_it(database_url: str, tmp_path: Path, models: dict) -> None:
    say(database_url, "a", "the bridge it is", "what is it", "how much")
    models["live"] |= {"the bridge it is": "suicide_active (T2)", "how much": "cost"}
    check = run(database_url, tmp_path)
    assert not check.passed
    assert check.found == "3 played, 2 replies would change, 1 lose the danger"
    assert "suicide_active (T2) would become what_is_iop" in check.named[0]
    assert run(database_url, tmp_path, {"the bridge it is"}).passed


def test_what_is_kept_holds_no_words_and_forgets_with_the_database(
    database_url: str, tmp_path: Path, models: dict
) -> None:
    say(database_url, "a", "the bridge it is")
    say(database_url, "b", "how much")
    models["new"] |= {"the bridge it is": "suicide_active (T2)", "how much": "cost"}
    assert run(database_url, tmp_path).passed
    assert not any("bridge" in path.read_text() for path in tmp_path.rglob("*.json"))
    engine = open_engine(database_url)
    shown = replay.shown(engine, tmp_path)
    assert [(change["text"], change["gained"]) for change in shown["changes"]] == [
        ("the bridge it is", True),
        ("how much", False),
    ]
    delete_conversation(engine, "a")
    assert [change["text"] for change in replay.shown(engine, tmp_path)["changes"]] == ["", "how much"]


def test_without_a_replay_there_is_nothing_to_show(database_url: str, tmp_path: Path) -> None:
    assert replay.shown(open_engine(database_url), tmp_path) == {"played": 0, "changes": []}

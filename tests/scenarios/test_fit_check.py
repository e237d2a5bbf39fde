"""The fit check against live servers: without its action server, switched off, and how long its turns take."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from assistant import Assistant, Reply, action_server, free_port, new_sender, serving

from helpline.evaluation.sets import HELDOUT, read

ANSWERS = ("Me", "18 or older", "No", "Mental health", "No", "Yes", "Most days", "None yet", "Yes", "Yes", "No thanks")


def asked(reply: Reply) -> str | None:
    """Return the question that waits."""
    return next((custom["id"] for custom in reversed(reply.customs) if custom["kind"] == "question"), None)


def test_without_the_action_server_nothing_is_lost(tmp_path: Path) -> None:
    port, sender = free_port(), new_sender()
    with serving(tmp_path, port) as running:
        with action_server(tmp_path, port):
            running.say(sender, "take the fit check")
            assert asked(running.say(sender, "Me")) == "age"
        down = running.say(sender, "18 or older")
        assert "What you told me so far is kept" in down.text and "1-800-662-HELP (4357)" in down.text
        question = running.say(sender, "what is group therapy?")
        assert question.topics == ["group_therapy"] and "kept" in question.text
        crisis = running.say(new_sender(), "i want to die")
        assert crisis.kinds[0] == "crisis"
        with action_server(tmp_path, port):
            assert asked(running.say(sender, "continue my check")) == "age"
            assert asked(running.say(sender, "18 or older")) == "safety"


def test_without_the_action_server_a_yes_to_danger_is_urgent_and_can_be_taken_back(tmp_path: Path) -> None:
    port, sender = free_port(), new_sender()
    with serving(tmp_path, port) as running:
        with action_server(tmp_path, port):
            for text in ("take the fit check", "Me", "18 or older"):
                reply = running.say(sender, text)
            assert asked(reply) == "safety"
        question = running.say(sender, "what is group therapy?")
        assert question.topics == ["group_therapy"] and asked(question) == "safety"
        for text in ("yes", "yes"):
            urgent = running.say(sender, text)
            assert urgent.kinds == ["fit_result"] and urgent.customs[0]["outcome"] == "urgent"
            assert all(number in urgent.text for number in ("911", "988", "1-800-662-HELP (4357)"))
        assert asked(running.say(sender, "oops i meant no")) == "safety"
        with action_server(tmp_path, port):
            assert asked(running.say(sender, "no")) == "focus"
        assert "deleted" in running.say(sender, "delete my answers").text
        assert running.stored(sender) == 0


def test_a_check_begun_without_the_action_server_starts_later(tmp_path: Path) -> None:
    port, sender = free_port(), new_sender()
    with serving(tmp_path, port) as running:
        assert "technical problem" in running.say(sender, "take the fit check").text
        with action_server(tmp_path, port):
            assert asked(running.say(sender, "continue my check")) == "who"


def test_switched_off_it_says_so_and_all_else_stays(tmp_path: Path) -> None:
    sender = new_sender()
    with serving(tmp_path, free_port(), FIT_CHECK="off") as running:
        off = running.say(sender, "take the fit check")
        assert "switched off" in off.text and asked(off) is None
        assert running.say(sender, "what is an iop").topics == ["what_is_iop"]
        assert running.say(sender, "i want to die").kinds[0] == "crisis"


def test_who_asks_for_the_check_gets_it_and_who_asks_about_programs_does_not(assistant: Assistant) -> None:
    started: dict[bool, list[bool]] = {True: [], False: []}
    for row in read(HELDOUT / "fit_check_starts.jsonl"):
        wanted = row["label"].startswith("fit_check/")
        started[wanted].append(asked(assistant.say(new_sender(), row["text"])) is not None)
    assert np.mean(started[True]) >= 0.75
    assert np.mean(started[False]) <= 0.03


def test_a_turn_takes_no_longer_than_a_moment(assistant: Assistant) -> None:
    seconds = []
    for _ in range(8):
        sender = new_sender()
        for text in ("take the fit check", *ANSWERS):
            started = time.monotonic()
            assistant.say(sender, text)
            seconds.append(time.monotonic() - started)
    p50, p95 = (1000 * np.percentile(seconds, share) for share in (50, 95))
    print(f"{len(seconds)} turns of whole checks over REST: p50 {p50:.0f} ms, p95 {p95:.0f} ms")
    assert p95 <= 150

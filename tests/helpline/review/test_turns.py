"""Which turns are worth a look."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conversation import replied, said

from helpline.review.numbers import counts_of
from helpline.review.turns import KINDS, kinds_of, sighting, turns_of
from helpline.storage.review import CRISIS, INBOX

Events = list[dict[str, Any]]
ANSWER = replied()
UNCLEAR = replied("Say it in other words?", "fallback", reason="unclear")
OFF_TOPIC = replied("I only know one article.", "fallback", reason="off_topic")
UNCOVERED = replied("The article does not say.", "fallback", reason="not_covered")
QUESTION = replied("How old are you?", "question")
CHAT = replied("I'm a program.", "info")
T2 = {"crisis": {"tier": "T2", "category": "suicide_active"}}
YES, NO = ({"heard": "crisis_follow_up", "crisis": {**T2["crisis"], "kind": kind}} for kind in ("yes", "no"))
T1 = {"crisis": {"tier": "T1", "category": "grief"}}


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param([said("does medicaid pay"), ANSWER], [], id="a sure answer"),
        pytest.param([said("medicaid", confidence=0.2), ANSWER], [(0, "low_confidence")], id="doubt"),
        pytest.param([said("hm", "unclear", confidence=0.1), UNCLEAR], [(0, "fallback")], id="unclear"),
        pytest.param([said("the weather", "off_topic"), OFF_TOPIC], [(0, "fallback")], id="off topic"),
        pytest.param([said("how much", "not_covered/price"), UNCOVERED], [(0, "not_covered")], id="not covered"),
        pytest.param([said("hi", "smalltalk/greet", confidence=0.2), CHAT], [], id="small talk"),
        pytest.param([said("a person please", "smalltalk/talk_to_person"), CHAT], [(0, "person_asked")], id="person"),
        pytest.param(
            [said("does medicaid pay"), ANSWER, said("no thats wrong", "smalltalk/bot_wrong"), CHAT],
            [(0, "not_helpful")],
            id="what did not help is the answer before",
        ),
        pytest.param([said("wrong", "smalltalk/bot_wrong"), CHAT], [(0, "not_helpful")], id="a complaint first"),
        pytest.param(
            [said("wrong", "smalltalk/bot_wrong"), CHAT, said("wrong!", "smalltalk/bot_wrong"), CHAT],
            [(1, "not_helpful")],
            id="two complaints",
        ),
        pytest.param(
            [said("does medicaid pay"), ANSWER, said("and my medicaid"), ANSWER], [(1, "repeated")], id="same topic"
        ),
        pytest.param(
            [said("Blah!", "unclear"), UNCLEAR, said("blah", "unclear"), UNCLEAR],
            [(1, "repeated"), (1, "fallback")],
            id="same words",
        ),
        pytest.param(
            [said("one"), ANSWER, *[said("x", f"faq/{n}") for n in range(3)], said("two"), ANSWER], [], id="long ago"
        ),
        pytest.param(
            [said("yes", "smalltalk/affirm"), CHAT, said("yes", "smalltalk/affirm"), CHAT], [], id="yes twice"
        ),
        pytest.param([said("i want to die", "crisis", **T2), replied(kind="crisis")], [(0, "crisis")], id="danger"),
        pytest.param(
            [said("help", "crisis", **T2), replied(kind="crisis"), said("no", **NO), replied(kind="crisis")],
            [],
            id="a no to our question",
        ),
        pytest.param([said("yes", **YES), replied(kind="crisis")], [(0, "crisis")], id="a yes to our question"),
        pytest.param([said("yes", "fit_check"), replied(kind="crisis")], [(0, "crisis")], id="danger in the check"),
        pytest.param([said("she died", "support", **T1), replied(kind="support")], [], id="distress"),
        pytest.param(
            [said("check", "fit_check"), QUESTION, said("41", "unclear", confidence=0.1), QUESTION],
            [],
            id="an answer in the check",
        ),
        pytest.param([{"event": "user", "text": "/session_start", "timestamp": 0}], [], id="Rasa's own"),
        pytest.param([], [], id="nothing"),
    ],
)
def test_kinds(events: Events, expected: list[tuple[int, str]]) -> None:
    found = kinds_of(turns_of(events))
    assert found == expected
    assert {kind for _, kind in found} <= set(KINDS)


def test_a_sighting_holds_the_message_and_what_was_said_around_it() -> None:
    events = []
    for number in range(8):
        events += [said(f"question {number}", f"faq/t{number}", at=float(number)), replied(f"answer {number}")]
    events[13] = replied("answer 6", buttons=[{"title": "More", "payload": "more"}])
    turns = turns_of(events)
    found = sighting(turns, 6, ["not_helpful"], "a")
    assert (found.queue, found.sender_id, found.timestamp) == (INBOX, "a", 6.0)
    assert found.message["text"] == "question 6"
    assert found.message["heard"] == "faq/t6"
    assert found.message["after"] == "faq/t5"
    lines = [one["text"] for one in found.around["said"]]
    assert lines[found.around["place"]] == "question 6"
    assert lines[0] == "question 2"
    assert lines[-1] == "answer 7"
    assert found.around["said"][found.around["place"] + 1]["buttons"] == ("More",)
    json.dumps([found.message, found.around])


def test_the_same_words_have_the_same_mark_and_danger_its_own_queue() -> None:
    marks = {sighting(turns_of([said(text)]), 0, ["fallback"], "a").mark for text in ("Does it pay?", " does IT pay")}
    assert len(marks) == 1
    assert sighting(turns_of([said("?!")]), 0, ["fallback"], "a").mark not in marks
    assert sighting(turns_of([said("x", **T2)]), 0, ["crisis"], "a").queue == CRISIS


def test_danger_is_counted_by_its_category_once() -> None:
    (turn,) = turns_of([said("i want to die", "crisis", at=86_400.0, **T2), replied(kind="crisis")])
    assert counts_of(turn, False, ["crisis"])["1970-01-02", "danger", turn.category] == 1
    assert not any(what == "danger" for _, what, _ in counts_of(turn, False, []))

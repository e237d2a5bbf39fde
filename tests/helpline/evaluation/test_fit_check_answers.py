from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from helpline.evaluation.fit_check import ASKED_AGAIN, RIGHT, WRONG, counted, judged, silently_wrong, summary
from helpline.evaluation.sets import DEVELOPMENT, HELDOUT, read
from helpline.fit_check.understanding import Heard, understand


@pytest.mark.parametrize(
    ("row", "heard", "outcome"),
    [
        ({"answers": {"age": "adult"}}, Heard({"age": "adult"}), RIGHT),
        ({"answers": {"age": "adult"}}, Heard({}, unclear=True), ASKED_AGAIN),
        ({"answers": {"age": "adult"}}, Heard({}), ASKED_AGAIN),
        ({"answers": {"age": "adult", "who": "me"}}, Heard({"age": "adult"}), ASKED_AGAIN),
        ({"answers": {"age": "adult"}}, Heard({"age": "13_17"}), WRONG),
        ({"answers": {"age": "adult"}}, Heard({"age": "adult", "who": "me"}), WRONG),
        ({"answers": {"age": "adult"}}, Heard({}, "stop"), WRONG),
        ({"answers": {"age": "unknown"}}, Heard({}, "skip"), RIGHT),
        ({"answers": {}, "digression": True}, Heard({}), RIGHT),
        ({"answers": {}, "digression": True}, Heard({"age": "adult"}), WRONG),
        ({"answers": {}, "command": "back", "steps": 2}, Heard({}, "back", 2), RIGHT),
        ({"answers": {}, "command": "back", "steps": 2}, Heard({}, "back"), WRONG),
    ],
)
def test_what_became_of_an_answer(row: dict[str, Any], heard: Heard, outcome: str) -> None:
    assert judged({"current": "age", **row}, heard) == outcome


@pytest.mark.parametrize(
    ("text", "wanted", "heard", "silent"),
    [
        ("nope", "yes", Heard({"home": "no"}), True),
        ("nope", "no", Heard({"home": "no"}), False),
        ("not with him there", "yes", Heard({"home": "no"}), False),
        ("half", "yes", Heard({"home": "partly"}), False),
        ("nope", "yes", Heard({"home": "no", "time": "no"}), False),
        ("dunno", "yes", Heard({"home": "unknown"}), False),
        ("nope", "yes", Heard({}, "stop"), False),
        ("nope", "yes", Heard({}, unclear=True), False),
    ],
)
def test_a_mere_yes_or_no_is_not_said_back(text: str, wanted: str, heard: Heard, silent: bool) -> None:
    assert silently_wrong({"current": "home", "text": text, "answers": {"home": wanted}}, heard) is silent


def test_answers_by_people_whom_nobody_tuned_on_are_understood() -> None:
    outcomes = counted(read(HELDOUT / "fit_check.jsonl"))
    total = sum(outcomes.values())
    assert (outcomes[RIGHT] + outcomes[ASKED_AGAIN]) / total >= 0.95
    assert outcomes[RIGHT] / total >= 0.8


def test_hardly_anything_that_is_no_answer_fills_one() -> None:
    rows = [row for sets in (HELDOUT, DEVELOPMENT) for row in read(sets / "fit_check.jsonl") if row.get("digression")]
    assert counted(rows)[WRONG] <= 0.01 * len(rows)


def test_the_table_adds_up() -> None:
    assert summary(HELDOUT).count("of 406") == 4


def test_what_is_said_in_doubt_is_asked_about_rather_than_taken() -> None:
    """`accepted` are the readings of an answer that may be taken; none where it is to be asked about, or no answer."""
    outcomes: Counter[str] = Counter()
    # Every third, as the whole set takes seconds.
    for row in list(read(DEVELOPMENT / "fit_check_doubts.jsonl"))[::3]:
        heard = understand(row["text"], row["current"], None if row["current"] == "who" else row["who"])
        readings = row["accepted"] or [{}]
        found = [judged({"current": row["current"], "answers": reading}, heard) for reading in readings]
        outcomes[next((kind for kind in (RIGHT, ASKED_AGAIN) if kind in found), WRONG)] += 1
    assert outcomes[WRONG] <= 0.01 * outcomes.total()
    assert outcomes[RIGHT] >= 0.6 * outcomes.total()

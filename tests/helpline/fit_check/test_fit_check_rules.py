"""Every combination of answers, against the rules written a second time as a table over arrays."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest

from helpline.fit_check.questions import BY_RISK, UNKNOWN, VALUES
from helpline.fit_check.rules import OUTCOMES, decide

# What may change the outcome; a test below shows that the others never do.
DECISIVE = [name for name in VALUES if name not in ("who", "time", "paying")]
CHOICES = [(*VALUES[name], UNKNOWN) for name in DECISIVE]
SHAPE = tuple(map(len, CHOICES))
# From mild to urgent; `unsure` and `stop_child` stand outside.
LEVELS = ("outpatient_may_be_enough", "iop_may_fit", "higher_level", "urgent")


@pytest.fixture(scope="module")
def outcomes() -> np.ndarray:
    """The outcome of every combination, as an index into `OUTCOMES`, one axis a question."""
    codes = np.empty(int(np.prod(SHAPE)), np.int8)
    for place, values in enumerate(itertools.product(*CHOICES)):
        codes[place] = OUTCOMES.index(decide(dict(zip(DECISIVE, values, strict=True))).outcome)
    return codes.reshape(SHAPE)


def axis(name: str, *values: str) -> np.ndarray:
    """Whether an answer is one of `values`, shaped to broadcast over all combinations."""
    place = DECISIVE.index(name)
    shape = [1] * len(DECISIVE)
    shape[place] = SHAPE[place]
    return np.array([value in values for value in CHOICES[place]]).reshape(shape)


def test_every_combination_has_the_outcome_of_the_rules_in_their_order(outcomes: np.ndarray) -> None:
    uses = ~axis("focus", "mental")
    withdrew = uses & axis("daily_use", "alcohol", "benzos", "both", UNKNOWN)
    table = [
        (axis("safety", "yes") | (withdrew & axis("withdrawal_history", "now")), "urgent"),
        (axis("safety", "not_sure", UNKNOWN), "urgent"),
        (axis("age", "under_13"), "stop_child"),
        (withdrew & axis("withdrawal_history", "past"), "higher_level"),
        (axis("health", "yes"), "higher_level"),
        (axis("around_the_clock", "no"), "higher_level"),
        (axis("impact", "cant"), "higher_level"),
        (axis("home", "no") & uses & axis("impact", "most"), "higher_level"),
        (uses & axis("daily_use", "alcohol", "benzos", "both"), "higher_level"),
        (uses & axis("daily_use", UNKNOWN), "unsure"),
        (withdrew & axis("withdrawal_history", UNKNOWN), "unsure"),
        (axis("health", UNKNOWN) | axis("around_the_clock", UNKNOWN), "unsure"),
        (axis("impact", UNKNOWN) & ~axis("care_so_far", "leaving_higher", "outpatient_not_enough"), "unsure"),
        (axis("care_so_far", "leaving_higher", "outpatient_not_enough"), "iop_may_fit"),
        (axis("impact", "most"), "iop_may_fit"),
        (axis("care_so_far", "iop_before") & axis("impact", "some"), "iop_may_fit"),
    ]
    expected = np.full(SHAPE, OUTCOMES.index("outpatient_may_be_enough"), np.int8)
    for holds, outcome in reversed(table):
        expected[np.broadcast_to(holds, SHAPE)] = OUTCOMES.index(outcome)
    assert np.array_equal(outcomes, expected)
    assert set(np.unique(outcomes)) == set(range(len(OUTCOMES)))


@pytest.mark.parametrize("name", [name for name in BY_RISK if name in DECISIVE])
def test_a_riskier_answer_never_gives_a_milder_outcome(outcomes: np.ndarray, name: str) -> None:
    level = np.array([LEVELS.index(outcome) if outcome in LEVELS else -1 for outcome in OUTCOMES])[outcomes]
    place = DECISIVE.index(name)
    for less, more in itertools.combinations(BY_RISK[name], 2):
        if name == "daily_use" and "other_drugs" in (less, more):
            continue
        mild = np.take(level, CHOICES[place].index(less), place)
        risky = np.take(level, CHOICES[place].index(more), place)
        comparable = (mild >= 0) & (risky >= 0)
        assert (risky[comparable] >= mild[comparable]).all()


def test_danger_is_always_urgent_and_what_is_unknown_of_safety_is_never_mild(outcomes: np.ndarray) -> None:
    outpatient = outcomes == OUTCOMES.index("outpatient_may_be_enough")
    urgent = outcomes == OUTCOMES.index("urgent")
    assert urgent[np.broadcast_to(axis("safety", "yes", "not_sure", UNKNOWN), SHAPE)].all()
    for name in ("health", "around_the_clock"):
        assert not outpatient[np.broadcast_to(axis(name, UNKNOWN), SHAPE)].any()
    uses = ~axis("focus", "mental")
    assert not outpatient[np.broadcast_to(uses & axis("daily_use", UNKNOWN), SHAPE)].any()
    withdrew = uses & axis("daily_use", "alcohol", "benzos", "both", UNKNOWN)
    assert not outpatient[np.broadcast_to(withdrew & axis("withdrawal_history", UNKNOWN, "past"), SHAPE)].any()


def test_who_asks_time_and_money_change_nothing_and_order_does_not_matter() -> None:
    draw = random.Random(7)
    for _ in range(3000):
        answers = {name: draw.choice((*VALUES[name], UNKNOWN)) for name in DECISIVE}
        decision = decide(answers)
        more = [*answers.items(), *((name, draw.choice(VALUES[name])) for name in ("who", "time", "paying"))]
        draw.shuffle(more)
        assert decide(dict(more)) == decision


def test_questions_that_were_not_asked_do_not_count() -> None:
    assert decide({}).outcome == "outpatient_may_be_enough"
    mental = {"safety": "no", "focus": "mental", "daily_use": "alcohol", "withdrawal_history": "now", "impact": "some"}
    assert decide(mental).outcome == "outpatient_may_be_enough"
    assert decide({**mental, "focus": "both"}).outcome == "urgent"


def test_the_reasons_are_answers_that_were_given() -> None:
    draw = random.Random(3)
    for _ in range(2000):
        answers = {name: draw.choice((*VALUES[name], UNKNOWN)) for name in DECISIVE}
        decision = decide(answers)
        assert decision.because and set(decision.because) <= set(answers)


def test_reasons_are_what_was_said() -> None:
    assert decide({}).because == ()
    generator = random.Random(4)
    for _ in range(2000):
        said = {name: generator.choice(values) for name, values in zip(DECISIVE, CHOICES, strict=True)}
        answers = {name: value for name, value in said.items() if generator.random() < 0.6}
        decision = decide(answers)
        assert set(decision.because) <= set(answers)
        if decision.rule not in ("R2", "R10", "R11"):
            assert UNKNOWN not in [answers[name] for name in decision.because]

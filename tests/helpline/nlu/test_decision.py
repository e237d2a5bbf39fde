from __future__ import annotations

import numpy as np
import pytest

from helpline.nlu.decision import MAX_SUGGESTIONS, TWO_QUESTIONS, UNCLEAR, Decision, Labels, decide, group, wants_check

LABELS = ["faq/a", "faq/b", "faq/c", "faq/d", "not_covered/x", "not_covered/y", "smalltalk/hi", "off_topic"]


def probabilities(**shares: float) -> np.ndarray:
    """A row over `LABELS`: shares by the last part of the label; the rest spread evenly over the others."""
    named = {label.split("/")[-1] for label in LABELS}
    assert set(shares) <= named
    rest = (1 - sum(shares.values())) / (len(LABELS) - len(shares))
    return np.array([shares.get(label.split("/")[-1], rest) for label in LABELS])


def decision(whole: np.ndarray, *clauses: tuple[np.ndarray, bool]) -> Decision:
    rows = np.array([row for row, _ in clauses]).reshape(len(clauses), len(LABELS))
    return decide(Labels(LABELS), whole, rows, [asks for _, asks in clauses])


@pytest.mark.parametrize(("label", "expected"), [("faq/a", "faq"), ("crisis", "crisis"), ("faq/a/b", "faq")])
def test_group(label: str, expected: str) -> None:
    assert group(label) == expected


@pytest.mark.parametrize(
    ("shares", "intent", "label"),
    [
        ({"a": 0.9}, "faq", "faq/a"),
        ({"x": 0.8}, "not_covered", "not_covered/x"),
        ({"hi": 0.7}, "smalltalk", "smalltalk/hi"),
    ],
)
def test_one_clear_label_is_the_decision(shares: dict[str, float], intent: str, label: str) -> None:
    made = decision(probabilities(**shares))
    assert (made.intent, made.labels) == (intent, (label,))
    assert made.confidence == pytest.approx(next(iter(shares.values())))


def test_many_small_guesses_of_one_group_outweigh_a_single_other_one() -> None:
    made = decision(probabilities(a=0.3, b=0.1, c=0.1, d=0.1, hi=0.35))
    assert made.intent in ("faq", TWO_QUESTIONS)
    assert made.labels[0] == "faq/a"


def test_a_group_can_be_sure_where_no_label_is() -> None:
    labels = [f"faq/{n}" for n in range(20)] + ["smalltalk/hi"]
    whole = np.array([0.048] * 20 + [0.04])
    whole[3] = 0.049
    assert decide(Labels(labels), whole, np.zeros((0, 21)), []).labels == ("faq/3",)


def test_nothing_likely_is_unclear_and_offers_the_nearest_answerable_topics() -> None:
    labels = [f"faq/{n}" for n in range(6)] + [f"{name}/{n}" for n in range(6) for name in ("smalltalk", "other")]
    whole = np.full(18, 0.05)
    whole[:6] = [0.01, 0.02, 0.03, 0.04, 0.05, 0.06]
    whole[6] = 0.11
    made = decide(Labels(labels), whole, np.zeros((0, 18)), [])
    assert (made.intent, made.labels) == (UNCLEAR, ())
    assert made.suggestions == ("faq/5", "faq/4", "faq/3")
    assert len(made.suggestions) == MAX_SUGGESTIONS


def test_two_likely_answers_are_both_given_best_first() -> None:
    made = decision(probabilities(b=0.5, a=0.4))
    assert (made.intent, made.labels) == (TWO_QUESTIONS, ("faq/b", "faq/a"))


@pytest.mark.parametrize(
    ("shares", "labels"),
    [
        ({"a": 0.5, "x": 0.4}, ("faq/a", "not_covered/x")),
        ({"a": 0.9, "x": 0.05}, ("faq/a",)),
        ({"x": 0.5, "a": 0.4}, ("not_covered/x",)),
    ],
)
def test_a_doubtful_answer_comes_with_what_is_not_covered(shares: dict[str, float], labels: tuple[str, ...]) -> None:
    assert decision(probabilities(**shares)).labels == labels


def test_clauses_about_two_topics_are_answered_in_the_order_asked() -> None:
    made = decision(probabilities(b=0.6, a=0.2), (probabilities(a=0.9), True), (probabilities(b=0.9), True))
    assert (made.intent, made.labels) == (TWO_QUESTIONS, ("faq/a", "faq/b"))
    assert made.confidence == pytest.approx(0.2)


@pytest.mark.parametrize(("asks", "labels"), [(True, ("faq/a", "not_covered/x")), (False, ("faq/a",))])
def test_a_clause_of_the_other_group_counts_only_as_a_question(asks: bool, labels: tuple[str, ...]) -> None:
    made = decision(probabilities(a=0.9), (probabilities(a=0.9), True), (probabilities(x=0.8), asks))
    assert made.labels == labels


def test_clauses_that_agree_are_one_question() -> None:
    row = probabilities(a=0.9)
    assert decision(row, (row, True), (row, True)).labels == ("faq/a",)


def test_small_talk_beside_a_question_does_not_hide_it() -> None:
    made = decision(probabilities(a=0.7, hi=0.2), (probabilities(hi=0.9), False), (probabilities(a=0.9), True))
    assert made.labels == ("faq/a",)


@pytest.mark.parametrize(
    ("whole", "clauses", "expected"),
    [
        # By question 1, question 2 and the wish.
        ([0.9, 0.05, 0.05], [], None),
        ([0.02, 0.02, 0.96], [], ("fit_check", ("fit_check/start",))),
        ([0.6, 0.1, 0.3], [], ("fit_check_and_question", ("fit_check/start", "faq/a"))),
        (
            [0.9, 0.05, 0.05],
            [[0.1, 0.1, 0.8], [0.9, 0.1, 0.0]],
            ("fit_check_and_question", ("fit_check/start", "faq/a")),
        ),
        ([0.9, 0.05, 0.05], [[0.3, 0.1, 0.6], [0.9, 0.1, 0.0]], None),
    ],
)
def test_the_wish_for_a_check_is_heard_beside_a_question(
    whole: list[float], clauses: list[list[float]], expected: tuple[str, tuple[str, ...]] | None
) -> None:
    labels = Labels(["faq/a", "faq/b", "fit_check/start"])
    made = wants_check(labels, np.array(whole), np.array(clauses).reshape(len(clauses), 3))
    assert (made and (made.intent, made.labels)) == expected

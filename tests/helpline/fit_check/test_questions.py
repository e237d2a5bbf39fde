from __future__ import annotations

import pytest

from helpline.fit_check.questions import VALUES, asked_answers, next_question, previous_question

SELF = {"who": "me", "age": "adult", "safety": "no"}


def walked(answers: dict[str, str], **given: str) -> list[str]:
    """The questions asked one after the other of an adult who answers as `given`, else by the first value."""
    asked, answers, given = [], dict(answers), {"age": "adult", **given}
    while name := next_question(answers):
        asked.append(name)
        answers[name] = given.get(name, VALUES[name][0])
    return asked


def test_somebody_who_drinks_daily_is_asked_everything() -> None:
    assert walked({}, daily_use="alcohol") == [name for name in VALUES if name != "paying"]


def test_without_sedatives_nothing_is_asked_of_withdrawal() -> None:
    assert "withdrawal_history" not in walked({}, daily_use="other_drugs")
    assert "withdrawal_history" in walked({}, daily_use="unknown")


def test_about_mental_health_alone_nothing_is_asked_of_use() -> None:
    assert not {"daily_use", "withdrawal_history"} & set(walked({}, focus="mental"))


@pytest.mark.parametrize(
    "given",
    [
        {"who": "professional"},
        {"age": "under_13"},
        {"safety": "yes"},
        {"withdrawal_history": "now", "daily_use": "both"},
    ],
)
def test_some_answers_end_the_questions(given: dict[str, str]) -> None:
    assert walked({}, **given)[-1] == next(iter(given))


def test_back_leads_to_the_question_asked_before() -> None:
    answers = {**SELF, "focus": "mental"}
    assert previous_question("health", answers) == "focus"
    assert previous_question("who", answers) is None
    assert previous_question(None, {**answers, "time": "yes"}) == "time"


def test_answers_that_others_rule_out_do_not_count() -> None:
    answers = {**SELF, "focus": "mental", "daily_use": "alcohol", "withdrawal_history": "past"}
    assert asked_answers(answers) == {**SELF, "focus": "mental"}

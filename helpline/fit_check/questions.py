"""The questions of the fit check: their order, their answers, and which of them the answers so far rule out."""

from __future__ import annotations

from typing import Mapping

# Skipped, or "I don't know". Not the same as "no".
UNKNOWN = "unknown"

# In the order in which they are asked; each also takes `UNKNOWN`. The last comes after the result and changes nothing.
VALUES: dict[str, tuple[str, ...]] = {
    "who": ("me", "loved_one", "professional"),
    "age": ("under_13", "13_17", "adult"),
    "safety": ("no", "yes", "not_sure"),
    "focus": ("substance", "mental", "both", "not_sure"),
    "daily_use": ("none", "alcohol", "benzos", "both", "other_drugs"),
    "withdrawal_history": ("no", "past", "now"),
    "health": ("no", "yes"),
    "around_the_clock": ("yes", "mostly", "no"),
    "impact": ("little", "some", "most", "cant"),
    "care_so_far": ("none", "outpatient_helping", "outpatient_not_enough", "leaving_higher", "iop_before"),
    "home": ("yes", "partly", "no"),
    "time": ("yes", "with_help", "no"),
    "paying": ("medicaid", "private", "none", "not_sure", "no_thanks"),
}
PAYING = "paying"
# From the least to the most risky answer: of two that contradict each other the riskier one counts.
BY_RISK: dict[str, tuple[str, ...]] = {
    "safety": ("no", "not_sure", "yes"),
    "daily_use": ("none", "other_drugs", "benzos", "alcohol", "both"),
    "withdrawal_history": ("no", "past", "now"),
    "health": ("no", "yes"),
    "around_the_clock": ("yes", "mostly", "no"),
    "impact": ("little", "some", "most", "cant"),
    "home": ("yes", "partly", "no"),
    "time": ("yes", "with_help", "no"),
}
# Answers after which how somebody withdrew before matters: stopping these drugs alone can be dangerous.
_WITHDRAWAL_MATTERS = ("alcohol", "benzos", "both", UNKNOWN)


def is_asked(question: str, answers: Mapping[str, str]) -> bool:
    """Tell whether a question has its place, given the answers by id to the ones before it."""
    if question == "daily_use":
        return answers.get("focus") != "mental"
    if question == "withdrawal_history":
        return is_asked("daily_use", answers) and answers.get("daily_use") in _WITHDRAWAL_MATTERS
    return True


def asked_answers(answers: Mapping[str, str]) -> dict[str, str]:
    """Return the answers that count: those to questions which the others do not rule out."""
    return {question: answers[question] for question in VALUES if question in answers and is_asked(question, answers)}


def is_over(answers: Mapping[str, str]) -> bool:
    """Tell whether nothing more need be asked before the result.

    A professional is not scored; danger and a child under 13 end the questions at once.
    """
    return (
        answers.get("who") == "professional"
        or answers.get("age") == "under_13"
        or answers.get("safety", "no") != "no"
        or asked_answers(answers).get("withdrawal_history") == "now"
    )


def next_question(answers: Mapping[str, str]) -> str | None:
    """Return the id of the first question before the result that is asked and has no answer, or None."""
    if is_over(answers):
        return None
    waiting = (name for name in VALUES if name != PAYING and name not in answers and is_asked(name, answers))
    return next(waiting, None)


def previous_question(question: str | None, answers: Mapping[str, str]) -> str | None:
    """Return the id of the answered question before `question` (None: before the result), or None at the first."""
    names = list(VALUES)
    before = names[: names.index(question)] if question else names
    return next((name for name in reversed(before) if name in asked_answers(answers)), None)

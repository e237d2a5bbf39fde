"""From answers to an outcome: ordered rules, the first that matches decides; no points and no hidden weights.

The rules R1 to R15 were derived from the document (stepping down, structure without round-the-clock supervision, a
setting to live in) and from public criteria for withdrawal and medical risk (SAMHSA TIP 47 advisory 2021, ASAM's
guideline on alcohol withdrawal 2020). R0, danger heard in any message, is the crisis detector's and ends the check.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping

from helpline.fit_check.questions import UNKNOWN, asked_answers

URGENT = "urgent"
STOP_CHILD = "stop_child"
HIGHER_LEVEL = "higher_level"
IOP_MAY_FIT = "iop_may_fit"
OUTPATIENT_MAY_BE_ENOUGH = "outpatient_may_be_enough"
UNSURE = "unsure"
OUTCOMES = (URGENT, STOP_CHILD, HIGHER_LEVEL, IOP_MAY_FIT, OUTPATIENT_MAY_BE_ENOUGH, UNSURE)

_MEDICAL = ("daily_use", "withdrawal_history", "health", "around_the_clock")
_SEDATIVES = ("alcohol", "benzos", "both")
# They rest on what was left open.
_RESTS_ON_OPEN = ("R2", "R10", "R11")
_NOT_ENOUGH = ("leaving_higher", "outpatient_not_enough")


@dataclass(frozen=True)
class Decision:
    """What the answers come to.

    Attributes:
        outcome: one of `OUTCOMES`.
        rule: ``R1`` to ``R15``.
        because: ids of the questions whose answers the rule rests on, the weightiest first: only what was said, and
            what was left open only where that is the reason.
    """

    outcome: str
    rule: str
    because: tuple[str, ...]


def decide(answers: Mapping[str, str]) -> Decision:
    """Return the outcome for answers by question id, in any order.

    Total: every combination has exactly one outcome. A missing key is a question that was not asked; answers to
    questions that the other answers rule out (how one withdrew, without daily drinking) do not count.
    """
    a = asked_answers(answers)
    outcome, rule, rests_on = _first_rule(a)
    open_ends = rule in _RESTS_ON_OPEN
    because = tuple(name for name in rests_on if name in a and (open_ends or a[name] != UNKNOWN))
    return Decision(outcome, rule, because)


def _first_rule(a: Mapping[str, str]) -> tuple[str, str, tuple[str, ...]]:
    """Return outcome and name of the first rule that matches the answers that count, and the questions it rests on."""
    safety, use, withdrawal, care = (
        a.get(name) for name in ("safety", "daily_use", "withdrawal_history", "care_so_far")
    )
    impact = a.get("impact")
    if safety == "yes" or withdrawal == "now":
        return URGENT, "R1", ("safety",) if safety == "yes" else ("withdrawal_history",)
    if safety in ("not_sure", UNKNOWN):
        return URGENT, "R2", ("safety",)
    if a.get("age") == "under_13":
        return STOP_CHILD, "R3", ("age",)
    if withdrawal == "past":
        return HIGHER_LEVEL, "R4", ("withdrawal_history", "daily_use")
    if a.get("health") == "yes":
        return HIGHER_LEVEL, "R5", ("health",)
    if a.get("around_the_clock") == "no":
        return HIGHER_LEVEL, "R6", ("around_the_clock",)
    if impact == "cant":
        return HIGHER_LEVEL, "R7", ("impact",)
    if a.get("home") == "no" and a.get("focus") != "mental" and impact == "most":
        return HIGHER_LEVEL, "R8", ("home", "impact", "focus")
    if use in _SEDATIVES:
        return HIGHER_LEVEL, "R9", ("daily_use",)
    unknown = tuple(name for name in _MEDICAL if a.get(name) == UNKNOWN)
    if unknown:
        return UNSURE, "R10", unknown
    if impact == UNKNOWN and care not in _NOT_ENOUGH:
        return UNSURE, "R11", ("impact",)
    if care in _NOT_ENOUGH:
        return IOP_MAY_FIT, "R12", ("care_so_far", "around_the_clock", "home")
    if impact == "most":
        return IOP_MAY_FIT, "R13", ("impact", "around_the_clock", "home")
    if care == "iop_before" and impact == "some":
        return IOP_MAY_FIT, "R14", ("care_so_far", "impact", "around_the_clock")
    return OUTPATIENT_MAY_BE_ENOUGH, "R15", ("impact", "care_so_far", "around_the_clock")

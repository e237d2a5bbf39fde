"""What a person says in the turns after a crisis reply: "yes", "no", "I was joking", "I can't call". Pure functions."""

from __future__ import annotations

from typing import Any, Mapping

from helpline.crisis.taxonomy import Tier

FOLLOW_UP = "crisis_follow_up"
# The slot that stays set from the first crisis of a conversation on.
CRISIS_SEEN = "crisis_seen"
# Until so many turns after a crisis reply a bare "yes" or "ok" still answers its question.
REACH = 3
# Small talk that means something else right after a crisis reply.
_IN_CONTEXT = {
    "smalltalk/affirm": "yes",
    "smalltalk/deny": "no",
    "smalltalk/goodbye": "goodbye",
    "smalltalk/thanks": "thanks",
    "unclear": "unsure",
    "smalltalk/talk_to_person": "call_for_me",
}
_FAMILIES = {
    "suicide": ("suicide_imminent", "suicide_active", "suicide_passive", "suicide_other", "self_harm"),
    "medical": ("overdose_self", "overdose_other", "withdrawal_danger", "accidental_poisoning", "medical_emergency"),
    "safety": ("violence_to_others", "domestic_violence", "sexual_assault", "child_danger", "exploitation"),
}


def family(category: str) -> str:
    """Return ``suicide``, ``medical``, ``safety`` or ``other``: what a follow-up is worded by."""
    return next((name for name, members in _FAMILIES.items() if category in members), "other")


def follow_up(label: str, before: Mapping[str, Any] | None) -> str | None:
    """Return the kind of follow-up that a message is, or None.

    Args:
        label: its topic label, ``unclear`` where nothing was understood.
        before: what was heard in the crisis turn that it may answer; None where there was none within `REACH` turns.
    """
    if before is None:
        return None
    if label.startswith(f"{FOLLOW_UP}/"):
        return label.split("/", 1)[1]
    return _IN_CONTEXT.get(label)


def after(kind: str, before: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is heard in a follow-up: the danger of before, which a denial does not clear and a "yes" may raise.

    A "yes" to the question whether someone thinks of suicide is an emergency from then on.
    """
    tier = Tier.of(before["tier"])
    if kind == "yes" and family(before["category"]) == "suicide" and tier >= Tier.T2S:
        tier = Tier.T3
    kept = {name: before[name] for name in ("category", "subject", "language", "model")}
    return {**kept, "tier": tier.code, "kind": kind, "score": 0.0, "rules": [], "ms": 0.0}

"""What changed in the examples since the live model, and whether it teaches danger as something harmless. Pure."""

from __future__ import annotations

from typing import Iterable

from helpline.crisis.detector import by_rules
from helpline.crisis.taxonomy import CRISIS_CATEGORIES
from helpline.publishing.cases import DELETED, NEW, Case, Results
from helpline.publishing.verdict import Check

Example = tuple[str, str]

# Labels by which reviewers say on purpose that something is less than danger.
HARMLESS = ("near_miss", "support")
# Of messages that the live model takes for danger, so many may be called harmless at a time.
_MOST_HARMLESS = 10
# More are not a correction any more.
_MOST_DELETED = 300


def changed(before: set[Example], now: set[Example]) -> tuple[set[Example], set[Example]]:
    """Return the examples that came and those that went, as label and text."""
    return now - before, before - now


def to_ask(added: Iterable[Example]) -> list[Case]:
    """Return new examples that are not of danger, as cases: does the live model hear danger in them?"""
    return [Case(NEW, (text,)) for text in sorted({text for label, text in added if not _of_danger(label)})]


def to_keep(before: set[Example], now: set[Example]) -> list[Case]:
    """Return crisis examples that were deleted, as cases that must still be heard.

    Those that were relabelled as less than danger are looked at as new examples.
    """
    harmless = {text for label, text in now if label.split("/")[0] in HARMLESS}
    kept = {text for label, text in now if _of_danger(label)}
    gone = {(label, text) for label, text in before - now if _category(label) in CRISIS_CATEGORIES}
    return [
        Case(DELETED, (text,), label={"category": _category(label), "tier": "T2"})
        for label, text in sorted(gone)
        if text not in harmless and text not in kept
    ][: _MOST_DELETED + 1]


def check(added: set[Example], deleted: list[Case], live: Results) -> list[Check]:
    """Return the checks of what changed.

    Args:
        added: the examples that came.
        deleted: as `to_keep` returns them.
        live: the live model's outcomes for `to_ask`.
    """
    hears = {ran.text for ran in live.values() if ran.of == NEW and not ran.right}
    poison, harmless, ruled = [], [], []
    for label, text in sorted(added):
        if _of_danger(label) or not (text in hears or by_rules(text).is_crisis):
            continue
        if label.split("/")[0] not in HARMLESS:
            poison.append(f"{text!r} as {label}")
        elif by_rules(text).is_crisis:
            ruled.append(f"{text!r} as {label}")
        else:
            harmless.append(f"{text!r} as {label}")
    return [
        Check(
            "Danger taught as something else",
            not poison,
            f"{len(poison)} new examples sound like danger" if poison else "none",
            tuple(poison),
        ),
        Check(
            "Danger called harmless",
            not ruled and len(harmless) <= _MOST_HARMLESS,
            f"{len(ruled)} that the reviewed rules hear, {len(harmless)} that the live model hears",
            tuple(ruled + harmless),
        ),
        Check(
            "Crisis examples deleted",
            len(deleted) <= _MOST_DELETED,
            f"more than {_MOST_DELETED}" if len(deleted) > _MOST_DELETED else str(len(deleted)),
            tuple(repr(case.text) for case in deleted[:_MOST_HARMLESS]),
        ),
    ]


def _category(label: str) -> str:
    return label.removeprefix("crisis/") if label.startswith("crisis/") else ""


def _of_danger(label: str) -> bool:
    # Answers to a crisis reply are only ever heard in a crisis.
    return bool(_category(label)) or label.startswith("crisis_follow_up/")

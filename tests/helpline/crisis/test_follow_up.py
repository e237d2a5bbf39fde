from __future__ import annotations

import pytest

from helpline.crisis.follow_up import after, family, follow_up
from helpline.crisis.taxonomy import CRISIS_CATEGORIES

BEFORE = {"tier": "T2", "category": "suicide_active", "subject": "self", "language": "en", "model": "m"}


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("smalltalk/affirm", "yes"),
        ("smalltalk/deny", "no"),
        ("smalltalk/goodbye", "goodbye"),
        ("unclear", "unsure"),
        ("crisis_follow_up/refusal", "refusal"),
        ("faq/medicaid", None),
        ("off_topic", None),
    ],
)
def test_after_a_crisis_reply_small_talk_answers_it(label: str, kind: str | None) -> None:
    assert follow_up(label, BEFORE) == kind


@pytest.mark.parametrize("label", ["smalltalk/affirm", "crisis_follow_up/denial", "unclear"])
def test_elsewhere_it_does_not(label: str) -> None:
    assert follow_up(label, None) is None


def test_a_yes_to_thoughts_of_suicide_is_an_emergency() -> None:
    assert after("yes", BEFORE)["tier"] == "T3"


@pytest.mark.parametrize("kind", ["no", "denial", "thanks", "unsure"])
def test_no_word_of_denial_lowers_the_tier(kind: str) -> None:
    assert after(kind, BEFORE)["tier"] == "T2"


def test_a_yes_to_another_question_keeps_the_tier() -> None:
    assert after("yes", {**BEFORE, "category": "domestic_violence"})["tier"] == "T2"


def test_every_category_has_a_family() -> None:
    assert {category for category in CRISIS_CATEGORIES if family(category) == "other"} == {"psychosis"}

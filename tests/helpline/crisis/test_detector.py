from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpline.crisis.detector import NO_DANGER, by_rules, decide, hits_of, load_rules
from helpline.crisis.score import Scored
from helpline.crisis.taxonomy import CRISIS_CATEGORIES, NONE, Tier


def scored(danger: float, category: str = "suicide_active", tier: Tier = Tier.T2, subject: str = "self") -> Scored:
    return Scored(danger, 0.0, category, tier, subject)


@settings(deadline=None)
@given(dangers=st.lists(st.floats(0, 1), min_size=1, max_size=4))
def test_plain_words_count_whatever_the_score_says(dangers: list[float]) -> None:
    whole, *parts = map(scored, dangers)
    for text in ("i want to kill myself", "my husband hits me", "im having a seizure", "me quiero morir"):
        assert decide(whole, parts, hits_of(text), "en").is_crisis


def test_signs_and_mentions_give_way_to_a_sure_score_only() -> None:
    hits = hits_of("We need a mannequin with blue lips")
    assert [hit.rule for hit in hits] == ["overdose_other.colour"]
    assert not decide(scored(NO_DANGER / 2), [], hits, "en").is_crisis
    assert decide(scored(NO_DANGER), [], hits, "en").hits == hits
    assert decide(scored(0.0), [scored(NO_DANGER)], hits, "en").is_crisis


def test_a_rule_that_is_outweighed_leaves_the_others() -> None:
    hits = hits_of("my mom is hallucinating. i want to die")
    assert {hit.rule for hit in hits} == {"psychosis.other", "suicide_active.want_to_die"}
    assert decide(scored(0.0), [], hits, "en").category == "suicide_active"


def test_every_kind_of_danger_has_words_that_are_never_outweighed_or_a_sign_only() -> None:
    plain = {rule.category for rule in load_rules().rules if not rule.weighed and rule.tier >= Tier.T2S}
    assert set(CRISIS_CATEGORIES) - plain == {"withdrawal_danger"}


def test_by_rules_can_leave_out_what_a_score_may_outweigh() -> None:
    assert by_rules("i hear voices").category == "psychosis"
    assert by_rules("i hear voices", weighed=False).category == NONE
    assert by_rules("i want to die", weighed=False).category == "suicide_active"


@pytest.mark.parametrize(
    ("danger", "category", "expected"),
    [
        (0.95, "domestic_violence", "domestic_violence"),
        (0.85, "domestic_violence", "exploitation"),
        (0.95, "acute_distress", "exploitation"),
    ],
)
def test_where_people_do_harm_a_sure_score_says_which_kind(danger: float, category: str, expected: str) -> None:
    hits = hits_of("he keeps my passport so i cant leave him")
    assert {hit.category for hit in hits} == {"exploitation"}
    assert decide(scored(danger, category), [], hits, "en").category == expected


def test_of_words_of_suicide_the_rule_says_what_it_is() -> None:
    assert decide(scored(0.99, "child_danger"), [], hits_of("i want to die"), "en").category == "suicide_active"


@pytest.mark.parametrize("text", ["k m s", "v0ices in my head", "i hear v o i c e s"])
def test_what_is_written_in_disguise_counts_whatever_the_score_says(text: str) -> None:
    """The score has not learned to read it."""
    assert decide(scored(0.0), [], hits_of(text), "en").is_crisis

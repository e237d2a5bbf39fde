from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpline.crisis.detector import decide, hit_of
from helpline.crisis.score import Scored
from helpline.crisis.taxonomy import Tier


def scored(danger: float, category: str = "suicide_active", tier: Tier = Tier.T2, subject: str = "self") -> Scored:
    return Scored(danger, 0.0, category, tier, subject)


@settings(deadline=None)
@given(dangers=st.lists(st.floats(0, 1), min_size=1, max_size=4))
def test_plain_words_count_whatever_the_score_says(dangers: list[float]) -> None:
    whole, *parts = map(scored, dangers)
    for text in ("i want to kill myself", "my daughter is being molested", "i have dts", "k m s", "me quiero morir"):
        assert decide(whole, parts, hit_of(text), "en").is_crisis


@pytest.mark.parametrize(
    ("danger", "category", "expected"),
    [
        (0.95, "domestic_violence", "domestic_violence"),
        (0.85, "domestic_violence", "exploitation"),
        (0.95, "acute_distress", "exploitation"),
        (0.95, "suicide_active", "exploitation"),
    ],
)
def test_where_people_do_harm_a_sure_score_says_which_kind(danger: float, category: str, expected: str) -> None:
    hit = hit_of("he keeps my passport so i cant leave him")
    assert hit is not None and hit.category == "exploitation"
    assert decide(scored(danger, category), [], hit, "en").category == expected


def test_of_words_of_suicide_the_rule_says_what_it_is() -> None:
    assert decide(scored(0.99, "child_danger"), [], hit_of("i want to die"), "en").category == "suicide_active"


def test_a_doubt_which_kind_of_harm_it_is_is_passed_on_but_a_rule_leaves_none() -> None:
    kinds = ("exploitation", "domestic_violence")
    assert decide(Scored(0.9, 0.0, "exploitation", Tier.T2, "self", kinds), [], None, "en").in_doubt == kinds
    hit = hit_of("he keeps my passport so i cant leave him")
    assert decide(Scored(0.5, 0.0, "exploitation", Tier.T2, "self", kinds), [], hit, "en").in_doubt == ()

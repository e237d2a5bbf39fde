from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpline.crisis.detector import SURELY_HARMLESS, decide, gives_way, hit_of, hits_of
from helpline.crisis.rules import best
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


# Few words of many that a rule knows: a hymn, a survey.
HARMLESS = (
    "our choir sings a hymn that says i want to die in your arms, would it be all right at his memorial",
    "the ethics board asks if our survey can say life isn't worth living without a clinician on call, what do you do",
)


@pytest.mark.parametrize("text", HARMLESS)
def test_few_words_of_a_rule_amid_many_give_way_to_a_score_that_is_sure(text: str) -> None:
    hits = hits_of(text)
    assert hits and best(hits).tier < Tier.T3
    assert gives_way(text, hits, 0.0049, "en")
    assert not gives_way(text, hits, SURELY_HARMLESS, "en")


@given(danger=st.floats(0, 1))
def test_what_a_message_mainly_says_counts_whatever_the_score_says(danger: float) -> None:
    for text in (
        "my husband locked me in",
        "i feel so hopeless and i don't want to wake up anymore",
        "i cannot go on, i don't want to be here anymore, i wish i was dead",
    ):
        hits = hits_of(text)
        assert hits and not gives_way(text, hits, danger, "en")


def test_life_in_danger_now_counts_however_long_the_message_and_whatever_the_score_says() -> None:
    text = "could you move my appointment to monday please, she is not breathing and her lips are blue, thanks so much"
    hits = hits_of(text)
    assert best(hits).tier is Tier.T3 and not gives_way(text, hits, 0.0, "en")


def test_the_score_has_read_too_little_spanish_to_outweigh_a_rule() -> None:
    text = "quería preguntar por el horario de los grupos del lunes porque ya no quiero vivir así y no sé qué hacer"
    hits = hits_of(text)
    assert hits and best(hits).tier >= Tier.T2S
    assert not gives_way(text, hits, 0.0, "es")

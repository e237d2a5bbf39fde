from __future__ import annotations

import pytest

from helpline.crisis.modifiers import modifiers_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Vietnam vet here and I don't see why I should get up tomorrow", ("veteran",)),
        ("i'm a veteran and i cant do it anymore", ("veteran",)),
        ("my VA doctor is off till monday", ("veteran",)),
        ("the vet put our dog down", ()),
        ("my dog died at a vet", ()),
        ("im a veteran teacher", ()),
        ("the airbags deployed", ()),
        ("im deaf and cant call", ("deaf",)),
        ("I\u2019m deaf", ("deaf",)),
        ("are you deaf, i said i want to die", ()),
        ("20 weeks along and i stopped my methadone", ("pregnant",)),
        ("i'm pregnant and bleeding", ("pregnant",)),
        ("i'm not pregnant", ()),
        ("im 14 and i cant be at home", ("minor",)),
        ("I\u2019m 14 and I want to die", ("minor",)),
        ("i'm 15", ("minor",)),
        ("i'm in 8th grade", ("minor",)),
        ("tengo 15 años y no quiero vivir", ("minor",)),
        ("tengo 15 anos", ("minor",)),
        ("I'm 14 years sober and done", ()),
        ("I'm 10 yrs sober", ()),
        ("i am 12 beers in", ()),
        ("im 10 mins from the bridge", ()),
        ("im 17 stories up", ()),
        ("I'm 10 pills in", ()),
        ("I'm 12 years older than him", ()),
        ("i've wanted to die since 7th grade, i'm 40", ()),
        ("i teach 8th grade and want to die", ()),
        ("i'm a middle school teacher", ()),
        ("I'm 17. my platoon leader says by june", ("veteran", "minor")),
        ("nothing else to say", ()),
    ],
)
def test_what_else_a_message_says(text: str, expected: tuple[str, ...]) -> None:
    assert modifiers_of(text, "suicide_active", "self") == expected


@pytest.mark.parametrize(
    ("text", "category", "expected"),
    [
        ("he won't wake up and i'm scared, i'm on probation", "overdose_other", ("law",)),
        ("no cops please, she's blue", "overdose_other", ("law",)),
        ("he just got out of jail and he's blue", "overdose_other", ()),
        ("no cops please", "suicide_active", ()),
        ("my grandma's aide steals her pills", "exploitation", ("elder",)),
        ("my grandma makes me sleep with men for rent", "exploitation", ()),
        ("i'm 60 days clean and my pimp", "exploitation", ()),
        ("i'm 81 and my son takes my checks", "exploitation", ("elder",)),
        ("my grandma's aide is late", "suicide_other", ()),
    ],
)
def test_some_matter_for_some_categories_only(text: str, category: str, expected: tuple[str, ...]) -> None:
    assert modifiers_of(text, category, "other") == expected


def test_somebody_elses_age_is_not_the_writers() -> None:
    assert modifiers_of("she says im 14", "self_harm", "other") == ()

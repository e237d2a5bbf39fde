from __future__ import annotations

import pytest

from helpline.crisis.modifiers import modifiers_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Vietnam vet here and I don't see why I should get up tomorrow", ("veteran",)),
        ("my VA doctor is off till monday", ("veteran",)),
        ("the vet put our dog down", ()),
        ("im deaf and cant call", ("deaf",)),
        ("are you deaf, i said i want to die", ()),
        ("20 weeks along and i stopped my methadone", ("pregnant",)),
        ("im 14 and i cant be at home", ("minor",)),
        ("I'm 14 years sober and done", ()),
        ("i am 12 beers in", ()),
        ("8th grader, my stomach hurts from the pills", ("minor",)),
        ("I'm 17. army recruiter says deployed by june", ("veteran", "minor")),
        ("tengo 15 años y no quiero vivir", ("minor",)),
        ("nothing else to say", ()),
    ],
)
def test_what_else_a_message_says(text: str, expected: tuple[str, ...]) -> None:
    assert modifiers_of(text, "suicide_active", "self") == expected


def test_some_matter_for_some_categories_only() -> None:
    text = "grandpa wont wake up and i'm on probation"
    assert modifiers_of(text, "overdose_other", "other") == ("law",)
    assert modifiers_of(text, "exploitation", "other") == ("elder",)
    assert modifiers_of(text, "suicide_other", "other") == ()


def test_somebody_elses_age_is_not_the_writers() -> None:
    assert modifiers_of("she says im 14 leave me alone", "self_harm", "other") == ()

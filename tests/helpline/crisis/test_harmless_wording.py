"""Words of danger in harmless wording: each is silent, and danger said in the words next to it is still heard."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from helpline.crisis.rules import Rules, best
from helpline.crisis.taxonomy import Tier

RULES = Rules()

CASES = [
    json.loads(line)
    for line in Path(__file__).with_name("harmless_wording.jsonl").read_text(encoding="utf-8").splitlines()
]


def is_heard(text: str) -> bool:
    hit = best(RULES.match(text))
    return hit is not None and hit.tier >= Tier.T2S


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["harmless"][:40])
def test_harmless_wording_is_silent_and_danger_beside_it_is_heard(case: dict) -> None:
    assert len(case["danger"]) == 2
    assert not is_heard(case["harmless"])
    assert [text for text in case["danger"] if not is_heard(text)] == []


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("my teen overdosed", "overdose_other"),
        ("my teen is hurting himself", "self_harm"),
        ("my teen daughter overdosed", "overdose_other"),
        ("took the entire bottle", "overdose_self"),
    ],
)
def test_danger_that_was_not_heard(text: str, category: str) -> None:
    hit = best(RULES.match(text))
    assert hit is not None and hit.category == category and hit.tier >= Tier.T2S


@pytest.mark.parametrize(
    ("text", "tier"),
    [("he hits me as my kids watch", "T2"), ("he hit me as a kid and i am well now", "T1"), ("abused as a teen", "T1")],
)
def test_as_a_child_is_long_ago_and_as_my_child_is_not(text: str, tier: str) -> None:
    hit = best(RULES.match(text))
    assert hit is not None and hit.tier.code == tier

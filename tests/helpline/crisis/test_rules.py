from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from helpline.crisis.rules import FILE, Rules, best, language_of
from helpline.crisis.taxonomy import CATEGORIES, LANGUAGES, SUBJECTS, TIERS, RuleHit, Tier

RULES = Rules()
EXPLICIT = [
    json.loads(line) for line in Path(__file__).with_name("explicit.jsonl").read_text(encoding="utf-8").splitlines()
]
BODY = ["overdose_other", "overdose_self", "medical_emergency", "accidental_poisoning", "withdrawal_danger"]
SUICIDE = ["suicide_imminent", "suicide_other", "suicide_active", "suicide_passive", "self_harm"]
ABUSE = ["domestic_violence", "sexual_assault", "child_danger", "exploitation"]
FAMILIES = dict.fromkeys(BODY, "body") | dict.fromkeys(SUICIDE, "suicide") | dict.fromkeys(ABUSE, "abuse")


def heard(text: str) -> tuple[str, str] | None:
    hit = best(RULES.match(text))
    return (hit.category, hit.tier.code) if hit else None


@pytest.mark.parametrize("rule", RULES.rules, ids=lambda rule: rule.id)
def test_every_rule_matches_its_examples_and_ignores_the_others(rule) -> None:
    def fires(text: str) -> bool:
        return any(hit.rule == rule.id and hit.category == rule.category for hit in RULES.match(text))

    assert rule.matches and rule.ignores
    assert [text for text in rule.matches if not fires(text)] == []
    assert [text for text in rule.ignores if fires(text)] == []


def test_the_lexicon_keeps_to_the_taxonomy() -> None:
    assert len({rule.id for rule in RULES.rules}) == len(RULES.rules)
    for rule in RULES.rules:
        assert rule.id.startswith(f"{rule.category}.")
        assert rule.tier in TIERS[rule.category]
        assert rule.language in LANGUAGES
        assert rule.subject in ("", *SUBJECTS)
        assert rule.past in ("never", "nothing", "past_crisis", "grief")
    assert {rule.category for rule in RULES.rules} == set(CATEGORIES) - {"none"}


def test_every_list_and_context_of_the_lexicon_is_used() -> None:
    text = FILE.read_text(encoding="utf-8")
    data = yaml.safe_load(text)
    assert [name for name in data["lists"] if f"<{name}>" not in text] == []
    named = {name for rule in RULES.rules for name in rule.unless} - {"laughter"}
    assert named <= set(data["contexts"])
    code = Path(FILE).with_name("rules.py").read_text(encoding="utf-8")
    assert [name for name in set(data["contexts"]) - named if name not in code and not name.startswith("about_")] == []


def test_plain_explicit_messages() -> None:
    missed = []
    for example in EXPLICIT:
        found = heard(example["text"])
        family = FAMILIES.get(example["category"], example["category"])
        if not found or (FAMILIES.get(found[0], found[0]), found[1]) != (family, example["tier"]):
            missed.append((example["text"], found))
    assert len(missed) <= len(EXPLICIT) // 100, missed


@pytest.mark.parametrize(
    "text",
    [
        "I'm not suicidal, just tired",
        "no thoughts of suicide",
        "suicidal thoughts: no",
        "any thoughts of suicide? no",
        "I deny any plan or thoughts of hurting myself",
        "my phone is dying",
        "this form is killing me",
        "I could kill for a coffee",
        "dying to know",
        "I'm dead \U0001f602",
        "kms lol this form is long",
        "do you treat people who are suicidal",
        "what are the signs of an overdose?",
        "paper on suicide prevention",
        "my client's attorney needs records",
        "Suicide Squad was great",
        "substance abuse counselor",
        "I have abused drugs and alcohol",
        "is suicidal thinking something IOPs treat?",
        "they cut my hours",
        "does an IOP do detox?",
        "I took my normal dose this morning",
        "me muero de hambre",
    ],
)
def test_near_misses_are_no_crisis(text: str) -> None:
    hit = best(RULES.match(text))
    assert hit is None or hit.tier <= Tier.T1


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("I'm not sure I can keep myself safe", "suicide_passive"),
        ("I don't want to live", "suicide_active"),
        ("No, I want to die", "suicide_active"),
        ("not gonna lie i'm suicidal", "suicide_active"),
        ("I can't stop thinking about suicide", "suicide_active"),
        ("I'm not suicidal but I want to hurt myself", "self_harm"),
        ("I was suicidal years ago and it is coming back", "suicide_active"),
        ("how much is IOP, I want to die", "suicide_active"),
        ("do you take Aetna? I want to kill myself", "suicide_active"),
        ("I want to die lol", "suicide_active"),
        ("kms, not a joke lol", "suicide_active"),
        ("what are the signs of an overdose, I think my friend is overdosing", "overdose_other"),
        ("my lips are blue", "overdose_self"),
        ("his lips are blue", "overdose_other"),
    ],
)
def test_traps_are_heard(text: str, category: str) -> None:
    hit = best(RULES.match(text))
    assert hit is not None
    assert (hit.category, hit.tier >= Tier.T2S) == (category, True)


@pytest.mark.parametrize(
    "text",
    [
        "I was suicidal five years ago and I'm well now",
        "I was abused as a kid, do IOPs do trauma work?",
        "I tried to kill myself in 2012 and have been fine since",
        "used to self harm in high school, clean from it for years",
    ],
)
def test_the_past_is_support(text: str) -> None:
    assert heard(text) == ("past_crisis", "T1")


@pytest.mark.parametrize(
    ("text", "subject", "category"),
    [
        ("my son wants to die", "other", "suicide_other"),
        ("my sister is cutting", "other", "self_harm"),
        ("he won't wake up", "other", "overdose_other"),
        ("I want to die", "self", "suicide_active"),
        ("my husband hits me", "self", "domestic_violence"),
        ("my daughter was raped", "other", "sexual_assault"),
        ("his face is drooping", "other", "medical_emergency"),
        ("my face is drooping", "self", "medical_emergency"),
    ],
)
def test_a_hit_tells_whom_it_is_about(text: str, subject: str, category: str) -> None:
    hit = best(RULES.match(text))
    assert hit is not None
    assert (hit.subject, hit.category) == (subject, category)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I want to die", "en"),
        ("me quiero morir", "es"),
        ("me violaron", "es"),
        ("ny husband hits me", "en"),
        ("¿aceptan Medicaid?", "es"),
        ("ok", "en"),
    ],
)
def test_language_of(text: str, language: str) -> None:
    assert language_of(text) == language


def test_offsets_point_into_the_message_as_typed() -> None:
    text = "hi\u200b. ok so  I w\u00e1nt to di\u200be please"
    hit = best(RULES.match(text))
    assert hit is not None
    assert text[hit.begin : hit.end] == "I w\u00e1nt to di\u200be"


def test_the_most_urgent_comes_first_then_the_body() -> None:
    def hit(category: str, tier: Tier) -> RuleHit:
        return RuleHit("rule", category, tier, "", 0, 1)

    urgent = [hit("suicide_imminent", Tier.T3), hit("overdose_self", Tier.T3), hit("suicide_active", Tier.T2)]
    assert best(urgent) == urgent[1]
    assert best([urgent[2], urgent[0]]) == urgent[0]
    assert best([]) is None
    hits = RULES.match("I want to die and I took a whole bottle of pills")
    assert [found.tier for found in hits] == sorted((found.tier for found in hits), reverse=True)
    assert best(hits) == hits[0]


@given(st.text(max_size=300))
def test_match_never_raises_and_offsets_are_inside(text: str) -> None:
    for hit in RULES.match(text):
        assert 0 <= hit.begin < hit.end <= len(text)
    assert language_of(text) in LANGUAGES


@given(st.sampled_from([example["text"] for example in EXPLICIT]), st.data())
def test_case_spacing_and_invisible_characters_lose_no_hit(text: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(text)))
    changed = text[:place] + data.draw(st.sampled_from(["", "\u200b", "\u200d", "\ufeff"])) + text[place:]
    changed = data.draw(st.sampled_from([str, str.upper, str.title]))(changed)
    changed = re.sub(" ", data.draw(st.sampled_from([" ", "  ", "\t", "\u00a0"])), changed)
    before, after = heard(text), heard(changed)
    assert (before is None) == (after is None)


@pytest.mark.parametrize(
    "text",
    [
        "i want to not die " * 500,
        "he " * 3000,
        "i am going to " * 800,
        "a b c " * 2000,
        "i want to die " * 700,
        "i am not going to say i want to die " * 250,
        "my husband hits me and " * 430,
    ],
)
def test_long_messages_do_not_stall(text: str) -> None:
    begin = time.perf_counter()
    RULES.match(text)
    assert time.perf_counter() - begin < 1.0

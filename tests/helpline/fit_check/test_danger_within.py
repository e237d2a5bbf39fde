"""Danger that is said at a question of the check stays danger, however much it looks like an answer."""

from __future__ import annotations

import pytest

from helpline.crisis.detector import by_rules
from helpline.crisis.taxonomy import Detection, Tier
from helpline.fit_check.dialogue import merely_answers
from helpline.fit_check.questions import VALUES
from helpline.fit_check.state import State

# By tier and category. The score may hear each of them alone; where a rule does, that is seen to as well.
DANGER: dict[tuple[Tier, str], list[str]] = {
    (Tier.T3, "suicide_imminent"): [
        "i have the pills right here in front of me",
        "tonight is my last night, im done",
        "the gun is loaded",
        "i wrote the letters already",
        "im on the bridge",
        "i took them all, every one",
        "goodbye, tell my kids i love them",
        "no, i'll be dead by then",
    ],
    (Tier.T2, "suicide_active"): [
        "i want to kill myself",
        "most days i think about ending it",
        "every day i think of killing myself",
        "i'm going to end my life",
        "both, and i want to die",
        "no home and no reason to live",
        "a lot, i keep planning how i would do it",
        "my drinking, and i have a plan to kill myself",
    ],
    (Tier.T2S, "suicide_passive"): [
        "i wish i was dead",
        "everyone would be better off without me",
        "i don't want to wake up anymore",
        "just me and i'm no use to anyone",
        "most days i wish i would not wake up",
        "nothing is worth it anymore",
    ],
    (Tier.T2, "suicide_other"): [
        "my son says he wants to kill himself",
        "she said she won't be here next week",
        "my brother has a rope in his room",
        "he gave away his dog and his guitar",
        "17 and she talks about dying",
    ],
    (Tier.T2, "self_harm"): ["i cut myself last night", "she burns her arms", "i hurt myself when i'm alone"],
    (Tier.T3, "overdose_other"): [
        "he is blue and won't wake up",
        "my wife took the whole bottle",
        "she's not breathing right, it was fentanyl",
        "fent in my coke i think, so heavy",
    ],
    (Tier.T3, "overdose_self"): ["i took too much", "i took 30 xanax", "i can't stay awake, i used too much"],
    (Tier.T3, "withdrawal_danger"): [
        "i'm shaking and seeing things right now",
        "i stopped drinking yesterday and i had a fit this morning",
        "vodka daily but i ran out and i'm sweating and seeing bugs",
        "no xanax since monday and my whole body shakes",
    ],
    (Tier.T3, "medical_emergency"): [
        "my chest hurts and my arm is numb",
        "she is pregnant and bleeding",
        "i can't breathe",
        "he is having a seizure",
    ],
    (Tier.T2, "domestic_violence"): [
        "my husband hits me when he drinks",
        "home is fine until he comes home drunk, then not",
        "he said he'd kill me if i leave",
        "safe, until the husband's had his third drink, then no",
        "i live with him and i'm afraid",
    ],
    (Tier.T2, "child_danger"): [
        "my dad beats me",
        "sister blows meth smoke at her newborn",
        "my stepdad comes into my room at night",
        "12, and my uncle touches me",
        "mom leaves us alone for days with no food",
    ],
    (Tier.T2, "sexual_assault"): ["i was raped last week", "he forced me", "said no. he did it anyway"],
    (Tier.T2, "violence_to_others"): ["i'm going to hurt him", "i have a gun and i know where she lives"],
    (Tier.T2, "exploitation"): ["he makes me sleep with men for the motel", "they keep my papers and i can't leave"],
    (Tier.T2, "psychosis"): ["the voices tell me to do it", "they put a chip in my head", "i'm not real, nobody is"],
}
MESSAGES = [(tier, category, text) for (tier, category), texts in DANGER.items() for text in texts]


def test_there_are_enough_of_them() -> None:
    assert len(MESSAGES) >= 60


@pytest.mark.parametrize("question", VALUES)
@pytest.mark.parametrize("who", ["me", "loved_one"])
def test_danger_is_no_mere_answer(question: str, who: str) -> None:
    state = State({} if question == "who" else {"who": who}, question)
    for tier, category, text in MESSAGES:
        for heard in (Detection(tier, category, score=0.9), by_rules(text)):
            if heard.is_crisis:
                assert not merely_answers(state, text, heard), text

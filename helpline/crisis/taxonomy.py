"""What kinds of danger there are, how urgent each is, and which number goes first; no logic of language."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Tier(IntEnum):
    """How urgent a message is; the higher wins. Written T0, T1, T2s, T2, T3.

    Source: the tiers of common crisis services. T3 answers to items 4 to 6 of the C-SSRS screener (intent, plan,
    behaviour), T2 to items 2 and 3 (thoughts, method), T2s to item 1 (wish to be dead).
    """

    T0 = 0
    T1 = 1
    T2S = 2
    T2 = 3
    T3 = 4

    @property
    def code(self) -> str:
        """The name in replies and data: ``T2s`` for `T2S`."""
        return "T2s" if self is Tier.T2S else self.name

    @classmethod
    def of(cls, code: str) -> Tier:
        """Return the tier written `code`.

        Raises:
            KeyError: if there is none.
        """
        return cls[code.upper()]


NONE = "none"
# In the order in which two equally urgent ones are answered: body before suicide before violence before abuse.
CRISIS_CATEGORIES = (
    "overdose_other",
    "overdose_self",
    "medical_emergency",
    "accidental_poisoning",
    "withdrawal_danger",
    "suicide_imminent",
    "suicide_other",
    "suicide_active",
    "self_harm",
    "suicide_passive",
    "violence_to_others",
    "domestic_violence",
    "sexual_assault",
    "child_danger",
    "exploitation",
    "psychosis",
)
# Harm that people do to people; each kind has a hotline of its own.
HARM_BY_PEOPLE = ("violence_to_others", "domestic_violence", "sexual_assault", "child_danger", "exploitation")
SUPPORT_CATEGORIES = ("substance_crisis", "acute_distress", "grief", "past_crisis")
CATEGORIES = (NONE, *SUPPORT_CATEGORIES, *CRISIS_CATEGORIES)
SUBJECTS = ("self", "other")
LANGUAGES = ("en", "es")

# Tiers that a category can have; the first is meant where nothing tells them apart.
TIERS: dict[str, tuple[Tier, ...]] = {
    NONE: (Tier.T0,),
    **dict.fromkeys(SUPPORT_CATEGORIES, (Tier.T1,)),
    "suicide_imminent": (Tier.T3,),
    "suicide_active": (Tier.T2,),
    "suicide_passive": (Tier.T2S,),
    "suicide_other": (Tier.T2, Tier.T3),
    "self_harm": (Tier.T2, Tier.T3),
    "overdose_self": (Tier.T3,),
    "overdose_other": (Tier.T3,),
    "withdrawal_danger": (Tier.T2, Tier.T3),
    "accidental_poisoning": (Tier.T2, Tier.T3),
    "medical_emergency": (Tier.T3,),
    "violence_to_others": (Tier.T2, Tier.T3),
    "domestic_violence": (Tier.T2, Tier.T3),
    "sexual_assault": (Tier.T2, Tier.T3),
    "child_danger": (Tier.T2, Tier.T3),
    "exploitation": (Tier.T2, Tier.T3),
    "psychosis": (Tier.T2, Tier.T3),
}


@dataclass(frozen=True)
class RuleHit:
    """A rule that matched.

    Attributes:
        rule: its id in the lexicon.
        category: what it says.
        tier: how urgent.
        subject: ``self``, ``other`` or "" where the rule does not tell.
        begin, end: the matched words, in characters of the text that was read.
    """

    rule: str
    category: str
    tier: Tier
    subject: str
    begin: int
    end: int


@dataclass(frozen=True)
class Detection:
    """What was heard in one message.

    Attributes:
        tier: how urgent; `Tier.T0` without a signal.
        category: one of `CATEGORIES`.
        subject: whom it is about, ``self`` or ``other``.
        language: ``en`` or ``es``.
        score: probability of danger by the learned model, 0 to 1; 0 where there was no model.
        hits: the rules that matched.
        in_doubt: kinds of `HARM_BY_PEOPLE` that it may be, the category first, where the kind is in doubt or whether it
            is an emergency; empty where neither is.
    """

    tier: Tier = Tier.T0
    category: str = NONE
    subject: str = "self"
    language: str = "en"
    score: float = 0.0
    hits: tuple[RuleHit, ...] = ()
    in_doubt: tuple[str, ...] = ()

    @property
    def is_crisis(self) -> bool:
        """Whether it must be escalated (T2s and above)."""
        return self.tier >= Tier.T2S

    @property
    def is_support(self) -> bool:
        """Whether it is distress without danger (T1)."""
        return self.tier is Tier.T1

"""The detector: of what the rules and the learned score say, the more urgent counts. Pure functions."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Callable, Sequence

import numpy as np

from helpline.crisis.rules import Rules, best, language_of
from helpline.crisis.score import CrisisModel, Scored
from helpline.crisis.taxonomy import CRISIS_CATEGORIES, SUPPORT_CATEGORIES, Detection, RuleHit
from helpline.nlu.encoder import Tokens
from helpline.nlu.reading import Reading

# Chosen on tests/development (docs/crisis.md).
DANGER = 0.4
# What people hide most needs least to be heard.
DANGER_WHERE_HIDDEN = 0.25
HIDDEN = ("suicide_imminent", "suicide_other", "suicide_active", "self_harm", "psychosis")
DANGER_HINTED = 0.05
HINTED = ("suicide_passive",)
# A part of a longer message outweighs the rest of it where it is surer, the whole agrees a little and is not distress.
DANGER_IN_PART = 0.95
DANGER_HINTED_IN_WHOLE = 0.2
SUPPORT = 0.02
# Where people do harm, the words of a rule often fit several kinds; from this danger on the score says which it is.
SURE = 0.9
HARM_BY_KIND = (
    "accidental_poisoning",
    "child_danger",
    "domestic_violence",
    "exploitation",
    "sexual_assault",
    "violence_to_others",
)


@lru_cache(maxsize=1)
def load_rules() -> Rules:
    """Return the rules of the lexicon, read once."""
    return Rules()


@lru_cache(maxsize=64)
def hit_of(text: str) -> RuleHit | None:
    """Return the most urgent rule that matches a message as it was written; guard and model both ask."""
    return best(load_rules().match(text))


def detect(
    text: str, reading: Reading, model: CrisisModel, look_again: Callable[[Tokens], np.ndarray] | None = None
) -> Detection:
    """Return what is heard in a message.

    Args:
        text: the message as it was written, for the rules.
        reading: the same, normalised and encoded, for the score.
        model: the learned half.
        look_again: its second reader.
    """
    whole, *parts = model.score(reading, look_again)
    return decide(whole, parts, hit_of(text), language_of(text))


def decide(whole: Scored, parts: Sequence[Scored], hit: RuleHit | None, language: str) -> Detection:
    """Return what was heard in a message.

    Args:
        whole: the score of the whole message.
        parts: the scores of its parts; none for a short message.
        hit: the most urgent rule that matched, if any.
        language: ``en`` or ``es``.
    """
    heard = _by_score(whole, parts)
    danger = max([whole.danger, *(part.danger for part in parts)])
    if hit is not None and (heard is None or not _outranks(heard, hit)):
        return Detection(hit.tier, hit.category, hit.subject, language, danger, (hit,))
    if heard is None:
        return Detection(language=language, score=danger)
    hits = (hit,) if hit else ()
    return Detection(heard.tier, heard.category, heard.subject, language, danger, hits, heard.in_doubt)


def _by_score(whole: Scored, parts: Sequence[Scored]) -> Scored | None:
    if whole.danger >= _threshold(whole.category):
        return whole
    if whole.danger >= max(DANGER_HINTED_IN_WHOLE, whole.support):
        worst = max(parts, key=lambda part: part.danger, default=whole)
        if worst.danger >= DANGER_IN_PART:
            return worst
    if whole.support >= SUPPORT and whole.category in SUPPORT_CATEGORIES:
        return whole
    return None


def _threshold(category: str) -> float:
    if category in HINTED:
        return DANGER_HINTED
    return DANGER_WHERE_HIDDEN if category in HIDDEN else DANGER


def _outranks(heard: Scored, hit: RuleHit) -> bool:
    """Tell whether the score is more urgent than the rule; of equals the plain words of a rule say better what it is.

    A rule for one's own wish to die knows less than a score that hears a plan.
    """
    if heard.tier == hit.tier:
        same_kind = hit.category in HARM_BY_KIND and heard.category in HARM_BY_KIND
        return (same_kind and heard.danger >= SURE) or hit.category not in CRISIS_CATEGORIES
    return heard.tier > hit.tier


def by_rules(text: str) -> Detection:
    """Return what the rules alone hear in a message, as it was written: no model is needed."""
    hit, language = hit_of(text), language_of(text)
    if hit is None:
        return Detection(language=language)
    return Detection(hit.tier, hit.category, hit.subject, language, 0.0, (hit,))


def as_parse_data(found: Detection, milliseconds: float = 0.0, model: str = "") -> dict[str, Any]:
    """Return a detection as plain values for parse data and the ledger; no words of the message are among them."""
    return {
        "tier": found.tier.code,
        "category": found.category,
        "subject": found.subject,
        "language": found.language,
        "score": round(found.score, 4),
        "rules": [hit.rule for hit in found.hits],
        "ms": round(milliseconds, 2),
        "model": model,
        "in_doubt": list(found.in_doubt),
    }

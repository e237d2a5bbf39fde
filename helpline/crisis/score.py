"""The learned half of the detector: how likely is danger, of which kind, how urgent, about whom.

Views of a message are multiplied: *meaning*, the linear heads that were trained together with the encoder, and
*wording*, linear models on n-grams that `make train` fits anew, so that a new example counts at once. What may be
danger by these gets a *second look*: a reader of full size, with heads of its own, is the third view.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Mapping, Sequence

import joblib
import numpy as np
from scipy.sparse import vstack
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from helpline.crisis.taxonomy import (
    CATEGORIES,
    CRISIS_CATEGORIES,
    HARM_BY_PEOPLE,
    NONE,
    SUPPORT_CATEGORIES,
    TIERS,
    Tier,
)
from helpline.nlu.encoder import Tokens
from helpline.nlu.reading import Reading
from helpline.nlu.terms import WordingWeights, mixed, packed, softmax, weighed

# Turns SVM margins into something like probabilities; chosen on tests/development.
_MARGIN_SCALE = 4.0
# Log odds from which it is an emergency: a doubt counts as one, as 911 for what could have waited does less harm.
_URGENT = -1.25
# From these on it may be one: of harm by people 911 then opens the reply, but it does not say to call at once.
_MAYBE_URGENT = -4.0
# Danger below the one, beside distress above the other, may be no more than distress and is no emergency, except of the
# body; likewise.
_SURE_DANGER, _MAYBE_DISTRESS = 0.9, 0.05
_BODY = ("accidental_poisoning", "withdrawal_danger")
# How likely an act under way must be, beside thoughts of it, to count as one; likewise.
_ACT_UNDER_WAY = 0.1
# How likely, beside the likeliest kind of harm by people, a second one must be to leave doubt; likewise.
_KIND_IN_DOUBT = 0.02
# From this danger of the whole message on a second look is worth its milliseconds; likewise.
_WORTH_A_SECOND_LOOK = 0.02
# What meaning, wording and second look count.
_FIRST_WEIGHTS = (1.0, 1.0)
_WEIGHTS = (0.525, 0.75, 0.75)
# Three log odds of an emergency are weighed like two.
_TWO_OF_THREE = 2 / 3
_ACT, _THOUGHTS = CATEGORIES.index("suicide_imminent"), CATEGORIES.index("suicide_active")
_CRISIS = np.array([name in CRISIS_CATEGORIES for name in CATEGORIES])
_BY_PEOPLE = np.array([name in HARM_BY_PEOPLE for name in CATEGORIES])
_SUPPORT = np.array([name in SUPPORT_CATEGORIES for name in CATEGORIES])


@dataclass(frozen=True)
class Scored:
    """What the learned model thinks of a message.

    Attributes:
        danger: probability that it must be escalated.
        support: probability of distress without danger.
        category: the likeliest crisis category, or support category where support is likelier.
        tier: how urgent the category is here.
        subject: ``self`` or ``other``.
        in_doubt: as a `Detection` has it.
    """

    danger: float
    support: float
    category: str
    tier: Tier
    subject: str
    in_doubt: tuple[str, ...] = ()


@dataclass(frozen=True)
class LabelledMessage:
    """A training message: what was read, category, tier and subject."""

    reading: Reading
    category: str
    tier: Tier
    subject: str


Heads = Mapping[str, np.ndarray]


class CrisisModel:
    """Probabilities of danger from examples."""

    def __init__(self, heads: Heads, second_heads: Heads, wording: WordingWeights) -> None:
        """Take fitted parts; use `fit` or `load`."""
        self._heads, self._second_heads = heads, second_heads
        self._meaning, self._second_meaning = _side_by_side(heads), _side_by_side(second_heads)
        # As plain arrays, which stay in their file: numpy takes much longer over each result of a `memmap`.
        weights, step, bias = map(np.asarray, wording)
        self._wording = weights, step, bias

    @classmethod
    def fit(cls, examples: Sequence[LabelledMessage], heads: Heads, second_heads: Heads) -> CrisisModel:
        """Train the wording on messages of every category, ``none`` among them.

        Args:
            examples: at least one of each category, and of both tiers and subjects.
            heads, second_heads: of both readers, for ``category``, ``tier`` and ``subject``, as
                `helpline.nlu.adaptation.adapt` returns them.

        Raises:
            ValueError: if a category has no example.
        """
        missing = set(CATEGORIES) - {example.category for example in examples}
        if missing:
            raise ValueError(f"No example of {', '.join(sorted(missing))}.")
        targets = np.array([CATEGORIES.index(example.category) for example in examples])
        rows = vstack([example.reading.wording for example in examples]).tocsr()
        two_tiers = [row for row, example in enumerate(examples) if len(TIERS[example.category]) > 1]
        marked = [row for row, example in enumerate(examples) if example.category != NONE]

        def fit_category() -> LinearSVC:
            return LinearSVC(C=0.3, random_state=0, tol=1e-3).fit(rows, targets)

        def fit_pair(which: list[int], targets: list[bool]) -> LogisticRegression:
            return LogisticRegression(C=3, solver="liblinear", random_state=0).fit(rows[which], targets)

        # The fits spend their time outside Python's lock: side by side.
        with ThreadPoolExecutor(max_workers=1) as pool:
            category_fit = pool.submit(fit_category)
            urgent = fit_pair(two_tiers, [examples[row].tier is Tier.T3 for row in two_tiers])
            other = fit_pair(marked, [examples[row].subject == "other" for row in marked])
            category = category_fit.result()
        # One matrix for all, so that a message's n-grams are looked up once.
        weights = np.concatenate([category.coef_, urgent.coef_, other.coef_]).T
        biases = np.concatenate([category.intercept_, urgent.intercept_, other.intercept_])
        return cls(dict(heads), dict(second_heads), packed(weights, biases))

    def save(self, path: Path) -> None:
        """Write the model to one file."""
        joblib.dump((self._heads, self._second_heads, self._wording), path)

    @classmethod
    def load(cls, path: Path) -> CrisisModel:
        """Read what `save` wrote; of the large matrix only the rows of n-grams that are met come into memory."""
        return cls(*joblib.load(path, mmap_mode="r"))

    def score(self, reading: Reading, look_again: Callable[[Tokens], np.ndarray] | None = None) -> list[Scored]:
        """Return what is thought of the whole message and of each of its clauses.

        Args:
            reading: as `helpline.nlu.sentence_encoder.SentenceEncoder` sets it.
            look_again: gives the second reader's vectors of its tokens; without it the first one stands alone.
        """
        by_wording = weighed(reading.wording, self._wording)
        margins, odds = by_wording[:, : len(CATEGORIES)], by_wording[:, len(CATEGORIES) :]
        category, urgent, other = _by_meaning(self._meaning, reading.vectors)
        views, urgent, other = [category, softmax(margins * _MARGIN_SCALE)], urgent + odds[:, 0], other + odds[:, 1]
        probabilities = mixed(views, _FIRST_WEIGHTS)
        worth_it = probabilities[0, _CRISIS].sum() >= _WORTH_A_SECOND_LOOK
        if worth_it and look_again is not None and reading.tokens is not None:
            category, second_urgent, second_other = _by_meaning(self._second_meaning, look_again(reading.tokens))
            probabilities = mixed([*views, category], _WEIGHTS)
            urgent, other = (urgent + second_urgent) * _TWO_OF_THREE, other + second_other
        return [_scored(*row) for row in zip(probabilities, urgent, other > 0, strict=True)]


def _side_by_side(heads: Heads) -> np.ndarray:
    """Return the three heads as one matrix for one product, shape (385, categories + tiers + subjects)."""
    return np.concatenate([heads[task] for task in ("category", "tier", "subject")], axis=1)


def _by_meaning(heads: np.ndarray, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return for each vector the categories' probabilities and the log odds of an emergency and of somebody else."""
    logits = vectors @ heads[:-1] + heads[-1]
    category, tier, subject = np.split(logits, [len(CATEGORIES), len(CATEGORIES) + len(Tier)], axis=1)
    return softmax(category), tier[:, Tier.T3] - tier[:, Tier.T2], subject[:, 1] - subject[:, 0]


def _scored(probabilities: np.ndarray, urgent: float, about_other: bool) -> Scored:
    danger, support = float(probabilities[_CRISIS].sum()), float(probabilities[_SUPPORT].sum())
    wanted = _CRISIS if danger >= support else _SUPPORT
    category = CATEGORIES[int(np.argmax(np.where(wanted, probabilities, -1)))]
    if category == "suicide_active" and probabilities[_ACT] >= _ACT_UNDER_WAY * probabilities[_THOUGHTS]:
        category = "suicide_imminent"
    possible = TIERS[category]
    sure = danger >= _SURE_DANGER or support < _MAYBE_DISTRESS or category in _BODY
    tier = Tier.T3 if len(possible) > 1 and urgent > _URGENT and sure else possible[0]
    in_doubt: tuple[str, ...] = ()
    if category in HARM_BY_PEOPLE and tier is Tier.T2:
        second = _second_kind(probabilities, category)
        in_doubt = (category, second) if second else (category,) if urgent > _MAYBE_URGENT else ()
    return Scored(danger, support, category, tier, "other" if about_other else "self", in_doubt)


def _second_kind(probabilities: np.ndarray, category: str) -> str:
    first = CATEGORIES.index(category)
    others = np.where(_BY_PEOPLE, probabilities, -1)
    others[first] = -1
    second = int(np.argmax(others))
    return CATEGORIES[second] if others[second] >= _KIND_IN_DOUBT * probabilities[first] else ""

"""The learned half of the detector: how likely is danger, of which kind, how urgent, about whom.

Two views of a message are multiplied: *meaning*, the linear heads that were trained together with the encoder, and
*wording*, linear models on n-grams that `make train` fits anew, so that a new example counts at once.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, Sequence

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
from helpline.nlu.reading import Reading
from helpline.nlu.terms import mixed, small, softmax

# Turns SVM margins into something like probabilities; chosen on tests/development.
_MARGIN_SCALE = 4.0
# Log odds from which it is an emergency: a doubt counts as one, as 911 for what could have waited does less harm.
_URGENT = -1.25
# How likely an act under way must be, beside thoughts of it, to count as one; likewise.
_ACT_UNDER_WAY = 0.1
# How likely, beside the likeliest kind of harm by people, a second one must be to leave doubt; likewise.
_KIND_IN_DOUBT = 0.1
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
        or_category: of `HARM_BY_PEOPLE` the second likeliest where the category is one of them and in doubt, else "".
    """

    danger: float
    support: float
    category: str
    tier: Tier
    subject: str
    or_category: str = ""


@dataclass(frozen=True)
class LabelledMessage:
    """A training message: what was read, category, tier and subject."""

    reading: Reading
    category: str
    tier: Tier
    subject: str


class CrisisModel:
    """Probabilities of danger from examples."""

    def __init__(self, heads: Mapping[str, np.ndarray], wording: tuple[np.ndarray, np.ndarray]) -> None:
        """Take fitted parts; use `fit` or `load`."""
        self._heads = heads
        self._wording_weights, self._wording_bias = wording

    @classmethod
    def fit(cls, examples: Sequence[LabelledMessage], heads: Mapping[str, np.ndarray]) -> CrisisModel:
        """Train the wording on messages of every category, ``none`` among them.

        Args:
            examples: at least one of each category, and of both tiers and subjects.
            heads: for ``category``, ``tier`` and ``subject``, as `helpline.nlu.adaptation.adapt` returns them.

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
        return cls(dict(heads), (small(np.ascontiguousarray(weights)), small(biases)))

    def save(self, path: Path) -> None:
        """Write the model to one file."""
        joblib.dump((self._heads, (self._wording_weights, self._wording_bias)), path)

    @classmethod
    def load(cls, path: Path) -> CrisisModel:
        """Read what `save` wrote; of the large matrix only the rows of n-grams that are met come into memory."""
        heads, (weights, biases) = joblib.load(path, mmap_mode="r")
        return cls(heads, (np.asarray(weights), biases))

    def score(self, reading: Reading) -> list[Scored]:
        """Return what is thought of the whole message and of each of its clauses."""
        by_wording = reading.wording @ self._wording_weights + self._wording_bias
        margins, odds = by_wording[:, : len(CATEGORIES)], by_wording[:, len(CATEGORIES) :]
        by_meaning = softmax(self._logits("category", reading.vectors))
        probabilities = mixed([by_meaning, softmax(margins * _MARGIN_SCALE)], [1.0, 1.0])
        tiers, subjects = self._logits("tier", reading.vectors), self._logits("subject", reading.vectors)
        urgent = tiers[:, Tier.T3] - tiers[:, Tier.T2] + odds[:, 0] > _URGENT
        about_other = subjects[:, 1] - subjects[:, 0] + odds[:, 1] > 0
        return [_scored(*row) for row in zip(probabilities, urgent, about_other, strict=True)]

    def _logits(self, task: str, vectors: np.ndarray) -> np.ndarray:
        head = self._heads[task]
        return vectors @ head[:-1] + head[-1]


def _scored(probabilities: np.ndarray, urgent: bool, about_other: bool) -> Scored:
    danger, support = float(probabilities[_CRISIS].sum()), float(probabilities[_SUPPORT].sum())
    wanted = _CRISIS if danger >= support else _SUPPORT
    category = CATEGORIES[int(np.argmax(np.where(wanted, probabilities, -1)))]
    if category == "suicide_active" and probabilities[_ACT] >= _ACT_UNDER_WAY * probabilities[_THOUGHTS]:
        category = "suicide_imminent"
    possible = TIERS[category]
    tier = Tier.T3 if len(possible) > 1 and urgent else possible[0]
    doubt = _second_kind(probabilities, category) if category in HARM_BY_PEOPLE else ""
    return Scored(danger, support, category, tier, "other" if about_other else "self", doubt)


def _second_kind(probabilities: np.ndarray, category: str) -> str:
    first = CATEGORIES.index(category)
    others = np.where(_BY_PEOPLE, probabilities, -1)
    others[first] = -1
    second = int(np.argmax(others))
    return CATEGORIES[second] if others[second] >= _KIND_IN_DOUBT * probabilities[first] else ""

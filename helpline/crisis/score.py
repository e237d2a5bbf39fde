"""The learned half of the detector: how likely is danger, of which kind, how urgent, about whom.

Two views of a message are multiplied: *meaning*, the linear heads that were trained together with the encoder, and
*wording*, linear models on n-grams that `make train` fits anew, so that a new example counts at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping, Sequence

import joblib
import numpy as np
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from helpline.crisis.taxonomy import CATEGORIES, CRISIS_CATEGORIES, NONE, SUPPORT_CATEGORIES, TIERS, Tier
from helpline.nlu.terms import Terms, letter_grams, mixed, small, softmax, word_grams

# Turns SVM margins into something like probabilities; chosen on authors left out.
_MARGIN_SCALE = 6.0
_CRISIS = np.array([name in CRISIS_CATEGORIES for name in CATEGORIES])
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
    """

    danger: float
    support: float
    category: str
    tier: Tier
    subject: str


@dataclass(frozen=True)
class LabelledMessage:
    """A training message: its normalised text, category, tier and subject."""

    text: str
    category: str
    tier: Tier
    subject: str


class CrisisModel:
    """Probabilities of danger from examples."""

    def __init__(self, parts: Mapping[str, Any]) -> None:
        """Take fitted parts; use `fit` or `load`."""
        self._parts = parts
        self._words, self._letters = Terms(parts["words"]), Terms(parts["letters"])
        self._heads: Mapping[str, np.ndarray] = parts["heads"]
        self._wording: tuple[np.ndarray, np.ndarray] = parts["wording"]
        self._urgent: tuple[np.ndarray, float] = parts["urgent"]
        self._other: tuple[np.ndarray, float] = parts["other"]

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
        texts = [example.text for example in examples]
        targets = np.array([CATEGORIES.index(example.category) for example in examples])
        words = TfidfVectorizer(sublinear_tf=True, analyzer=word_grams, min_df=2)
        letters = TfidfVectorizer(sublinear_tf=True, analyzer=letter_grams, min_df=2)
        rows = hstack([words.fit_transform(texts), letters.fit_transform(texts)]).tocsr()
        wording = LinearSVC(C=0.3, random_state=0).fit(rows, targets)
        two_tiers = [row for row, example in enumerate(examples) if len(TIERS[example.category]) > 1]
        marked = [row for row, example in enumerate(examples) if example.category != NONE]
        urgent = LogisticRegression(C=3, max_iter=300).fit(
            rows[two_tiers], [examples[row].tier is Tier.T3 for row in two_tiers]
        )
        other = LogisticRegression(C=3, max_iter=300).fit(
            rows[marked], [examples[row].subject == "other" for row in marked]
        )
        return cls(
            {
                "words": words,
                "letters": letters,
                "heads": dict(heads),
                "wording": (small(wording.coef_.T), small(wording.intercept_)),
                "urgent": (small(urgent.coef_[0]), float(urgent.intercept_[0])),
                "other": (small(other.coef_[0]), float(other.intercept_[0])),
            }
        )

    def save(self, path: Path) -> None:
        """Write the model to one file."""
        joblib.dump(self._parts, path)

    @classmethod
    def load(cls, path: Path) -> CrisisModel:
        """Read what `save` wrote."""
        return cls(joblib.load(path))

    def score(self, texts: Sequence[str], vectors: np.ndarray) -> list[Scored]:
        """Return what is thought of normalised messages, or of parts of one.

        Args:
            texts: the messages.
            vectors: their sentence vectors, shape (len(texts), 384).
        """
        terms = [self._terms(text) for text in texts]
        weights, bias = self._wording
        margins = np.array([values @ weights[rows] + bias for rows, values in terms], np.float32)
        by_wording = softmax(margins.reshape(len(texts), len(CATEGORIES)) * _MARGIN_SCALE)
        by_meaning = softmax(self._logits("category", vectors))
        probabilities = mixed([by_meaning, by_wording], [1.0, 1.0])
        tiers, subjects = self._logits("tier", vectors), self._logits("subject", vectors)
        return [self._scored(*row) for row in zip(probabilities, terms, tiers, subjects, strict=True)]

    def _scored(
        self, probabilities: np.ndarray, terms: tuple[np.ndarray, np.ndarray], tiers: np.ndarray, subjects: np.ndarray
    ) -> Scored:
        danger, support = float(probabilities[_CRISIS].sum()), float(probabilities[_SUPPORT].sum())
        wanted = _CRISIS if danger >= support else _SUPPORT
        category = CATEGORIES[int(np.argmax(np.where(wanted, probabilities, -1)))]
        possible = TIERS[category]
        tier = possible[0]
        if len(possible) > 1 and tiers[Tier.T3] - tiers[Tier.T2] + _odds(self._urgent, terms) > 0:
            tier = Tier.T3
        about_other = subjects[1] - subjects[0] + _odds(self._other, terms) > 0
        return Scored(danger, support, category, tier, "other" if about_other else "self")

    def _logits(self, task: str, vectors: np.ndarray) -> np.ndarray:
        head = self._heads[task]
        return vectors @ head[:-1] + head[-1]

    def _terms(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        (words, word_values), (letters, letter_values) = self._words(text), self._letters(text)
        return np.concatenate([words, letters + len(self._words)]), np.concatenate([word_values, letter_values])


def _odds(model: tuple[np.ndarray, float], terms: tuple[np.ndarray, np.ndarray]) -> float:
    """Return the log odds of a linear model on a message's n-grams."""
    (weights, bias), (rows, values) = model, terms
    return float(values @ weights[rows] + bias)

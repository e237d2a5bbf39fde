"""The topic model, without Rasa: which topic is a message about, alone or leaning on the turn before.

Three small linear models over two views of a message (measured in docs/nlu.md):

* `meaning`: logistic regression on the adapted sentence vectors of messages and of follow-ups joined to a question;
* `wording`: a linear SVM on word and character n-grams, which survives typos and slang that the encoder does not know;
* `leaning`: logistic regression on both that tells follow-ups from messages that stand alone.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Sequence

import joblib
import numpy as np
from scipy.sparse import csr_matrix, hstack, vstack
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from helpline.nlu.reading import Reading
from helpline.nlu.terms import WordingWeights, mixed, packed, small, softmax, weighed

# Turns SVM margins into something like probabilities; chosen with the other constants on authors left out.
_MARGIN_SCALE = 4.0
_ALONE_WEIGHT_IN_CONTEXT = 0.25


class TopicModel:
    """Probabilities over labels such as ``faq/session_frequency`` for a message, its clauses and its context."""

    def __init__(
        self,
        meaning: tuple[np.ndarray, np.ndarray],
        wording: WordingWeights,
        leaning: tuple[np.ndarray, np.ndarray, np.ndarray, float],
        labels: np.ndarray,
    ) -> None:
        """Take fitted parts; use `fit` or `load`."""
        self.labels = labels
        self._parts = (meaning, wording, leaning, labels)
        self._meaning_weights, self._meaning_bias = meaning
        self._wording = wording
        self._leaning = leaning

    @classmethod
    def fit(cls, examples: Sequence[tuple[Reading, str]]) -> TopicModel:
        """Train on messages as they were read, with their labels; those with `after` are follow-ups.

        Args:
            examples: at least three labels, each with a message that stands alone, and at least one follow-up.

        Raises:
            ValueError: if a label has follow-ups only.
        """
        alone = [reading for reading, _ in examples if reading.after is None]
        follow_ups = [reading for reading, _ in examples if reading.after is not None]
        labels = [label for reading, label in examples if reading.after is None]
        follow_up_labels = [label for reading, label in examples if reading.after is not None]
        vectors = np.concatenate([reading.vectors for reading in alone])
        joined_vectors = np.stack([reading.joined_vector() for reading in follow_ups])
        wording_rows = vstack([reading.wording for reading in alone]).tocsr()

        gate = [False] * len(alone) + [True] * len(follow_ups)
        parts = [
            vstack([wording_rows, *(reading.wording for reading in follow_ups)]),
            csr_matrix(np.concatenate([vectors, *(reading.vectors for reading in follow_ups)])),
            csr_matrix(np.stack([_shape(reading.text) for reading in (*alone, *follow_ups)])),
        ]

        def fit_wording() -> LinearSVC:
            return LinearSVC(C=0.5, random_state=0).fit(wording_rows, labels)

        def fit_leaning() -> LogisticRegression:
            model = LogisticRegression(C=3, solver="liblinear", class_weight="balanced", random_state=0)
            return model.fit(hstack(parts).tocsr(), gate)

        def fit_meaning() -> LogisticRegression:
            rows = np.concatenate([vectors, joined_vectors])
            return LogisticRegression(C=1, max_iter=80).fit(rows, labels + follow_up_labels)

        # The fits spend their time outside Python's lock: side by side they take half as long, the longest first.
        with ThreadPoolExecutor(max_workers=2) as pool:
            fits = [pool.submit(fit) for fit in (fit_meaning, fit_wording, fit_leaning)]
            meaning, wording, leaning = (fit.result() for fit in fits)
        if list(wording.classes_) != list(meaning.classes_):
            raise ValueError("Every topic needs examples that stand alone, not follow-ups only.")
        cuts = np.cumsum([part.shape[1] for part in parts[:-1]])
        by_wording, by_meaning, by_shape = np.split(small(leaning.coef_[0]), cuts)
        return cls(
            (small(meaning.coef_.T), small(meaning.intercept_)),
            packed(wording.coef_.T, wording.intercept_),
            (by_wording, by_meaning, by_shape, float(leaning.intercept_[0])),
            meaning.classes_,
        )

    def save(self, path: Path) -> None:
        """Write the model to one file."""
        joblib.dump(self._parts, path)

    @classmethod
    def load(cls, path: Path) -> TopicModel:
        """Read what `save` wrote; of the large matrices only the rows of n-grams that are met come into memory."""
        meaning, wording, leaning, labels = joblib.load(path, mmap_mode="r")
        # As plain arrays, which stay in their files: numpy takes much longer over each result of a `memmap`.
        by_wording, by_meaning, by_shape, bias = leaning
        plain = (np.asarray(by_wording), np.asarray(by_meaning), np.asarray(by_shape), bias)
        return cls(tuple(map(np.asarray, meaning)), tuple(map(np.asarray, wording)), plain, labels)

    def alone(self, reading: Reading) -> np.ndarray:
        """Return probabilities for the message and each of its clauses on their own, shape (1 + clauses, labels)."""
        by_wording = softmax(weighed(reading.wording, self._wording) * _MARGIN_SCALE)
        return mixed([self._by_meaning(reading.vectors), by_wording], [1.0, 1.0])

    def leans(self, reading: Reading) -> float:
        """Return the probability that the message cannot be understood without the turn before."""
        by_wording, by_meaning, by_shape, bias = self._leaning
        score = (reading.wording[0] @ by_wording)[0] + reading.vectors[0] @ by_meaning + _shape(reading.text) @ by_shape
        return float(1 / (1 + np.exp(-(score + bias))))

    def in_context(self, leaning: float, alone: np.ndarray, joined_vector: np.ndarray) -> np.ndarray:
        """Return probabilities of shape (labels,) for a message that may lean on the turn before.

        Args:
            leaning: what `leans` said.
            alone: its probabilities without context, shape (labels,).
            joined_vector: the vector of `joined(question of the turn before, text)`.
        """
        context = mixed([self._by_meaning(joined_vector[None]), alone[None]], [1.0, _ALONE_WEIGHT_IN_CONTEXT])[0]
        return leaning * context + (1 - leaning) * alone

    def _by_meaning(self, vectors: np.ndarray) -> np.ndarray:
        return softmax(vectors @ self._meaning_weights + self._meaning_bias)


def _shape(text: str) -> np.ndarray:
    """Short messages lean more often; shape (3,)."""
    length = len(text.split())
    return np.array([min(length, 30) / 30, length <= 4, length <= 7], np.float32)

"""The topic model, without Rasa: which topic is a message about, alone or leaning on the turn before.

Three small linear models over two views of a message (measured in docs/nlu.md):

* `meaning`: logistic regression on the fine-tuned sentence vectors of messages and of follow-ups joined to a question;
* `wording`: a linear SVM on word and character n-grams, which survives typos and slang that the encoder does not know;
* `leaning`: logistic regression that tells follow-ups from messages that stand alone.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Sequence

import joblib
import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from helpline.nlu.reading import Reading
from helpline.nlu.terms import Terms, letter_grams, mixed, small, softmax, word_grams

# Turns SVM margins into something like probabilities; chosen with the other constants on authors left out.
_MARGIN_SCALE = 4.0
_ALONE_WEIGHT_IN_CONTEXT = 0.25
# Words, question marks and the mark of the beginning.
_OPENED = r"[\w']+|\?|\^"


class TopicModel:
    """Probabilities over labels such as ``faq/session_frequency`` for a message, its clauses and its context."""

    def __init__(
        self,
        meaning: tuple[np.ndarray, np.ndarray],
        wording: tuple[TfidfVectorizer, TfidfVectorizer, np.ndarray, np.ndarray],
        leaning: tuple[TfidfVectorizer, np.ndarray, float],
        labels: np.ndarray,
    ) -> None:
        """Take fitted parts; use `fit` or `load`."""
        self.labels = labels
        self._parts = (meaning, wording, leaning, labels)
        self._meaning_weights, self._meaning_bias = meaning
        self._words, self._letters = Terms(wording[0]), Terms(wording[1])
        self._wording_weights, self._wording_bias = wording[2:]
        self._leaning_words, (self._leaning_weights, self._leaning_bias) = Terms(leaning[0]), leaning[1:]

    @classmethod
    def fit(cls, examples: Sequence[tuple[Reading, str]]) -> TopicModel:
        """Train on messages as they were read, with their labels; those with `after` are follow-ups.

        Args:
            examples: at least three labels, each with a message that stands alone, and at least one follow-up.

        Raises:
            ValueError: if a label has follow-ups only.
        """
        alone = [(reading, label) for reading, label in examples if reading.after is None]
        follow_ups = [(reading, label) for reading, label in examples if reading.after is not None]
        texts = [reading.text for reading, _ in alone]
        leaning_texts = [reading.text for reading, _ in follow_ups]
        alone_vectors = np.stack([reading.vector for reading, _ in alone])
        leaning_vectors = np.stack([reading.vector for reading, _ in follow_ups])
        joined_vectors = np.stack([reading.joined_vector() for reading, _ in follow_ups])

        labels = [label for _, label in alone]
        gate_texts = texts + leaning_texts
        gate_vectors = np.concatenate([alone_vectors, leaning_vectors])
        gate = [False] * len(texts) + [True] * len(leaning_texts)

        words = TfidfVectorizer(sublinear_tf=True, analyzer=word_grams)
        letters = TfidfVectorizer(sublinear_tf=True, analyzer=letter_grams)
        leaning_words = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), token_pattern=_OPENED)

        def fit_wording() -> LinearSVC:
            rows = hstack([words.fit_transform(texts), letters.fit_transform(texts)]).tocsr()
            return LinearSVC(C=0.5, random_state=0).fit(rows, labels)

        def fit_meaning() -> LogisticRegression:
            rows = np.concatenate([alone_vectors, joined_vectors])
            return LogisticRegression(C=1, max_iter=80).fit(rows, labels + [label for _, label in follow_ups])

        # The two large fits spend their time outside Python's lock: side by side they take half as long.
        with ThreadPoolExecutor(max_workers=2) as pool:
            wording_fit, meaning_fit = pool.submit(fit_wording), pool.submit(fit_meaning)
            wording, meaning = wording_fit.result(), meaning_fit.result()
        if list(wording.classes_) != list(meaning.classes_):
            raise ValueError("Every topic needs examples that stand alone, not follow-ups only.")
        rows = [leaning_words.fit_transform(map(_opened, gate_texts)), _shape(gate_texts), csr_matrix(gate_vectors)]
        leaning = LogisticRegression(C=3, max_iter=300, class_weight="balanced").fit(hstack(rows).tocsr(), gate)
        return cls(
            (small(meaning.coef_.T), small(meaning.intercept_)),
            (words, letters, wording.coef_.T.astype(np.float16), small(wording.intercept_)),
            (leaning_words, small(leaning.coef_[0]), float(leaning.intercept_[0])),
            meaning.classes_,
        )

    def save(self, path: Path) -> None:
        """Write the model to one file."""
        joblib.dump(self._parts, path)

    @classmethod
    def load(cls, path: Path) -> TopicModel:
        """Read what `save` wrote."""
        return cls(*joblib.load(path))

    def alone(self, texts: Sequence[str], vectors: np.ndarray) -> np.ndarray:
        """Return probabilities of shape (len(texts), labels) for normalised texts that stand alone."""
        return mixed([self._by_meaning(vectors), self.by_wording(texts)], [1.0, 1.0])

    def by_wording(self, texts: Sequence[str]) -> np.ndarray:
        """Return what the words alone say, shape (len(texts), labels): cheap, as nothing is encoded."""
        margins = np.array([self._margins(text) for text in texts], np.float32)
        return softmax(margins.reshape(len(texts), len(self.labels)) * _MARGIN_SCALE)

    def knows(self, text: str) -> bool:
        """Tell whether any word of the normalised message occurs in the training messages."""
        return bool(len(self._words(text)[0]))

    def leans(self, text: str, vector: np.ndarray) -> float:
        """Return the probability that the normalised message cannot be understood without the turn before."""
        rows, values = self._leaning_words(_opened(text))
        dense = np.concatenate([_shape([text]).toarray()[0], vector])
        score = values @ self._leaning_weights[rows] + dense @ self._leaning_weights[len(self._leaning_words) :]
        return float(1 / (1 + np.exp(-(score + self._leaning_bias))))

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

    def _margins(self, text: str) -> np.ndarray:
        (words, word_values), (letters, letter_values) = self._words(text), self._letters(text)
        rows = np.concatenate([words, letters + len(self._words)])
        values = np.concatenate([word_values, letter_values])
        return values @ self._wording_weights[rows].astype(np.float32) + self._wording_bias


def _opened(text: str) -> str:
    """Mark the beginning: "and ..." and "what about ..." open follow-ups."""
    return f"^ {text}"


def _shape(texts: Sequence[str]) -> csr_matrix:
    """Short messages lean more often; shape (len(texts), 3)."""
    lengths = np.array([len(text.split()) for text in texts])
    return csr_matrix(np.stack([np.minimum(lengths, 30) / 30, lengths <= 4, lengths <= 7], axis=1).astype(float))

"""What the learned models share: the wording of a message as n-grams, and probabilities."""

from __future__ import annotations

import re
from collections import Counter
from itertools import chain, pairwise
from typing import Any, Callable, Sequence

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

# Words and question marks; the beginning is marked too: "and ..." and "what about ..." open follow-ups.
_WORD = re.compile(r"[\w']+|\?")
_BEGIN = "^"
_FLOOR = 1e-4
# What occurs in one or two messages only tells little about others, unless there are few messages at all.
_LEAST_MESSAGES = 3
_FEW = 1000
_REMEMBERED_WORDS = 20_000


def word_grams(text: str) -> list[str]:
    """Return the words and word pairs of a normalised message, question marks among them, and what it begins with."""
    words = _WORD.findall(text)
    return words + [f"{first} {second}" for first, second in pairwise([_BEGIN, *words])]


def letter_grams(word: str) -> list[str]:
    """Return the groups of three and four letters within a word and its ends."""
    padded = f" {word} "
    return [padded[start : start + size] for size in (3, 4) for start in range(max(1, len(padded) - size + 1))]


class Vocabulary:
    """The n-grams of the training messages with their weights (tf-idf, sublinear, each half of length 1).

    Read once for each message, for all models. The transform is our own, as sklearn's costs ten times as much a text.
    """

    def __init__(self, words: dict[str, int], letters: dict[str, int], weights: np.ndarray) -> None:
        """Take the column of each n-gram and the weights (inverse document frequencies) by column; use `fit`."""
        self._words, self._letters, self._weights = words, letters, weights
        # The columns of the letters of words met before: most words come again.
        self._spelled: dict[str, list[int]] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        """Keep what was fitted, not the words met since."""
        return Vocabulary, (self._words, self._letters, self._weights)

    @classmethod
    def fit(cls, texts: Sequence[str]) -> Vocabulary:
        """Collect the n-grams that occur in at least three of the normalised texts; of a few texts all."""
        words, word_weights = _weighted(word_grams, texts)
        letters, letter_weights = _weighted(lambda text: list(chain(*map(letter_grams, text.split()))), texts)
        letters = {gram: len(words) + column for gram, column in letters.items()}
        return cls(words, letters, np.concatenate([word_weights, letter_weights]))

    def __len__(self) -> int:
        """Return the number of n-grams, which is the number of columns."""
        return len(self._weights)

    def __call__(self, texts: Sequence[str]) -> csr_matrix:
        """Return the wording of normalised texts: float32 of shape (len(texts), len(self))."""
        columns: list[int] = []
        counts: list[int] = []
        ends = [0]
        for text in texts:
            halves = (
                [self._words[gram] for gram in word_grams(text) if gram in self._words],
                list(chain(*map(self._letters_of, text.split()))),
            )
            for half in halves:
                counted = Counter(half)
                columns += counted.keys()
                counts += counted.values()
                ends.append(len(columns))
        places = np.array(columns, np.int32)
        values = (np.log(np.array(counts, np.float32)) + 1) * self._weights[places]
        squares = np.concatenate([[0.0], np.cumsum(values.astype(float) ** 2)])[ends]
        values /= np.repeat(np.sqrt(np.diff(squares)), np.diff(ends)).astype(np.float32)
        # Not through the constructor, which would check each of the four again.
        wording = csr_matrix((len(texts), len(self)), dtype=np.float32)
        wording.data, wording.indices, wording.indptr = values, places, np.array(ends[::2], np.int32)
        return wording

    def _letters_of(self, word: str) -> list[int]:
        if word not in self._spelled:
            if len(self._spelled) >= _REMEMBERED_WORDS:
                self._spelled.clear()
            self._spelled[word] = [self._letters[gram] for gram in letter_grams(word) if gram in self._letters]
        return self._spelled[word]

    def knows(self, text: str) -> bool:
        """Tell whether any word of the normalised message is in the vocabulary."""
        return any(word in self._words for word in _WORD.findall(text) if word != "?")


def _weighted(grams: Callable[[str], list[str]], texts: Sequence[str]) -> tuple[dict[str, int], np.ndarray]:
    counter = CountVectorizer(analyzer=grams, min_df=_LEAST_MESSAGES if len(texts) > _FEW else 1)
    weights = TfidfTransformer().fit(counter.fit_transform(texts)).idf_
    # The common ones side by side: a message then reads few pages of the models' matrices.
    order = np.argsort(weights, kind="stable")
    places = np.argsort(order)
    return {gram: int(places[column]) for gram, column in counter.vocabulary_.items()}, small(weights[order])


def small(values: np.ndarray) -> np.ndarray:
    """Return `values` as float32."""
    return values.astype(np.float32)


# Linear weights of n-grams in 16 bits, which takes half the memory: whole steps, the size of a step by column, bias.
WordingWeights = tuple[np.ndarray, np.ndarray, np.ndarray]


def packed(weights: np.ndarray, bias: np.ndarray) -> WordingWeights:
    """Return linear weights of shape (n-grams, columns) and their bias in 16 bits.

    No weight is off by more than one in 65,534 of its column's largest.
    """
    step = np.maximum(np.abs(weights).max(axis=0), 1e-12) / np.iinfo(np.int16).max
    return np.ascontiguousarray(np.rint(weights / step), np.int16), small(step), small(bias)


def weighed(wording: csr_matrix, weights: WordingWeights) -> np.ndarray:
    """Return linear scores of the wording of texts, float32 of shape (texts, columns)."""
    steps, step, bias = weights
    rows = steps[wording.indices].astype(np.float32)
    sums = [wording.data[begin:end] @ rows[begin:end] for begin, end in pairwise(wording.indptr)]
    return np.stack(sums) * step + bias


def softmax(scores: np.ndarray) -> np.ndarray:
    """Return probabilities along the last axis, shape (rows, columns) as given."""
    exponents = np.exp(scores - scores.max(axis=1, keepdims=True))
    return exponents / exponents.sum(axis=1, keepdims=True)


def mixed(parts: Sequence[np.ndarray], weights: Sequence[float]) -> np.ndarray:
    """Weighted geometric mean of probabilities, normalised: a label must please every part."""
    return softmax(sum(weight * np.log(part + _FLOOR) for part, weight in zip(parts, weights, strict=True)))

"""Groups common words by the words that stand beside them, so that what is learnt of "told" holds for "asked"."""

from __future__ import annotations

from itertools import pairwise
from typing import Sequence

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import TruncatedSVD

from helpline.storage.redaction.names import word_tokens

_GROUPS = 150
_NEIGHBOURS = 400
_DIMENSIONS = 60


def grouped(texts: Sequence[str], common: Sequence[str]) -> dict[str, str]:
    """Return the group of each common word.

    common: the most common first.
    """
    row = {word: place for place, word in enumerate(common)}
    column = {word: place for place, word in enumerate(common[:_NEIGHBOURS])}
    beside = np.zeros((len(common), 2 * _NEIGHBOURS), dtype=np.float32)
    for text in texts:
        lows = [word.lower() for _, _, word in word_tokens(text)]
        for left, right in pairwise(lows):
            if left in row and right in column:
                beside[row[left], _NEIGHBOURS + column[right]] += 1
            if right in row and left in column:
                beside[row[right], column[left]] += 1
    expected = (beside.sum(1, keepdims=True) + 1) * (beside.sum(0, keepdims=True) + 1) / beside.sum()
    # How much more often than by chance, as a logarithm.
    beside = np.log(np.maximum(beside / expected, 1.0))
    placed = TruncatedSVD(_DIMENSIONS, random_state=0).fit_transform(beside)
    placed /= np.linalg.norm(placed, axis=1, keepdims=True) + 1e-9
    labels = KMeans(_GROUPS, n_init=1, max_iter=40, random_state=0).fit(placed).labels_
    return {word: str(label) for word, label in zip(common, labels, strict=True)}

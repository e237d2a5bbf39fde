"""What the encoder hands to the components behind it: the message's texts and their vectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from helpline.nlu.encoder import Tokens
from helpline.nlu.text import normalise

# Under this key a Rasa `Message` carries its `Reading`.
READING = "reading"


@dataclass(frozen=True)
class Reading:
    """A message as the components read it.

    Attributes:
        text: the normalised message.
        clauses: the clauses of a longer message in order; empty where there is nothing to cut.
        vectors: sentence vectors of the message and, as read within it, of its clauses, shape (1 + clauses, 384); of
            training messages about danger none, as their heads were learned with the encoder.
        tokens: for a second look at the same; None of training messages.
        wording: n-grams of the message and of its clauses, shape (1 + clauses, n-grams).
        known: whether any of its words is in the vocabulary.
        after: label of the topic that the turn before was about; None at the start or after small talk.
        question: the plain question of that topic; None without `after`.
        encode: gives the vector of any text; the context is encoded only when it is needed.
    """

    text: str
    clauses: tuple[str, ...]
    vectors: np.ndarray
    tokens: Tokens | None
    wording: csr_matrix
    known: bool
    after: str | None
    question: str | None
    encode: Callable[[str], np.ndarray]

    def joined_vector(self) -> np.ndarray:
        """Return the vector of the message joined to the question that it may lean on, shape (384,).

        Raises:
            ValueError: if there is no such question.
        """
        if self.question is None:
            raise ValueError("This message has no turn before it to lean on.")
        return self.encode(joined(self.question, self.text))

    def fingerprint(self) -> str:
        """Tell Rasa's cache that the reading changes with the text (the encoder has a fingerprint of its own)."""
        return f"{self.after}|{self.text}"


def joined(question: str, text: str) -> str:
    """Return a normalised follow-up in front of which stands the question that it leans on."""
    return f"{normalise(question)} {text}"

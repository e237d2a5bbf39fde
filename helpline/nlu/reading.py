"""What the encoder hands to the components behind it: the message's texts and their vectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from helpline.nlu.text import normalise

# Under this key a Rasa `Message` carries its `Reading`.
READING = "reading"


@dataclass(frozen=True)
class Reading:
    """A message as the components read it.

    Attributes:
        text: the normalised message.
        vector: its sentence vector, shape (384,).
        clauses: the clauses of a longer message in order; empty where there is nothing to cut.
        clause_vectors: shape (clauses, 384).
        after: label of the topic that the turn before was about; None at the start or after small talk.
        joined_vector: gives the vector of the message joined to that topic's question, shape (384,); None without
            `after`. A call, because most messages stand alone and need not pay for it.
    """

    text: str
    vector: np.ndarray
    clauses: tuple[str, ...]
    clause_vectors: np.ndarray
    after: str | None
    joined_vector: Callable[[], np.ndarray] | None

    def fingerprint(self) -> str:
        """Tell Rasa's cache that the reading changes with the text (the encoder has a fingerprint of its own)."""
        return f"{self.after}|{self.text}"


def joined(question: str, text: str) -> str:
    """Return a normalised follow-up in front of which stands the question that it leans on."""
    return f"{normalise(question)} {text}"

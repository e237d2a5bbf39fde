"""From probabilities to what the assistant does: pure functions, no Rasa."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence

import numpy as np

FAQ = "faq"
NOT_COVERED = "not_covered"
TOPIC_GROUPS = (FAQ, NOT_COVERED)
CRISIS = "crisis"
OTHER = "not_covered/other"
UNCLEAR = "unclear"
TWO_QUESTIONS = "two_questions"

# Chosen on messages of authors whose examples the model had not seen (docs/nlu.md).
SECOND_TOPIC = 0.1
CLAUSE_TOPIC = 0.4
CLAUSE_TOPIC_IN_WHOLE = 0.05
CLAUSE_QUESTION = 0.7
NOT_COVERED_DOUBT = 0.15
# Danger in a part of a message outweighs the rest of it, where the part is sure and the whole hints at it too.
CRISIS_IN_WHOLE = 0.5
CRISIS_IN_CLAUSE = 0.9
CRISIS_HINTED_IN_WHOLE = 0.05
CLEAR_ENOUGH = 0.12
GROUP_CLEAR_ENOUGH = 0.5
MAX_SUGGESTIONS = 3


@dataclass(frozen=True)
class Decision:
    """What a message is about.

    Attributes:
        intent: the Rasa intent, without the topic: ``faq``, ``not_covered``, ``smalltalk``, ``two_questions`` ...
        labels: what to answer, in order: one label, two for ``two_questions``, none for ``unclear``.
        confidence: probability of the first label (for ``unclear`` of the best guess).
        suggestions: answerable topics to offer where it is unclear, best first.
    """

    intent: str
    labels: tuple[str, ...]
    confidence: float
    suggestions: tuple[str, ...] = ()


def group(label: str) -> str:
    """Return the part of a label before the slash: ``faq/medicaid`` belongs to ``faq``."""
    return label.split("/", 1)[0]


def decide(labels: Sequence[str], whole: np.ndarray, clauses: np.ndarray, asking: Sequence[bool]) -> Decision:
    """Choose the topic or topics of a message.

    Args:
        labels: the model's labels.
        whole: probabilities of the whole message, shape (labels,).
        clauses: probabilities of its clauses in order, shape (clauses, labels); may have no rows.
        asking: for each clause whether it is a question by itself.
    """
    groups = np.array([group(label) for label in labels])
    danger = groups == CRISIS
    if _in_danger(whole[danger], clauses[:, danger]):
        return Decision(CRISIS, tuple(labels[index] for index in np.flatnonzero(danger)), float(whole[danger].max()))
    best = _best_of_best_group(groups, whole)
    if groups[best] not in TOPIC_GROUPS:
        if whole[best] < CLEAR_ENOUGH:
            return _unclear(labels, whole)
        return Decision(str(groups[best]), (labels[best],), float(whole[best]))
    if whole[best] < CLEAR_ENOUGH and whole[np.isin(groups, TOPIC_GROUPS)].sum() < GROUP_CLEAR_ENOUGH:
        return _unclear(labels, whole)
    pair = _two_topics(groups, whole, clauses, asking, best, np.array([label != OTHER for label in labels]))
    if pair:
        return Decision(TWO_QUESTIONS, tuple(labels[index] for index in pair), float(whole[pair[0]]))
    return Decision(str(groups[best]), (labels[best],), float(whole[best]))


def _in_danger(whole: np.ndarray, clauses: np.ndarray) -> bool:
    most = whole.max(initial=0.0)
    in_part = clauses.max(initial=0.0) >= CRISIS_IN_CLAUSE and most >= CRISIS_HINTED_IN_WHOLE
    return bool(most >= CRISIS_IN_WHOLE or in_part)


def _best_of_best_group(groups: np.ndarray, whole: np.ndarray) -> int:
    """Many small guesses within one group outweigh a single one elsewhere: first the group, then its best label."""
    names = list(dict.fromkeys(groups))
    sums = [whole[groups == name].sum() for name in names]
    chosen = names[int(np.argmax(sums))]
    return int(np.argmax(np.where(groups == chosen, whole, -1)))


def _two_topics(
    groups: np.ndarray,
    whole: np.ndarray,
    clauses: np.ndarray,
    asking: Sequence[bool],
    best: int,
    named: np.ndarray,
) -> list[int] | None:
    """Return the indices of two topics in the order asked, or None where the message has one.

    `named` tells which labels have a subject: all but ``not_covered/other``, which says nothing beside an answer.
    """
    topics = np.isin(groups, TOPIC_GROUPS)
    ranked = [int(index) for index in np.argsort(-whole) if topics[index]]
    second = next((index for index in ranked if index != best), best)
    # Two answers for one doubtful question are better than a wrong one, but not where one of them says "not covered".
    likely = whole[second] >= SECOND_TOPIC and groups[best] == groups[second] == FAQ
    # A clause that is surely about something else is a second question, if the whole message or its form agrees.
    asked = [
        (float(row[index]), index)
        for row, question in zip(clauses, asking, strict=True)
        if (index := int(row.argmax())) != best
        and topics[index]
        and (
            (
                row[index] >= CLAUSE_TOPIC
                and groups[index] == groups[best]
                and (whole[index] >= CLAUSE_TOPIC_IN_WHOLE or index in ranked[:3])
            )
            or (row[index] >= CLAUSE_QUESTION and question)
        )
    ]
    uncovered = (groups == NOT_COVERED) & named
    if asked and any(row.argmax() == best for row in clauses):
        second = max(asked)[1]
    elif groups[best] == FAQ and whole[uncovered].sum() >= NOT_COVERED_DOUBT:
        # The nearest answer may miss a detail that the document lacks: say so with it.
        return [best, int(np.argmax(np.where(uncovered, whole, -1)))]
    elif not likely:
        return None
    if len(clauses) > 1:
        return sorted((best, second), key=lambda index: (int(clauses[:, index].argmax()), index != best))
    return [best, second]


def _unclear(labels: Sequence[str], whole: np.ndarray) -> Decision:
    ranked = [labels[index] for index in np.argsort(-whole) if group(labels[index]) == FAQ]
    return Decision(UNCLEAR, (), float(whole.max()), tuple(ranked[:MAX_SUGGESTIONS]))

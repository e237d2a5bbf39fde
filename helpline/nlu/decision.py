"""From probabilities to what the assistant does: pure functions, no Rasa."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence

import numpy as np

FAQ = "faq"
NOT_COVERED = "not_covered"
TOPIC_GROUPS = (FAQ, NOT_COVERED)
CRISIS = "crisis"
SUPPORT = "support"
# What sounds like danger and is not: the crisis detector learns from it, and no message is called so.
NEAR_MISS = "near_miss"
# What the crisis detector learns from is no topic.
NO_TOPICS = (CRISIS, SUPPORT, NEAR_MISS)
OTHER = "not_covered/other"
OFF_TOPIC = "off_topic"
UNCLEAR = "unclear"
TWO_QUESTIONS = "two_questions"
SUPPORT_AND_QUESTION = "support_and_question"
FIT_CHECK = "fit_check"
FIT_CHECK_AND_QUESTION = "fit_check_and_question"
# The intents that ask for the check.
WISHES = (FIT_CHECK, FIT_CHECK_AND_QUESTION)

# Chosen on messages of authors whose examples the model had not seen (docs/nlu.md).
SECOND_TOPIC = 0.1
CLAUSE_TOPIC = 0.4
CLAUSE_TOPIC_IN_WHOLE = 0.05
CLAUSE_QUESTION = 0.7
QUESTION_IN_DISTRESS = 0.5
# The check is offered on a hint, as a question that the message asks too is answered before it.
CHECK_WANTED = 0.2
QUESTION_BEFORE_CHECK = 0.05
# A topic of this probability outweighs danger that no rule and not this much of a score speaks for.
SURE_TOPIC = 0.7
DOUBTFUL_DANGER = 0.95
NOT_COVERED_DOUBT = 0.2
CLEAR_ENOUGH = 0.12
GROUP_CLEAR_ENOUGH = 0.5
MAX_SUGGESTIONS = 3
_NONE = np.array([], int)


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


class Labels:
    """The model's labels, sorted into groups once, as every message needs them.

    Attributes:
        names: the labels.
        rows: the indices of each group's labels.
        topics: which labels are answers or honest limits, bool of shape (labels,).
        uncovered: which labels name a subject that the document lacks; ``not_covered/other`` names none.
    """

    def __init__(self, names: Sequence[str]) -> None:
        """Sort `names`, such as ``faq/medicaid``."""
        self.names = tuple(str(name) for name in names)
        self.groups = np.array([group(name) for name in self.names], str)
        self.rows = {str(name): np.flatnonzero(self.groups == name) for name in dict.fromkeys(self.groups)}
        self.topics = np.isin(self.groups, TOPIC_GROUPS)
        self.uncovered = (self.groups == NOT_COVERED) & np.array([name != OTHER for name in self.names], bool)

    def best(self, whole: np.ndarray) -> int:
        """Return the best label of the best group: many small guesses in one group outweigh a single one elsewhere."""
        rows = max(self.rows.values(), key=lambda rows: float(whole[rows].sum()))
        return int(rows[np.argmax(whole[rows])])


def decide(labels: Labels, whole: np.ndarray, clauses: np.ndarray, asking: Sequence[bool]) -> Decision:
    """Choose the topic or topics of a message.

    Args:
        labels: the model's labels.
        whole: probabilities of the whole message, shape (labels,).
        clauses: probabilities of its clauses in order, shape (clauses, labels); may have no rows.
        asking: for each clause whether it is a question by itself.
    """
    best = labels.best(whole)
    own_group = str(labels.groups[best])
    if not labels.topics[best]:
        if whole[best] < CLEAR_ENOUGH:
            return _unclear(labels, whole)
        return Decision(own_group, (labels.names[best],), float(whole[best]))
    if whole[best] < CLEAR_ENOUGH and whole[labels.topics].sum() < GROUP_CLEAR_ENOUGH:
        return _unclear(labels, whole)
    pair = _two_topics(labels, whole, clauses, asking, best)
    if pair:
        return Decision(TWO_QUESTIONS, tuple(labels.names[index] for index in pair), float(whole[pair[0]]))
    return Decision(own_group, (labels.names[best],), float(whole[best]))


def only_a_question(labels: Labels, whole: np.ndarray, danger: float, by_rule: bool) -> bool:
    """Tell whether a message that may be about danger is surely about a topic instead.

    Args:
        labels, whole: as for `decide`.
        danger: the highest score of danger in the message, 0 to 1.
        by_rule: whether a reviewed rule heard it; then it stands.
    """
    return not by_rule and danger < DOUBTFUL_DANGER and float(whole[labels.topics].max(initial=0)) >= SURE_TOPIC


def question_in_danger(labels: Labels, clauses: np.ndarray, asking: Sequence[bool]) -> str | None:
    """Return the answerable topic that a clause of a message of danger surely asks for, or None.

    Args:
        labels, clauses, asking: as for `decide`.
    """
    asked = [
        (float(row.max()), labels.names[row.argmax()])
        for row, question in zip(clauses, asking, strict=True)
        if question and row.max() >= CLAUSE_QUESTION
    ]
    asked = [(probability, label) for probability, label in asked if group(label) == FAQ]
    return max(asked)[1] if asked else None


def question_in_distress(labels: Labels, whole: np.ndarray) -> str | None:
    """Return the topic that a message of distress asks for, whose form is known to be a question, or None."""
    best = int(whole.argmax())
    return labels.names[best] if labels.topics[best] and whole[best] >= QUESTION_IN_DISTRESS else None


def wants_check(labels: Labels, whole: np.ndarray, clauses: np.ndarray) -> Decision | None:
    """Return that a message asks for the fit check, with the question that it asks too ("is it right for me"), or None.

    The wish may also be one clause's ("do i qualify, and does medicaid pay?").

    Args:
        labels, whole, clauses: as for `decide`.
    """
    rows = labels.rows.get(FIT_CHECK, _NONE)
    confidence = float(whole[rows].sum())
    in_clause = float(clauses[:, rows].sum(axis=1).max(initial=0.0))
    if confidence < CHECK_WANTED and in_clause < CLAUSE_QUESTION:
        return None
    check = labels.names[rows[np.argmax(whole[rows])]]
    questions = labels.rows[FAQ]
    best = questions[np.argmax(whole[questions])]
    if whole[best] < QUESTION_BEFORE_CHECK:
        return Decision(FIT_CHECK, (check,), confidence)
    return Decision(FIT_CHECK_AND_QUESTION, (check, labels.names[best]), max(confidence, in_clause))


def _two_topics(
    labels: Labels, whole: np.ndarray, clauses: np.ndarray, asking: Sequence[bool], best: int
) -> list[int] | None:
    """Return the indices of two topics in the order asked, or None where the message has one."""
    groups, topics = labels.groups, labels.topics
    ranked = np.argsort(np.where(topics, -whole, 1.0))[:3].tolist()
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
                and (whole[index] >= CLAUSE_TOPIC_IN_WHOLE or index in ranked)
            )
            or (row[index] >= CLAUSE_QUESTION and question)
        )
    ]
    if asked and any(row.argmax() == best for row in clauses):
        second = max(asked)[1]
    elif groups[best] == FAQ and whole[labels.uncovered].sum() >= NOT_COVERED_DOUBT:
        # The nearest answer may miss a detail that the document lacks: say so with it.
        return [best, int(np.argmax(np.where(labels.uncovered, whole, -1)))]
    elif not likely:
        return None
    if len(clauses) > 1:
        return sorted((best, second), key=lambda index: (int(clauses[:, index].argmax()), index != best))
    return [best, second]


def _unclear(labels: Labels, whole: np.ndarray) -> Decision:
    rows = labels.rows.get(FAQ, _NONE)
    ranked = rows[np.argsort(-whole[rows])[:MAX_SUGGESTIONS]]
    return Decision(UNCLEAR, (), float(whole.max()), tuple(labels.names[index] for index in ranked))

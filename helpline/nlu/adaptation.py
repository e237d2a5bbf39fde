"""Adapts the published encoder to our field, once and for all.

All layers that a reader keeps, narrowed to the units that matter to our messages, are trained on the messages in data/,
to tell topics apart and to hear danger, its kind, its urgency and whom it is about. That takes up to an hour on two
cores for each reader, so it is no part of `make train`: the results are kept beside this file, and `helpline adapt`
makes them anew when the messages have grown by much. In between, the second look can learn on from what it knows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Mapping, Sequence

import numpy as np
import tensorflow as tf
from rasa.shared.nlu.training_data.training_data import TrainingData

from helpline.crisis.taxonomy import CATEGORIES, CRISIS_CATEGORIES, NONE, SUBJECTS, Tier
from helpline.nlu.decision import CRISIS, NEAR_MISS, SUPPORT
from helpline.nlu.encoder import embedded, load_tokenizer
from helpline.nlu.reading import joined
from helpline.nlu.sentence_encoder import examples_of, questions_of
from helpline.nlu.tuning import DENSE, Layer, Schedule, batches, padded, penalty_of, train
from helpline.nlu.weights import (
    DIMENSION,
    READER,
    SECOND_LOOK,
    Adapted,
    Reader,
    WeightsError,
    narrowed,
)

_UNKNOWN = -1
# So many messages tell which units matter.
_SAMPLE = 2000
_SAMPLE_BATCH = 64

SCHEDULES = {
    READER: Schedule({"topic": 1.5, "category": 1.0, "tier": 0.5, "subject": 0.5}),
    SECOND_LOOK: Schedule(
        {"category": 1.0, "tier": 0.5, "subject": 0.25}, ordinary=0.35, epochs=3, learning_rate=1e-4, half=True
    ),
}
# For a reader that has learned already: gentler, and heads that are no longer random.
FURTHER = replace(SCHEDULES[SECOND_LOOK], ordinary=0.15, epochs=2, learning_rate=4e-5, head_rate=10.0, warm_up=0.05)


@dataclass(frozen=True)
class Lesson:
    """A message to learn from.

    Attributes:
        text: normalised; a follow-up stands behind the question that it leans on.
        topic: its topic label; None for messages about danger and their near misses.
        category: of `CATEGORIES`.
        tier: how urgent.
        subject: of `SUBJECTS`; None where nobody is in danger or distress.
    """

    text: str
    topic: str | None
    category: str
    tier: Tier
    subject: str | None


def lessons_of(training_data: TrainingData) -> list[Lesson]:
    """Return what the messages in data/ teach."""
    questions = questions_of(training_data)
    lessons = []
    for example in examples_of(training_data):
        kind, _, category = example.label.partition("/")
        text = joined(questions[example.after], example.text) if example.after else example.text
        if kind in (CRISIS, SUPPORT):
            lessons.append(Lesson(text, None, category, Tier.of(example.tier), example.subject))
        else:
            topic = example.label if kind != NEAR_MISS else None
            lessons.append(Lesson(text, topic, NONE, Tier.T0, None))
    return lessons


def adapt(
    weights: dict[str, np.ndarray], lessons: Sequence[Lesson], reader: Reader = READER, schedule: Schedule | None = None
) -> Adapted:
    """Return adapted weights of a reader's layers, and the linear heads for danger that were trained with them.

    Args:
        weights: the published tensors by their names in the safetensors file.
        lessons: messages of every kind.
        reader: how many layers and units to keep.
        schedule: tasks, epochs and rates; by default the reader's own.
    """
    schedule = schedule or SCHEDULES[reader]
    lessons = _some(lessons, schedule)
    inputs = embedded(weights, load_tokenizer(schedule.max_tokens), [row.text for row in lessons])
    kept = _most_used(weights, inputs, reader)
    return _learned(narrowed(weights, kept), kept, inputs, _tasks(lessons, schedule), schedule)


def adapt_further(
    weights: dict[str, np.ndarray], before: Adapted, lessons: Sequence[Lesson], schedule: Schedule = FURTHER
) -> Adapted:
    """Return a reader that goes on learning from where an adaptation ended.

    Args:
        weights: the published tensors by their names in the safetensors file.
        before: what the reader learned before, with a head for each task of the schedule.
        lessons: messages of every kind, the newer ones among them.
        schedule: tasks, epochs and rates.

    Raises:
        helpline.nlu.weights.WeightsError: if the kinds of danger have changed, so that the heads of before do not fit.
    """
    if before.heads["category"].shape != (DIMENSION + 1, len(CATEGORIES)):
        raise WeightsError("The kinds of danger have changed: adapt anew instead.")
    lessons = _some(lessons, schedule)
    inputs = embedded(weights, load_tokenizer(schedule.max_tokens), [row.text for row in lessons])
    start = {**narrowed(weights, before.kept), **before.layers}
    return _learned(start, before.kept, inputs, _tasks(lessons, schedule), schedule, before.heads)


def _some(lessons: Sequence[Lesson], schedule: Schedule) -> list[Lesson]:
    """Return the lessons about danger and the schedule's share of the others; from here on chance is the same."""
    generator = np.random.default_rng(1)
    tf.keras.utils.set_random_seed(0)
    return [row for row in lessons if row.topic is None or generator.random() < schedule.ordinary]


def _tasks(lessons: Sequence[Lesson], schedule: Schedule) -> dict[str, tuple[int, list[int]]]:
    """Return for each task of the schedule how many classes it has, and the class of each lesson."""
    topics = sorted({lesson.topic for lesson in lessons if lesson.topic is not None})
    every = {
        "topic": (len(topics), [topics.index(row.topic) if row.topic is not None else _UNKNOWN for row in lessons]),
        "category": (len(CATEGORIES), [CATEGORIES.index(row.category) for row in lessons]),
        "tier": (len(Tier), [int(row.tier) if row.category in CRISIS_CATEGORIES else _UNKNOWN for row in lessons]),
        "subject": (len(SUBJECTS), [SUBJECTS.index(row.subject) if row.subject else _UNKNOWN for row in lessons]),
    }
    return {name: every[name] for name in schedule.tasks}


def _learned(
    start: dict[str, np.ndarray],
    kept: list[np.ndarray],
    inputs: list[np.ndarray],
    tasks: dict[str, tuple[int, list[int]]],
    schedule: Schedule,
    heads: Mapping[str, np.ndarray] | None = None,
) -> Adapted:
    """Train the layers that are kept, and the heads, from where they stand."""
    layers = [Layer(index, start, schedule.half) for index in range(len(kept))]
    learned = train(layers, inputs, tasks, schedule, heads or {})
    learned.pop("topic", None)
    return Adapted(kept, {name: value for layer in layers for name, value in layer.exported().items()}, learned)


def _most_used(weights: dict[str, np.ndarray], inputs: list[np.ndarray], reader: Reader) -> list[np.ndarray]:
    """Return for each layer the units to keep, ascending: those that add most to its output over some of the messages.

    What a unit adds is its mean absolute value times the length of its outgoing weights (as in arXiv:2306.11695).
    """
    generator = np.random.default_rng(0)
    rows = generator.choice(len(inputs), min(_SAMPLE, len(inputs)), replace=False)
    layers = [Layer(index, weights) for index in range(reader.layers)]
    sums: list[Any] = [0.0] * reader.layers
    for batch in batches(np.array([len(inputs[row]) for row in rows]), _SAMPLE_BATCH, generator):
        x, mask = padded([inputs[rows[place]] for place in batch])
        for index, layer in enumerate(layers):
            _, inner = layer.inner(x, penalty_of(mask))
            sums[index] += tf.reduce_sum(tf.abs(inner) * mask[:, :, None], [0, 1]).numpy()
            x = layer(x, penalty_of(mask))
    kept = []
    for layer, total in zip(layers, sums, strict=True):
        added = total * np.linalg.norm(layer.dense[DENSE[5]][0].numpy(), axis=1)
        kept.append(np.sort(np.argsort(-added)[: reader.inner]))
    return kept

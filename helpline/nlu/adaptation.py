"""Adapts the published encoder to our field, once and for all (TensorFlow is imported nowhere else).

All layers that a reader keeps, narrowed to the units that matter to our messages, are trained on the messages in data/,
to tell topics apart and to hear danger, its kind, its urgency and whom it is about. That takes up to an hour on two
cores for each reader, so it is no part of `make train`: the results are kept beside this file, and `helpline adapt`
makes them anew when the messages have grown by much.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Any, Mapping, Sequence

import numpy as np
import tensorflow as tf
from rasa.shared.nlu.training_data.training_data import TrainingData

from helpline.crisis.taxonomy import CATEGORIES, CRISIS_CATEGORIES, NONE, SUBJECTS, Tier
from helpline.nlu.decision import CRISIS, NEAR_MISS, SUPPORT
from helpline.nlu.encoder import embedded, load_tokenizer
from helpline.nlu.reading import joined
from helpline.nlu.sentence_encoder import examples_of, questions_of
from helpline.nlu.weights import (
    DIMENSION,
    HEAD_SIZE,
    HEADS,
    LAYER_NORM_EPSILON,
    READER,
    SECOND_LOOK,
    Adapted,
    Reader,
    narrowed,
)

logger = logging.getLogger(__name__)

_DENSE = (
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "intermediate.dense",
    "output.dense",
)
_NORMS = ("attention.output.LayerNorm", "output.LayerNorm")
# Vectors have length 1, so their products lie between -1 and 1: the softmax needs this much scale.
SCALE = 20.0
_HEAD_RATE = 30.0
_UNKNOWN = -1
# So many messages tell which units matter.
_SAMPLE = 2000
_SAMPLE_BATCH = 64


@dataclass(frozen=True)
class Schedule:
    """What to train for, how long and how fast; measured on tests/development (docs/nlu.md).

    Attributes:
        tasks: what each counts in the loss.
        ordinary: share of the messages about topics that is trained on.
        half: whether the dense products are of half precision (bfloat16): two thirds of the time on newer processors.
    """

    tasks: Mapping[str, float]
    ordinary: float = 1.0
    epochs: int = 5
    learning_rate: float = 1.5e-4
    half: bool = False
    batch: int = 32
    dropout: float = 0.1
    label_smoothing: float = 0.1
    max_tokens: int = 128
    warm_up: float = 0.1


SCHEDULES = {
    READER: Schedule({"topic": 1.5, "category": 1.0, "tier": 0.5, "subject": 0.5}),
    SECOND_LOOK: Schedule(
        {"category": 1.0, "tier": 0.5, "subject": 0.25}, ordinary=0.35, epochs=3, learning_rate=1e-4, half=True
    ),
}


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


class _Layer:
    """One transformer layer of BERT to train."""

    def __init__(self, index: int, weights: dict[str, np.ndarray], half: bool = False) -> None:
        self._half = half
        self.prefix = f"encoder.layer.{index}."
        self.dense = {
            name: (
                tf.Variable(weights[f"{self.prefix}{name}.weight"].T.copy()),
                tf.Variable(weights[f"{self.prefix}{name}.bias"]),
            )
            for name in _DENSE
        }
        self.norms = {
            name: (
                tf.Variable(weights[f"{self.prefix}{name}.weight"]),
                tf.Variable(weights[f"{self.prefix}{name}.bias"]),
            )
            for name in _NORMS
        }

    def variables(self) -> list[tf.Variable]:
        return [variable for group in (self.dense, self.norms) for pair in group.values() for variable in pair]

    def exported(self) -> dict[str, np.ndarray]:
        result = {}
        for name, (matrix, bias) in self.dense.items():
            result[f"{self.prefix}{name}.weight"] = matrix.numpy().T.copy()
            result[f"{self.prefix}{name}.bias"] = bias.numpy()
        for name, (scale, bias) in self.norms.items():
            result[f"{self.prefix}{name}.weight"] = scale.numpy()
            result[f"{self.prefix}{name}.bias"] = bias.numpy()
        return result

    def __call__(self, x: tf.Tensor, penalty: tf.Tensor, dropout: float = 0.0) -> tf.Tensor:
        """Return the layer's output; `penalty` keeps padding out of the attention."""
        x, inner = self.inner(x, penalty, dropout)
        return _layer_norm(x + _drop(self._dense(inner, _DENSE[5]), dropout), *self.norms[_NORMS[1]])

    def inner(self, x: tf.Tensor, penalty: tf.Tensor, dropout: float = 0.0) -> tuple[tf.Tensor, tf.Tensor]:
        """Return what attention made of the input and the inner units' values, shape (batch, tokens, units)."""
        batch, tokens = tf.shape(x)[0], tf.shape(x)[1]

        def heads(value: tf.Tensor) -> tf.Tensor:
            return tf.transpose(tf.reshape(value, [batch, tokens, HEADS, HEAD_SIZE]), [0, 2, 1, 3])

        query, key, value = (heads(self._dense(x, name)) for name in _DENSE[:3])
        attention = tf.nn.softmax(tf.matmul(query, key, transpose_b=True) * HEAD_SIZE**-0.5 + penalty)
        context = tf.matmul(_drop(attention, dropout), value)
        context = tf.reshape(tf.transpose(context, [0, 2, 1, 3]), [batch, tokens, DIMENSION])
        x = _layer_norm(x + _drop(self._dense(context, _DENSE[3]), dropout), *self.norms[_NORMS[0]])
        return x, tf.nn.gelu(self._dense(x, _DENSE[4]))

    def _dense(self, value: tf.Tensor, name: str) -> tf.Tensor:
        matrix, bias = self.dense[name]
        if self._half:
            product = tf.tensordot(tf.cast(value, tf.bfloat16), tf.cast(matrix, tf.bfloat16), 1)
            return tf.cast(product, tf.float32) + bias
        return tf.tensordot(value, matrix, 1) + bias


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
    generator = np.random.default_rng(1)
    lessons = [row for row in lessons if row.topic is None or generator.random() < schedule.ordinary]
    tf.keras.utils.set_random_seed(0)
    topics = sorted({lesson.topic for lesson in lessons if lesson.topic is not None})
    every = {
        "topic": (len(topics), [topics.index(row.topic) if row.topic is not None else _UNKNOWN for row in lessons]),
        "category": (len(CATEGORIES), [CATEGORIES.index(row.category) for row in lessons]),
        "tier": (len(Tier), [int(row.tier) if row.category in CRISIS_CATEGORIES else _UNKNOWN for row in lessons]),
        "subject": (len(SUBJECTS), [SUBJECTS.index(row.subject) if row.subject else _UNKNOWN for row in lessons]),
    }
    inputs = embedded(weights, load_tokenizer(schedule.max_tokens), [row.text for row in lessons])
    kept = _most_used(weights, inputs, reader)
    layers = [_Layer(index, narrowed(weights, kept), schedule.half) for index in range(reader.layers)]
    heads = _train(layers, inputs, {name: every[name] for name in schedule.tasks}, schedule)
    heads.pop("topic", None)
    return Adapted(kept, {name: value for layer in layers for name, value in layer.exported().items()}, heads)


def _most_used(weights: dict[str, np.ndarray], inputs: list[np.ndarray], reader: Reader) -> list[np.ndarray]:
    """Return for each layer the units to keep, ascending: those that add most to its output over some of the messages.

    What a unit adds is its mean absolute value times the length of its outgoing weights (as in arXiv:2306.11695).
    """
    generator = np.random.default_rng(0)
    rows = generator.choice(len(inputs), min(_SAMPLE, len(inputs)), replace=False)
    layers = [_Layer(index, weights) for index in range(reader.layers)]
    sums: list[Any] = [0.0] * reader.layers
    for batch in _batches(np.array([len(inputs[row]) for row in rows]), _SAMPLE_BATCH, generator):
        x, mask = _pad([inputs[rows[place]] for place in batch])
        for index, layer in enumerate(layers):
            _, inner = layer.inner(x, _penalty(mask))
            sums[index] += tf.reduce_sum(tf.abs(inner) * mask[:, :, None], [0, 1]).numpy()
            x = layer(x, _penalty(mask))
    kept = []
    for layer, total in zip(layers, sums, strict=True):
        added = total * np.linalg.norm(layer.dense[_DENSE[5]][0].numpy(), axis=1)
        kept.append(np.sort(np.argsort(-added)[: reader.inner]))
    return kept


def _train(
    layers: list[_Layer], inputs: list[np.ndarray], tasks: dict[str, tuple[int, list[int]]], schedule: Schedule
) -> dict[str, np.ndarray]:
    """Adam with warm-up and linear decay; batches of like length, so that little padding is computed."""
    heads = {
        name: tf.Variable(tf.random.normal([DIMENSION, classes], stddev=0.02)) for name, (classes, _) in tasks.items()
    }
    biases = {name: tf.Variable(tf.zeros([classes])) for name, (classes, _) in tasks.items()}
    targets = {name: np.array(rows) for name, (_, rows) in tasks.items()}
    variables = [variable for layer in layers for variable in layer.variables()]
    head_variables = [*heads.values(), *biases.values()]
    optimizer = tf.keras.optimizers.Adam(schedule.learning_rate, beta_2=0.98)
    head_optimizer = tf.keras.optimizers.Adam(schedule.learning_rate * _HEAD_RATE)
    optimizer.build(variables)
    head_optimizer.build(head_variables)

    def loss_of(pooled: tf.Tensor, name: str, target: tf.Tensor) -> tf.Tensor:
        classes = tasks[name][0]
        logits = tf.matmul(pooled, heads[name]) * SCALE + biases[name]
        known = tf.cast(target >= 0, tf.float32)
        smooth = tf.one_hot(tf.maximum(target, 0), classes) * (1 - schedule.label_smoothing)
        smooth += schedule.label_smoothing / classes
        return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(smooth, logits) * known)

    @tf.function(reduce_retracing=True)
    def step(x: tf.Tensor, mask: tf.Tensor, target: dict[str, tf.Tensor], rate: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            hidden = x
            for layer in layers:
                hidden = layer(hidden, _penalty(mask), schedule.dropout)
            pooled = tf.math.l2_normalize(tf.reduce_sum(hidden * mask[:, :, None], 1), 1)
            loss = tf.add_n([loss_of(pooled, name, target[name]) * schedule.tasks[name] for name in tasks])
        gradients = tape.gradient(loss, [*variables, *head_variables])
        clipped, _ = tf.clip_by_global_norm(gradients[: len(variables)], 1.0)
        optimizer.learning_rate.assign(schedule.learning_rate * rate)
        head_optimizer.learning_rate.assign(schedule.learning_rate * _HEAD_RATE * rate)
        # TensorFlow's own zip, which stands in here, has no `strict`.
        optimizer.apply_gradients(zip(clipped, variables))  # noqa: B905
        head_optimizer.apply_gradients(zip(gradients[len(variables) :], head_variables))  # noqa: B905
        return loss

    generator = np.random.default_rng(0)
    lengths = np.array([len(row) for row in inputs])
    steps = schedule.epochs * -(-len(inputs) // schedule.batch)
    done = 0
    for epoch in range(schedule.epochs):
        started, losses = time.monotonic(), []
        for rows in _batches(lengths, schedule.batch, generator):
            share = done / steps
            rate = min(1.0, share / schedule.warm_up) * min(1.0, (1 - share) / (1 - schedule.warm_up)) + 1e-3
            x, mask = _pad([inputs[row] for row in rows])
            target = {name: tf.constant(values[rows]) for name, values in targets.items()}
            losses.append(float(step(x, mask, target, tf.constant(rate, tf.float32))))
            done += 1
            if done % 100 == 0:
                logger.info("Step %d of %d, loss %.3f", done, steps, float(np.mean(losses[-100:])))
        logger.info(
            "Epoch %d of %d, loss %.3f, %.0f s",
            epoch + 1,
            schedule.epochs,
            float(np.mean(losses)),
            time.monotonic() - started,
        )
    return {
        name: np.concatenate([heads[name].numpy() * SCALE, biases[name].numpy()[None]]).astype(np.float32)
        for name in tasks
    }


def _batches(lengths: np.ndarray, size: int, generator: np.random.Generator) -> list[np.ndarray]:
    """Shuffle, then sort by length within 16 batches at a time."""
    order = generator.permutation(len(lengths))
    result = []
    for start in range(0, len(order), size * 16):
        group = order[start : start + size * 16]
        group = group[np.argsort(lengths[group], kind="stable")]
        result += [group[place : place + size] for place in range(0, len(group), size)]
    generator.shuffle(result)
    return result


def _pad(rows: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Stack arrays of shape (tokens, 384) into float32 (batch, longest, 384) with a mask (batch, longest)."""
    longest = max(len(row) for row in rows)
    x = np.zeros((len(rows), longest, DIMENSION), np.float32)
    mask = np.zeros((len(rows), longest), np.float32)
    for place, row in enumerate(rows):
        x[place, : len(row)] = row
        mask[place, : len(row)] = 1
    return x, mask


def _drop(value: tf.Tensor, dropout: float) -> tf.Tensor:
    return tf.nn.dropout(value, dropout) if dropout else value


def _penalty(mask: tf.Tensor) -> tf.Tensor:
    return (1 - mask)[:, None, None, :] * -1e4


def _layer_norm(x: tf.Tensor, scale: tf.Tensor, bias: tf.Tensor) -> tf.Tensor:
    mean = tf.reduce_mean(x, -1, keepdims=True)
    variance = tf.reduce_mean(tf.math.squared_difference(x, mean), -1, keepdims=True)
    return (x - mean) * tf.math.rsqrt(variance + LAYER_NORM_EPSILON) * scale + bias

"""Fine-tuning of the encoder's top layers on our own messages (training only; TensorFlow is imported nowhere else).

The bottom layers run once and their activations are kept, so that an epoch costs only the top layers: minutes become
seconds on two cores. What comes back is a full set of weights for `helpline.nlu.encoder.build`.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Any, Sequence

import numpy as np
import tensorflow as tf

from helpline.nlu.encoder import DIMENSION, HEAD_SIZE, HEADS, LAYER_NORM_EPSILON, LAYERS, load_tokenizer

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
_SCALE = 20.0
_HEAD_RATE = 30.0


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to train; measured leaving out one author of examples at a time (docs/nlu.md)."""

    layers: int = 1
    epochs: int = 2
    learning_rate: float = 6e-4
    batch: int = 32
    dropout: float = 0.1
    label_smoothing: float = 0.1
    # Stories run to 80 tokens; their first 40 cost half as much and taught as well.
    max_tokens: int = 40
    examples_per_label: int = 80
    warm_up: float = 0.1


class _Layer:
    """One transformer layer of BERT over weights that are constants or variables."""

    def __init__(self, index: int, weights: dict[str, np.ndarray], trainable: bool) -> None:
        make = tf.Variable if trainable else tf.constant
        self.prefix = f"encoder.layer.{index}."
        self.dense = {
            name: (make(weights[f"{self.prefix}{name}.weight"].T.copy()), make(weights[f"{self.prefix}{name}.bias"]))
            for name in _DENSE
        }
        self.norms = {
            name: (make(weights[f"{self.prefix}{name}.weight"]), make(weights[f"{self.prefix}{name}.bias"]))
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
        batch, tokens = tf.shape(x)[0], tf.shape(x)[1]

        def dense(value: tf.Tensor, name: str) -> tf.Tensor:
            return tf.tensordot(value, self.dense[name][0], 1) + self.dense[name][1]

        def heads(value: tf.Tensor) -> tf.Tensor:
            return tf.transpose(tf.reshape(value, [batch, tokens, HEADS, HEAD_SIZE]), [0, 2, 1, 3])

        def drop(value: tf.Tensor) -> tf.Tensor:
            return tf.nn.dropout(value, dropout) if dropout else value

        query, key, value = (heads(dense(x, name)) for name in _DENSE[:3])
        attention = drop(tf.nn.softmax(tf.matmul(query, key, transpose_b=True) * HEAD_SIZE**-0.5 + penalty))
        context = tf.reshape(tf.transpose(tf.matmul(attention, value), [0, 2, 1, 3]), [batch, tokens, DIMENSION])
        x = _layer_norm(x + drop(dense(context, _DENSE[3])), *self.norms[_NORMS[0]])
        inner = tf.nn.gelu(dense(x, _DENSE[4]))
        return _layer_norm(x + drop(dense(inner, _DENSE[5])), *self.norms[_NORMS[1]])


def fine_tune(
    weights: dict[str, np.ndarray], texts: Sequence[str], labels: Sequence[str], schedule: Schedule | None = None
) -> dict[str, np.ndarray]:
    """Return a copy of `weights` whose top layers were trained to tell `labels` apart by a linear head (thrown away).

    Args:
        weights: the encoder's tensors by their names in the safetensors file.
        texts: normalised messages.
        labels: one label per text.
        schedule: layers, epochs and rates; the default is what `docs/nlu.md` measured best.
    """
    schedule = schedule or Schedule()
    tf.keras.utils.set_random_seed(0)
    rows = _sample(labels, schedule.examples_per_label)
    texts = [texts[row] for row in rows]
    names = sorted(set(labels))
    targets = np.array([names.index(labels[row]) for row in rows])
    frozen = [_Layer(index, weights, trainable=False) for index in range(LAYERS - schedule.layers)]
    top = [_Layer(index, weights, trainable=True) for index in range(LAYERS - schedule.layers, LAYERS)]
    lower = _lower_activations(weights, frozen, texts, schedule.max_tokens)
    _train(top, lower, targets, len(names), schedule)
    tuned = dict(weights)
    for layer in top:
        tuned.update(layer.exported())
    return tuned


def _train(top: list[_Layer], lower: list[np.ndarray], targets: np.ndarray, classes: int, schedule: Schedule) -> None:
    """Adam with warm-up and linear decay; batches of like length, so that little padding is computed."""
    head = tf.Variable(tf.random.normal([DIMENSION, classes], stddev=0.02))
    bias = tf.Variable(tf.zeros([classes]))
    layers = [variable for layer in top for variable in layer.variables()]
    layer_optimizer = tf.keras.optimizers.Adam(schedule.learning_rate, beta_2=0.98)
    head_optimizer = tf.keras.optimizers.Adam(schedule.learning_rate * _HEAD_RATE)
    layer_optimizer.build(layers)
    head_optimizer.build([head, bias])

    @tf.function(reduce_retracing=True)
    def step(x: tf.Tensor, mask: tf.Tensor, target: tf.Tensor, rate: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            hidden = x
            for layer in top:
                hidden = layer(hidden, _penalty(mask), schedule.dropout)
            pooled = tf.math.l2_normalize(tf.reduce_sum(hidden * mask[:, :, None], 1), 1)
            logits = tf.matmul(pooled, head) * _SCALE + bias
            smooth = tf.one_hot(target, classes) * (1 - schedule.label_smoothing) + schedule.label_smoothing / classes
            loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(smooth, logits))
        gradients = tape.gradient(loss, [*layers, head, bias])
        clipped, _ = tf.clip_by_global_norm(gradients[: len(layers)], 1.0)
        layer_optimizer.learning_rate.assign(schedule.learning_rate * rate)
        head_optimizer.learning_rate.assign(schedule.learning_rate * _HEAD_RATE * rate)
        # TensorFlow's own zip, which stands in here, has no `strict`.
        layer_optimizer.apply_gradients(zip(clipped, layers))  # noqa: B905
        head_optimizer.apply_gradients(zip(gradients[len(layers) :], [head, bias]))  # noqa: B905
        return loss

    generator = np.random.default_rng(0)
    lengths = np.array([len(activation) for activation in lower])
    steps = schedule.epochs * -(-len(lower) // schedule.batch)
    done = 0
    for epoch in range(schedule.epochs):
        started, losses = time.monotonic(), []
        for rows in _batches(lengths, schedule.batch, generator):
            share = done / steps
            rate = min(1.0, share / schedule.warm_up) * min(1.0, (1 - share) / (1 - schedule.warm_up)) + 1e-3
            x, mask = _pad([lower[row] for row in rows])
            losses.append(float(step(x, mask, targets[rows], tf.constant(rate, tf.float32))))
            done += 1
        logger.info(
            "Fine-tuning: epoch %d of %d, loss %.3f, %.0f s",
            epoch + 1,
            schedule.epochs,
            float(np.mean(losses)),
            time.monotonic() - started,
        )


def _lower_activations(
    weights: dict[str, np.ndarray], frozen: list[_Layer], texts: Sequence[str], max_tokens: int
) -> list[np.ndarray]:
    """Return for each text what the frozen layers give: float16 of shape (tokens, 384), half the memory of float32."""

    @tf.function(reduce_retracing=True)
    def run(x: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        for layer in frozen:
            x = layer(x, _penalty(mask))
        return x

    ids = [encoding.ids for encoding in load_tokenizer(max_tokens).encode_batch(list(texts))]
    words = weights["embeddings.word_embeddings.weight"]
    positions = weights["embeddings.position_embeddings.weight"]
    kind = weights["embeddings.token_type_embeddings.weight"][0]
    norm = weights["embeddings.LayerNorm.weight"], weights["embeddings.LayerNorm.bias"]
    result: list[Any] = [None] * len(ids)
    order = sorted(range(len(ids)), key=lambda row: len(ids[row]))
    for start in range(0, len(order), 64):
        rows = order[start : start + 64]
        x, mask = _pad([words[ids[row]] + positions[: len(ids[row])] + kind for row in rows])
        hidden = run(_layer_norm(x, *norm), mask).numpy()
        for place, row in enumerate(rows):
            result[row] = hidden[place, : len(ids[row])].astype(np.float16)
    return result


def _sample(labels: Sequence[str], most: int) -> list[int]:
    """Return the rows to train on: at most `most` of each label, evenly spread, so that every author is heard."""
    by_label: dict[str, list[int]] = {}
    for row, label in enumerate(labels):
        by_label.setdefault(label, []).append(row)
    kept = []
    for group in by_label.values():
        step = max(1.0, len(group) / most)
        kept += [group[int(place * step)] for place in range(min(most, len(group)))]
    return sorted(kept)


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


def _penalty(mask: tf.Tensor) -> tf.Tensor:
    return (1 - mask)[:, None, None, :] * -1e4


def _layer_norm(x: tf.Tensor, scale: tf.Tensor, bias: tf.Tensor) -> tf.Tensor:
    mean = tf.reduce_mean(x, -1, keepdims=True)
    variance = tf.reduce_mean(tf.math.squared_difference(x, mean), -1, keepdims=True)
    return (x - mean) * tf.math.rsqrt(variance + LAYER_NORM_EPSILON) * scale + bias

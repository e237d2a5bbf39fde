"""Tunes transformer layers and the linear heads on them (TensorFlow is imported here and in `adaptation` alone)."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Mapping

import numpy as np
import tensorflow as tf

from helpline.nlu.weights import DIMENSION, HEAD_SIZE, HEADS, LAYER_NORM_EPSILON

logger = logging.getLogger(__name__)

DENSE = (
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


@dataclass(frozen=True)
class Schedule:
    """What to train for, how long and how fast; measured on tests/development (docs/nlu.md).

    Attributes:
        tasks: what each counts in the loss.
        ordinary: share of the messages about topics that is trained on.
        head_rate: how many times faster the heads learn than the layers.
        half: whether the dense products are of half precision (bfloat16): two thirds of the time on newer processors.
    """

    tasks: Mapping[str, float]
    ordinary: float = 1.0
    epochs: int = 5
    learning_rate: float = 1.5e-4
    head_rate: float = 30.0
    half: bool = False
    batch: int = 32
    dropout: float = 0.1
    label_smoothing: float = 0.1
    max_tokens: int = 128
    warm_up: float = 0.1


class Layer:
    """One transformer layer of BERT to train."""

    def __init__(self, index: int, weights: dict[str, np.ndarray], half: bool = False) -> None:
        """Take layer `index` of `weights`; `half` as a `Schedule` has it."""
        self._half = half
        self.prefix = f"encoder.layer.{index}."
        self.dense = {
            name: (
                tf.Variable(weights[f"{self.prefix}{name}.weight"].T.copy()),
                tf.Variable(weights[f"{self.prefix}{name}.bias"]),
            )
            for name in DENSE
        }
        self.norms = {
            name: (
                tf.Variable(weights[f"{self.prefix}{name}.weight"]),
                tf.Variable(weights[f"{self.prefix}{name}.bias"]),
            )
            for name in _NORMS
        }

    def variables(self) -> list[tf.Variable]:
        """Return what can be trained."""
        return [variable for group in (self.dense, self.norms) for pair in group.values() for variable in pair]

    def exported(self) -> dict[str, np.ndarray]:
        """Return the tensors by their published names."""
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
        return _layer_norm(x + _drop(self._dense(inner, DENSE[5]), dropout), *self.norms[_NORMS[1]])

    def inner(self, x: tf.Tensor, penalty: tf.Tensor, dropout: float = 0.0) -> tuple[tf.Tensor, tf.Tensor]:
        """Return what attention made of the input and the inner units' values, shape (batch, tokens, units)."""
        batch, tokens = tf.shape(x)[0], tf.shape(x)[1]

        def heads(value: tf.Tensor) -> tf.Tensor:
            return tf.transpose(tf.reshape(value, [batch, tokens, HEADS, HEAD_SIZE]), [0, 2, 1, 3])

        query, key, value = (heads(self._dense(x, name)) for name in DENSE[:3])
        attention = tf.nn.softmax(tf.matmul(query, key, transpose_b=True) * HEAD_SIZE**-0.5 + penalty)
        context = tf.matmul(_drop(attention, dropout), value)
        context = tf.reshape(tf.transpose(context, [0, 2, 1, 3]), [batch, tokens, DIMENSION])
        x = _layer_norm(x + _drop(self._dense(context, DENSE[3]), dropout), *self.norms[_NORMS[0]])
        return x, tf.nn.gelu(self._dense(x, DENSE[4]))

    def _dense(self, value: tf.Tensor, name: str) -> tf.Tensor:
        matrix, bias = self.dense[name]
        if self._half:
            product = tf.tensordot(tf.cast(value, tf.bfloat16), tf.cast(matrix, tf.bfloat16), 1)
            return tf.cast(product, tf.float32) + bias
        return tf.tensordot(value, matrix, 1) + bias


def train(
    layers: list[Layer],
    inputs: list[np.ndarray],
    tasks: dict[str, tuple[int, list[int]]],
    schedule: Schedule,
    before: Mapping[str, np.ndarray],
) -> dict[str, np.ndarray]:
    """Tune layers and heads with Adam, warm-up and linear decay; batches of like length, so that little is padded.

    Args:
        layers: changed in place.
        inputs: for each message the lowest layer's input, shape (tokens, 384).
        tasks: for each task how many classes it has, and each message's class; -1 where it has none.
        schedule: epochs and rates.
        before: heads to start from, as returned; a task without one begins at random.

    Returns:
        For each task the head's weights with the bias as last row, shape (385, classes).
    """
    heads, biases = {}, {}
    for name, (classes, _) in tasks.items():
        if name in before:
            heads[name], biases[name] = tf.Variable(before[name][:-1] / _SCALE), tf.Variable(before[name][-1])
        else:
            heads[name] = tf.Variable(tf.random.normal([DIMENSION, classes], stddev=0.02))
            biases[name] = tf.Variable(tf.zeros([classes]))
    targets = {name: np.array(rows) for name, (_, rows) in tasks.items()}
    variables = [variable for layer in layers for variable in layer.variables()]
    head_variables = [*heads.values(), *biases.values()]
    optimizer = tf.keras.optimizers.Adam(schedule.learning_rate, beta_2=0.98)
    head_optimizer = tf.keras.optimizers.Adam(schedule.learning_rate * schedule.head_rate)
    optimizer.build(variables)
    head_optimizer.build(head_variables)

    def loss_of(pooled: tf.Tensor, name: str, target: tf.Tensor) -> tf.Tensor:
        classes = tasks[name][0]
        logits = tf.matmul(pooled, heads[name]) * _SCALE + biases[name]
        known = tf.cast(target >= 0, tf.float32)
        smooth = tf.one_hot(tf.maximum(target, 0), classes) * (1 - schedule.label_smoothing)
        smooth += schedule.label_smoothing / classes
        return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(smooth, logits) * known)

    @tf.function(reduce_retracing=True)
    def step(x: tf.Tensor, mask: tf.Tensor, target: dict[str, tf.Tensor], rate: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            hidden = x
            for layer in layers:
                hidden = layer(hidden, penalty_of(mask), schedule.dropout)
            pooled = tf.math.l2_normalize(tf.reduce_sum(hidden * mask[:, :, None], 1), 1)
            loss = tf.add_n([loss_of(pooled, name, target[name]) * schedule.tasks[name] for name in tasks])
        gradients = tape.gradient(loss, [*variables, *head_variables])
        clipped, _ = tf.clip_by_global_norm(gradients[: len(variables)], 1.0)
        optimizer.learning_rate.assign(schedule.learning_rate * rate)
        head_optimizer.learning_rate.assign(schedule.learning_rate * schedule.head_rate * rate)
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
        for rows in batches(lengths, schedule.batch, generator):
            share = done / steps
            rate = min(1.0, share / schedule.warm_up) * min(1.0, (1 - share) / (1 - schedule.warm_up)) + 1e-3
            x, mask = padded([inputs[row] for row in rows])
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
        name: np.concatenate([heads[name].numpy() * _SCALE, biases[name].numpy()[None]]).astype(np.float32)
        for name in tasks
    }


def batches(lengths: np.ndarray, size: int, generator: np.random.Generator) -> list[np.ndarray]:
    """Shuffle, then sort by length within 16 batches at a time."""
    order = generator.permutation(len(lengths))
    result = []
    for start in range(0, len(order), size * 16):
        group = order[start : start + size * 16]
        group = group[np.argsort(lengths[group], kind="stable")]
        result += [group[place : place + size] for place in range(0, len(group), size)]
    generator.shuffle(result)
    return result


def padded(rows: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
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


def penalty_of(mask: tf.Tensor) -> tf.Tensor:
    """Return what keeps the padding of `mask`, shape (batch, tokens), out of the attention."""
    return (1 - mask)[:, None, None, :] * -1e4


def _layer_norm(x: tf.Tensor, scale: tf.Tensor, bias: tf.Tensor) -> tf.Tensor:
    mean = tf.reduce_mean(x, -1, keepdims=True)
    variance = tf.reduce_mean(tf.math.squared_difference(x, mean), -1, keepdims=True)
    return (x - mean) * tf.math.rsqrt(variance + LAYER_NORM_EPSILON) * scale + bias

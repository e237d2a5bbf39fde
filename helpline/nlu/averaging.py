"""The mean of two adaptations of the encoder."""

from __future__ import annotations

import numpy as np

from helpline.nlu.weights import Adapted


def averaged(before: Adapted, now: Adapted) -> Adapted:
    """Return the mean of two adaptations of the same published weights, with the inner units of the later one.

    Models tuned from the same weights lie so close together that their mean is as good as a whole ensemble of them, at
    the cost of one (Wortsman et al. 2022, arXiv:2203.05482). An inner unit that only the later one kept stays as it is.

    Raises:
        ValueError: if they tell different kinds of danger apart, so that their heads have no mean.
    """
    for name, head in now.heads.items():
        if before.heads[name].shape != head.shape:
            raise ValueError(f"The head {name!r} has another shape than before: the categories have changed.")
    layers = {name: (before.layers[name] + value) / 2 for name, value in now.layers.items() if not _is_inner(name)}
    for layer, units in enumerate(now.kept):
        _, old, new = np.intersect1d(before.kept[layer], units, return_indices=True)
        for name, axis in _inner_tensors(layer):
            then, value = np.moveaxis(before.layers[name], axis, 0), np.moveaxis(now.layers[name].copy(), axis, 0)
            value[new] = (then[old] + value[new]) / 2
            layers[name] = np.moveaxis(value, 0, axis)
    return Adapted(now.kept, layers, {name: (before.heads[name] + head) / 2 for name, head in now.heads.items()})


def _inner_tensors(layer: int) -> tuple[tuple[str, int], ...]:
    """The tensors of a layer's inner units, with the axis that counts them."""
    prefix = f"encoder.layer.{layer}"
    return (
        (f"{prefix}.intermediate.dense.weight", 0),
        (f"{prefix}.intermediate.dense.bias", 0),
        (f"{prefix}.output.dense.weight", 1),
    )


def _is_inner(name: str) -> bool:
    return name in {tensor for tensor, _ in _inner_tensors(int(name.split(".")[2]))}

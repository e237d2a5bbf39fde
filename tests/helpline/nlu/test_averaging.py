from __future__ import annotations

import numpy as np
import pytest

from helpline.nlu.averaging import averaged
from helpline.nlu.weights import READER, Adapted


def adaptation(value: float, kept: list[int]) -> Adapted:
    layers = {}
    for layer in range(READER.layers):
        prefix = f"encoder.layer.{layer}"
        units = np.array(kept, np.float32) + value
        layers[f"{prefix}.intermediate.dense.weight"] = np.repeat(units[:, None], 3, axis=1)
        layers[f"{prefix}.intermediate.dense.bias"] = units.copy()
        layers[f"{prefix}.output.dense.weight"] = np.repeat(units[None], 3, axis=0)
        layers[f"{prefix}.attention.output.dense.weight"] = np.full((3, 3), value, np.float32)
    return Adapted([np.array(kept)] * READER.layers, layers, {"category": np.full((4, 2), value, np.float32)})


def test_the_mean_lies_between_and_each_inner_unit_meets_its_own() -> None:
    mean = averaged(adaptation(0.0, [1, 4, 7]), adaptation(10.0, [4, 5, 7]))
    assert [list(units) for units in mean.kept] == [[4, 5, 7]] * READER.layers
    assert (mean.heads["category"] == 5).all()
    for layer in range(READER.layers):
        prefix = f"encoder.layer.{layer}"
        assert (mean.layers[f"{prefix}.attention.output.dense.weight"] == 5).all()
        assert list(mean.layers[f"{prefix}.intermediate.dense.bias"]) == [9, 15, 12]
        assert list(mean.layers[f"{prefix}.intermediate.dense.weight"][:, 1]) == [9, 15, 12]
        assert list(mean.layers[f"{prefix}.output.dense.weight"][1]) == [9, 15, 12]


def test_what_was_given_stays() -> None:
    before, now = adaptation(0.0, [1, 2]), adaptation(10.0, [1, 2])
    averaged(before, now)
    assert all(np.array_equal(value, adaptation(10.0, [1, 2]).layers[name]) for name, value in now.layers.items())
    assert all(np.array_equal(value, adaptation(0.0, [1, 2]).layers[name]) for name, value in before.layers.items())


def test_other_categories_than_before_are_said() -> None:
    now = adaptation(1.0, [1, 2])
    now.heads["category"] = np.zeros((4, 3), np.float32)
    with pytest.raises(ValueError, match="categories have changed"):
        averaged(adaptation(0.0, [1, 2]), now)

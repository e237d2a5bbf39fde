from __future__ import annotations

import numpy as np
import pytest

from helpline.nlu.encoder import load_weights
from helpline.nlu.finetune import Schedule, fine_tune

TEXTS = [f"{start} {end}" for start in ("how often", "when", "which days") for end in ("do we meet", "is group")]
TEXTS += [f"{start} {end}" for start in ("who pays", "how much", "what fee") for end in ("for it", "each month")]
LABELS = ["time"] * 6 + ["cost"] * 6


@pytest.fixture(scope="module")
def weights() -> dict[str, np.ndarray]:
    return load_weights()


def changed(before: dict[str, np.ndarray], after: dict[str, np.ndarray]) -> set[str]:
    assert before.keys() == after.keys()
    return {name for name in before if not np.array_equal(before[name], after[name])}


def test_only_the_top_layer_learns_and_the_given_weights_stay(weights: dict[str, np.ndarray]) -> None:
    copies = {name: value.copy() for name, value in weights.items()}
    tuned = fine_tune(weights, TEXTS, LABELS, Schedule(epochs=2, batch=4))
    names = changed(weights, tuned)
    assert names
    assert all(name.startswith("encoder.layer.5.") for name in names)
    assert not changed(copies, weights)
    assert {name: value.shape for name, value in tuned.items()} == {n: value.shape for n, value in weights.items()}
    assert all(np.isfinite(tuned[name]).all() for name in names)


def test_as_many_layers_learn_as_the_schedule_says(weights: dict[str, np.ndarray]) -> None:
    names = changed(weights, fine_tune(weights, TEXTS, LABELS, Schedule(layers=2, epochs=1, batch=12)))
    assert {name.split(".")[2] for name in names} == {"4", "5"}


def test_no_epoch_changes_nothing(weights: dict[str, np.ndarray]) -> None:
    assert not changed(weights, fine_tune(weights, TEXTS, LABELS, Schedule(epochs=0)))

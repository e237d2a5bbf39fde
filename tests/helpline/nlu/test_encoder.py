from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from helpline.nlu.encoder import (
    DIMENSION,
    MAX_TOKENS,
    Encoder,
    WeightsError,
    load_tokenizer,
    read_checked_weights,
    weights_folder,
)

TEXTS = ["hi", "does insurance pay for it", "how often do i have to come in each week, and who leads the sessions?"]


def test_vectors_have_length_one(encoder: Encoder) -> None:
    vectors = encoder.encode([*TEXTS, "", "word " * 500, "\U0001f600"])
    assert vectors.shape == (6, DIMENSION)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)


def test_no_texts_give_no_vectors(encoder: Encoder) -> None:
    assert encoder.encode([]).shape == encoder.encode_many([]).shape == (0, DIMENSION)


# Activations are quantised over the whole batch, padding included: a word alone moves by 0.03, a sentence by 0.01.
def test_a_vector_hardly_depends_on_the_batch(encoder: Encoder) -> None:
    together = encoder.encode(TEXTS)
    alone = np.concatenate([encoder.encode([text]) for text in TEXTS])
    assert (together * alone).sum(axis=1) == pytest.approx(1, abs=5e-2)


def test_many_texts_come_back_in_their_order(encoder: Encoder) -> None:
    many = encoder.encode_many(TEXTS * 3, batch=2)
    expected = np.concatenate([encoder.encode([text]) for text in TEXTS * 3])
    assert (many * expected).sum(axis=1) == pytest.approx(1, abs=5e-2)


@pytest.mark.parametrize(
    ("text", "like", "unlike"),
    [
        ("how much does it cost", "what is the price", "can my family visit"),
        ("i drink too much", "i have an alcohol problem", "the schedule is on monday"),
        ("can i keep my job", "does it fit around work", "is there a doctor in the team"),
    ],
)
def test_what_means_the_same_lies_closer(encoder: Encoder, text: str, like: str, unlike: str) -> None:
    vector, near, far = encoder.encode([text, like, unlike])
    assert vector @ near > vector @ far + 0.1


def test_only_the_first_tokens_of_a_long_text_are_read(encoder: Encoder) -> None:
    first, second = encoder.encode(["word " * MAX_TOKENS + "price", "word " * MAX_TOKENS + "family"])
    assert first @ second == pytest.approx(1, abs=1e-5)


def test_the_tokenizer_pads_to_the_longest_and_cuts() -> None:
    short, long = load_tokenizer(8).encode_batch(["hi", "word " * 50])
    assert len(short.ids) == len(long.ids) == 8
    assert sum(short.attention_mask) == 3


def test_weights_with_another_checksum_are_refused(tmp_path: Path) -> None:
    content = bytearray((weights_folder() / "model.safetensors").read_bytes())
    content[-1] ^= 1
    changed = tmp_path / "model.safetensors"
    changed.write_bytes(content)
    with pytest.raises(WeightsError, match="SHA-256"):
        read_checked_weights(changed)


def test_missing_weights_are_reported(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="cannot be read"):
        read_checked_weights(tmp_path / "model.safetensors")


def test_a_missing_graph_is_reported_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="make train"):
        Encoder(tmp_path / "encoder.onnx")

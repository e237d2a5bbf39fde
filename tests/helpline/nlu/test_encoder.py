from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from helpline.nlu.encoder import MAX_TOKENS, Encoder, SecondLook, build, load_tokenizer
from helpline.nlu.weights import (
    DIMENSION,
    SECOND_LOOK,
    WeightsError,
    load_adapted,
    read_checked_weights,
    weights_folder,
)

TEXTS = ["hi", "does insurance pay for it", "how often do i have to come in each week, and who leads the sessions?"]


def test_vectors_have_length_one(encoder: Encoder) -> None:
    for text in (*TEXTS, "", "word " * 500, "\U0001f600"):
        vector = encoder.encode(text)
        assert (vector.shape, vector.dtype) == ((DIMENSION,), np.float32)
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_parts_are_pooled_from_the_tokens_of_the_whole(encoder: Encoder) -> None:
    text = "how much is it, and can my family come"
    (whole, first, cut_off), tokens = encoder.encode_parts(text, [(0, 14), (len(text), len(text))])
    np.testing.assert_array_equal(whole, encoder.encode(text))
    assert np.linalg.norm(first) == pytest.approx(1, abs=1e-5)
    assert first @ encoder.encode("how much is it") > 0.8
    assert not cut_off.any()
    assert tokens.inside.sum(1).tolist() == [4, 0]
    assert encoder.encode_parts(text, [])[0].shape == (1, DIMENSION)


@pytest.fixture(scope="module")
def second_look(tmp_path_factory: pytest.TempPathFactory) -> SecondLook:
    graph = tmp_path_factory.mktemp("second") / "second_look.onnx"
    build(load_adapted(SECOND_LOOK.path)[0], graph, SECOND_LOOK)
    return SecondLook(graph)


def test_a_second_look_reads_the_same_tokens_and_parts(encoder: Encoder, second_look: SecondLook) -> None:
    text = "how much is it, and can my family come"
    _, tokens = encoder.encode_parts(text, [(0, 14), (len(text), len(text))])
    whole, first, cut_off = second_look(tokens)
    assert np.linalg.norm(whole) == pytest.approx(1, abs=1e-5)
    assert np.linalg.norm(first) == pytest.approx(1, abs=1e-5)
    assert not cut_off.any()
    _, others = encoder.encode_parts("i do not want to live", [])
    assert whole @ second_look(others)[0] < 0.9


def test_no_texts_give_no_vectors(encoder: Encoder) -> None:
    assert encoder.encode_many([]).shape == (0, DIMENSION)


# Activations are quantised over a whole batch, padding included: a neighbour would show in the vector.
def test_a_vector_does_not_depend_on_its_neighbours(encoder: Encoder) -> None:
    for text in TEXTS:
        beside_a_long_one = encoder.encode_many([text, "word " * 500])
        np.testing.assert_array_equal(beside_a_long_one[0], encoder.encode(text))


def test_many_texts_come_back_in_their_order(encoder: Encoder) -> None:
    many = encoder.encode_many(TEXTS * 10)
    assert (many.shape, many.dtype) == ((len(TEXTS) * 10, DIMENSION), np.float32)
    np.testing.assert_array_equal(many, np.stack([encoder.encode(text) for text in TEXTS * 10]))


@pytest.mark.parametrize(
    ("text", "like", "unlike"),
    [
        ("how many days a week is it", "how often are the sessions", "can my family visit"),
        ("i do not want to live", "i want to die", "the schedule is on monday"),
        ("can i keep my job", "can i still go to work", "is there a doctor in the team"),
    ],
)
def test_what_means_the_same_lies_closer(encoder: Encoder, text: str, like: str, unlike: str) -> None:
    vector, near, far = encoder.encode_many([text, like, unlike])
    # Adapted vectors lie close together: what counts is the ratio of distances.
    assert 1 - vector @ near < 0.8 * (1 - vector @ far)


def test_only_the_first_tokens_of_a_long_text_are_read(encoder: Encoder) -> None:
    first, second = (encoder.encode("word " * MAX_TOKENS + last) for last in ("price", "family"))
    assert first @ second == pytest.approx(1, abs=1e-5)


def test_the_tokenizer_cuts_and_does_not_pad() -> None:
    short, long = load_tokenizer(8).encode_batch(["hi", "word " * 50])
    assert (len(short.ids), len(long.ids)) == (3, 8)
    assert (sum(short.attention_mask), sum(long.attention_mask)) == (3, 8)


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
    for kind in (Encoder, SecondLook):
        with pytest.raises(WeightsError, match="make train"):
            kind(tmp_path / "encoder.onnx")

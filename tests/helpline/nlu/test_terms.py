from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from helpline.nlu.terms import Vocabulary, letter_grams, mixed, packed, softmax, weighed, word_grams

TEXTS = ["does insurance pay", "does medicaid pay for it?", "how often are the sessions", "are the sessions long"]


def test_words_pairs_the_beginning_and_question_marks_are_grams() -> None:
    assert word_grams("who pays?") == ["who", "pays", "?", "^ who", "who pays", "pays ?"]


def test_letters_are_cut_within_words() -> None:
    assert letter_grams("ab") == [" ab", "ab ", " ab "]
    assert letter_grams("c") == [" c ", " c "]


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary.fit(TEXTS)


def test_wording_has_a_row_for_each_text_and_both_halves_have_length_one(vocabulary: Vocabulary) -> None:
    rows = vocabulary(["does insurance pay", "", "the sessions"])
    assert rows.shape == (3, len(vocabulary))
    assert rows.dtype == np.float32
    assert (rows.toarray() ** 2).sum(axis=1) == pytest.approx([2, 0, 2], abs=1e-5)


def test_of_many_messages_what_occurs_twice_only_is_not_in_the_vocabulary() -> None:
    rare = ["unheard words"] * 2
    assert not Vocabulary.fit([*TEXTS * 300, *rare]).knows("unheard?")
    assert Vocabulary.fit([*TEXTS, *rare]).knows("unheard?")


def test_a_question_mark_is_no_word_that_is_known(vocabulary: Vocabulary) -> None:
    assert vocabulary.knows("who will pay")
    assert not vocabulary.knows("zzz?")


def test_texts_that_share_words_are_alike(vocabulary: Vocabulary) -> None:
    rows = vocabulary(["does it pay", "does it pay?", "the sessions"]).toarray()
    assert rows[0] @ rows[1] > rows[0] @ rows[2]


def test_a_label_must_please_every_part() -> None:
    one, other = np.array([[0.9, 0.1]]), np.array([[0.01, 0.99]])
    assert mixed([one, other], [1.0, 1.0])[0].argmax() == 1
    assert softmax(np.array([[1.0, 1.0]])).tolist() == [[0.5, 0.5]]


def test_weights_in_16_bits_score_as_the_whole_ones() -> None:
    dice = np.random.default_rng(0)
    weights, bias = dice.normal(size=(50, 4)) * [1, 10, 0.1, 0], dice.normal(size=4)
    rows = dice.random((6, 50)) * (dice.random((6, 50)) < 0.3)
    # Of the last text no n-gram is known.
    rows[-1] = 0
    wording = csr_matrix(rows, dtype=np.float32)
    found = weighed(wording, packed(weights, bias))
    assert found.dtype == np.float32
    assert found == pytest.approx(wording @ weights + bias, abs=2e-3)

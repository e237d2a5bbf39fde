from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpline.crisis.normalise import MAX_CHARACTERS, REAL_WORDS, SENSITIVE, normalise


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I WANT to die", "i want to die"),
        ("\uff53\uff55\uff49\uff43\uff49\uff44\uff45", "suicide"),
        ("sui\u200bci\u00adde", "suicide"),
        ("\u0455u\u0456\u0441\u0456d\u0435", "suicide"),
        ("don\u2019t", "do not"),
        ("I can't, he won't, she's, they've", "i can not he will not she is they have"),
        ("im gonna, u wanna rn", "i am going to you want to right now"),
        ("su!c!de", "suicide"),
        ("$uicide", "suicide"),
        ("k1ll mys3lf", "kill myself"),
        ("s3lf h@rm", "self harm"),
        ("s*icide k*ll r*pe", "suicide kill rape"),
        ("k m s fr", "kms really"),
        ("k.m.s", "kms"),
        ("s u i c i d e", "suicide"),
        ("i w a n t t o d i e", "i want to die"),
        ("k-i-l-l myself", "kill myself"),
        ("#killmyself", "kill myself"),
        ("dieeee killll", "die kill"),
        ("sucide overdoes suicidel", "suicide overdose suicidal"),
        ("he's OD'd", "he is overdosed"),
        ("\U0001f52b myself", "gun myself"),
        ("¿Estás ahí, mañana?", "estas ahi manana ?"),
        ("no... stop. Help!!", "no stop . help ."),
        ("my 2yo", "my 2 year old"),
        ("", ""),
    ],
)
def test_it_spells_out(text: str, expected: str) -> None:
    assert normalise(text).text == expected


@pytest.mark.parametrize(
    "text",
    ["vitamin b c d", "cov1d b4", "overdone breeding hunting", "24 7", "f ck", "willing to skill up", "ya mismo"],
)
def test_it_leaves_common_words_alone(text: str) -> None:
    assert not SENSITIVE.intersection(normalise(text).text.split())


def test_real_words_stay() -> None:
    assert [word for word in sorted(REAL_WORDS) if normalise(word).text != word] == []


@pytest.mark.parametrize("laugh", ["lol", "LMAO", "hahaha", "jajaja", "\U0001f602", "\U0001f480"])
def test_it_hears_laughter(laugh: str) -> None:
    normalised = normalise(f"kms {laugh}")
    assert normalised.text == "kms"
    assert normalised.laughs


def test_offsets_are_those_of_the_message_as_typed() -> None:
    text = "so I\u200b\u2019m  s u i c i d a l ok"
    found = {token.text: text[token.begin : token.end] for token in normalise(text).tokens}
    assert found == {
        "so": "so",
        "i": "I\u200b\u2019m",
        "am": "I\u200b\u2019m",
        "suicidal": "s u i c i d a l",
        "ok": "ok",
    }


def test_a_huge_message_is_read_at_both_its_ends() -> None:
    text = "begin " + "x " * MAX_CHARACTERS + "end"
    tokens = normalise(text).tokens
    assert (tokens[0].text, tokens[-1].text) == ("begin", "end")
    assert text[tokens[-1].begin : tokens[-1].end] == "end"
    assert len(tokens) < MAX_CHARACTERS


@given(st.text(max_size=200))
def test_any_text_is_read_and_offsets_are_in_order(text: str) -> None:
    last = 0
    for token in normalise(text).tokens:
        assert last <= token.begin < token.end <= len(text)
        last = token.begin

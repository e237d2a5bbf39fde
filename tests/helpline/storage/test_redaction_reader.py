"""The learned reader of names, and how its weights are learned."""

from __future__ import annotations

import subprocess
import sys
from random import Random

import pytest

from helpline.storage.redaction import redact, without_numbers
from helpline.storage.redaction.names import word_tokens
from helpline.storage.redaction.reader import WEIGHTS, as_weights, chances, found
from helpline.storage.redaction.teaching import __main__ as teaching
from helpline.storage.redaction.teaching.contexts import contexts, exchanged, led_to, misspelt, named


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("when zorina left she took the dog and the good skillet", "zorina"),
        ("me and tubbs was at the spot and he fell out", "tubbs"),
        ("who gonna watch kavion if i go in", "kavion"),
        ("its quimby. i was in the tuesday group", "quimby"),
        ("i told treasure im done and she just laughed", "treasure"),
        ("my babies are jaquel, pepper and nyomi", "pepper"),
    ],
)
def test_a_name_that_no_cue_leads_to_is_found(text: str, name: str) -> None:
    assert name not in redact(text)


def test_a_message_of_common_words_is_not_read() -> None:
    text = "how much does it cost and when can i start"
    assert found(text, word_tokens(text)) == frozenset()


def test_the_weights_are_small_and_need_no_heavy_library() -> None:
    assert WEIGHTS.stat().st_size < 300_000
    code = (
        "import sys; from helpline.storage.redaction import redact; redact('me and tubbs was there');"
        "sys.exit(bool({'rasa', 'tensorflow', 'numpy', 'sklearn', 'pycrfsuite'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def test_names_put_into_messages_are_where_it_says() -> None:
    dice = Random(7)
    text = "my brother drinks and i told him to stop because she is scared"
    for _ in range(50):
        made, spans = named(text, dice) or ("", [])
        assert spans
        assert all(made[start:stop].strip() == made[start:stop] != "" for start, stop in spans)
        for start, stop in reversed(spans):
            made = made[:start] + "he" + made[stop:]
        assert {"drinks", "told", "stop", "because", "scared"} <= set(made.split())
    assert named("what does it cost", dice) is None


def test_other_names_stand_where_the_own_ones_stood() -> None:
    made, spans = exchanged("Ana told bob. Ana left", [(0, 3), (9, 12), (14, 17)], Random(3))
    (a, b), (c, d), (e, f) = spans
    assert made[a:b] == made[e:f] != "Ana"
    assert made[a].isupper() and made[c].islower()
    assert made[b:c] == " told " and made[d:e] == ". " and made[f:] == " left"


def test_a_misspelt_word_moves_the_names_behind_it() -> None:
    text = "because bob"
    for seed in range(20):
        made, [(start, stop)] = misspelt(text, [(8, 11)], Random(seed))
        assert made[start:stop] == "bob"


def test_every_context_has_a_place_for_a_name() -> None:
    assert all("{N}" in context for context in contexts())
    text, spans = led_to("tell {N} i said hi", ["ok"], Random(1))
    assert all(text[start:stop] for start, stop in spans)


def test_a_reader_can_be_learnt(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    """From little, it knows a name where one of the contexts stood."""
    monkeypatch.setattr(teaching, "_ORDINARY", 300)
    monkeypatch.setattr(teaching, "_NAMED", 200)
    monkeypatch.setattr(teaching, "_LED_TO", 600)
    monkeypatch.setitem(teaching._LEARNING, "max_iterations", 30)
    weights = as_weights(teaching.learnt(teaching.examples()[:60], teaching.ordinary_messages()[::150]))
    text = without_numbers("please call velmont before friday")
    tokens = word_tokens(text)
    likely = chances(text, tokens, weights)
    assert max(range(len(tokens)), key=likely.__getitem__) == 2

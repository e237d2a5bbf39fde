from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from helpline.nlu.encoder import Encoder
from helpline.nlu.reading import Reading, joined
from helpline.nlu.terms import Vocabulary
from helpline.nlu.topic_model import TopicModel

QUESTIONS = {"faq/cost": "How can I pay for it?", "faq/time": "How often are the sessions?"}
ALONE = {
    "faq/cost": ["does insurance pay", "how can i pay for treatment", "is there help with the cost", "who pays for it"],
    "faq/time": ["how many days a week", "how often are sessions", "how long is a session", "is it every day"],
    "smalltalk/thanks": ["thanks", "thank you", "thanks a lot", "many thanks for that"],
}
# Label, message, and the topic before.
FOLLOW_UPS = [
    ("faq/cost", "and if they refuse", "faq/cost"),
    ("faq/cost", "what about my plan", "faq/cost"),
    ("faq/time", "and each one", "faq/time"),
    ("faq/time", "what about weekends", "faq/time"),
]


VOCABULARY = Vocabulary.fit([text for texts in ALONE.values() for text in texts] + [text for _, text, _ in FOLLOW_UPS])


def reading(encoder: Encoder, text: str, after: str | None = None, clauses: tuple[str, ...] = ()) -> Reading:
    texts = (text, *clauses)
    question = QUESTIONS[after] if after else None
    return Reading(
        text, clauses, encoder.encode_many(texts), None, VOCABULARY(texts), True, after, question, encoder.encode
    )


@pytest.fixture(scope="module")
def examples(encoder: Encoder) -> list[tuple[Reading, str]]:
    alone = [(reading(encoder, text), label) for label, texts in ALONE.items() for text in texts]
    return alone + [(reading(encoder, text, after), label) for label, text, after in FOLLOW_UPS]


@pytest.fixture(scope="module")
def model(examples: list[tuple[Reading, str]]) -> TopicModel:
    return TopicModel.fit(examples)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("will my insurance pay for treatment", "faq/cost"),
        ("how many times a week is it", "faq/time"),
        ("thank you very much", "smalltalk/thanks"),
        # The encoder does not know this spelling; the letters tell.
        ("inshurance payz", "faq/cost"),
    ],
)
def test_a_message_like_the_examples_gets_their_label(
    model: TopicModel, encoder: Encoder, text: str, label: str
) -> None:
    row = model.alone(reading(encoder, text))[0]
    assert model.labels[row.argmax()] == label


def test_rows_are_probabilities_of_the_message_and_then_of_its_clauses(model: TopicModel, encoder: Encoder) -> None:
    rows = model.alone(reading(encoder, "", clauses=("thanks", "zzz qqq", "how often are sessions")))
    assert rows.shape == (4, len(ALONE))
    assert rows.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert [model.labels[row.argmax()] for row in rows[[1, 3]]] == ["smalltalk/thanks", "faq/time"]


def test_follow_ups_lean_and_whole_questions_do_not(model: TopicModel, encoder: Encoder) -> None:
    leaning = {text: model.leans(reading(encoder, text)) for text in ("and if so", "how can i pay for a week")}
    assert leaning["and if so"] > 0.5 > leaning["how can i pay for a week"]


def test_a_leaning_message_takes_its_topic_from_the_turn_before(model: TopicModel, encoder: Encoder) -> None:
    text = "and if so"
    alone = model.alone(reading(encoder, text))[0]
    for topic, question in QUESTIONS.items():
        row = model.in_context(1.0, alone, encoder.encode(joined(question, text)))
        assert row.sum() == pytest.approx(1, abs=1e-5)
        assert model.labels[row.argmax()] == topic


def test_a_message_that_does_not_lean_ignores_the_context(model: TopicModel, encoder: Encoder) -> None:
    alone = model.alone(reading(encoder, "thanks"))[0]
    np.testing.assert_allclose(model.in_context(0.0, alone, encoder.encode("how often")), alone)


def test_a_loaded_model_says_the_same(model: TopicModel, encoder: Encoder, tmp_path: Path) -> None:
    model.save(tmp_path / "topics.joblib")
    loaded = TopicModel.load(tmp_path / "topics.joblib")
    read = reading(encoder, "does insurance pay", clauses=("and each one",))
    assert list(loaded.labels) == list(model.labels)
    np.testing.assert_array_equal(loaded.alone(read), model.alone(read))
    assert loaded.leans(read) == model.leans(read)


def test_a_topic_with_follow_ups_only_is_refused(encoder: Encoder, examples: list[tuple[Reading, str]]) -> None:
    with pytest.raises(ValueError, match="stand alone"):
        TopicModel.fit([*examples, (reading(encoder, "and there", "faq/time"), "faq/place")])

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest
from rasa.shared.core.events import ActionExecuted, Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.training_data.message import Message

from helpline.nlu.reading import READING, Reading
from helpline.nlu.sentence_encoder import SentenceEncoder, examples_of, questions_of, topic_before
from helpline.nlu.weights import DIMENSION


def read(component: SentenceEncoder, text: str, *topics: list[str]) -> Reading:
    """Return the reading of `text` after turns about `topics`."""
    return component.process([Message.build(text)], tracker(*topics))[0].get(READING)


def tracker(*topics: list[str]) -> DialogueStateTracker:
    events: list[Event] = []
    for named in topics:
        events += [UserUttered("text", parse_data={"topics": named}), ActionExecuted("utter_faq")]
    return DialogueStateTracker.from_events("someone", events, [])


def test_examples_have_full_labels_and_what_they_lean_on(trained_encoder: SimpleNamespace) -> None:
    examples = {example.text: example for example in examples_of(trained_encoder.data)}
    assert examples["does medicaid pay for the program"].label == "faq/medicaid"
    assert examples["does medicaid pay for the program"].after is None
    assert examples["thanks"].label == "smalltalk/thanks"
    assert examples["what about weekends"].after == "faq/session_frequency"


def test_questions_come_from_the_responses(trained_encoder: SimpleNamespace) -> None:
    questions = questions_of(trained_encoder.data)
    assert questions["faq/medicaid"] == "Does Medicaid pay for an IOP?"
    assert "smalltalk/thanks" not in questions


def test_training_messages_get_readings(trained_encoder: SimpleNamespace) -> None:
    readings = [example.message.get(READING) for example in examples_of(trained_encoder.data)]
    for reading in readings:
        assert (reading.vectors.shape, reading.wording.shape[0]) == ((1, DIMENSION), 1)
        assert np.linalg.norm(reading.vectors) == pytest.approx(1, abs=1e-5)
    leaning = {reading.text: reading for reading in readings if reading.question is not None}
    after = {"and how long is each", "every day", "what about weekends"}
    assert set(leaning) == after | {"and if they refuse", "only that one", "who gets it"}
    assert {reading.text for reading in readings if reading.after is not None} == set(leaning)
    assert leaning["every day"].question == "How often are the sessions?"
    assert all(np.linalg.norm(one.joined_vector()) == pytest.approx(1, abs=1e-5) for one in leaning.values())


def test_a_loaded_component_reads_the_same(trained_encoder: SimpleNamespace) -> None:
    loaded = SentenceEncoder.load({}, *trained_encoder.parts)
    text = "how much is it, and can my family come"
    first = read(trained_encoder.component, text, ["faq/medicaid"])
    second = read(loaded, text, ["faq/medicaid"])
    assert first.clauses == second.clauses == ("how much is it", "can my family come")
    assert first.vectors.shape == (3, DIMENSION)
    np.testing.assert_allclose(first.vectors, second.vectors, atol=1e-4)
    assert first.wording.shape[0] == 3
    np.testing.assert_array_equal(first.wording.toarray(), second.wording.toarray())
    np.testing.assert_allclose(first.joined_vector(), second.joined_vector(), atol=1e-4)


def test_a_reading_joins_the_question_of_the_turn_before(trained_encoder: SimpleNamespace) -> None:
    component = trained_encoder.component
    follow_up = read(component, "And if they refuse?", ["faq/medicaid"])
    joined_text = read(component, "does medicaid pay for an iop? and if they refuse?")
    assert follow_up.after == "faq/medicaid"
    assert follow_up.question == "Does Medicaid pay for an IOP?"
    np.testing.assert_array_equal(follow_up.joined_vector(), joined_text.vectors[0])


def test_the_fingerprint_tells_readings_apart_by_text_and_topic_before(trained_encoder: SimpleNamespace) -> None:
    component = trained_encoder.component
    turns = [("and then", []), ("and then", [["faq/medicaid"]]), ("and now", []), ("and now", [["faq/medicaid"]])]
    prints = [read(component, text, *topics).fingerprint() for text, topics in turns]
    assert len(set(prints)) == len(turns)
    assert prints == [read(component, text, *topics).fingerprint() for text, topics in turns]


@pytest.mark.parametrize(
    "topics", [[], [["faq/unknown"]], [[]]], ids=["no turn before", "topic without question", "small talk before"]
)
def test_without_a_question_before_nothing_is_joined(trained_encoder: SimpleNamespace, topics: list[list[str]]) -> None:
    reading = read(trained_encoder.component, "and then", *topics)
    assert (reading.after, reading.question) == (None, None)
    with pytest.raises(ValueError, match="no turn before"):
        reading.joined_vector()


def test_a_reading_tells_whether_any_word_is_known(trained_encoder: SimpleNamespace) -> None:
    assert read(trained_encoder.component, "medicaid card").known
    assert not read(trained_encoder.component, "zxcvzxcv qwpoeir?").known


def test_a_message_without_text_is_read_too(trained_encoder: SimpleNamespace) -> None:
    assert trained_encoder.component.process([Message(data={})])[0].get(READING).text == ""


@pytest.mark.parametrize(
    ("topics", "expected"),
    [
        ([], None),
        ([["faq/a"]], "faq/a"),
        ([["faq/a"], ["faq/b"]], "faq/b"),
        ([["faq/a", "faq/b"]], "faq/b"),
        ([["faq/a", "not_covered/x"]], "faq/a"),
        ([["not_covered/x"]], "not_covered/x"),
        ([["faq/a"], [], []], "faq/a"),
        ([["faq/a"], [], [], []], None),
    ],
)
def test_the_topic_before_reaches_over_small_talk_but_not_far(topics: list[list[str]], expected: str | None) -> None:
    assert topic_before(tracker(*topics)) == expected


def test_an_untrained_component_refuses_to_read(component_parts: Callable[[str], tuple]) -> None:
    with pytest.raises(RuntimeError, match="not been trained"):
        SentenceEncoder.create({}, *component_parts("empty")).process([Message.build("hi")])

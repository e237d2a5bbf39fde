"""Graph component: decides what a message is about, and names the intent, the topics and the response for Rasa."""

from __future__ import annotations

import logging
import time
from typing import Any, Sequence

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from helpline.crisis.follow_up import FOLLOW_UP, REACH, after, follow_up
from helpline.crisis.taxonomy import Detection, Tier
from helpline.fit_check.dialogue import FORM, SLOT, State, merely_answers
from helpline.nlu.crisis_detector import CRISIS_KEY, DETECTION, last_heard
from helpline.nlu.decision import (
    CRISIS,
    NO_TOPICS,
    OFF_TOPIC,
    SUPPORT,
    SUPPORT_AND_QUESTION,
    TOPIC_GROUPS,
    TWO_QUESTIONS,
    UNCLEAR,
    Decision,
    Labels,
    decide,
    group,
    only_a_question,
    question_in_danger,
    question_in_distress,
    wants_check,
)
from helpline.nlu.reading import READING, Reading
from helpline.nlu.sentence_encoder import code_version, examples_of
from helpline.nlu.text import has_letters, is_question
from helpline.nlu.topic_model import TopicModel

logger = logging.getLogger(__name__)

# Under this key a message of danger carries the topic that it asks for beside, if any.
ASKED = "asked"
_MODEL = "topics.joblib"
_RANKED = 5
# Below this the context would hardly count, and its vector costs a millisecond.
_STANDS_ALONE = 0.05


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class TopicClassifier(GraphComponent):
    """Sets intent, ranking, `topics`, `suggestions` and Rasa's `response_selector` of each message."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the defaults; thresholds are in `helpline.nlu.decision`, `code` is explained at the encoder."""
        return {"code": code_version()}

    def __init__(self, model_storage: ModelStorage, resource: Resource, model: TopicModel | None = None) -> None:
        """Take the parts; `create` and `load` are Rasa's ways in."""
        self._model_storage = model_storage
        self._resource = resource
        self._model = model
        self._labels = Labels(model.labels if model else ())

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> TopicClassifier:
        """Make an untrained component."""
        return cls(model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> TopicClassifier:
        """Read a trained model."""
        with model_storage.read_from(resource) as folder:
            return cls(model_storage, resource, TopicModel.load(folder / _MODEL))

    def train(self, training_data: TrainingData) -> Resource:
        """Fit the topic model on the vectors of the encoder before it in the pipeline."""
        started = time.monotonic()
        examples = [example for example in examples_of(training_data) if group(example.label) not in NO_TOPICS]
        rows = [(example.message.get(READING), example.label) for example in examples]
        self._model = TopicModel.fit(rows)
        self._labels = Labels(self._model.labels)
        with self._model_storage.write_to(self._resource) as folder:
            self._model.save(folder / _MODEL)
        logger.info(
            "%d topics learned from %d messages in %.0f s.",
            len(self._model.labels),
            len(examples),
            time.monotonic() - started,
        )
        return self._resource

    def process(self, messages: list[Message], tracker: DialogueStateTracker | None = None) -> list[Message]:
        """Classify messages that carry a `Reading` and a `Detection`; `tracker` is the conversation before them.

        Danger outranks every topic, unless it is doubtful and the topic sure; a question beside it is only named under
        `ASKED`. One beside distress is answered too. After a crisis reply an answer to it is read as one.
        """
        for message in messages:
            reading, detection = message.get(READING), message.get(DETECTION)
            rows = self._trained().alone(reading)
            asking = [is_question(clause) for clause in reading.clauses]
            if detection.is_crisis and (
                only_a_question(self._labels, rows[0], detection.score, bool(detection.hits))
                or merely_answers(_check(tracker), message.get(TEXT) or "", detection)
            ):
                detection = Detection(language=detection.language, score=detection.score)
                message.set(CRISIS_KEY, None)
            if detection.is_crisis or detection.is_support:
                asked = None
                if detection.is_crisis:
                    asked = question_in_danger(self._labels, rows[1:], asking)
                elif any(asking) or is_question(reading.text):
                    asked = question_in_distress(self._labels, rows[0])
                self._set(message, _alarm(detection, asked), [])
                if detection.is_crisis and asked:
                    message.set(ASKED, asked, add_to_output=True)
                continue
            before = last_heard(tracker, REACH, Tier.T2S)
            decision, ranking = self._classify(reading, rows, asking, in_crisis=before is not None)
            if before:
                kind = follow_up(decision.labels[0] if decision.labels else decision.intent, before)
                if kind:
                    decision = Decision(FOLLOW_UP, (f"{FOLLOW_UP}/{kind}",), decision.confidence)
                    message.set(CRISIS_KEY, after(kind, before), add_to_output=True)
            self._set(message, decision, ranking)
        return messages

    def _trained(self) -> TopicModel:
        if self._model is None:
            raise RuntimeError("The topic classifier has not been trained or loaded.")
        return self._model

    def _classify(
        self, reading: Reading, rows: np.ndarray, asking: Sequence[bool], in_crisis: bool
    ) -> tuple[Decision, list[tuple[str, float]]]:
        """Decide on a message without danger; `rows` are the probabilities, whole and by clause."""
        model = self._trained()
        if not has_letters(reading.text):
            return Decision(UNCLEAR, (), 0.0), []
        whole, clauses = rows[0], rows[1:]
        if reading.question:
            leaning = model.leans(reading)
            if leaning > _STANDS_ALONE:
                whole = model.in_context(leaning, whole, reading.joined_vector())
        if not in_crisis:
            # "yes I am" or "I can't call" answer a crisis reply; elsewhere they say nothing that we could take up.
            answers = self._labels.rows.get(FOLLOW_UP, [])
            whole[answers] = 0.0
            clauses[:, answers] = 0.0
        best = np.argsort(-whole)[:_RANKED]
        ranking = [(self._labels.names[index], float(whole[index])) for index in best]
        decision = wants_check(self._labels, whole, clauses) or decide(self._labels, whole, clauses, asking)
        if decision.intent == OFF_TOPIC and not reading.known:
            # Keys hit at random are about nothing, not about something else.
            decision = Decision(UNCLEAR, (), decision.confidence)
        return decision, ranking

    @staticmethod
    def _set(message: Message, decision: Decision, ranking: list[tuple[str, float]]) -> None:
        message.set(
            INTENT,
            {INTENT_NAME_KEY: decision.intent, PREDICTED_CONFIDENCE_KEY: decision.confidence},
            add_to_output=True,
        )
        message.set(
            "intent_ranking",
            [{INTENT_NAME_KEY: label, PREDICTED_CONFIDENCE_KEY: round(p, 4)} for label, p in ranking],
            add_to_output=True,
        )
        topics = [label for label in decision.labels if group(label) in TOPIC_GROUPS]
        message.set("topics", topics, add_to_output=True)
        message.set("suggestions", list(decision.suggestions), add_to_output=True)
        if decision.labels and "/" in decision.labels[0] and decision.intent != TWO_QUESTIONS:
            message.set("response_selector", _selected(decision.labels[0], decision.confidence), add_to_output=True)


def _check(tracker: DialogueStateTracker | None) -> State:
    """Return where the person stands in the fit check, if it waits for an answer."""
    waits = tracker is not None and tracker.active_loop_name == FORM
    return State.of_slot(tracker.get_slot(SLOT)) if tracker is not None and waits else State()


def _alarm(detection: Detection, asked: str | None) -> Decision:
    if detection.is_crisis:
        return Decision(CRISIS, (f"{CRISIS}/{detection.category}",), detection.score)
    support = f"{SUPPORT}/{detection.category}"
    if asked:
        return Decision(SUPPORT_AND_QUESTION, (support, asked), detection.score)
    return Decision(SUPPORT, (support,), detection.score)


def _selected(label: str, confidence: float) -> dict[str, Any]:
    """Return what Rasa's ResponseSelector would say, so that `utter_faq` finds ``utter_faq/<topic>``."""
    retrieval_intent = group(label)
    response = {
        "responses": [],
        "confidence": confidence,
        "intent_response_key": label,
        "utter_action": f"utter_{label}",
    }
    return {"all_retrieval_intents": [retrieval_intent], retrieval_intent: {"response": response, "ranking": []}}

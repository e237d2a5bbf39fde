"""Graph component: reads each message once for all others: its vectors and its wording, whole and by clause."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import INTENT_RESPONSE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from helpline.crisis import taxonomy
from helpline.nlu.decision import FAQ, NO_TOPICS, group
from helpline.nlu.encoder import Encoder, build
from helpline.nlu.reading import READING, Reading
from helpline.nlu.terms import Vocabulary
from helpline.nlu.text import clauses, normalise
from helpline.nlu.weights import DIMENSION, READER, SECOND_LOOK, load_adapted

logger = logging.getLogger(__name__)

_GRAPH = "encoder.onnx"
_QUESTIONS = "questions.json"
_VOCABULARY = "vocabulary.joblib"
_NO_VECTORS = np.zeros((0, DIMENSION), np.float32)
# How many turns back a follow-up may reach over small talk ("thanks", "ok") to the topic that it leans on.
_REACH = 3


@dataclass(frozen=True)
class Example:
    """A training message.

    Attributes:
        message: Rasa's object.
        text: normalised.
        label: full label, such as ``faq/medicaid``.
        after: label of the turn before, for a message that leans on it.
        tier, subject: how urgent and about whom, for danger and distress.
    """

    message: Message
    text: str
    label: str
    after: str | None
    tier: str
    subject: str


def examples_of(training_data: TrainingData) -> list[Example]:
    """Return the NLU examples with their full labels (``faq/medicaid``) and, for follow-ups, what they lean on."""
    result = []
    for message in training_data.intent_examples:
        text = message.get(TEXT)
        label = message.get(INTENT_RESPONSE_KEY) or message.get("intent")
        if not text or not label:
            continue
        metadata = (message.get("metadata") or {}).get("intent") or {}
        tier, subject = metadata.get("tier", "T0"), metadata.get("subject", "self")
        result.append(Example(message, normalise(text), label, metadata.get("after"), tier, subject))
    return result


def questions_of(training_data: TrainingData) -> dict[str, str]:
    """Return for each topic label the plain question from its response's metadata."""
    result = {}
    for name, variants in training_data.responses.items():
        question = (variants[0].get("metadata") or {}).get("question")
        if question:
            result[name.removeprefix("utter_")] = question
    return result


def code_version() -> str:
    """Return a fingerprint of the modules that shape training."""
    digest = hashlib.sha256()
    weights = (READER.name, SECOND_LOOK.name)
    for name in (*weights, "encoder.py", "reading.py", "terms.py", "text.py", "topic_model.py", "weights.py"):
        digest.update(Path(__file__).with_name(name).read_bytes())
    for name in ("score.py", "taxonomy.py"):
        digest.update(Path(taxonomy.__file__).with_name(name).read_bytes())
    return digest.hexdigest()[:12]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class SentenceEncoder(GraphComponent):
    """Sets the `Reading` of each message."""

    # The encoder leaves Python's lock free for a millisecond.
    _meanwhile = ThreadPoolExecutor(max_workers=1, thread_name_prefix="wording")

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the defaults.

        `code` makes Rasa's cache train anew when the modules behind the components change; it looks at theirs only.
        """
        return {"code": code_version()}

    def __init__(
        self,
        model_storage: ModelStorage,
        resource: Resource,
        encoder: Encoder | None = None,
        vocabulary: Vocabulary | None = None,
        questions: dict[str, str] | None = None,
    ) -> None:
        """Take the parts; `create` and `load` are Rasa's ways in."""
        self._model_storage = model_storage
        self._resource = resource
        self._encoder = encoder
        self._vocabulary = vocabulary
        self._questions = questions or {}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceEncoder:
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
    ) -> SentenceEncoder:
        """Read the encoder of a trained model."""
        with model_storage.read_from(resource) as folder:
            questions = json.loads((folder / _QUESTIONS).read_text(encoding="utf-8"))
            vocabulary = joblib.load(folder / _VOCABULARY)
            return cls(model_storage, resource, Encoder(folder / _GRAPH), vocabulary, questions)

    def train(self, training_data: TrainingData) -> Resource:
        """Build the graph from the adapted weights and collect the n-grams of all messages."""
        started = time.monotonic()
        self._questions = questions_of(training_data)
        self._vocabulary = Vocabulary.fit([example.text for example in examples_of(training_data)])
        weights, _ = load_adapted()
        with self._model_storage.write_to(self._resource) as folder:
            build(weights, folder / _GRAPH)
            (folder / _QUESTIONS).write_text(json.dumps(self._questions), encoding="utf-8")
            joblib.dump(self._vocabulary, folder / _VOCABULARY)
            self._encoder = Encoder(folder / _GRAPH)
        logger.info("The encoder is ready after %.0f s.", time.monotonic() - started)
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Set the `Reading` of each training message, without clauses."""
        encoder, vocabulary = self._trained()
        examples = examples_of(training_data)
        topical = [row for row, example in enumerate(examples) if group(example.label) not in NO_TOPICS]
        with ThreadPoolExecutor(max_workers=1) as pool:
            encoding = pool.submit(encoder.encode_many, [examples[row].text for row in topical])
            wording = vocabulary([example.text for example in examples])
            vectors = dict(zip(topical, encoding.result(), strict=True))
        for row, example in enumerate(examples):
            vector = vectors[row][None] if row in vectors else _NO_VECTORS
            question = self._questions[example.after] if example.after else None
            words = wording[row]
            reading = Reading(example.text, (), vector, None, words, True, example.after, question, encoder.encode)
            example.message.set(READING, reading)
        return training_data

    def process(self, messages: list[Message], tracker: DialogueStateTracker | None = None) -> list[Message]:
        """Set the `Reading` of each message; `tracker` is the conversation before it."""
        for message in messages:
            message.set(READING, self._read(message.get(TEXT) or "", tracker))
        return messages

    def _read(self, text: str, tracker: DialogueStateTracker | None) -> Reading:
        text = normalise(text)
        after = topic_before(tracker)
        question = self._questions.get(after) if after else None
        encoder, vocabulary = self._trained()
        spans = clauses(text)
        pieces = tuple(text[begin:end] for begin, end in spans)
        wording = self._meanwhile.submit(vocabulary, (text, *pieces))
        vectors, tokens = encoder.encode_parts(text, spans)
        known = vocabulary.knows(text)
        leans_on = after if question else None
        return Reading(text, pieces, vectors, tokens, wording.result(), known, leans_on, question, encoder.encode)

    def _trained(self) -> tuple[Encoder, Vocabulary]:
        if self._encoder is None or self._vocabulary is None:
            raise RuntimeError("The encoder has not been trained or loaded.")
        return self._encoder, self._vocabulary


def topic_before(tracker: DialogueStateTracker | None) -> str | None:
    """Return the label of the last topic that was answered within the last turns, or None."""
    if tracker is None:
        return None
    turns = 0
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            topics = (event.parse_data or {}).get("topics")
            if topics:
                # Of two topics the last one asked, but never the mere note that something is not covered.
                answered = [label for label in topics if group(label) == FAQ]
                return str((answered or topics)[-1])
            turns += 1
            if turns == _REACH:
                break
    return None

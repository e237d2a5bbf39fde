"""Graph component: learns danger from examples and says for each message what is heard; rules and score together."""

from __future__ import annotations

import logging
import time
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from helpline.crisis.detector import as_parse_data, detect
from helpline.crisis.modifiers import modifiers_of
from helpline.crisis.score import CrisisModel, LabelledMessage, Scored
from helpline.crisis.taxonomy import CATEGORIES, NONE, Tier
from helpline.nlu.encoder import SecondLook, build
from helpline.nlu.reading import READING, Reading
from helpline.nlu.sentence_encoder import code_version, examples_of
from helpline.nlu.weights import SECOND_LOOK, load_adapted

logger = logging.getLogger(__name__)

# Under this key a message's parse data carry what was heard, as `as_parse_data` gives it.
CRISIS_KEY = "crisis"
DETECTION = "detection"
# And under this one what else asks for a line in the reply.
MODIFIERS = "modifiers"
_MODEL = "crisis.joblib"
_SECOND_GRAPH = "second_look.onnx"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class CrisisDetector(GraphComponent):
    """Sets the `Detection` of each message, before topics are decided."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the defaults; thresholds are in `helpline.crisis.detector`, `code` is explained at the encoder."""
        return {"code": code_version()}

    def __init__(
        self,
        model_storage: ModelStorage,
        resource: Resource,
        model_id: str = "",
        model: CrisisModel | None = None,
        second_look: SecondLook | None = None,
    ) -> None:
        """Take the parts; `create` and `load` are Rasa's ways in."""
        self._model_storage = model_storage
        self._resource = resource
        self._model_id = model_id
        self._model = model
        self._second_look = second_look

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> CrisisDetector:
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
    ) -> CrisisDetector:
        """Read a trained model."""
        with model_storage.read_from(resource) as folder:
            model, second_look = CrisisModel.load(folder / _MODEL), SecondLook(folder / _SECOND_GRAPH)
        return cls(model_storage, resource, execution_context.model_id or "", model, second_look)

    def train(self, training_data: TrainingData) -> Resource:
        """Fit the score on all messages: those about danger and distress by category, all others as ``none``."""
        started = time.monotonic()
        rows = []
        for example in examples_of(training_data):
            category = example.label.split("/", 1)[-1]
            known = category in CATEGORIES and category != NONE
            rows.append(
                LabelledMessage(
                    example.message.get(READING),
                    category if known else NONE,
                    Tier.of(example.tier) if known else Tier.T0,
                    example.subject,
                )
            )
        _, heads = load_adapted()
        second_weights, second_heads = load_adapted(SECOND_LOOK.path)
        with self._model_storage.write_to(self._resource) as folder:
            build(second_weights, folder / _SECOND_GRAPH, SECOND_LOOK)
            self._second_look = SecondLook(folder / _SECOND_GRAPH)
            self._model = CrisisModel.fit(rows, heads, second_heads)
            self._model.save(folder / _MODEL)
        logger.info("Danger learned from %d messages in %.0f s.", len(rows), time.monotonic() - started)
        return self._resource

    def scores(self, reading: Reading) -> list[Scored]:
        """Return what the learned model thinks of the whole message and of each clause.

        Raises:
            RuntimeError: if nothing was trained or loaded.
        """
        return self._trained().score(reading, self._second_look)

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the detection of messages that carry a `Reading`."""
        model = self._trained()
        for message in messages:
            started = time.perf_counter()
            found = detect(message.get(TEXT) or "", message.get(READING), model, self._second_look)
            milliseconds = (time.perf_counter() - started) * 1000
            message.set(DETECTION, found)
            if found.tier > Tier.T0:
                heard = as_parse_data(found, milliseconds, self._model_id)
                text = message.get(TEXT) or ""
                message.set(CRISIS_KEY, heard, add_to_output=True)
                message.set(MODIFIERS, list(modifiers_of(text, found.category, found.subject)), add_to_output=True)
        return messages

    def _trained(self) -> CrisisModel:
        if self._model is None:
            raise RuntimeError("The crisis detector has not been trained or loaded.")
        return self._model


def last_heard(
    tracker: DialogueStateTracker | None, turns: int | None = None, least: Tier = Tier.T1
) -> dict[str, Any] | None:
    """Return what was heard in the latest turn with danger or distress, as parse data have it, or None.

    Args:
        tracker: the conversation.
        turns: how many of the person's messages to look back; None for all at hand.
        least: what is less urgent is passed over.
    """
    said = [event for event in tracker.events if isinstance(event, UserUttered)] if tracker else []
    heard = ((event.parse_data or {}).get(CRISIS_KEY) for event in reversed(said[-turns:] if turns else said))
    return next((dict(found) for found in heard if found and Tier.of(found["tier"]) >= least), None)

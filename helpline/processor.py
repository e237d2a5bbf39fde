"""Rasa's processor with a lean way through a message: the graph in plain order, no dask, and no needless copies.

Rasa runs its graph through dask, which plans every run anew. A turn has three runs, so that planning costs more than
rules and replies together (`make bench`). All of this hangs on Rasa's own classes; nothing is replaced.
"""

from __future__ import annotations

import asyncio
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rasa.core.actions.action import Action, ActionBotResponse, ActionListen, ActionSessionStart, RemoteAction
from rasa.core.actions.forms import FormAction
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.nlg import NaturalLanguageGenerator
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.engine import loader
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.engine.graph import ExecutionContext, GraphNode, GraphNodeHook, GraphSchema
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.storage import ModelMetadata, ModelStorage
from rasa.exceptions import ActionLimitReached
from rasa.shared.core.constants import ACTION_EXTRACT_SLOTS
from rasa.shared.core.events import ActionExecutionRejected, Event
from rasa.shared.core.trackers import DialogueStateTracker

from helpline.crisis.taxonomy import Detection
from helpline.fit_check.dialogue import FORM
from helpline.fit_check.form import FitCheckForm
from helpline.known_domain import KnowingStorage, with_known_domain
from helpline.nlu.crisis_detector import DETECTION, CrisisDetector
from helpline.storage.redaction import redact

logger = logging.getLogger(__name__)

_ACTION_SECONDS = 5.0


class InOrderRunner(GraphRunner):
    """Runs the nodes that a target needs one after the other; the order is worked out once for each target.

    For graphs whose nodes are loaded at once (`eager`), as all of a trained model are.
    """

    def __init__(self, schema: GraphSchema, nodes: dict[str, GraphNode]) -> None:
        """Take the graph and its loaded nodes; `create` is Rasa's way in."""
        self._schema = schema
        self._nodes = nodes
        self._orders: dict[tuple[str, ...], list[tuple[str, dict[str, str]]]] = {}

    @classmethod
    def create(
        cls,
        graph_schema: GraphSchema,
        model_storage: ModelStorage,
        execution_context: ExecutionContext,
        hooks: list[GraphNodeHook] | None = None,
    ) -> InOrderRunner:
        """Load every node."""
        nodes = {
            name: GraphNode.from_schema_node(name, node, model_storage, execution_context, hooks)
            for name, node in with_known_domain(graph_schema, model_storage).nodes.items()
        }
        return cls(graph_schema, nodes)

    def run(self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None) -> dict[str, Any]:
        """Return the targets' outputs by name; `inputs` are given nodes by name.

        Raises:
            KeyError: if a node's input is neither given nor made by another one.
            Exception: whatever a component raises.
        """
        wanted = tuple(targets or self._schema.target_names)
        if wanted not in self._orders:
            self._orders[wanted] = self._order(wanted)
        results = dict(inputs or {})
        for name, needs in self._orders[wanted]:
            # Not through the node's own call, which checks and logs at every step what a trained graph cannot lack.
            node = self._nodes[name]
            given = {parameter: results[need] for parameter, need in needs.items()}
            results[name] = node._fn(node._component, **given)
        return {name: results[name] for name in wanted}

    def _order(self, targets: tuple[str, ...]) -> list[tuple[str, dict[str, str]]]:
        schema = self._schema.minimal_graph_schema(list(targets))
        order: dict[str, dict[str, str]] = {}

        def place(name: str) -> None:
            if name in order or name not in schema.nodes:
                return
            needs = schema.nodes[name].needs
            for need in needs.values():
                place(need)
            order[name] = needs

        for target in targets:
            place(target)
        return list(order.items())


class Processor(MessageProcessor):
    """Rasa's processor with our runner."""

    # For the guard, which asks when a turn hangs.
    _detectors = ThreadPoolExecutor(max_workers=1, thread_name_prefix="detector")
    # The encoder leaves Python's lock free for a millisecond, time enough for what else needs only the text. Not in the
    # encoder's own helping thread: a message that is slow to redact must not hold up one that is read for danger.
    _ahead = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ahead")

    @staticmethod
    def _load_model(model_path: str | Path) -> tuple[str, ModelMetadata, GraphRunner]:
        with TemporaryDirectory() as folder:
            metadata, runner = loader.load_predict_graph_runner(
                Path(folder), Path(model_path), KnowingStorage, InOrderRunner
            )
        return os.path.basename(model_path), metadata, runner

    async def parse_message(
        self,
        message: UserMessage,
        tracker: DialogueStateTracker | None = None,
        only_output_properties: bool = True,
    ) -> dict[str, Any]:
        """Return what the pipeline found in a message (intent, topics ...), as Rasa does.

        Rasa would also compare the intent with the domain's, which `rasa data validate` has done before.
        """
        tracker = tracker or DialogueStateTracker.from_events(message.sender_id, [])
        # Remembered until the turn is stored.
        self._ahead.submit(redact, message.text)
        parsed = self._parse_message_with_graph(message, tracker, only_output_properties)
        self._update_full_retrieval_intent(parsed)
        return parsed

    def _has_session_expired(self, tracker: DialogueStateTracker) -> bool:
        # A question of the check that waits, above all the one about danger, may be answered hours later.
        return tracker.active_loop_name != FORM and super()._has_session_expired(tracker)

    def predict_next_with_tracker_if_should(self, tracker: DialogueStateTracker) -> tuple[Action, PolicyPrediction]:
        """Return the next action, ours in the place of Rasa's where it calls the action server.

        Raises:
            ActionLimitReached: if there were too many in this turn.
        """
        goes_on = self.should_predict_another_action(tracker.latest_action_name)
        if self.is_action_limit_reached(tracker, goes_on):
            raise ActionLimitReached("The limit of actions to predict has been reached.")
        prediction = self._predict_next_with_tracker(tracker)
        action = self._get_action(self.domain.action_names_or_texts[prediction.max_confidence_index])
        if isinstance(action, FormAction):
            action = FitCheckForm(action.name(), self.action_endpoint)
        elif isinstance(action, RemoteAction):
            action = BoundedAction(action.name(), self.action_endpoint)
        return action, prediction

    def _get_action(self, action_name: str) -> Action:
        # Rasa would make its twelve own actions anew each time; none remembers anything, and forms are replaced.
        if action_name not in self._actions:
            self._actions[action_name] = super()._get_action(action_name)
        return self._actions[action_name]

    @cached_property
    def _actions(self) -> dict[str, Action]:
        return {}

    async def run_action_extract_slots(
        self, output_channel: OutputChannel, tracker: DialogueStateTracker
    ) -> DialogueStateTracker:
        """Set the slots that a message fills, as Rasa does, and return the tracker."""
        extraction = self._get_action(ACTION_EXTRACT_SLOTS)
        events = await extraction.run(output_channel, self.nlg, tracker, self.domain)
        await self._send_bot_messages(events, tracker, output_channel)
        tracker.update_with_events(events, self.domain)
        return tracker

    async def _run_action(
        self,
        action: Action,
        tracker: DialogueStateTracker,
        output_channel: OutputChannel,
        nlg: NaturalLanguageGenerator,
        prediction: PolicyPrediction,
    ) -> bool:
        # Listening does nothing, and these only read; Rasa would replay the whole conversation into a copy for each.
        if isinstance(action, ActionListen):
            self._log_action_on_tracker(tracker, action, [], prediction)
            return False
        if isinstance(action, (ActionBotResponse, ActionSessionStart)):
            tracker.update_with_events(prediction.events, self.domain)
            try:
                events = await action.run(output_channel, nlg, tracker, self.domain)
            except Exception:
                logger.exception("The action %s failed; the turn goes on.", action.name())
                events = []
            tracker.update(action.event_for_successful_execution(prediction))
            tracker.update_with_events(events, self.domain)
            await self._send_bot_messages(events, tracker, output_channel)
            return self.should_predict_another_action(action.name())
        return await super()._run_action(action, tracker, output_channel, nlg, prediction)

    def _log_action_on_tracker(
        self, tracker: DialogueStateTracker, action: Action, events: list[Event] | None, prediction: PolicyPrediction
    ) -> None:
        # Rasa would copy all events in depth for two lines of its log that are dropped.
        events = events or []
        if not any(isinstance(event, ActionExecutionRejected) for event in events):
            tracker.update_with_events(prediction.events, self.domain)
            tracker.update(action.event_for_successful_execution(prediction))
        tracker.update_with_events(events, self.domain)

    async def detect(self, text: str) -> Detection:
        """Return what the crisis detector hears in a message, outside any conversation."""
        return await asyncio.get_running_loop().run_in_executor(self._detectors, self._detect, text)

    def _detect(self, text: str) -> Detection:
        inputs = {PLACEHOLDER_MESSAGE: [UserMessage(text)], PLACEHOLDER_TRACKER: None}
        node = next(name for name in self.model_metadata.predict_schema.nodes if CrisisDetector.__name__ in name)
        message = self.graph_runner.run(inputs, [node])[node][0]
        return message.get(DETECTION)


class BoundedAction(RemoteAction):
    """A custom action that may take some seconds at most: Rasa would wait for five minutes, and the person with it."""

    async def run(self, *arguments: Any, **keywords: Any) -> list[Event]:
        """Call the action server.

        Raises:
            asyncio.TimeoutError: if it does not answer in time.
            Exception: whatever Rasa's own action raises; the turn goes on without this action's events then.
        """
        return await asyncio.wait_for(super().run(*arguments, **keywords), _ACTION_SECONDS)

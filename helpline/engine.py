"""Rasa's agent with a lean way through a message, in a thread of its own: the graph in plain order, no dask.

Rasa runs its graph through dask, which plans every run anew. A turn has three runs, so that planning costs more than
rules and replies together (`make bench`). Whatever blocks Rasa's event loop must not block the guard, which answers in
its place; so the loop of the channels is another one. All of this hangs on Rasa's own classes; nothing is replaced.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rasa.core.actions.action import Action, ActionListen, RemoteAction
from rasa.core.actions.forms import FormAction
from rasa.core.agent import Agent
from rasa.core.brokers.broker import EventBroker
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.lock_store import LockStore
from rasa.core.nlg import NaturalLanguageGenerator
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import TrackerStore
from rasa.core.utils import AvailableEndpoints
from rasa.engine import loader
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.engine.graph import ExecutionContext, GraphNode, GraphNodeHook, GraphSchema
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.storage import ModelMetadata, ModelStorage
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker

from helpline.crisis.taxonomy import Detection
from helpline.fit_check.dialogue import FORM
from helpline.fit_check.form import FitCheckForm
from helpline.known_domain import KnowingStorage, with_known_domain
from helpline.nlu.crisis_detector import DETECTION, CrisisDetector
from helpline.storage.tracker_store import ConversationStore

logger = logging.getLogger(__name__)

_ACTION_SECONDS = 5.0


class InOrderRunner(GraphRunner):
    """Runs the nodes that a target needs one after the other; the order is worked out once for each target."""

    def __init__(self, schema: GraphSchema, nodes: dict[str, GraphNode]) -> None:
        """Take the graph and its loaded nodes; `create` is Rasa's way in."""
        self._schema = schema
        self._nodes = nodes
        self._orders: dict[tuple[str, ...], list[tuple[str, list[str]]]] = {}

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
        """Return the targets' outputs by name; `inputs` are given nodes by name."""
        wanted = tuple(targets or self._schema.target_names)
        if wanted not in self._orders:
            self._orders[wanted] = self._order(wanted)
        results = {name: (name, value) for name, value in (inputs or {}).items()}
        for name, needs in self._orders[wanted]:
            # A need that nobody gives is passed by name, and the node says what it misses.
            results[name] = self._nodes[name](*(results.get(need, need) for need in needs))
        return dict(results[name] for name in wanted)

    def _order(self, targets: tuple[str, ...]) -> list[tuple[str, list[str]]]:
        schema = self._schema.minimal_graph_schema(list(targets))
        order: dict[str, list[str]] = {}

        def place(name: str) -> None:
            if name in order or name not in schema.nodes:
                return
            needs = list(schema.nodes[name].needs.values())
            for need in needs:
                place(need)
            order[name] = needs

        for target in targets:
            place(target)
        return list(order.items())


class Processor(MessageProcessor):
    """Rasa's processor with our runner."""

    # For the guard, which asks when a turn hangs.
    _detectors = ThreadPoolExecutor(max_workers=1, thread_name_prefix="detector")

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
        parsed = self._parse_message_with_graph(message, tracker, only_output_properties)
        self._update_full_retrieval_intent(parsed)
        return parsed

    def _has_session_expired(self, tracker: DialogueStateTracker) -> bool:
        # A question of the check that waits, above all the one about danger, may be answered hours later.
        return tracker.active_loop_name != FORM and super()._has_session_expired(tracker)

    def predict_next_with_tracker_if_should(self, tracker: DialogueStateTracker) -> tuple[Action, PolicyPrediction]:
        """Return the next action, ours in the place of Rasa's where it calls the action server."""
        action, prediction = super().predict_next_with_tracker_if_should(tracker)
        if isinstance(action, FormAction):
            action = FitCheckForm(action.name(), self.action_endpoint)
        elif isinstance(action, RemoteAction):
            action = BoundedAction(action.name(), self.action_endpoint)
        return action, prediction

    async def _run_action(
        self,
        action: Action,
        tracker: DialogueStateTracker,
        output_channel: OutputChannel,
        nlg: NaturalLanguageGenerator,
        prediction: PolicyPrediction,
    ) -> bool:
        # Listening does nothing; Rasa would replay the whole conversation into a copy for it.
        if isinstance(action, ActionListen):
            self._log_action_on_tracker(tracker, action, [], prediction)
            return False
        return await super()._run_action(action, tracker, output_channel, nlg, prediction)

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


class HelplineAgent(Agent):
    """Rasa's agent with our processor, in a thread and event loop of its own."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        """Take Rasa's arguments and start the thread, which ends with the process."""
        super().__init__(*arguments, **keywords)
        # Rasa wraps the store into another one that cannot delete.
        self._conversations = keywords["tracker_store"]
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="conversations", daemon=True).start()

    async def handle_message(self, message: UserMessage) -> list[dict[str, Any]] | None:
        """Let Rasa handle a message there and return what Rasa returns; called from any event loop."""
        turn = asyncio.run_coroutine_threadsafe(super().handle_message(message), self._loop)
        return await asyncio.wrap_future(turn)

    async def forget(self, conversation_id: str) -> None:
        """Delete a conversation from memory and database; called from any event loop.

        Raises:
            Exception: whatever the store raises; the conversation may then still be there.
        """
        deletion = asyncio.run_coroutine_threadsafe(self._conversations.delete(conversation_id), self._loop)
        await asyncio.wrap_future(deletion)

    async def detect(self, text: str) -> Detection:
        """Return what the model's crisis detector hears in a message.

        Raises:
            RuntimeError: if there is no model.
        """
        if not isinstance(self.processor, Processor):
            raise RuntimeError("There is no model.")
        return await self.processor.detect(text)

    def load_model(self, model_path: str | Path, fingerprint: str | None = None) -> None:
        """Load a model archive and serve it from the next message on.

        Raises:
            Exception: whatever loading raises; the model before stays in use then.
        """
        self._serve(self.prepare(model_path))
        self._set_fingerprint(fingerprint)

    def prepare(self, model_path: str | Path) -> Processor:
        """Load a model archive beside the one that is served; takes seconds, in whichever thread it is called.

        Raises:
            Exception: whatever loading raises.
        """
        return Processor(
            model_path=model_path,
            tracker_store=self.tracker_store,
            lock_store=self.lock_store,
            action_endpoint=self.action_endpoint,
            generator=self.nlg,
        )

    async def switch(self, processor: Processor) -> None:
        """Serve what `prepare` returned from the next message on; a turn that runs ends with the model before."""

        async def between_steps() -> None:
            self._serve(processor)

        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(between_steps(), self._loop))

    def _serve(self, processor: Processor) -> None:
        self.processor = processor
        self.domain = processor.domain
        self.tracker_store.domain = self.domain
        if isinstance(self._conversations, ConversationStore):
            self._conversations.add_slots()
        if hasattr(self.nlg, "responses"):
            self.nlg.responses = self.domain.responses if self.domain else {}


async def load_agent(model: Path, endpoints: AvailableEndpoints) -> HelplineAgent:
    """Return an agent with the stores and endpoints of endpoints.yml and this model.

    With a model that cannot be loaded it is not ready (`is_ready`), and the guard gives the numbers in its place.
    """
    broker = await EventBroker.create(endpoints.event_broker)
    agent = HelplineAgent(
        generator=endpoints.nlg,
        tracker_store=TrackerStore.create(endpoints.tracker_store, event_broker=broker),
        lock_store=LockStore.create(endpoints.lock_store),
        action_endpoint=endpoints.action,
    )
    try:
        agent.load_model(model)
    except Exception:
        logger.exception("The model %s cannot be loaded. Run `make train`.", model)
    return agent

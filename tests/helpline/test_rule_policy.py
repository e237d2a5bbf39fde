from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    Event,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from helpline.rule_policy import IntentRulePolicy
from helpline.training import live_model

# Rasa says so of any domain whose slots have mappings when it reads a model.
pytestmark = pytest.mark.filterwarnings("ignore:Slot auto-fill has been removed")

Policies = tuple[RulePolicy, IntentRulePolicy, Domain]


@pytest.fixture(scope="module")
def policies(tmp_path_factory: pytest.TempPathFactory) -> Policies:
    """Return the rules of the trained model twice, in Rasa's policy and in ours, and the domain."""
    storage, metadata = LocalModelStorage.from_model_archive(tmp_path_factory.mktemp("model"), live_model().path)
    node = next(node for node in metadata.predict_schema.nodes.values() if node.uses is IntentRulePolicy)
    context = ExecutionContext(GraphSchema({}), "tests")
    rasas, ours = (
        kind.load({**kind.get_default_config(), **node.config}, storage, node.resource, context)
        for kind in (RulePolicy, IntentRulePolicy)
    )
    return rasas, ours, metadata.domain


def intent_of(name: str) -> dict[str, object]:
    return {"name": name, "confidence": 1.0}


INTENTS = ["faq", "crisis", "fit_check", "fit_check_and_question", "two_questions", "greet", "no_such_intent"]
ACTIONS = ["action_answer", "fit_check_form", "utter_first_answer", "action_escalate_crisis", "action_listen"]
EVENTS = st.one_of(
    st.sampled_from(INTENTS).map(lambda name: [ActionExecuted("action_listen"), UserUttered("x", intent_of(name))]),
    st.sampled_from(ACTIONS).map(lambda name: [ActionExecuted(name)]),
    st.sampled_from(["fit_check_form", None]).map(lambda name: [ActiveLoop(name)]),
    st.sampled_from(["age", None]).map(lambda value: [SlotSet("requested_slot", value)]),
    st.sampled_from([[Restarted()], [SessionStarted()], [UserUtteranceReverted()]]),
    st.just([ActionExecutionRejected("fit_check_form")]),
)


@settings(max_examples=300, deadline=None)
@given(parts=st.lists(EVENTS, min_size=1, max_size=14))
def test_predicts_as_rasas_rule_policy_does(policies: Policies, parts: list[list[Event]]) -> None:
    rasas, ours, domain = policies
    events = [event for part in parts for event in part]

    def predict(policy: RulePolicy) -> tuple[list[float], list[Event] | None]:
        tracker = DialogueStateTracker.from_events("p", events, slots=domain.slots, domain=domain)
        found = policy.predict_action_probabilities(tracker, domain)
        return found.probabilities, found.events

    assert predict(rasas) == predict(ours)


def test_an_intent_finds_its_rule_and_an_unknown_one_none(policies: Policies) -> None:
    _, ours, domain = policies

    def confidence(intent: str) -> float:
        events = [ActionExecuted("action_listen"), UserUttered("x", intent_of(intent))]
        tracker = DialogueStateTracker.from_events("p", events, slots=domain.slots, domain=domain)
        return max(ours.predict_action_probabilities(tracker, domain).probabilities)

    assert confidence("crisis") == 1.0
    assert confidence("no_such_intent") == 0.0

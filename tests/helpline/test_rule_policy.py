from __future__ import annotations

from collections.abc import Callable

import pytest
from rasa.core.policies.rule_policy import RulePolicy
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, UserUttered
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.trackers import DialogueStateTracker

from helpline.rule_policy import IntentRulePolicy

DOMAIN = Domain.from_yaml('version: "3.1"\nintents: [faq, bye]\nactions: [action_answer]\n')


def rule(intent: str, action: str) -> TrackerWithCachedStates:
    events = [ActionExecuted("..."), ActionExecuted("action_listen"), UserUttered(intent=intent_of(intent))]
    events += [ActionExecuted(action), ActionExecuted("action_listen")]
    tracker = TrackerWithCachedStates.from_events("rule", events, domain=DOMAIN, slots=DOMAIN.slots)
    tracker.is_rule_tracker = True
    return tracker


def intent_of(name: str) -> dict[str, object]:
    return {"name": name, "confidence": 1.0}


@pytest.mark.parametrize("intent", ["faq", "bye"])
def test_predicts_as_rasas_rule_policy_does(component_parts: Callable[[str], tuple], intent: str) -> None:
    predictions = []
    for kind in (RulePolicy, IntentRulePolicy):
        config = {**kind.get_default_config(), "enable_fallback_prediction": False}
        policy = kind.create(config, *component_parts(f"{kind.__name__}-{intent}"))
        policy.train([rule("faq", "action_answer")], DOMAIN)
        said = UserUttered("what is it", intent=intent_of(intent))
        tracker = DialogueStateTracker.from_events("p", [ActionExecuted("action_listen"), said], domain=DOMAIN)
        predictions.append(policy.predict_action_probabilities(tracker, DOMAIN).probabilities)
    assert predictions[0] == predictions[1]
    assert (max(predictions[1]) == 1.0) is (intent == "faq")

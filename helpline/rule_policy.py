"""Rasa's rule policy for rules that name intents, which are all of ours: the same predictions, sooner."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from rasa.core.policies.rule_policy import RULES, RulePolicy
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.constants import PREVIOUS_ACTION, USER
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.events import ActionExecuted
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ACTION_NAME, INTENT

# What the last state of a rule and of a conversation have in common: the action before, and the intent.
_Ends = tuple[str, str]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class IntentRulePolicy(RulePolicy):
    """Looks only at rules that end as the conversation does, and at as many of its states as the longest of them has.

    Rasa would go through all rules twice, first for the message's very words, and describe every state of the
    conversation anew.
    """

    def __init__(self, *arguments: Any, lookup: dict[str, Any] | None = None, **keywords: Any) -> None:
        """Take Rasa's arguments; `lookup` holds the rules where they are trained already."""
        super().__init__(*arguments, lookup=lookup, **keywords)
        self._by_end: dict[_Ends, dict[str, str]] = defaultdict(dict)
        # How many states the longest of them has.
        self._reach: dict[_Ends, int] = defaultdict(int)
        for key, action in (lookup or {}).get(RULES, {}).items():
            states = self._rule_key_to_state(key)
            end = _end(states[-1])
            self._by_end[end][key] = action
            self._reach[end] = max(self._reach[end], len(states))

    def _find_action_from_rules(
        self, tracker: DialogueStateTracker, domain: Domain, use_text_for_last_user_input: bool
    ) -> tuple[str | None, str | None, bool]:
        if use_text_for_last_user_input:
            return None, None, False
        return super()._find_action_from_rules(tracker, domain, use_text_for_last_user_input)

    def _prediction_states(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        use_text_for_last_user_input: bool = False,
        rule_only_data: dict[str, Any] | None = None,
    ) -> list[State]:
        if not self._reach:
            return super()._prediction_states(tracker, domain, use_text_for_last_user_input, rule_only_data)
        last = domain.get_active_state(tracker)
        # Within a form, rules that lead out of it are asked as well.
        reach = max(self._reach.values()) if tracker.active_loop_name else self._reach_of(last)
        states = [*self._states_before(tracker, domain, reach - 1), last]
        self.featurizer._choose_last_user_input([states], use_text_for_last_user_input)
        return states

    def _reach_of(self, last: State) -> int:
        action, intent = _end(last)
        return max(self._reach.get((action, intent), 1), self._reach.get((action, ""), 1))

    @staticmethod
    def _states_before(tracker: DialogueStateTracker, domain: Domain, most: int) -> list[State]:
        """Return the states before the last one, `most` at most."""
        if most < 1:
            return []
        events = tracker.applied_events()
        ahead = sum(isinstance(event, ActionExecuted) for event in events)
        # Slots without features are in no state; without any, Rasa's slots made on demand take their events.
        telling = any(slot.has_features() for slot in tracker.slots.values())
        replayed = tracker.init_copy() if telling else DialogueStateTracker(tracker.sender_id, None)
        states = []
        for event in events:
            if isinstance(event, ActionExecuted):
                if ahead <= most:
                    states.append(domain.get_active_state(replayed))
                if ahead == 1:
                    break
                ahead -= 1
            replayed.update(event)
        return states

    def _get_possible_keys(self, lookup: dict[str, str], states: list[State]) -> set[str]:
        action, intent = _end(states[-1])
        if self._reach and action and lookup is self.lookup[RULES]:
            lookup = {**self._by_end.get((action, intent), {}), **self._by_end.get((action, ""), {})}
        return super()._get_possible_keys(lookup, states)


def _end(state: State) -> _Ends:
    return state.get(PREVIOUS_ACTION, {}).get(ACTION_NAME, ""), state.get(USER, {}).get(INTENT, "")

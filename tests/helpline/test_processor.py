from __future__ import annotations

import asyncio
import time
import warnings
from pathlib import Path
from typing import Any

import pytest
from rasa.core.actions.action import Action, action_for_name_or_text
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.core.nlg import NaturalLanguageGenerator
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.engine.graph import ExecutionContext, GraphComponent, GraphSchema, SchemaNode
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, LoopInterrupted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from helpline.fit_check.dialogue import FORM
from helpline.processor import InOrderRunner, Processor
from helpline.storage.redaction import redact

calls: list[str] = []


class Add(GraphComponent):
    """Adds its inputs and notes that it ran."""

    @classmethod
    def create(cls, config: dict[str, Any], **_: Any) -> Add:
        return cls()

    def add(self, first: int, second: int) -> int:
        calls.append(f"{first}+{second}")
        return first + second


def node(first: str, second: str) -> SchemaNode:
    return SchemaNode({"first": first, "second": second}, Add, "create", "add", {}, eager=True)


SCHEMA = GraphSchema(
    {
        "last": node("left", "right"),
        "left": node("one", "two"),
        "right": node("left", "two"),
        "unrelated": node("one", "one"),
    }
)


def runner(kind: type[GraphRunner], folder: Path) -> GraphRunner:
    return kind.create(SCHEMA, LocalModelStorage(folder), ExecutionContext(SCHEMA, "model"))


def test_runs_what_a_target_needs_once_and_as_rasa_does(tmp_path: Path) -> None:
    calls.clear()
    inputs = {"one": 1, "two": 2}
    result = runner(InOrderRunner, tmp_path).run(inputs, ["last"])
    assert result == {"last": 8} == runner(DaskGraphRunner, tmp_path).run(inputs, ["last"])
    assert calls[:3] == ["1+2", "3+2", "3+5"]
    assert "1+1" not in calls


def test_a_second_run_starts_afresh(tmp_path: Path) -> None:
    ours = runner(InOrderRunner, tmp_path)
    assert [ours.run({"one": one, "two": 2}, ["right"])["right"] for one in (1, 5)] == [5, 9]


def test_a_missing_input_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="'two'"):
        runner(InOrderRunner, tmp_path).run({"one": 1}, ["left"])


@pytest.mark.parametrize("fails", [False, True])
def test_a_message_is_redacted_while_it_is_read(fails: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    class Reads(Processor):
        def __init__(self) -> None:
            pass

        def _parse_message_with_graph(self, message: UserMessage, *_: Any) -> dict[str, Any]:
            self._ahead.submit(int).result()
            return {"text": message.text}

        def _update_full_retrieval_intent(self, parsed: dict[str, Any]) -> None:
            pass

    if fails:
        monkeypatch.setattr("helpline.processor.redact", lambda text: 1 / 0)
    redact.cache_clear()
    text = "my name is Xaver Huber"
    assert asyncio.run(Reads().parse_message(UserMessage(text))) == {"text": text}
    assert redact.cache_info().currsize == (not fails)
    assert redact(text) == "my name is [name]"
    assert redact.cache_info().hits == (not fails)


def test_a_question_of_the_check_waits_longer_than_a_session() -> None:
    processor = object.__new__(Processor)
    processor.domain = Domain.from_yaml('version: "3.1"\nsession_config: {session_expiration_time: 60}')
    said = UserUttered("18 or older", timestamp=time.time() - 7200)
    for events, over in (([said], True), ([said, ActiveLoop(FORM)], False)):
        assert processor._has_session_expired(DialogueStateTracker.from_events("p", events)) is over


# Rasa warns of every slot that an older release would have filled.
with warnings.catch_warnings():
    warnings.simplefilter("ignore", UserWarning)
    DOMAIN = Domain.from_yaml(
        """
version: "3.1"
intents: [{faq: {use_entities: []}}]
slots: {seen: {type: bool, influence_conversation: false, mappings: [{type: from_intent, intent: faq, value: true}]}}
responses: {utter_hello: [{text: hi}]}
actions: [utter_hello]
"""
    )


class Counter(NaturalLanguageGenerator):
    """Says how many events it is shown, or fails."""

    def __init__(self, fails: bool) -> None:
        self.fails = fails

    async def generate(self, utter_action: str, tracker: DialogueStateTracker, *_: Any, **__: Any) -> dict[str, Any]:
        if self.fails:
            raise RuntimeError("No words.")
        return {"text": f"{len(tracker.events)} {tracker.get_slot('seen')}", "custom": {"kind": "info"}}


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("name", ["utter_hello", "action_session_start", "action_listen"])
def test_an_action_that_only_reads_leaves_what_it_leaves_with_rasa(name: str, fails: bool) -> None:
    prediction = PolicyPrediction.for_action_name(DOMAIN, name, "IntentRulePolicy")
    prediction.events = [LoopInterrupted(True)]
    action: Action = action_for_name_or_text(name, DOMAIN, None)
    left = []
    for kind in (MessageProcessor, Processor):
        processor = object.__new__(kind)
        processor.domain = DOMAIN
        before = [ActionExecuted("action_listen"), UserUttered("hello", {"name": "faq"}), SlotSet("seen", True)]
        tracker = DialogueStateTracker.from_events("p", before, DOMAIN.slots)
        channel = CollectingOutputChannel()
        goes_on = asyncio.run(processor._run_action(action, tracker, channel, Counter(fails), prediction))
        events = [{**event.as_dict(), "timestamp": 0} for event in tracker.events]
        left.append((goes_on, channel.messages, events, tracker.current_slot_values(), tracker.latest_action))
    assert left[0] == left[1]
    assert bool(left[1][1]) is (name == "utter_hello" and not fails)


def test_slots_are_filled_as_by_rasa() -> None:
    for intent, filled in (("faq", True), ("other", None)):
        left = []
        for kind in (MessageProcessor, Processor):
            processor = object.__new__(kind)
            processor.domain, processor.action_endpoint, processor.nlg = DOMAIN, None, None
            said = UserUttered("hello", {"name": intent})
            tracker = DialogueStateTracker.from_events("p", [said], DOMAIN.slots)
            asyncio.run(processor.run_action_extract_slots(CollectingOutputChannel(), tracker))
            left.append([{**event.as_dict(), "timestamp": 0} for event in tracker.events])
            assert tracker.get_slot("seen") is filled
        assert left[0] == left[1]

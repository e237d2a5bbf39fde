from __future__ import annotations

import inspect
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import ActionExecutor, CollectingDispatcher

import actions.privacy
from actions.base import SafeAction


class Working(SafeAction):
    def name(self) -> str:
        return "action_working"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[dict[str, Any]]:
        dispatcher.utter_message(text=f"for {tracker.sender_id}")
        return [{"event": "slot", "name": "a", "value": 1}]


class Failing(SafeAction):
    def name(self) -> str:
        return "action_failing"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[dict[str, Any]]:
        raise OSError("the disk is full")


def tracker() -> Tracker:
    return Tracker("a", {}, {"text": "my secret"}, [], False, None, {}, "action_listen")


@pytest.mark.asyncio
async def test_a_working_action_gives_its_events_and_words() -> None:
    dispatcher = CollectingDispatcher()
    assert await Working().run(dispatcher, tracker(), {}) == [{"event": "slot", "name": "a", "value": 1}]
    assert [message["text"] for message in dispatcher.messages] == ["for a"]


@pytest.mark.asyncio
async def test_a_failing_action_says_one_sentence_and_does_not_raise(caplog: pytest.LogCaptureFixture) -> None:
    dispatcher = CollectingDispatcher()
    assert await Failing().run(dispatcher, tracker(), {}) == []
    assert [message["text"] for message in dispatcher.messages] == [SafeAction.trouble]
    assert "1-800-662-HELP (4357)" in SafeAction.trouble
    assert "action_failing failed." in caplog.text
    assert "my secret" not in caplog.text


def test_the_action_server_finds_every_action_and_not_the_base() -> None:
    executor = ActionExecutor()
    executor.register_package("actions")
    assert "action_delete_conversation" in executor.actions
    assert not inspect.isabstract(actions.privacy.ActionDeleteConversation)

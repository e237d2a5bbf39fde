from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from rasa.core.utils import AvailableEndpoints
from rasa.engine.exceptions import GraphRunError
from rasa.engine.graph import ExecutionContext, GraphComponent, GraphSchema, SchemaNode
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActiveLoop, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from helpline.engine import InOrderRunner, Processor, load_agent
from helpline.fit_check.dialogue import FORM

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
    with pytest.raises(GraphRunError, match="'two'"):
        runner(InOrderRunner, tmp_path).run({"one": 1}, ["left"])


def test_with_a_broken_model_the_agent_is_not_ready(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    broken = tmp_path / "broken.tar.gz"
    broken.write_bytes(b"not a model")
    agent = asyncio.run(load_agent(broken, AvailableEndpoints()))
    assert not agent.is_ready()
    assert "make train" in caplog.text


def test_a_question_of_the_check_waits_longer_than_a_session() -> None:
    processor = object.__new__(Processor)
    processor.domain = Domain.from_yaml('version: "3.1"\nsession_config: {session_expiration_time: 60}')
    said = UserUttered("18 or older", timestamp=time.time() - 7200)
    for events, over in (([said], True), ([said, ActiveLoop(FORM)], False)):
        assert processor._has_session_expired(DialogueStateTracker.from_events("p", events)) is over

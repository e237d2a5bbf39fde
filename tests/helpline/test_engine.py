from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from rasa.core.utils import AvailableEndpoints

from helpline.engine import load_agent


def test_with_a_broken_model_the_agent_is_not_ready(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    broken = tmp_path / "broken.tar.gz"
    broken.write_bytes(b"not a model")
    agent = asyncio.run(load_agent(broken, AvailableEndpoints()))
    assert not agent.is_ready()
    assert "make train" in caplog.text

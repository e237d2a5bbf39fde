from __future__ import annotations

from pathlib import Path

import pytest

from helpline import training


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A models folder of its own, empty."""
    monkeypatch.setattr(training, "MODELS", tmp_path / "models")
    monkeypatch.setattr(training, "LIVE", tmp_path / "models" / "live.json")
    (tmp_path / "models").mkdir()
    return tmp_path / "models"

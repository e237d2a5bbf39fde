"""A folder of models for tests: copies of the trained one that the gate seems to have passed, some of them changed."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable

import pytest

from helpline import training
from helpline.publishing import cases, history, models
from helpline.publishing.cases import Outcome
from helpline.publishing.models import Record, Verdict
from helpline.training import LiveModel

# Put into a server's process, so that it takes its models from there.
ELSEWHERE = """
import helpline.training as training
training.MODELS = Path({folder!r})
training.LIVE = training.MODELS / "live.json"
"""


def nothing(metadata: dict[str, Any]) -> None:
    """Change nothing but the model's id."""


class Models:
    """The folder, in which `first` is live."""

    def __init__(self, folder: Path, trained: LiveModel, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(training, "MODELS", folder)
        monkeypatch.setattr(training, "LIVE", folder / "live.json")
        # Going back plays all that a model has not been tried on, which takes minutes.
        self._case = next(case for case in cases.all_cases() if case.of == cases.CRISIS)
        monkeypatch.setattr(cases, "all_cases", lambda: [self._case])
        self.folder = folder
        self._source = folder / "source"
        shutil.copy(trained_path(trained), self._source)
        self.first = self.add("first", gated=False)
        training.name_live(LiveModel(self.first.model, "", "", self.first.sha256))

    @property
    def fault(self) -> str:
        return ELSEWHERE.format(folder=str(self.folder))

    @property
    def live(self) -> str:
        live = training.live_model()
        assert live is not None
        return live.model

    def add(self, name: str, change: Callable[[dict[str, Any]], None] = nothing, gated: bool = True) -> Record:
        """Add a model with another id; `change` may alter its metadata."""
        path = self.folder / f"{name}.tar.gz"
        with tarfile.open(self._source) as source, tarfile.open(path, "w:gz", compresslevel=1) as target:
            for member in source:
                content = source.extractfile(member)
                if content is not None and member.name.endswith("metadata.json"):
                    metadata = json.load(content)
                    metadata["model_id"] = name
                    change(metadata)
                    data = json.dumps(metadata).encode()
                    member.size, content = len(data), io.BytesIO(data)
                target.addfile(member, content)
        # As if all in the project were committed.
        commit = history.commit().removesuffix("+")
        record = Record(path.name, models.digest_of(path), name, "", commit, models.shape_of(path))
        models.keep(record)
        cases.store(record.model, {self._case.key: Outcome(cases.CRISIS, self._case.text, True, True, False, "")})
        return self.passed(record) if gated else record

    def passed(self, record: Record) -> Record:
        """Let a record say that the gate has passed it beside the live model."""
        against = models.digest_of(self.folder / self.live)
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        record = replace(record, verdict=Verdict(True, now, against, ""))
        models.keep(record)
        return record


def trained_path(trained: LiveModel) -> Path:
    return training.ROOT / "models" / trained.model


def first_slot(metadata: dict[str, Any]) -> None:
    """Take a slot away."""
    del metadata["domain"]["slots"]["fit_check"]

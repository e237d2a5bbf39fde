"""Rasa's own test of conversations: `rasa test core` on tests/conversations with the published model."""

import os
import re
import subprocess
import sys
from pathlib import Path

from helpline.settings import ROOT
from helpline.training import live_model

STORIES = ROOT / "tests" / "conversations"


def test_the_model_passes_rasas_test_of_conversations(tmp_path: Path) -> None:
    live = live_model()
    assert live is not None, "There is no trained model: run `make train`."
    command = [
        *(sys.executable, "-m", "rasa", "test", "core", "--e2e", "--fail-on-prediction-errors", "--no-plot"),
        *("--stories", str(STORIES), "--model", str(live.path), "--out", str(tmp_path / "results")),
    ]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        # Rasa's pinned dependencies warn of their own age.
        "PYTHONWARNINGS": "ignore",
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    # What was wanted and what was predicted.
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-500:]
    # Rasa also ends well where it finds no story at all.
    stories = sum(path.read_text(encoding="utf-8").count("- story:") for path in STORIES.glob("test_*.yml"))
    assert re.search(rf"Evaluating {stories} stories", result.stdout + result.stderr), result.stderr[-3000:]

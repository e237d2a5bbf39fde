"""Rasa's own check of domain, rules and training data; `helpline train` leaves it out to save half a minute."""

from __future__ import annotations

import os
import subprocess
import sys

from helpline.settings import ROOT


def test_rasa_finds_the_data_valid() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "RASA_TELEMETRY_ENABLED": "false", "PYTHONWARNINGS": "ignore"}
    result = subprocess.run(
        [sys.executable, "-m", "rasa", "data", "validate", "--max-history", "5"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-2000:]
    assert "No story structure conflicts found" in result.stdout + result.stderr

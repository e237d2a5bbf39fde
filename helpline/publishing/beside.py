"""Publishes where no server runs, in a process of its own: loading a model needs all of Rasa, and much memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from helpline import training
from helpline.publishing.models import ModelError
from helpline.publishing.rules import Order
from helpline.settings import ROOT
from helpline.training import LiveModel, live_model

_LONGEST = 300


def publish_beside(order: Order) -> LiveModel:
    """Publish a model for the next server and return what is live then.

    Raises:
        ModelError: if it may not or cannot be served, with the reason; the live model stays.
    """
    command = [sys.executable, "-W", "ignore", "-m", "helpline.publishing.beside", str(training.MODELS)]
    try:
        ended = subprocess.run(
            command, cwd=ROOT, input=json.dumps(vars(order)), capture_output=True, text=True, timeout=_LONGEST
        )
        answer = json.loads(ended.stdout.splitlines()[-1])
    except (subprocess.TimeoutExpired, IndexError, ValueError) as error:
        raise ModelError(f"{order.model} could not be tried ({type(error).__name__}).") from error
    if answer["refused"]:
        raise ModelError(answer["refused"])
    live = live_model()
    if live is None or live.model != order.model:
        raise ModelError(f"{order.model} was published, but models/live.json does not name it.")
    return live


def _main(folder: Path, order: Order) -> None:
    # These load Rasa.
    from helpline.evaluation.replies import load
    from helpline.publishing.switch import publish

    training.MODELS, training.LIVE = folder, folder / training.LIVE.name
    refused = ""
    try:
        publish(order, load)
    except ModelError as error:
        refused = str(error)
    print(json.dumps({"refused": refused}))


if __name__ == "__main__":
    _main(Path(sys.argv[1]), Order(**json.load(sys.stdin)))

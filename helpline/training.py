"""Trains a model in a process of its own, and tells which one is live and whether the data have changed since."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable

from helpline.files import write_whole
from helpline.settings import ROOT

MODELS = ROOT / "models"
LIVE = MODELS / "live.json"
_TRAINED_ON = (
    "config.yml",
    "domain.yml",
    "data",
    "helpline/nlu",
    "helpline/crisis/score.py",
    "helpline/crisis/taxonomy.py",
)
# The gate validates the data; doing it here as well would read them all twice.
RASA_TRAIN = (sys.executable, "-m", "helpline.quick_packing", "train", "--skip-validation")
# Before the command of what must not keep visitors waiting. It still gets a tenth of a core that they use up.
GIVING_WAY = ("nice", "-n", "10")
# Read by the servers when they start; and what staff only noted.
_NOT_TRAINED_ON = ("data/fit_check", "data/review/notes")
# Rasa says so of each example that begins or leaves the fit check, where the form and not a response speaks.
_NEEDLESS = re.compile(r"UserWarning: .* for the 'fit_check/\w+' intent\. You either need to add a response phrase")


class TrainingError(RuntimeError):
    """Training did not end with a model; the live one stays."""


@dataclass(frozen=True)
class LiveModel:
    """The published model.

    Attributes:
        model: its file name in models/.
        data_sha256: fingerprint of what it was trained on.
        trained_at: UTC, ISO 8601.
        sha256: of the archive; empty where it was published before that was kept.
        published_at: UTC, ISO 8601.
        published_by: who published it.
        why: their reason, in one line.
        earlier: the models that were live before, the latest first.
    """

    model: str
    data_sha256: str
    trained_at: str
    sha256: str = ""
    published_at: str = ""
    published_by: str = ""
    why: str = ""
    earlier: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """Where the model lies."""
        return MODELS / self.model


def fingerprint(root: Path = ROOT) -> str:
    """Return the SHA-256 over names and contents of everything that a model is trained on."""
    digest = hashlib.sha256()
    for name in _TRAINED_ON:
        place = root / name
        files = sorted(place.rglob("*")) if place.is_dir() else [place]
        for file in files:
            relative = file.relative_to(root).as_posix()
            if file.is_file() and "__pycache__" not in file.parts and not relative.startswith(_NOT_TRAINED_ON):
                digest.update(f"{relative}\0".encode())
                digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def live_model() -> LiveModel | None:
    """Return the published model, or None where there is none or its file is gone."""
    try:
        content: dict[str, Any] = json.loads(LIVE.read_text(encoding="utf-8"))
        # What a later version may have added is passed over.
        known = {field.name: content[field.name] for field in fields(LiveModel) if field.name in content}
        live = LiveModel(**{**known, "earlier": tuple(known.get("earlier", ()))})
    except (OSError, ValueError, TypeError):
        return None
    return live if live.path.is_file() else None


def name_live(live: LiveModel) -> None:
    """Write models/live.json, which a server that starts obeys: whole or not at all, also where the power goes.

    Raises:
        OSError: if it cannot be written; the file before stays.
    """
    write_whole(LIVE, json.dumps(asdict(live), indent=2) + "\n")


def is_current(live: LiveModel | None) -> bool:
    """Tell whether a model was trained on the data as they are now."""
    return live is not None and live.data_sha256 == fingerprint()


def make_servable(archive: Path) -> None:
    """Take the training graph out of a model's metadata.

    Rasa imports every class that the metadata name. Those of the training graph import TensorFlow, which serving never
    uses: 6 s of start-up and 350 MB. The predict graph and all components stay as they are.
    """
    slim = archive.with_suffix(".slim")
    with tarfile.open(archive) as source, tarfile.open(slim, "w:gz", compresslevel=1) as target:
        for member in source:
            content = source.extractfile(member)
            if content is not None and member.name.endswith("metadata.json"):
                metadata = json.load(content)
                metadata["train_schema"] = {"nodes": {}}
                data = json.dumps(metadata).encode()
                member.size = len(data)
                content = io.BytesIO(data)
            target.addfile(member, content)
    slim.replace(archive)


def train(listen: Callable[[str], None] = print) -> LiveModel:
    """Train in a process of its own that gives way to others, and return the model, which nobody has published yet.

    Args:
        listen: gets each line that Rasa prints and that tells anything; what it raises ends the training.

    Raises:
        TrainingError: if Rasa refuses the data or fails; the message says where to look.
    """
    data = fingerprint()
    now = datetime.now(timezone.utc)
    name = f"iop-{now:%Y%m%d-%H%M%S}.tar.gz"
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        # Rasa's pins warn of their own age; and retrieval intents are answered by our classifier, not a selector.
        "PYTHONWARNINGS": "ignore",
        "LOG_LEVEL_LIBRARIES": "ERROR",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    }
    command = [*GIVING_WAY, *RASA_TRAIN, "--fixed-model-name", name, "--out", str(MODELS)]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        try:
            for line in process.stdout or ():
                if not _NEEDLESS.search(line):
                    listen(line.rstrip("\n"))
        except BaseException:
            process.kill()
            raise
    if process.returncode or not (MODELS / name).is_file():
        raise TrainingError("Training failed: see the messages above. The live model is unchanged.")
    make_servable(MODELS / name)
    return LiveModel(name, data, now.isoformat(timespec="seconds"))


def adapt() -> list[Path]:
    """Adapt both readers to the messages in data/ and return the files of weights that `train` then uses.

    Each holds the mean of this adaptation and the one before, which hears better than either.

    Raises:
        ValueError: if the categories of danger have changed; without the file, the new adaptation stands alone.
    """
    from helpline.nlu import adaptation
    from helpline.nlu.averaging import averaged
    from helpline.nlu.weights import READER, SECOND_LOOK, load_weights, read_adapted, save_adapted

    published, lessons = load_weights(), _lessons()
    for reader in (READER, SECOND_LOOK):
        adapted = adaptation.adapt(published, lessons, reader)
        if reader.path.is_file():
            adapted = averaged(read_adapted(published, reader.path), adapted)
        save_adapted(reader.path, published, adapted)
    return [READER.path, SECOND_LOOK.path]


def adapt_further() -> list[Path]:
    """Let the second look learn on from what it knows, with the messages in data/; return the file of its weights.

    It holds the mean of what was learned now and before, as after `adapt`.

    Raises:
        helpline.nlu.weights.WeightsError: if there is no adaptation yet, or the kinds of danger have changed since.
    """
    from helpline.nlu import adaptation
    from helpline.nlu.averaging import averaged
    from helpline.nlu.weights import SECOND_LOOK, load_weights, read_adapted, save_adapted

    published, lessons = load_weights(), _lessons()
    before = read_adapted(published, SECOND_LOOK.path)
    now = adaptation.adapt_further(published, before, lessons)
    save_adapted(SECOND_LOOK.path, published, averaged(before, now))
    return [SECOND_LOOK.path]


def _lessons() -> list[Any]:
    from rasa.shared.importers.importer import TrainingDataImporter

    from helpline.nlu.adaptation import lessons_of

    importer = TrainingDataImporter.load_from_dict(
        {}, str(ROOT / "config.yml"), str(ROOT / "domain.yml"), [str(ROOT / "data")]
    )
    return lessons_of(importer.get_nlu_data())

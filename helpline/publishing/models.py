"""The models in models/: what each was trained on, what the gate said, which were live; the last five are kept."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import tarfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from helpline import training
from helpline.files import read_yaml, write_whole
from helpline.publishing import history
from helpline.settings import ROOT
from helpline.training import LiveModel

# The live one among them.
KEPT = 5
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\.tar\.gz")
_BLOCK = 1 << 20


class ModelError(Exception):
    """A model cannot be used; the message says why, in words for staff."""


@dataclass(frozen=True)
class Shape:
    """What stored conversations rely on: slots with their types, forms, and actions; topics are not among them."""

    slots: dict[str, str] = field(default_factory=dict)
    forms: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """What the gate said of a candidate.

    Attributes:
        passed: whether it may be published.
        at: UTC, ISO 8601.
        against: SHA-256 of the live model that it was compared with; empty where there was none.
        report: folder of the report, within the project.
        stops: why not, a line each.
    """

    passed: bool
    at: str
    against: str
    report: str
    stops: tuple[str, ...] = ()


@dataclass(frozen=True)
class Record:
    """What is known of a model; kept beside it as `<model>.json`.

    Attributes:
        model: its file name in models/.
        sha256: of the archive.
        data_sha256: fingerprint of what it was trained on.
        trained_at: UTC, ISO 8601.
        commit: of the project when it was trained, as `history.commit` returns it.
        shape: what stored conversations rely on.
        verdict: the gate's, None before it.
    """

    model: str
    sha256: str
    data_sha256: str
    trained_at: str
    commit: str
    shape: Shape
    verdict: Verdict | None = None

    @property
    def path(self) -> Path:
        """Where the archive lies."""
        return training.MODELS / self.model

    @property
    def stem(self) -> str:
        """The name without its endings."""
        return self.model.removesuffix(".tar.gz")


def archive(name: str) -> Path:
    """Return where a model lies.

    Raises:
        ModelError: if there is none of that name; a path is not a name.
    """
    if not _NAME.fullmatch(name) or not (training.MODELS / name).is_file():
        raise ModelError(f"There is no model {name!r}.")
    return training.MODELS / name


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def shape_of(path: Path) -> Shape:
    """Return the shape of a model archive, read from its metadata without loading it.

    Raises:
        ModelError: if the file is not a model.
    """
    try:
        with tarfile.open(path) as content:
            metadata = next(content.extractfile(member) for member in content if member.name.endswith("metadata.json"))
            domain: dict[str, Any] = json.load(metadata)["domain"]
        slots = {name: str(slot["type"]) for name, slot in (domain.get("slots") or {}).items()}
        words = {str(name) for name in domain.get("responses") or {}}
        topics = {name for name in words if name.startswith(("utter_faq/", "utter_not_covered/"))}
        actions = {str(name) for name in domain.get("actions") or ()} | (words - topics)
        return Shape(slots, tuple(sorted(domain.get("forms") or ())), tuple(sorted(actions)), tuple(sorted(topics)))
    except (OSError, EOFError, tarfile.TarError, ValueError, KeyError, TypeError, StopIteration) as error:
        raise ModelError(f"{path.name} is damaged or no model: it cannot be opened.") from error


def record_of(name: str) -> Record:
    """Return the record of a model; where it is missing or damaged, what the archive tells: no verdict is in that.

    Raises:
        ModelError: if there is no such model, or the archive is damaged.
    """
    path = archive(name)
    try:
        content = json.loads(_file(name).read_text(encoding="utf-8"))
        shape, verdict = content["shape"], content.get("verdict")
        tuples = {key: tuple(shape[key]) for key in ("forms", "actions", "topics")}
        return Record(
            **{key: content[key] for key in ("model", "sha256", "data_sha256", "trained_at", "commit")},
            shape=Shape(dict(shape["slots"]), **tuples),
            verdict=Verdict(**{**verdict, "stops": tuple(verdict["stops"])}) if verdict else None,
        )
    except (OSError, ValueError, KeyError, TypeError):
        return Record(name, digest_of(path), "", "", "", shape_of(path))


def keep(record: Record) -> None:
    """Write a record beside its model.

    Raises:
        OSError: if it cannot be written.
    """
    write_whole(_file(record.model), json.dumps(asdict(record), indent=1) + "\n")


def register(trained: LiveModel) -> Record:
    """Return the record of a freshly trained model, kept beside it with the examples that it was trained on.

    Raises:
        ModelError: if the archive is damaged.
        OSError: if it cannot be written.
    """
    path = archive(trained.model)
    record = Record(
        trained.model, digest_of(path), trained.data_sha256, trained.trained_at, history.commit(), shape_of(path), None
    )
    with gzip.open(_examples_file(trained.model), "wt", encoding="utf-8", compresslevel=3) as file:
        json.dump(sorted(read_examples()), file, ensure_ascii=False)
    keep(record)
    return record


def remember(live: LiveModel) -> None:
    """Keep the record and the examples of a model that was trained on the data as they are, where they are missing.

    Raises:
        ModelError: if the archive is damaged.
        OSError: if it cannot be written.
    """
    if not _examples_file(live.model).is_file():
        register(live)


def examples_of(name: str) -> set[tuple[str, str]] | None:
    """Return the examples that a model was trained on as label and text, None where that was not kept."""
    try:
        with gzip.open(_examples_file(name), "rt", encoding="utf-8") as file:
            return {(label, text) for label, text in json.load(file)}
    except (OSError, EOFError, ValueError):
        return None


def read_examples(root: Path = ROOT) -> set[tuple[str, str]]:
    """Return the examples in data/ as full label (``faq/medicaid``) and text."""
    found = set()
    for path in sorted((root / "data").rglob("*.yml")):
        content = read_yaml(path)
        for block in (content.get("nlu") or []) if isinstance(content, dict) else []:
            examples = block.get("examples") or ""
            # Rasa takes one block of text with dashes, or a list of objects with a text.
            lines = examples.splitlines() if isinstance(examples, str) else [f"- {row['text']}" for row in examples]
            for line in lines:
                if line.strip().startswith("- "):
                    found.add((str(block.get("intent", "")), line.strip()[2:].strip()))
    return found


def known() -> list[Record]:
    """Return the records of all models at hand, the latest first; damaged ones are passed over."""
    records = []
    for path in sorted(training.MODELS.glob("*.tar.gz"), reverse=True):
        if _file(path.name).is_file():
            try:
                records.append(record_of(path.name))
            except ModelError:
                continue
    return records


def published(live: LiveModel | None) -> list[str]:
    """Return the live model and those that were live before and are still there, the latest first."""
    if live is None:
        return []
    return [live.model, *(name for name in live.earlier if (training.MODELS / name).is_file())]


def after(live: LiveModel | None, name: str) -> tuple[str, ...]:
    """Return what `earlier` is once the model `name` is live in the place of `live`.

    What was live after it has been taken back: it waits as a candidate, and needs the gate again.
    """
    names = published(live)
    return tuple(names[names.index(name) + 1 :] if name in names else names)[: KEPT - 1]


def prune(live: LiveModel) -> list[str]:
    """Delete all models but the published ones that are kept and those trained later than the live one; return them."""
    kept = {live.model, *live.earlier}
    newer = (training.MODELS / live.model).stat().st_mtime_ns
    gone = []
    for path in training.MODELS.glob("*.tar.gz"):
        if path.name not in kept and path.stat().st_mtime_ns < newer:
            for file in (path, _file(path.name), _examples_file(path.name), results_file(path.name)):
                file.unlink(missing_ok=True)
            gone.append(path.name)
    return sorted(gone)


def results_file(name: str) -> Path:
    """Return where the gate keeps how a model did on each case."""
    return training.MODELS / f"{name.removesuffix('.tar.gz')}.cases.json.gz"


def _file(name: str) -> Path:
    return training.MODELS / f"{name.removesuffix('.tar.gz')}.json"


def _examples_file(name: str) -> Path:
    return training.MODELS / f"{name.removesuffix('.tar.gz')}.examples.json.gz"

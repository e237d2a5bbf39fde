"""Reads the project's files for the tests of this folder, with plain YAML: no Rasa, no trained model."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator

import yaml

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data"
HELDOUT = ROOT / "tests" / "heldout"


@dataclass(frozen=True)
class Example:
    """A training message with its full label (``faq/medicaid``) and, for a follow-up, the label it leans on."""

    file: str
    label: str
    text: str
    after: str | None


@dataclass(frozen=True)
class Response:
    """One variant of a response as data/ or domain.yml has it."""

    file: str
    name: str
    content: dict[str, Any]

    @property
    def label(self) -> str:
        return self.name.removeprefix("utter_")

    @property
    def text(self) -> str:
        return " ".join(str(self.content.get("text", "")).split())

    @property
    def metadata(self) -> dict[str, Any]:
        return self.content.get("metadata") or {}

    @property
    def is_topic(self) -> bool:
        return self.label.startswith(("faq/", "not_covered/"))


def read_yaml(path: Path) -> dict[str, Any]:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {}


def training_files() -> list[Path]:
    """Return what Rasa trains on: all of data/ and the domain, in order."""
    return [ROOT / "domain.yml", *sorted(DATA.rglob("*.yml"))]


def read_all() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in training_files():
        yield path.relative_to(ROOT).as_posix(), read_yaml(path)


def read_responses() -> list[Response]:
    return [
        Response(file, name, variant)
        for file, content in read_all()
        for name, variants in (content.get("responses") or {}).items()
        for variant in variants
    ]


def read_examples() -> list[Example]:
    return [
        Example(file, block["intent"], text, (block.get("metadata") or {}).get("after"))
        for file, content in read_all()
        for block in content.get("nlu") or []
        for text in _texts(block["examples"])
    ]


def _texts(examples: str | list[Any]) -> list[str]:
    """Rasa takes examples as one block of text with dashes, or as a list of objects with a text."""
    if isinstance(examples, str):
        return [line.strip()[2:].strip() for line in examples.splitlines() if line.strip().startswith("- ")]
    return [str(example["text"]).strip() for example in examples]


def read_facts() -> dict[str, tuple[str, list[str]]]:
    """Return for each fact of data/document.yml its heading and its key terms."""
    return {
        name: (section["heading"], fact["key"])
        for section in read_yaml(DATA / "document.yml")["sections"]
        for name, fact in section["facts"].items()
    }


def read_headings() -> set[str]:
    return {section["heading"] for section in read_yaml(DATA / "document.yml")["sections"]}


def read_heldout() -> list[tuple[str, str]]:
    """Return file name and message of every turn of tests/heldout/."""
    messages = []
    for path in sorted(HELDOUT.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            messages += [(path.name, turn["text"]) for turn in row.get("turns", [row])]
    return messages


def bare(text: str) -> str:
    """Return a message in lower case without punctuation, for comparison."""
    return " ".join(re.sub(r"[^\w\s]|_", "", text.lower()).split())

"""Everything that can be asked and is answered, read from data/: messages with their files, topics, the document."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Callable, Mapping

import yaml

from helpline.authoring.errors import BrokenFileError
from helpline.authoring.examples import Block, texts_of
from helpline.authoring.texts import bare
from helpline.files import LOADER

TOPIC_GROUPS = ("faq", "not_covered")
# What only two people together may teach.
GUARDED_GROUPS = ("crisis", "support", "near_miss")
# Answers to a crisis reply, and what deletes a conversation: nothing that a mistaken message should be filed under.
_FIXED_GROUPS = ("crisis_follow_up", "delete_conversation")
FEWEST_MESSAGES = 20
_SHORT = 2
# What reading a file that holds something else than expected raises.
_NOT_AS_EXPECTED = (yaml.YAMLError, AttributeError, IndexError, KeyError, TypeError, ValueError)
# As many messages weighs a word in a topic's title or question when topics are searched.
_NAMED = 15

# The latest catalogue of each project folder, with what tells whether a file has changed since.
_current: dict[Path, tuple[tuple[Any, ...], Catalogue]] = {}
# Parsed files by path, with what tells that a file has changed.
_read: dict[Path, tuple[tuple[int, int], File]] = {}


@dataclass(frozen=True)
class Example:
    """A message as it stands in a file: the file's path from the project's folder, its list and its text."""

    file: str
    block: Block
    text: str

    @property
    def label(self) -> str:
        """What it is about."""
        return self.block.label


@dataclass(frozen=True)
class Answer:
    """A topic's answer with what goes with it.

    Attributes:
        label: ``faq/medicaid``.
        file: path from the project's folder.
        text: the answer without its source line.
        title, question: for buttons.
        citations: headings of the document.
        facts: ids of the document's facts that it states.
        suggestions: names of topics under ``faq/`` that people ask next.
        offers_check: whether a button starts the fit check.
    """

    label: str
    file: str
    text: str
    title: str
    question: str
    citations: tuple[str, ...]
    facts: tuple[str, ...]
    suggestions: tuple[str, ...]
    offers_check: bool = False


@dataclass(frozen=True)
class Fact:
    """A fact of the document: the heading above it, what it says, and terms that an answer stating it must hold."""

    heading: str
    says: str
    key: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """A topic that a search has found: label, title, and how likely it is meant, from 0 to 1."""

    label: str
    title: str
    score: float


@dataclass(frozen=True)
class File:
    """A parsed file, shared by catalogues, so that nobody may change it.

    Attributes:
        content: what YAML says.
        examples: its messages, each with what makes two the same: the topic before, and its bare words.
    """

    content: dict[str, Any]
    examples: tuple[tuple[Example, tuple[str | None, str]], ...]

    @cached_property
    def words(self) -> dict[str, Counter[str]]:
        """How often each word stands in the messages of each label."""
        counts: dict[str, Counter[str]] = {}
        for example, (_, words) in self.examples:
            counts.setdefault(example.label, Counter()).update(words.split())
        return counts

    @classmethod
    def of(cls, name: str, source: str) -> File:
        """Parse a file; `name` is its path from the project's folder.

        Raises:
            BrokenFileError: if it is not written as such files are.
        """
        try:
            return cls._of(name, source)
        except _NOT_AS_EXPECTED as error:
            raise BrokenFileError(name, error) from error

    @classmethod
    def _of(cls, name: str, source: str) -> File:
        content = yaml.load(source, Loader=LOADER) or {}
        examples = []
        for entry in content.get("nlu") or []:
            metadata = entry.get("metadata") or {}
            block = Block(entry["intent"], *(metadata.get(name) for name in ("after", "tier", "subject")))
            for text in texts_of(entry.get("examples")):
                examples.append((Example(name, block, text), (block.after, bare(text))))
        return cls(content, tuple(examples))


class Catalogue:
    """data/ as it is now, or as it would be with `overlay`."""

    def __init__(self, root: Path, overlay: Mapping[str, str | None] | None = None) -> None:
        """Take the project's folder, and files by path that differ: new content, or None for one that is gone."""
        self.root = root
        self._overlay = dict(overlay or {})

    @cached_property
    def files(self) -> dict[str, File]:
        """The YAML files of data/ and the domain by path from the project's folder."""
        paths = [self.root / "domain.yml", *sorted((self.root / "data").rglob("*.yml"))]
        names = [path.relative_to(self.root).as_posix() for path in paths]
        files = {n: _parsed(path, n) for n, path in zip(names, paths, strict=True) if n not in self._overlay}
        for name, source in self._overlay.items():
            if source is not None and name.endswith(".yml") and name.startswith("data/"):
                files[name] = File.of(name, source)
        return files

    @cached_property
    def examples(self) -> list[Example]:
        """All messages to learn from."""
        return [example for file in self.files.values() for example, _ in file.examples]

    @cached_property
    def by_words(self) -> dict[tuple[str | None, str], list[Example]]:
        """Messages by the topic before them, if they lean on one, and their bare words."""
        found: dict[tuple[str | None, str], list[Example]] = {}
        for file in self.files.values():
            for example, key in file.examples:
                found.setdefault(key, []).append(example)
        return found

    @cached_property
    def labels(self) -> dict[str, str]:
        """The labels that a message can be filed under, with their titles."""
        labels = {label: answer.title for label, answer in self.answers.items()}
        for example in self.examples:
            group = example.label.split("/", 1)[0]
            if group not in (*TOPIC_GROUPS, *_FIXED_GROUPS):
                labels.setdefault(example.label, _title(example.label))
        return labels

    @cached_property
    def counts(self) -> Counter[str]:
        """How many messages that stand alone each label has."""
        return Counter(example.label for example in self.examples if example.block.after is None)

    @cached_property
    def answers(self) -> dict[str, Answer]:
        """The answers of topics by label."""
        answers = {}
        for file, parsed in self.files.items():
            for name, variants in (parsed.content.get("responses") or {}).items():
                label = name.removeprefix("utter_")
                if label.split("/", 1)[0] in TOPIC_GROUPS and "/" in label:
                    try:
                        answers[label] = _answer(label, file, variants[0])
                    except _NOT_AS_EXPECTED as error:
                        raise BrokenFileError(file, error) from error
        return answers

    @cached_property
    def facts(self) -> dict[str, Fact]:
        """The document's facts by id."""
        return self._told(
            "data/document.yml",
            lambda content: {
                name: Fact(section["heading"], fact["says"], tuple(fact["key"]))
                for section in content["sections"]
                for name, fact in section["facts"].items()
            },
        )

    @cached_property
    def headings(self) -> tuple[str, ...]:
        """The document's headings in order."""
        return self._told(
            "data/document.yml", lambda content: tuple(section["heading"] for section in content["sections"])
        )

    @cached_property
    def shown_numbers(self) -> tuple[str, ...]:
        """Every way in which a known phone number may be shown."""
        return self._told(
            "data/numbers.yml", lambda content: tuple(shown for number in content.values() for shown in number["shown"])
        )

    @cached_property
    def held_out(self) -> set[str]:
        """Bare words of the test sets' messages, which must not be learned."""
        words = set()
        for path in sorted((self.root / "tests" / "heldout").glob("*.jsonl")):
            for line in path.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                words |= {bare(turn["text"]) for turn in row.get("turns", [row]) if "text" in turn}
        return {text for text in words if len(text.split()) > _SHORT}

    def search(self, query: str, limit: int = 10) -> list[Found]:
        """Return the labels whose title, question and messages fit the words of `query`, best first.

        Counts words as a naive Bayes classifier does: good enough to offer topics, without a trained model. What needs
        two people is not among them.
        """
        counts, totals, everywhere = self._words
        words = [word for word in bare(query).split() if everywhere[word]]
        if not words:
            return []
        every = sum(everywhere.values())
        # What a topic never said is as likely there as anywhere, but much less than what it did say.
        logs = {
            label: sum(
                math.log(0.8 * counts[label][word] / max(1, totals[label]) + 0.2 * everywhere[word] / every)
                for word in words
            )
            for label in self.labels
            if label.split("/", 1)[0] not in GUARDED_GROUPS
        }
        best = max(logs.values())
        likely = {label: math.exp(value - best) for label, value in logs.items()}
        total = sum(likely.values())
        found = [Found(label, self.labels[label], round(value / total, 2)) for label, value in likely.items()]
        return sorted(found, key=lambda topic: (-topic.score, topic.title))[:limit]

    def problems(self) -> list[str]:
        """Return what contradicts itself in data/, in plain words; empty as long as all is well."""
        known = {*self.labels, *self.answers}
        lines = []
        seen: dict[tuple[str | None, str], str] = {}
        for example in self.examples:
            key = (example.block.after, example.text.lower().strip())
            other = seen.setdefault(key, example.label)
            if other != example.label:
                lines.append(f"“{example.text}” is filed under {other} and under {example.label}.")
            if example.label.split("/", 1)[0] in TOPIC_GROUPS and example.label not in known:
                lines.append(f"{example.file} has messages for {example.label}, which has no answer.")
            if example.block.after and example.block.after not in self.answers:
                lines.append(f"{example.file} has messages that follow {example.block.after}, which has no answer.")
        for answer in self.answers.values():
            gone = [name for name in answer.suggestions if f"faq/{name}" not in self.answers]
            lines += [f"{answer.label} suggests faq/{name}, which has no answer." for name in gone]
        return list(dict.fromkeys(lines))

    def _told(self, path: str, tell: Callable[[dict[str, Any]], Any]) -> Any:
        """Return what a file tells.

        Raises:
            BrokenFileError: if it is missing, or says it in another way than expected.
        """
        try:
            return tell(self.files[path].content)
        except _NOT_AS_EXPECTED as error:
            raise BrokenFileError(path, error) from error

    @cached_property
    def _words(self) -> tuple[dict[str, Counter[str]], dict[str, int], Counter[str]]:
        """For each label how often words stand in what is said of it, and how many words that are; both for all."""
        counts: dict[str, Counter[str]] = {}
        for label, title in self.labels.items():
            answer = self.answers.get(label)
            named = bare(f"{title} {label.replace('/', ' ').replace('_', ' ')} {answer.question if answer else ''}")
            counts[label] = Counter(dict.fromkeys(named.split(), _NAMED))
        for file in self.files.values():
            for label, words in file.words.items():
                if label in counts:
                    counts[label].update(words)
        totals = {label: sum(found.values()) for label, found in counts.items()}
        everywhere: Counter[str] = Counter()
        for found in counts.values():
            everywhere.update(found)
        return counts, totals, everywhere


def current(root: Path) -> Catalogue:
    """Return the catalogue of a project folder as it is now; the same one as long as no file changes."""
    paths = [root / "domain.yml", *(root / "data").rglob("*.yml"), *(root / "tests" / "heldout").glob("*.jsonl")]
    version = tuple((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(paths))
    known = _current.get(root)
    if known is None or known[0] != version:
        known = (version, Catalogue(root))
        _current[root] = known
    return known[1]


def _title(label: str) -> str:
    name = label.split("/", 1)[-1].replace("_", " ")
    group = label.split("/", 1)[0].replace("_", " ")
    return name.capitalize() if name == group else f"{group.capitalize()}: {name}"


def _answer(label: str, file: str, variant: Mapping[str, Any]) -> Answer:
    metadata = variant["metadata"]
    return Answer(
        label=label,
        file=file,
        text=str(variant["text"]).strip(),
        title=metadata["title"],
        question=metadata["question"],
        citations=tuple(metadata["citations"]),
        facts=tuple(metadata.get("facts") or ()),
        suggestions=tuple(metadata["suggestions"]),
        offers_check=bool(metadata.get("fit_check")),
    )


def _parsed(path: Path, name: str) -> File:
    """Return a parsed file; the same one as long as it does not change."""
    status = path.stat()
    version = (status.st_mtime_ns, status.st_size)
    known = _read.get(path)
    if known is None or known[0] != version:
        try:
            source = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise BrokenFileError(name, error) from error
        known = (version, File.of(name, source))
        _read[path] = known
    return known[1]

"""Adds and takes out single lines of training files: everything else, comments and order, stays as it is. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Iterator

import yaml

from helpline.authoring.errors import RefusedError
from helpline.files import LOADER

_INDENT = "    "


@dataclass(frozen=True)
class Block:
    """What the messages of one list have in common.

    Attributes:
        label: ``faq/medicaid``.
        after: for messages that lean on the turn before: the label of its topic.
        tier, subject: for danger and distress: how urgent, and about whom.
    """

    label: str
    after: str | None = None
    tier: str | None = None
    subject: str | None = None

    @property
    def metadata(self) -> dict[str, str]:
        """The block's metadata as the files have them."""
        values = {"after": self.after, "tier": self.tier, "subject": self.subject}
        return {name: value for name, value in values.items() if value is not None}


def header(comment: str) -> str:
    """Return a training file without messages; `comment` says what it will hold."""
    return f'# {comment}\nversion: "3.1"\nnlu:\n'


def messages(source: str) -> list[tuple[Block, str]]:
    """Return the messages of a training file in order."""
    content = yaml.load(source, Loader=LOADER) or {}
    return [(_block(entry), text) for entry in content.get("nlu") or [] for text in texts_of(entry.get("examples"))]


def texts_of(examples: Any) -> list[str]:
    """Return the messages of one list: a block of lines with dashes, or objects with a text, as Rasa takes both."""
    if isinstance(examples, str):
        return [line.strip()[2:].strip() for line in examples.splitlines() if line.strip().startswith("- ")]
    return [str(example["text"]).strip() for example in examples or []]


def add(source: str, block: Block, text: str) -> str:
    """Return a training file with one more message: at the end of its list, or in a new list at the end of `nlu`.

    Args:
        source: the file.
        block: which list.
        text: one line, as `helpline.authoring.texts.tidy` gives it.

    Raises:
        RefusedError: if the file is written in a way that this cannot add to.
    """
    lines = source.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    line = f"{_INDENT}- {text}\n"
    place = next((end for found, _, end in _lists(source) if found == block), None)
    if place is not None:
        lines.insert(place, line)
    else:
        end = _end_of_nlu(source, lines)
        lines[end:end] = [*_opening(block), line]
    changed = "".join(lines)
    if sorted(map(repr, messages(changed))) != sorted(map(repr, [*messages(source), (block, text)])):
        raise RefusedError("This file is not written as the others are, so that nothing can be added to it safely.")
    return changed


def take_out(source: str, block: Block, text: str) -> str:
    """Return a training file without one message; a list that it leaves empty goes as well.

    Raises:
        RefusedError: if the message is not there, or the file is written in a way that this cannot change.
    """
    lines = source.splitlines(keepends=True)
    for found, begin, end in _lists(source):
        if found != block:
            continue
        first = next(at for at in range(begin, end) if lines[at].strip().startswith("examples:")) + 1
        places = [at for at in range(first, end) if lines[at].strip()[2:].strip() == text]
        if not places:
            continue
        alone = sum(line.strip().startswith("- ") for line in lines[first:end]) == 1
        del lines[begin if alone else places[0] : end if alone else places[0] + 1]
        changed = "".join(lines)
        left = messages(source)
        left.remove((block, text))
        if messages(changed) != left:
            break
        return changed
    raise RefusedError("This message is not in the file that should hold it, or the file is written in an unusual way.")


def _block(entry: dict[str, Any]) -> Block:
    metadata = entry.get("metadata") or {}
    return Block(entry["intent"], metadata.get("after"), metadata.get("tier"), metadata.get("subject"))


def _lists(source: str) -> Iterator[tuple[Block, int, int]]:
    """Yield each list of messages with its first line and the line behind its last message."""
    lines = source.splitlines()
    nlu = _nlu_node(source)
    for node in nlu.value if nlu is not None else ():
        values = {key.value: value for key, value in node.value}
        examples = values.get("examples")
        if getattr(examples, "style", None) != "|":
            continue
        begin = node.start_mark.line
        end = examples.start_mark.line + 1
        for at in range(end, len(lines)):
            if lines[at].strip().startswith("- ") and lines[at].startswith(_INDENT):
                end = at + 1
            elif lines[at].strip() and not lines[at].startswith(_INDENT):
                break
        metadata = {key.value: value.value for key, value in values["metadata"].value} if "metadata" in values else {}
        label = values["intent"].value
        yield Block(label, metadata.get("after"), metadata.get("tier"), metadata.get("subject")), begin, end


def _nlu_node(source: str) -> yaml.Node | None:
    root = yaml.compose(source, Loader=LOADER)
    if not isinstance(root, yaml.MappingNode):
        return None
    found = next((value for key, value in root.value if key.value == "nlu"), None)
    return found if isinstance(found, yaml.SequenceNode) else None


def _end_of_nlu(source: str, lines: list[str]) -> int:
    """Return before which line a new list goes: behind the last one of `nlu`."""
    lists = list(_lists(source))
    if lists:
        return lists[-1][2]
    opening = next((at for at, line in enumerate(lines) if re.match(r"nlu:\s*(#.*)?$", line)), None)
    if opening is None:
        raise RefusedError("This file has no list of messages to add to.")
    return opening + 1


def _opening(block: Block) -> list[str]:
    lines = [f"- intent: {block.label}\n"]
    if block.metadata:
        inside = ", ".join(f"{name}: {_plain(value)}" for name, value in block.metadata.items())
        lines.append(f"  metadata: {{{inside}}}\n")
    return [*lines, "  examples: |\n"]


def _plain(value: str) -> str:
    return value if re.fullmatch(r"[A-Za-z][\w/]*", value) else json.dumps(value)

"""Changes an answer: checks it like the tests do, and rewrites only the lines that differ."""

from __future__ import annotations

import hashlib
import json
import re
import textwrap
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any, Sequence

import yaml

from helpline.authoring import words
from helpline.authoring.catalogue import Answer, Catalogue
from helpline.authoring.channels import Preview, previews
from helpline.authoring.errors import RefusedError
from helpline.files import LOADER

_WIDTH = 116
_LONGEST_TITLE, _LONGEST_QUESTION = 8, 20
# Of Rasa's slots in a reply, and of HTML.
_MARKUP = re.compile(r"[{}<>]")
_CHECK = "See if an IOP may fit"


@dataclass(frozen=True)
class Review:
    """What is to say about an answer before it is saved.

    Attributes:
        problems: what must be put right, in plain words.
        hints: what could be better.
        grade: reading level as a school grade.
        words: how many it has.
        previews: the answer on each channel.
    """

    problems: tuple[str, ...]
    hints: tuple[str, ...]
    grade: float
    words: int
    previews: tuple[Preview, ...]


def edited(answer: Answer, **values: Any) -> Answer:
    """Return an answer with other values: ``text``, ``title``, ``question``, ``citations``, ``facts``, ``suggestions``.

    Values that are None stay as they are; spaces and line ends are set right.
    """
    given = {name: value for name, value in values.items() if value is not None}
    for name in ("text", "title", "question"):
        if name in given:
            given[name] = " ".join(str(given[name]).split())
    for name in ("citations", "facts", "suggestions"):
        if name in given:
            cleaned = (
                str(value).strip().removeprefix("faq/" if name == "suggestions" else "") for value in given[name]
            )
            given[name] = tuple(value for value in cleaned if value)
    return replace(answer, **given)


def version(answer: Answer) -> str:
    """Return what tells an answer from the same one after a change: a hash of all that can be edited."""
    values = (answer.text, answer.title, answer.question, answer.citations, answer.facts, answer.suggestions)
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:16]


def review(answer: Answer, catalogue: Catalogue, before: Answer | None = None) -> Review:
    """Return what is to say about an answer.

    Args:
        answer: as it would be.
        catalogue: as it is.
        before: the answer as it is; None for a new topic.
    """
    level = words.grade(answer.text)
    problems = [*_word_faults(answer, catalogue, before), *_source_faults(answer, catalogue, before)]
    problems += _button_faults(answer, catalogue)
    hints = []
    if level > words.HIGHEST_GRADE and (before is None or level > words.grade(before.text)):
        problems.append(f"It reads like grade {level:.0f}; grade 6 to 8 is the aim. Use shorter sentences and words.")
    elif level > words.GOOD_GRADE:
        hints.append(f"It reads like grade {level:.0f}; grade 6 to 8 is the aim.")
    shown = previews(answer.text, answer.citations, _buttons(answer, catalogue))
    problems += [
        f"{view.title}: {view.length} characters; {view.limit} are the most there." for view in shown if not view.fits
    ]
    return Review(tuple(problems), tuple(hints), round(level, 1), len(answer.text.split()), tuple(shown))


def written(source: str, before: Answer, after: Answer) -> str:
    """Return a topic's file with a changed answer; lines that need not change stay, comments among them.

    Raises:
        RefusedError: if the file is written in a way that this cannot change safely.
    """
    lines = source.splitlines(keepends=True)
    variant = _variant(source, after.label)
    metadata = _children(variant)["metadata"]
    places = _children(metadata)
    # From the end on, so that the places before stay true.
    edits = []
    if after.text != before.text:
        edits.append(_text_edit(lines, _children(variant)["text"], after.text))
    for name in ("title", "question"):
        if getattr(after, name) != getattr(before, name):
            edits.append(_scalar_edit(lines, places[name], getattr(after, name)))
    for name in ("facts", "citations", "suggestions"):
        if getattr(after, name) != getattr(before, name):
            if name not in places:
                raise RefusedError(f"{after.file} has no line {name!r}. Somebody who knows YAML must add it.")
            edits += _list_edits(lines, places[name], getattr(after, name), name)
    for begin, end, new in sorted(edits, reverse=True):
        lines[begin:end] = new
    changed = "".join(lines)
    _check(source, changed, after)
    return changed


def _check(source: str, changed: str, after: Answer) -> None:
    """Refuse where the file would not say what it should, and nothing else."""
    expected = yaml.load(source, Loader=LOADER)
    variant = expected["responses"][f"utter_{after.label}"][0]
    variant["text"] = after.text
    values = {"title": after.title, "question": after.question}
    values |= {name: list(getattr(after, name)) for name in ("facts", "citations", "suggestions")}
    variant["metadata"].update({name: value for name, value in values.items() if name in variant["metadata"]})
    found = yaml.load(changed, Loader=LOADER)
    found["responses"][f"utter_{after.label}"][0]["text"] = after.text if _text_of(found, after) == after.text else None
    if found != expected:
        raise RefusedError(f"{after.file} is not written as the others are, so that it cannot be changed safely.")


def _text_of(content: dict[str, Any], answer: Answer) -> str:
    return str(content["responses"][f"utter_{answer.label}"][0]["text"]).strip()


def _word_faults(answer: Answer, catalogue: Catalogue, before: Answer | None) -> list[str]:
    numbers = catalogue.shown_numbers
    problems = [f"Answer: {fault}" for fault in words.faults(answer.text, numbers)]
    problems += [
        f"{name}: {{ }} < > cannot be used: Rasa fills in what stands between them, and channels may read it as markup."
        for name, text in (("Answer", answer.text), ("Title", answer.title), ("Question", answer.question))
        if _MARKUP.search(text)
    ]
    for name, most in (("title", _LONGEST_TITLE), ("question", _LONGEST_QUESTION)):
        found = words.faults(getattr(answer, name), numbers, most_words=most)
        problems += [f"{name.capitalize()}: {fault}" for fault in found]
    told = [fact for name in answer.facts if name in catalogue.facts for fact in [catalogue.facts[name]]]
    sources = [text for fact in told for text in (fact.says, *fact.key)] + ([before.text] if before else [])
    problems += [
        f"Answer: {figure} stands in no fact that this answer rests on. Take it out; nothing is invented here."
        for figure in dict.fromkeys(words.invented(answer.text, numbers, sources))
    ]
    return problems


def _source_faults(answer: Answer, catalogue: Catalogue, before: Answer | None) -> list[str]:
    problems = []
    for name in answer.facts:
        fact = catalogue.facts.get(name)
        if fact is None:
            problems.append(f"The document has no fact {name}.")
            continue
        lost = [term for term in fact.key if not any(w.strip().lower() in answer.text.lower() for w in term.split("|"))]
        if lost:
            terms = ", ".join(f"“{term.replace('|', '” or “')}”" for term in lost)
            problems.append(f"The fact “{fact.says}” is no longer told: the answer needs the words {terms}.")
        if fact.heading not in answer.citations:
            problems.append(f"Cite “{fact.heading}”: the fact “{fact.says}” stands there.")
    problems += [
        f"“{heading}” is no heading of the document."
        for heading in answer.citations
        if heading not in catalogue.headings
    ]
    if len(set(answer.citations)) < len(answer.citations):
        problems.append("A heading is cited twice.")
    if not answer.citations:
        problems.append("Cite the heading that the answer rests on.")
    if answer.label.startswith("faq/"):
        if not answer.facts:
            problems.append("Name the facts of the document that the answer states.")
        elsewhere = {n for other in catalogue.answers.values() if other.label != answer.label for n in other.facts}
        gone = set(before.facts if before else ()) - set(answer.facts) - elsewhere
        problems += [f"No other answer tells “{catalogue.facts[n].says}”: keep fact {n}." for n in sorted(gone)]
    return problems


def _button_faults(answer: Answer, catalogue: Catalogue) -> list[str]:
    problems = []
    if len(answer.suggestions) > words.MOST_SUGGESTIONS:
        problems.append(f"Suggest at most {words.MOST_SUGGESTIONS} other topics.")
    if len(set(answer.suggestions)) < len(answer.suggestions):
        problems.append("A topic is suggested twice.")
    for name in answer.suggestions:
        if f"faq/{name}" == answer.label:
            problems.append("A topic cannot suggest itself.")
        elif f"faq/{name}" not in catalogue.answers:
            problems.append(f"There is no topic faq/{name} to suggest.")
    same = [o.label for o in catalogue.answers.values() if o.label != answer.label and o.title == answer.title]
    problems += [f"{label} has the same title." for label in same]
    return problems


def _buttons(answer: Answer, catalogue: Catalogue) -> list[str]:
    known = [
        catalogue.answers[f"faq/{name}"].title for name in answer.suggestions if f"faq/{name}" in catalogue.answers
    ]
    return [*known[: words.MOST_SUGGESTIONS - 1], _CHECK] if answer.offers_check else known


def _variant(source: str, label: str) -> yaml.MappingNode:
    root = yaml.compose(source, Loader=LOADER)
    try:
        return _children(_children(root)["responses"])[f"utter_{label}"].value[0]
    except (AttributeError, KeyError, IndexError) as error:
        raise RefusedError(f"There is no answer for {label} in its file.") from error


def _children(node: yaml.Node) -> dict[str, yaml.Node]:
    return {key.value: value for key, value in node.value}


_Edit = tuple[int, int, list[str]]


def _text_edit(lines: list[str], node: yaml.Node, text: str) -> _Edit:
    """Wrap anew only the words between the first and the last that differ."""
    if node.style != ">":
        return _scalar_edit(lines, node, text)
    begin = node.start_mark.line + 1
    end = begin
    while end < len(lines) and (lines[end].startswith("      ") or not lines[end].strip()):
        end += 1
    while end > begin and not lines[end - 1].strip():
        end -= 1
    indent = re.match(r" *", lines[begin])[0]
    old, new = [line.split() for line in lines[begin:end]], text.split()
    first = 0
    while first < len(old) and new[: len(old[first])] == old[first]:
        new = new[len(old[first]) :]
        first += 1
    last = len(old)
    while last > first and len(old[last - 1]) <= len(new) and new[len(new) - len(old[last - 1]) :] == old[last - 1]:
        new = new[: len(new) - len(old[last - 1])]
        last -= 1
    wrap = textwrap.TextWrapper(_WIDTH, break_long_words=False, break_on_hyphens=False)
    wrap.initial_indent = wrap.subsequent_indent = indent
    return begin + first, begin + last, [f"{line}\n" for line in wrap.wrap(" ".join(new))] if new else []


def _scalar_edit(lines: list[str], node: yaml.Node, value: str) -> _Edit:
    begin, end = node.start_mark, node.end_mark
    if begin.line != end.line:
        raise RefusedError("This value goes over several lines, so that it cannot be changed safely.")
    line = lines[begin.line]
    return begin.line, begin.line + 1, [line[: begin.column] + quoted(value) + line[end.column :]]


def _list_edits(lines: list[str], node: yaml.Node, values: Sequence[str], name: str) -> list[_Edit]:
    if node.flow_style:
        begin, end = node.start_mark, node.end_mark
        if begin.line != end.line:
            raise RefusedError(f"The list {name} goes over several lines, so that it cannot be changed safely.")
        line = lines[begin.line]
        if name == "citations":
            indent = " " * (len(line) - len(line.lstrip()))
            items = [f"{indent}- {quoted(value)}\n" for value in values]
            return [(begin.line, begin.line + 1, [f"{indent}{name}:\n", *items])]
        return [(begin.line, begin.line + 1, [f"{line[: begin.column]}[{', '.join(values)}]{line[end.column :]}"])]
    rows = [item.start_mark.line for item in node.value]
    indent = re.match(r" *", lines[rows[0]])[0]
    if not values:
        line = lines[rows[0] - 1].rstrip()
        return [(rows[0] - 1, rows[-1] + 1, [f"{line} []\n"])]
    edits = []
    old = [item.value for item in node.value]
    for tag, a, b, c, d in SequenceMatcher(None, old, list(values), autojunk=False).get_opcodes():
        if tag != "equal":
            place = rows[a] if a < len(rows) else rows[-1] + 1
            edits.append(
                (place, rows[b - 1] + 1 if b > a else place, [f"{indent}- {quoted(v)}\n" for v in values[c:d]])
            )
    return edits


def quoted(value: str) -> str:
    """Return a value in double quotes as YAML reads them."""
    return json.dumps(value, ensure_ascii=False)

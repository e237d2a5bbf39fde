"""Topics: a new one from a template, and a changed answer of one that is there."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any, Sequence

from helpline.authoring import answers, notes
from helpline.authoring.annotate import checked, sounds_dangerous, standing
from helpline.authoring.answers import Review, quoted
from helpline.authoring.catalogue import FEWEST_MESSAGES, TOPIC_GROUPS, Answer, Catalogue, current
from helpline.authoring.errors import ChangedSinceError, NeedlessError, RefusedError
from helpline.authoring.repository import Change, Commit, Repository
from helpline.authoring.texts import bare, name_of

# With so many the model was tried; the project's tests allow no more.
MOST_ANSWERED = 70
_WIDTH = 116
_ABOUT = {
    "faq": "what people ask, and the answer",
    "not_covered": "what people ask, and what the assistant answers",
}


@dataclass(frozen=True)
class Wanted:
    """A topic that staff asked for: its name, title, who asked first and when, and the messages that wait for it."""

    name: str
    title: str
    by: str
    on: str
    messages: tuple[str, ...]


def wanted(repository: Repository) -> list[Wanted]:
    """Return the topics that are asked for."""
    rows = notes.rows(repository.read(notes.WANTED))
    return [Wanted(row["name"], row["title"], row["by"], row["on"], tuple(row["messages"])) for row in rows]


def find(catalogue: Catalogue, label: str) -> Answer:
    """Return a topic's answer.

    Raises:
        RefusedError: if there is no such topic.
    """
    answer = catalogue.answers.get(label)
    if answer is None:
        raise RefusedError(f"There is no topic {label}. `helpline topics list` shows them all.")
    return answer


def change_answer(
    repository: Repository, author: str, reason: str, label: str, seen: str | None = None, **values: Any
) -> Commit:
    """Change an answer.

    Args:
        repository: the project.
        author, reason: who and why.
        label: ``faq/medicaid``.
        seen: `helpline.authoring.answers.version` of the answer that the person saw; None where nobody saw one.
        values: what becomes different, see `helpline.authoring.answers.edited`.

    Raises:
        ChangedSinceError: if the answer is another one by now.
        RefusedError: with everything that must be put right; nothing was written.
    """

    def make() -> Change:
        catalogue = current(repository.root)
        before = find(catalogue, label)
        if seen is not None and seen != answers.version(before):
            raise ChangedSinceError("Somebody has changed this answer since you opened it. Nothing was saved.")
        after = answers.edited(before, **values)
        if after == before:
            raise NeedlessError("The answer says so already.")
        _require_good(answers.review(after, catalogue, before))
        source = repository.read(before.file) or ""
        files = {before.file: answers.written(source, before, after)}
        return checked(repository, Change("answer", f"Change the answer: {label}", files))

    return repository.apply(author, reason, make)


def draft(group: str, title: str, **values: Any) -> Answer:
    """Return an answer for a topic that is not there yet.

    Args:
        group: ``faq`` where the article answers it, ``not_covered`` where it does not.
        title: a few words; the topic's name comes from it.
        values: see `helpline.authoring.answers.edited`.

    Raises:
        RefusedError: if the group or the title cannot be used.
    """
    if group not in TOPIC_GROUPS:
        raise RefusedError("A topic is answered by the article (faq) or not covered by it (not_covered).")
    label = f"{group}/{name_of(title)}"
    title = " ".join(title.split())
    empty = Answer(label, f"data/{label}.yml", "", title, "", (), (), ())
    return answers.edited(empty, **values)


def create(
    repository: Repository,
    author: str,
    reason: str,
    answer: Answer,
    messages: Sequence[str],
    wanted_name: str = "",
) -> Commit:
    """Add a topic in a file of its own.

    Args:
        repository: the project.
        author, reason: who and why.
        answer: as `draft` gives it.
        messages: what people ask; at least `FEWEST_MESSAGES`.
        wanted_name: of the wanted topic that it fulfils; its messages come along.

    Raises:
        RefusedError: with everything that must be put right; nothing was written.
    """

    def make() -> Change:
        catalogue = current(repository.root)
        if answer.label in catalogue.answers or repository.read(answer.file) is not None:
            raise RefusedError(f"There is a topic {answer.label} already. Choose another title, or change that one.")
        if answer.label.startswith("faq/") and sum(at.startswith("faq/") for at in catalogue.answers) >= MOST_ANSWERED:
            raise RefusedError(f"There are {MOST_ANSWERED} topics of the article. Change one, or ask the developers.")
        asked = next((topic for topic in wanted(repository) if topic.name == wanted_name), None)
        if wanted_name and asked is None:
            raise RefusedError(f"Nobody asks for a topic {wanted_name} any more.")
        review = answers.review(answer, catalogue)
        lines, faults = _messages(repository, [*(asked.messages if asked else ()), *messages])
        _require_good(review, faults)
        files: dict[str, str | None] = {answer.file: template(answer, lines)}
        if asked is not None:
            source = repository.read(notes.WANTED)
            note = next(row for row in notes.rows(source) if row["name"] == wanted_name)
            files[notes.WANTED] = notes.without(source, note)
        return checked(repository, Change("topic", f"Add a topic: {answer.label}", files))

    return repository.apply(author, reason, make)


def check_messages(repository: Repository, messages: Sequence[str]) -> list[str]:
    """Return what is wrong with the messages of a new topic, in plain words."""
    return _messages(repository, messages)[1]


def template(answer: Answer, messages: Sequence[str]) -> str:
    """Return a topic's file."""
    group = answer.label.split("/", 1)[0]
    wrap = textwrap.TextWrapper(_WIDTH, break_long_words=False, break_on_hyphens=False)
    wrap.initial_indent = wrap.subsequent_indent = "      "
    lines = [
        f"# {answer.title}: {_ABOUT[group]}.",
        'version: "3.1"',
        "nlu:",
        f"- intent: {answer.label}",
        "  examples: |",
        *(f"    - {message}" for message in messages),
        "responses:",
        f"  utter_{answer.label}:",
        "  - text: >-",
        *wrap.wrap(answer.text),
        "    metadata:",
        f"      title: {quoted(answer.title)}",
        f"      question: {quoted(answer.question)}",
    ]
    if answer.facts or group == "faq":
        lines.append(f"      facts: [{', '.join(answer.facts)}]")
    lines += ["      citations:", *(f"      - {quoted(heading)}" for heading in answer.citations)]
    lines.append(f"      suggestions: [{', '.join(answer.suggestions)}]")
    return "\n".join(lines) + "\n"


def _messages(repository: Repository, messages: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return messages as a file keeps them, each once, and what is wrong with them."""
    kept: dict[str, str] = {}
    faults = []
    for message in messages:
        if not message.strip():
            continue
        try:
            known = standing(repository, message)
        except RefusedError as error:
            faults.append(str(error))
            continue
        if sounds_dangerous(known):
            faults.append(f"“{known.text}” sounds like danger and cannot teach a topic.")
        elif known.held_out:
            faults.append(f"“{known.text}” is in the frozen test set.")
        elif known.aside is not None:
            faults.append(f"“{known.text}” was set aside by {known.aside['by']}.")
        elif known.filed:
            faults.append(f"“{known.text}” is filed under {known.filed[0].label} already.")
        else:
            kept.setdefault(bare(known.text), known.text)
    if len(kept) < FEWEST_MESSAGES:
        faults.append(
            f"There are {len(kept)} different messages; a topic needs {FEWEST_MESSAGES}. "
            "Write them as people would: short, long, with typos."
        )
    return list(kept.values()), faults


def _require_good(review: Review, more: Sequence[str] = ()) -> None:
    problems = [*review.problems, *more]
    if problems:
        raise RefusedError("\n".join(problems))

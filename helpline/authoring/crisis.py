"""Messages of danger and near misses: one person proposes, another confirms; they also enter a test set of our own.

So nobody alone can teach the assistant what danger is, or what it is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from helpline.authoring import notes
from helpline.authoring.annotate import checked, put, read, standing, take, test_as
from helpline.authoring.catalogue import GUARDED_GROUPS
from helpline.authoring.errors import NeedlessError, RefusedError
from helpline.authoring.examples import Block
from helpline.authoring.repository import Change, Commit, Repository
from helpline.authoring.texts import reason_of, tidy
from helpline.crisis.taxonomy import CRISIS_CATEGORIES, SUBJECTS, SUPPORT_CATEGORIES, TIERS

NEAR_MISS = "near_miss"
# Frozen for the gate: a model that misses one of them is not published. Near misses stand in a file of their own.
TESTED = "tests/reviewed/crisis.jsonl"
TESTED_NEAR_MISSES = "tests/reviewed/near_miss.jsonl"
ADD, REMOVE = "add", "remove"


@dataclass(frozen=True)
class Proposal:
    """What one person proposed and another must confirm.

    Attributes:
        number: its place in the list, from 1.
        act: `ADD` or `REMOVE`.
        text: the message.
        label: ``crisis/<category>``, ``support/<category>`` or ``near_miss``.
        tier, subject: how urgent and about whom; "" for near misses.
        by, on, why: who proposed it, the day, and the reason.
    """

    number: int
    act: str
    text: str
    label: str
    tier: str
    subject: str
    by: str
    on: str
    why: str


def proposals(repository: Repository) -> list[Proposal]:
    """Return what waits for a second person."""
    rows = notes.rows(repository.read(notes.PROPOSALS))
    return [Proposal(number, **row) for number, row in enumerate(rows, 1)]


def propose(
    repository: Repository, author: str, reason: str, text: str, label: str, tier: str = "", subject: str = "self"
) -> Commit:
    """Propose a message of danger, of distress, or one that only sounds so.

    Args:
        repository: the project.
        author, reason: who and why.
        text: the message; personal data are taken out of it.
        label: ``crisis/<category>``, ``support/<category>`` or ``near_miss``.
        tier: how urgent, one of the category's tiers; its usual one if left out.
        subject: ``self`` or ``other``.

    Raises:
        RefusedError: with a plain reason; nothing was written.
    """

    def make() -> Change:
        block = _block(label, tier, subject)
        known = standing(repository, text)
        if known.held_out:
            raise RefusedError(
                "This message is in the frozen test set already. Learning it would make the test worthless."
            )
        if any(example.label == label for example in known.filed):
            raise NeedlessError(f"This message is filed under {label} already.")
        return _proposal(repository, author, reason, ADD, known.text, block)

    return repository.apply(author, reason, make)


def propose_removal(repository: Repository, author: str, reason: str, text: str) -> Commit:
    """Propose to take out a message that staff filed under danger, distress or near misses.

    Raises:
        RefusedError: with a plain reason; nothing was written.
    """

    def make() -> Change:
        filed = [e for e in standing(repository, text).filed if e.label.split("/", 1)[0] in GUARDED_GROUPS]
        if not filed:
            raise RefusedError("This message is not filed under danger, distress or near misses.")
        if not filed[0].file.startswith("data/review/"):
            raise RefusedError("This message was not filed by staff. What came with the assistant stays.")
        return _proposal(repository, author, reason, REMOVE, filed[0].text, filed[0].block)

    return repository.apply(author, reason, make)


def confirm(repository: Repository, author: str, reason: str, text: str) -> Commit:
    """Confirm what another person proposed for a message: it is filed, or taken out, together with its test.

    Raises:
        RefusedError: if it was proposed by the same person, or anything else stands against it; nothing was written.
    """

    def make() -> Change:
        proposal, note = _find(repository, text)
        if _same(proposal.by, author):
            raise RefusedError("You proposed this yourself. Somebody else must confirm it.")
        known = standing(repository, proposal.text)
        block = Block(proposal.label, None, proposal.tier or None, proposal.subject or None)
        files: dict[str, str | None] = {
            notes.PROPOSALS: notes.without(repository.read(notes.PROPOSALS), note),
        }
        for example in known.filed:
            # Two people agreed: where it stood before, under a topic for one, it stands no longer.
            if proposal.act == REMOVE and example.block != block:
                continue
            if not example.file.startswith("data/review/") and example.label.split("/", 1)[0] in GUARDED_GROUPS:
                raise RefusedError(
                    f"{example.file}, which came with the assistant, says {example.label} of this message."
                )
            take(repository, files, example)
        path = TESTED_NEAR_MISSES if proposal.label == NEAR_MISS else TESTED
        for place in (TESTED, TESTED_NEAR_MISSES):
            old = next((row for row in notes.rows(repository.read(place)) if row["text"] == proposal.text), None)
            if old is not None:
                files[place] = notes.without(repository.read(place), old)
        if proposal.act == ADD:
            put(repository, files, block, proposal.text)
            test_as(repository, files, proposal.text, None)
            files[path] = notes.added(read(repository, files, path), _test_row(proposal))
        what = "Add a message of" if proposal.act == ADD else "Take out a message of"
        return checked(repository, Change("crisis", f"{what} {proposal.label}", files, proposer=proposal.by))

    return repository.apply(author, reason, make)


def numbered(repository: Repository, text: str) -> str:
    """Return the message of a proposal named by its text or, where no text is like that, by its number in the list."""
    found = proposals(repository)
    if any(proposal.text == text.strip() for proposal in found):
        return text.strip()
    return next((proposal.text for proposal in found if str(proposal.number) == text.strip()), text.strip())


def reject(repository: Repository, author: str, reason: str, text: str) -> Commit:
    """Take back a proposal, one's own or another's.

    Raises:
        RefusedError: if there is none.
    """

    def make() -> Change:
        proposal, note = _find(repository, text)
        content = notes.without(repository.read(notes.PROPOSALS), note)
        return Change("proposal", f"Reject a proposal: {proposal.label}", {notes.PROPOSALS: content})

    return repository.apply(author, reason, make)


def _proposal(repository: Repository, author: str, reason: str, act: str, text: str, block: Block) -> Change:
    source = repository.read(notes.PROPOSALS)
    if any(row["text"] == text for row in notes.rows(source)):
        raise NeedlessError("This message waits for a second person already.")
    note: dict[str, Any] = {"act": act, "text": text, "label": block.label}
    note |= {"tier": block.tier or "", "subject": block.subject or ""}
    note |= {"by": author, "on": notes.today(), "why": reason_of(reason)}
    return Change(
        "proposal", f"Propose to {act} a message: {block.label}", {notes.PROPOSALS: notes.added(source, note)}
    )


def _find(repository: Repository, text: str) -> tuple[Proposal, dict[str, Any]]:
    # As it is kept, or as somebody wrote it.
    wanted = (text, tidy(text))
    rows = notes.rows(repository.read(notes.PROPOSALS))
    for proposal, row in zip(proposals(repository), rows, strict=True):
        if proposal.text in wanted:
            return proposal, row
    raise RefusedError("Nobody proposed anything for this message, or it is settled already.")


def _block(label: str, tier: str, subject: str) -> Block:
    group, _, category = label.partition("/")
    if label == NEAR_MISS:
        return Block(NEAR_MISS)
    if group not in ("crisis", "support") or category not in (*CRISIS_CATEGORIES, *SUPPORT_CATEGORIES):
        raise RefusedError(f"There is no kind of danger or distress called {label}.")
    if (group == "crisis") != (category in CRISIS_CATEGORIES):
        raise RefusedError(f"There is no kind of danger or distress called {label}.")
    codes = [each.code for each in TIERS[category]]
    if tier and tier not in codes:
        raise RefusedError(f"{category.replace('_', ' ')} is {' or '.join(codes)}, not {tier}.")
    if subject not in SUBJECTS:
        raise RefusedError("Say whom it is about: self or other.")
    return Block(label, None, tier or codes[0], subject)


def _test_row(proposal: Proposal) -> dict[str, str]:
    """Return a row as the frozen sets have them."""
    if proposal.label == NEAR_MISS:
        return {"text": proposal.text}
    category = proposal.label.split("/", 1)[1]
    return {"text": proposal.text, "category": category, "tier": proposal.tier, "subject": proposal.subject}


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()

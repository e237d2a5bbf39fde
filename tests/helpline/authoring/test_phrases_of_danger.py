"""Messages of danger: two people agree or nothing happens, and each also enters a test set that the gate holds to."""

import json
from pathlib import Path

import pytest

from helpline.authoring import annotate, changes, crisis, examples, notes
from helpline.authoring.catalogue import current
from helpline.authoring.errors import NeedlessError, RefusedError
from helpline.authoring.examples import Block
from helpline.authoring.repository import Repository

MESSAGE = "the rope is back out of the shed"
WHY = "it was not heard"
FILE = "data/review/crisis.yml"


def rows(root: Path, path: str = crisis.TESTED) -> list[dict[str, str]]:
    file = root / path
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def agreed(repository: Repository, label: str = "crisis/suicide_active", text: str = MESSAGE, **more: str) -> None:
    crisis.propose(repository, "ann", WHY, text, label, **more)
    crisis.confirm(repository, "bob", "I agree", text)


def test_one_person_alone_changes_nothing_that_is_learned(repository: Repository, root: Path) -> None:
    crisis.propose(repository, "ann", WHY, MESSAGE, "crisis/suicide_active")
    assert not (root / FILE).exists()
    assert rows(root) == []
    (proposal,) = crisis.proposals(repository)
    assert (proposal.text, proposal.label, proposal.by, proposal.tier, proposal.subject) == (
        *(MESSAGE, "crisis/suicide_active", "ann", "T2", "self"),
    )


@pytest.mark.parametrize("author", ["ann", " ANN ", "Ann"])
def test_nobody_confirms_their_own_proposal(repository: Repository, author: str) -> None:
    crisis.propose(repository, "ann", WHY, MESSAGE, "crisis/suicide_active")
    with pytest.raises(RefusedError, match="yourself"):
        crisis.confirm(repository, author, "I agree", MESSAGE)


def test_a_second_person_files_it_together_with_a_test(repository: Repository, root: Path) -> None:
    crisis.propose(repository, "ann", WHY, MESSAGE, "crisis/withdrawal_danger", tier="T3", subject="other")
    commit = crisis.confirm(repository, "bob", "I agree", MESSAGE)
    assert examples.messages((root / FILE).read_text()) == [
        (Block("crisis/withdrawal_danger", None, "T3", "other"), MESSAGE)
    ]
    assert rows(root) == [{"text": MESSAGE, "category": "withdrawal_danger", "tier": "T3", "subject": "other"}]
    assert crisis.proposals(repository) == []
    assert (commit.kind, commit.author, commit.proposer) == ("crisis", "bob", "ann")


def test_the_second_person_may_give_the_message_as_it_was_written(repository: Repository) -> None:
    written = "call 714-555-0100, my dad is turning gray"
    crisis.propose(repository, "ann", WHY, written, "crisis/overdose_other", subject="other")
    crisis.confirm(repository, "bob", "I agree", written)
    assert crisis.proposals(repository) == []


def test_distress_and_near_misses_are_agreed_on_too(repository: Repository, root: Path) -> None:
    agreed(repository, "support/grief", "she is gone and the house is quiet")
    agreed(repository, "near_miss", "this puzzle will be the end of me")
    assert [row["category"] for row in rows(root)] == ["grief"]
    assert rows(root, crisis.TESTED_NEAR_MISSES) == [{"text": "this puzzle will be the end of me"}]
    assert (root / "data/review/support.yml").exists()
    assert (root / "data/review/near_miss.yml").exists()


@pytest.mark.parametrize(
    ("label", "tier", "subject"),
    [
        ("crisis/grief", "", "self"),
        ("support/suicide_active", "", "self"),
        ("crisis/nothing", "", "self"),
        ("faq/medicaid", "", "self"),
        ("crisis/suicide_active", "T3", "self"),
        ("crisis/suicide_active", "", "them"),
    ],
)
def test_only_kinds_of_danger_that_there_are(repository: Repository, label: str, tier: str, subject: str) -> None:
    with pytest.raises(RefusedError):
        crisis.propose(repository, "ann", WHY, MESSAGE, label, tier, subject)


def test_a_proposal_is_made_once_and_can_be_rejected(repository: Repository) -> None:
    crisis.propose(repository, "ann", WHY, MESSAGE, "crisis/suicide_active")
    with pytest.raises(NeedlessError, match="waits"):
        crisis.propose(repository, "bob", WHY, MESSAGE, "near_miss")
    crisis.reject(repository, "ann", "I was wrong", MESSAGE)
    assert crisis.proposals(repository) == []
    with pytest.raises(RefusedError, match="Nobody proposed"):
        crisis.confirm(repository, "bob", "I agree", MESSAGE)


def test_a_message_moves_from_a_topic_to_danger(repository: Repository, root: Path) -> None:
    annotate.file_under(repository, "ann", WHY, MESSAGE, "faq/medicaid")
    agreed(repository)
    assert [e.label for e in current(root).examples if e.text == MESSAGE] == ["crisis/suicide_active"]


def test_what_came_with_the_assistant_is_not_overruled(repository: Repository, root: Path) -> None:
    old = next(example for example in current(root).examples if example.label == "crisis/suicide_active")
    crisis.propose(repository, "ann", WHY, old.text, "near_miss")
    with pytest.raises(RefusedError, match="came with the assistant"):
        crisis.confirm(repository, "bob", "I agree", old.text)
    crisis.reject(repository, "bob", "not ours", old.text)
    with pytest.raises(RefusedError, match="came with the assistant"):
        crisis.propose_removal(repository, "ann", WHY, old.text)


def test_a_message_of_danger_goes_only_by_two_people(repository: Repository, root: Path) -> None:
    agreed(repository)
    filed = repository.history(1)[0]
    with pytest.raises(RefusedError, match="two must agree"):
        changes.undo(repository, "ann", "I changed my mind", filed.id)
    with pytest.raises(RefusedError, match="two people"):
        annotate.set_aside(repository, "ann", "I changed my mind", MESSAGE)
    crisis.propose_removal(repository, "ann", "a line of a song", MESSAGE)
    assert len(rows(root)) == 1
    crisis.confirm(repository, "bob", "yes, a song", MESSAGE)
    assert rows(root) == []
    assert not (root / FILE).exists()


def test_danger_that_turns_out_to_be_none_changes_its_test(repository: Repository, root: Path) -> None:
    agreed(repository)
    agreed(repository, "near_miss")
    assert rows(root) == []
    assert rows(root, crisis.TESTED_NEAR_MISSES) == [{"text": MESSAGE}]
    assert [e.label for e in current(root).examples if e.text == MESSAGE] == ["near_miss"]


def test_only_its_own_text_confirms_a_proposal(repository: Repository) -> None:
    crisis.propose(repository, "ann", WHY, MESSAGE, "crisis/suicide_active")
    crisis.propose(repository, "ann", WHY, "1", "near_miss")
    assert crisis.confirm(repository, "bob", "I agree", "1").summary == "Add a message of near_miss"
    with pytest.raises(RefusedError, match="Nobody proposed"):
        crisis.confirm(repository, "bob", "I agree", "1")
    assert [proposal.text for proposal in crisis.proposals(repository)] == [MESSAGE]


def test_a_reason_is_redacted_in_a_proposal(repository: Repository, root: Path) -> None:
    crisis.propose(repository, "ann", "call 714-555-0100 to ask", MESSAGE, "crisis/suicide_active")
    assert "call [phone] to ask" in (root / notes.PROPOSALS).read_text()

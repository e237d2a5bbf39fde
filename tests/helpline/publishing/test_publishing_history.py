"""What git tells of changes: whose they are, and which messages of danger two people took out."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from small_project import make_project

from helpline.authoring import crisis
from helpline.authoring.repository import Repository
from helpline.publishing import history
from helpline.publishing.history import HistoryError

REVIEWED = "tests/reviewed/crisis.jsonl"
BY_TWO = "Proposed-By: pia\nStaff-Change: crisis"


def git(root: Path, *arguments: str, name: str = "edda") -> None:
    person = {f"GIT_{who}_{what}": name for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    subprocess.run(["git", "-C", str(root), *arguments], check=True, capture_output=True, env={**os.environ, **person})


def save(root: Path, file: str, content: str, name: str, message: str = "Change") -> str:
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_text(content)
    git(root, "add", file)
    git(root, "commit", "-qm", message, name=name)
    return history.commit(root)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    save(tmp_path, "data/a", "0", "edda")
    return tmp_path


def owners(root: Path, begin: str, end: str) -> set[str]:
    return {owner for change in history.changes(begin, end, root) for owner in change.owners}


def test_whose_changes_a_model_holds(root: Path) -> None:
    begin = history.commit(root)
    save(root, "data/b", "1", "paul", "Clearer\n\nAsked for.\n\nProposed-By: anna\nStaff-Change: answer")
    save(root, "README", "2", "rita")
    save(root, "data/review/notes/proposals.jsonl", "{}", "nora")
    end = save(root, "tests/heldout/crisis.jsonl", "3", "theo")
    assert owners(root, begin, end) == {"paul", "anna", "theo"}
    assert history.changes(end, end, root) == []
    change = history.changes(begin, f"{end}+", root)[-1]
    assert (change.summary, change.reason, change.kind) == ("Clearer", "Asked for.", "answer")


def test_who_confirmed_a_message_of_danger_may_publish_it_and_who_proposed_it_may_not(root: Path) -> None:
    begin = history.commit(root)
    assert owners(root, begin, save(root, "data/b", "1", "carl", f"Add\n\nHeard it.\n\n{BY_TWO}")) == {"pia"}
    # Nobody agrees with themselves.
    alone = save(root, "data/b", "2", "Pia", f"Add\n\nHeard it.\n\n{BY_TWO}")
    assert owners(root, begin, alone) == {"pia", "Pia"}


def test_what_decides_must_be_committed(root: Path) -> None:
    end = history.commit(root)
    for file in ("data/a", "tests/heldout/crisis.jsonl", "tests/frozen_cases.txt"):
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text("changed")
        assert history.commit(root) == f"{end}+"
        git(root, "add", "-A")
        git(root, "commit", "-qm", "x")
        end = history.commit(root)
    assert not end.endswith("+")


@pytest.mark.parametrize(("begin", "end"), [("", "--help"), ("a" * 40, "b" * 40), ("", "")])
def test_what_is_not_known_is_not_taken_for_nothing(root: Path, begin: str, end: str) -> None:
    with pytest.raises(HistoryError):
        history.changes(begin, end, root)


def test_without_git_nothing_is_known(tmp_path: Path) -> None:
    assert history.commit(tmp_path) == ""
    assert history.reviewed(tmp_path) == {}
    with pytest.raises(HistoryError):
        history.changes("a" * 40, "b" * 40, tmp_path)


def rows(*texts: str) -> str:
    return "".join(json.dumps({"text": text, "tier": "T2"}) + "\n" for text in texts)


def test_two_people_may_take_a_message_of_danger_out_and_one_may_not(root: Path) -> None:
    save(root, REVIEWED, rows("a", "b", "c"), "carl", f"Add\n\nx\n\n{BY_TWO}")
    save(root, REVIEWED, rows("b", "c"), "carl", f"Take out\n\nNo danger.\n\n{BY_TWO}")
    save(root, REVIEWED, rows("c"), "pia", f"Take out\n\nNo danger.\n\n{BY_TWO}")
    assert history.reviewed(root) == {"a": True, "b": False, "c": False}
    # What was put back, and what was only changed, stands again.
    save(root, REVIEWED, rows("a", "c").replace("T2", "T3"), "carl", f"Add\n\nx\n\n{BY_TWO}")
    assert history.reviewed(root) == {"a": False, "b": False, "c": False}


def test_what_staff_confirmed_and_took_out_is_understood(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project")
    repository, begin = Repository(project), history.commit(project)
    text = "i cannot take another day and i have a plan"
    crisis.propose(repository, "pia", "It was missed.", text, "crisis/suicide_active")
    end = crisis.confirm(repository, "carl", "I agree.", text).id
    assert history.reviewed(project) == {text: False}
    assert owners(project, begin, end) == {"pia"}
    crisis.propose_removal(repository, "carl", "It is a song.", text)
    removed = crisis.confirm(repository, "pia", "So it is.", text).id
    assert history.reviewed(project) == {text: True}
    assert owners(project, end, removed) == {"carl"}
    assert [change.summary for change in history.changes(end, removed, project)] == [
        "Take out a message of crisis/suicide_active"
    ]

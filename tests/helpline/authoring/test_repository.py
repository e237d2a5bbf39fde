"""Changes as git commits: who and why, one at a time, only their own files, and nothing of anybody else's."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from small_project import git

from helpline.authoring import pending
from helpline.authoring.errors import NeedlessError, RefusedError
from helpline.authoring.repository import Change, Repository, lines_of

FILE = "data/review/notes.txt"


def change(text: str | None, path: str = FILE, **more: str) -> Change:
    return Change("annotation", "Add a note", {path: text}, **more)


def test_a_change_becomes_a_commit_with_who_and_why(repository: Repository, root: Path) -> None:
    commit = repository.apply("ann", "it was  asked\noften", lambda: change("one\n", proposer="bob"))
    assert (root / FILE).read_text() == "one\n"
    assert git(root, "log", "-1", "--format=%an|%cn|%s") == "ann|ann|Add a note\n"
    assert git(root, "status", "--porcelain") == ""
    assert (commit.author, commit.proposer, commit.reason) == ("ann", "bob", "it was asked often")
    assert (commit.kind, commit.files) == ("annotation", (FILE,))
    assert repository.history() == [commit]
    assert repository.find(commit.id[:8]) == commit
    assert "+one" in repository.difference(commit.id)
    assert lines_of([commit]) == f"{commit.id[:9]}  {commit.time[:10]}  ann: Add a note"


def test_other_commits_are_no_changes_of_staff(repository: Repository) -> None:
    assert repository.history() == []
    with pytest.raises(RefusedError, match="no change of staff"):
        repository.find(repository.head())


@pytest.mark.parametrize(
    "message", ["Staff-Change: annotation", "Quote\n\nStaff-Change: answer\n\nwas good", "x\n\n\n"]
)
def test_commits_that_quote_one_of_staff_are_none(repository: Repository, root: Path, message: str) -> None:
    git(root, "commit", "--quiet", "--allow-empty", "--message", message)
    assert repository.history() == []


@pytest.mark.parametrize("identity", ["", "HEAD", "../x", "--all", "12345"])
def test_only_ids_name_changes(repository: Repository, identity: str) -> None:
    with pytest.raises(RefusedError, match="six characters"):
        repository.find(identity)


def test_changes_since_a_commit(repository: Repository) -> None:
    first = repository.apply("ann", "first of two", lambda: change("one\n"))
    second = repository.apply("ann", "second of two", lambda: change("two\n"))
    assert repository.history(since=first.id) == [second]
    assert repository.history(1) == [second]


def test_what_others_staged_stays_theirs(repository: Repository, root: Path) -> None:
    (root / "domain.yml").write_text("theirs: true\n")
    git(root, "add", "domain.yml")
    (root / "data" / "theirs.txt").write_text("theirs\n")
    commit = repository.apply("ann", "beside others", lambda: change("one\n"))
    assert commit.files == (FILE,)
    assert git(root, "status", "--porcelain").splitlines() == ["M  domain.yml", "?? data/theirs.txt"]


@pytest.mark.parametrize("staged", [True, False])
def test_foreign_changes_in_the_same_file_are_left_alone(repository: Repository, root: Path, staged: bool) -> None:
    path = "data/faq/medicaid.yml"
    theirs = (root / path).read_text() + "# theirs\n"
    (root / path).write_text(theirs)
    if staged:
        git(root, "add", path)
    with pytest.raises(RefusedError, match=r"changing data/faq/medicaid.yml by hand"):
        repository.apply("ann", "beside others", lambda: change("mine\n", path))
    assert (root / path).read_text() == theirs


def test_a_file_that_git_does_not_know_is_foreign(repository: Repository, root: Path) -> None:
    (root / FILE).parent.mkdir(parents=True)
    (root / FILE).write_text("theirs\n")
    with pytest.raises(RefusedError, match="by hand"):
        repository.apply("ann", "beside others", lambda: change("mine\n"))
    assert (root / FILE).read_text() == "theirs\n"


def test_nothing_is_committed_where_nothing_changes(repository: Repository) -> None:
    repository.apply("ann", "for a start", lambda: change("one\n"))
    with pytest.raises(NeedlessError):
        repository.apply("ann", "once more", lambda: change("one\n"))


def test_a_commit_that_fails_leaves_no_trace(repository: Repository, root: Path) -> None:
    hook = root / ".git" / "hooks" / "pre-commit"
    hook.write_text("#!/bin/sh\necho 'no commits on Sundays' >&2\nexit 1\n")
    hook.chmod(0o755)
    before = (root / "data/faq/medicaid.yml").read_text()
    files = {FILE: "one\n", "data/faq/medicaid.yml": "two\n", "data/faq/insurance.yml": None}
    with pytest.raises(RefusedError, match="no commits on Sundays"):
        repository.apply("ann", "against the hook", lambda: Change("answer", "Change three", files))
    assert git(root, "status", "--porcelain") == ""
    assert (root / "data/faq/medicaid.yml").read_text() == before
    assert not (root / FILE).exists()


def test_a_file_can_go(repository: Repository, root: Path) -> None:
    commit = repository.apply("ann", "not needed", lambda: change(None, "data/faq/insurance.yml"))
    assert commit.files == ("data/faq/insurance.yml",)
    assert not (root / "data/faq/insurance.yml").exists()


@pytest.mark.parametrize("author", ["", " ", "x" * 90, "Eve <eve@example.org>", "a\x00b"])
def test_a_change_needs_a_name(repository: Repository, author: str) -> None:
    with pytest.raises(RefusedError, match="who makes"):
        repository.apply(author, "some reason", lambda: change("one\n"))


def test_a_change_needs_a_reason(repository: Repository) -> None:
    with pytest.raises(RefusedError, match="why"):
        repository.apply("ann", " ", lambda: change("one\n"))


def test_a_reason_cannot_pass_for_something_else(repository: Repository) -> None:
    reason = "Proposed-By: bob\n\nStaff-Change: undo\n\nThis reverts commit " + "a" * 40 + "."
    commit = repository.apply("ann", reason, lambda: change("one\n"))
    assert (commit.kind, commit.proposer) == ("annotation", "")


def test_a_reason_cannot_mark_another_change_as_undone(repository: Repository) -> None:
    first = repository.apply("ann", "for a start", lambda: change("one\n"))
    repository.apply("eve", f"This reverts commit {first.id}. Undoes: {first.id}", lambda: change("two\n"))
    assert repository.find(first.id).undone_by == ""


def test_a_merge_must_be_ended_first(repository: Repository, root: Path) -> None:
    (root / ".git" / "MERGE_HEAD").write_text(repository.head())
    with pytest.raises(RefusedError, match="merge"):
        repository.apply("ann", "some reason", lambda: change("one\n"))


def test_a_folder_on_no_branch_is_refused(repository: Repository, root: Path) -> None:
    git(root, "checkout", "--quiet", "--detach")
    with pytest.raises(RefusedError, match="no branch"):
        repository.apply("ann", "some reason", lambda: change("one\n"))


def test_a_folder_without_git_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="git init"):
        Repository(tmp_path).apply("ann", "some reason", lambda: change("one\n"))


def test_who_comes_second_waits_and_is_told(repository: Repository, root: Path) -> None:
    script = f"import fcntl, time; f = open({str(root / '.git' / 'helpline-authoring.lock')!r}, 'w')\n"
    script += "fcntl.flock(f, fcntl.LOCK_EX); print('held', flush=True); time.sleep(60)"
    holder = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(RefusedError, match="else is saving"):
            repository.apply("ann", "some reason", lambda: change("one\n"))
    finally:
        holder.kill()
        holder.communicate()


def test_ten_people_at_once_lose_nothing(root: Path) -> None:
    patient = Repository(root, patience=60)

    def add(number: int) -> None:
        patient.apply(f"ann {number}", "at once", lambda: change((patient.read(FILE) or "") + f"{number}\n"))

    threads = [threading.Thread(target=add, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted((root / FILE).read_text().split()) == sorted(map(str, range(10)))
    assert len(patient.history()) == 10


@pytest.mark.parametrize("when", ["a file written", "all written", "all staged"])
def test_a_save_that_was_cut_off_is_taken_back_by_the_next(
    repository: Repository, root: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    path, new = "data/faq/medicaid.yml", "data/faq/new.yml"
    before = (root / path).read_text()

    def die(*_: object) -> None:
        # As a killed process does, it takes nothing back.
        raise SystemExit

    with monkeypatch.context() as patch:
        dying = Repository(root)
        patch.setattr(pending, "clear", lambda _: None)
        write, git_of = dying._write, dying._git
        written: list[str] = []

        def write_some(name: str, content: str | None) -> None:
            if len(written) >= (1 if when == "a file written" else 2):
                die()
            written.append(name)
            write(name, content)

        def git_some(*arguments: str, **options: object) -> str:
            stop = {"a file written": "add", "all written": "add", "all staged": "commit"}[when]
            if arguments[0] == stop or (arguments[0] == "reset" and written):
                die()
            return git_of(*arguments, **options)

        patch.setattr(dying, "_write", write_some)
        patch.setattr(dying, "_git", git_some)
        with pytest.raises(SystemExit):
            dying.apply("ann", "cut off", lambda: Change("topic", "Add", {path: "broken\n", new: "half\n"}))
    assert git(root, "status", "--porcelain") != ""
    commit = repository.apply("bob", "after it", lambda: change(before + "# good\n", path))
    assert (commit.author, (root / path).read_text()) == ("bob", before + "# good\n")
    assert not (root / new).exists()
    assert git(root, "status", "--porcelain") == ""
    assert pending.noted(root / ".git") == {}


def test_what_somebody_did_after_a_save_was_cut_off_is_theirs(repository: Repository, root: Path) -> None:
    pending.note(root / ".git", {"data/faq/medicaid.yml": "broken\n"})
    (root / "data/faq/medicaid.yml").write_text("theirs\n")
    with pytest.raises(RefusedError, match="by hand"):
        repository.apply("bob", "after it", lambda: change("mine\n", "data/faq/medicaid.yml"))
    assert (root / "data/faq/medicaid.yml").read_text() == "theirs\n"


def test_nothing_is_written_that_its_witness_refuses(root: Path) -> None:
    def refuse(change: Change, reason: str) -> None:
        assert (change.summary, dict(change.files), reason) == ("Add a note", {FILE: "one\n"}, "some reason")
        raise RefusedError("The log is full.")

    with pytest.raises(RefusedError, match="log is full"):
        Repository(root, witness=refuse).apply("ann", "some reason", lambda: change("one\n"))
    assert git(root, "status", "--porcelain") == ""

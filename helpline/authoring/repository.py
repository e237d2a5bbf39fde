"""Staff's changes as git commits: one at a time, only their own files, with who and why; undo is a commit as well.

git is the only truth: nothing about data/ is kept elsewhere, so that what is deleted here cannot come back from there.
"""

from __future__ import annotations

import fcntl
import re
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Callable, Iterable, Iterator, Mapping, Sequence

from helpline.authoring import git, notes, pending
from helpline.authoring.errors import NeedlessError, RefusedError
from helpline.authoring.texts import reason_of
from helpline.authoring.undo import undone

_NAME = re.compile(r"[^<>]{1,80}")
_TRAILER, _PROPOSER, _UNDOES = "Staff-Change", "Proposed-By", "Undoes"
_LOCK = "helpline-authoring.lock"
# Between them stand the parts of a commit in the output of `git log`.
_PART, _END = "\x1f", "\x1e"


@dataclass(frozen=True)
class Change:
    """What one act of staff does to the files.

    Attributes:
        kind: ``annotation``, ``answer``, ``topic``, ``story``, ``proposal``, ``crisis`` or ``undo``.
        summary: one line in plain words.
        files: path from the project's folder -> new content; None deletes the file.
        proposer: who proposed it, where two people must agree; whoever commits it has then confirmed it.
        undoes: the commit that it takes back, if it is an undo.
    """

    kind: str
    summary: str
    files: Mapping[str, str | None]
    proposer: str = ""
    undoes: str = ""


@dataclass(frozen=True)
class Commit:
    """A change as git has it.

    Attributes:
        id: 40 hexadecimal digits.
        time: ISO 8601 with offset.
        author, proposer: who made it, and who proposed it before, where two must agree.
        kind, summary, reason: as above; `reason` in the person's own words.
        files: the paths that it touches.
        undone_by: id of the commit that took it back, or "".
    """

    id: str
    time: str
    author: str
    proposer: str
    kind: str
    summary: str
    reason: str
    files: tuple[str, ...]
    undone_by: str = ""

    @property
    def teaches(self) -> bool:
        """Whether a training makes something of it; notes are for people."""
        return any(path.startswith("data/") and not path.startswith(f"{notes.FOLDER}/") for path in self.files)


class Repository:
    """The project's folder under git."""

    def __init__(
        self,
        root: Path,
        patience: float = 10.0,
        heard: Callable[[Iterable[str]], str] = lambda _: "",
        witness: Callable[[Change, str], None] = lambda *_: None,
    ) -> None:
        """Take the folder, and what a change asks of others.

        Args:
            root: the folder.
            patience: how many seconds to wait while somebody else saves.
            heard: marks of a message to the tier of the danger that the assistant heard in it, or "".
            witness: is told of each change and its reason before anything is written; if it raises, nothing is.
        """
        self.root = root
        self.heard = heard
        self._patience = patience
        self._witness = witness

    def read(self, path: str) -> str | None:
        """Return what a file holds, or None where there is none."""
        try:
            return (self.root / path).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def apply(self, author: str, reason: str, make: Callable[[], Change]) -> Commit:
        """Make a change and commit it, or leave everything as it was.

        Args:
            author: who makes it.
            reason: why, in their words.
            make: says what changes; called when nobody else is saving, so that what it reads stays true.

        Raises:
            RefusedError: with a plain reason; nothing was written.
        """
        author, reason = _person(author), reason_of(reason)
        with self._alone() as folder:
            self._check_state(folder)
            self._take_back(folder)
            change = make()
            files = {path: content for path, content in change.files.items() if self.read(path) != content}
            if not files:
                raise NeedlessError("Nothing would change: the files say so already.")
            self._check_untouched(files)
            self._witness(replace(change, files=files), reason)
            return self._commit(change, files, author, reason, folder)

    def undoing(self, commit: Commit) -> Change:
        """Return what takes back one change, whatever came after it; the history then keeps both.

        Raises:
            RefusedError: if it was taken back already, or later changes rest on it.
        """
        if commit.undone_by:
            raise NeedlessError(f"This change was undone already, by {commit.undone_by[:9]}.")
        files = {}
        for path in commit.files:
            before, after = self._at(f"{commit.id}^", path), self._at(commit.id, path)
            files[path] = undone(before, after, self.read(path), path)
        return Change("undo", f"Undo: {commit.summary}", files, undoes=commit.id)

    def find(self, commit_id: str) -> Commit:
        """Return a change of staff by the beginning of its id.

        Raises:
            RefusedError: if there is none, or several.
        """
        if not re.fullmatch(r"[0-9a-f]{6,40}", commit_id):
            raise RefusedError("Name a change by at least six characters of its id, such as 3f9c2a.")
        found = [commit for commit in self.history() if commit.id.startswith(commit_id)]
        if len(found) != 1:
            raise RefusedError(
                f"There is {'no' if not found else 'more than one'} change of staff with the id {commit_id}."
            )
        return found[0]

    def history(self, limit: int | None = None, since: str | None = None) -> list[Commit]:
        """Return the changes of staff, latest first.

        Args:
            limit: how many; None for all.
            since: a commit that is no longer of interest, nor what came before it.
        """
        trailers = (f"%(trailers:key={key},valueonly)" for key in (_PROPOSER, _TRAILER, _UNDOES))
        form = _PART.join(("%H", "%aI", "%an", *trailers, "%B"))
        command = ["log", f"--grep=^{_TRAILER}: ", "-z", f"--format={_END}{form}{_PART}", "--name-only"]
        log = self._git(*command, *([f"{since}..HEAD"] if since else []))
        commits, undoing = [], {}
        for entry in log.split(_END)[1:]:
            identity, at, author, proposer, kind, undoes, body, names = entry.split(_PART)
            parts = body.split("\n\n")
            if not kind.strip() or len(parts) < 3:
                # Somebody else's commit that only quotes one of ours.
                continue
            if undoes.strip():
                undoing[undoes.strip()] = identity
            summary, reason = parts[:2]
            paths = tuple(name.strip("\n") for name in names.split("\0") if name.strip("\n"))
            commits.append(
                Commit(
                    *(identity, at, author, proposer.strip(), kind.strip(), summary.strip(), reason.strip(), paths),
                    undone_by=undoing.get(identity, ""),
                )
            )
        return commits[:limit]

    def difference(self, commit_id: str) -> str:
        """Return what a commit changed, as `git show` prints it without its message."""
        return self._git("show", "--format=", "--no-color", "--unified=1", commit_id)

    def head(self) -> str:
        """Return the id of the latest commit.

        Raises:
            RefusedError: if the folder is not under git.
        """
        return self._git("rev-parse", "HEAD").strip()

    def _take_back(self, folder: Path) -> None:
        """Undo what a save wrote that was cut off before its commit; what somebody has changed since is theirs."""
        unfinished = pending.noted(folder)
        if not unfinished:
            return
        if (folder / "index.lock").exists():
            raise RefusedError(git.BUSY)
        ours = []
        for path, written in unfinished.items():
            self._half(path).unlink(missing_ok=True)
            committed, found = self._at("HEAD", path), self.read(path)
            if found != committed and pending.fingerprint(found) == written:
                self._write(path, committed)
                found = committed
            if found == committed:
                # It may have been staged.
                ours.append(path)
        if ours:
            self._git("reset", "--quiet", "--", *ours, check=False)
        pending.clear(folder)

    def _commit(
        self, change: Change, files: Mapping[str, str | None], author: str, reason: str, folder: Path
    ) -> Commit:
        before = {path: self.read(path) for path in files}
        trailers = [f"{_TRAILER}: {change.kind}"]
        if change.proposer:
            trailers.insert(0, f"{_PROPOSER}: {_person(change.proposer)}")
        undoes = [f"This reverts commit {change.undoes}."] if change.undoes else []
        if change.undoes:
            trailers.append(f"{_UNDOES}: {change.undoes}")
        text = "\n\n".join([" ".join(change.summary.split()), reason, *undoes, "\n".join(trailers)])
        pending.note(folder, files)
        try:
            for path, content in files.items():
                self._write(path, content)
            self._git("add", "--all", "--", *files)
            self._git("commit", "--quiet", "--only", "--file=-", "--", *files, person=author, text=text)
        except BaseException:
            for path, content in before.items():
                self._write(path, content)
            self._git("reset", "--quiet", "--", *files, check=False)
            pending.clear(folder)
            raise
        pending.clear(folder)
        return self.history(1)[0]

    def _write(self, path: str, content: str | None) -> None:
        file = self.root / path
        if content is None:
            file.unlink(missing_ok=True)
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        # Whoever reads meanwhile, a training for one, gets the old file or the new one.
        half = self._half(path)
        half.write_text(content, encoding="utf-8")
        half.replace(file)

    def _half(self, path: str) -> Path:
        file = self.root / path
        return file.with_name(f".{file.name}.half")

    def _check_state(self, folder: Path) -> None:
        unfinished = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply")
        if any((folder / name).exists() for name in unfinished):
            raise RefusedError(
                "A merge or rebase in this folder is not finished. Somebody who knows git must end it first."
            )
        if not self._git("symbolic-ref", "--quiet", "HEAD", check=False).strip():
            raise RefusedError(
                "This folder is on no branch, so that changes could be lost. Run `git switch -c staff` there."
            )

    def _check_untouched(self, files: Mapping[str, str | None]) -> None:
        status = self._git("status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--", *files)
        foreign = sorted(entry[3:] for entry in status.split("\0") if entry)
        if foreign:
            raise RefusedError(
                f"Somebody is changing {', '.join(foreign)} by hand and has not committed it. Nothing was written. "
                "Ask them to commit or undo that, then try again."
            )

    def _at(self, commit: str, path: str) -> str | None:
        # A first commit has nothing before it.
        known = self._git("ls-tree", "--name-only", "-z", commit, "--", path, check=False)
        return self._git("show", f"{commit}:{path}") if known else None

    @contextmanager
    def _alone(self) -> Iterator[Path]:
        """Hold the lock on the repository, and yield git's folder; threads and processes wait for each other."""
        folder = Path(self._git("rev-parse", "--absolute-git-dir").strip())
        with (folder / _LOCK).open("w") as lock:
            until = time.monotonic() + self._patience
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError as error:
                    if time.monotonic() > until:
                        raise RefusedError("Somebody else is saving just now. Try again in a moment.") from error
                    time.sleep(0.05)
            yield folder

    def _git(self, *arguments: str, **options: Any) -> str:
        return git.run(self.root, *arguments, **options)


def _person(name: str) -> str:
    name = " ".join(name.split())
    if not _NAME.fullmatch(name) or not name.isprintable():
        raise RefusedError("Say who makes this change: a name of up to 80 letters.")
    return name


def lines_of(commits: Sequence[Commit]) -> str:
    """Return changes as lines of text: id, day, author, summary, and whether it was undone."""
    return "\n".join(
        f"{commit.id[:9]}  {commit.time[:10]}  {commit.author}: {commit.summary}"
        + (f"  (undone by {commit.undone_by[:9]})" if commit.undone_by else "")
        for commit in commits
    )

"""The history of what staff changed, and taking one change back."""

from __future__ import annotations

from helpline.authoring.annotate import checked
from helpline.authoring.answers import review
from helpline.authoring.catalogue import Catalogue, current
from helpline.authoring.errors import RefusedError
from helpline.authoring.repository import Change, Commit, Repository

_TWO_PEOPLE = "crisis"


def undo(repository: Repository, author: str, reason: str, commit_id: str) -> Commit:
    """Take back one change of staff as a new commit; what came after it stays.

    Raises:
        RefusedError: if it is none, was taken back already, later changes rest on it, or two people must agree to it.
    """

    def make() -> Change:
        commit = repository.find(commit_id)
        if commit.kind == _TWO_PEOPLE:
            raise RefusedError(
                "Two people filed this message of danger; two must agree to take it out. Propose its removal instead."
            )
        change = checked(repository, repository.undoing(commit))
        _check_answers(repository, change)
        return change

    return repository.apply(author, reason, make)


def _check_answers(repository: Repository, change: Change) -> None:
    """Refuse an answer that two changes have put together and nobody has read."""
    before, after = current(repository.root), Catalogue(repository.root, change.files)
    for label, answer in after.answers.items():
        if answer != before.answers.get(label):
            problems = review(answer, after, before.answers.get(label)).problems
            if problems:
                raise RefusedError(f"{label} would no longer be in order: {' '.join(problems)}")

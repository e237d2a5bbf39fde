"""The history of what staff changed, and taking one change back."""

from __future__ import annotations

from helpline.authoring.annotate import checked
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
        return checked(repository, repository.undoing(commit))

    return repository.apply(author, reason, make)

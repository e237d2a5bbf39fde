"""Changes of staff in the audit log: what is about to be saved is written down first, or it is not saved."""

from __future__ import annotations

import logging
from functools import lru_cache

import sqlalchemy as sa

from helpline.authoring.errors import RefusedError
from helpline.authoring.repository import Change, Commit
from helpline.console import audit
from helpline.console.database import open_staff

logger = logging.getLogger(__name__)
# Seconds for each try to write to a locked database; there are several, and a person waits.
PATIENCE = 0.2


class Recorder:
    """Writes down one change: before it is made, and how it ended."""

    def __init__(self, url: str, who: str, role: str = "", author: str = "") -> None:
        """Take the address of the staff's database, whose change it is, and the name at the commit if it is another."""
        self._url = url
        self._who = who
        self._role = role
        self._named = {"author": author} if author else {}
        self._begun: Change | None = None

    def begin(self, change: Change, reason: str) -> None:
        """Write down what is about to be saved.

        Raises:
            RefusedError: if that cannot be written.
        """
        after = {"files": sorted(change.files), **self._named}
        try:
            self._record(f"{change.kind} begun", after, change.summary, reason)
        except sa.exc.SQLAlchemyError as error:
            logger.error("The audit log cannot be written: %s", getattr(error, "orig", None) or type(error).__name__)
            raise RefusedError(
                "The audit log cannot be written just now, so nothing was changed. Try again in a minute. "
                "If it stays like this, tell whoever runs the assistant."
            ) from error
        self._begun = change

    def saved(self, commit: Commit) -> None:
        """Write down that it is saved; if that fails, what was begun still stands there."""
        after = {"change": commit.id[:9], "files": list(commit.files), **self._named}
        self._try(f"{commit.kind} saved", after, commit.summary, commit.reason)

    def failed(self, error: Exception) -> None:
        """Write down that what was begun was not saved; nothing where nothing was."""
        if self._begun is not None:
            self._try(f"{self._begun.kind} not saved", None, self._begun.summary, str(error)[:500])

    def _try(self, what: str, after: object, about: str, reason: str) -> None:
        try:
            self._record(what, after, about, reason)
        except sa.exc.SQLAlchemyError:
            logger.error("The audit log has no record of how this ended: %s, %s.", what, about)

    def _record(self, what: str, after: object, about: str, reason: str) -> None:
        audit.record(_opened(self._url), self._who, what, after=after, role=self._role, about=about, reason=reason)


@lru_cache(maxsize=4)
def _opened(url: str) -> sa.engine.Engine:
    return open_staff(url, PATIENCE)

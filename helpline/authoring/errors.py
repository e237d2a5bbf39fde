"""Why a change of staff is refused: each message says in plain words what is wrong and what to do."""

from __future__ import annotations


class RefusedError(ValueError):
    """A change that is not made; nothing was written."""


class NeedlessError(RefusedError):
    """A change that would change nothing: what it asks for is there already."""

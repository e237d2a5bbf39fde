"""Why a change of staff is refused: each message says in plain words what is wrong and what to do."""

from __future__ import annotations


class Refused(ValueError):
    """A change that is not made; nothing was written."""


class Needless(Refused):
    """A change that would change nothing: what it asks for is there already."""

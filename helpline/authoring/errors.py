"""Why a change of staff is refused: each message says in plain words what is wrong and what to do."""

from __future__ import annotations


class RefusedError(ValueError):
    """A change that is not made; nothing was written."""


class NeedlessError(RefusedError):
    """A change that would change nothing: what it asks for is there already."""


class FiledElsewhereError(RefusedError):
    """A message that stands under another topic: it is taken from there only where somebody says so."""


class ChangedSinceError(RefusedError):
    """What is to be changed is no longer what the person saw: somebody else was first."""


class BrokenFileError(RefusedError):
    """A file of the project that cannot be read; nothing that rests on it can be shown or changed."""

    def __init__(self, path: str, error: Exception) -> None:
        """Take the file's path from the project's folder, and what reading it said."""
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark is not None else ""
        super().__init__(
            f"The file {path} cannot be read{where}: it is not written as such files are. Somebody who knows YAML must "
            "put it right; the last change to it is in git."
        )

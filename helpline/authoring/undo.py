"""Takes one change out of a file whatever came after it; two lines that merely stand side by side do not clash. Pure.

`git revert` would stop where the next message was added below the one that goes.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from helpline.authoring import examples
from helpline.authoring.errors import RefusedError

_HEADER = re.compile(r"(?:(?:#.*|version:.*|\w+:\s*|)\n)*")


def undone(before: str | None, after: str | None, now: str | None, path: str) -> str | None:
    """Return a file as it is now without one change; None where it is to be deleted.

    Args:
        before, after: the file before and after that change; None where there was none.
        now: the file as it is.
        path: its name, for the reason.

    Raises:
        RefusedError: if a later change touched the same lines.
    """
    if now == after:
        return before
    if now is None:
        raise _clash(path)
    old_messages, new_messages = _messages(before, path), _messages(after, path)
    if old_messages != new_messages:
        return _without_messages(old_messages, new_messages, now, path)
    if before is None and after is not None:
        # The first lines of a file that others have added to since stay.
        before = _header(after)
    if before is None or after is None:
        raise _clash(path)
    changed = _without_lines(before, after, now, path)
    return None if changed == _header(changed) else changed


def _without_messages(
    before: list[tuple[examples.Block, str]], after: list[tuple[examples.Block, str]], now: str, path: str
) -> str | None:
    there = examples.messages(now)
    for block, text in after:
        if (block, text) not in before:
            if (block, text) not in there:
                raise _clash(path)
            now = examples.take_out(now, block, text)
    for block, text in before:
        if (block, text) not in after and (block, text) not in there:
            now = examples.add(now, block, text)
    return now if examples.messages(now) else None


def _without_lines(before: str, after: str, now: str, path: str) -> str:
    old, new, current = (text.splitlines(keepends=True) for text in (before, after, now))
    kept = _kept(new, current)
    # From the end on, so that the places before stay true.
    for tag, old_begin, old_end, begin, end in reversed(_matcher(old, new).get_opcodes()):
        if tag == "equal":
            continue
        places = [kept.get(row) for row in range(begin, end)]
        if begin < end:
            first = places[0]
            if first is None or places != list(range(first, first + end - begin)):
                raise _clash(path)
            current[first : first + end - begin] = old[old_begin:old_end]
            continue
        # Lines that were taken out go back below the line that they stood below.
        above, below = kept.get(begin - 1), kept.get(begin)
        if above is None and below is None and begin not in (0, len(new)):
            raise _clash(path)
        place = above + 1 if above is not None else below if below is not None else (0 if begin == 0 else len(current))
        current[place:place] = old[old_begin:old_end]
    return "".join(current)


def _messages(source: str | None, path: str) -> list[tuple[examples.Block, str]]:
    return examples.messages(source) if source and path.startswith("data/") and path.endswith(".yml") else []


def _header(source: str) -> str:
    found = _HEADER.match(source)
    return found[0] if found else ""


def _kept(new: list[str], current: list[str]) -> dict[int, int]:
    """Return for each line of `new` that is still there its place in `current`."""
    return {
        block.a + offset: block.b + offset
        for block in _matcher(new, current).get_matching_blocks()
        for offset in range(block.size)
    }


def _matcher(one: list[str], other: list[str]) -> SequenceMatcher[str]:
    return SequenceMatcher(None, one, other, autojunk=False)


def _clash(path: str) -> RefusedError:
    return RefusedError(f"{path} was changed at the same place since. Undo the later change first, or edit it again.")

"""A rule of redaction: a pattern, what stands for it, and what has to be in a message for it to be worth a search."""

from __future__ import annotations

import re
from typing import NamedTuple, Sequence


class Rule(NamedTuple):
    """What is replaced by a tag.

    pattern: what led to it, the first of its groups that matched, stays.
    cues: one of them is in the message in lower case; none: no matter.
    """

    tag: str
    pattern: re.Pattern[str]
    cues: tuple[str, ...] = ()


def replaced(text: str, low: str, rules: Sequence[Rule]) -> str:
    """Return `text` with what the rules find as their tags.

    low: the message in lower case.
    """
    for rule in rules:
        if not rule.cues or any(cue in low for cue in rule.cues):
            text = rule.pattern.sub(lambda found, tag=rule.tag: _first(found.groups()) + tag, text)
    return text


def _first(groups: Sequence[str | None]) -> str:
    return next((group for group in groups if group), "")

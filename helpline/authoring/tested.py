"""The test conversations made of stories: which message they hold to which topic. One message, one topic. Pure."""

from __future__ import annotations

import yaml

from helpline.authoring.texts import bare
from helpline.files import LOADER

TESTS = "tests/conversations/test_from_review.yml"
# Of one message, as `helpline.authoring.stories` writes it: the words, the topic and the reply.
_LINES_OF_STEP = 4
_STEP = "  - user: |\n"
_STORY = "- story: "


def topics_of(source: str | None) -> dict[str, tuple[str, str]]:
    """Return for the bare words of each message the topic that it is held to, and the name of the test."""
    content = yaml.load(source or "", Loader=LOADER) or {}
    return {
        bare(step["user"]): (str(step["intent"]), str(story["story"]))
        for story in content.get("stories") or []
        for step in story["steps"]
        if "user" in step
    }


def filed_anew(source: str | None, text: str, label: str | None) -> str | None:
    """Return the tests with a message held to another topic, or taken out; None where no test is left.

    Args:
        source: the file; None for none.
        text: the message.
        label: what it means now; None where it is no topic any more.
    """
    if source is None:
        return None
    lines = source.splitlines(keepends=True)
    for place in reversed([at for at, line in enumerate(lines) if line == _STEP]):
        if bare(lines[place + 1]) != bare(text):
            continue
        step = [*lines[place : place + 2], f"    intent: {label}\n", f"  - action: utter_{label}\n"]
        lines[place : place + _LINES_OF_STEP] = step if label is not None else []
    return _without_empty("".join(lines))


def _without_empty(source: str) -> str | None:
    head, *stories = source.split(f"\n{_STORY}")
    kept = [story for story in stories if _STEP in story]
    if len(kept) == len(stories):
        return source
    return f"\n{_STORY}".join([head, *kept]).rstrip() + "\n" if kept else None

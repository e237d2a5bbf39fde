"""Tries a model under faults and on every channel, in a process of its own."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpline.crisis.detector import by_rules
from helpline.evaluation.replies import Reply, alone, load, play_through
from helpline.evaluation.sets import Turn
from helpline.publishing.smoke import conversations, faults, unheard
from helpline.publishing.verdict import Check

if TYPE_CHECKING:
    from helpline.processor import Processor

# The same person meets the same words wherever they write.
_CHANNELS = ("rest", "web", "twilio", "telegram", "facebook", "slack")
# Seconds that the guard waits here: this is about what is said, and the machine may be busy with the training.
_IN_TIME = 30.0


def checks(model: Path) -> list[Check]:
    """Return what came of a model without an action server, with a broken database, and on every channel.

    Raises:
        Exception: whatever loading the model raises.
    """
    processor = load(model)
    wrong = faults(processor)
    answers = "answers, and hears danger in the middle of a talk, without an action server"
    return [
        Check("The last look", not wrong, "; ".join(wrong[:2]) or answers, tuple(wrong)),
        _broken_database(processor),
        _same_everywhere(processor),
    ]


def _broken_database(processor: Processor) -> Check:
    from rasa.core.tracker_store import InMemoryTrackerStore

    from helpline.channels.guard import Guard

    class Broken(InMemoryTrackerStore):
        async def save(self, *_: Any) -> None:
            raise OSError("The disk is full.")

        async def retrieve(self, *_: Any) -> None:
            raise OSError("The database is locked.")

    broken = alone(processor)
    broken.tracker_store = Broken(processor.domain)
    # The fault is ours: its tracebacks are of no use.
    logging.getLogger("helpline.channels.guard").setLevel(logging.CRITICAL)

    async def ask() -> list[str]:
        guard = Guard(broken.handle_message, _IN_TIME)
        found = []
        for place, talk in enumerate(conversations()[0][::2]):
            text = talk[-1].text
            # The learned half has a moment only, which a busy machine may not give it.
            if not by_rules(text).is_crisis:
                continue
            messages = await guard.answer(text, f"fault-{place}", "rest")
            if fault := unheard(Reply(Turn(text), tuple(messages))):
                found.append(fault)
        return found

    found = asyncio.run(ask())
    return Check("With a broken database", not found, "the numbers come all the same", tuple(found))


def _same_everywhere(processor: Processor) -> Check:
    danger, questions = conversations()
    talks = [*danger[1::4], *questions]
    replies: dict[str, list[str]] = {}
    for channel in _CHANNELS:
        played = asyncio.run(play_through(alone(processor), talks, channel))
        replies[channel] = ["\n".join(reply.text for reply in talk) for talk in played]
    differing = sorted(
        f"{talk[-1].text!r} on {channel}"
        for channel in _CHANNELS[1:]
        for talk, here, there in zip(talks, replies[_CHANNELS[0]], replies[channel], strict=True)
        if here != there
    )
    found = "differs" if differing else f"the same on {len(_CHANNELS)} channels"
    return Check("The same words on every channel", not differing, found, tuple(differing))


if __name__ == "__main__":
    print(json.dumps([asdict(check) for check in checks(Path(sys.argv[1]))]))

"""Plays conversations through a trained model in process, with the real NLU, rules and words."""

from __future__ import annotations

import asyncio
import copy
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpline.evaluation.sets import Conversations, Turn
from helpline.server import put_off_tensorflow

if TYPE_CHECKING:
    from rasa.core.nlg import NaturalLanguageGenerator

    from helpline.processor import Processor


@dataclass(frozen=True)
class Reply:
    """What came back for a turn: the messages in REST form."""

    turn: Turn
    messages: tuple[dict[str, Any], ...]

    @property
    def text(self) -> str:
        """All texts, one after the other."""
        return "\n".join(message["text"] for message in self.messages if "text" in message)

    @property
    def customs(self) -> list[dict[str, Any]]:
        """The `custom` objects in order."""
        return [message["custom"] for message in self.messages if "custom" in message]

    @property
    def kinds(self) -> list[str]:
        """What the reply is, e.g. ``["answer"]`` or ``["fallback:not_covered"]``."""
        return [f"fallback:{c['reason']}" if c["kind"] == "fallback" else str(c["kind"]) for c in self.customs]

    @property
    def answered(self) -> list[str]:
        """The topics that were answered from the document."""
        return [topic for custom in self.customs if custom["kind"] == "answer" for topic in custom["topics"]]


def play(model: Path, conversations: Conversations) -> list[list[Reply]]:
    """Return the reply to each turn; each conversation is a new person's."""
    return asyncio.run(play_through(load(model), conversations))


def load(model: Path) -> Processor:
    """Return a model archive's processor, as the server runs it, that stores nothing and knows no action server.

    Raises:
        Exception: whatever loading raises.
    """
    put_off_tensorflow()
    from rasa.core.lock_store import InMemoryLockStore
    from rasa.core.tracker_store import InMemoryTrackerStore
    from rasa.shared.core.domain import Domain
    from rasa.utils.log_utils import configure_structlog

    from helpline.processor import Processor

    configure_structlog(logging.WARNING)
    # The action server is not part of this; Rasa would report each action that it misses.
    for name in ("rasa.core", "helpline.fit_check.form"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    processor = Processor(model, InMemoryTrackerStore(Domain.empty()), InMemoryLockStore(), generator=_words())
    return alone(processor)


def alone(processor: Processor) -> Processor:
    """Return a processor with the same model, but with words and conversations of its own, and no action server."""
    from rasa.core.lock_store import InMemoryLockStore
    from rasa.core.tracker_store import InMemoryTrackerStore

    copied = copy.copy(processor)
    copied.tracker_store = InMemoryTrackerStore(processor.domain)
    copied.lock_store = InMemoryLockStore()
    copied.action_endpoint = None
    # The words are read anew for each model, which another thread must not see halfway.
    copied.nlg = _words()
    return copied


async def play_through(
    processor: Processor, conversations: Conversations, channel: str | None = None
) -> list[list[Reply]]:
    """Return what a processor of `load` or `alone` replies to each turn; each conversation is a new person's."""
    from rasa.core.channels.channel import CollectingOutputChannel, UserMessage

    result = []
    for number, conversation in enumerate(conversations):
        replies, sender = [], f"evaluation-{number}"
        for turn in conversation:
            output = CollectingOutputChannel()
            await processor.handle_message(UserMessage(turn.text, output, sender, input_channel=channel))
            replies.append(Reply(turn, tuple(output.messages)))
        processor.tracker_store.store.pop(sender, None)
        result.append(replies)
    return result


def _words() -> NaturalLanguageGenerator:
    from rasa.core.nlg import NaturalLanguageGenerator
    from rasa.shared.core.domain import Domain
    from rasa.utils.endpoints import EndpointConfig

    generator = EndpointConfig(type="helpline.answers.generator.AnswerGenerator")
    return NaturalLanguageGenerator.create(generator, Domain.empty())

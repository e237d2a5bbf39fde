"""Plays conversations through a trained model in process, with the real NLU, rules and words."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpline.evaluation.sets import Conversations, Turn
from helpline.server import put_off_tensorflow


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
    put_off_tensorflow()
    from rasa.core.agent import Agent
    from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
    from rasa.utils.endpoints import EndpointConfig
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.WARNING)
    # The action server is not part of this; Rasa would report each action that it misses.
    logging.getLogger("rasa.core").setLevel(logging.CRITICAL)
    agent = Agent.load(str(model), generator=EndpointConfig(type="helpline.answers.generator.AnswerGenerator"))

    async def run() -> list[list[Reply]]:
        result = []
        for number, conversation in enumerate(conversations):
            replies = []
            for turn in conversation:
                output = CollectingOutputChannel()
                await agent.handle_message(UserMessage(turn.text, output, f"evaluation-{number}"))
                replies.append(Reply(turn, tuple(output.messages)))
            result.append(replies)
        return result

    return asyncio.run(run())

"""What an event on a messaging channel is answered with: by the guard, or by the channel itself."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from typing import Any, Callable, Mapping, Sequence

from helpline.channels import standard_replies
from helpline.channels.guard import Detect, Guard, admit, escalates, trouble
from helpline.channels.menus import Menus
from helpline.channels.people import Clock
from helpline.channels.rendering import Capabilities, Rendered, list_again, render
from helpline.channels.stored_turns import read_turns, turn_number
from helpline.channels.vendor import Inbound
from helpline.crisis.detector import by_rules
from helpline.crisis.taxonomy import Detection
from helpline.storage.database import read_last_events
from helpline.storage.worker import UnavailableError, Worker

logger = logging.getLogger(__name__)

# A turn has a few events; this many surely hold the last turns before a crash.
_LAST_EVENTS = 200
# Seconds that the detector has for a message that waits for its turn.
_DETECTOR_SECONDS = 5.0
# Seconds that a tap on words of danger waits for what they stand for.
_URGENT_PATIENCE = 0.15
# What a person means who begins anew.
_GREETING = "hello"


@dataclass(frozen=True)
class Item:
    """An event on its way.

    Attributes:
        key, number, conversation: its row's.
        inbound: what the vendor told.
        recovered: a crash left it, so that Rasa may have answered it already.
        heard: what the model heard in it, where that is known.
    """

    key: str
    number: int
    conversation: str
    inbound: Inbound
    recovered: bool = False
    heard: Detection | None = None


class Answers:
    """Finds the replies of one channel."""

    def __init__(
        self,
        guard: Guard,
        database: Worker,
        menus: Menus,
        capabilities: Mapping[str, Capabilities],
        clock: Clock,
        detect: Callable[[], Detect | None],
    ) -> None:
        """Take what `Messaging` has."""
        self._guard = guard
        self._database = database
        self._menus = menus
        self._capabilities = capabilities
        self._clock = clock
        self._detect = detect

    def readings(self, item: Item) -> set[str]:
        """Return what an event may say: the text, and what it stands for in the open menu."""
        meaning = self._menus.meaning(item.conversation, item.inbound.text, item.inbound.choice)
        return {item.inbound.text, meaning.text}

    async def hears_danger(self, text: str) -> bool:
        """Tell whether the rules or the model hear danger in a text; the guard's time limit would miss some of it."""
        return by_rules(admit(text)).is_crisis or (await self.model_hears(text)).is_crisis

    async def model_hears(self, text: str) -> Detection:
        """Return what the model hears in a message that can wait: it has more time than the guard gives."""
        detect = self._detect()
        if detect is None:
            return Detection()
        try:
            return await asyncio.wait_for(detect(admit(text)), _DETECTOR_SECONDS)
        except Exception as error:
            logger.warning("The detector did not read a message that waits: %s", type(error).__name__)
            return Detection()

    async def reply(self, item: Item) -> Rendered | None:
        """Return the reply to an event, None where there is to be none; never raises."""
        try:
            return await self._reply(item)
        except Exception:
            logger.exception("An event could not be answered; the person gets the numbers.")
            return self._rendered(item, [trouble(item.conversation)])

    async def _reply(self, item: Item) -> Rendered | None:
        kind, text = item.inbound.kind, item.inbound.text
        if kind == "media":
            return self._rendered(item, [standard_replies.media()])
        if kind == "public_mention":
            return self._rendered(item, [standard_replies.in_public(await self.hears_danger(text))])
        if kind == "opt_out":
            # A carrier confirms its own words; of others ("Stop!") it knows nothing.
            capabilities = self._capabilities[item.inbound.channel]
            if capabilities.confirms and text.strip().upper() in capabilities.keywords:
                return None
            return replace(self._rendered(item, [standard_replies.opted_out()]), urgent=True)
        if kind == "edit" and not await self.hears_danger(text):
            return None
        if kind == "help":
            replies = await self._said(item, text)
            begin = standard_replies.numbers(danger=any(escalates(reply) for reply in replies))
            return replace(self._rendered(item, [begin, *replies]), urgent=True)
        if kind == "opt_in":
            return self._rendered(item, await self._said(item, _GREETING))
        return await self._to_message(item)

    async def _to_message(self, item: Item) -> Rendered:
        text, choice = item.inbound.text, item.inbound.choice
        # Plain words of danger are no choice, however like a title they look.
        danger = by_rules(text).is_crisis
        if danger and choice is not None:
            await self._menus.learn(item.conversation, _URGENT_PATIENCE)
        elif not danger:
            await self._menus.learn(item.conversation)
        if choice is not None or not danger:
            meaning = self._menus.meaning(item.conversation, text, choice)
            if meaning.again is not None and not await self.hears_danger(text):
                parts = list_again(meaning.again, self._capabilities[item.inbound.channel])
                return Rendered(parts, replace(meaning.again, id=self._clock.number()))
            text = meaning.text
        return self._rendered(item, await self._said(item, text))

    async def _said(self, item: Item, text: str) -> list[dict[str, Any]]:
        """Return what the bot says to a text."""
        turn = turn_number(item.key)
        replies = await self._said_before(item, turn, text) if item.recovered else []
        return replies or await self._guard.answer(
            text, item.conversation, item.inbound.channel, {"turn": turn}, self._detector_for(item)
        )

    def _detector_for(self, item: Item) -> Detect | None:
        """Return the detector, or what it said of an event already."""
        heard = item.heard
        if heard is None:
            return self._detect()

        async def known(text: str) -> Detection:
            return heard

        return known

    async def _said_before(self, item: Item, turn: int, text: str) -> list[dict[str, Any]]:
        """Return the replies that Rasa stored to an event before the process died, [] where there are none.

        Rasa must not take the message a second time: in the fit check it would answer the next question.
        """
        try:
            events = await self._database.run(read_last_events, item.conversation, _LAST_EVENTS)
        except UnavailableError:
            return []
        turns = await read_turns(item.conversation, events)
        replies = next((stored.replies for stored in reversed(turns) if stored.number == turn), [])
        # What the guard would have added is not stored.
        missed = by_rules(text).is_crisis and not any(escalates(reply) for reply in replies)
        return [] if missed else replies

    def _rendered(self, item: Item, replies: Sequence[dict[str, Any]]) -> Rendered:
        return render(replies, self._capabilities[item.inbound.channel], self._clock.number())

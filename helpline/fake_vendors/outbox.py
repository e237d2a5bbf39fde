"""What was said on every channel, as the people saw it, and every request that the vendors got."""

from __future__ import annotations

import asyncio
import time
from dataclasses import asdict, dataclass, field
from typing import Any, Callable, Literal

Author = Literal["bot", "person", "carrier"]


@dataclass(frozen=True)
class Button:
    """A native button: `id` is what comes back when it is tapped."""

    id: str
    title: str


@dataclass(frozen=True)
class Message:
    """One message on a phone.

    Attributes:
        number: its place in the outbox, from 1.
        time: seconds since 1970.
        channel: sms, whatsapp, telegram, messenger or slack.
        address: the conversation, as the vendor names it.
        author: the assistant, the person, or the carrier (its answer to STOP).
        text: what is seen.
        buttons: native buttons below it.
        vendor_id: the vendor's id.
        only_for: the person who alone sees it in a channel of many, or "".
    """

    number: int
    time: float
    channel: str
    address: str
    author: Author
    text: str
    buttons: tuple[Button, ...] = ()
    vendor_id: str = ""
    only_for: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return it for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Attempt:
    """One request of the assistant to a vendor: `status` None for a connection that was cut."""

    time: float
    vendor: str
    path: str
    status: int | None
    error: str = ""


@dataclass
class Outbox:
    """All of it, in order; readers may wait for news."""

    messages: list[Message] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    _changed: asyncio.Event = field(default_factory=asyncio.Event, repr=False)
    _numbered: int = 0

    def add(
        self,
        channel: str,
        address: str,
        author: Author,
        text: str,
        buttons: tuple[Button, ...] = (),
        vendor_id: str = "",
        only_for: str = "",
    ) -> Message:
        """Keep a message."""
        self._numbered += 1
        message = Message(self._numbered, time.time(), channel, address, author, text, buttons, vendor_id, only_for)
        self.messages.append(message)
        self._tell()
        return message

    def tried(self, vendor: str, path: str, status: int | None, error: str = "") -> None:
        """Keep that a request came."""
        self.attempts.append(Attempt(time.time(), vendor, path, status, error))
        self._tell()

    def of(self, channel: str, address: str | None = None, author: Author | None = "bot") -> list[Message]:
        """Return the messages of a channel, of one conversation, of one author; None for all of them."""
        return [
            message
            for message in self.messages
            if message.channel == channel
            and (address is None or message.address == address)
            and (author is None or message.author == author)
        ]

    def clear(self) -> None:
        """Forget everything but how far the numbers were."""
        self.messages.clear()
        self.attempts.clear()
        self._tell()

    async def wait(self, condition: Callable[[], Any], seconds: float) -> Any:
        """Return the first true value of `condition`, which is asked whenever something comes.

        Raises:
            TimeoutError: if there is none within `seconds`.
        """
        deadline = time.monotonic() + seconds
        while not (value := condition()):
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"Nothing of the kind came within {seconds:g} s.")
            self._changed.clear()
            try:
                # A condition may also look at something else than the outbox.
                await asyncio.wait_for(self._changed.wait(), min(left, 0.25))
            except asyncio.TimeoutError:
                continue
        return value

    def _tell(self) -> None:
        self._changed.set()

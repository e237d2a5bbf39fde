"""The base of the messaging channels: verify, parse, keep, answer 200 at once; the rest happens behind that.

A subclass says how its vendor signs, what its events mean, and how a part is sent. Everything else is here and in
`messaging` (order, guard, menus), `rendering` (texts and buttons) and `delivery` (tries, order, dead letters).
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Mapping

from rasa.core.channels.channel import InputChannel
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from helpline.channels.rendering import Button, Capabilities, Part
from helpline.channels.vendor import Call, Inbound, Outcome
from helpline.settings import Settings

__all__ = ["Button", "Call", "Capabilities", "Inbound", "Outcome", "Part", "SafeChannel"]


class SafeChannel(InputChannel):
    """One vendor. Its webhook is at `/webhooks/<name>/webhook`.

    Attributes:
        capabilities: what can be shown, for each channel name (`Inbound.channel`) that it serves.
    """

    capabilities: Mapping[str, Capabilities]

    def __init__(self, settings: Settings) -> None:
        """Take the settings; no network, no file."""
        self.settings = settings

    @classmethod
    @abstractmethod
    def is_on(cls, settings: Settings) -> bool:
        """Tell whether the operator has set this channel up; its settings are complete then."""

    @abstractmethod
    def verify(self, request: Request) -> bool:
        """Tell whether the vendor signed a request, in constant time, over the raw body; never raises on any bytes."""

    @abstractmethod
    def parse(self, request: Request) -> list[Inbound]:
        """Return all events of a verified request in order; [] for those that are none of ours and for any nonsense."""

    @abstractmethod
    def call(self, address: str, part: Part) -> Call:
        """Return the request that sends a part; `address` is that of an `Inbound` of this channel."""

    @abstractmethod
    def outcome(self, status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
        """Return what the vendor's answer to a `call` means; never raises on any answer."""

    def acknowledgement(self, inbound: Inbound) -> Call | None:
        """Return the request that tells the vendor of a tap (`Inbound.acknowledge`); sent once, its outcome ignored."""
        return None

    def answer_at_once(self, request: Request) -> HTTPResponse | None:
        """Return what a verified request gets in place of the empty 200 (Slack's url_verification), else None."""
        return None

    def routes(self, blueprint: Blueprint) -> None:
        """Add routes beside the webhook (Messenger's GET with hub.challenge)."""

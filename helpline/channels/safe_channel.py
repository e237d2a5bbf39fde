"""The base of the messaging channels: verify, parse, keep, answer 200 at once; the rest happens behind that.

A subclass says how its vendor signs, what its events mean, and how a part is sent. Everything else is here and in
`messaging` (order, guard, menus), `rendering` (texts and buttons) and `delivery` (tries, order, dead letters).
"""

from __future__ import annotations

import asyncio
import logging
import time
from abc import abstractmethod
from functools import partial
from typing import Any, Mapping

from rasa.core.channels.channel import InputChannel
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from helpline.channels.delivery import Patience
from helpline.channels.guard import Guard, OnNewMessage, recorder
from helpline.channels.messaging import Messaging
from helpline.channels.post import Post
from helpline.channels.readiness import detector, health
from helpline.channels.rendering import Button, Capabilities, Part
from helpline.channels.tokens import load_secret
from helpline.channels.vendor import Call, Inbound, Outcome
from helpline.settings import Settings
from helpline.storage import messages
from helpline.storage.database import open_engine
from helpline.storage.worker import Worker

logger = logging.getLogger(__name__)

# Seconds that the database waits for a locked file; it tries again with the next message.
_PATIENCE = 0.2
# Seconds that the end of the server waits for answers and for what is being sent; the supervisor waits for five.
_LAST_SECONDS = 3.0
# Seconds between lines in the log of what a vendor did not take.
_TELLING_PAUSE = 60.0

__all__ = ["Button", "Call", "Capabilities", "Inbound", "Outcome", "Part", "SafeChannel"]


class SafeChannel(InputChannel):
    """One vendor. Its webhook is at `/webhooks/<name>/webhook`.

    Attributes:
        capabilities: what can be shown, for each channel name (`Inbound.channel`) that it serves.
        database: where messages are kept; all channels of a server share one. None: one of its own.
        patience: how long delivery tries; None: as is usual.
    """

    capabilities: Mapping[str, Capabilities]
    database: Worker | None = None
    patience: Patience | None = None

    def __init__(self, settings: Settings) -> None:
        """Take the settings; no network, no file."""
        self.settings = settings
        # When the log may have its next line of what the vendor did not take, and how many had none.
        self._tell_again = 0.0
        self._untold = 0

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

    def accepted(self) -> HTTPResponse:
        """Return what the vendor gets once its events are kept."""
        return response.empty(200)

    def blueprint(self, on_new_message: OnNewMessage) -> Blueprint:
        """Return the routes: a health check, the webhook and those of the vendor."""
        post = Post()
        guard = Guard(on_new_message, self.settings.turn_timeout, recorder(self.settings.database_url))
        self._post = post
        self._app: Sanic | None = None
        self._acknowledging: set[asyncio.Task[Any]] = set()
        self._messaging = Messaging(
            guard,
            self.database or open_database(self.settings),
            load_secret(self.settings),
            self.capabilities,
            self._send,
            lambda: detector(self._app) if self._app else None,
            self.patience,
        )
        blueprint = Blueprint(f"{self.name()}_channel")

        @blueprint.get("/")
        async def check(request: Request) -> HTTPResponse:
            return health(request.app)

        @blueprint.post("/webhook")
        async def webhook(request: Request) -> HTTPResponse:
            return await self._webhook(request)

        self.routes(blueprint)

        @blueprint.listener("before_server_start")
        async def begin(app: Sanic, _: Any) -> None:
            self._app = app
            await self._messaging.begin()

        @blueprint.listener("after_server_start")
        async def open_(*_: Any) -> None:
            # By now there is a model.
            self._messaging.open()

        @blueprint.listener("before_server_stop")
        async def close(app: Sanic, _: Any) -> None:
            # All channels have these seconds together.
            now = asyncio.get_running_loop().time()
            app.ctx.messages_until = getattr(app.ctx, "messages_until", now + _LAST_SECONDS)
            await self._messaging.settle(max(0.1, app.ctx.messages_until - now))
            await post.close()

        return blueprint

    async def _webhook(self, request: Request) -> HTTPResponse:
        try:
            verified = self.verify(request)
        except Exception:
            logger.exception("A signature could not be checked.")
            verified = False
        if not verified:
            return response.empty(403)
        try:
            special = self.answer_at_once(request)
            inbounds = [] if special else self.parse(request)
        except Exception:
            logger.exception("A request of a messaging service could not be read.")
            return self.accepted()
        if inbounds:
            await self._messaging.receive(inbounds)
            for inbound in inbounds:
                self._acknowledge(inbound)
        return special or self.accepted()

    async def _send(self, address: str, part: Part) -> Outcome:
        try:
            call = self.call(address, part)
        except Exception:
            logger.exception("A message could not be put into the vendor's form.")
            return Outcome("refused")
        status, headers, body = await self._post.post(call)
        outcome = self.outcome(status, headers, body)
        if outcome.status in ("retry", "refused"):
            self._tell(status, outcome)
        return outcome

    def _tell(self, status: int, outcome: Outcome) -> None:
        """Log why messages are late or lost, without addresses and texts, once in a while."""
        now = time.monotonic()
        if now < self._tell_again:
            self._untold += 1
            return
        pause = "" if outcome.retry_after_s is None else f", and asks for {outcome.retry_after_s:.0f} s"
        more = f"; {self._untold} more like it since the last line" if self._untold else ""
        what = "refuses a message" if outcome.status == "refused" else "does not take a message now"
        logger.warning("%s %s (status %d%s)%s.", self.name(), what, status, pause, more)
        self._tell_again, self._untold = now + _TELLING_PAUSE, 0

    def _acknowledge(self, inbound: Inbound) -> None:
        if inbound.acknowledge is None:
            return
        call = self.acknowledgement(inbound)
        if call is not None:
            task = asyncio.ensure_future(self._post.post(call))
            self._acknowledging.add(task)
            task.add_done_callback(self._acknowledged)

    def _acknowledged(self, task: asyncio.Task[Any]) -> None:
        self._acknowledging.discard(task)
        # Its error is taken, so that nobody is told: nothing hangs on it.
        if not task.cancelled():
            task.exception()


def open_database(settings: Settings) -> Worker:
    """Return what stores the messages of all channels."""
    return Worker(partial(open_engine, settings.database_url, _PATIENCE), messages.store)

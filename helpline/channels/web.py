"""The web chat's channel: socket.io at `/webhooks/web/socket.io`, and what posts to the page without JavaScript use.

Clients send `session_request`, `user_uttered` and `forget`, each acknowledged; all sockets of a session get `typing`,
`bot_uttered` and, of what the others do, `user_echo` and `ended`. docs/web.md describes what they hold.
"""

from __future__ import annotations

import logging
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from typing import Any, Awaitable, Callable

from rasa.core.channels.channel import InputChannel
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse

from helpline.channels import origins
from helpline.channels.guard import Guard, OnNewMessage, recorder
from helpline.channels.limits import Buckets
from helpline.channels.readiness import detector, health
from helpline.channels.sockets import FrameError, SocketServer
from helpline.channels.tokens import Tokens, load_secret
from helpline.channels.web_session import RefusedError, Sender
from helpline.channels.web_sessions import Sessions
from helpline.settings import load
from helpline.storage import outbox
from helpline.storage.database import open_engine
from helpline.storage.worker import Worker

logger = logging.getLogger(__name__)

MID = re.compile(r"[A-Za-z0-9-]{8,64}")
# Requests other than messages, for each socket: a client asks once when it connects.
_REQUESTS = 60
# Seconds that the outbox waits for a locked file; it tries again with the next reply.
_PATIENCE = 0.2
# Seconds that the end of the server waits for turns that run.
_LAST_TURN = 2.0
_HIGHEST_ID = 2**53

Acknowledgement = dict[str, Any]


@dataclass(frozen=True)
class Receipt:
    """What a person gets for a deletion; nothing of it is kept."""

    code: str
    at: datetime

    def as_content(self) -> dict[str, str]:
        """Return it as clients get it."""
        return {"receipt": self.code, "at": self.at.isoformat(timespec="seconds")}


class _Blueprint(Blueprint):
    """Switches on WebSockets, which an app must know before it listens, and lets the channel know its app."""

    def register(self, app: Sanic, options: dict[str, Any]) -> None:
        app.enable_websocket()
        self.ctx.channel.app = app
        super().register(app, options)


class WebChannel(InputChannel):
    """The channel of the chat widget and the chat page."""

    app: Sanic
    sessions: Sessions

    @classmethod
    def name(cls) -> str:
        """Return the part of the address that names the channel."""
        return "web"

    def blueprint(self, on_new_message: OnNewMessage) -> Blueprint:
        """Return the routes: a health check and socket.io."""
        settings = load()
        self._origins = settings.origins
        self._sockets = SocketServer(self.admits)
        self._requests = Buckets(_REQUESTS)
        self.sessions = Sessions(
            Guard(on_new_message, settings.turn_timeout, recorder(settings.database_url)),
            Worker(partial(open_engine, settings.database_url, _PATIENCE), outbox.store),
            Tokens(load_secret(settings)),
            self._sockets.publish,
        )
        for event, handle in (
            ("session_request", self._session_request),
            ("user_uttered", self._user_uttered),
            ("forget", self._forget),
        ):
            self._sockets.on(event, partial(_acknowledged, handle))
        blueprint = _Blueprint("web_channel")
        blueprint.ctx.channel = self

        @blueprint.get("/")
        async def check(request: Request) -> HTTPResponse:
            return health(request.app)

        @blueprint.route("/socket.io/", methods=["GET", "POST", "OPTIONS"])
        async def socket_io(request: Request) -> HTTPResponse:
            return await self._sockets.handle(request)

        @blueprint.listener("before_server_start")
        async def listen(*_: Any) -> None:
            self._sockets.listen()

        @blueprint.listener("before_server_stop")
        async def close(*_: Any) -> None:
            await self.sessions.settle(_LAST_TURN)
            await self._sockets.close()

        return blueprint

    def admits(self, request: Request) -> bool:
        """Tell whether a request comes from a page of ours, of a site in WEB_ORIGINS, or from no page at all."""
        hosts = (request.headers.get("host", ""), request.headers.get("x-forwarded-host", "").split(",")[0].strip())
        return origins.is_allowed(request.headers.get("origin"), hosts, self._origins)

    def sender(self, request: Request, socket: str | None = None) -> Sender:
        """Return where a message came from."""
        forwarded = ",".join(request.headers.getall("x-forwarded-for", []))
        return Sender(
            address=origins.client_address(request.ip, forwarded),
            socket=socket,
            detect=detector(self.app),
        )

    async def forget(self, session_id: str, socket: str | None = None) -> Receipt:
        """Delete a session and all that is kept of it, and tell its sockets but the one that asked for it.

        Raises:
            Exception: if that fails.
        """
        await self.sessions.forget(session_id, getattr(getattr(self.app.ctx, "agent", None), "forget", None))
        receipt = Receipt(secrets.token_hex(3).upper(), datetime.now(timezone.utc))
        await self._sockets.publish(session_id, "ended", receipt.as_content(), socket)
        await self._sockets.dissolve(session_id)
        return receipt

    async def _session_request(self, socket: str, content: dict[str, Any]) -> Acknowledgement:
        self._take(socket)
        after = content.get("after")
        if isinstance(after, bool) or not isinstance(after, int) or not 0 <= after < _HIGHEST_ID:
            after = 0
        entered = partial(self._sockets.enter, socket)
        try:
            begun = await self.sessions.begin(content.get("session_id"), content.get("token"), after, entered)
        except RefusedError:
            await self._sockets.leave(socket)
            raise
        return {
            "session_id": begun.session_id,
            "token": begun.token,
            "resumed": begun.resumed,
            "messages": begun.messages,
        }

    async def _user_uttered(self, socket: str, content: dict[str, Any]) -> Acknowledgement:
        session_id = self._session_of(socket)
        text, mid = content.get("message"), content.get("mid")
        if not isinstance(text, str) or not text or not isinstance(mid, str) or not MID.fullmatch(mid):
            return {"error": "invalid"}
        # Half of a surrogate pair is no text.
        text = text.encode("utf-8", "replace").decode()
        sender = self.sender(self._sockets.request_of(socket), socket)
        answered = await self.sessions.say(session_id, mid, text, sender)
        last = answered.replies[-1]["id"]
        if not answered.again:
            return {"ok": True, "last": last}
        self._take(socket)
        for reply in answered.replies:
            await self._sockets.tell(socket, "bot_uttered", reply)
        return {"ok": True, "dup": True, "last": last}

    async def _forget(self, socket: str, content: dict[str, Any]) -> Acknowledgement:
        self._take(socket)
        receipt = await self.forget(self._session_of(socket), socket)
        return {"ok": True, **receipt.as_content()}

    def _session_of(self, socket: str) -> str:
        session_id = self._sockets.session_of(socket)
        if session_id is None:
            raise RefusedError("session")
        return session_id

    def _take(self, socket: str) -> None:
        wait = self._requests.wait(socket)
        if wait:
            raise RefusedError("rate", int(wait) + 1)
        self._requests.take(socket)


async def _acknowledged(
    handle: Callable[[str, dict[str, Any]], Awaitable[Acknowledgement]], socket: str, *content: Any
) -> Acknowledgement:
    """Return what `handle` answers to an event with any content at all; never raises."""
    try:
        return await handle(socket, content[0] if content and isinstance(content[0], dict) else {})
    except RefusedError as refusal:
        retry = {} if refusal.retry_s is None else {"retry_s": refusal.retry_s}
        return {"error": refusal.reason, **retry}
    except FrameError:
        return {"error": "session"}
    except Exception:
        logger.exception("A request of the web chat failed.")
        return {"error": "trouble"}

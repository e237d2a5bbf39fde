"""The REST channel: `POST /webhooks/rest/webhook` with `sender` and `message` answers a JSON list of replies."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from rasa.core.channels.channel import InputChannel
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from helpline.channels.guard import Guard, OnNewMessage, recorder
from helpline.channels.people import PREFIXES
from helpline.channels.readiness import detector, health
from helpline.channels.tokens import PREFIX
from helpline.settings import load

_MAX_SENDER = 255


class RestChannel(InputChannel):
    """Rasa's REST contract, behind the guard."""

    @classmethod
    def name(cls) -> str:
        """Return the part of the address that names the channel."""
        return "rest"

    def blueprint(self, on_new_message: OnNewMessage) -> Blueprint:
        """Return the routes: a health check and the webhook."""
        blueprint = Blueprint("rest_channel")
        settings = load()
        guard = Guard(on_new_message, settings.turn_timeout, recorder(settings.database_url))

        @blueprint.get("/")
        async def check(request: Request) -> HTTPResponse:
            return health(request.app)

        @blueprint.post("/webhook")
        async def webhook(request: Request) -> HTTPResponse:
            try:
                sender, text, metadata = read_request(request.body)
            except ValueError as error:
                return response.json({"error": str(error)}, status=400)
            return response.json(await guard.answer(text, sender, self.name(), metadata, detector(request.app)))

        return blueprint


def read_request(body: bytes) -> tuple[str, str, dict[str, Any] | None]:
    """Return sender, message and metadata of a request.

    Without a sender a new one is made: two strangers must never share a conversation.

    Raises:
        ValueError: with a sentence for the caller, if the body is not as the contract says.
    """
    try:
        content: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ValueError('Send JSON like {"sender": "some-id", "message": "What is an IOP?"}.') from error
    if not isinstance(content, dict):
        raise ValueError('Send one JSON object like {"sender": "some-id", "message": "What is an IOP?"}.')
    text = content.get("message")
    if text is None:
        text = ""
    if not isinstance(text, str):
        raise ValueError('"message" must be a string.')
    sender = content.get("sender")
    if sender is None or sender == "":
        sender = f"anonymous-{uuid4().hex}"
    if isinstance(sender, bool) or not isinstance(sender, (str, int)) or len(str(sender)) > _MAX_SENDER:
        raise ValueError(f'"sender" must be a string of at most {_MAX_SENDER} characters.')
    # Those conversations are of people who have shown elsewhere who they are.
    taken = next((prefix for prefix in (PREFIX, *PREFIXES) if str(sender).startswith(prefix)), None)
    if taken is not None:
        raise ValueError(f'"sender" must not begin with "{taken}".')
    try:
        str(sender).encode()
    except UnicodeEncodeError as error:
        raise ValueError('"sender" must be text in UTF-8.') from error
    metadata = content.get("metadata")
    if metadata is not None and not isinstance(metadata, dict):
        raise ValueError('"metadata" must be an object.')
    return str(sender), text.encode("utf-8", "replace").decode(), metadata

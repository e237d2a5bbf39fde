"""Facebook Messenger: messages to a page, quick replies, postbacks. Address of a reply: the person's page-scoped id."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any, Iterator, Mapping
from urllib.parse import urlencode

from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from helpline.channels.safe_channel import Call, Capabilities, Inbound, Outcome, Part, SafeChannel
from helpline.channels.vendor_events import (
    identifier,
    is_stale,
    object_in,
    objects_in,
    read_object,
    same,
    seconds,
    words,
)
from helpline.settings import Settings

NAME = "messenger"
SIGNATURE_HEADER = "X-Hub-Signature-256"
# Meta keeps a version for about two years: https://developers.facebook.com/docs/graph-api/changelog
GRAPH_VERSION = "v25.0"
# What the page must be subscribed to.
FIELDS = ("messages", "messaging_postbacks", "message_edits")

# Error codes of the Graph API: https://developers.facebook.com/docs/messenger-platform/error-codes
# 190: the token is not accepted, which staff can mend; the others are limits and Meta's own trouble.
_LATER = frozenset({1, 2, 4, 17, 32, 190, 341, 613, 1200, 80006})
_GONE = frozenset({551})
_GONE_SUBCODES = frozenset({1545041, 2018108, 2018001})
# The button that opens a conversation; its payload is what the page's settings say.
_START = frozenset({"get started", "get_started"})
_GREETING = "hello"


class MessengerChannel(SafeChannel):
    """Meta's Messenger Platform."""

    capabilities: Mapping[str, Capabilities] = {
        NAME: Capabilities(max_text=2000, buttons="native", max_buttons=13, max_button_title=20)
    }

    @classmethod
    def name(cls) -> str:
        """Return the part of the address that names the channel."""
        return NAME

    @classmethod
    def is_on(cls, settings: Settings) -> bool:
        """Tell whether there is a page's token."""
        return bool(settings.messenger_page_token)

    def routes(self, blueprint: Blueprint) -> None:
        """Add the question by which Meta makes sure that the webhook's address is ours."""

        @blueprint.get("/webhook")
        async def confirm(request: Request) -> HTTPResponse:
            challenge = identifier(request.args.get("hub.challenge"))
            known = same(self.settings.messenger_verify_token, request.args.get("hub.verify_token"))
            if request.args.get("hub.mode") != "subscribe" or challenge is None or not known:
                return response.text("", status=403)
            return response.text(challenge)

    def verify(self, request: Request) -> bool:
        """Tell whether a request is signed with the app's secret, by SHA-256 and nothing weaker."""
        secret = self.settings.messenger_app_secret
        return bool(secret) and same(signature(secret, request.body), request.headers.get(SIGNATURE_HEADER))

    def parse(self, request: Request) -> list[Inbound]:
        """Return the messages, edits and taps of all events of all entries."""
        content = read_object(request.body)
        if content.get("object") != "page":
            return []
        return [found for event in _events(content) if (found := _inbound(event))]

    def call(self, address: str, part: Part) -> Call:
        """Return the request that sends a part; buttons become quick replies."""
        message: dict[str, Any] = {"text": part.text}
        if part.buttons:
            message["quick_replies"] = [
                {"content_type": "text", "title": button.title, "payload": button.id} for button in part.buttons
            ]
        content = {"recipient": {"id": address}, "messaging_type": "RESPONSE", "message": message}
        token, secret = self.settings.messenger_page_token, self.settings.messenger_app_secret
        url = graph_url(self.settings.messenger_api, "me/messages", appsecret_proof=proof(token, secret))
        return Call(url, headers={"Authorization": f"Bearer {token}"}, json=content)

    def outcome(self, status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
        """Return what Meta's answer means."""
        answer = read_object(body)
        if status == 200:
            return Outcome("sent")
        error = object_in(answer, "error")
        code, subcode = error.get("code"), error.get("error_subcode")
        if _is_in(code, _GONE) or _is_in(subcode, _GONE_SUBCODES):
            return Outcome("blocked")
        if status == 429 or status >= 500 or error.get("is_transient") is True or _is_in(code, _LATER):
            return Outcome("retry", seconds(headers.get("Retry-After")))
        return Outcome("refused")


def signature(secret: str, body: bytes) -> str:
    """Return how Meta signs a body."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def proof(token: str, secret: str) -> str:
    """Return what shows Meta that we have the app's secret too; an app may ask for it with every call."""
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()


def graph_url(base: str, path: str, **query: str) -> str:
    """Return an address of the Graph API."""
    return f"{base}/{GRAPH_VERSION}/{path}" + (f"?{urlencode(query)}" if query else "")


def _events(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for entry in objects_in(content, "entry"):
        yield from objects_in(entry, "messaging")


def _inbound(event: dict[str, Any]) -> Inbound | None:
    person = identifier(object_in(event, "sender").get("id"))
    if person is None or _is_stale(event.get("timestamp")):
        return None
    if "message" in event:
        return _message(person, object_in(event, "message"))
    if "message_edit" in event:
        return _edit(person, object_in(event, "message_edit"))
    if "postback" in event:
        return _postback(person, object_in(event, "postback"), event.get("timestamp"))
    return None


def _message(person: str, message: dict[str, Any]) -> Inbound | None:
    mid = identifier(message.get("mid"))
    # An echo is what the page itself wrote.
    if mid is None or message.get("is_echo") is True or message.get("is_deleted") is True:
        return None
    text = words(message.get("text"))
    choice = identifier(object_in(message, "quick_reply").get("payload"))
    # Without words it is a picture, a sound, a sticker, a place, or what Messenger itself cannot show us.
    return Inbound(mid, person, person, text, NAME, choice, "message" if text or choice else "media")


def _edit(person: str, edit: dict[str, Any]) -> Inbound | None:
    mid, number, text = identifier(edit.get("mid")), identifier(edit.get("num_edit")), words(edit.get("text"))
    vendor_id = identifier(f"{mid}:{number}")
    if mid is None or number is None or vendor_id is None or not text:
        return None
    return Inbound(vendor_id, person, person, text, NAME, kind="edit")


def _postback(person: str, postback: dict[str, Any], timestamp: Any) -> Inbound | None:
    """Return a tap on a button that stays: "Get Started", the page's menu, an ice breaker."""
    when = identifier(timestamp)
    vendor_id = identifier(postback.get("mid")) or (identifier(f"{person}:{when}") if when else None)
    title, payload = words(postback.get("title")), words(postback.get("payload"))
    if vendor_id is None:
        return None
    if title.strip().lower() in _START or payload.strip().lower() in _START:
        title = _GREETING
    return Inbound(vendor_id, person, person, title, NAME) if title else None


def _is_stale(timestamp: Any) -> bool:
    """Tell whether an event is a replay of long ago; Meta counts milliseconds."""
    return isinstance(timestamp, int) and is_stale(timestamp // 1000)


def _is_in(code: Any, codes: frozenset[int]) -> bool:
    return isinstance(code, int) and code in codes

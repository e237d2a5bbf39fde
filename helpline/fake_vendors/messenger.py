"""Messenger's Send API: https://developers.facebook.com/docs/messenger-platform. A page may answer for 24 hours."""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from secrets import token_hex
from typing import Any

from helpline.fake_vendors.outbox import Button, Message
from helpline.fake_vendors.vendor import JSON, Answer, ApiCall, FakeVendor, Post

_LONGEST = 2000
_LONGEST_IN_TEMPLATE = 640
_MOST_REPLIES = 13
_MOST_BUTTONS = 3
_LONGEST_TITLE = 20
_LONGEST_PAYLOAD = 1000
_PAGE = "100000000000001"
_FIRST_PERSON = 7_000_000_000_000_000
_PARAMETER, _TOKEN = 100, 190


class FakeMessenger(FakeVendor):
    """One page."""

    name = "messenger"
    channels = ("messenger",)

    def address(self, channel: str, person: int) -> str:
        """Return a page-scoped id."""
        return str(_FIRST_PERSON + person)

    def answer(self, call: ApiCall) -> Answer:
        """Take a message, or tell of the page."""
        found = re.fullmatch(r"/v\d+\.\d+/(.+)", call.path)
        if found is None:
            return _error(400, 2500, "Unknown path components: " + call.path)
        bearer = call.headers.get("Authorization", "").removeprefix("Bearer ")
        token = bearer or call.query.get("access_token", "")
        if token != self.credentials.page_token:
            return _error(400, _TOKEN, "Invalid OAuth access token - Cannot parse access token")
        shown = call.query.get("appsecret_proof")
        if shown is not None and shown != self._proof():
            return _error(400, _PARAMETER, "Invalid appsecret_proof provided in the API argument")
        if found[1] in ("me/messages", f"{_PAGE}/messages") and call.method == "POST":
            return self._send(call.json)
        told = {
            "me": {"id": _PAGE, "name": "Demo clinic"},
            "me/subscribed_apps": {"data": [{"id": "1", "subscribed_fields": ["messages", "messaging_postbacks"]}]},
            "debug_token": {"data": {"is_valid": True, "type": "PAGE", "app_id": "1", "scopes": ["pages_messaging"]}},
        }.get(found[1])
        return Answer(200, told) if told else _error(400, 2500, f"Unknown path components: /{found[1]}")

    def _proof(self) -> str:
        known = self.credentials
        return hmac.new(known.app_secret.encode(), known.page_token.encode(), hashlib.sha256).hexdigest()

    def _send(self, wanted: dict[str, Any]) -> Answer:
        recipient, message = wanted.get("recipient"), wanted.get("message")
        address = recipient.get("id") if isinstance(recipient, dict) else None
        if not isinstance(address, str) or address not in self.known:
            return _error(400, _PARAMETER, "(#100) No matching user found", 2018001)
        if address in self.blocked:
            return _error(400, 551, "(#551) This person isn't available right now.", 1545041)
        if wanted.get("messaging_type", "RESPONSE") not in ("RESPONSE", "UPDATE", "MESSAGE_TAG"):
            return _error(400, _PARAMETER, "(#100) Param messaging_type must be one of {RESPONSE, UPDATE, MESSAGE_TAG}")
        if not isinstance(message, dict):
            return _error(400, _PARAMETER, "(#100) The parameter message is required")
        try:
            text, buttons = _shown(message)
        except ValueError as error:
            return _error(400, _PARAMETER, f"(#100) {error}")
        mid = f"m_{token_hex(24)}"
        self.outbox.add("messenger", address, "bot", text, buttons, mid)
        return Answer(200, {"recipient_id": address, "message_id": mid})

    def too_many(self, retry_after_s: float) -> Answer:
        """Return error 613; Meta's own answers come with 400 as well as with 429."""
        headers = {"Retry-After": f"{retry_after_s:g}"}
        return _error(429, 613, "(#613) Calls to this api have exceeded the rate limit.", headers=headers)

    def trouble(self) -> Answer:
        """Return error 1200."""
        return _error(500, 1200, "Temporary send message failure. Please try again later.")

    def sign(self, body: bytes, content_type: str = JSON) -> Post:
        """Return a post with both of Meta's signatures; the older one is not to be relied on."""
        secret = self.credentials.app_secret.encode()
        headers = {
            "Content-Type": content_type,
            "X-Hub-Signature": f"sha1={hmac.new(secret, body, hashlib.sha1).hexdigest()}",
            "X-Hub-Signature-256": f"sha256={hmac.new(secret, body, hashlib.sha256).hexdigest()}",
        }
        return Post(self.path, headers, body)

    def wrote(self, channel: str, person: int, text: str) -> Post:
        """Return the event of a message."""
        return self.events([self.event(person, {"text": text})])

    def sent_picture(self, channel: str, person: int) -> Post:
        """Return the event of an image."""
        image = {"type": "image", "payload": {"url": "https://scontent.example/a.jpg"}}
        return self.events([self.event(person, {"attachments": [image]})])

    def tapped(self, channel: str, person: int, message: Message, number: int) -> Post:
        """Return the event of a tap on a quick reply."""
        button = message.buttons[number]
        return self.events([self.event(person, {"text": button.title, "quick_reply": {"payload": button.id}})])

    def event(self, person: int, message: dict[str, Any]) -> dict[str, Any]:
        """Return one event of a person."""
        address = self.address("messenger", person)
        self.known.add(address)
        return {
            "sender": {"id": address},
            "recipient": {"id": _PAGE},
            "timestamp": int(time.time() * 1000),
            "message": {"mid": f"m_{token_hex(24)}", **message},
        }

    def events(self, events: list[dict[str, Any]]) -> Post:
        """Return the post of events, of which Meta puts several into one where they come fast."""
        return self._post(
            {"object": "page", "entry": [{"id": _PAGE, "time": int(time.time() * 1000), "messaging": events}]}
        )


def _shown(message: dict[str, Any]) -> tuple[str, tuple[Button, ...]]:
    """Return text and buttons of a message.

    Raises:
        ValueError: as Meta would describe what is wrong.
    """
    if "attachment" in message:
        payload = message["attachment"].get("payload") or {}
        text, given, most = payload.get("text"), payload.get("buttons"), _MOST_BUTTONS
        longest, where = _LONGEST_IN_TEMPLATE, "message[attachment][payload]"
    else:
        text, given, most = message.get("text"), message.get("quick_replies", []), _MOST_REPLIES
        longest, where = _LONGEST, "message"
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"The parameter {where}[text] is required")
    if len(text.encode("utf-16-le", "replace")) // 2 > longest:
        raise ValueError(f"Length of param {where}[text] must be less than or equal to {longest}")
    if not isinstance(given, list) or len(given) > most:
        raise ValueError(f"Too many elements in param {where}: at most {most}")
    buttons = []
    for button in given:
        title, payload = button.get("title"), button.get("payload")
        # Meta cuts a longer title off; nobody may rely on that.
        if not isinstance(title, str) or not 1 <= len(title) <= _LONGEST_TITLE:
            raise ValueError(f"Length of param title must be less than or equal to {_LONGEST_TITLE}")
        if not isinstance(payload, str) or not 1 <= len(payload) <= _LONGEST_PAYLOAD:
            raise ValueError(f"Length of param payload must be less than or equal to {_LONGEST_PAYLOAD}")
        buttons.append(Button(payload, title))
    return text, tuple(buttons)


def _error(
    status: int, code: int, message: str, subcode: int | None = None, headers: dict[str, str] | None = None
) -> Answer:
    error: dict[str, Any] = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": token_hex(6)}
    if subcode is not None:
        error["error_subcode"] = subcode
    return Answer(status, {"error": error}, headers or {}, message)

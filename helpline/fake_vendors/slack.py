"""Slack's Web API and Events API: https://api.slack.com. Errors come with status 200 and a name."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from secrets import token_hex
from typing import Any
from urllib.parse import urlencode

from slack_sdk.signature import SignatureVerifier

from helpline.fake_vendors.outbox import Button, Message
from helpline.fake_vendors.vendor import FORM, JSON, Answer, ApiCall, FakeVendor, Post

_LONGEST = 4000
_LONGEST_SECTION = 3000
_MOST_BLOCKS = 50
_MOST_ELEMENTS = 25
_LONGEST_TITLE = 75
_LONGEST_VALUE = 2000
_LONGEST_ACTION = 255
_SCOPES = "app_mentions:read,chat:write,im:history"
_TEAM, _APP, _BOT = "T0000001", "A0000001", "U0BOT"


class FakeSlack(FakeVendor):
    """One workspace with an app, direct messages with it, and a channel of many."""

    name = "slack"
    channels = ("slack",)
    public_channel = "C0000001"

    def address(self, channel: str, person: int) -> str:
        """Return the id of a person's direct message with the app."""
        return f"D{person:09d}"

    def user(self, person: int) -> str:
        """Return a person's id."""
        return f"U{person:09d}"

    def answer(self, call: ApiCall) -> Answer:
        """Run a method."""
        token = call.headers.get("Authorization", "").removeprefix("Bearer ")
        if not token:
            return _error("not_authed")
        if token != self.credentials.slack_token:
            return _error("invalid_auth")
        content_type = call.headers.get("Content-Type", "")
        wanted = call.form if content_type.startswith(FORM) else call.json
        if call.path == "/auth.test":
            told = {"ok": True, "team": "Demo", "user": "helpline", "team_id": _TEAM, "user_id": _BOT, "bot_id": "B1"}
            return Answer(200, told, {"x-oauth-scopes": _SCOPES})
        if call.path == "/chat.postMessage":
            return self._send(wanted, "")
        if call.path == "/chat.postEphemeral":
            person = str(wanted.get("user", ""))
            return self._send(wanted, person) if person in self.known else _error("user_not_in_channel")
        return _error("unknown_method")

    def _send(self, wanted: dict[str, Any], only_for: str) -> Answer:
        address, text = str(wanted.get("channel", "")), wanted.get("text", "")
        if address not in self.known:
            return _error("channel_not_found")
        if address in self.blocked:
            return _error("user_disabled")
        blocks = wanted.get("blocks")
        if not isinstance(text, str) or (not text.strip() and not blocks):
            return _error("no_text")
        if len(text) > _LONGEST:
            return _error("msg_too_long")
        try:
            shown, buttons = _shown(blocks)
        except ValueError as error:
            return Answer(200, {"ok": False, "error": "invalid_blocks", "errors": [str(error)]}, error=str(error))
        stamp = f"{time.time():.6f}"
        # The text beside blocks is for notifications; what is seen are the blocks.
        self.outbox.add("slack", address, "bot", _unescaped(shown or text), buttons, stamp, only_for)
        if only_for:
            return Answer(200, {"ok": True, "message_ts": stamp})
        return Answer(200, {"ok": True, "channel": address, "ts": stamp, "message": {"text": text, "user": _BOT}})

    def too_many(self, retry_after_s: float) -> Answer:
        """Return the error of the rate limit, whose seconds are whole ones."""
        headers = {"Retry-After": str(max(1, round(retry_after_s)))}
        return Answer(429, {"ok": False, "error": "ratelimited"}, headers, "ratelimited")

    def trouble(self) -> Answer:
        """Return the error of a server that has a problem."""
        return Answer(500, {"ok": False, "error": "internal_error"}, error="internal_error")

    def sign(self, body: bytes, content_type: str = JSON) -> Post:
        """Return a post that is signed now; Slack's JSON comes without a charset, others' may have one."""
        stamp, secret = str(int(time.time())), self.credentials.signing_secret
        try:
            signature = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body)
        except UnicodeDecodeError:
            # Slack itself sends no such bytes, and its helper takes none.
            digest = hmac.new(secret.encode(), b"v0:%s:%s" % (stamp.encode(), body), hashlib.sha256)
            signature = f"v0={digest.hexdigest()}"
        headers = {"Content-Type": content_type, "X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature}
        return Post(self.path, headers, body)

    def again(self, post: Post) -> Post:
        """Return a post as Slack repeats it: signed anew, with a header that says so."""
        signed = self.sign(post.body, post.headers["Content-Type"])
        signed.headers.update({"X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "http_timeout"})
        return signed

    def wrote(self, channel: str, person: int, text: str) -> Post:
        """Return the event of a direct message."""
        return self._event(self._message(person, {"text": _escaped(text)}))

    def sent_picture(self, channel: str, person: int) -> Post:
        """Return the event of a file without words."""
        files = [{"id": f"F{token_hex(4)}", "mimetype": "image/png", "name": "image.png"}]
        return self._event(self._message(person, {"text": "", "subtype": "file_share", "files": files}))

    def edited(self, person: int, before: str, text: str) -> Post:
        """Return the event of a message that was changed."""
        old = self._message(person, {"text": _escaped(before)})
        new = {**old, "text": _escaped(text), "edited": {"user": self.user(person), "ts": f"{time.time():.6f}"}}
        event = {"type": "message", "subtype": "message_changed", "hidden": True, "channel_type": "im"}
        return self._event(
            {
                **event,
                "channel": self.address("slack", person),
                "message": new,
                "previous_message": old,
                "ts": new["ts"],
            }
        )

    def mentioned(self, person: int, text: str) -> Post:
        """Return the event of a mention of the app in a channel that others read."""
        self.known |= {self.public_channel, self.user(person)}
        message = {**self._message(person, {"text": f"<@{_BOT}> {_escaped(text)}"}), "channel": self.public_channel}
        return self._event({**message, "type": "app_mention", "channel_type": "channel"})

    def tapped(self, channel: str, person: int, message: Message, number: int) -> Post:
        """Return the form that comes of a tap on a button."""
        button = message.buttons[number]
        action = {
            "type": "button",
            "action_id": button.id,
            "block_id": token_hex(3),
            "value": button.id,
            "text": {"type": "plain_text", "text": button.title, "emoji": False},
            "action_ts": f"{time.time():.6f}",
        }
        payload = {
            "type": "block_actions",
            "user": {"id": self.user(person), "username": "sam", "team_id": _TEAM},
            "api_app_id": _APP,
            "container": {"type": "message", "message_ts": message.vendor_id, "channel_id": message.address},
            "channel": {"id": message.address, "name": "directmessage"},
            "message": {"type": "message", "bot_id": "B1", "text": message.text, "ts": message.vendor_id},
            "actions": [action],
        }
        return self.sign(urlencode({"payload": json.dumps(payload)}).encode(), FORM)

    def _message(self, person: int, content: dict[str, Any]) -> dict[str, Any]:
        address = self.address("slack", person)
        self.known |= {address, self.user(person)}
        message = {"type": "message", "channel": address, "channel_type": "im", "user": self.user(person)}
        return {**message, "team": _TEAM, "ts": f"{time.time():.6f}", "client_msg_id": token_hex(16), **content}

    def _event(self, event: dict[str, Any]) -> Post:
        return self._post(
            {
                "type": "event_callback",
                "team_id": _TEAM,
                "api_app_id": _APP,
                "event": event,
                "event_id": f"Ev{token_hex(5).upper()}",
                "event_time": int(time.time()),
                "authorizations": [{"team_id": _TEAM, "user_id": _BOT, "is_bot": True}],
            }
        )


def _shown(blocks: Any) -> tuple[str, tuple[Button, ...]]:
    """Return text and buttons of blocks.

    Raises:
        ValueError: as Slack would describe what is wrong.
    """
    if not blocks:
        return "", ()
    if isinstance(blocks, str):
        blocks = json.loads(blocks)
    if not isinstance(blocks, list) or len(blocks) > _MOST_BLOCKS:
        raise ValueError(f"no more than {_MOST_BLOCKS} items allowed [json-pointer:/blocks]")
    texts, buttons = [], []
    for block in blocks:
        if block.get("type") == "section":
            text = block["text"]["text"]
            if not 1 <= len(text) <= _LONGEST_SECTION:
                raise ValueError(f"must be less than {_LONGEST_SECTION + 1} characters [json-pointer:/blocks/0/text]")
            texts.append(text)
        elif block.get("type") == "actions":
            elements = block["elements"]
            if not 1 <= len(elements) <= _MOST_ELEMENTS:
                raise ValueError(f"no more than {_MOST_ELEMENTS} items allowed [json-pointer:/blocks/elements]")
            if len({element["action_id"] for element in elements}) < len(elements):
                raise ValueError("`action_id` already exists for another element")
            buttons += [_button(element) for element in elements]
        else:
            raise ValueError(f"unsupported type: {block.get('type')}")
    return "\n".join(texts), tuple(buttons)


def _button(element: dict[str, Any]) -> Button:
    title, value = element["text"]["text"], element["value"]
    if element.get("type") != "button" or element["text"].get("type") != "plain_text":
        raise ValueError("unsupported type of element")
    if not 1 <= len(title) <= _LONGEST_TITLE:
        raise ValueError(f"must be less than {_LONGEST_TITLE + 1} characters [json-pointer:/blocks/elements/text]")
    if len(value) > _LONGEST_VALUE or len(element["action_id"]) > _LONGEST_ACTION:
        raise ValueError("value or action_id is too long")
    return Button(value, title)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _error(name: str) -> Answer:
    return Answer(200, {"ok": False, "error": name}, error=name)

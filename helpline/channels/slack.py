"""Slack: direct messages to the app and its buttons; a mention in a channel is asked to be a direct message instead.

Address of a reply: the channel's id of the direct message; for a mention `channel user`, as only that person sees it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from typing import Any, Mapping

from sanic.request import Request
from sanic.response import HTTPResponse, text

from helpline.channels.safe_channel import Call, Capabilities, Inbound, Outcome, Part, SafeChannel
from helpline.channels.vendor_events import (
    identifier,
    object_in,
    objects_in,
    read_form,
    read_object,
    same,
    seconds,
    words,
)
from helpline.settings import Settings

NAME = "slack"
SIGNATURE_HEADER = "X-Slack-Signature"
TIMESTAMP_HEADER = "X-Slack-Request-Timestamp"
# What the app must be allowed; what else it has it does not need.
SCOPES = ("app_mentions:read", "chat:write", "im:history")

# Seconds: an older request is a replay.
_WINDOW = 300
_FORM = "application/x-www-form-urlencoded"
_IN_A_ROW = 5
# Of a message's kinds, those that are a person's own words (none: a plain message). Of what changed, see `_changed`.
_OWN_WORDS = frozenset({"", "file_share", "me_message", "thread_broadcast"})
# Slack's own trouble, limits, and a token that is not accepted, which staff can mend.
_LATER = frozenset(
    {
        *("account_inactive", "invalid_auth", "missing_scope", "not_authed", "token_expired", "token_revoked"),
        *("fatal_error", "internal_error", "request_timeout", "service_unavailable", "team_added_to_org"),
        *("message_limit_exceeded", "rate_limited", "ratelimited"),
    }
)
_GONE = frozenset({"cannot_dm_bot", "user_disabled", "user_not_found", "user_not_visible"})
_DIRECT = "D"
_LINK = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")


class SlackChannel(SafeChannel):
    """Slack's Events API, interactivity and Web API."""

    # A section takes 3,000 characters, of which some must be written as several.
    capabilities: Mapping[str, Capabilities] = {
        NAME: Capabilities(max_text=2900, buttons="native", max_buttons=25, max_button_title=75)
    }

    @classmethod
    def name(cls) -> str:
        """Return the part of the address that names the channel."""
        return NAME

    @classmethod
    def is_on(cls, settings: Settings) -> bool:
        """Tell whether there is a bot's token."""
        return bool(settings.slack_bot_token)

    def verify(self, request: Request) -> bool:
        """Tell whether a request is signed with the app's signing secret and not older than five minutes."""
        stamp = request.headers.get(TIMESTAMP_HEADER, "")
        if not re.fullmatch(r"\d{1,12}", stamp, re.ASCII) or abs(time.time() - int(stamp)) > _WINDOW:
            return False
        secret = self.settings.slack_signing_secret
        return bool(secret) and same(signature(secret, stamp, request.body), request.headers.get(SIGNATURE_HEADER))

    def answer_at_once(self, request: Request) -> HTTPResponse | None:
        """Return the answer to Slack's question whether the webhook's address is ours; None for events."""
        content = read_object(request.body)
        if content.get("type") != "url_verification":
            return None
        return text(identifier(content.get("challenge")) or "")

    def parse(self, request: Request) -> list[Inbound]:
        """Return the message, edit, mention or tapped button of a request; none for all else."""
        if request.headers.get("content-type", "").split(";")[0].strip().lower() == _FORM:
            found = _tap(read_object(read_form(request.body).get("payload", "").encode()))
            return [found] if found else []
        content = read_object(request.body)
        number = identifier(content.get("event_id"))
        if number is None or content.get("type") != "event_callback":
            return []
        found = _event(number, object_in(content, "event"))
        return [found] if found else []

    def call(self, address: str, part: Part) -> Call:
        """Return the request that sends a part, with its buttons in rows of five."""
        channel, _, person = address.partition(" ")
        shown = _escaped(part.text)
        # Without formatting and previews: a person's words come back as they are, and no page is fetched.
        content: dict[str, Any] = {
            "channel": channel,
            "text": shown,
            "mrkdwn": False,
            "unfurl_links": False,
            "unfurl_media": False,
        }
        if part.buttons:
            section = {"type": "section", "text": {"type": "mrkdwn", "text": shown, "verbatim": True}}
            buttons = [_button(button.id, button.title) for button in part.buttons]
            rows = [buttons[start : start + _IN_A_ROW] for start in range(0, len(buttons), _IN_A_ROW)]
            content["blocks"] = [section, *({"type": "actions", "elements": row} for row in rows)]
        if not person:
            return self._method("chat.postMessage", content)
        return self._method("chat.postEphemeral", {"channel": channel, "user": person, "text": shown})

    def outcome(self, status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
        """Return what Slack's answer means: an error comes with status 200 and its name."""
        answer = read_object(body)
        error = answer.get("error") if answer.get("ok") is False else None
        if status == 429 or status >= 500 or (isinstance(error, str) and error in _LATER):
            return Outcome("retry", seconds(headers.get("Retry-After")))
        if status == 200 and answer.get("ok") is not False:
            return Outcome("sent")
        return Outcome("blocked" if isinstance(error, str) and error in _GONE else "refused")

    def _method(self, name: str, content: dict[str, Any]) -> Call:
        headers = {
            "Authorization": f"Bearer {self.settings.slack_bot_token}",
            "Content-Type": "application/json; charset=utf-8",
        }
        return Call(f"{self.settings.slack_api}/{name}", headers=headers, json=content)


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return how Slack signs a body at a time (seconds since 1970)."""
    return "v0=" + hmac.new(secret.encode(), b"v0:%s:%s" % (timestamp.encode(), body), hashlib.sha256).hexdigest()


def _event(number: str, event: dict[str, Any]) -> Inbound | None:
    if event.get("type") == "app_mention":
        return _mention(number, event)
    if event.get("type") != "message" or event.get("channel_type") != "im":
        return None
    channel = identifier(event.get("channel"))
    if channel is None:
        return None
    if event.get("subtype") == "message_changed":
        return _changed(number, channel, event)
    person = _person(event)
    if person is None or words(event.get("subtype")) not in _OWN_WORDS:
        return None
    said = plain(words(event.get("text")))
    # Without words it is a file, or another message that was shared.
    return Inbound(number, channel, person, said, NAME, kind="message" if said else "media")


def _mention(number: str, event: dict[str, Any]) -> Inbound | None:
    channel, person = identifier(event.get("channel")), _person(event)
    # In a direct message the same words come as a message too.
    if channel is None or person is None or channel.startswith(_DIRECT):
        return None
    said = plain(words(event.get("text")))
    return Inbound(number, f"{channel} {person}", person, said, NAME, kind="public_mention")


def _changed(number: str, channel: str, event: dict[str, Any]) -> Inbound | None:
    """Return a person's edit; Slack calls it a change too when it adds a preview to a message."""
    message = object_in(event, "message")
    person, said = _person(message), plain(words(message.get("text")))
    if person is None or not said or said == plain(words(object_in(event, "previous_message").get("text"))):
        return None
    return Inbound(number, channel, person, said, NAME, kind="edit")


def _tap(payload: dict[str, Any]) -> Inbound | None:
    action = next(objects_in(payload, "actions"), {})
    person = identifier(object_in(payload, "user").get("id"))
    channel = identifier(object_in(payload, "channel").get("id"))
    choice = identifier(action.get("value"))
    # Slack gives a tap no id; a button is tapped once at a time.
    number = identifier(f"{channel}:{person}:{choice}:{identifier(action.get('action_ts'))}")
    if payload.get("type") != "block_actions" or None in (person, channel, choice, number):
        return None
    if not channel.startswith(_DIRECT) or identifier(action.get("action_ts")) is None:
        return None
    title = plain(words(object_in(action, "text").get("text")))
    return Inbound(number, channel, person, title, NAME, choice)


def _person(message: dict[str, Any]) -> str | None:
    """Return who wrote a message, None where a program did."""
    return None if message.get("bot_id") else identifier(message.get("user"))


def plain(said: str) -> str:
    """Return a text as the person saw it.

    Slack writes links, numbers and mentions in brackets, and three signs as in HTML. Mentions without a name go.
    """

    def shown(found: re.Match[str]) -> str:
        target, label = found[1], found[2]
        if label:
            return label.lstrip("@#!") if target[:1] in ("@", "#", "!") else label
        return "" if target[:1] in ("@", "#", "!") else target.removeprefix("tel:").removeprefix("mailto:")

    return _LINK.sub(shown, said).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()


def _escaped(said: str) -> str:
    return said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _button(number: str, title: str) -> dict[str, Any]:
    shown = {"type": "plain_text", "text": title, "emoji": False}
    return {"type": "button", "text": shown, "value": number, "action_id": number}

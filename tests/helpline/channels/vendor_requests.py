"""Requests as vendors send them, signed by their own SDKs or by the recipes in their documentation."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

from hypothesis import strategies as st
from multidict import CIMultiDict
from slack_sdk.signature import SignatureVerifier

from helpline.settings import Settings

SETTINGS = Settings(
    public_url="https://help.example.org",
    telegram_bot_token="12345:token",
    telegram_secret="telegram-secret-of-ours",
    messenger_page_token="page-token",
    messenger_app_secret="app-secret",
    messenger_verify_token="verify-token-of-ours",
    slack_bot_token="xoxb-token",
    slack_signing_secret="signing-secret",
)

# Any JSON, with the names that vendors use, so that it gets past the first checks.
_NAMES = """
update_id message edited_message callback_query chat from id type text caption photo data message_id reply_markup
inline_keyboard entities object entry messaging sender mid quick_reply payload attachments is_echo message_edit num_edit
postback title timestamp event event_id channel channel_type user subtype files actions value action_ts challenge bot_id
previous_message
"""
_WORDS = """
private group page url_verification event_callback message im app_mention block_actions message_changed D1 hello
"""
_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(_WORDS.split())
ANY_JSON = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(_NAMES.split()) | st.text(), inner, max_size=6)
    ),
)


def request(body: Any = b"", headers: dict[str, str] | None = None) -> Any:
    """Return a request with a body (JSON unless bytes) and headers."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return SimpleNamespace(body=data, headers=CIMultiDict(headers or {}))


def from_telegram(update: Any, secret: str = SETTINGS.telegram_secret) -> Any:
    return request(update, {"X-Telegram-Bot-Api-Secret-Token": secret, "Content-Type": "application/json"})


def from_messenger(content: Any, secret: str = SETTINGS.messenger_app_secret) -> Any:
    made = request(content, {"Content-Type": "application/json"})
    made.headers["X-Hub-Signature-256"] = "sha256=" + hmac.new(secret.encode(), made.body, hashlib.sha256).hexdigest()
    return made


def from_slack(content: Any, secret: str = SETTINGS.slack_signing_secret, age: float = 0.0) -> Any:
    """Return an event, or with `{"payload": …}` of a tap the form that Slack makes of it."""
    made = request(content, {"Content-Type": "application/json; charset=utf-8"})
    if isinstance(content, dict) and set(content) == {"payload"}:
        made.body = urlencode({"payload": json.dumps(content["payload"])}).encode()
        made.headers["Content-Type"] = "application/x-www-form-urlencoded"
    stamp = str(int(time.time() - age))
    made.headers["X-Slack-Request-Timestamp"] = stamp
    signed = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=made.body)
    made.headers["X-Slack-Signature"] = signed
    return made

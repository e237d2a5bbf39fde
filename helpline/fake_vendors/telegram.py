"""Telegram's Bot API: https://core.telegram.org/bots/api. A bot may only answer people who have written to it."""

from __future__ import annotations

import json
import re
import time
from secrets import token_hex
from typing import Any

from helpline.fake_vendors.credentials import Credentials
from helpline.fake_vendors.outbox import Button, Message, Outbox
from helpline.fake_vendors.vendor import FORM, JSON, Answer, ApiCall, FakeVendor, Post

_LONGEST = 4096
_MOST_BUTTONS = 100
_BUTTON_BYTES = 64
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_FIRST_PERSON = 1_000_000_000


class FakeTelegram(FakeVendor):
    """Private chats with one bot, and one group."""

    name = "telegram"
    channels = ("telegram",)
    group = "-1001234567890"

    def __init__(self, outbox: Outbox, credentials: Credentials) -> None:
        """Start without a webhook: it is set by `helpline channels check --register`, or not needed."""
        super().__init__(outbox, credentials)
        self.webhook: dict[str, Any] = {"url": "", "has_custom_certificate": False, "pending_update_count": 0}
        # Taps whose waiting sign still turns.
        self.waiting_taps: set[str] = set()
        self.acknowledged: list[str] = []
        self._methods = {
            "getme": self._get_me,
            "sendmessage": self._send,
            "answercallbackquery": self._acknowledge,
            "setwebhook": self._set_webhook,
            "deletewebhook": lambda _: _ok(True),
            "getwebhookinfo": lambda _: _ok(self.webhook),
        }

    def address(self, channel: str, person: int) -> str:
        """Return a chat's id, which in a private chat is the person's."""
        return str(_FIRST_PERSON + person)

    def answer(self, call: ApiCall) -> Answer:
        """Run a method; its names have no case, and its parameters may come in any of three places."""
        found = re.fullmatch(r"/bot([^/]+)/(\w+)", call.path)
        if found is None or ":" not in found[1]:
            return _error(404, "Not Found")
        if found[1] != self.credentials.bot_token:
            return _error(401, "Unauthorized")
        method = self._methods.get(found[2].lower())
        if method is None:
            return _error(404, "Not Found")
        is_form = call.headers.get("Content-Type", "").startswith(FORM)
        return method({**call.query, **(call.form if is_form else call.json)})

    def _get_me(self, _: dict[str, Any]) -> Answer:
        bot = {"id": int(self.credentials.bot_token.split(":")[0]), "is_bot": True, "first_name": "Helpline"}
        return _ok({**bot, "username": "helpline_demo_bot", "can_read_all_group_messages": False})

    def _send(self, wanted: dict[str, Any]) -> Answer:
        address, text = str(wanted.get("chat_id", "")), wanted.get("text")
        if address not in self.known:
            return _error(400, "Bad Request: chat not found")
        if address in self.blocked:
            return _error(403, "Forbidden: bot was blocked by the user")
        if not isinstance(text, str) or not text.strip():
            return _error(400, "Bad Request: message text is empty")
        # Telegram counts as UTF-16 does.
        if len(text.encode("utf-16-le", "replace")) // 2 > _LONGEST:
            return _error(400, "Bad Request: message is too long")
        if wanted.get("parse_mode"):
            return _error(400, "Bad Request: can't parse entities: this stand-in knows plain text only")
        try:
            buttons = _keyboard(wanted.get("reply_markup"))
        except ValueError as error:
            return _error(400, f"Bad Request: {error}")
        number = next(self.ids)
        self.outbox.add("telegram", address, "bot", text, buttons, str(number))
        chat = {"id": int(address), "type": "supergroup" if address == self.group else "private"}
        return _ok({"message_id": number, "date": int(time.time()), "chat": chat, "text": text})

    def _acknowledge(self, wanted: dict[str, Any]) -> Answer:
        query = str(wanted.get("callback_query_id", ""))
        if query not in self.waiting_taps:
            reason = "query is too old and response timeout expired or query ID is invalid"
            return _error(400, f"Bad Request: {reason}")
        self.waiting_taps.discard(query)
        self.acknowledged.append(query)
        return _ok(True)

    def _set_webhook(self, wanted: dict[str, Any]) -> Answer:
        url, secret = str(wanted.get("url", "")), str(wanted.get("secret_token", ""))
        if not url.startswith("https://"):
            return _error(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        if secret and not _SECRET.fullmatch(secret):
            return _error(400, "Bad Request: secret token contains unallowed characters")
        self.webhook |= {"url": url, "allowed_updates": wanted.get("allowed_updates", [])}
        return _ok(True)

    def register(self, assistant_url: str) -> None:
        """Have a webhook without being asked, and without https: a demo on one machine has no certificate."""
        updates = ["message", "edited_message", "callback_query"]
        self.webhook |= {"url": f"{assistant_url}/webhooks/telegram/webhook", "allowed_updates": updates}

    def too_many(self, retry_after_s: float) -> Answer:
        """Return error 429 with its seconds, which are whole ones, in the body."""
        seconds = max(1, round(retry_after_s))
        content = {"ok": False, "error_code": 429, "description": f"Too Many Requests: retry after {seconds}"}
        return Answer(429, {**content, "parameters": {"retry_after": seconds}}, error=content["description"])

    def trouble(self) -> Answer:
        """Return error 500."""
        return _error(500, "Internal Server Error")

    def sign(self, body: bytes, content_type: str = JSON) -> Post:
        """Return a post with the secret that the webhook was set with: Telegram signs nothing else."""
        secret = self.credentials.telegram_secret
        return Post(self.path, {"Content-Type": content_type, "X-Telegram-Bot-Api-Secret-Token": secret}, body)

    def wrote(self, channel: str, person: int, text: str) -> Post:
        """Return the update of a message; a bot's commands are marked in it."""
        entities = [{"offset": 0, "length": len(text.split()[0]), "type": "bot_command"}] if text[:1] == "/" else []
        return self._update(
            "message", self._message(person, {"text": text, **({"entities": entities} if entities else {})})
        )

    def sent_picture(self, channel: str, person: int) -> Post:
        """Return the update of a photo without a caption."""
        photo = [{"file_id": token_hex(16), "file_unique_id": token_hex(8), "width": 90, "height": 90}]
        return self._update("message", self._message(person, {"photo": photo}))

    def edited(self, person: int, text: str) -> Post:
        """Return the update of a message that was changed."""
        return self._update("edited_message", {**self._message(person, {"text": text}), "edit_date": int(time.time())})

    def wrote_in_group(self, person: int, text: str) -> Post:
        """Return the update of a message to the bot in a group."""
        self.known.add(self.group)
        entities = [{"offset": 0, "length": 18, "type": "mention"}]
        message = self._message(person, {"text": f"@helpline_demo_bot {text}", "entities": entities})
        return self._update(
            "message", {**message, "chat": {"id": int(self.group), "type": "supergroup", "title": "us"}}
        )

    def tapped(self, channel: str, person: int, message: Message, number: int) -> Post:
        """Return the update of a tap on an inline button, with the message that it is in."""
        query, button = str(next(self.ids) + 10**15), message.buttons[number]
        self.waiting_taps.add(query)
        rows = [[{"text": each.title, "callback_data": each.id}] for each in message.buttons]
        bot = {"id": int(self.credentials.bot_token.split(":")[0]), "is_bot": True, "first_name": "Helpline"}
        shown = {
            "message_id": int(message.vendor_id),
            "from": bot,
            "chat": {"id": int(message.address), "type": "private", "first_name": "Sam"},
            "date": int(message.time),
            "text": message.text,
            "reply_markup": {"inline_keyboard": rows},
        }
        tap = {"id": query, "from": self._person(person), "message": shown, "data": button.id}
        return self._update("callback_query", {**tap, "chat_instance": token_hex(8)})

    def _update(self, kind: str, content: dict[str, Any]) -> Post:
        return self._post({"update_id": next(self.ids), kind: content})

    def _message(self, person: int, content: dict[str, Any]) -> dict[str, Any]:
        self.known.add(self.address("telegram", person))
        sender = self._person(person)
        chat = {"id": sender["id"], "first_name": "Sam", "type": "private"}
        return {"message_id": next(self.ids), "from": sender, "chat": chat, "date": int(time.time()), **content}

    def _person(self, person: int) -> dict[str, Any]:
        return {"id": _FIRST_PERSON + person, "is_bot": False, "first_name": "Sam", "language_code": "en"}


def _keyboard(markup: Any) -> tuple[Button, ...]:
    """Return the buttons of an inline keyboard.

    Raises:
        ValueError: as Telegram would describe what is wrong.
    """
    if markup is None:
        return ()
    if isinstance(markup, str):
        try:
            markup = json.loads(markup)
        except ValueError as error:
            raise ValueError("can't parse reply keyboard markup JSON object") from error
    rows = markup.get("inline_keyboard") if isinstance(markup, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise ValueError("object expected as reply markup")
    buttons = []
    for button in (button for row in rows for button in row):
        title, data = button.get("text"), button.get("callback_data")
        if not isinstance(title, str) or not title:
            raise ValueError("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
        if not isinstance(data, str) or not 1 <= len(data.encode()) <= _BUTTON_BYTES:
            raise ValueError("BUTTON_DATA_INVALID")
        buttons.append(Button(data, title))
    if len(buttons) > _MOST_BUTTONS:
        raise ValueError("reply markup is too long")
    return tuple(buttons)


def _ok(result: Any) -> Answer:
    return Answer(200, {"ok": True, "result": result})


def _error(status: int, description: str) -> Answer:
    return Answer(status, {"ok": False, "error_code": status, "description": description}, error=description)

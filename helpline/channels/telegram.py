"""Telegram: private chats with the bot, its buttons and edits; in groups it only asks to be written to directly.

The webhook is set by `helpline channels check --register`, never at start. Address of a reply: the chat's id.
"""

from __future__ import annotations

import re
from typing import Any, Mapping

from sanic.request import Request

from helpline.channels.safe_channel import Call, Capabilities, Inbound, Outcome, Part, SafeChannel
from helpline.channels.vendor import Kind
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

NAME = "telegram"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
# What Telegram is asked to post; of all else it would post some by default.
UPDATES = ("message", "edited_message", "callback_query")

# Keys of a message that is something to see or hear. Whatever else has no text is news about the chat itself.
_MEDIA = frozenset(
    {
        *("animation", "audio", "document", "paid_media", "photo", "sticker", "story", "video", "video_note", "voice"),
        *("checklist", "contact", "dice", "game", "location", "poll", "venue"),
    }
)
# What Telegram's own buttons and menus send in place of words; what a person adds to it counts too.
_COMMAND = re.compile(r"/(start|help)(?:@\w+)?(?:\s+(.*))?", re.IGNORECASE | re.DOTALL)
_GREETING = "hello"
# Who taps a command in Telegram's menu does not cry for help, as the word alone does; the numbers come in any case.
_HELP = "what can you help me with"


class TelegramChannel(SafeChannel):
    """Telegram's Bot API."""

    # Telegram allows more and longer buttons; a phone shows about this many letters of one, and cuts the rest off.
    capabilities: Mapping[str, Capabilities] = {
        NAME: Capabilities(max_text=4096, buttons="native", max_buttons=12, max_button_title=36)
    }

    def __init__(self, settings: Settings) -> None:
        """Take the settings."""
        super().__init__(settings)
        # A token begins with its bot's id. The name is told with the first message that we send.
        self._id = settings.telegram_bot_token.partition(":")[0]
        self._username = ""

    @classmethod
    def name(cls) -> str:
        """Return the part of the address that names the channel."""
        return NAME

    @classmethod
    def is_on(cls, settings: Settings) -> bool:
        """Tell whether there is a bot's token."""
        return bool(settings.telegram_bot_token)

    def verify(self, request: Request) -> bool:
        """Tell whether a request has the secret that Telegram was given with the webhook's address."""
        return same(self.settings.telegram_secret, request.headers.get(SECRET_HEADER))

    def parse(self, request: Request) -> list[Inbound]:
        """Return the message, edit or tapped button of an update; none for all else."""
        update = read_object(request.body)
        number = identifier(update.get("update_id"))
        if number is None:
            return []
        if "callback_query" in update:
            found = _tap(number, object_in(update, "callback_query"))
        elif "edited_message" in update:
            found = self._message(number, object_in(update, "edited_message"), edited=True)
        else:
            found = self._message(number, object_in(update, "message"))
        return [found] if found else []

    def call(self, address: str, part: Part) -> Call:
        """Return the request that sends a part; buttons go one below the other, as a phone cuts them side by side."""
        content: dict[str, Any] = {
            "chat_id": address,
            "text": part.text,
            # Telegram would fetch the page that a link leads to.
            "link_preview_options": {"is_disabled": True},
        }
        if part.buttons:
            rows = [[{"text": button.title, "callback_data": button.id}] for button in part.buttons]
            content["reply_markup"] = {"inline_keyboard": rows}
        return self._method("sendMessage", content)

    def acknowledgement(self, inbound: Inbound) -> Call | None:
        """Return the request that ends the waiting sign on a tapped button."""
        if inbound.acknowledge is None:
            return None
        return self._method("answerCallbackQuery", {"callback_query_id": inbound.acknowledge})

    def outcome(self, status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
        """Return what Telegram's answer means."""
        answer = read_object(body)
        if status == 200:
            sent = object_in(answer, "result")
            self._username = words(object_in(sent, "from").get("username")).casefold() or self._username
            return Outcome("sent")
        # 401 and 404: the token is not known, which staff can mend.
        if status in (401, 404, 429) or status >= 500:
            return Outcome("retry", seconds(object_in(answer, "parameters").get("retry_after")))
        # 403: the person has blocked the bot, or is gone; only their writing again opens the chat.
        return Outcome("blocked" if status == 403 else "refused")

    def _method(self, name: str, content: dict[str, Any]) -> Call:
        settings = self.settings
        return Call(f"{settings.telegram_api}/bot{settings.telegram_bot_token}/{name}", json=content)

    def _message(self, number: str, message: dict[str, Any], edited: bool = False) -> Inbound | None:
        chat, sender = object_in(message, "chat"), object_in(message, "from")
        address, person = identifier(chat.get("id")), identifier(sender.get("id"))
        if address is None or person is None or sender.get("is_bot") is True:
            return None
        if is_stale(message.get("edit_date") if edited else message.get("date")):
            return None
        text = words(message.get("text")) or words(message.get("caption"))
        if chat.get("type") != "private":
            if edited or not text or not self._is_to_us(message):
                return None
            return Inbound(number, address, person, text, NAME, kind="public_mention")
        if edited:
            return Inbound(number, address, person, text, NAME, kind="edit") if text else None
        if not text:
            return None if _MEDIA.isdisjoint(message) else Inbound(number, address, person, "", NAME, kind="media")
        kind, said = _meaning(text)
        return Inbound(number, address, person, said, NAME, kind=kind)

    def _is_to_us(self, message: dict[str, Any]) -> bool:
        """Tell whether a message in a group is meant for this bot: its command, its mention, a reply to it."""
        replied = identifier(object_in(object_in(message, "reply_to_message"), "from").get("id"))
        if replied is not None and replied == self._id:
            return True
        for text, marks in (("text", "entities"), ("caption", "caption_entities")):
            for mark in objects_in(message, marks):
                if mark.get("type") == "text_mention" and identifier(object_in(mark, "user").get("id")) == self._id:
                    return True
                if mark.get("type") in ("mention", "bot_command") and self._is_our_name(
                    _marked(words(message.get(text)), mark).rpartition("@")[2]
                ):
                    return True
        return False

    def _is_our_name(self, name: str) -> bool:
        """Tell whether a name is this bot's; before we know ours, whether it is a bot's, as all of these end so."""
        name = name.casefold()
        return name == self._username if self._username else name.endswith("bot")


def _meaning(text: str) -> tuple[Kind, str]:
    """Return what a text means: "/start" opens a chat, also with a word from a link; "/help" shows the numbers."""
    command = _COMMAND.fullmatch(text)
    if command is None:
        return "message", text
    more = (command[2] or "").strip()
    if command[1].lower() == "help":
        return ("message", more) if more else ("help", _HELP)
    return "message", more if " " in more else f"{_GREETING} {more}".strip()


def _tap(number: str, query: dict[str, Any]) -> Inbound | None:
    person, choice = identifier(object_in(query, "from").get("id")), identifier(query.get("data"))
    if person is None or choice is None:
        return None
    title = _title(object_in(query, "message"), choice)
    # Buttons are sent to private chats only, whose id is the person's.
    return Inbound(number, person, person, title, NAME, choice, acknowledge=identifier(query.get("id")))


def _title(message: dict[str, Any], choice: str) -> str:
    """Return the words on the button that was tapped: the menu may be long forgotten here."""
    rows = object_in(message, "reply_markup").get("inline_keyboard")
    for row in rows if isinstance(rows, list) else ():
        for button in row if isinstance(row, list) else ():
            if isinstance(button, dict) and button.get("callback_data") == choice:
                return words(button.get("text"))
    return ""


def _marked(text: str, mark: dict[str, Any]) -> str:
    """Return the part of a text that is marked; Telegram counts as UTF-16 does."""
    begin, length = mark.get("offset"), mark.get("length")
    if not isinstance(begin, int) or not isinstance(length, int) or begin < 0 or length < 0:
        return ""
    units = text.encode("utf-16-le")
    return units[2 * begin : 2 * (begin + length)].decode("utf-16-le", "replace")

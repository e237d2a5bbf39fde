"""The chat page without JavaScript: a form that posts to /chat, answered with the whole conversation."""

from __future__ import annotations

import html
import logging
import re
import secrets
from typing import Any, Iterable

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from helpline.channels.pages import PAGES, page
from helpline.channels.stored_turns import StoredTurn, read_turns, turn_number
from helpline.channels.web import MID, WebChannel
from helpline.channels.web_session import RefusedError
from helpline.channels.web_sessions import MAX_CHARACTERS

_MOST_EVENTS = 2_000
_DIALLED = re.compile(r"\+?\d{3,15}")
_LATEST = "latest"

NEW_SESSION = "This is a new conversation: the earlier one is no longer kept."
FOREIGN = "This form can be sent from our own page only."
EMPTY = "Please write your question first."
TOO_LONG = f"That was too long. Please say it in {MAX_CHARACTERS} characters or less."
TOO_FAST = "You sent many messages in a short time. Please wait {seconds} seconds, then send this one again."
DELETED = "Your conversation is deleted. Receipt {receipt}, {at:%Y-%m-%d %H:%M} UTC."
NOT_DELETED = "It could not be deleted just now. Please try again. It is erased by itself when its time is up."
TELL_TROUBLE = {"session": NEW_SESSION, "too_long": TOO_LONG}

logger = logging.getLogger(__name__)


def blueprint(channel: WebChannel) -> Blueprint:
    """Return the routes of /chat."""
    routes = Blueprint("plain_page")

    @routes.route("/chat", methods=["GET", "HEAD"])
    async def show(request: Request) -> HTTPResponse:
        return _page(request, [])

    @routes.post("/chat")
    async def answer(request: Request) -> HTTPResponse:
        if not channel.admits(request):
            return _page(request, [], notice=FOREIGN, status=403)
        return await _answer(channel, request)

    return routes


async def _answer(channel: WebChannel, request: Request) -> HTTPResponse:
    given = {name: _field(request, name) for name in ("message", "session", "token", "mid", "forget")}
    notice = ""
    try:
        begun = await channel.sessions.begin(given["session"] or None, given["token"], 0, _nobody_else)
    except RefusedError:
        # Refused, and yet nobody who writes stays without an answer.
        notice = NEW_SESSION
        begun = await channel.sessions.begin(None, None, 0, _nobody_else)
    session = (begun.session_id, begun.token)
    if given["forget"]:
        return await _forget(channel, request, session)
    # A page that is loaded again sends its form again.
    mid = given["mid"] if MID.fullmatch(given["mid"]) else new_mid()
    text = given["message"].strip()
    said, draft, status = [], "", 200
    try:
        if text:
            answered = await channel.sessions.say(session[0], mid, text, channel.sender(request))
            said = [StoredTurn(turn_number(mid), text, list(answered.replies))]
        else:
            notice = notice or EMPTY
    except RefusedError as refusal:
        notice, status, draft = _explained(refusal), 429 if refusal.reason == "rate" else 400, text
    return _page(request, await _turns(channel, session[0], said), session, notice, draft, status)


async def _turns(channel: WebChannel, session_id: str, said: list[StoredTurn]) -> list[StoredTurn]:
    """Return the stored turns with what was just said, which the guard may have answered in Rasa's place."""
    turns = await read_turns(session_id, await channel.sessions.events(session_id, _MOST_EVENTS))
    for turn in said:
        known = next((at for at, stored in enumerate(turns) if stored.number == turn.number), len(turns))
        turns[known : known + 1] = [turn]
    return turns


async def _forget(channel: WebChannel, request: Request, session: tuple[str, str]) -> HTTPResponse:
    try:
        receipt = await channel.forget(session[0])
    except Exception:
        logger.exception("A conversation could not be deleted.")
        turns = await _turns(channel, session[0], [])
        return _page(request, turns, session, NOT_DELETED, status=503)
    return _page(request, [], notice=DELETED.format(receipt=receipt.code, at=receipt.at))


def _explained(refusal: RefusedError) -> str:
    if refusal.reason == "rate":
        return TOO_FAST.format(seconds=refusal.retry_s)
    return TELL_TROUBLE[refusal.reason]


def new_mid() -> str:
    """Return an id for a message to come."""
    return secrets.token_hex(12)


def _field(request: Request, name: str) -> str:
    return str(request.form.get(name) or "").encode("utf-8", "replace").decode()


async def _nobody_else(_: str) -> None:
    """A form has no socket that could enter a room."""


def _page(
    request: Request,
    turns: list[StoredTurn],
    session: tuple[str, str] = ("", ""),
    notice: str = "",
    draft: str = "",
    status: int = 200,
) -> HTTPResponse:
    fields = {
        "conversation": conversation(turns, session),
        "notice": f'<p class="notice" role="status">{html.escape(notice)}</p>' if notice else "",
        "fields": hidden(session),
        "deletion": _deletion(session) if session[0] else "",
        "draft": html.escape(draft),
        "most": str(MAX_CHARACTERS),
    }
    return page(request, PAGES["/chat"], fields, status)


def conversation(turns: list[StoredTurn], session: tuple[str, str]) -> str:
    """Return turns as an HTML list; only the last reply has its choices, as buttons of a form."""
    if not turns:
        return ""
    items = []
    for turn in turns:
        last = turn is turns[-1]
        items.append(_item("mine", "You", _paragraphs(turn.text), _LATEST if last else ""))
        contents: list[str] = []
        for reply in turn.replies:
            words, numbers = reply.get("text") or "", _numbers((reply.get("custom") or {}).get("numbers"))
            choices = _choices(reply.get("buttons"), session) if last else ""
            if words or not contents:
                contents.append(_paragraphs(words) + numbers + choices)
            else:
                # The numbers of a crisis come behind its words.
                contents[-1] += numbers + choices
        items += [_item("reply", "Assistant", content) for content in contents if content]
    return f'<ol class="conversation" aria-label="Conversation">{"".join(items)}</ol>'


def hidden(session: tuple[str, str]) -> str:
    """Return the hidden fields of a form: the session, and an id for the message."""
    values = {"session": session[0], "token": session[1], "mid": new_mid()}
    return "".join(f'<input type="hidden" name="{name}" value="{html.escape(values[name])}">' for name in values)


def _deletion(session: tuple[str, str]) -> str:
    button = '<button name="forget" value="yes">End and delete this conversation</button>'
    return f'<form class="deletion" method="post" action="/chat">{hidden(session)}{button}</form>'


def _item(kind: str, who: str, content: str, anchor: str = "") -> str:
    identity = f' id="{anchor}"' if anchor else ""
    return f'<li class="{kind}"{identity}><p class="who">{who}:</p>{content}</li>'


def _paragraphs(text: str) -> str:
    paragraphs = [part.strip() for part in text.split("\n\n") if part.strip()]
    return "".join(f"<p{_class_of(part)}>{html.escape(part)}</p>" for part in paragraphs).replace("\n", "<br>")


def _class_of(paragraph: str) -> str:
    return ' class="source"' if paragraph.startswith("Source: ") else ""


def _numbers(numbers: Any) -> str:
    """Return phone numbers of a reply as links; they stand in its text as well."""
    links = "".join(f"<li>{link}</li>" for number in numbers or () for link in _links(number))
    return f'<ul class="numbers">{links}</ul>' if links else ""


def _links(number: dict[str, str]) -> Iterable[str]:
    label = html.escape(number.get("label", ""))
    for scheme, verb in (("tel", "Call"), ("sms", "Text")):
        digits = number.get(scheme, "")
        if _DIALLED.fullmatch(digits):
            shown = html.escape(number.get("text") or digits) if scheme == "tel" else digits
            yield f'<a href="{scheme}:{digits}">{verb} {shown}</a> {label}'


def _choices(buttons: Any, session: tuple[str, str]) -> str:
    if not buttons:
        return ""
    choices = "".join(
        f'<button name="message" value="{html.escape(button["payload"])}">{html.escape(button["title"])}</button>'
        for button in buttons
    )
    return f'<form class="choices" method="post" action="/chat#{_LATEST}">{hidden(session)}{choices}</form>'

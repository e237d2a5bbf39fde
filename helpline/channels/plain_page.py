"""The chat page without JavaScript: a form that posts to /chat, answered with the whole conversation."""

from __future__ import annotations

import html
import logging
import re
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Iterable

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from helpline.channels.pages import page
from helpline.channels.plain_words import ENGLISH, LANGUAGES, Words
from helpline.channels.stored_turns import StoredTurn, read_turns, turn_number
from helpline.channels.web import MID, WebChannel
from helpline.channels.web_session import RefusedError
from helpline.channels.web_sessions import MAX_CHARACTERS
from helpline.settings import load

_MOST_EVENTS = 2_000
_MOST_ANSWERED = 10_000
_DIALLED = re.compile(r"\+?\d{3,15}")
_TEXTED = re.compile(r"(?:^|text )((\w+) (?:to|al) \d+)$")
_LATEST = "latest"
_NOTICE = "notice"

logger = logging.getLogger(__name__)


def blueprint(channel: WebChannel) -> Blueprint:
    """Return the routes of /chat."""
    routes = Blueprint("plain_page")
    answered = _Answered()

    @routes.route("/chat", methods=["GET", "HEAD"])
    async def show(request: Request) -> HTTPResponse:
        return _page(request, [])

    @routes.post("/chat")
    async def answer(request: Request) -> HTTPResponse:
        if not channel.admits(request):
            return _page(request, [], notice=_words(request).foreign, status=403)
        return await _answer(channel, request, answered)

    return routes


class _Answered:
    """The last messages that were answered, by their ids, which nobody can guess: the session of each."""

    def __init__(self) -> None:
        self._messages: OrderedDict[str, tuple[tuple[str, str], int]] = OrderedDict()

    def __contains__(self, mid: str) -> bool:
        return mid in self._messages

    def find(self, mid: str, text: str) -> tuple[str, str] | None:
        """Return the session in which just this message was answered."""
        session, said = self._messages.get(mid, (None, 0))
        return session if said == hash(text) else None

    def add(self, mid: str, text: str, session: tuple[str, str]) -> None:
        self._messages[mid] = (session, hash(text))
        while len(self._messages) > _MOST_ANSWERED:
            self._messages.popitem(last=False)


async def _answer(channel: WebChannel, request: Request, known: _Answered) -> HTTPResponse:
    given = {name: _field(request, name) for name in ("message", "session", "token", "mid", "forget")}
    words, notice, text = _words(request), "", given["message"].strip()
    # A page that is loaded again, also after "back", sends its form again; the first one has no session yet.
    before = known.find(given["mid"], text)
    named = (given["session"], given["token"]) if given["session"] else before or (None, "")
    try:
        begun = await channel.sessions.begin(*named, 0, _nobody_else)
    except RefusedError:
        # It may be somebody else who sits there now: what was deleted is not brought back.
        if before:
            return _page(request, [], notice=words.gone)
        # Refused, and yet nobody who writes stays without an answer.
        notice = words.new_session
        begun = await channel.sessions.begin(None, None, 0, _nobody_else)
    session = (begun.session_id, begun.token)
    if given["forget"]:
        return await _forget(channel, request, session)
    mid = given["mid"]
    # A page that the browser brings back as it was may be sent with another message.
    if not MID.fullmatch(mid) or (mid in known and not before):
        mid = new_mid()
    said, draft, status = [], "", 200
    try:
        if text:
            answered = await channel.sessions.say(session[0], mid, text, channel.sender(request))
            known.add(mid, text, session)
            said = [StoredTurn(turn_number(mid), text, list(answered.replies))]
        else:
            notice = notice or words.empty
    except RefusedError as refusal:
        status, draft = 429 if refusal.reason == "rate" else 400, text
        notice = words.refusal(refusal.reason, refusal.retry_s)
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
        return _page(request, turns, session, _words(request).not_deleted, status=503)
    return _page(request, [], notice=_words(request).deleted.format(receipt=receipt.code, at=receipt.at))


def _words(request: Request) -> Words:
    """Return the words of the page's language, which its address names, and its forms."""
    return LANGUAGES.get(request.args.get("lang") or _field(request, "lang"), ENGLISH)


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
    words = _words(request)
    shown = f'<p class="notice" id="{_NOTICE}" role="status">{html.escape(notice)}</p>'
    fields = {
        "conversation": conversation(turns, session, words),
        "notice": shown if notice else "",
        "fields": hidden(session, words),
        "deletion": _deletion(session, words) if session[0] else "",
        "draft": html.escape(draft),
        "most": str(MAX_CHARACTERS),
        "watched": words.watched if load().handoff else words.alone,
    }
    return page(request, words.file, fields, status)


@dataclass
class _Reply:
    """A reply as it is shown: what can be chosen stands behind the numbers, which come last from Rasa."""

    text: str
    language: str
    numbers: str = ""
    choices: str = ""
    is_crisis: bool = False

    def item(self, words: Words) -> str:
        content = f'<div lang="{self.language}">{self.text}{self.numbers}{self.choices}</div>'
        return _item("reply crisis" if self.is_crisis else "reply", words.assistant, content)


def conversation(turns: list[StoredTurn], session: tuple[str, str], words: Words = ENGLISH) -> str:
    """Return turns as an HTML list; only the last reply has its choices, as buttons of a form."""
    if not turns:
        return ""
    items = []
    for turn in turns:
        last = turn is turns[-1]
        items.append(_item("mine", words.you, _paragraphs(turn.text), _LATEST if last else ""))
        shown: list[_Reply] = []
        for reply in turn.replies:
            text, custom = reply.get("text") or "", reply.get("custom") or {}
            language = custom.get("language") if custom.get("language") in LANGUAGES else ENGLISH.language
            if text or not shown:
                shown.append(_Reply(_paragraphs(text), language))
            shown[-1].numbers += _numbers(custom.get("numbers"), LANGUAGES[language])
            shown[-1].choices += _choices(reply.get("buttons"), session, words) if last else ""
            if custom.get("kind") == "crisis":
                # What it is comes behind its words.
                for part in shown:
                    part.is_crisis, part.language = True, language
        items += [reply.item(words) for reply in shown if reply.text or reply.numbers or reply.choices]
    return f'<ol class="conversation" aria-label="{words.conversation}">{"".join(items)}</ol>'


def hidden(session: tuple[str, str], words: Words = ENGLISH) -> str:
    """Return the hidden fields of a form: the session, an id for the message, and the page's language."""
    values = {"session": session[0], "token": session[1], "mid": new_mid(), "lang": words.language}
    return "".join(f'<input type="hidden" name="{name}" value="{html.escape(values[name])}">' for name in values)


def _deletion(session: tuple[str, str], words: Words) -> str:
    button = f'<button name="forget" value="yes">{words.end}</button>'
    return f'<form class="deletion" method="post" action="/chat#{_NOTICE}">{hidden(session, words)}{button}</form>'


def _item(kind: str, who: str, content: str, anchor: str = "") -> str:
    identity = f' id="{anchor}"' if anchor else ""
    return f'<li class="{kind}"{identity}><p class="who">{who}:</p>{content}</li>'


def _paragraphs(text: str) -> str:
    paragraphs = [part.strip() for part in text.split("\n\n") if part.strip()]
    return "".join(f"<p{_class_of(part)}>{html.escape(part)}</p>" for part in paragraphs).replace("\n", "<br>")


def _class_of(paragraph: str) -> str:
    return ' class="source"' if paragraph.startswith("Source: ") else ""


def _numbers(numbers: Any, words: Words) -> str:
    """Return phone numbers of a reply as links; they stand in its text as well."""
    links = "".join(f"<li>{link}</li>" for number in numbers or () for link in _links(number, words))
    return f'<ul class="numbers">{links}</ul>' if links else ""


def _links(number: dict[str, str], words: Words) -> Iterable[str]:
    label, written = html.escape(number.get("label", "")), number.get("text", "")
    tel, sms = number.get("tel", ""), number.get("sms", "")
    if _DIALLED.fullmatch(tel):
        shown = re.split(",? or text |, text ", written)[0] or tel
        yield f'<a href="tel:{tel}">{words.call} {html.escape(shown)}</a> {label}'
    if _DIALLED.fullmatch(sms):
        # Some take a word: "text HOME to 741741".
        texted = _TEXTED.search(written)
        shown, body = (texted[1], f"?&amp;body={texted[2]}") if texted else (sms, "")
        yield f'<a href="sms:{sms}{body}">{words.text} {html.escape(shown)}</a> {label}'


def _choices(buttons: Any, session: tuple[str, str], words: Words) -> str:
    if not buttons:
        return ""
    choices = "".join(
        f'<button name="message" value="{html.escape(button["payload"])}">{html.escape(button["title"])}</button>'
        for button in buttons
    )
    return f'<form class="choices" method="post" action="/chat#{_LATEST}">{hidden(session, words)}{choices}</form>'

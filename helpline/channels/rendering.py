"""Replies of the bot as a vendor can show them: texts within its limit, buttons or numbered lists, the crisis first."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field, replace
from typing import Any, Iterator, Literal, Sequence

from helpline.channels.guard import escalates, trouble
from helpline.channels.splitting import length, split

logger = logging.getLogger(__name__)

ASK_FOR_NUMBER = "Reply with a number."
# A question that is shown again is short; the list alone does where an answer stood before it.
_LONGEST_QUESTION = 300
# The question to which people answer with a number of their own, their age.
_COUNTED = ("age",)
# A carrier takes these words for itself, so that nobody may be told to write one: what is said in their place.
REWORDED = {
    "STOP": "Leave this here",
    "STOPALL": "Leave all of this",
    "END": "Finish here",
    "CANCEL": "Never mind",
    "QUIT": "Leave this",
    "UNSUBSCRIBE": "No more messages",
    "OPTOUT": "No more messages, please",
    "REVOKE": "Take it back",
    "START": "Let's begin",
    "UNSTOP": "Let's go on",
    "HELP": "Get help now",
    "INFO": "More information",
}
_QUOTED = re.compile(r"([\"“])([A-Za-z]+)([\"”])")
# What the fit check takes for "stop" as well.
_SAID_INSTEAD = {"STOP": "leave", "END": "leave", "QUIT": "leave", "CANCEL": "leave"}


@dataclass(frozen=True)
class Capabilities:
    """What a vendor shows.

    Attributes:
        max_text: characters of one message.
        buttons: ``native``, or ``numbered``: options are a numbered list within the text.
        max_buttons: native buttons of one message; more options become a numbered list.
        max_button_title: characters of a button's title; a longer one makes all options a numbered list.
        keywords: words that stop, start and ask for help, in capitals; no option is named so.
        confirms: whether the carrier takes these words for itself, and tells the person so.
    """

    max_text: int
    buttons: Literal["native", "numbered"] = "numbered"
    max_buttons: int = 0
    max_button_title: int = 0
    keywords: frozenset[str] = frozenset()
    confirms: bool = True


@dataclass(frozen=True)
class Button:
    """A native button: `id` comes back as `Inbound.choice` ("m:<menu>:<number>", at most 24 ASCII characters)."""

    id: str
    title: str


@dataclass(frozen=True)
class Part:
    """One message to a person, ready for the vendor: `text` is never empty and within the limit."""

    text: str
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True)
class Option:
    """What a person may choose: the title that is shown, and the text that the bot gets."""

    title: str
    payload: str


@dataclass(frozen=True)
class Menu:
    """The options of one reply, in the order of their numbers from 1.

    Attributes:
        id: microseconds since 1970.
        options: what may be chosen.
        numbered: whether the person sees the numbers.
        question: what stands above them when they are shown again; "" for nothing.
        counted: whether a number may be an answer by itself.
        hidden: whether nothing of it is shown, as in a crisis; titles are understood, and a number is none of it.
        shown: when it went out, in seconds since 1970, where that was much later than its id says.
    """

    id: int
    options: tuple[Option, ...]
    numbered: bool = True
    question: str = ""
    counted: bool = False
    hidden: bool = False
    shown: float | None = None


@dataclass(frozen=True)
class Rendered:
    """A turn's replies as parts in order; `menu` belongs to the last one; `urgent`: it is a reply to a crisis."""

    parts: tuple[Part, ...]
    menu: Menu | None = None
    urgent: bool = False


@dataclass
class _Reply:
    """Texts that belong together, up to the `custom` object that says what they are."""

    texts: list[str] = field(default_factory=list)
    options: tuple[Option, ...] = ()
    custom: dict[str, Any] = field(default_factory=dict)

    @property
    def is_crisis(self) -> bool:
        return escalates({"custom": self.custom})


def render(replies: Sequence[dict[str, Any]], capabilities: Capabilities, menu_id: int) -> Rendered:
    """Return replies in REST form (`text`, `buttons`, `custom`; see `Guard.answer`) as parts; never raises."""
    try:
        return _render(replies, capabilities, menu_id)
    except Exception:
        logger.exception("Replies could not be rendered; their texts go out as they are.")
        texts = [reply["text"] for reply in replies if isinstance(reply.get("text"), str) and reply["text"].strip()]
        text = "\n\n".join(texts) or trouble("")["text"]
        urgent = any(isinstance(reply.get("custom"), dict) and escalates(reply) for reply in replies)
        return Rendered(tuple(Part(piece) for piece in split(text, capabilities.max_text)), None, urgent)


def list_again(menu: Menu, capabilities: Capabilities) -> tuple[Part, ...]:
    """Return the parts that show an open menu again to a person who chose what is not in it."""
    begin = f"Please reply with a number from 1 to {len(menu.options)}."
    text = "\n\n".join(part for part in (begin, menu.question, numbered(menu)) if part)
    return tuple(Part(piece) for piece in split(text, capabilities.max_text))


def numbered(menu: Menu) -> str:
    """Return the options as a list, one a line."""
    return "\n".join(f"{number}. {option.title}" for number, option in enumerate(menu.options, 1))


def in_plain(part: Part, menu: Menu | None, limit: int) -> list[Part]:
    """Return a part without native buttons: a vendor refused them."""
    text = f"{part.text}\n\n{numbered(menu)}\n{ASK_FOR_NUMBER}" if menu and part.buttons else part.text
    return [Part(piece) for piece in split(text, limit)]


def _render(replies: Sequence[dict[str, Any]], capabilities: Capabilities, menu_id: int) -> Rendered:
    groups = list(_grouped(replies))
    urgent = any(group.is_crisis for group in groups)
    # Of what is said in one turn the crisis comes first.
    groups.sort(key=lambda group: not group.is_crisis)
    menu = _menu(groups, capabilities, menu_id)
    texts = [text for group in groups for text in group.texts]
    if not texts:
        texts = [trouble("")["text"]]
    text = _for_carrier("\n\n".join(texts), capabilities)
    pieces = split(text, capabilities.max_text)
    if urgent:
        # Nothing stands between a person and the words; what they may choose they can write. With a number they answer
        # what they were asked, and choose nothing from a list of before: that menu is closed.
        menu = replace(menu or Menu(menu_id, ()), numbered=False, hidden=True)
        return Rendered(tuple(Part(piece) for piece in pieces), menu, urgent=True)
    if menu is None:
        return Rendered(tuple(Part(piece) for piece in pieces))
    if not menu.numbered:
        *first, last = pieces
        buttons = tuple(Button(f"m:{menu.id}:{number}", option.title) for number, option in enumerate(menu.options, 1))
        return Rendered((*(Part(piece) for piece in first), Part(last, buttons)), menu)
    return Rendered(tuple(Part(piece) for piece in split(_with_list(text, menu), capabilities.max_text)), menu)


def _grouped(replies: Sequence[dict[str, Any]]) -> Iterator[_Reply]:
    group = _Reply()
    for reply in replies:
        text, custom = reply.get("text"), reply.get("custom")
        if isinstance(text, str) and text.strip():
            group.texts.append(text.strip())
        group.options = tuple(_options(reply.get("buttons"))) or group.options
        if isinstance(custom, dict):
            group.custom = custom
            yield group
            group = _Reply()
    if group.texts or group.options:
        yield group


def _options(buttons: Any) -> Iterator[Option]:
    for button in buttons if isinstance(buttons, list) else ():
        title = button.get("title") if isinstance(button, dict) else None
        if not isinstance(title, str) or not title.strip():
            continue
        payload = button.get("payload")
        # A payload command is nothing that a person could have written; the guard would take its slash away.
        said = payload if isinstance(payload, str) and payload.strip() and not payload.startswith("/") else title
        yield Option(title.strip(), said)


def _menu(groups: Sequence[_Reply], capabilities: Capabilities, menu_id: int) -> Menu | None:
    """Return the options of the last reply that has some: numbers could not tell two lists apart."""
    group = next((group for group in reversed(groups) if group.options), None)
    if group is None:
        return None
    options = tuple(replace(option, title=reworded(option.title, capabilities)) for option in group.options)
    native = (
        capabilities.buttons == "native"
        and len(options) <= capabilities.max_buttons
        and all(length(option.title) <= capabilities.max_button_title for option in options)
    )
    question = _for_carrier(group.texts[-1], capabilities) if group.texts else ""
    return Menu(
        menu_id,
        options,
        numbered=not native,
        question=question if len(question) <= _LONGEST_QUESTION else "",
        counted=group.custom.get("kind") == "question" and group.custom.get("id") in _COUNTED,
    )


def reworded(title: str, capabilities: Capabilities) -> str:
    """Return a title that is no word of the carrier's."""
    keyword = title.strip(" .,!?\"'").upper()
    return REWORDED.get(keyword, f"Option: {title}") if keyword in capabilities.keywords else title


def _for_carrier(text: str, capabilities: Capabilities) -> str:
    """Return a text that tells nobody to write a word of the carrier's."""
    if not capabilities.keywords:
        return text

    def said(match: re.Match[str]) -> str:
        keyword = match[2].upper()
        return f"{match[1]}{_SAID_INSTEAD.get(keyword, match[2])}{match[3]}"

    return _QUOTED.sub(said, text)


def _with_list(text: str, menu: Menu) -> str:
    """Return the text with the numbered list; one that lists the options already gets the numbers in their place."""
    bullets = "\n".join(f"- {option.title}" for option in menu.options)
    if bullets in text:
        return f"{text.replace(bullets, numbered(menu), 1)}\n\n{ASK_FOR_NUMBER}"
    return f"{text}\n\n{numbered(menu)}\n{ASK_FOR_NUMBER}"

"""Replies of the bot as a vendor can show them: texts within its limit, buttons or numbered lists, the crisis first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Sequence


@dataclass(frozen=True)
class Capabilities:
    """What a vendor shows.

    Attributes:
        max_text: characters of one message.
        buttons: ``native``, or ``numbered``: options are a numbered list within the text.
        max_buttons: native buttons of one message; more options become a numbered list.
        max_button_title: characters of a button's title; a longer one makes all options a numbered list.
        keywords: words that the carrier takes for itself, in capitals; no option is named so.
    """

    max_text: int
    buttons: Literal["native", "numbered"] = "numbered"
    max_buttons: int = 0
    max_button_title: int = 0
    keywords: frozenset[str] = frozenset()


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
    """The options of one reply, in the order of their numbers from 1; `id` is microseconds since 1970."""

    id: int
    options: tuple[Option, ...]
    numbered: bool


@dataclass(frozen=True)
class Rendered:
    """A turn's replies as parts in order; `menu` belongs to the last one; `urgent`: it is a reply to a crisis."""

    parts: tuple[Part, ...]
    menu: Menu | None
    urgent: bool


def render(replies: Sequence[dict[str, Any]], capabilities: Capabilities, menu_id: int) -> Rendered:
    """Return replies in REST form (`text`, `buttons`, `custom`; see `Guard.answer`) as parts; never raises."""
    raise NotImplementedError


def split(text: str, limit: int) -> list[str]:
    """Return `text` in pieces of at most `limit` characters, cut at paragraphs, sentences, words; never in a number."""
    raise NotImplementedError

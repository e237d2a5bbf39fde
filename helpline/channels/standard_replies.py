"""What the messaging channels say by themselves, where the bot is not asked; each names the numbers, in REST form."""

from __future__ import annotations

from typing import Any

from helpline.answers.numbers import load_numbers

_NUMBERS = (
    "In danger call {emergency}. In a crisis call or text {suicide_crisis}. "
    "For treatment help call {national_helpline}, free, 24/7."
)
_MEDIA = "I can't see pictures or hear voice notes here. Please tell me in words. " + _NUMBERS
_GO_ON = "To go on here, just write your question."
_OPTED_OUT = "You will get no more messages from here. Write again at any time and I answer. " + _NUMBERS
_IN_PUBLIC = (
    "Other people can read this. For your privacy I don't talk about it here: please message me directly. I'm a "
    "program, not a person."
)
_IN_PUBLIC_IN_DANGER = _NUMBERS + "\n\n" + _IN_PUBLIC


def numbers(danger: bool) -> dict[str, Any]:
    """Return the beginning of the reply to a request for help: the numbers, and without danger how to go on."""
    return _reply(_NUMBERS, "crisis") if danger else _reply(f"{_NUMBERS}\n\n{_GO_ON}", "info")


def media() -> dict[str, Any]:
    """Return the reply to a picture or a voice note without words."""
    return _reply(_MEDIA, "info")


def opted_out() -> dict[str, Any]:
    """Return the confirmation to a person who wants no more messages, where no carrier gives one."""
    return _reply(_OPTED_OUT, "info")


def in_public(danger: bool) -> dict[str, Any]:
    """Return the reply where others read along; in danger the numbers come first."""
    return _reply(_IN_PUBLIC_IN_DANGER, "crisis") if danger else _reply(_IN_PUBLIC, "info")


def _reply(text: str, kind: str) -> dict[str, Any]:
    shown = {key: number.text or number.tel for key, number in load_numbers().items()}
    return {"text": text.format(**shown), "custom": {"kind": kind}}

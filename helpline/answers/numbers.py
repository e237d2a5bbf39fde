"""The phone numbers of data/numbers.yml."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from helpline.files import read_yaml
from helpline.settings import ROOT

FILE = ROOT / "data" / "numbers.yml"


@dataclass(frozen=True)
class Number:
    """A hotline.

    Attributes:
        key: its name in data/numbers.yml.
        label: what people call it.
        tel: digits to dial.
        sms: digits to text, if it takes texts.
        text: how it is written, where that differs from the digits.
        shown: the strings by which responses may show it.
        expires_on: from this day on it must be checked again.
    """

    key: str
    label: str
    tel: str
    sms: str | None
    text: str | None
    shown: tuple[str, ...]
    expires_on: date

    def as_custom(self) -> dict[str, str]:
        """Return the number as the reply contract shows it."""
        fields = {"label": self.label, "tel": self.tel, "sms": self.sms, "text": self.text}
        return {name: value for name, value in fields.items() if value}


@lru_cache(maxsize=1)
def load_numbers() -> dict[str, Number]:
    """Return all numbers by key.

    Raises:
        OSError, KeyError: if data/numbers.yml is missing or incomplete.
    """
    entries: dict[str, dict[str, Any]] = read_yaml(FILE)
    return {
        key: Number(
            key=key,
            label=entry["label"],
            tel=entry["tel"],
            sms=entry.get("sms"),
            text=entry.get("text"),
            shown=tuple(entry["shown"]),
            expires_on=entry["expires_on"],
        )
        for key, entry in entries.items()
    }


def key_of(shown: Any) -> str | None:
    """Return the key in data/numbers.yml of a number as a reply shows it (`Number.as_custom`), None for any other."""
    return next((key for key, number in load_numbers().items() if number.as_custom() == shown), None)

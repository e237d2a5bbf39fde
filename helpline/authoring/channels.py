"""How an answer reads on each channel, and whether it fits there. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence

# Characters that one message may have.
LIMITS = {"web": None, "sms": 1600, "telegram": 4096, "messenger": 2000, "slack": 3000}
TITLES = {"web": "Website", "sms": "Text message", "telegram": "Telegram", "messenger": "Messenger", "slack": "Slack"}
# A text message in the phone's own alphabet has 160 characters, in a row of several 153; in any other 70 and 67.
_GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWICE = set("^{}\\[~]|€")


@dataclass(frozen=True)
class Preview:
    """An answer on one channel.

    Attributes:
        channel: key of `LIMITS`.
        title: its name for people.
        text: what is sent.
        buttons: what can be pressed; where there are no buttons the text numbers them.
        length: characters of the text.
        limit: the most that the channel takes; None for no limit.
        parts: how many text messages it is charged and split as; 0 elsewhere.
    """

    channel: str
    title: str
    text: str
    buttons: tuple[str, ...]
    length: int
    limit: int | None
    parts: int = 0

    @property
    def fits(self) -> bool:
        """Whether the channel takes it in one message."""
        return self.limit is None or self.length <= self.limit


def previews(text: str, citations: Sequence[str], buttons: Sequence[str]) -> list[Preview]:
    """Return an answer as each channel shows it.

    Args:
        text: the answer.
        citations: headings for its source line.
        buttons: titles of the topics offered below it.
    """
    whole = f"{text}\n\nSource: {'; '.join(citations)}" if citations else text
    numbered = "\n".join(f"{place}. {title}" for place, title in enumerate(buttons, 1))
    shown = []
    for channel, limit in LIMITS.items():
        plain = channel == "sms"
        sent = f"{whole}\n\n{numbered}" if plain and numbered else whole
        shown.append(
            Preview(
                channel=channel,
                title=TITLES[channel],
                text=sent,
                buttons=() if plain else tuple(buttons),
                length=len(sent),
                limit=limit,
                parts=segments(sent) if plain else 0,
            )
        )
    return shown


def segments(text: str) -> int:
    """Return how many text messages a text is sent as."""
    if set(text) <= _GSM | _GSM_TWICE:
        length = len(text) + sum(character in _GSM_TWICE for character in text)
        return 1 if length <= 160 else -(-length // 153)
    length = len(text.encode("utf-16-le")) // 2
    return 1 if length <= 70 else -(-length // 67)

"""Dead letters for staff: replies that no vendor took; free of Rasa."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from helpline.storage.messages import dead_letters

_INDENT = "    "


def listing(engine: sa.engine.Engine) -> str:
    """Return the replies that could not be delivered, the oldest first; "" where there are none."""
    return "\n".join(
        f"{datetime.fromtimestamp(letter.number / 1_000_000):%Y-%m-%d %H:%M} {letter.channel} "
        f"to {letter.data['address']}, tried {letter.tries} times{', CRISIS' if letter.urgent else ''}\n"
        + "\n".join(f"{_INDENT}{line}".rstrip() for line in letter.data["part"]["text"].splitlines())
        for letter in dead_letters(engine)
    )

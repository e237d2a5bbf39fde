"""Whether the assistant heard danger in a message: asked of the queue that the inbox keeps of such messages."""

from __future__ import annotations

from functools import lru_cache
from typing import Callable, Iterable

import sqlalchemy as sa

from helpline.authoring.errors import RefusedError
from helpline.crisis.taxonomy import Tier
from helpline.storage import review
from helpline.storage.database import open_engine


def listener(url: str) -> Callable[[Iterable[str]], str]:
    """Return what `Repository` asks: marks of a message to the highest tier that was heard in it, "" for none.

    Args:
        url: of the conversations' database; it is opened when first asked.

    What it returns raises `RefusedError` where the database cannot be read: nobody then knows.
    """

    def heard(marks: Iterable[str]) -> str:
        try:
            return max(review.tiers(_opened(url), marks), key=Tier.of, default="")
        except sa.exc.SQLAlchemyError as error:
            raise RefusedError(
                "The queue of danger cannot be read just now, so that nobody knows whether this message stands there. "
                "Nothing was written. Try again in a minute."
            ) from error

    return heard


@lru_cache(maxsize=4)
def _opened(url: str) -> sa.engine.Engine:
    return open_engine(url)

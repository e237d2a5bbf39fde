"""The urgent result in the ledger: what is recorded of it, and by whom where the action server is down."""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache

import sqlalchemy as sa

from helpline.answers.numbers import key_of
from helpline.crisis.taxonomy import NONE, Tier
from helpline.fit_check.questions import UNKNOWN
from helpline.fit_check.state import Turn
from helpline.settings import load
from helpline.storage import ledger
from helpline.storage.database import open_engine

logger = logging.getLogger(__name__)

# One thread, so that records keep their order; nobody waits for it.
_writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")


def entry_of(turn: Turn) -> ledger.Entry:
    """Return the ledger's entry for an urgent result; its rule is the question whose answer it rests on.

    The question about danger does not ask which it is; where danger is only not ruled out, there is no category.
    """
    custom = turn.messages[-1]["custom"]
    question, value = custom["because"][0]["id"], custom["because"][0]["value"]
    other = turn.state.answers.get("who") == "loved_one"
    of_safety = ("suicide_other" if other else "suicide_active") if value == "yes" else NONE
    return ledger.Entry(
        time=ledger.now(),
        rules=(f"fit_check.{question}",),
        score=0.0,
        tier=(Tier.T2S if value in ("not_sure", UNKNOWN) else Tier.T2).code,
        category="withdrawal_danger" if question == "withdrawal_history" else of_safety,
        subject="other" if other else "self",
        language="en",
        model="",
        reply=f"fit_check/{custom['outcome']}",
        numbers=tuple(key for number in custom["numbers"] if (key := key_of(number))),
        ms=0.0,
    )


def record(turn: Turn) -> Future[None] | None:
    """Write an urgent result to the ledger in the background, as the action server would; it never raises.

    An action server that was only late writes a record of its own, so that one answer may have two.
    """
    try:
        return _writer.submit(_write, load().database_url, entry_of(turn))
    except Exception:
        logger.exception("An urgent result is not in the ledger.")
        return None


def _write(database_url: str, entry: ledger.Entry) -> None:
    try:
        ledger.append(_database(database_url), entry)
    except Exception:
        logger.exception("An urgent result is not in the ledger: %s", entry)


@lru_cache(maxsize=1)
def _database(url: str) -> sa.engine.Engine:
    return open_engine(url)

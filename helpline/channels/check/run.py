"""Runs the checks of the channels that are on, side by side."""

from __future__ import annotations

import asyncio
import logging
from typing import Awaitable, Callable, Collection

import aiohttp

from helpline.channels.check.findings import TROUBLE, Asker, Context, Finding, Report
from helpline.channels.check.messenger import check_messenger
from helpline.channels.check.slack import check_slack
from helpline.channels.check.telegram import check_telegram
from helpline.channels.check.twilio import check_twilio
from helpline.settings import Settings

logger = logging.getLogger(__name__)

Check = Callable[[Context], Awaitable[list[Finding]]]

CHECKS: dict[str, Check] = {
    "messenger": check_messenger,
    "slack": check_slack,
    "telegram": check_telegram,
    "twilio": check_twilio,
}
_PATIENCE = 15.0


def switched_on(settings: Settings) -> list[str]:
    """Return the names of the channels that have credentials, in the order of `CHECKS`."""
    credentials = {
        "messenger": settings.messenger_page_token,
        "slack": settings.slack_bot_token,
        "telegram": settings.telegram_bot_token,
        "twilio": settings.twilio_account_sid,
    }
    return [name for name in CHECKS if credentials[name]]


async def check(settings: Settings, names: Collection[str], register: bool = False) -> list[Report]:
    """Check channels (names in `CHECKS`) and return a report for each; never raises.

    `register` lets a check tell the vendor where our webhook is.
    """
    on = switched_on(settings)
    timeout = aiohttp.ClientTimeout(total=_PATIENCE)
    # As the server sends: a proxy in the environment would hide that it cannot.
    async with aiohttp.ClientSession(timeout=timeout) as session:
        context = Context(settings, Asker(session), register)
        found = await asyncio.gather(
            *(_checked(CHECKS[name] if name in on else _switched_off, context) for name in names)
        )
    return [Report(name, tuple(findings)) for name, findings in zip(names, found, strict=True)]


async def _checked(run: Check, context: Context) -> list[Finding]:
    try:
        return await run(context)
    except Exception as error:
        # Only its kind: the message may hold a token.
        logger.error("A check failed: %s", type(error).__name__)
        return [Finding(TROUBLE, f"The check itself failed ({type(error).__name__}).", "Please report this.")]


async def _switched_off(_: Context) -> list[Finding]:
    return [Finding(TROUBLE, "This channel is not set up.", "docs/channels.md tells how.")]

"""Asks Slack about the bot's token and what it may do."""

from __future__ import annotations

import secrets
import time
from email.utils import parsedate_to_datetime

from helpline.channels import slack
from helpline.channels.check.findings import (
    NOTE,
    OK,
    TROUBLE,
    Context,
    Finding,
    about_pasting,
    about_public_url,
    about_webhook,
    unreachable,
    webhook_url,
)
from helpline.channels.vendor_events import words

# Seconds that a clock may be wrong; five minutes would refuse all.
_CLOCK = 60


async def check_slack(context: Context) -> list[Finding]:
    """Check the bot's token and what it may do, and our webhook."""
    settings, ask = context.settings, context.asker.ask
    found = about_pasting(("slack_bot_token", "slack_signing_secret"), settings)
    if found:
        return found
    where = "On the app's page at api.slack.com/apps: OAuth & Permissions"
    me = await ask(
        "POST", f"{settings.slack_api}/auth.test", headers={"Authorization": f"Bearer {settings.slack_bot_token}"}
    )
    if me.status != 200 or not me.content:
        return [unreachable("Slack", me.status)]
    if me.content.get("ok") is not True:
        said = words(me.content.get("error"))
        fix = (
            f"{where}, Bot User OAuth Token (xoxb-…); paste it as SLACK_BOT_TOKEN. If the app was removed, install it."
        )
        return [Finding(TROUBLE, f"Slack does not accept the token ({said}).", fix)]
    team, bot = words(me.content.get("team")), words(me.content.get("user"))
    found.append(Finding(OK, f"The token is right: the bot is {bot!r} in {team!r}."))
    if not me.content.get("bot_id"):
        fix = f"{where}, Bot User OAuth Token (it begins with xoxb-)."
        found.append(Finding(TROUBLE, "This is a person's token, not the bot's.", fix))
    allowed = {name.strip() for name in me.headers.get("x-oauth-scopes", "").split(",")}
    missing = [name for name in slack.SCOPES if name not in allowed]
    if missing and allowed != {""}:
        fix = f"{where}, Bot Token Scopes, add them, then Reinstall to Workspace."
        found.append(Finding(TROUBLE, f"The bot lacks permissions: {', '.join(missing)}.", fix))
    found += _about_clock(me.headers.get("Date", ""))
    wrong = about_public_url(settings)
    if wrong:
        return [*found, *wrong]
    url = webhook_url(settings, "slack")
    challenge = secrets.token_hex(8)
    body = b'{"type": "url_verification", "challenge": "%s"}' % challenge.encode()
    stamp = str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        slack.TIMESTAMP_HEADER: stamp,
        slack.SIGNATURE_HEADER: slack.signature(settings.slack_signing_secret, stamp, body),
    }
    answer = await ask("POST", url, data=body, headers=headers)
    echoed = answer.body == challenge.encode()
    found.append(about_webhook(answer, await ask("POST", url, json={}), url, "SLACK_SIGNING_SECRET", echoed))
    fix = (
        f"On the app's page: Event Subscriptions and Interactivity & Shortcuts both have {url}; App Home, Messages Tab."
    )
    return [*found, Finding(NOTE, "Slack does not tell which events it posts, and where to.", f"Look yourself. {fix}")]


def _about_clock(date: str) -> list[Finding]:
    """Return what is wrong with this machine's clock: Slack's requests hold the time, and old ones are refused."""
    try:
        ahead = time.time() - parsedate_to_datetime(date).timestamp()
    except (TypeError, ValueError):
        return []
    if abs(ahead) <= _CLOCK:
        return []
    text = f"This machine's clock is {abs(ahead):.0f} seconds {'ahead' if ahead > 0 else 'behind'}."
    return [Finding(TROUBLE, text, "Set it by the network (NTP): Slack's messages would be taken for old ones.")]

"""Asks Telegram about the bot and where it posts messages, and tells it where our webhook is if asked to."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

from helpline.channels import telegram
from helpline.channels.check.findings import (
    NOTE,
    OK,
    TROUBLE,
    Answer,
    Context,
    Finding,
    about_pasting,
    about_public_url,
    about_webhook,
    unreachable,
    webhook_url,
)
from helpline.channels.vendor_events import object_in, words

_PORTS = (None, 443, 80, 88, 8443)
# Seconds: an older failure of Telegram to reach us is history.
_RECENT = 3600


async def check_telegram(context: Context) -> list[Finding]:
    """Check the bot's token, where Telegram posts to, and our webhook."""
    settings, ask = context.settings, context.asker.ask
    found = about_pasting(("telegram_bot_token",), settings)
    if found:
        return found
    base = f"{settings.telegram_api}/bot{settings.telegram_bot_token}"
    me = await ask("GET", f"{base}/getMe")
    if me.status in (401, 404):
        fix = "In Telegram ask @BotFather for /token, and paste what it says as TELEGRAM_BOT_TOKEN."
        return [Finding(TROUBLE, "Telegram does not know this token.", fix)]
    if me.status != 200:
        return [unreachable("Telegram", me.status)]
    bot = object_in(me.content, "result")
    found.append(Finding(OK, f"The token is right: the bot is @{words(bot.get('username'))}."))
    if bot.get("can_read_all_group_messages") is True:
        fix = "Send /setprivacy to @BotFather, choose the bot, then Enable."
        found.append(Finding(NOTE, "In groups Telegram shows the bot every message, which it does not need.", fix))
    wrong = about_public_url(settings)
    if wrong:
        return [*found, *wrong]
    url = webhook_url(settings, "telegram")
    if urlsplit(url).port not in _PORTS:
        fix = "Give PUBLIC_URL one of these ports, or none."
        found.append(Finding(NOTE, "Telegram itself posts to the ports 443, 80, 88 and 8443 only.", fix))
    if context.register:
        found += await _set_webhook(context, base, url)
    info = await ask("GET", f"{base}/getWebhookInfo")
    found += _about_telegrams_webhook(info, url, context.register)
    signed = await ask("POST", url, json={}, headers={telegram.SECRET_HEADER: settings.telegram_secret})
    return [*found, about_webhook(signed, await ask("POST", url, json={}), url, "TELEGRAM_SECRET")]


async def _set_webhook(context: Context, base: str, url: str) -> list[Finding]:
    content = {"url": url, "secret_token": context.settings.telegram_secret, "allowed_updates": telegram.UPDATES}
    answer = await context.asker.ask("POST", f"{base}/setWebhook", json=content)
    if answer.status == 200:
        return [Finding(OK, f"Telegram was told to post to {url}.")]
    said = words(answer.content.get("description")) or f"error {answer.status}"
    fix = "PUBLIC_URL must be an https:// address with a valid certificate that the whole internet can reach."
    return [Finding(TROUBLE, f"Telegram refused the webhook's address: {said}.", fix)]


def _about_telegrams_webhook(answer: Answer, url: str, registered: bool) -> list[Finding]:
    register = "Run `helpline channels check --register`."
    if answer.status != 200:
        return [unreachable("Telegram", answer.status)]
    info = object_in(answer.content, "result")
    current = words(info.get("url"))
    if not current:
        return [Finding(TROUBLE, "Telegram does not know yet where to post messages.", register)]
    if current != url:
        return [Finding(TROUBLE, f"Telegram posts messages to {current}, not to {url}.", register)]
    found = [Finding(OK, f"Telegram posts messages to {url}.")]
    allowed = info.get("allowed_updates")
    missing = [name for name in telegram.UPDATES if isinstance(allowed, list) and allowed and name not in allowed]
    if missing:
        found.append(Finding(TROUBLE, f"Telegram does not post {', '.join(missing)}, which is needed.", register))
    failed = info.get("last_error_date")
    if not registered and isinstance(failed, int) and time.time() - failed < _RECENT:
        said = words(info.get("last_error_message"))
        fix = register if "403" in said else "The assistant must be reachable from the internet at this address."
        found.append(Finding(TROUBLE, f"Within the last hour Telegram could not deliver a message: {said}.", fix))
    waiting = info.get("pending_update_count")
    if isinstance(waiting, int) and waiting > 0:
        found.append(Finding(NOTE, f"Messages that wait at Telegram for the assistant: {waiting}."))
    return found

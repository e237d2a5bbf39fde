"""Asks Meta about the page's token, the app's secret, and what app and page are subscribed to."""

from __future__ import annotations

import secrets
import time
from typing import Any
from urllib.parse import quote

from helpline.channels import messenger
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
from helpline.channels.vendor_events import object_in, objects_in, words


async def check_messenger(context: Context) -> list[Finding]:
    """Check the page's token, the app's secret, what app and page are subscribed to, and our webhook."""
    settings, ask = context.settings, context.asker.ask
    found = about_pasting(("messenger_page_token", "messenger_app_secret", "messenger_verify_token"), settings)
    if found:
        return found
    me = await _graph(context, "me", fields="id,name")
    if me.status != 200:
        return [_about_graph_error(me)]
    found.append(Finding(OK, f"Token and app secret are right: the page is {words(me.content.get('name'))!r}."))
    debug = await _graph(context, "debug_token", input_token=settings.messenger_page_token)
    token = object_in(debug.content, "data")
    found += _about_page_token(token)
    found += _about_page(await _graph(context, "me/subscribed_apps"))
    wrong = about_public_url(settings)
    if wrong:
        return [*found, *wrong]
    url = webhook_url(settings, "messenger")
    app = words(token.get("app_id"))
    if app:
        address = messenger.graph_url(settings.messenger_api, f"{quote(app, safe='')}/subscriptions")
        headers = {"Authorization": f"Bearer {app}|{settings.messenger_app_secret}"}
        found += _about_app(await ask("GET", address, headers=headers), url)
    challenge = secrets.token_hex(8)
    query = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": settings.messenger_verify_token}
    answer = await ask("GET", url, params=query)
    echoed = answer.body == challenge.encode()
    unsigned = await ask("POST", url, json={})
    confirmed = about_webhook(answer, unsigned, url, "MESSENGER_VERIFY_TOKEN", echoed)
    if confirmed.level == TROUBLE:
        return [*found, confirmed]
    # An event without entries: signed by the app's secret as all are, and of no person.
    body = b'{"object": "page", "entry": []}'
    headers = {
        "Content-Type": "application/json",
        messenger.SIGNATURE_HEADER: messenger.signature(settings.messenger_app_secret, body),
    }
    event = await ask("POST", url, data=body, headers=headers)
    return [*found, about_webhook(event, unsigned, url, "MESSENGER_APP_SECRET")]


async def _graph(context: Context, path: str, **query: str) -> Answer:
    settings = context.settings
    token = settings.messenger_page_token
    query["appsecret_proof"] = messenger.proof(token, settings.messenger_app_secret)
    address = messenger.graph_url(settings.messenger_api, path, **query)
    return await context.asker.ask("GET", address, headers={"Authorization": f"Bearer {token}"})


def _about_graph_error(answer: Answer) -> Finding:
    error = object_in(answer.content, "error")
    said = words(error.get("message"))
    if "appsecret_proof" in said:
        fix = "Copy it again: App settings, Basic, App secret, Show. The token must come from the same app."
        return Finding(TROUBLE, "MESSENGER_APP_SECRET does not belong to the app that made the page's token.", fix)
    if error.get("code") in (102, 104, 190, 2500):
        fix = "In the app's dashboard: Messenger, Messenger API settings, Generate; paste it as MESSENGER_PAGE_TOKEN."
        return Finding(TROUBLE, "Meta does not accept the page's token (any more).", fix)
    if answer.status == 0 or answer.status >= 500 or not said:
        return unreachable("Meta", answer.status)
    return Finding(TROUBLE, f"Meta refuses: {said}.", "See the trouble table of the set-up guide.")


def _about_page_token(token: dict[str, Any]) -> list[Finding]:
    if not token:
        return [Finding(NOTE, "Meta does not tell what the token may do; that it works is known.")]
    found = []
    scopes = token.get("scopes")
    if isinstance(scopes, list) and "pages_messaging" not in scopes:
        fix = "Generate the token again and leave all permissions on."
        found.append(Finding(TROUBLE, "The token may not send messages: pages_messaging is missing.", fix))
    if token.get("type") not in (None, "PAGE"):
        fix = "Generate it in the app's dashboard under Messenger, beside the name of the page."
        found.append(Finding(TROUBLE, "This is not the token of a page.", fix))
    expires = token.get("expires_at")
    if isinstance(expires, int) and expires > 0:
        day = time.strftime("%Y-%m-%d", time.gmtime(expires))
        found.append(Finding(NOTE, f"The token ends on {day}.", "Generate a new one before."))
    return found


def _about_page(answer: Answer) -> list[Finding]:
    fix = "In the app's dashboard: Messenger, Messenger API settings, Add subscriptions beside the page."
    if answer.status != 200:
        return [Finding(NOTE, "Meta does not tell what the page is subscribed to.", f"Look yourself. {fix}")]
    apps = list(objects_in(answer.content, "data"))
    fields = {name for app in apps for name in app.get("subscribed_fields") or () if isinstance(name, str)}
    if not apps:
        return [Finding(TROUBLE, "The page is not connected with the app: no message arrives.", fix)]
    return _about_fields(fields, "page", fix)


def _about_fields(fields: set[str], subscriber: str, fix: str) -> list[Finding]:
    missing = [name for name in messenger.FIELDS if name not in fields]
    if not missing:
        return [Finding(OK, f"The {subscriber} is subscribed to {', '.join(messenger.FIELDS)}.")]
    level = TROUBLE if "messages" in missing else NOTE
    return [Finding(level, f"The {subscriber} is not subscribed to {', '.join(missing)}.", f"{fix} Tick them.")]


def _about_app(answer: Answer, url: str) -> list[Finding]:
    fix = f"In the app's dashboard: Messenger, Messenger API settings, Configure webhooks: callback URL {url}."
    if answer.status != 200:
        return [Finding(NOTE, "Meta does not tell where the app's webhook leads.", f"Look yourself. {fix}")]
    pages = [found for found in objects_in(answer.content, "data") if found.get("object") == "page"]
    if not pages:
        return [Finding(TROUBLE, "Meta does not know yet where to post messages.", fix)]
    current = words(pages[0].get("callback_url"))
    if current != url:
        return [Finding(TROUBLE, f"Meta posts messages to {current}, not to {url}.", fix)]
    if pages[0].get("active") is False:
        return [Finding(TROUBLE, "Meta has switched the webhook off, as it failed too often.", fix)]
    names = {words(found.get("name")) for found in objects_in(pages[0], "fields")}
    return [Finding(OK, f"Meta posts messages to {url}."), *_about_fields(names, "app", fix)]

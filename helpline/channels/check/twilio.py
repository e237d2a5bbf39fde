"""Asks Twilio about the account, the SMS number and where its messages go."""

from __future__ import annotations

from urllib.parse import quote

import aiohttp
from twilio.request_validator import RequestValidator

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

# What anyone may try WhatsApp with at Twilio.
_SANDBOX = "+14155238886"


async def check_twilio(context: Context) -> list[Finding]:
    """Check account and token, the SMS number and where its messages go, and our webhook."""
    settings, ask = context.settings, context.asker.ask
    found = about_pasting(("twilio_auth_token",), settings)
    if found:
        return found
    base = f"{settings.twilio_api}/2010-04-01/Accounts/{settings.twilio_account_sid}"
    login = aiohttp.BasicAuth(settings.twilio_account_sid, settings.twilio_auth_token)
    account = await ask("GET", f"{base}.json", auth=login)
    if account.status in (401, 403, 404):
        fix = "Copy both again from the front page of console.twilio.com (the live ones, not the test credentials)."
        return [Finding(TROUBLE, "Twilio does not accept TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN.", fix)]
    if account.status != 200:
        return [unreachable("Twilio", account.status)]
    status = words(account.content.get("status"))
    if status != "active":
        return [Finding(TROUBLE, f"The account is {status}.", "Twilio's console says why, often an unpaid bill.")]
    found.append(Finding(OK, "Account and token are right."))
    if account.content.get("type") == "Trial":
        fix = "Upgrade the account before real use; until then verify your own phone to try it."
        found.append(Finding(NOTE, "It is a trial account: it sends to verified numbers only, with a preface.", fix))
    wrong = about_public_url(settings)
    if wrong:
        return [*found, *wrong]
    url = webhook_url(settings, "twilio")
    if settings.twilio_sms_from:
        number = quote(settings.twilio_sms_from, safe="")
        numbers = await ask("GET", f"{base}/IncomingPhoneNumbers.json?PhoneNumber={number}", auth=login)
        found += _about_number(numbers, settings.twilio_sms_from, url)
    if settings.twilio_whatsapp_from:
        place = "Messaging, Try it out, Send a WhatsApp message, Sandbox settings"
        if settings.twilio_whatsapp_from != _SANDBOX:
            place = "Messaging, Senders, WhatsApp senders, the number"
        fix = f"Look yourself in Twilio's console: {place}; its webhook for incoming messages must be {url} (POST)."
        found.append(Finding(NOTE, "Twilio does not tell where WhatsApp messages go.", fix))
    signature = RequestValidator(settings.twilio_auth_token).compute_signature(url, {})
    signed = await ask("POST", url, data={}, headers={"X-Twilio-Signature": signature})
    return [*found, about_webhook(signed, await ask("POST", url, data={}), url, "TWILIO_AUTH_TOKEN")]


def _about_number(answer: Answer, number: str, url: str) -> list[Finding]:
    if answer.status != 200:
        return [unreachable("Twilio", answer.status)]
    owned = next(objects_in(answer.content, "incoming_phone_numbers"), None)
    if owned is None:
        fix = "Twilio's console lists yours under Phone Numbers, Active numbers."
        return [Finding(TROUBLE, f"{number} is not a number of this account.", fix)]
    if object_in(owned, "capabilities").get("sms") is False:
        return [Finding(TROUBLE, f"{number} cannot send SMS.", "Buy a number with SMS.")]
    fix = f"Twilio's console, the number, Messaging Configuration, A message comes in: Webhook, {url}, HTTP POST."
    current, method = words(owned.get("sms_url")), words(owned.get("sms_method"))
    if words(owned.get("sms_application_sid")):
        return [Finding(TROUBLE, f"Messages to {number} go to a TwiML App, not to the assistant.", fix)]
    if current != url:
        return [Finding(TROUBLE, f"Messages to {number} go to {current or 'nobody'}, not to {url}.", fix)]
    if method and method != "POST":
        return [Finding(TROUBLE, f"Messages to {number} come as {method}, not as POST.", fix)]
    return [Finding(OK, f"Messages to {number} go to {url}.")]

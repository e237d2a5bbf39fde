"""What happens after the crisis numbers have been shown: a record in the ledger and, if switched on, word to staff.

Neither is waited for long and neither can fail the turn: the person has the numbers already.
"""

from __future__ import annotations

import asyncio
import logging
import math
import smtplib
import ssl
import time
from concurrent.futures import Future, ThreadPoolExecutor
from email.message import EmailMessage
from pathlib import PurePath
from typing import Any, Callable
from urllib.parse import unquote, urlsplit

import requests
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.base import SafeAction
from actions.privacy import conversations
from helpline.answers.numbers import key_of
from helpline.settings import Settings, load
from helpline.storage import ledger

logger = logging.getLogger(__name__)

# Stands in a record for what is no name, so that the rest of it is kept.
UNNAMED = "unnamed"
_RECORDED_WITHIN = 0.5
# What staff are told: messages in which danger is heard, and a "yes" to the question whether it is so; not what else
# is said in the turns after ("I was joking", "I can't call").
_NEWS = ("", "yes")
_TIMEOUT = 5.0
_PAUSE = 1.0
# One thread, so that records keep their order.
_writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")
# Apart, so that a slow mail server does not hold up the webhook.
_webhook = ThreadPoolExecutor(max_workers=4, thread_name_prefix="webhook")
_mail = ThreadPoolExecutor(max_workers=4, thread_name_prefix="mail")


class ActionEscalateCrisis(SafeAction):
    """Records an escalation without text or identity, and tells staff where they asked for it."""

    def name(self) -> str:
        """Return the name by which rules call the action."""
        return "action_escalate_crisis"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[dict[str, Any]]:
        """Record, tell staff, and say so to the person only in the words that staff wrote."""
        try:
            recording = report(entry_of(tracker), tracker.sender_id, dispatcher)
            # A locked database may take longer; the record is then written behind the turn.
            await asyncio.wait({asyncio.wrap_future(recording)}, timeout=_RECORDED_WITHIN)
        except Exception:
            # Without the sentence of `SafeAction`: it would stand below the numbers as if those were wrong.
            logger.exception("An escalation could not be recorded or handed off.")
        return []


def report(entry: ledger.Entry, conversation: str, dispatcher: CollectingDispatcher) -> Future[None]:
    """Record an escalation and tell staff, both in the background; return when the record is written.

    Args:
        entry: what is recorded, and told without words or identity.
        conversation: its id, which staff get where the settings say so.
        dispatcher: takes the sentence for the person that staff wrote for this case.
    """
    recording = _writer.submit(_record, entry)
    settings = load()
    if settings.handoff and entry.kind in _NEWS:
        hand_off(entry, conversation, settings)
        if settings.handoff_message:
            dispatcher.utter_message(text=settings.handoff_message, json_message={"kind": "info"})
    return recording


def entry_of(tracker: Tracker) -> ledger.Entry:
    """Return the ledger's entry for the latest message: what the pipeline found and what the person was shown."""
    found = tracker.latest_message.get("crisis")
    found = found if isinstance(found, dict) else {}
    rules = found.get("rules")
    messages = _crisis_messages(tracker)
    customs = [(message.get("data") or {}).get("custom") or {} for message in messages]
    # Where the pipeline says nothing, the reply itself tells what it was for.
    shown = customs[-1] if customs else {}
    named = {name: _name(found.get(name) or shown.get(name)) for name in ("tier", "category", "subject", "language")}
    numbers = [key_of(number) or UNNAMED for custom in customs for number in custom.get("numbers") or []]
    return ledger.Entry(
        time=ledger.now(),
        rules=tuple(_name(rule) for rule in rules) if isinstance(rules, list) else (),
        score=_number(found.get("score")),
        model=_name(PurePath(str(found["model"])).name) if found.get("model") else "",
        reply=_name(messages[-1]["metadata"]["utter_action"]) if messages else "",
        numbers=tuple(dict.fromkeys(numbers)),
        ms=_number(found.get("ms")),
        kind=_name(found["kind"]) if found.get("kind") else "",
        **named,
    )


def hand_off(entry: ledger.Entry, conversation: str, settings: Settings) -> None:
    """Tell staff in the background, by the ways that the settings name."""
    news = {name: getattr(entry, name) for name in ("time", "tier", "category", "subject", "language")}
    if settings.handoff_include_conversation:
        news["conversation"] = conversation
    if settings.handoff_webhook:
        _webhook.submit(_twice, "webhook", lambda: post(news, settings.handoff_webhook))
    if settings.handoff_email:
        _mail.submit(_twice, "e-mail", lambda: mail(news, settings.handoff_email, settings.smtp_url))


def post(report: dict[str, str], url: str) -> None:
    """Send a report to a webhook.

    Raises:
        requests.RequestException: if it does not arrive there; redirections are not followed.
    """
    # Streamed: what it answers is of no use, and need not be waited for.
    with requests.post(url, json=report, timeout=_TIMEOUT, allow_redirects=False, stream=True) as answer:
        if answer.status_code >= 300:
            raise requests.HTTPError(f"status {answer.status_code}")


def mail(report: dict[str, str], recipient: str, url: str) -> None:
    """Send a report by e-mail; a password travels only over TLS.

    Raises:
        OSError, smtplib.SMTPException: if the mail server does not take it.
    """
    server = urlsplit(url)
    user, password = unquote(server.username or ""), unquote(server.password or "")
    message = EmailMessage()
    message["Subject"] = f"Crisis signal in the chat: {report['tier']}, {report['category']}"
    message["From"] = user if "@" in user else recipient
    message["To"] = recipient
    message.set_content("".join(f"{name}: {' '.join(value.split())}\n" for name, value in report.items()))
    context = ssl.create_default_context()
    if server.scheme == "smtps":
        connection = smtplib.SMTP_SSL(server.hostname, server.port or 465, timeout=_TIMEOUT, context=context)
    else:
        connection = smtplib.SMTP(server.hostname, server.port or 587, timeout=_TIMEOUT)
    with connection:
        connection.ehlo()
        if server.scheme == "smtp" and (user or connection.has_extn("starttls")):
            connection.starttls(context=context)
        if user:
            connection.login(user, password)
        connection.send_message(message)


def _twice(way: str, send: Callable[[], None]) -> None:
    """Send, and once more after a pause if that failed; never raise."""
    for left in (1, 0):
        try:
            send()
            return
        except Exception as error:
            # Only the kind of failure: the message may hold an address with a password or token.
            what = str(error) if isinstance(error, requests.HTTPError) else type(error).__name__
            logger.error("The hand-off by %s failed (%s); %s.", way, what, "once more" if left else "given up")
        if left:
            time.sleep(_PAUSE)


def _record(entry: ledger.Entry) -> None:
    try:
        ledger.append(conversations(), entry)
    except Exception:
        # The entry itself, as it identifies nobody: staff can still read in the log what the ledger lacks.
        logger.exception("Not in the ledger: %s", entry)


def _crisis_messages(tracker: Tracker) -> list[dict[str, Any]]:
    """Return the bot's crisis messages since the latest message of the person."""
    messages: list[dict[str, Any]] = []
    for event in reversed(tracker.events):
        if event.get("event") == "user":
            break
        name = (event.get("metadata") or {}).get("utter_action")
        if event.get("event") == "bot" and str(name).startswith("utter_crisis"):
            messages.insert(0, event)
    return messages


def _name(value: Any) -> str:
    return value if ledger.is_name(value) else UNNAMED


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else 0.0

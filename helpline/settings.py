"""Every environment variable of the project, typed, checked once at start."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Mapping
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent


class SettingsError(ValueError):
    """An environment variable has a value that cannot be used."""


_WORDS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?")
_SHORTEST_SECRET = 16
# What a channel needs, each with the place where it is found. One that is set asks for all of its channel.
_CHANNELS: dict[str, dict[str, str]] = {
    "SMS and WhatsApp": {
        "TWILIO_ACCOUNT_SID": "Twilio console, front page, Account Info",
        "TWILIO_AUTH_TOKEN": "Twilio console, front page, Account Info",
        "PUBLIC_URL": "the https address that your server has on the internet; Twilio signs it",
    },
    "Telegram": {
        "TELEGRAM_BOT_TOKEN": "Telegram, chat with @BotFather, /newbot or /token",
        "TELEGRAM_SECRET": "make one up: letters, digits, _ and -",
    },
    "Messenger": {
        "MESSENGER_PAGE_TOKEN": "Meta app dashboard, Messenger, API setup, Generate token",
        "MESSENGER_APP_SECRET": "Meta app dashboard, App settings, Basic",
        "MESSENGER_VERIFY_TOKEN": "make one up, and enter it with the webhook in Meta's app dashboard",
    },
    "Slack": {
        "SLACK_BOT_TOKEN": "Slack app page, OAuth & Permissions, Bot User OAuth Token",
        "SLACK_SIGNING_SECRET": "Slack app page, Basic Information, App Credentials",
    },
}
_FROM = ("TWILIO_SMS_FROM", "TWILIO_WHATSAPP_FROM")
_APIS = ("TWILIO_API", "TELEGRAM_API", "MESSENGER_API", "SLACK_API")
_PASSWORD = re.compile(r"(?<=://).*(?=@)|(?<=password=)[^&]+")


def _setting(variable: str, default: Any, explanation: str, secret: bool = False) -> Any:
    return field(default=default, metadata={"variable": variable, "explanation": explanation, "secret": secret})


@dataclass(frozen=True)
class Settings:
    """The settings, each from the environment variable in its metadata (`helpline settings` lists them)."""

    host: str = _setting("HOST", "127.0.0.1", "address that the Rasa server listens on")
    port: int = _setting("PORT", 5005, "port of the Rasa server and the page")
    action_port: int = _setting("ACTION_PORT", 5055, "port of the action server, on this machine only")
    database_url: str = _setting(
        "DATABASE_URL", f"sqlite:///{ROOT / 'var' / 'conversations.db'}", "SQLAlchemy address of the conversations"
    )
    retention_hours: float = _setting(
        "RETENTION_HOURS", 24.0, "hours after its last message that a conversation is kept"
    )
    review_hours: float = _setting(
        "REVIEW_HOURS", 0.0, "hours that the staff's inbox keeps a message, redacted; 0: as long as RETENTION_HOURS"
    )
    turn_timeout: float = _setting("TURN_TIMEOUT", 1.8, "seconds after which the guard answers in place of the model")
    web_origins: str = _setting(
        "WEB_ORIGINS",
        "",
        "sites that may embed the chat, such as https://example.org, with spaces between; empty: our own pages only",
    )
    web_secret: str = _setting(
        "WEB_SECRET",
        "",
        "signs the web chat's sessions; the same on every server; empty: a random one kept beside the database",
        secret=True,
    )
    fit_check: bool = _setting("FIT_CHECK", True, "0: no fit check, where a state's law forbids it; all else stays")
    handoff_webhook: str = _setting(
        "HANDOFF_WEBHOOK", "", "where a crisis is reported to staff, as JSON by POST; empty: nowhere", secret=True
    )
    handoff_email: str = _setting("HANDOFF_EMAIL", "", "address that a crisis is reported to; needs SMTP_URL")
    smtp_url: str = _setting(
        "SMTP_URL",
        "",
        "mail server for HANDOFF_EMAIL: smtp://user:password@host:587 or smtps://",
    )
    handoff_include_conversation: bool = _setting(
        "HANDOFF_INCLUDE_CONVERSATION", False, "1: the report names the conversation, so that staff can find it"
    )
    handoff_message: str = _setting(
        "HANDOFF_MESSAGE", "", "what the person is told when a report is sent; it may not arrive: promise nothing"
    )
    staff_host: str = _setting("STAFF_HOST", "127.0.0.1", "address that the staff console listens on")
    staff_port: int = _setting("STAFF_PORT", 5006, "port of the staff console")
    staff_url: str = _setting(
        "STAFF_URL", "", "where staff reach the console, for its links; empty: http://localhost:STAFF_PORT"
    )
    staff_database_url: str = _setting(
        "STAFF_DATABASE_URL",
        f"sqlite:///{ROOT / 'var' / 'staff.db'}",
        "SQLAlchemy address of the staff's accounts and the audit log",
    )
    staff_project: str = _setting(
        "STAFF_PROJECT", str(ROOT), "folder under git whose data/ staff change; another one for trying things out"
    )

    public_url: str = _setting(
        "PUBLIC_URL", "", "https address under which the messaging services reach this server; see docs/channels.md"
    )
    twilio_account_sid: str = _setting("TWILIO_ACCOUNT_SID", "", "SMS and WhatsApp: the account's SID, AC…")
    twilio_auth_token: str = _setting("TWILIO_AUTH_TOKEN", "", "SMS and WhatsApp: the account's token", secret=True)
    twilio_sms_from: str = _setting("TWILIO_SMS_FROM", "", "number that sends SMS, such as +15551234567")
    twilio_whatsapp_from: str = _setting("TWILIO_WHATSAPP_FROM", "", "number that sends WhatsApp, such as +15551234567")
    telegram_bot_token: str = _setting(
        "TELEGRAM_BOT_TOKEN", "", "Telegram: the bot's token from @BotFather", secret=True
    )
    telegram_secret: str = _setting(
        "TELEGRAM_SECRET", "", "Telegram: a password of your own making, 16 characters or more", secret=True
    )
    messenger_page_token: str = _setting("MESSENGER_PAGE_TOKEN", "", "Messenger: the page's access token", secret=True)
    messenger_app_secret: str = _setting("MESSENGER_APP_SECRET", "", "Messenger: the app's secret", secret=True)
    messenger_verify_token: str = _setting(
        "MESSENGER_VERIFY_TOKEN", "", "Messenger: a password of your own making, 16 characters or more", secret=True
    )
    slack_bot_token: str = _setting("SLACK_BOT_TOKEN", "", "Slack: the bot's token, xoxb-…", secret=True)
    slack_signing_secret: str = _setting("SLACK_SIGNING_SECRET", "", "Slack: the app's signing secret", secret=True)
    twilio_api: str = _setting("TWILIO_API", "https://api.twilio.com", "where Twilio is; another one in tests")
    telegram_api: str = _setting("TELEGRAM_API", "https://api.telegram.org", "where Telegram is; another one in tests")
    messenger_api: str = _setting("MESSENGER_API", "https://graph.facebook.com", "where Meta is; another one in tests")
    slack_api: str = _setting("SLACK_API", "https://slack.com/api", "where Slack is; another one in tests")

    @property
    def action_server_url(self) -> str:
        """Where the Rasa server reaches the action server."""
        return f"http://127.0.0.1:{self.action_port}/webhook"

    @property
    def inbox_hours(self) -> float:
        """How long the inbox keeps what it holds of a message."""
        return self.review_hours or self.retention_hours

    @property
    def origins(self) -> tuple[str, ...]:
        """The origins of WEB_ORIGINS as browsers write them."""
        return tuple(origin.rstrip("/").lower() for origin in re.split(r"[\s,]+", self.web_origins) if origin)

    @property
    def console_url(self) -> str:
        """Where staff reach the console, without a slash at the end."""
        return self.staff_url.rstrip("/") or f"http://localhost:{self.staff_port}"

    @property
    def handoff(self) -> bool:
        """Whether a crisis is reported to staff."""
        return bool(self.handoff_webhook or self.handoff_email)


def load(environment: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings.

    Raises:
        SettingsError: if a value is not of its kind (a number, an address ...), or out of range.
    """
    values: dict[str, Any] = {}
    for setting in fields(Settings):
        variable = setting.metadata["variable"]
        text = environment.get(variable)
        if text is None or not text.strip():
            continue
        kind = type(setting.default)
        if kind is bool:
            if text.strip().lower() not in _WORDS:
                raise SettingsError(f"{variable}={text!r} is neither 1 nor 0.")
            values[setting.name] = _WORDS[text.strip().lower()]
            continue
        try:
            values[setting.name] = kind(text)
        except ValueError as error:
            raise SettingsError(f"{variable}={text!r} is not a number.") from error
    settings = Settings(**values)
    for name in ("port", "action_port", "staff_port"):
        if not 1 <= getattr(settings, name) <= 65535:
            raise SettingsError(f"{name.upper()} must lie between 1 and 65535.")
    for name in ("retention_hours", "turn_timeout"):
        if not getattr(settings, name) > 0:
            raise SettingsError(f"{name.upper()} must be more than 0.")
    if not settings.review_hours >= 0:
        raise SettingsError("REVIEW_HOURS must not be less than 0.")
    _check_web(settings)
    _check_handoff(settings)
    _check_channels(settings)
    if settings.staff_url and not _is_address(settings.staff_url, ("http", "https")):
        raise SettingsError("STAFF_URL must be a http:// or https:// address.")
    return settings


def shown(settings: Settings, name: str) -> str:
    """Return a setting's value for people's eyes: secrets, also within addresses, as ***."""
    value = str(getattr(settings, name))
    secret = next(setting.metadata["secret"] for setting in fields(Settings) if setting.name == name)
    if secret and value:
        if not _is_address(value, ("http", "https")):
            return "***"
        return f"{urlsplit(value).scheme}://{urlsplit(value).hostname}/***"
    return _PASSWORD.sub("***", value)


def _check_web(settings: Settings) -> None:
    for origin in settings.origins:
        if not _ORIGIN.fullmatch(origin):
            raise SettingsError(f"WEB_ORIGINS: {origin!r} is not an origin such as https://example.org.")
    if settings.web_secret and len(settings.web_secret) < _SHORTEST_SECRET:
        raise SettingsError(f"WEB_SECRET must have at least {_SHORTEST_SECRET} characters.")


def _check_handoff(settings: Settings) -> None:
    # The values stay out of the messages: they may hold a password.
    if settings.handoff_webhook and not _is_address(settings.handoff_webhook, ("http", "https")):
        raise SettingsError("HANDOFF_WEBHOOK must be a http:// or https:// address.")
    if settings.smtp_url and not _is_address(settings.smtp_url, ("smtp", "smtps")):
        raise SettingsError("SMTP_URL must be a smtp:// or smtps:// address.")
    if settings.handoff_email and not re.fullmatch(r"[^@\s,]+@[^@\s,]+", settings.handoff_email):
        raise SettingsError("HANDOFF_EMAIL must be one e-mail address.")
    if settings.handoff_email and not settings.smtp_url:
        raise SettingsError("HANDOFF_EMAIL needs SMTP_URL.")


def _check_channels(settings: Settings) -> None:
    """Refuse half a set of credentials: the channel would be silent, or open to anyone."""
    for channel, wanted in _CHANNELS.items():
        given = {name for name in wanted if getattr(settings, name.lower())}
        if channel == "SMS and WhatsApp":
            given |= {name for name in _FROM if getattr(settings, name.lower())}
        missing = [name for name in wanted if name not in given]
        if given - {"PUBLIC_URL"} and missing:
            where = "; ".join(f"{name} ({wanted[name]})" for name in missing)
            raise SettingsError(f"{channel}: {', '.join(sorted(given))} is set, but not {where}.")
    if settings.twilio_auth_token and not (settings.twilio_sms_from or settings.twilio_whatsapp_from):
        raise SettingsError(
            "SMS and WhatsApp: set TWILIO_SMS_FROM or TWILIO_WHATSAPP_FROM (Twilio console, Phone Numbers or Senders)."
        )
    for name in _FROM:
        if getattr(settings, name.lower()) and not re.fullmatch(r"\+[1-9]\d{6,14}", getattr(settings, name.lower())):
            raise SettingsError(f"{name} must be a number with + and country code, such as +15551234567.")
    if settings.twilio_account_sid and not re.fullmatch(r"AC[0-9a-fA-F]{32}", settings.twilio_account_sid):
        raise SettingsError("TWILIO_ACCOUNT_SID must be AC and 32 digits or letters a to f.")
    if settings.public_url and not _is_address(settings.public_url, ("https", "http")):
        raise SettingsError("PUBLIC_URL must be an address such as https://chat.example.org.")
    if settings.telegram_secret and not re.fullmatch(r"[A-Za-z0-9_-]{16,256}", settings.telegram_secret):
        raise SettingsError("TELEGRAM_SECRET must have 16 to 256 letters, digits, _ and -.")
    if settings.messenger_verify_token and len(settings.messenger_verify_token) < _SHORTEST_SECRET:
        raise SettingsError(f"MESSENGER_VERIFY_TOKEN must have at least {_SHORTEST_SECRET} characters.")
    for name in _APIS:
        if not _is_address(getattr(settings, name.lower()), ("https", "http")):
            raise SettingsError(f"{name} must be a http:// or https:// address.")


def _is_address(url: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def export(settings: Settings) -> None:
    """Put what `endpoints.yml` reads into the environment, and switch off what would talk to third parties."""
    os.environ["ACTION_SERVER_URL"] = settings.action_server_url
    os.environ["DATABASE_URL"] = settings.database_url
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

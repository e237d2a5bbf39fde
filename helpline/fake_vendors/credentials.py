"""Made-up credentials, new at every start, and the environment of an assistant that talks to the fake vendors."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from functools import partial

_hex = partial(secrets.token_hex, 16)


@dataclass(frozen=True)
class Credentials:
    """What the vendors and the assistant both know."""

    account_sid: str = field(default_factory=lambda: f"AC{_hex()}")
    auth_token: str = field(default_factory=_hex)
    sms_from: str = "+15550100100"
    whatsapp_from: str = "+15550100200"
    bot_token: str = field(default_factory=lambda: f"{secrets.randbelow(10**9) + 10**9}:{_hex()}")
    telegram_secret: str = field(default_factory=_hex)
    page_token: str = field(default_factory=lambda: f"EAA{_hex()}")
    app_secret: str = field(default_factory=_hex)
    verify_token: str = field(default_factory=_hex)
    slack_token: str = field(default_factory=lambda: f"xoxb-{_hex()}")
    signing_secret: str = field(default_factory=_hex)

    def environment(self, vendors_url: str, public_url: str) -> dict[str, str]:
        """Return the settings of an assistant at `public_url` whose vendors are at `vendors_url`."""
        return {
            "PUBLIC_URL": public_url,
            "TWILIO_ACCOUNT_SID": self.account_sid,
            "TWILIO_AUTH_TOKEN": self.auth_token,
            "TWILIO_SMS_FROM": self.sms_from,
            "TWILIO_WHATSAPP_FROM": self.whatsapp_from,
            "TWILIO_API": f"{vendors_url}/twilio",
            "TELEGRAM_BOT_TOKEN": self.bot_token,
            "TELEGRAM_SECRET": self.telegram_secret,
            "TELEGRAM_API": f"{vendors_url}/telegram",
            "MESSENGER_PAGE_TOKEN": self.page_token,
            "MESSENGER_APP_SECRET": self.app_secret,
            "MESSENGER_VERIFY_TOKEN": self.verify_token,
            "MESSENGER_API": f"{vendors_url}/messenger",
            "SLACK_BOT_TOKEN": self.slack_token,
            "SLACK_SIGNING_SECRET": self.signing_secret,
            "SLACK_API": f"{vendors_url}/slack",
        }

"""The channels that Rasa brings along are refused; free of Rasa, so that a start fails at once."""

from __future__ import annotations

from pathlib import Path

from helpline.files import read_yaml
from helpline.settings import SettingsError

# Rasa's own names in credentials.yml. "rest" and "socketio" have safe ones in their place too.
_STOCK = {
    "twilio": "Set TWILIO_AUTH_TOKEN and the others in docs/channels.md instead.",
    "telegram": "Set TELEGRAM_BOT_TOKEN and TELEGRAM_SECRET instead.",
    "facebook": "Set MESSENGER_PAGE_TOKEN and the others in docs/channels.md instead.",
    "slack": "Set SLACK_BOT_TOKEN and SLACK_SIGNING_SECRET instead.",
    "rest": "Write helpline.channels.rest.RestChannel instead.",
    "socketio": "Write helpline.channels.web.WebChannel instead.",
}
_NOT_OFFERED = (
    "callback", "twilio_voice", "hangouts", "mattermost", "rocketchat", "webexteams", "botframework", "cmdline", "rasa",
    "jambonz", "genesys", "audiocodes", "vier_cvg",
)  # fmt: skip


def check_credentials(path: Path) -> None:
    """Refuse the channels that Rasa brings along: they take forged messages, lose some and show payloads to people.

    Raises:
        SettingsError: if credentials.yml names one.
    """
    for name in read_yaml(path) or {}:
        if name in _STOCK or name in _NOT_OFFERED or str(name).startswith("rasa.core.channels."):
            instead = _STOCK.get(name, "This channel is not offered; docs/channels.md says which are.")
            raise SettingsError(
                f"{path.name} names {name!r}, a channel of Rasa's that does not check who writes or loses messages. "
                f"{instead}"
            )

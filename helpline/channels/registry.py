"""Which messaging channels there are, and which of them the operator has switched on."""

from __future__ import annotations

from helpline.channels.messenger import MessengerChannel
from helpline.channels.safe_channel import SafeChannel, open_database
from helpline.channels.slack import SlackChannel
from helpline.channels.telegram import TelegramChannel
from helpline.channels.twilio import TwilioChannel
from helpline.settings import Settings

ALL: tuple[type[SafeChannel], ...] = (TwilioChannel, TelegramChannel, MessengerChannel, SlackChannel)


def messaging_channels(settings: Settings) -> list[SafeChannel]:
    """Return the channels that are switched on; they share one way to the database."""
    channels = [channel(settings) for channel in ALL if channel.is_on(settings)]
    if channels:
        database = open_database(settings)
        for channel in channels:
            channel.database = database
    return channels

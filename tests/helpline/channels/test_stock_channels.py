from __future__ import annotations

from pathlib import Path

import pytest
from rasa.core.channels import BUILTIN_CHANNELS

from helpline.channels.registry import ALL, messaging_channels
from helpline.channels.stock_channels import check_credentials
from helpline.settings import ROOT, Settings, SettingsError

SMS = {
    "public_url": "https://a.example",
    "twilio_auth_token": "t",
    "twilio_account_sid": "AC" + "0" * 32,
    "twilio_sms_from": "+15550100001",
}


def test_ours_are_accepted() -> None:
    check_credentials(ROOT / "credentials.yml")


def test_an_empty_file_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "credentials.yml"
    path.write_text("# nothing\n")
    check_credentials(path)


@pytest.mark.parametrize("name", [*sorted(BUILTIN_CHANNELS), "rasa.core.channels.slack.SlackInput"])
def test_each_channel_of_rasas_is_refused_by_its_name_and_the_file_s(tmp_path: Path, name: str) -> None:
    path = tmp_path / "credentials.yml"
    path.write_text(f"{name}:\n  token: secret-word\n")
    with pytest.raises(SettingsError, match=name.replace(".", r"\.")) as refusal:
        check_credentials(path)
    assert "credentials.yml" in str(refusal.value)
    assert "secret-word" not in str(refusal.value)


def test_without_settings_no_messaging_channel_is_on() -> None:
    assert messaging_channels(Settings()) == []


def test_channels_that_are_set_are_on_and_share_the_database() -> None:
    channels = messaging_channels(Settings(**SMS, telegram_bot_token="1:a", telegram_secret="0123456789abcdef"))
    assert [channel.name() for channel in channels] == ["twilio", "telegram"]
    assert channels[0].database is channels[1].database is not None


def test_each_channel_has_a_name_of_its_own() -> None:
    assert [channel.name() for channel in ALL] == ["twilio", "telegram", "messenger", "slack"]
    served = [name for channel in ALL for name in channel.capabilities]
    assert served == ["sms", "whatsapp", "telegram", "messenger", "slack"]

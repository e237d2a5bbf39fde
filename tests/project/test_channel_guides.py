"""The set-up guides: texts to paste hold the numbers, settings and addresses are those of the code."""

import re
from dataclasses import fields

import pytest
import yaml
from project_files import ROOT

from helpline.channels.messenger import FIELDS
from helpline.channels.registry import ALL
from helpline.channels.slack import SCOPES
from helpline.channels.twilio import KEYWORDS
from helpline.settings import Settings

GUIDES = sorted((ROOT / "docs" / "channels").glob("*.md"))
NUMBERS = ("911", "988", "1-800-662-HELP (4357)")
ONE_SMS = 160
PREFIXES = ("TWILIO_", "TELEGRAM_", "MESSENGER_", "SLACK_", "PUBLIC_")


def guide(name: str) -> str:
    return (ROOT / "docs" / "channels" / f"{name}.md").read_text(encoding="utf-8")


def blocks(text: str) -> list[str]:
    return re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_every_channel_has_a_guide_that_the_index_names() -> None:
    index = (ROOT / "docs" / "channels.md").read_text(encoding="utf-8")
    names = {name for channel in ALL for name in channel.capabilities}
    assert {path.stem for path in GUIDES} == names
    assert all(f"(channels/{name}.md)" in index for name in names)


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.stem)
def test_guides_name_settings_that_exist(path: object) -> None:
    known = {setting.metadata["variable"] for setting in fields(Settings)}
    named = {word for word in re.findall(r"\b[A-Z]+_[A-Z_]+\b", guide(path.stem)) if word.startswith(PREFIXES)}
    assert named
    assert named <= known


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.stem)
def test_guides_name_addresses_that_exist(path: object) -> None:
    found = set(re.findall(r"/webhooks/(\w+)/webhook", guide(path.stem)))
    assert found <= {channel.name() for channel in ALL}


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.stem)
def test_guides_have_the_same_parts(path: object) -> None:
    headings = re.findall(r"^## (.*)", guide(path.stem), re.MULTILINE)
    assert any("What is stored" in heading for heading in headings)
    assert headings[-1] == "Trouble"


def test_the_texts_for_sms_keywords_hold_the_numbers_and_fit_into_one_sms() -> None:
    texts = [block.strip() for block in blocks(guide("sms")) if block.startswith("IOP Helpline")]
    assert len(texts) == 3
    for text in texts:
        assert all(number in text for number in NUMBERS), text
        # Other signs than these would make it two.
        assert text.isascii()
        assert len(text) <= ONE_SMS


def test_the_sms_guide_names_every_word_that_silences() -> None:
    words = KEYWORDS - {"START", "UNSTOP", "HELP", "INFO"}
    assert [word for word in sorted(words) if f"`{word}`" not in guide("sms")] == []


@pytest.mark.parametrize("name", ["telegram", "messenger", "whatsapp"])
def test_texts_that_are_shown_before_the_first_message_hold_the_numbers(name: str) -> None:
    texts = [text for text in re.findall(r"`(A program[^`]*)`", guide(name)) if "1-800" in text]
    assert texts
    for text in texts:
        assert all(number in text for number in NUMBERS), text


def test_telegrams_texts_fit() -> None:
    description, about = (text for text in re.findall(r"`(A program[^`]*)`", guide("telegram")))
    assert len(description) <= 512
    assert len(about) <= 120


def test_the_slack_manifest_asks_for_what_the_channel_needs() -> None:
    [manifest] = [yaml.safe_load(block) for block in blocks(guide("slack")) if block.startswith("display_information")]
    assert sorted(manifest["oauth_config"]["scopes"]["bot"]) == sorted(SCOPES)
    assert sorted(manifest["settings"]["event_subscriptions"]["bot_events"]) == ["app_mention", "message.im"]
    assert manifest["features"]["app_home"]["messages_tab_enabled"]
    assert not manifest["features"]["app_home"]["messages_tab_read_only_enabled"]
    described = manifest["display_information"]
    assert len(described["description"]) <= 140
    # Slack asks for at least so many characters.
    assert 175 <= len(described["long_description"]) <= 4000
    assert all(number in described["long_description"] for number in NUMBERS)


def test_the_messenger_guide_names_what_to_subscribe_to() -> None:
    assert [name for name in FIELDS if f"`{name}`" not in guide("messenger")] == []

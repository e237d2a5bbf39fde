from __future__ import annotations

import os
from dataclasses import fields

import pytest

from helpline.settings import ROOT, Settings, SettingsError, export, load, shown


def test_nothing_set_gives_the_defaults() -> None:
    settings = load({})
    assert (settings.host, settings.port, settings.action_port) == ("127.0.0.1", 5005, 5055)
    assert settings.database_url == f"sqlite:///{ROOT / 'var' / 'conversations.db'}"
    assert settings.retention_hours == 24


@pytest.mark.parametrize(
    ("variable", "text", "name", "value"),
    [
        ("HOST", "0.0.0.0", "host", "0.0.0.0"),
        ("PORT", "8080", "port", 8080),
        ("ACTION_PORT", " 65535 ", "action_port", 65535),
        ("DATABASE_URL", "postgresql://db/talks", "database_url", "postgresql://db/talks"),
        ("RETENTION_HOURS", "0.5", "retention_hours", 0.5),
        ("TURN_TIMEOUT", "3", "turn_timeout", 3.0),
        ("HANDOFF_WEBHOOK", "https://example.org/a?b", "handoff_webhook", "https://example.org/a?b"),
        ("HANDOFF_INCLUDE_CONVERSATION", "1", "handoff_include_conversation", True),
        ("HANDOFF_INCLUDE_CONVERSATION", "Yes ", "handoff_include_conversation", True),
        ("HANDOFF_INCLUDE_CONVERSATION", "0", "handoff_include_conversation", False),
        ("HANDOFF_INCLUDE_CONVERSATION", "false", "handoff_include_conversation", False),
        ("WEB_ORIGINS", "https://a.example", "web_origins", "https://a.example"),
        ("WEB_SECRET", "0123456789abcdef", "web_secret", "0123456789abcdef"),
        ("PORT", "", "port", 5005),
        ("STAFF_PORT", "8081", "staff_port", 8081),
        ("STAFF_HOST", "0.0.0.0", "staff_host", "0.0.0.0"),
        ("STAFF_URL", "https://staff.example/", "console_url", "https://staff.example"),
        ("STAFF_URL", "", "console_url", "http://localhost:5006"),
        ("STAFF_PORT", "8081", "console_url", "http://localhost:8081"),
        ("STAFF_DATABASE_URL", "postgresql://db/staff", "staff_database_url", "postgresql://db/staff"),
        ("RETENTION_HOURS", "  ", "retention_hours", 24.0),
    ],
)
def test_a_variable_sets_its_value_and_a_blank_one_does_not(variable: str, text: str, name: str, value: object) -> None:
    found = getattr(load({variable: text}), name)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("PORT", "http"),
        ("PORT", "80.5"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("ACTION_PORT", "-1"),
        ("RETENTION_HOURS", "a day"),
        ("RETENTION_HOURS", "0"),
        ("TURN_TIMEOUT", "-2"),
        ("HANDOFF_WEBHOOK", "example.org"),
        ("HANDOFF_WEBHOOK", "file:///etc/passwd"),
        ("HANDOFF_WEBHOOK", "http://example.org:port/"),
        ("HANDOFF_EMAIL", "staff"),
        ("HANDOFF_EMAIL", "staff@example.org\nBcc: a@example.org"),
        ("HANDOFF_EMAIL", "staff@example.org"),
        ("SMTP_URL", "mail.example.org:587"),
        ("HANDOFF_INCLUDE_CONVERSATION", "maybe"),
        ("WEB_ORIGINS", "*"),
        ("WEB_ORIGINS", "example.org"),
        ("WEB_ORIGINS", "https://a.example https://b.example/page"),
        ("WEB_ORIGINS", "https://a.example; script-src *"),
        ("WEB_SECRET", "short"),
        ("STAFF_PORT", "0"),
        ("STAFF_URL", "staff.example"),
    ],
)
def test_an_unusable_value_is_refused_by_the_name_of_its_variable(variable: str, text: str) -> None:
    with pytest.raises(SettingsError, match=variable):
        load({variable: text})


@pytest.mark.parametrize("variable", ["RETENTION_HOURS", "TURN_TIMEOUT"])
def test_not_a_number_is_refused(variable: str) -> None:
    with pytest.raises(SettingsError, match=variable):
        load({variable: "nan"})


SID = "AC" + "0" * 32
TWILIO = {"PUBLIC_URL": "https://a.example", "TWILIO_ACCOUNT_SID": SID, "TWILIO_AUTH_TOKEN": "t"}
WHOLE = [
    {**TWILIO, "TWILIO_SMS_FROM": "+15550100001"},
    {**TWILIO, "TWILIO_WHATSAPP_FROM": "+15550100001"},
    {"TELEGRAM_BOT_TOKEN": "1:a", "TELEGRAM_SECRET": "0123456789abcdef"},
    {"MESSENGER_PAGE_TOKEN": "a", "MESSENGER_APP_SECRET": "b", "MESSENGER_VERIFY_TOKEN": "0123456789abcdef"},
    {"SLACK_BOT_TOKEN": "xoxb-a", "SLACK_SIGNING_SECRET": "b"},
]


@pytest.mark.parametrize("environment", WHOLE)
def test_a_whole_set_of_a_channels_credentials_is_taken(environment: dict[str, str]) -> None:
    load(environment)
    load({"PUBLIC_URL": "https://a.example"})


@pytest.mark.parametrize("environment", WHOLE)
def test_half_a_set_is_refused_by_what_is_missing_and_where_that_is(environment: dict[str, str]) -> None:
    for missing in environment:
        with pytest.raises(SettingsError, match=missing) as refusal:
            load({name: value for name, value in environment.items() if name != missing})
        assert all(value not in str(refusal.value) for value in environment.values() if len(value) > 4)
        assert "(" in str(refusal.value)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PUBLIC_URL", "a.example"),
        ("TWILIO_SMS_FROM", "5550100001"),
        ("TWILIO_WHATSAPP_FROM", "whatsapp:+15550100001"),
        ("TWILIO_ACCOUNT_SID", "SK" + "0" * 32),
        ("TELEGRAM_SECRET", "short"),
        ("TELEGRAM_SECRET", "with a space in it ..."),
        ("MESSENGER_VERIFY_TOKEN", "short"),
        ("SLACK_API", "slack.com"),
    ],
)
def test_credentials_of_another_form_are_refused_and_not_repeated(variable: str, value: str) -> None:
    whole = {name: text for environment in WHOLE for name, text in environment.items()}
    load(whole)
    with pytest.raises(SettingsError, match=variable) as refusal:
        load({**whole, variable: value})
    assert value not in str(refusal.value)


def test_origins_are_taken_as_browsers_write_them() -> None:
    assert load({}).origins == ()
    text = "https://A.example/, http://localhost:8000  https://[::1]:8443\n"
    assert load({"WEB_ORIGINS": text}).origins == ("https://a.example", "http://localhost:8000", "https://[::1]:8443")


def test_nobody_is_told_of_a_crisis_unless_staff_ask_for_it() -> None:
    assert not load({}).handoff
    assert not load({"HANDOFF_MESSAGE": "Staff know.", "SMTP_URL": "smtp://localhost"}).handoff
    assert load({"HANDOFF_WEBHOOK": "https://example.org"}).handoff
    assert load({"HANDOFF_EMAIL": "staff@example.org", "SMTP_URL": "smtps://localhost"}).handoff


def test_a_refused_address_is_not_repeated() -> None:
    with pytest.raises(SettingsError) as refusal:
        load({"SMTP_URL": "http://robot:s3cret@mail.example.org"})
    assert "s3cret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("port", 5005, "5005"),
        ("database_url", "sqlite:////var/talks.db", "sqlite:////var/talks.db"),
        ("database_url", "postgresql://robot:s3/cr@et@db/talks", "postgresql://***@db/talks"),
        ("database_url", "postgresql:///talks?password=s3cret&a=b", "postgresql:///talks?password=***&a=b"),
        ("smtp_url", "smtps://robot%40example.org:s3cret@mail", "smtps://***@mail"),
        ("handoff_webhook", "https://user:s3cret@example.org:8443/s3cret?s3cret", "https://example.org/***"),
        ("handoff_webhook", "", ""),
        ("web_secret", "0123456789abcdef", "***"),
        ("web_secret", "0123://56789abcdef", "***"),
        ("web_secret", "", ""),
    ],
)
def test_secrets_are_not_shown(name: str, value: object, text: str) -> None:
    assert shown(Settings(**{name: value}), name) == text


def test_every_setting_has_a_variable_of_its_own_and_an_explanation() -> None:
    variables = [setting.metadata["variable"] for setting in fields(Settings)]
    assert len(set(variables)) == len(variables)
    assert all(setting.metadata["explanation"] for setting in fields(Settings))


def test_export_sets_what_the_endpoints_file_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ACTION_SERVER_URL", "DATABASE_URL", "RASA_TELEMETRY_ENABLED", "TF_CPP_MIN_LOG_LEVEL"):
        # Set and not only deleted, so that monkeypatch puts the old state back after `export`.
        monkeypatch.setenv(name, "before")
    export(Settings(action_port=6000, database_url="sqlite:///x.db"))
    assert os.environ["ACTION_SERVER_URL"] == "http://127.0.0.1:6000/webhook"
    assert os.environ["DATABASE_URL"] == "sqlite:///x.db"
    assert os.environ["RASA_TELEMETRY_ENABLED"] == "false"
    endpoints = (ROOT / "endpoints.yml").read_text(encoding="utf-8")
    assert "${ACTION_SERVER_URL}" in endpoints
    assert "${DATABASE_URL}" in endpoints

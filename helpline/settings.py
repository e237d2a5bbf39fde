"""Every environment variable of the project, typed, checked once at start."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Mapping

ROOT = Path(__file__).resolve().parent.parent


class SettingsError(ValueError):
    """An environment variable has a value that cannot be used."""


def _setting(variable: str, default: Any, explanation: str) -> Any:
    return field(default=default, metadata={"variable": variable, "explanation": explanation})


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
    turn_timeout: float = _setting("TURN_TIMEOUT", 1.8, "seconds after which the guard answers in place of the model")

    @property
    def action_server_url(self) -> str:
        """Where the Rasa server reaches the action server."""
        return f"http://127.0.0.1:{self.action_port}/webhook"


def load(environment: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings.

    Raises:
        SettingsError: if a value is not a number where a number is needed, or out of range.
    """
    values: dict[str, Any] = {}
    for setting in fields(Settings):
        variable = setting.metadata["variable"]
        text = environment.get(variable)
        if text is None or not text.strip():
            continue
        kind = type(setting.default)
        try:
            values[setting.name] = kind(text)
        except ValueError as error:
            raise SettingsError(f"{variable}={text!r} is not a number.") from error
    settings = Settings(**values)
    for name in ("port", "action_port"):
        if not 1 <= getattr(settings, name) <= 65535:
            raise SettingsError(f"{name.upper()} must lie between 1 and 65535.")
    for name in ("retention_hours", "turn_timeout"):
        if not getattr(settings, name) > 0:
            raise SettingsError(f"{name.upper()} must be more than 0.")
    return settings


def export(settings: Settings) -> None:
    """Put what `endpoints.yml` reads into the environment, and switch off what would talk to third parties."""
    os.environ["ACTION_SERVER_URL"] = settings.action_server_url
    os.environ["DATABASE_URL"] = settings.database_url
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

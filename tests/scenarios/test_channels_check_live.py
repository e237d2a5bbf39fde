"""`helpline channels check` as an operator runs it, with a real server, the fake vendors, and what goes wrong."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from assistant import Assistant, free_port, serving

from helpline.fake_vendors.stub import FakeVendors
from helpline.settings import ROOT

CHANNELS = ("messenger", "slack", "telegram", "twilio")


@contextmanager
def fake_vendors(port: int) -> Iterator[FakeVendors]:
    """Serve the fake vendors in a thread: the check is a process, which is waited for."""
    vendors, loop, ready, over = FakeVendors(), asyncio.new_event_loop(), threading.Event(), asyncio.Event()

    async def serve() -> None:
        async with vendors.serving(port):
            ready.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(15)
    try:
        yield vendors
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(15)
        loop.close()


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FakeVendors, Assistant, dict[str, str]]]:
    """The vendors, an assistant that knows their secrets, and its settings."""
    folder: Path = tmp_path_factory.mktemp("check")
    port = free_port()
    with fake_vendors(free_port()) as vendors:
        settings = vendors.environment(f"http://127.0.0.1:{port}")
        with serving(folder, free_port(), port=port, **settings) as running:
            yield vendors, running, settings


def check(settings: dict[str, str], *arguments: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """Run the command and return its exit code and the reports by channel."""
    result = subprocess.run(
        [sys.executable, "-m", "helpline", "channels", "check", "--json", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONWARNINGS": "ignore", **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    secrets = [value for name, value in settings.items() if "TOKEN" in name or "SECRET" in name]
    assert not any(secret in result.stdout + result.stderr for secret in secrets)
    return result.returncode, {report["channel"]: report for report in json.loads(result.stdout)}


def troubles(report: dict[str, Any]) -> str:
    return " ".join(found["text"] for found in report["findings"] if found["level"] == "trouble")


def test_where_all_is_well_the_check_ends_with_0(operator: tuple[FakeVendors, Assistant, dict[str, str]]) -> None:
    vendors, _, settings = operator
    url = f"{settings['PUBLIC_URL']}/webhooks/telegram/webhook"
    code, reports = check(settings)
    assert tuple(reports) == CHANNELS
    # Telegram alone must be told where to post.
    assert code == 1
    assert [name for name, report in reports.items() if not report["ok"]] == ["telegram"]
    assert "does not know yet where" in troubles(reports["telegram"])
    # It takes no address without TLS, which this machine has not, and the check repeats its words.
    code, reports = check(settings, "telegram", "--register")
    assert (code, "HTTPS" in troubles(reports["telegram"])) == (1, True)
    vendors.telegram.webhook["url"] = url
    code, reports = check(settings)
    assert (code, [report["ok"] for report in reports.values()]) == (0, [True] * 4), reports


def test_other_secrets_than_the_servers_are_noticed(
    operator: tuple[FakeVendors, Assistant, dict[str, str]],
) -> None:
    settings = operator[2]
    names = ("TELEGRAM_SECRET", "MESSENGER_VERIFY_TOKEN", "SLACK_SIGNING_SECRET")
    code, reports = check({**settings, **dict.fromkeys(names, "another-secret-0123456789")})
    assert code == 1
    for name in ("telegram", "messenger", "slack"):
        assert "refuses a request signed with this" in troubles(reports[name])
    assert reports["twilio"]["ok"]


def test_tokens_that_vendors_do_not_know_are_noticed(
    operator: tuple[FakeVendors, Assistant, dict[str, str]],
) -> None:
    settings = operator[2]
    names = ("TELEGRAM_BOT_TOKEN", "MESSENGER_PAGE_TOKEN", "SLACK_BOT_TOKEN", "TWILIO_AUTH_TOKEN")
    code, reports = check({**settings, **dict.fromkeys(names, "1:unknown-0123456789")})
    assert code == 1
    told = {
        "telegram": "does not know this token",
        "messenger": "does not accept the page's token",
        "slack": "does not accept the token",
        "twilio": "does not accept TWILIO_ACCOUNT_SID",
    }
    assert [name for name, words in told.items() if words not in troubles(reports[name])] == []


def test_an_app_secret_of_another_app_is_noticed(operator: tuple[FakeVendors, Assistant, dict[str, str]]) -> None:
    code, reports = check({**operator[2], "MESSENGER_APP_SECRET": "0" * 32}, "messenger")
    assert (code, "MESSENGER_APP_SECRET does not belong" in troubles(reports["messenger"])) == (1, True)


def test_a_server_that_is_away_is_noticed(operator: tuple[FakeVendors, Assistant, dict[str, str]]) -> None:
    away = f"http://127.0.0.1:{free_port()}"
    code, reports = check({**operator[2], "PUBLIC_URL": away})
    assert code == 1
    assert [name for name, report in reports.items() if "Nothing answers" not in troubles(report)] == []
    assert "go to" in troubles(reports["twilio"])

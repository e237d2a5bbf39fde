from __future__ import annotations

import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from helpline.channels.tokens import SECRET_FILE, Tokens, load_secret
from helpline.settings import Settings

TOKENS = Tokens(b"secret")


def test_a_token_fits_its_session_only() -> None:
    first, second = TOKENS.mint(), TOKENS.mint()
    assert first != second
    assert TOKENS.fits(first, TOKENS.of(first))
    assert not TOKENS.fits(second, TOKENS.of(first))
    assert not Tokens(b"another").fits(first, TOKENS.of(first))


@pytest.mark.parametrize("token", [None, "", 7, [], {}, True, b"x", "f" * 64, "\u00e9" * 64, "\ud800"])
def test_whatever_is_no_token_does_not_fit(token: Any) -> None:
    assert not TOKENS.fits(TOKENS.mint(), token)


@pytest.mark.parametrize("session", [None, "", 7, [], "web-", "web-" + "g" * 32, "web-" + "A" * 32, "a", "web-\ud800"])
def test_only_minted_ids_are_sessions(session: Any) -> None:
    token = TOKENS.of(session) if isinstance(session, str) and session.isascii() else "f" * 64
    assert not TOKENS.fits(session, token)


def test_a_secret_is_made_once_beside_the_database_and_read_by_nobody_else(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'folder' / 'c.db'}")
    secret = load_secret(settings)
    assert len(secret) == 64
    assert load_secret(settings) == secret
    assert stat.S_IMODE((tmp_path / "folder" / SECRET_FILE).stat().st_mode) == 0o600
    assert [file.name for file in (tmp_path / "folder").iterdir()] == [SECRET_FILE]


def test_servers_that_start_at_once_have_one_secret(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'c.db'}")
    together = threading.Barrier(8)

    def start(_: int) -> bytes:
        together.wait()
        return load_secret(settings)

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(start, range(8)))) == 1


def test_the_secret_of_the_settings_comes_first(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'c.db'}", web_secret="0123456789abcdef")
    assert load_secret(settings) == b"0123456789abcdef"
    assert not list(tmp_path.iterdir())


def test_where_it_cannot_be_kept_it_lasts_as_long_as_the_process(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "folder").write_text("in the way")
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'folder' / 'c.db'}")
    assert load_secret(settings) != load_secret(settings)
    assert "sessions end with this process" in caplog.text

"""Session ids of the web channel, and the tokens that prove who got them."""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import re
import secrets
from pathlib import Path
from typing import Any

from helpline.settings import Settings
from helpline.storage.database import data_folder

logger = logging.getLogger(__name__)

PREFIX = "web-"
SECRET_FILE = "web_secret"
_ID = re.compile(rf"{PREFIX}[0-9a-f]{{32}}")


class Tokens:
    """Mints session ids; a token is the HMAC-SHA-256 of the id, in hex."""

    def __init__(self, secret: bytes) -> None:
        """Take the server's secret."""
        self._secret = secret

    def mint(self) -> str:
        """Return an id that nobody has had before and nobody can guess."""
        return PREFIX + secrets.token_hex(16)

    def of(self, session_id: str) -> str:
        """Return the token of a session."""
        return hmac.new(self._secret, session_id.encode(), hashlib.sha256).hexdigest()

    def fits(self, session_id: Any, token: Any) -> bool:
        """Tell whether `token` is that of `session_id`; both may be anything that a client sent."""
        if not isinstance(session_id, str) or not isinstance(token, str) or not _ID.fullmatch(session_id):
            return False
        return hmac.compare_digest(self.of(session_id).encode(), token.encode("utf-8", "replace"))


def load_secret(settings: Settings) -> bytes:
    """Return WEB_SECRET, or else the random secret that is kept beside the database, made when it is first needed.

    Where it cannot be kept, it lasts as long as the process, and so do the sessions.
    """
    if settings.web_secret:
        return settings.web_secret.encode()
    path = data_folder(settings.database_url) / SECRET_FILE
    try:
        return kept_secret(path)
    except OSError as error:
        logger.error("The web chat's secret cannot be kept in %s (%s): sessions end with this process.", path, error)
        return secrets.token_bytes(32)


def kept_secret(path: Path) -> bytes:
    """Return the secret in a file that only its owner reads; made at random when it is first needed.

    Raises:
        OSError: if it can be neither read nor made.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
        try:
            # Whole or not at all: another server may start at the same moment.
            os.link(new, path)
        except FileExistsError:
            pass
        finally:
            new.unlink()
    return path.read_bytes()

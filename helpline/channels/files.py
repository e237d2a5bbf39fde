"""Files as the web pages serve them: read once, packed, with their hash."""

from __future__ import annotations

import base64
import gzip
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path


@dataclass(frozen=True)
class File:
    """A file as it is served: `packed` by gzip, `digest` is the SHA-384 of its content."""

    content: bytes
    packed: bytes
    digest: bytes

    @property
    def version(self) -> str:
        """A part of the hash that an address can carry."""
        return self.digest[:8].hex()

    @property
    def integrity(self) -> str:
        """The hash as the `integrity` attribute of a script writes it."""
        return "sha384-" + base64.b64encode(self.digest).decode()


def read_file(path: Path) -> File:
    """Return a file; a changed one is read anew.

    Raises:
        OSError: if there is none.
    """
    status = path.stat()
    return _read(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=64)
def _read(path: Path, changed: int, size: int) -> File:
    content = path.read_bytes()
    return File(content, gzip.compress(content, mtime=0), hashlib.sha384(content).digest())

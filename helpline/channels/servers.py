"""Which servers run on one database: what waits there must be taken up by one of them only."""

from __future__ import annotations

import os
import socket
from typing import Sequence


def this_server() -> str:
    """Return this process's name: host and process id."""
    return f"{socket.gethostname()[:100]} {os.getpid()}"


def others_alive(names: Sequence[str]) -> list[str]:
    """Return those names whose process may be alive: of processes on this host we know, of others we do not."""
    return [name for name in names if name != this_server() and not _is_dead(name)]


def _is_dead(name: str) -> bool:
    host, _, number = name.rpartition(" ")
    if host != socket.gethostname()[:100]:
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except (OSError, ValueError, OverflowError):
        return False
    return False

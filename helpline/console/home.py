"""The first page: where the person may go, and what waits there."""

from __future__ import annotations

import logging
from typing import Mapping

from sanic.request import Request
from sanic.response import HTTPResponse

from helpline.console.pages import Menu, Pages
from helpline.console.rendering import render
from helpline.console.roles import ANYONE, may

logger = logging.getLogger(__name__)
pages = Pages("home", Menu("Start", "/", ANYONE, "This page."))


@pages.page("/", role=ANYONE)
def start(request: Request) -> HTTPResponse:
    """Every entry of the menu with a sentence and what waits."""
    entries = [entry for entry in request.app.ctx.menu if entry.path != "/" and may(request.ctx.account, entry.role)]
    waiting = {entry.path: _count(entry, request) for entry in entries if entry.waiting is not None}
    return render(request, "home.html", entries=entries, waiting=waiting)


def _count(entry: Menu, request: Request) -> Mapping[str, int]:
    """Return what waits there; nothing where it cannot be counted, as the other parts must stay within reach."""
    try:
        return entry.waiting(request) if entry.waiting else {}
    except Exception:
        logger.exception("What waits at %s could not be counted.", entry.path)
        return {}

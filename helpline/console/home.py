"""The first page: where the person may go, and what waits there."""

from __future__ import annotations

from sanic.request import Request
from sanic.response import HTTPResponse

from helpline.console.pages import Menu, Pages
from helpline.console.rendering import render
from helpline.console.roles import ANYONE, may

pages = Pages("home", Menu("Start", "/", ANYONE, "This page."))


@pages.page("/", role=ANYONE)
def start(request: Request) -> HTTPResponse:
    """Every entry of the menu with a sentence and what waits."""
    entries = [entry for entry in request.app.ctx.menu if entry.path != "/" and may(request.ctx.account, entry.role)]
    waiting = {entry.path: entry.waiting(request) for entry in entries if entry.waiting is not None}
    return render(request, "home.html", entries=entries, waiting=waiting)

"""The console's server: takes in the parts, answers with safe headers, and knows nobody who has not signed in."""

from __future__ import annotations

import logging
import secrets
from types import ModuleType
from typing import Any, Callable
from uuid import uuid4

from sanic import Sanic
from sanic.exceptions import SanicException
from sanic.request import Request
from sanic.response import HTTPResponse
from sqlalchemy.engine import Engine

from helpline.authoring.errors import BrokenFileError
from helpline.console import (
    account_page,
    accounts,
    accounts_page,
    annotate,
    audit,
    audit_page,
    changes,
    home,
    inbox,
    insight,
    links,
    publish,
    sign_in,
    static_files,
    stories,
    topics,
)
from helpline.console.database import open_staff
from helpline.console.pages import identify, in_thread
from helpline.console.rendering import HEADERS, render
from helpline.settings import Settings

# Each has `pages`, a `helpline.console.pages.Pages`; in the order of the menu.
PARTS: tuple[ModuleType, ...] = (
    home,
    inbox,
    annotate,
    topics,
    stories,
    changes,
    publish,
    insight,
    audit_page,
    accounts_page,
    account_page,
    sign_in,
    static_files,
)
# Of a request's body. The longest form is a topic with its examples.
_MOST_BYTES = 2_000_000
# Seconds; publishing loads a model, and going back may have to compare two.
_LONGEST = 300
_THIS_MACHINE = ("127.0.0.1", "::1", "localhost")
_WORDS = {
    404: ("This page is not here", "The address may be mistyped, or what it showed is gone."),
    405: ("This page is not here", "It cannot be opened like this."),
    413: ("That was too much", "Please send less at once."),
}

logger = logging.getLogger(__name__)


def create(settings: Settings) -> Sanic:
    """Return the server with all parts; it is not running yet.

    `app.ctx` has `settings`, `staff` (engine of the staff's database) and `menu`.
    """
    # Sanic wants a name that no other server in this process has.
    app = Sanic(f"staff_{uuid4().hex}", configure_logging=False)
    app.ctx.settings = settings
    app.ctx.staff = open_staff(settings.staff_database_url)
    app.ctx.form_key = secrets.token_bytes(32)
    app.ctx.menu = [part.pages.menu for part in PARTS if part.pages.menu is not None]
    app.config.REQUEST_MAX_SIZE = _MOST_BYTES
    app.config.RESPONSE_TIMEOUT = _LONGEST
    for part in PARTS:
        part.pages.install(app)
    app.register_middleware(_add_headers, "response")
    app.error_handler.add(Exception, _explain)
    return app


def serve(settings: Settings, say: Callable[[str], None] = print) -> None:
    """Run the console until it is told to stop; say where it is, and how the first admin gets in."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    app = create(settings)

    @app.listener("after_server_start")
    async def ready(*_: Any) -> None:
        say(await in_thread(greeting, settings, app.ctx.staff))

    app.run(host=settings.staff_host, port=settings.staff_port, access_log=False, motd=False)


def greeting(settings: Settings, staff: Engine) -> str:
    """Return where to go; while there is no admin, that is a new one-time link that makes one."""
    place = f"Staff console: {settings.console_url}  (Ctrl-C stops)"
    if settings.staff_host not in _THIS_MACHINE and not settings.console_url.startswith("https:"):
        place += "\nIt listens to other machines without TLS: passwords can be read on the way. See docs/staff.md."
    if accounts.has_admin(staff):
        return place
    link = links.address(settings, links.new_first(staff))
    audit.record(staff, audit.shell_user(), "first link made")
    return (
        f"{place}\nThere is no admin yet. Make your account here; the link works once, "
        f"within {links.HOURS_FIRST} hours:\n{link}"
    )


async def _add_headers(_: Request, answer: HTTPResponse) -> None:
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)


async def _explain(request: Request, error: Exception) -> HTTPResponse:
    if isinstance(error, BrokenFileError):
        logger.error("%s", error)
        return await in_thread(_error_page, request, 503, "A file must be put right first", str(error))
    status = error.status_code if isinstance(error, SanicException) else 500
    if status >= 500:
        # Of the request only where it went: a form may hold a visitor's words, an address a one-time link.
        logger.error("A page of the console failed: %s", request.endpoint, exc_info=error)
    title, text = _WORDS.get(
        status,
        ("Something went wrong here", "It is noted in the console's log. Look what was saved before you try again."),
    )
    return await in_thread(_error_page, request, status, title, text)


def _error_page(request: Request, status: int, title: str, text: str) -> HTTPResponse:
    try:
        identify(request)
        return render(request, "error.html", status, title=title, text=text)
    except Exception:
        # The database may be what failed.
        logger.exception("Not even the page that says so could be made.")
        return HTTPResponse(f"{title}. {text}", status=status, content_type="text/plain; charset=utf-8")

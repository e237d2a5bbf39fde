"""From a template to a response, with the headers that keep others out."""

from __future__ import annotations

import hashlib
import time
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse

from helpline.console import audit, csrf, sessions
from helpline.console.roles import ROLES, may

FOLDER = Path(__file__).parent
TEMPLATES = FOLDER / "templates"
STATIC = FOLDER / "static"
# No inline script or style, also no `style` attribute; nothing from elsewhere.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    # Not no-referrer: a form then posts without its origin.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}


def render(request: Request, template: str, status: int = 200, **values: Any) -> HTTPResponse:
    """Return a page.

    Every template may use `account`, `menu`, `path`, `may(role)`, `csrf()` (the hidden field that each form needs),
    `notices()`, `static(name)` and the filters `when` (seconds since 1970 or ISO 8601 to UTC in words) and `words` (a
    value of the audit log in words).

    Args:
        request: what is answered; a page of `helpline.console.pages` has put into its `ctx` who asks.
        template: file name in `helpline/console/templates`.
        status: of the answer.
        values: for the template. A missing one is an error.
    """
    account, session = request.ctx.account, request.ctx.session
    known = {
        "account": account,
        "session": session,
        "csrf": lambda: Markup('<input type="hidden" name="{}" value="{}">').format(csrf.FIELD, csrf.token(request)),
        "csrf_token": csrf.token(request),
        "may": lambda need: may(account, need),
        "menu": [entry for entry in request.app.ctx.menu if may(account, entry.role)],
        # Taken when a whole page shows them, not by a part of one.
        "notices": lambda: sessions.take_notices(request.app.ctx.staff, session.key) if session else [],
        "path": request.path,
        "seconds_left": int(session.ends - time.time()) if session else 0,
        **values,
    }
    answer = response.html(_environment().get_template(template).render(known), status=status)
    if session is None and csrf.COOKIE not in request.cookies:
        set_cookie(request, answer, csrf.COOKIE, request.ctx.form_seed)
    return answer


def redirect(path: str) -> HTTPResponse:
    """Return an answer that sends the browser to a page of ours, by GET."""
    return response.redirect(path, status=303)


def set_cookie(request: Request, answer: HTTPResponse, name: str, value: str) -> None:
    """Set a cookie that scripts cannot read, other sites cannot send, and that ends with the browser."""
    answer.cookies[name] = value
    cookie = answer.cookies[name]
    cookie["path"] = "/"
    cookie["httponly"] = True
    cookie["samesite"] = "Strict"
    if request.app.ctx.settings.console_url.startswith("https:"):
        cookie["secure"] = True


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(static=static, roles=ROLES)
    environment.filters.update(when=when, words=audit.shown, paragraphs=paragraphs)
    return environment


def static(name: str) -> str:
    """Return the address of a file in `static/`; with a part of its hash, so that browsers keep it until it changes."""
    return f"/static/{name}?v={version(STATIC / name)}"


def version(path: Path) -> str:
    """Return a part of a file's hash."""
    return _version(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _version(path: Path, changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def when(moment: Any) -> str:
    """Return a time for people: "29 Nov 2026, 04:09 UTC"; what is no time comes back as it is."""
    try:
        if isinstance(moment, (int, float)):
            at = datetime.fromtimestamp(moment, timezone.utc)
        else:
            at = datetime.fromisoformat(str(moment)).astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return str(moment)
    return f"{at.day} {at:%b %Y, %H:%M} UTC"


def paragraphs(text: str) -> Markup:
    """Return a text as HTML paragraphs: an empty line ends one, a line break stays one."""
    parts = (part.strip() for part in text.split("\n\n"))
    return Markup("").join(
        Markup("<p>{}</p>").format(Markup("<br>").join(escape(line) for line in part.splitlines()))
        for part in parts
        if part
    )

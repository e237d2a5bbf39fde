"""Whether a form was sent from our own page: a token in each form, and the origin that the browser names."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from sanic.request import Request

from helpline.channels.origins import is_allowed

FIELD = "csrf"
# htmx sends it like this where no form is at hand.
HEADER = "x-csrf-token"
# Tells forms of people apart who have not signed in.
COOKIE = "helpline_form"


def token(request: Request) -> str:
    """Return what the forms of this page must hold."""
    if request.ctx.session is not None:
        return request.ctx.session.csrf
    seed = request.cookies.get(COOKIE) or request.ctx.form_seed
    return hmac.new(request.app.ctx.form_key, seed.encode(), hashlib.sha256).hexdigest()


def new_seed() -> str:
    """Return what the cookie holds for somebody who has none."""
    return secrets.token_hex(16)


def is_own(request: Request) -> bool:
    """Tell whether the request comes from a page of ours, as far as the browser says where it comes from."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    return is_allowed(request.headers.get("origin"), [request.headers.get("host", "")], [])


def fits(request: Request) -> bool:
    """Tell whether a posted form is ours and belongs to this session."""
    if not is_own(request):
        return False
    if request.ctx.session is None and not request.cookies.get(COOKIE):
        return False
    given = request.form.get(FIELD) or request.headers.get(HEADER) or ""
    return hmac.compare_digest(str(given).encode(), token(request).encode())

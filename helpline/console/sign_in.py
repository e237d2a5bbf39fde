"""Signing in and out, and the one-time links with which people choose a password."""

from __future__ import annotations

import json
from threading import BoundedSemaphore
from typing import Any
from urllib.parse import urlsplit

from sanic.request import Request
from sanic.response import HTTPResponse

from helpline.channels.origins import client_address
from helpline.console import accounts, audit, csrf, links, lockout, sessions
from helpline.console.accounts import AccountError
from helpline.console.pages import COOKIE, Pages
from helpline.console.rendering import redirect, render, set_cookie
from helpline.console.roles import ANYONE, PUBLIC, Account

pages = Pages("sign_in")
WRONG = "Name and password don't fit. Check both and try again."
LOCKED = "Too many tries. Wait {minutes} minutes, or ask an admin to unlock you."
AGAIN = "You were signed out. Please sign in again."
SIGNED_OUT = "You have signed out."
# Each check takes 64 MB.
_one_at_a_time = BoundedSemaphore(1)
# Of a form that is kept while its writer signs in again, in characters.
_MOST_KEPT = 200_000


@pages.page("/sign-in", role=PUBLIC)
def show(request: Request) -> HTTPResponse:
    """The form, for who has not signed in."""
    after = _own_path(request.args.get("next"))
    if request.ctx.account is not None:
        return redirect(after)
    return sign_in_page(request, after=after, done=SIGNED_OUT if request.args.get("signed-out") else "")


@pages.page("/sign-in", ("POST",), role=PUBLIC)
def sign_in(request: Request) -> HTTPResponse:
    """Check name and password, and begin a session."""
    staff = request.app.ctx.staff
    name, password = _field(request, "name"), str(request.form.get("password") or "")
    address = client_address(request.ip, request.headers.get("x-forwarded-for", ""))
    with _one_at_a_time:
        # Within, so that many tries at once cannot all be taken before the first has failed.
        seconds = lockout.seconds_to_wait(staff, name, address)
        account = None if seconds else accounts.check_password(staff, name, password)
        if account is None and not seconds:
            lockout.note_failure(staff, name, address)
    if seconds:
        return sign_in_page(request, 429, problem=LOCKED.format(minutes=int(seconds // 60) + 1))
    if account is None:
        _log_failure(staff, name)
        return sign_in_page(request, 401, problem=WRONG)
    lockout.unlock(staff, name)
    return _begin(request, account, "signed in", _own_path(_field(request, "after")), _kept(request))


@pages.page("/sign-out", ("POST",), role=ANYONE)
def sign_out(request: Request) -> HTTPResponse:
    """End the session."""
    sessions.end(request.app.ctx.staff, request.ctx.session.key)
    answer = redirect("/sign-in?signed-out=yes")
    del answer.cookies[COOKIE]
    return answer


@pages.page("/welcome/<token:str>", role=PUBLIC)
def welcome(request: Request, token: str) -> HTTPResponse:
    """The form of a one-time link. Opening it uses nothing up: mail programs look at links too."""
    return _welcome(request, token)


@pages.page("/welcome/<token:str>", ("POST",), role=PUBLIC)
def choose(request: Request, token: str) -> HTTPResponse:
    """Set the password that was chosen, and begin a session."""
    staff = request.app.ctx.staff
    password, again = str(request.form.get("password") or ""), str(request.form.get("again") or "")
    try:
        owner = links.owner(staff, token)
        if password != again:
            raise AccountError("The two passwords are not the same.")
        if owner is None:
            account = links.use_first(staff, token, _field(request, "name"), _field(request, "full_name"), password)
            what = "first admin made"
        else:
            account, what = links.use(staff, token, password), "password set by link"
    except AccountError as error:
        return _welcome(request, token, problem=str(error))
    lockout.unlock(staff, account.name)
    return _begin(request, account, what, "/")


def sign_in_page(
    request: Request, status: int = 200, *, after: str = "", problem: str = "", done: str = "", kept: bool = False
) -> HTTPResponse:
    """Return the page with the form.

    Args:
        request: what is answered.
        status: of the answer.
        after: where to go then; "" takes it from the form.
        problem: what went wrong before.
        done: what went well before.
        kept: whether the request posts a form that is to be kept until its writer has signed in again.
    """
    form = _kept(request)
    if kept:
        problem, status = AGAIN, 401
    if kept and csrf.is_own(request):
        fields = [[name, value] for name, values in request.form.items() for value in values if name != csrf.FIELD]
        # A password is for the moment only.
        if fields and not any("password" in name for name, _ in fields) and len(json.dumps(fields)) <= _MOST_KEPT:
            form = {"action": request.path, "fields": fields}
    return render(
        request,
        "sign_in.html",
        status,
        after=after or _own_path(_field(request, "after")),
        name="" if kept else _field(request, "name"),
        problem=problem,
        done=done,
        kept=json.dumps(form) if form else "",
    )


def _begin(
    request: Request, account: Account, what: str, after: str, kept: dict[str, Any] | None = None
) -> HTTPResponse:
    staff = request.app.ctx.staff
    if request.ctx.session is not None:
        sessions.end(staff, request.ctx.session.key)
    token = sessions.begin(staff, account)
    audit.record(staff, account.name, what, role=account.rights)
    request.ctx.session, request.ctx.account = sessions.find(staff, token) or (None, None)
    answer = render(request, "resume.html", kept=kept) if kept else redirect(after)
    set_cookie(request, answer, COOKIE, token)
    return answer


def _welcome(request: Request, token: str, problem: str = "") -> HTTPResponse:
    try:
        owner = links.owner(request.app.ctx.staff, token)
    except AccountError as error:
        return render(request, "error.html", 410, title="This link does not work", text=str(error))
    given = {name: _field(request, name) for name in ("name", "full_name")}
    return render(request, "welcome.html", 400 if problem else 200, owner=owner, problem=problem, given=given)


def _log_failure(staff: Any, name: str) -> None:
    """Note a failed sign-in. A name that nobody has stays out: people type their password into the wrong field."""
    known = name.strip().lower() in {account.name for account in accounts.everyone(staff)}
    audit.record(staff, "nobody", "sign-in failed", about=name.strip().lower() if known else "unknown name")


def _kept(request: Request) -> dict[str, Any] | None:
    """Return the form that waits for its writer to sign in, as the page that asked for it holds it."""
    try:
        kept = json.loads(_field(request, "kept") or "null")
        fields = [(str(name), str(value)) for name, value in kept["fields"]]
        return {"action": _own_path(kept["action"]), "fields": fields}
    except (ValueError, TypeError, KeyError):
        return None


def _own_path(path: Any) -> str:
    """Return a path of this server; "/" for everything else, such as other sites."""
    path = str(path or "")
    parts = urlsplit(path)
    own = path.startswith("/") and not path.startswith("//") and not parts.netloc and path.isprintable()
    return path if own and "\\" not in path else "/"


def _field(request: Request, name: str) -> str:
    return str(request.form.get(name) or "") if request.method == "POST" else ""

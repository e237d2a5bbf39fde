"""A person's own account: password, other sessions, shortcuts."""

from __future__ import annotations

import time

from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse

from helpline.console import accounts, lockout, sessions
from helpline.console.accounts import AccountError
from helpline.console.pages import Pages, audit, tell
from helpline.console.rendering import redirect, render
from helpline.console.roles import ANYONE

pages = Pages("account")


@pages.page("/account", role=ANYONE)
def show(request: Request) -> HTTPResponse:
    """Name, role, password, sessions, shortcuts."""
    return _page(request)


@pages.page("/account/password", ("POST",), role=ANYONE)
def change_password(request: Request) -> HTTPResponse:
    """Change the password and end all other sessions."""
    staff, account = request.app.ctx.staff, request.ctx.account
    old, new, again = (str(request.form.get(name) or "") for name in ("old_password", "password", "again"))
    address = f"session:{request.ctx.session.key}"
    try:
        if lockout.seconds_to_wait(staff, account.name, address):
            raise AccountError("Too many tries. Wait a quarter of an hour.")
        if new != again:
            raise AccountError("The two new passwords are not the same.")
        if accounts.check_password(staff, account.name, old) is None:
            lockout.note_failure(staff, account.name, address)
            raise AccountError("The old password is not right.")
        accounts.set_password(staff, account, new)
    except AccountError as error:
        return _page(request, str(error))
    sessions.end_all(staff, account, but=request.ctx.session.key)
    audit(request, "password changed")
    tell(request, "Your password is changed. You are signed out everywhere else.")
    return redirect("/account")


@pages.page("/account/sign-out-elsewhere", ("POST",), role=ANYONE)
def sign_out_elsewhere(request: Request) -> HTTPResponse:
    """End all other sessions."""
    ended = sessions.end_all(request.app.ctx.staff, request.ctx.account, but=request.ctx.session.key)
    audit(request, "signed out elsewhere", after={"sessions": ended})
    tell(request, "You are signed out everywhere else.")
    return redirect("/account")


@pages.page("/account/shortcuts", ("POST",), role=ANYONE)
def shortcuts(request: Request) -> HTTPResponse:
    """Switch shortcuts by single keys on or off."""
    wanted = request.form.get("shortcuts") == "on"
    accounts.change(request.app.ctx.staff, request.ctx.account.name, shortcuts=wanted)
    tell(request, "Single keys work as shortcuts." if wanted else "Single keys do nothing.")
    return redirect("/account")


@pages.page("/account/session", role=ANYONE, passive=True)
def left(request: Request) -> HTTPResponse:
    """How many seconds the session has left; a page asks before it warns, as another tab may be in use."""
    return _seconds_left(request)


@pages.page("/account/session", ("POST",), role=ANYONE)
def stay(request: Request) -> HTTPResponse:
    """Move the session's end: its owner wants more time."""
    return _seconds_left(request)


def _seconds_left(request: Request) -> HTTPResponse:
    return response.json({"seconds": int(request.ctx.session.ends - time.time())})


def _page(request: Request, problem: str = "") -> HTTPResponse:
    count = sessions.count(request.app.ctx.staff, request.ctx.account)
    return render(request, "account.html", 400 if problem else 200, problem=problem, others=count - 1)

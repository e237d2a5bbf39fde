"""The accounts of all staff, for admins: add, change, switch off, unlock, new one-time link."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from sanic.exceptions import NotFound
from sanic.request import Request
from sanic.response import HTTPResponse

from helpline.console import accounts, links, lockout, sessions
from helpline.console.accounts import AccountError
from helpline.console.pages import Menu, Pages, audit, tell
from helpline.console.rendering import redirect, render
from helpline.console.roles import ADMIN, REVIEWER, ROLES, Account, difference

pages = Pages("accounts", Menu("Accounts", "/accounts", ADMIN, "Who may sign in, and what they may do."))


@pages.page("/accounts", role=ADMIN)
def show(request: Request) -> HTTPResponse:
    """The table of accounts."""
    return render(request, "accounts.html", accounts=accounts.everyone(request.app.ctx.staff))


@pages.page("/accounts/new", role=ADMIN)
def new(request: Request) -> HTTPResponse:
    """The form for a new account."""
    return _new(request)


@pages.page("/accounts/new", ("POST",), role=ADMIN)
def add(request: Request) -> HTTPResponse:
    """Add an account and show its one-time link."""
    given = {name: str(request.form.get(name) or "") for name in ("name", "full_name", "role", "admin")}
    try:
        account = accounts.add(
            request.app.ctx.staff, given["name"], given["full_name"], given["role"], given["admin"] == "yes"
        )
    except AccountError as error:
        return _new(request, given, str(error))
    audit(request, "account added", after=account.described(), about=account.name)
    return _link(request, account)


@pages.page("/accounts/<name:str>", role=ADMIN)
def one(request: Request, name: str) -> HTTPResponse:
    """One account and what can be done with it."""
    return _one(request, _find(request, name))


@pages.page("/accounts/<name:str>", ("POST",), role=ADMIN)
def change(request: Request, name: str) -> HTTPResponse:
    """Change name, role, admin and whether the account is on; an account that is off is signed out at once."""
    staff, account = request.app.ctx.staff, _find(request, name)
    values: dict[str, Any] = {
        "full_name": str(request.form.get("full_name") or ""),
        "role": str(request.form.get("role") or ""),
        "admin": request.form.get("admin") == "yes",
        "enabled": request.form.get("enabled") == "yes",
    }
    try:
        before, after = accounts.change(staff, account.name, **values)
    except AccountError as error:
        return _one(request, account, str(error))
    if not after.enabled:
        sessions.end_all(staff, after)
    if before != after:
        audit(request, "account changed", *difference(before, after), about=after.name)
    tell(request, f"The account of {after.full_name} is saved.")
    # Who takes the right from themselves cannot see the list any more.
    own = after.name == request.ctx.account.name and not (after.admin and after.enabled)
    return redirect("/" if own else f"/accounts/{quote(after.name)}")


@pages.page("/accounts/<name:str>/link", ("POST",), role=ADMIN)
def new_link(request: Request, name: str) -> HTTPResponse:
    """Make a one-time link and show it, this once."""
    account = _find(request, name)
    audit(request, "link made", about=account.name)
    return _link(request, account)


@pages.page("/accounts/<name:str>/unlock", ("POST",), role=ADMIN)
def unlock(request: Request, name: str) -> HTTPResponse:
    """Let somebody sign in again at once who has failed too often."""
    account = _find(request, name)
    was_locked = lockout.unlock(request.app.ctx.staff, account.name)
    audit(request, "unlocked", about=account.name)
    tell(request, f"{account.full_name} can try again at once." if was_locked else "No failed tries were noted.")
    return redirect(f"/accounts/{quote(account.name)}")


@pages.page("/accounts/<name:str>/sign-out", ("POST",), role=ADMIN)
def sign_out(request: Request, name: str) -> HTTPResponse:
    """End all sessions of an account."""
    account = _find(request, name)
    ended = sessions.end_all(request.app.ctx.staff, account)
    audit(request, "signed out by an admin", after={"sessions": ended}, about=account.name)
    tell(request, f"{account.full_name} is signed out everywhere.")
    return redirect(f"/accounts/{quote(account.name)}")


def _find(request: Request, name: str) -> Account:
    try:
        return accounts.find(request.app.ctx.staff, name)
    except AccountError as error:
        raise NotFound(str(error)) from error


def _new(request: Request, given: dict[str, str] | None = None, problem: str = "") -> HTTPResponse:
    given = given or {"name": "", "full_name": "", "role": REVIEWER, "admin": ""}
    return render(request, "account_new.html", 400 if problem else 200, given=given, problem=problem, roles=ROLES)


def _one(request: Request, account: Account, problem: str = "") -> HTTPResponse:
    staff = request.app.ctx.staff
    return render(
        request,
        "account_one.html",
        400 if problem else 200,
        shown=account,
        problem=problem,
        signed_in=sessions.count(staff, account),
        locked=lockout.seconds_to_wait(staff, account.name, "") > 0,
    )


def _link(request: Request, account: Account) -> HTTPResponse:
    link = links.address(request.app.ctx.settings, links.new(request.app.ctx.staff, account))
    return render(request, "account_link.html", shown=account, link=link, hours=links.HOURS)

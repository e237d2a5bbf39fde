"""How a part of the console registers its pages. Every page says who may see it; nothing is served without that.

A page is a function of the request (and of what its address holds) that returns a response. Plain functions run in a
thread, as they ask databases and files; coroutines run in the server's loop and must not wait for either.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial, wraps
from inspect import iscoroutinefunction
from typing import Any, Callable, Mapping
from urllib.parse import quote, urlsplit

from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse

from helpline.console import audit as audit_log
from helpline.console import csrf, sessions
from helpline.console.rendering import redirect, render
from helpline.console.roles import NEEDS, PUBLIC, may

COOKIE = "helpline_staff"
SIGN_IN = "/sign-in"
_READING = ("GET", "HEAD")


@dataclass(frozen=True)
class Menu:
    """An entry of the menu and of the first page.

    Attributes:
        label: one or two words.
        path: where it leads.
        role: who sees it, one of `helpline.console.roles.NEEDS`.
        about: one sentence for the first page.
        waiting: what waits there, in words, and how much of it; it is called for the first page only, in a thread,
            with the request.
    """

    label: str
    path: str
    role: str
    about: str
    waiting: Callable[[Request], Mapping[str, int]] | None = None


@dataclass(frozen=True)
class Page:
    """A registered page: its address as Sanic writes it, its methods, who may see it and what makes it.

    `passive`: whether asking for it leaves the session's end where it was.
    """

    path: str
    methods: tuple[str, ...]
    role: str
    make: Callable[..., Any]
    passive: bool = False


class Pages:
    """The pages of one part of the console; `app.create` takes them in."""

    def __init__(self, name: str, menu: Menu | None = None) -> None:
        """Take a name that no other part has, and the part's entry in the menu."""
        self.name = name
        self.menu = menu
        self.pages: list[Page] = []

    def page(
        self, path: str, methods: tuple[str, ...] = ("GET",), *, role: str, passive: bool = False
    ) -> Callable[..., Any]:
        """Register the decorated function under `path`.

        Forms that are posted are checked for their token before the function is called.

        Args:
            path: as Sanic takes it, such as ``/inbox/<item:int>``.
            methods: of HTTP; HEAD comes with GET.
            role: who may: a role (and those above it), or ``anyone``, ``admin`` or ``public``.
            passive: True for what a page asks for by itself, again and again: it does not keep anyone signed in.

        Raises:
            ValueError: if `role` is none of these.
        """
        if role not in NEEDS:
            raise ValueError(f"{path}: the role must be one of {', '.join(NEEDS)}.")
        methods = (*methods, "HEAD") if "GET" in methods else tuple(methods)

        def register(make: Callable[..., Any]) -> Callable[..., Any]:
            self.pages.append(Page(path, methods, role, make, passive))
            return make

        return register

    def install(self, app: Sanic) -> None:
        """Add the pages to a server."""
        for page in self.pages:
            app.add_route(_guarded(page), page.path, page.methods, name=f"{self.name}_{page.make.__name__}")


def audit(
    request: Request, what: str, before: Any = None, after: Any = None, *, about: str = "", reason: str = ""
) -> None:
    """Write to the audit log what this person did; see `helpline.console.audit.record`. Waits: not in the loop."""
    account = request.ctx.account
    name, role = (account.name, account.rights) if account else ("nobody", "")
    audit_log.record(request.app.ctx.staff, name, what, before, after, role=role, about=about, reason=reason)


def tell(request: Request, text: str, kind: str = "done") -> None:
    """Keep a notice for the person's next page; `kind` is ``done`` or ``problem``. Waits: not in the loop."""
    if request.ctx.session is not None:
        sessions.tell(request.app.ctx.staff, request.ctx.session.key, kind, text)


async def in_thread(function: Callable[..., Any], *arguments: Any) -> Any:
    """Run what waits for a database or a file outside the server's loop."""
    return await asyncio.get_running_loop().run_in_executor(None, partial(function, *arguments))


def _guarded(page: Page) -> Callable[..., Any]:
    """Return the handler of a page: who is it, may they, is the form ours, and then the page."""

    @wraps(page.make)
    async def handle(request: Request, **values: Any) -> HTTPResponse:
        refusal = await in_thread(_refusal, request, page)
        if refusal is not None:
            return refusal
        if iscoroutinefunction(page.make):
            return await page.make(request, **values)
        return await in_thread(partial(page.make, request, **values))

    handle.role = page.role
    return handle


def _refusal(request: Request, page: Page) -> HTTPResponse | None:
    """Fill in `request.ctx` and return what is answered in place of the page, or None."""
    identify(request, page.passive)
    account = request.ctx.account
    if page.role != PUBLIC and account is None:
        return _sign_in_first(request)
    if not may(account, page.role):
        # The address as it is registered: the one that was asked for may name a conversation.
        audit(request, "refused", about=page.path)
        return render(request, "refused.html", 403, need=page.role)
    if request.method not in _READING and not csrf.fits(request):
        return render(request, "stale.html", 403)
    return None


def identify(request: Request, passive: bool = False) -> None:
    """Put into `request.ctx` who has signed in: `account` and `session`, both None if nobody has."""
    request.ctx.form_seed = csrf.new_seed()
    found = sessions.find(request.app.ctx.staff, request.cookies.get(COOKIE, ""), passive=passive)
    request.ctx.session, request.ctx.account = found or (None, None)


def _sign_in_first(request: Request) -> HTTPResponse:
    if request.headers.get("hx-request"):
        # htmx asked for a part of a page: the whole page must change.
        path = urlsplit(request.headers.get("hx-current-url", "")).path or "/"
        return HTTPResponse(status=401, headers={"HX-Redirect": f"{SIGN_IN}?next={quote(path)}"})
    if request.method in _READING:
        address = request.path + (f"?{request.query_string}" if request.query_string else "")
        return redirect(SIGN_IN if address == "/" else f"{SIGN_IN}?next={quote(address)}")
    from helpline.console.sign_in import sign_in_page

    return sign_in_page(request, kept=True)

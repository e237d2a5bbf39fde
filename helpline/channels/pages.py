"""The web pages and the widget's files, with the headers that keep others out."""

from __future__ import annotations

import gzip
import html
import re
from pathlib import Path
from string import Template

from sanic import Blueprint, response
from sanic.exceptions import MethodNotSupported, NotFound, PayloadTooLarge, SanicException
from sanic.request import Request
from sanic.response import HTTPResponse

from helpline.channels import earlier_scripts
from helpline.channels.files import File, read_file
from helpline.settings import ROOT, load

PAGE = Path(__file__).parent / "page"
WIDGET = ROOT / "widget" / "dist"
# The widget's script for each language.
SCRIPTS = {"en": "iop-chat.js", "es": "iop-chat.es.js"}
# Address and file of each page; what a page loads lies beside it and is served below /page.
PAGES = {"/": "index.html", "/chat": "chat.html", "/embed": "embed.html"}
# No inline script or style, nothing from elsewhere, and markup from a string only by Lit's own templates.
_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types lit-html",
    # Not no-referrer: a form then posts without its origin.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Vary": "Accept-Encoding",
}
_FILE_HEADERS = {
    # The widget's files are for other sites too, and a script with an integrity hash needs this header there.
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept-Encoding",
}
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
# What is stored elsewhere, without and with HANDOFF_WEBHOOK or HANDOFF_EMAIL.
_ELSEWHERE = {
    False: "nothing.",
    True: "where danger is heard, a report goes to the staff that <code>HANDOFF_WEBHOOK</code> or "
    "<code>HANDOFF_EMAIL</code> names, without the message.",
}
# Errors that `refused` answers, in place of Sanic's own page.
REFUSALS = (NotFound, MethodNotSupported, PayloadTooLarge)
_NOTHING = (
    "There is nothing here for this request. The chat is at /chat. In danger call 911. In a crisis call or text 988. "
    "For treatment help call 1-800-662-HELP (4357), free, 24/7.\n"
)
_NAME = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+")
_HOST = re.compile(r"[A-Za-z0-9.:\[\]-]+")
_YEAR = 365 * 24 * 3600


def script(language: str) -> tuple[str, str]:
    """Return address and integrity hash of the widget's script; empty ones where it is not built."""
    name = SCRIPTS[language]
    try:
        file = read_file(WIDGET / name)
    except OSError:
        return "", ""
    return f"/widget/{name}?v={file.version}", file.integrity


def page(request: Request, name: str, fields: dict[str, str] | None = None, status: int = 200) -> HTTPResponse:
    """Return a page with its placeholders filled in.

    Every page may have `$widget`, the element that loads the widget, or `$script` and `$integrity` of it (`$widget_es`,
    `$script_es` and `$integrity_es` in Spanish), `$hours` for how long a conversation is kept, `$fit_check` (on or
    off), `$handoff` (the attribute or nothing) and `$elsewhere` for who else hears of danger, and `$origin` and
    `$socket_origin`, the address of this server as the client wrote it.

    Args:
        request: what is answered.
        name: file name of the page.
        fields: HTML for its own placeholders.
        status: of the answer.
    """
    address, integrity = script("en")
    spanish, spanish_integrity = script("es")
    origin = html.escape(_origin(request))
    settings = load()
    # What answers a form shows a conversation that the widget does not know, and in whose place it must not come.
    loads = '<script type="module" src="{}" integrity="{}" crossorigin="anonymous"></script>'
    known = {
        "widget": loads.format(address, integrity) if request.method != "POST" else "",
        "widget_es": loads.format(spanish, spanish_integrity) if request.method != "POST" else "",
        "script": address,
        "integrity": integrity,
        "script_es": spanish,
        "integrity_es": spanish_integrity,
        "origin": origin,
        "socket_origin": origin.replace("http", "ws", 1),
        "hours": f"{settings.retention_hours:g}",
        "fit_check": "on" if settings.fit_check else "off",
        "handoff": " handoff" if settings.handoff else "",
        "elsewhere": _ELSEWHERE[settings.handoff],
        **(fields or {}),
    }
    text = Template(read_file(PAGE / name).content.decode()).safe_substitute(known)
    body, headers = text.encode(), {**_PAGE_HEADERS, "Cache-Control": "no-store"}
    # A posted page holds a secret beside what was typed, whose length packing would tell (the BREACH attack).
    if request.method != "POST":
        headers["Cache-Control"] = "no-cache"
        if _wants_packed(request):
            body, headers["Content-Encoding"] = gzip.compress(body), "gzip"
    return response.raw(body, status=status, headers=headers, content_type=_TYPES[".html"])


def blueprint(kept: Path) -> Blueprint:
    """Return the routes of all that can be fetched; what is posted to /chat is for `plain_page`.

    Args:
        kept: folder of the scripts from before an update; today's are added to it.
    """
    routes = Blueprint("pages")
    earlier_scripts.keep(kept, [WIDGET / name for name in SCRIPTS.values()])

    @routes.route("/embed", methods=["GET", "HEAD"])
    async def embed(request: Request) -> HTTPResponse:
        return page(request, PAGES["/embed"])

    @routes.route("/page/<name:str>", methods=["GET", "HEAD"])
    async def beside_page(request: Request, name: str) -> HTTPResponse:
        if name.endswith(".html"):
            raise NotFound("A page has an address of its own.")
        return _file(request, PAGE, name)

    @routes.route("/widget/<name:str>", methods=["GET", "HEAD"])
    async def widget(request: Request, name: str) -> HTTPResponse:
        return _file(request, WIDGET, name, kept)

    return routes


def home(request: Request) -> HTTPResponse | None:
    """Return the page at `/` to a request for it; a middleware, as Rasa has a route of its own there."""
    return page(request, PAGES["/"]) if request.path == "/" and request.method in ("GET", "HEAD") else None


def refused(request: Request, error: SanicException) -> HTTPResponse:
    """Return the answer to a request for what is not here, or that is too large, in words that help."""
    return response.text(_NOTHING, status=error.status_code, headers=_PAGE_HEADERS)


def _file(request: Request, folder: Path, name: str, kept: Path | None = None) -> HTTPResponse:
    kind = _TYPES.get(Path(name).suffix)
    if kind is None or not _NAME.fullmatch(name):
        raise NotFound("There is no such file.")
    try:
        file = read_file(folder / name)
    except OSError as error:
        raise NotFound("There is no such file.") from error
    # Under an address with its hash a file never changes; else the client asks whether it has.
    version = request.args.get("v", "")
    if kept and version != file.version:
        file = _earlier(kept, name, version) or file
    lasting = version == file.version
    tag = f'"{file.version}"'
    headers = {
        **_FILE_HEADERS,
        "ETag": tag,
        "Cache-Control": f"public, max-age={_YEAR}, immutable" if lasting else "no-cache",
    }
    if tag in request.headers.get("if-none-match", "").replace("W/", "").split(", "):
        return response.empty(status=304, headers=headers)
    body = file.content
    if _wants_packed(request):
        body, headers["Content-Encoding"] = file.packed, "gzip"
    return response.raw(body, headers=headers, content_type=kind)


def _earlier(kept: Path, name: str, version: str) -> File | None:
    try:
        file = read_file(earlier_scripts.earlier(kept, name, version))
    except OSError:
        return None
    return file if file.version == version else None


def _wants_packed(request: Request) -> bool:
    accepted = {part.split(";")[0].strip() for part in request.headers.get("accept-encoding", "").split(",")}
    return "gzip" in accepted


def _origin(request: Request) -> str:
    host = request.headers.get("x-forwarded-host") or request.headers.get("host", "")
    scheme = request.headers.get("x-forwarded-proto") or request.scheme
    return f"{'https' if scheme == 'https' else 'http'}://{host}" if _HOST.fullmatch(host) else ""

"""The console's style sheet and scripts."""

from __future__ import annotations

import re

from sanic import response
from sanic.exceptions import NotFound
from sanic.request import Request
from sanic.response import HTTPResponse

from helpline.console.pages import Pages
from helpline.console.rendering import STATIC, version
from helpline.console.roles import PUBLIC

pages = Pages("static")
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
_NAME = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+")
_YEAR = 365 * 24 * 3600


# A file is no sign that somebody is at work: it leaves the session's end where it was.
@pages.page("/static/<name:str>", role=PUBLIC, passive=True)
def file(request: Request, name: str) -> HTTPResponse:
    """A file beside the pages."""
    path = STATIC / name
    if not _NAME.fullmatch(name) or path.suffix not in _TYPES or not path.is_file():
        raise NotFound("There is no such file.")
    # Under an address with its hash a file never changes.
    lasting = request.args.get("v") == version(path)
    caching = f"public, max-age={_YEAR}, immutable" if lasting else "no-cache"
    return response.raw(path.read_bytes(), headers={"Cache-Control": caching}, content_type=_TYPES[path.suffix])

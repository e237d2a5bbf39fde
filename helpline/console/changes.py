"""The history of what staff changed: who, why, which lines; and taking one change back."""

from __future__ import annotations

from sanic.exceptions import NotFound
from sanic.request import Request
from sanic.response import HTTPResponse

from helpline.authoring import changes
from helpline.authoring.errors import RefusedError
from helpline.authoring.repository import Commit
from helpline.console.pages import Menu, Pages
from helpline.console.project import change, project
from helpline.console.rendering import redirect, render
from helpline.console.roles import EDITOR, REVIEWER, may

_MOST = 100

pages = Pages("changes", Menu("Changes", "/changes", REVIEWER, "See who changed what and why, and take a change back."))


@pages.page("/changes", role=REVIEWER)
def show(request: Request) -> HTTPResponse:
    """The latest changes."""
    problem, found = "", []
    try:
        found = project(request).history(_MOST)
    except RefusedError as error:
        problem = str(error)
    return render(request, "changes.html", commits=found, problem=problem, most=_MOST)


@pages.page("/changes/<commit:str>", role=REVIEWER)
def one(request: Request, commit: str) -> HTTPResponse:
    """One change with its lines."""
    return _one(request, _find(request, commit), "")


@pages.page("/changes/<commit:str>", ("POST",), role=REVIEWER)
def undo(request: Request, commit: str) -> HTTPResponse:
    """Take a change back: one's own messages, or with the right to edit any."""
    found = _find(request, commit)
    try:
        if not _may_undo(request, found):
            raise RefusedError("Only an editor, or whoever filed the message, can take this back.")
        done = change(request, changes.undo, found.id)
    except RefusedError as error:
        return _one(request, found, str(error))
    return redirect(f"/changes/{done.id[:9]}")


def _find(request: Request, commit: str) -> Commit:
    try:
        return project(request).find(commit)
    except RefusedError as error:
        raise NotFound(str(error)) from error


def _may_undo(request: Request, commit: Commit) -> bool:
    account = request.ctx.account
    return may(account, EDITOR) or (commit.kind in ("annotation", "proposal") and commit.author == account.name)


def _one(request: Request, commit: Commit, problem: str) -> HTTPResponse:
    return render(
        request,
        "change.html",
        400 if problem else 200,
        commit=commit,
        lines=_shown(project(request).difference(commit.id)),
        may_undo=_may_undo(request, commit) and not commit.undone_by,
        problem=problem,
    )


def _shown(difference: str) -> list[tuple[str, str]]:
    """Return a difference as kinds and lines: ``file``, ``added``, ``gone``, ``same``; git's own words are left out."""
    lines = []
    for line in difference.splitlines():
        if line.startswith("diff --git "):
            lines.append(("file", line.rsplit(" b/", 1)[-1]))
        elif line.startswith(("index ", "--- ", "+++ ", "@@", "new file", "deleted file", "\\")):
            continue
        else:
            kind = {"+": "added", "-": "gone"}.get(line[:1], "same")
            lines.append((kind, line[1:]))
    return lines

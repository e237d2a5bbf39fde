"""What the authoring pages share: the project's files, and what happens after each change."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

from sanic.request import Request

from helpline.authoring.catalogue import Catalogue, current
from helpline.authoring.repository import Commit, Repository
from helpline.console.pages import audit, tell

# Groups of labels as people call them, in the order of a list.
_GROUPS = {
    "faq": "Answered by the article",
    "not_covered": "Not covered by the article",
    "smalltalk": "Small talk",
    "fit_check": "Fit check",
    "": "Other",
}


def project(request: Request) -> Repository:
    """Return the files that staff change."""
    return Repository(Path(request.app.ctx.settings.staff_project))


def catalogue_of(request: Request) -> Catalogue:
    """Return what data/ holds now."""
    return current(Path(request.app.ctx.settings.staff_project))


def given(request: Request, name: str) -> str:
    """Return a field of a form; "" where it was left out."""
    return str(request.form.get(name) or "").strip()


def many(request: Request, name: str) -> list[str]:
    """Return all values of a field of a form."""
    return [str(value) for value in request.form.getlist(name) or []]


def change(request: Request, make: Callable[..., Commit], *arguments: Any, **options: Any) -> Commit:
    """Make a change in the name of the signed-in person, note it in the audit log and tell them.

    Raises:
        RefusedError: with a plain reason; nothing was written.
    """
    commit = make(project(request), request.ctx.account.name, given(request, "why"), *arguments, **options)
    after = {"change": commit.id[:9], "files": list(commit.files)}
    audit(request, f"{commit.kind} saved", after=after, about=commit.summary, reason=commit.reason)
    tell(request, f"Saved: {commit.summary}. It is live once a model is trained and published.")
    return commit


def grouped(catalogue: Catalogue, guarded: tuple[str, ...] = ()) -> dict[str, list[tuple[str, str]]]:
    """Return labels with their titles in groups for a list to choose from, without groups of labels in `guarded`."""
    groups: dict[str, list[tuple[str, str]]] = {title: [] for title in _GROUPS.values()}
    for label, title in sorted(catalogue.labels.items(), key=lambda item: item[1]):
        group = label.split("/", 1)[0]
        if group not in guarded:
            groups[_GROUPS.get(group, _GROUPS[""])].append((label, title))
    return {title: labels for title, labels in groups.items() if labels}

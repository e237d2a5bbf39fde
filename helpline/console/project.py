"""What the authoring pages share: the project's files, and what happens after each change."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, Callable, Mapping

import sqlalchemy as sa
from sanic.request import Request

from helpline.authoring import danger_queue
from helpline.authoring.catalogue import Catalogue, current
from helpline.authoring.errors import BrokenFileError, RefusedError
from helpline.authoring.repository import Commit, Repository
from helpline.console.pages import tell
from helpline.console.recording import Recorder

logger = logging.getLogger(__name__)

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
    settings = request.app.ctx.settings
    return Repository(Path(settings.staff_project), heard=danger_queue.listener(settings.database_url))


def catalogue_of(request: Request) -> Catalogue:
    """Return what data/ holds now.

    What it then tells raises `BrokenFileError` where a file cannot be read; the console answers with its name.
    """
    return current(Path(request.app.ctx.settings.staff_project))


def labels_of(request: Request) -> Mapping[str, str]:
    """Return the titles of labels; none where a file of data/ cannot be read, so that a page does without them."""
    try:
        return catalogue_of(request).labels
    except BrokenFileError:
        return {}


def given(request: Request, name: str) -> str:
    """Return a field of a form; "" where it was left out."""
    return str(request.form.get(name) or "").strip()


def many(request: Request, name: str) -> list[str]:
    """Return all values of a field of a form."""
    return [str(value) for value in request.form.getlist(name) or []]


def change(request: Request, make: Callable[..., Commit], *arguments: Any, **options: Any) -> Commit:
    """Make a change in the name of the signed-in person, with the audit log as its witness, and tell them.

    Raises:
        RefusedError: with a plain reason; nothing was written.
    """
    settings, account = request.app.ctx.settings, request.ctx.account
    recorder = Recorder(settings.staff_database_url, account.name, account.rights)
    heard = danger_queue.listener(settings.database_url)
    repository = Repository(Path(settings.staff_project), heard=heard, witness=recorder.begin)
    try:
        commit = make(repository, account.name, given(request, "why"), *arguments, **options)
    except RefusedError as error:
        recorder.failed(error)
        raise
    recorder.saved(commit)
    try:
        tell(request, f"Saved: {commit.summary}.{what_next(commit)}")
    except sa.exc.SQLAlchemyError:
        # It is saved all the same, and the page of changes shows it.
        logger.error("%s was saved and could not be told: the staff's database is locked.", commit.id[:9])
    return commit


def what_next(commit: Commit) -> str:
    """Return what has to follow a change, as a sentence behind another one; "" where nothing has to."""
    if commit.teaches:
        return " It is live once a model is trained and published."
    return " Somebody else must confirm it." if commit.summary.startswith("Propose ") else ""


def grouped(catalogue: Catalogue, guarded: tuple[str, ...] = ()) -> dict[str, list[tuple[str, str]]]:
    """Return labels with their titles in groups for a list to choose from, without groups of labels in `guarded`."""
    groups: dict[str, list[tuple[str, str]]] = {title: [] for title in _GROUPS.values()}
    for label, title in sorted(catalogue.labels.items(), key=lambda item: item[1]):
        group = label.split("/", 1)[0]
        if group not in guarded:
            groups[_GROUPS.get(group, _GROUPS[""])].append((label, title))
    return {title: labels for title, labels in groups.items() if labels}

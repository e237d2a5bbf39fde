"""What a message means: one message, one form. Danger is proposed here and confirmed by somebody else."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import Any, Iterator, Mapping, Sequence

from sanic.request import Request
from sanic.response import HTTPResponse
from sqlalchemy.engine import Engine

from helpline.authoring import annotate, crisis
from helpline.authoring.catalogue import GUARDED_GROUPS, Catalogue, Found
from helpline.authoring.errors import RefusedError
from helpline.console.pages import Menu, Pages
from helpline.console.project import catalogue_of, change, given, grouped, project
from helpline.console.rendering import redirect, render
from helpline.console.roles import REVIEWER
from helpline.crisis.taxonomy import CRISIS_CATEGORIES, SUPPORT_CATEGORIES, TIERS
from helpline.storage import review as inbox
from helpline.storage.database import open_engine

_MOST_GUESSES = 3
_WHY = "It was understood wrongly."
# What goes from form to form; `item` is the number of a message in the inbox.
_CARRIED = ("text", "after", "item")


def _waiting(request: Request) -> dict[str, int]:
    return {"Waiting for a second person": len(crisis.proposals(project(request)))}


pages = Pages(
    "annotate",
    Menu("Messages", "/annotate", REVIEWER, "Say what a message means, and confirm messages of danger.", _waiting),
)


@pages.page("/annotate", role=REVIEWER)
def start(request: Request) -> HTTPResponse:
    """The form for a message, typed here or from the inbox (``?item=7``)."""
    values = {"item": str(request.args.get("item") or "")}
    item = _item(request, values)
    return _page(request, {**values, "text": item.text} if item else {}, "")


@pages.page("/annotate", ("POST",), role=REVIEWER)
def look(request: Request) -> HTTPResponse:
    """What is known of a message, and what it could mean."""
    return _page(request, {name: given(request, name) for name in _CARRIED}, "")


@pages.page("/annotate/file", ("POST",), role=REVIEWER)
def file(request: Request) -> HTTPResponse:
    """File the message, set it aside, keep it for a new topic, or propose it as danger."""
    values = {name: given(request, name) for name in (*_CARRIED, "label", "title", "kind", "tier", "subject", "why")}
    text, after = values["text"], values["after"] or None
    act, item = given(request, "act"), _item(request, values)
    heard = item.tier if item else ""
    try:
        if act == "aside":
            change(request, annotate.set_aside, text, after)
        elif act == "want":
            change(request, annotate.want_topic, text, values["title"], heard)
        elif act == "danger":
            change(request, crisis.propose, text, values["kind"], values["tier"], values["subject"] or "self")
        elif act != "file":
            raise RefusedError("Choose what is to be done with this message.")
        else:
            options = {"move": given(request, "move") == "yes", "again": given(request, "again") == "yes"}
            change(request, annotate.file_under, text, values["label"], after=after, heard=heard, **options)
    except RefusedError as error:
        return _page(request, values, str(error))
    if item is None:
        return redirect("/annotate")
    with _inbox(request) as engine:
        inbox.settle(engine, item.id, inbox.DONE, request.ctx.account.name)
    return redirect("/inbox")


@pages.page("/annotate/proposals", role=REVIEWER)
def proposals(request: Request) -> HTTPResponse:
    """What waits for a second person."""
    return _proposals(request, "")


@pages.page("/annotate/proposals", ("POST",), role=REVIEWER)
def settle(request: Request) -> HTTPResponse:
    """Confirm or reject a proposal; nobody confirms their own."""
    act = {"confirm": crisis.confirm, "reject": crisis.reject}.get(given(request, "act"))
    try:
        if act is None:
            raise RefusedError("Choose whether to confirm or to reject.")
        change(request, act, given(request, "text"))
    except RefusedError as error:
        return _proposals(request, str(error))
    return redirect("/annotate/proposals")


@pages.page("/annotate/remove", ("POST",), role=REVIEWER)
def remove(request: Request) -> HTTPResponse:
    """Propose to take out a message of danger that staff filed."""
    values = {name: given(request, name) for name in (*_CARRIED, "why")}
    try:
        change(request, crisis.propose_removal, values["text"])
    except RefusedError as error:
        return _page(request, values, str(error))
    return redirect("/annotate/proposals")


def _page(request: Request, values: dict[str, str], problem: str) -> HTTPResponse:
    catalogue = catalogue_of(request)
    known, guesses, item = None, [], _item(request, values)
    if values.get("text"):
        try:
            known = annotate.standing(project(request), values["text"], values.get("after") or None)
            guesses = _guesses(item.guesses if item else (), known.text, catalogue)
        except RefusedError as error:
            problem = problem or str(error)
    blank = dict.fromkeys((*_CARRIED, "label", "title", "kind", "tier", "subject"), "")
    chosen = {**blank, "why": _WHY, **values}
    return render(
        request,
        "annotate.html",
        400 if problem else 200,
        given=chosen,
        known=known,
        for_two=known is not None and annotate.sounds_dangerous(known, item.tier if item else ""),
        guesses=guesses,
        item=item,
        groups=grouped(catalogue, GUARDED_GROUPS),
        topics=[
            (label, answer.title) for label, answer in sorted(catalogue.answers.items(), key=lambda item: item[1].title)
        ],
        labels=catalogue.labels,
        kinds=_kinds(),
        tiers={
            "": "as usual for its kind",
            "T3": "life in danger now",
            "T2": "danger, not this minute",
            "T2s": "a wish",
        },
        guarded=GUARDED_GROUPS,
        waiting=crisis.proposals(project(request)),
        problem=problem,
    )


def _guesses(by_model: Sequence[Sequence[Any]], text: str, catalogue: Catalogue) -> list[Found]:
    """Return the likeliest topics: what the assistant thought, then what the words of the message suggest."""
    found = {
        label: Found(label, catalogue.labels[label], float(score))
        for label, score in by_model
        if label in catalogue.labels and label.split("/", 1)[0] not in GUARDED_GROUPS
    }
    for topic in catalogue.search(text, _MOST_GUESSES):
        found.setdefault(topic.label, topic)
    return list(found.values())[:_MOST_GUESSES]


@contextmanager
def _inbox(request: Request) -> Iterator[Engine]:
    engine = open_engine(request.app.ctx.settings.database_url)
    try:
        yield engine
    finally:
        engine.dispose()


def _item(request: Request, values: Mapping[str, str]) -> inbox.Item | None:
    """Return the inbox's message, from the database and not from the form: how urgent it sounded cannot be left out."""
    number = values.get("item", "")
    if not re.fullmatch(r"[0-9]{1,18}", number):
        return None
    with _inbox(request) as engine:
        return inbox.find(engine, int(number))


def _proposals(request: Request, problem: str) -> HTTPResponse:
    found = crisis.proposals(project(request))
    return render(request, "annotate_proposals.html", 400 if problem else 200, proposals=found, problem=problem)


def _kinds() -> dict[str, str]:
    # Nothing is chosen for the person: what stands first is sent by mistake sooner or later.
    kinds = {"": "Choose one", crisis.NEAR_MISS: "No danger: it only sounds so (near miss)"}
    for name in CRISIS_CATEGORIES:
        codes = " or ".join(tier.code for tier in TIERS[name])
        kinds[f"crisis/{name}"] = f"Danger: {name.replace('_', ' ')} ({codes})"
    return {**kinds, **{f"support/{name}": f"Distress: {name.replace('_', ' ')}" for name in SUPPORT_CATEGORIES}}

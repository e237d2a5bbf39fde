"""Train, check, publish and roll back: the publisher's pages, and the gate's reports for all of the staff."""

from __future__ import annotations

from sanic import response
from sanic.exceptions import NotFound
from sanic.request import Request
from sanic.response import HTTPResponse

from helpline.console.pages import Menu, Pages, audit, tell
from helpline.console.rendering import redirect, render
from helpline.console.roles import ANYONE, PUBLISHER, REVIEWER, may
from helpline.publishing import history, job, models, replay, report, rules
from helpline.publishing.commands import described
from helpline.publishing.history import Change, HistoryError
from helpline.publishing.job import JobError
from helpline.publishing.models import ModelError, Record
from helpline.publishing.publish import PublishError, publish, roll_back
from helpline.storage.database import open_engine
from helpline.training import LiveModel, fingerprint, live_model

pages = Pages(
    "publish",
    Menu("Publish", "/publish", ANYONE, "Which model visitors talk with, and which one waits to go live."),
)


@pages.page("/publish", role=ANYONE)
def overview(request: Request) -> HTTPResponse:
    """The live model, the training that runs, candidates and earlier models."""
    return _overview(request)


@pages.page("/publish/progress", role=ANYONE, passive=True)
def progress(request: Request) -> HTTPResponse:
    """How far the training is: a part of the page above, which asks for it while one runs."""
    state = job.latest()
    if state is None or state.state != job.RUNNING:
        # What comes next stands on the whole page.
        return HTTPResponse(status=204, headers={"HX-Redirect": "/publish"})
    return render(request, "publish_progress.html", state=state)


@pages.page("/publish/train", ("POST",), role=PUBLISHER)
def train(request: Request) -> HTTPResponse:
    """Start a training with its gate."""
    try:
        job.start(request.ctx.account.name)
    except JobError as error:
        return _overview(request, str(error))
    audit(request, "candidate started")
    tell(request, "The training has begun. It takes about four minutes; you can leave this page.")
    return redirect("/publish")


@pages.page("/publish/cancel", ("POST",), role=PUBLISHER)
def cancel(request: Request) -> HTTPResponse:
    """Cancel the training that runs."""
    try:
        job.cancel()
    except JobError as error:
        return _overview(request, str(error))
    audit(request, "candidate cancelled")
    tell(request, "The training is cancelled. The live model is unchanged.")
    return redirect("/publish")


@pages.page("/publish/<model:str>", role=ANYONE)
def one(request: Request, model: str) -> HTTPResponse:
    """What the gate found, and for reviewers what would change for visitors; the form that publishes."""
    return _one(request, _record(model))


@pages.page("/publish/<model:str>/report.md", role=ANYONE)
def report_text(request: Request, model: str) -> HTTPResponse:
    """The report as a text file."""
    return _file(model, report.PAGE, "text/markdown; charset=utf-8")


@pages.page("/publish/<model:str>/sets.png", role=ANYONE)
def picture(request: Request, model: str) -> HTTPResponse:
    """The report's picture."""
    return _file(model, report.PICTURE, "image/png")


@pages.page("/publish/<model:str>/publish", ("POST",), role=PUBLISHER)
def go_live(request: Request, model: str) -> HTTPResponse:
    """Publish a candidate."""
    record, before, why = _record(model), live_model(), _why(request)
    try:
        live = publish(request.app.ctx.settings, record.model, request.ctx.account.name, why, _names(request))
    except PublishError as error:
        audit(request, "publishing refused", about=record.model, reason=str(error)[:500])
        return _one(request, record, str(error))
    audit(request, "published", before.model if before else None, live.model, about=live.model, reason=why)
    tell(request, f"{live.model} is live. Visitors noticed nothing.")
    return redirect("/publish")


@pages.page("/publish/<model:str>/back", role=PUBLISHER)
def ask_back(request: Request, model: str) -> HTTPResponse:
    """The form that goes back to an earlier model, and what that would mean, if it is known already."""
    return _back(request, _record(model))


@pages.page("/publish/<model:str>/back", ("POST",), role=PUBLISHER)
def go_back(request: Request, model: str) -> HTTPResponse:
    """Go back to a model that was live before; test messages that it was not tried on are played first, for minutes."""
    record, before, why = _record(model), live_model(), _why(request)
    try:
        live = roll_back(request.app.ctx.settings, request.ctx.account.name, why, record.model)
    except PublishError as error:
        audit(request, "rolling back refused", about=record.model, reason=str(error)[:500])
        return _back(request, record, str(error))
    audit(request, "rolled back", before.model if before else None, live.model, about=live.model, reason=why)
    tell(request, f"{live.model} is live again.")
    return redirect("/publish")


def _overview(request: Request, problem: str = "") -> HTTPResponse:
    live, state = live_model(), job.latest()
    rows = [described(record, live) for record in models.known()]
    ended = next((row["gate"] for row in rows if state is not None and row["model"] == state.model), "")
    return render(
        request,
        "publish.html",
        409 if problem else 200,
        live=live,
        changed=live is None or live.data_sha256 != fingerprint(),
        state=state,
        running=state is not None and state.state == job.RUNNING,
        ended=ended,
        candidates=[row for row in rows if row["state"] == "candidate"],
        earlier=[row for row in rows if row["state"] == "earlier"],
        problem=problem,
    )


def _one(request: Request, record: Record, problem: str = "") -> HTTPResponse:
    folder = report.FOLDER / record.stem
    live = live_model()
    week, changes = None, None
    if may(request.ctx.account, REVIEWER):
        week = replay.shown(open_engine(request.app.ctx.settings.database_url), folder)
        changes = _changes(record, live)
    return render(
        request,
        "publish_one.html",
        409 if problem else 200,
        model=described(record, live),
        report=report.read(folder),
        week=week,
        changes=changes,
        own=rules.own_work(record, live, _names(request)),
        problem=problem,
    )


def _changes(record: Record, live: LiveModel | None) -> list[Change] | None:
    """Return what a model holds that the live one does not; None where that is not known."""
    if live is None or record.model in models.published(live):
        return None
    try:
        return history.changes(models.record_of(live.model).commit, record.commit)
    except (HistoryError, ModelError):
        return None


def _back(request: Request, record: Record, problem: str = "") -> HTTPResponse:
    live = live_model()
    missed: list[str] | None = None
    can = live is not None
    if live is None:
        problem = "There is no live model."
    else:
        try:
            rules.check_way_back(record, live)
        except ModelError as error:
            can, problem = False, str(error)
        else:
            missed = _missed(record, live)
    return render(
        request,
        "publish_back.html",
        409 if problem else 200,
        model=described(record, live),
        missed=missed,
        can=can and not missed,
        problem=problem,
    )


def _missed(record: Record, live: LiveModel) -> list[str] | None:
    """Return what an earlier model would miss, as far as it is known; None where it must be tried first."""
    try:
        return rules.missed_by(record.model, live.model)
    except (ModelError, OSError):
        return None


def _names(request: Request) -> set[str]:
    return {request.ctx.account.name, request.ctx.account.full_name}


def _record(model: str) -> Record:
    try:
        return models.record_of(model)
    except ModelError as error:
        raise NotFound(str(error)) from error


def _file(model: str, name: str, kind: str) -> HTTPResponse:
    try:
        content = (report.FOLDER / _record(model).stem / name).read_bytes()
    except OSError as error:
        raise NotFound("There is no report.") from error
    return response.raw(content, content_type=kind)


def _why(request: Request) -> str:
    return " ".join(str(request.form.get("why") or "").split())[:300]

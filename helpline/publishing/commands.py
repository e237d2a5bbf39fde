"""On the command line: `helpline gate`, `publish`, `rollback`, `models`, and what `helpline train` and `run` do."""

from __future__ import annotations

import json
from typing import Any, Callable, TypeVar

import click

from helpline.settings import Settings

_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_by = click.option("--by", default=None, help="Who does it; default: the user of this shell.")
_why = click.option("--why", required=True, help="The reason, in a few words.")
_model = click.argument("model", required=False)
# Who publishes what `helpline train` has trained. What a person published, `helpline run` leaves alone.
MACHINE = "helpline train"
_T = TypeVar("_T")


@click.command()
@_model
@click.option("--cancel", is_flag=True, help="Cancel the training that runs.")
@click.option("--status", is_flag=True, help="Only say how far it is, or how the last one ended.")
@_by
@_as_json
def gate(model: str | None, cancel: bool, status: bool, by: str | None, as_json: bool) -> None:
    """Train a candidate and take it through the gate (four minutes), or only the gate for MODEL.

    Nothing is published by it. Exit code 1 where the gate stops it.
    """
    from helpline.publishing import job

    if cancel:
        _refused(job.cancel)
    elif not status:
        _refused(job.start, _shell(by), model)
        _log(by, "candidate started", about=model or "")
    state = job.latest() if cancel or status else job.watch(lambda text: click.echo(text, err=as_json))
    if state is None:
        raise click.ClickException("Nothing has been trained here yet.")
    record = _record(state.model or model or "")
    passed = record is not None and record.verdict is not None and record.verdict.passed
    report = record.verdict.report if record is not None and record.verdict else ""
    if as_json:
        click.echo(json.dumps({**state.described(), "passed": passed, "report": report}, ensure_ascii=False))
    else:
        click.echo(f"{state.state}, {state.seconds} s: {state.message or state.step}")
        if report and not status:
            click.echo(f"Report: {report}/report.md")
    if not (cancel or status or passed):
        raise SystemExit(1)


@click.command()
@_model
@_why
@_by
@_as_json
@click.pass_obj
def publish(settings: Settings, model: str | None, why: str, by: str | None, as_json: bool) -> None:
    """Publish MODEL, or the latest candidate, if the gate passed it; a running server switches without a pause."""
    from helpline.publishing import models
    from helpline.publishing.publish import publish as carry_out
    from helpline.training import live_model

    live = live_model()
    if model is None:
        found = [record for record in models.known() if live is None or record.model not in models.published(live)]
        if not found:
            raise click.ClickException("There is no candidate. `helpline gate` trains one.")
        model = found[0].model
    after = _refused(carry_out, settings, model, _shell(by), why)
    _log(by, "published", before=live.model if live else None, after=after.model, about=after.model, reason=why)
    _say({"live": after.model}, f"Live now: {after.model}", as_json)


@click.command()
@_model
@_why
@click.option("--accept-missed", is_flag=True, help="Even if it misses messages of danger that the live model hears.")
@_by
@_as_json
@click.pass_obj
def rollback(
    settings: Settings, model: str | None, why: str, accept_missed: bool, by: str | None, as_json: bool
) -> None:
    """Go back to MODEL, or to the one that was live before; the running server switches without a pause."""
    from helpline.publishing.publish import roll_back
    from helpline.training import live_model

    live = live_model()
    after = _refused(roll_back, settings, _shell(by), why, model, accept_missed)
    accepted = {"accepted": "what it misses"} if accept_missed else {}
    _log(
        by,
        "rolled back",
        before=live.model if live else None,
        after={"model": after.model, **accepted},
        about=after.model,
        reason=why,
    )
    _say({"live": after.model}, f"Live now: {after.model}", as_json)


@click.command("models")
@_as_json
def list_models(as_json: bool) -> None:
    """List the models that are kept: which is live, which were, and what the gate said of candidates."""
    from helpline.publishing import models
    from helpline.storage.chain import columns
    from helpline.training import live_model

    live = live_model()
    rows = [described(record, models.published(live)) for record in models.known()]
    if as_json:
        click.echo(json.dumps({"live": vars(live) if live else None, "models": rows}, ensure_ascii=False))
        return
    if live is not None:
        reason = f" by {live.published_by}: {live.why}" if live.published_by else ""
        click.echo(f"Live: {live.model}, published {live.published_at or 'at an unknown time'}{reason}")
    names = ("model", "state", "trained_at", "gate")
    if rows:
        click.echo(columns([list(names), *([str(row[name]) for name in names] for row in rows)]))


def described(record: Any, published: list[str]) -> dict[str, Any]:
    """Return what lists show of a model: its state is ``live``, ``earlier`` or ``candidate``."""
    verdict = record.verdict
    state = "candidate"
    if record.model in published:
        state = "live" if record.model == published[0] else "earlier"
    return {
        "model": record.model,
        "state": state,
        "trained_at": record.trained_at,
        "commit": record.commit,
        "gate": "not yet" if verdict is None else "passed" if verdict.passed else "stopped",
        "stops": list(verdict.stops) if verdict else [],
        "report": verdict.report if verdict else "",
    }


def train_and_publish(settings: Settings, say: Callable[[str], None]) -> None:
    """Train a model and publish it: the first one of a machine at once, any other if the gate passes it.

    Raises:
        click.ClickException: if it was not published, with the reason; the live model stays.
    """
    from helpline.publishing import job, models
    from helpline.publishing.publish import publish as carry_out
    from helpline.publishing.publish import publish_first
    from helpline.training import live_model, train

    if live_model() is None:
        record = models.register(_refused(train))
        _refused(publish_first, MACHINE, record.model)
        say(f"Published {record.model}.")
        return
    _refused(job.start, MACHINE)
    state = job.watch(say)
    found = _record(state.model)
    if found is None or found.verdict is None or not found.verdict.passed:
        raise click.ClickException(f"{state.message} The live model is unchanged.")
    _refused(carry_out, settings, found.model, MACHINE, "The data had changed.")
    say(f"Published {found.model}.")


def _record(model: str) -> Any:
    from helpline.publishing import models

    try:
        return models.record_of(model) if model else None
    except models.ModelError:
        return None


def _refused(function: Callable[..., _T], *arguments: Any) -> _T:
    """Call a function and say a refusal as the command line does."""
    from helpline.publishing.job import JobError
    from helpline.publishing.models import ModelError
    from helpline.publishing.publish import PublishError
    from helpline.training import TrainingError

    try:
        return function(*arguments)
    except (JobError, ModelError, PublishError, TrainingError) as error:
        raise click.ClickException(str(error)) from error


def _shell(by: str | None) -> str:
    from helpline.console import audit

    return by or audit.shell_user()


def _log(by: str | None, what: str, **values: Any) -> None:
    from helpline.console import audit
    from helpline.console.database import open_staff

    settings: Settings = click.get_current_context().obj
    before, after = values.pop("before", None), values.pop("after", None)
    audit.record(open_staff(settings.staff_database_url), _shell(by), what, before, after, **values)


def _say(content: dict[str, Any], words: str, as_json: bool) -> None:
    click.echo(json.dumps(content, ensure_ascii=False) if as_json else words)

"""On the command line: `helpline gate`, `publish`, `rollback`, `models`, and what `helpline train` and `run` do."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import Any, Callable, Iterator, TypeVar

import click

from helpline.settings import Settings

_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_by = click.option("--by", default="", help="For whom; the audit log has it beside the user of this shell.")
_why = click.option("--why", required=True, help="The reason, in a few words.")
_model = click.argument("model", required=False)
# Who publishes what `helpline train` has trained. What a person published, `helpline run` leaves alone.
MACHINE = "helpline train"
_T = TypeVar("_T")


@click.command()
@_model
@click.option("--cancel", is_flag=True, help="Cancel the training that runs.")
@click.option("--status", is_flag=True, help="Only say how far it is, or how the last one ended.")
@click.option("--freeze", is_flag=True, help="Only write the list of test cases anew, for a developer to commit.")
@_by
@_as_json
def gate(model: str | None, cancel: bool, status: bool, freeze: bool, by: str, as_json: bool) -> None:
    """Train a candidate and take it through the gate (four minutes), or only the gate for MODEL.

    Nothing is published by it. Exit code 1 where the gate stops it.
    """
    from helpline.publishing import job

    if freeze:
        _freeze(by, as_json)
        return
    if cancel:
        _refused(job.cancel)
    elif not status:
        _refused(job.start, _who(by), model)
        _log(by, "candidate started", about=model or "")
    state = job.latest() if cancel or status else _refused(job.watch, lambda text: click.echo(text, err=as_json))
    if state is None:
        raise _error("Nothing has been trained here yet.")
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
def publish(settings: Settings, model: str | None, why: str, by: str, as_json: bool) -> None:
    """Publish MODEL, or the latest candidate, if the gate passed it; a running server switches without a pause."""
    from helpline.publishing import models
    from helpline.publishing.publish import publish as carry_out
    from helpline.training import live_model

    live = live_model()
    if model is None:
        found = [record for record in models.known() if live is None or record.model not in models.published(live)]
        if not found:
            raise _error("There is no candidate. `helpline gate` trains one.")
        model = found[0].model
    with _refusals_kept(by, "publishing refused", model):
        after = _refused(carry_out, settings, model, _who(by), why, _names(by))
    _log(by, "published", before=live.model if live else None, after=after.model, about=after.model, reason=why)
    _say({"live": after.model}, f"Live now: {after.model}", as_json)


@click.command()
@_model
@_why
@_by
@_as_json
@click.pass_obj
def rollback(settings: Settings, model: str | None, why: str, by: str, as_json: bool) -> None:
    """Go back to MODEL, or to the one that was live before; the running server switches without a pause.

    Refused where the older one misses messages of danger that the live one hears.
    """
    from helpline.publishing.publish import roll_back
    from helpline.training import live_model

    live = live_model()
    with _refusals_kept(by, "rolling back refused", model or ""):
        after = _refused(roll_back, settings, _who(by), why, model)
    _log(by, "rolled back", before=live.model if live else None, after=after.model, about=after.model, reason=why)
    _say({"live": after.model}, f"Live now: {after.model}", as_json)


@click.command("models")
@_as_json
def list_models(as_json: bool) -> None:
    """List the models that are kept: which is live, which were, and what the gate said of candidates."""
    from helpline.publishing import models
    from helpline.storage.chain import columns
    from helpline.training import live_model

    live = live_model()
    rows = [described(record, live) for record in models.known()]
    if as_json:
        click.echo(json.dumps({"live": vars(live) if live else None, "models": rows}, ensure_ascii=False))
        return
    if live is not None:
        reason = f" by {live.published_by}: {live.why}" if live.published_by else ""
        click.echo(f"Live: {live.model}, published {live.published_at or 'at an unknown time'}{reason}")
    names = ("model", "state", "trained_at", "gate")
    if rows:
        click.echo(columns([list(names), *([str(row[name]) for name in names] for row in rows)]))


def described(record: Any, live: Any) -> dict[str, Any]:
    """Return what lists show of a model.

    Its state is ``live``, ``earlier`` or ``candidate``; the gate's word ``not yet``, ``passed``, ``stopped`` or, where
    another model went live since, ``outdated``.
    """
    from helpline.publishing import models, rules

    verdict, published = record.verdict, models.published(live)
    state, gate = "candidate", "not yet"
    if record.model in published:
        state = "live" if record.model == published[0] else "earlier"
    if verdict is not None:
        gate = "passed" if verdict.passed else "stopped"
        if state == "candidate" and verdict.passed and live is not None and rules.is_outdated(verdict, live):
            gate = "outdated"
    return {
        "model": record.model,
        "state": state,
        "trained_at": record.trained_at,
        "commit": record.commit,
        "gate": gate,
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
        raise _error(f"{state.message} The live model is unchanged.")
    _refused(carry_out, settings, found.model, MACHINE, "The data had changed.", None)
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
        raise _error(str(error)) from error


class _JsonError(click.ClickException):
    """A refusal for programs."""

    def show(self, file: Any = None) -> None:
        """Print it where the answer would stand."""
        click.echo(json.dumps({"error": self.message}, ensure_ascii=False))


def _error(message: str) -> click.ClickException:
    context = click.get_current_context(silent=True)
    as_json = context is not None and context.params.get("as_json", False)
    return _JsonError(message) if as_json else click.ClickException(message)


@contextmanager
def _refusals_kept(by: str, what: str, model: str) -> Iterator[None]:
    try:
        yield
    except click.ClickException as error:
        _log(by, what, about=model, reason=error.message[:500])
        raise


def _freeze(by: str, as_json: bool) -> None:
    from helpline.publishing import cases, frozen

    try:
        new, gone = frozen.renew(cases.frozen_cases())
    except OSError as error:
        raise _error(str(error)) from error
    about = f"tests/{frozen.LIST.name}"
    _log(by, "test cases listed anew", after={"new": new, "gone": gone}, about=about)
    _say({"new": new, "gone": gone}, f"{about}: {new} new, {gone} gone. Commit it with the test sets.", as_json)


def _who(by: str) -> str:
    """Return how models/live.json and the job name who does it: names that are only said stand behind."""
    from helpline.console import audit

    return f"{audit.shell_user()} ({by})" if by else audit.shell_user()


def _names(by: str) -> set[str]:
    """Return how git may call who does it."""
    from helpline.console import audit

    user = audit.shell_user()
    return {name for name in (user, user.removeprefix("shell:"), by) if name}


def _log(by: str, what: str, **values: Any) -> None:
    from helpline.console import audit
    from helpline.console.database import open_staff

    settings: Settings = click.get_current_context().obj
    before, after = values.pop("before", None), values.pop("after", None)
    if by:
        # Anybody can write any name there.
        after = {**(after if isinstance(after, dict) else {"model": after} if after else {}), "by": by}
    audit.record(open_staff(settings.staff_database_url), audit.shell_user(), what, before, after, **values)


def _say(content: dict[str, Any], words: str, as_json: bool) -> None:
    click.echo(json.dumps(content, ensure_ascii=False) if as_json else words)

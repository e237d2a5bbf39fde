"""The command line: `helpline run`, `train`, `chat`, `evaluate`, `bench` ...; the Makefile calls these."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import fields
from pathlib import Path

import click

from helpline import settings as settings_module
from helpline.authoring.commands import GROUPS
from helpline.console.commands import audit_group, staff
from helpline.insight.commands import insight
from helpline.publishing.commands import MACHINE, gate, list_models, publish, rollback, train_and_publish
from helpline.review.commands import inbox
from helpline.settings import ROOT, Settings, SettingsError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def main(context: click.Context) -> None:
    """The IOP helpline assistant. Settings come from environment variables; `helpline settings` lists them."""
    os.chdir(ROOT)
    try:
        context.obj = settings_module.load()
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.pass_obj
def run(settings: Settings) -> None:
    """Train if needed, then run the action server and the Rasa server with the page until Ctrl-C."""
    from helpline.supervisor import SupervisorError, check_ports
    from helpline.supervisor import run as supervise

    _check_credentials()
    try:
        check_ports(settings)
        _train_unless_published(settings)
        settings_module.export(settings)
        sys.exit(asyncio.run(supervise(settings, click.echo)))
    except SupervisorError as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.pass_obj
def serve(settings: Settings) -> None:
    """Run the Rasa server alone, with the published model."""
    from helpline.server import serve as serve_model
    from helpline.training import live_model

    _check_credentials()
    live = live_model()
    if live is None:
        raise click.ClickException("There is no model yet. Run `make train`.")
    serve_model(settings, live.path)


@main.command()
@click.option("--force", is_flag=True, help="Train even if the data have not changed.")
@click.pass_obj
def train(settings: Settings, force: bool) -> None:
    """Train a model on data/ and publish it: the first one at once, any other if the gate passes it (four minutes)."""
    if force:
        train_and_publish(settings, click.echo)
    else:
        _train_if_needed(settings)


@main.command()
@click.option("--further", is_flag=True, help="Only let the second look at danger learn on (half an hour).")
def adapt(further: bool) -> None:
    """Adapt the encoder to the messages in data/ (an hour to two); train afterwards.

    Worth it when some thousand messages have come in; a few new examples count with `helpline train` alone.
    """
    import logging

    from helpline import training
    from helpline.nlu.weights import WeightsError

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        written = training.adapt_further() if further else training.adapt()
    except WeightsError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Wrote {' and '.join(map(str, written))}. Now train: `make train`.")


@main.command()
@click.argument("text")
def explain(text: str) -> None:
    """Show how the crisis detector of the published model reads TEXT: rules with the words they matched, and scores."""
    from helpline.crisis.explain import explanation
    from helpline.training import live_model

    live = live_model()
    if live is None:
        raise click.ClickException("There is no model yet. Run `make train`.")
    click.echo(explanation(text, live.path))


@main.command("demo-channels")
@click.option("--page-port", default=5007, show_default=True, help="Port of the page with all channels side by side.")
def demo_channels(page_port: int) -> None:
    """Run the assistant with stand-ins for SMS, WhatsApp, Telegram, Messenger and Slack, and a page to write on."""
    from helpline.fake_vendors.demo import demonstrate
    from helpline.supervisor import SupervisorError

    _train_if_needed()
    try:
        sys.exit(asyncio.run(demonstrate(page_port, click.echo)))
    except (SupervisorError, OSError) as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.option("--url", default=None, help="Address of a running assistant; default: the local one.")
@click.pass_obj
def chat(settings: Settings, url: str | None) -> None:
    """Talk with the running assistant in the terminal. An empty line ends."""
    from helpline.chat import ChatError, talk

    try:
        talk(url or f"http://localhost:{settings.port}")
    except ChatError as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.option("--folder", type=click.Path(path_type=Path), default=ROOT / "results", help="Where the report goes.")
@click.option("--development", is_flag=True, help="Use the set for choosing thresholds instead of the frozen one.")
@click.pass_obj
def evaluate(settings: Settings, folder: Path, development: bool) -> None:
    """Measure the published model on the frozen test set: tables per topic and a picture of confusions."""
    from helpline.evaluation.evaluate import evaluate_live
    from helpline.evaluation.sets import DEVELOPMENT, HELDOUT

    _train_unless_published(settings)
    click.echo(evaluate_live(folder, DEVELOPMENT if development else HELDOUT))


@main.command()
@click.option("--folder", type=click.Path(path_type=Path), default=ROOT / "results", help="Where the report goes.")
@click.pass_obj
def bench(settings: Settings, folder: Path) -> None:
    """Time this assistant beside the `rasa init` project and a bare Sanic echo (about ten minutes)."""
    from helpline.evaluation.bench import bench as run_bench

    _train_unless_published(settings)
    click.echo(run_bench(folder))


@main.command()
@click.argument("conversation")
@click.pass_obj
def delete(settings: Settings, conversation: str) -> None:
    """Delete a stored CONVERSATION (its sender id) from the database."""
    from helpline.storage.database import delete_conversation, open_engine

    count = delete_conversation(open_engine(settings.database_url), conversation)
    click.echo(f"{count} events deleted." if count else f"No conversation {conversation!r} is stored.")


@main.group()
def ledger() -> None:
    """Look into the ledger of crisis decisions."""


@ledger.command("verify")
@click.pass_obj
def verify_ledger(settings: Settings) -> None:
    """Check that no record was changed, taken away or moved; exit code 1 if one was."""
    from helpline.storage.database import open_engine
    from helpline.storage.ledger import verify

    report = verify(open_engine(settings.database_url))
    if not report.ok:
        raise click.ClickException(f"The ledger is broken at record {report.broken}: {report.explanation}.")
    if not report.count:
        click.echo("The ledger is empty: no escalation has been recorded yet.")
        return
    click.echo(f"The ledger is whole: {report.count} records. Hash of the last one: {report.head}")


@ledger.command("show")
@click.option("--last", type=click.IntRange(min=1), default=None, help="Only the last N records.")
@click.pass_obj
def show_ledger(settings: Settings, last: int | None) -> None:
    """List the records: when, what was found and what was shown; they hold no message and no name."""
    from helpline.storage.database import open_engine
    from helpline.storage.ledger import entries, table

    records = entries(open_engine(settings.database_url), last)
    click.echo(table(records) if records else "The ledger is empty: no escalation has been recorded yet.")


@main.group()
def channels() -> None:
    """Look after the messaging channels: SMS, WhatsApp, Telegram, Messenger, Slack."""


@channels.command("check")
@click.argument("names", nargs=-1, type=click.Choice(["messenger", "slack", "telegram", "twilio"]))
@click.option("--register", is_flag=True, help="First tell Telegram where to post messages.")
@click.option("--json", "for_programs", is_flag=True, help="The same as JSON.")
@click.pass_obj
def check_channels(settings: Settings, names: tuple[str, ...], register: bool, for_programs: bool) -> None:
    """Ask the vendors what is wrong with credentials and addresses of the channels NAMES; default: all that are on.

    Exit code 1 if there is trouble. Nobody gets a message.
    """
    from helpline.channels.check.findings import as_json, shown
    from helpline.channels.check.run import check, switched_on

    reports = asyncio.run(check(settings, names or switched_on(settings), register))
    if for_programs:
        click.echo(as_json(reports))
    else:
        click.echo(shown(reports) or "No messaging channel is set up. docs/channels.md tells how.")
    if not all(report.is_fine for report in reports):
        sys.exit(1)


@channels.command("undelivered")
@click.pass_obj
def show_undelivered(settings: Settings) -> None:
    """List the replies that no vendor took: when, to whom, after how many tries, and what they said."""
    from helpline.channels.undelivered import listing
    from helpline.storage.database import open_engine

    click.echo(listing(open_engine(settings.database_url)) or "Every reply was delivered, or is still being tried.")


@main.command("settings")
@click.pass_obj
def show_settings(settings: Settings) -> None:
    """List every environment variable with its value now (no passwords) and what it means."""
    for setting in fields(Settings):
        value = settings_module.shown(settings, setting.name)
        click.echo(f"{setting.metadata['variable']}={value}\n    {setting.metadata['explanation']}")


for group in (staff, audit_group, inbox, insight, gate, publish, rollback, list_models, *GROUPS):
    main.add_command(group)


def _check_credentials() -> None:
    from helpline.channels.stock_channels import check_credentials

    try:
        check_credentials(ROOT / "credentials.yml")
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


def _train_if_needed(settings: Settings) -> None:
    from helpline.publishing.models import remember
    from helpline.training import is_current, live_model

    live = live_model()
    if live is None:
        click.echo("No model yet: training one, about two minutes.")
    elif not is_current(live):
        click.echo("The data have changed since the last training: training and checking, about four minutes.")
    if not is_current(live):
        train_and_publish(settings, click.echo)
    elif live is not None:
        remember(live)


def _train_unless_published(settings: Settings) -> None:
    """Train if needed, but leave a model alone that a person published; a candidate that is stopped changes nothing."""
    from helpline.training import live_model

    live = live_model()
    if live is not None and live.published_by not in ("", MACHINE):
        return
    try:
        _train_if_needed(settings)
    except click.ClickException as error:
        if live is None:
            raise
        click.echo(f"Starting with the model as it was. {error.message}", err=True)

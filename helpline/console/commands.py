"""The console's twin on the command line: `helpline staff`, `helpline staff accounts …`, `helpline audit …`."""

from __future__ import annotations

import json
import socket
from typing import Any

import click

from helpline.authoring.commands.plain import PlainGroup
from helpline.settings import Settings

_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(cls=PlainGroup, invoke_without_command=True)
@click.pass_context
def staff(context: click.Context) -> None:
    """Run the staff console until Ctrl-C, and say where to go."""
    if context.invoked_subcommand is None:
        settings: Settings = context.obj
        _check_port(settings)
        from helpline.console.app import serve

        serve(settings, click.echo)


@staff.command("first-link")
@_as_json
@click.pass_obj
def first_link(settings: Settings, as_json: bool) -> None:
    """Make the one-time link with which the first admin makes an account; earlier ones work no more."""
    from helpline.console import accounts, audit, links

    engine = _engine(settings)
    if accounts.has_admin(engine):
        raise click.ClickException("There is an admin already. `helpline staff accounts link NAME` makes a link.")
    link = links.address(settings, links.new_first(engine))
    audit.record(engine, audit.shell_user(), "first link made")
    _say({"link": link, "hours": links.HOURS_FIRST}, link, as_json)


@staff.group("accounts")
def accounts_group() -> None:
    """Who may sign in to the console, and what they may do."""


@accounts_group.command("list")
@_as_json
@click.pass_obj
def list_accounts(settings: Settings, as_json: bool) -> None:
    """List the accounts."""
    from helpline.console import accounts
    from helpline.storage.chain import cell, columns

    found = [_described(account) for account in accounts.everyone(_engine(settings))]
    if as_json or found:
        names = ("name", "full_name", "role", "admin", "enabled", "has_password")
        lines = [list(names)] + [[cell(account[name]) for name in names] for account in found]
        _say(found, columns(lines), as_json)
    else:
        click.echo("There is no account yet. `make staff` shows the link that makes the first one.")


@accounts_group.command("add")
@click.argument("name")
@click.option("--full-name", required=True, help="How colleagues know the person; it also stands at their changes.")
@click.option("--role", default="reviewer", show_default=True, help="reviewer, editor, publisher or auditor.")
@click.option("--admin", is_flag=True, help="May also manage accounts.")
@_as_json
@click.pass_obj
def add_account(settings: Settings, name: str, full_name: str, role: str, admin: bool, as_json: bool) -> None:
    """Add the account NAME and print its one-time link."""
    from helpline.console import accounts, audit

    engine = _engine(settings)
    account = _refused(accounts.add, engine, name, full_name, role, admin)
    audit.record(engine, audit.shell_user(), "account added", after=account.described(), about=account.name)
    _print_link(settings, engine, account, as_json)


@accounts_group.command("change")
@click.argument("name")
@click.option("--full-name", help="How colleagues know the person.")
@click.option("--role", help="reviewer, editor, publisher or auditor.")
@click.option("--admin/--no-admin", default=None, help="Whether they may also manage accounts.")
@click.option("--enable/--disable", "enabled", default=None, help="Whether they may sign in.")
@_as_json
@click.pass_obj
def change_account(settings: Settings, name: str, as_json: bool, **values: Any) -> None:
    """Change the account NAME; a disabled one is signed out at once."""
    from helpline.console import accounts, audit, sessions
    from helpline.console.roles import difference

    engine = _engine(settings)
    given = {option: value for option, value in values.items() if value is not None}
    if not given:
        raise click.UsageError("Say what to change, for example --role editor.")
    before, after = _refused(accounts.change, engine, name, **given)
    if not after.enabled:
        sessions.end_all(engine, after)
    if before != after:
        audit.record(engine, audit.shell_user(), "account changed", *difference(before, after), about=after.name)
    _say(_described(after), f"The account {after.name!r} is saved.", as_json)


@accounts_group.command("link")
@click.argument("name")
@_as_json
@click.pass_obj
def new_link(settings: Settings, name: str, as_json: bool) -> None:
    """Print a one-time link with which NAME chooses a new password."""
    from helpline.console import accounts, audit

    engine = _engine(settings)
    account = _refused(accounts.find, engine, name)
    audit.record(engine, audit.shell_user(), "link made", about=account.name)
    _print_link(settings, engine, account, as_json)


@accounts_group.command("unlock")
@click.argument("name")
@_as_json
@click.pass_obj
def unlock(settings: Settings, name: str, as_json: bool) -> None:
    """Let NAME try to sign in again at once after too many failures."""
    from helpline.console import accounts, audit, lockout

    engine = _engine(settings)
    account = _refused(accounts.find, engine, name)
    found = lockout.unlock(engine, account.name)
    audit.record(engine, audit.shell_user(), "unlocked", about=account.name)
    text = f"{account.name!r} can try again." if found else f"No failed tries of {account.name!r} were noted."
    _say({"name": account.name, "had_failures": found}, text, as_json)


@accounts_group.command("sign-out")
@click.argument("name")
@_as_json
@click.pass_obj
def sign_out(settings: Settings, name: str, as_json: bool) -> None:
    """End all sessions of NAME."""
    from helpline.console import accounts, audit, sessions

    engine = _engine(settings)
    account = _refused(accounts.find, engine, name)
    ended = sessions.end_all(engine, account)
    audit.record(engine, audit.shell_user(), "signed out by an admin", after={"sessions": ended}, about=account.name)
    _say({"name": account.name, "sessions": ended}, f"{ended} sessions of {account.name!r} ended.", as_json)


@click.group("audit", cls=PlainGroup)
def audit_group() -> None:
    """Look into the log of what staff did."""


@audit_group.command("verify")
@_as_json
@click.pass_obj
def verify_audit(settings: Settings, as_json: bool) -> None:
    """Check that no record was changed, taken away or moved; exit code 1 if one was."""
    from helpline.console import audit

    report = audit.verify(_engine(settings))
    found = {"ok": report.ok, "count": report.count, "head": report.head, "broken": report.broken, "why": report.why}
    if report.ok:
        _say(found, f"The audit log is whole: {report.count} records. Hash of the last one: {report.head}", as_json)
        return
    if as_json:
        click.echo(json.dumps(found))
    raise click.ClickException(f"The audit log is broken at record {report.broken}: {report.explanation}.")


@audit_group.command("show")
@click.option("--last", type=click.IntRange(min=1), default=None, help="Only the last N records.")
@_as_json
@click.pass_obj
def show_audit(settings: Settings, last: int | None, as_json: bool) -> None:
    """List the records: who, what, when, before and after."""
    from helpline.console import audit

    records = audit.entries(_engine(settings), last)
    _say(records, audit.table(records) if records else "The audit log is empty.", as_json)


def _engine(settings: Settings) -> Any:
    from helpline.console.database import open_staff

    return open_staff(settings.staff_database_url)


def _refused(function: Any, *arguments: Any, **options: Any) -> Any:
    """Call what works on accounts; what it refuses ends the command with its words."""
    from helpline.console.accounts import AccountError

    try:
        return function(*arguments, **options)
    except AccountError as error:
        raise click.ClickException(str(error)) from error


def _described(account: Any) -> dict[str, Any]:
    return {**account.described(), "has_password": account.has_password}


def _print_link(settings: Settings, engine: Any, account: Any, as_json: bool) -> None:
    from helpline.console import links

    link = links.address(settings, links.new(engine, account))
    text = f"Give {account.full_name} this link. It works once, within {links.HOURS} hours:\n{link}"
    _say({"account": _described(account), "link": link, "hours": links.HOURS}, text, as_json)


def _say(values: Any, text: str, as_json: bool) -> None:
    click.echo(json.dumps(values, ensure_ascii=False) if as_json else text)


def _check_port(settings: Settings) -> None:
    family = socket.AF_INET6 if ":" in settings.staff_host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.staff_host, settings.staff_port))
        except OSError as error:
            port = settings.staff_port
            raise click.ClickException(
                f"Port {port} is taken. Choose another, e.g. `STAFF_PORT={port + 1} make staff`."
            ) from error

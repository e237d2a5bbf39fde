"""`helpline inbox …`: the inbox on the command line."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import click

from helpline.authoring.commands.plain import PlainGroup
from helpline.settings import Settings
from helpline.storage.review import DONE, INBOX, OPEN, QUEUES

_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(cls=PlainGroup)
def inbox() -> None:
    """Look at what the assistant may have got wrong; texts are redacted."""


@inbox.command("list")
@click.option(
    "--queue", type=click.Choice(QUEUES), default=INBOX, show_default=True, help="Possible mistakes, or danger."
)
@click.option("--state", type=click.Choice((OPEN, DONE)), default=OPEN, show_default=True, help="Which ones.")
@click.option("--kind", default="", help="Only those with this reason, such as fallback.")
@click.option("--last", type=click.IntRange(min=1), default=50, show_default=True, help="At most N.")
@_as_json
@click.pass_obj
def list_items(settings: Settings, queue: str, state: str, kind: str, last: int, as_json: bool) -> None:
    """List messages: number, how often seen, why, what it was taken for, and its text."""
    from helpline.review.turns import KINDS
    from helpline.storage import review

    if kind and kind not in KINDS:
        raise click.UsageError(f"--kind is one of: {', '.join(KINDS)}.")
    found = review.items(_engine(settings), queue, state, kind, last)
    lines = [
        f"{item.id:6} {item.count:4}x  {', '.join(item.kinds)}: {item.heard}\n        {item.text}" for item in found
    ]
    _say([asdict(item) for item in found], "\n".join(lines) or "Nothing is here.", as_json)


@inbox.command("show")
@click.argument("item", type=int)
@_as_json
@click.pass_obj
def show_item(settings: Settings, item: int, as_json: bool) -> None:
    """Show message ITEM (its number) with the conversations around it."""
    from helpline.storage import review

    found = review.find(_engine(settings), item)
    if found is None:
        raise click.ClickException(f"There is no message {item}.")
    lines = [found.text, f"{', '.join(found.kinds)}; taken for {found.heard} ({found.confidence:.0%}); {found.state}"]
    for conversation in found.conversations:
        lines += ["", f"Conversation {conversation['id']}, {conversation['channel']}:"]
        for place, line in enumerate(conversation["said"]):
            mark = ">" if place == conversation["place"] else " "
            lines.append(
                f"{mark} {'Visitor  ' if line['who'] == 'person' else 'Assistant'}  {' '.join(line['text'].split())}"
            )
    _say(asdict(found), "\n".join(lines), as_json)


@inbox.command("done")
@click.argument("item", type=int)
@click.option("--again", is_flag=True, help="Open it again.")
@_as_json
@click.pass_obj
def settle(settings: Settings, item: int, again: bool, as_json: bool) -> None:
    """Call message ITEM (its number) done."""
    from helpline.console import audit
    from helpline.console.database import open_staff
    from helpline.storage import review

    who, state = audit.shell_user(), OPEN if again else DONE
    if not review.settle(_engine(settings), item, state, who):
        raise click.ClickException(f"Message {item} is gone, or {'open' if again else 'done'} already.")
    what = "inbox item opened again" if again else "inbox item done"
    audit.record(open_staff(settings.staff_database_url), who, what, about=f"inbox item {item}")
    _say({"id": item, "state": state}, f"Message {item} is {state}.", as_json)


@inbox.command("count")
@_as_json
@click.pass_obj
def count(settings: Settings, as_json: bool) -> None:
    """Say how many messages wait in each queue."""
    from helpline.storage import review

    engine = _engine(settings)
    found = {queue: review.count_items(engine, queue) for queue in QUEUES}
    _say(found, "\n".join(f"{queue}: {number} open" for queue, number in found.items()), as_json)


def _engine(settings: Settings) -> Any:
    from helpline.storage.database import open_engine

    return open_engine(settings.database_url)


def _say(values: Any, text: str, as_json: bool) -> None:
    click.echo(json.dumps(values, ensure_ascii=False) if as_json else text)

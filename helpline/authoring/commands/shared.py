"""What the commands of staff share: who and why, refusals in plain words, the audit log, JSON."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any, Callable, Iterator

import click

from helpline.authoring.errors import RefusedError
from helpline.settings import Settings

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
by_option = click.option("--by", default="", help="Who makes the change; default: the user of this shell.")
_why = click.option("--why", required=True, help="The reason, in a few words; others read it in the history.")
after_option = click.option("--after", help="Label of the topic before it, if it only makes sense after that.")


def changing(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command what every change needs."""
    for option in (click.pass_obj, as_json_option, _why, by_option):
        command = option(command)
    return command


def repository_of(settings: Settings, **more: Any) -> Any:
    """Return the project that staff change; `more` goes to `Repository`."""
    from helpline.authoring.danger_queue import listener
    from helpline.authoring.repository import Repository

    return Repository(Path(settings.staff_project), heard=listener(settings.database_url), **more)


def change(
    settings: Settings, by: str, why: str, as_json: bool, make: Callable[..., Any], *arguments: Any, **options: Any
) -> None:
    """Make a change, note it in the audit log and say what was done."""
    from helpline.console import audit
    from helpline.console.recording import Recorder

    user = audit.shell_user()
    author = by or user.removeprefix("shell:")
    recorder = Recorder(settings.staff_database_url, user, author=author)
    with plainly():
        try:
            commit = make(repository_of(settings, witness=recorder.begin), author, why, *arguments, **options)
        except RefusedError as error:
            recorder.failed(error)
            raise
    recorder.saved(commit)
    following = " Train and publish to make it live." if commit.teaches else ""
    say(commit, f"{commit.summary} ({commit.id[:9]}).{following}", as_json)


def text_of(text: str) -> str:
    """Return a message as given, or from the input where it is ``-``."""
    return sys.stdin.read() if text == "-" else text


@contextmanager
def plainly() -> Iterator[None]:
    """End the command with the words of a refusal."""
    try:
        yield
    except RefusedError as error:
        raise click.ClickException(str(error)) from error


def say(values: Any, text: str, as_json: bool) -> None:
    """Print `values` as JSON, or `text`."""
    click.echo(json.dumps(values, default=_plain, ensure_ascii=False) if as_json else text)


def _plain(value: Any) -> Any:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else str(value)

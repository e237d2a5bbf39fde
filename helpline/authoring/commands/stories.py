"""`helpline stories …` and `helpline changes …`: conversations as stories; the history of what staff changed."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Any

import click

from helpline.authoring.commands.plain import PlainGroup
from helpline.authoring.commands.shared import as_json_option, by_option, change, changing, plainly, repository_of, say
from helpline.settings import Settings


@click.group(cls=PlainGroup)
def stories() -> None:
    """Make stories of conversations, and check stories against the rules."""


@stories.command("look")
@click.argument("conversation")
@as_json_option
@click.pass_obj
def look_at_conversation(settings: Settings, conversation: str, as_json: bool) -> None:
    """Number the messages of CONVERSATION (its id) with what each was taken for."""
    turns = _turns(settings, conversation)
    lines = [f"{place}. {turn.heard:32} {turn.tier:4} {turn.text}" for place, turn in enumerate(turns, 1)]
    say(turns, "\n".join(lines), as_json)


@stories.command("add")
@click.argument("conversation")
@click.argument("title")
@click.option("--turns", "span", default="", help="Which messages, such as 2-5; default: all.")
@click.option(
    "--means", multiple=True, help="What a message means, such as 3=faq/medicaid; once for each mistaken one."
)
@click.option(
    "--leans", multiple=True, type=int, help="Number of a message that only makes sense after the one before."
)
@click.option("--move", is_flag=True, help="Take messages from where they are filed now.")
@click.option("--check", is_flag=True, help="Only show the story and what is wrong with it.")
@click.option("--why", default="", help="The reason, in a few words; others read it in the history.")
@by_option
@as_json_option
@click.pass_obj
def add_story(
    settings: Settings,
    as_json: bool,
    by: str,
    why: str,
    check: bool,
    move: bool,
    conversation: str,
    title: str,
    span: str,
    means: tuple[str, ...],
    leans: tuple[int, ...],
) -> None:
    """Make a story TITLE of CONVERSATION; mistaken messages in it are filed under what they mean."""
    from dataclasses import replace

    from helpline.authoring import stories as all_stories

    meant = dict(entry.partition("=")[::2] for entry in means)
    turns = [
        (place, replace(turn, label=meant.pop(str(place), turn.label), leans=place in leans))
        for place, turn in enumerate(_turns(settings, conversation), 1)
    ]
    if meant:
        raise click.ClickException(f"There is no message {', '.join(meant)} in this conversation.")
    first, _, last = span.partition("-")
    if span and not (first.isdigit() and (last or first).isdigit()):
        raise click.UsageError("Name messages as 2-5, or as 3.")
    kept = [turn for place, turn in turns if not span or int(first) <= place <= int(last or first)]
    if not check:
        change(settings, by, why, as_json, all_stories.create, title, kept, move)
        return
    story = all_stories.preview(repository_of(settings), title, kept, move)
    lines = [f"{'Person   ' if step.who == 'person' else 'Assistant'}  {step.what}" for step in story.steps]
    say(story, "\n".join([*lines, *story.lessons, *(f"! {problem}" for problem in story.problems)]), as_json)
    sys.exit(bool(story.problems))


@stories.command("check")
@as_json_option
@click.pass_obj
def check_stories(settings: Settings, as_json: bool) -> None:
    """Say where stories and rules contradict each other; exit code 1 if they do."""
    from helpline.authoring.catalogue import current
    from helpline.authoring.rules import conflicts

    found = conflicts(current(repository_of(settings).root))
    say(found, "\n".join(found) or "Stories and rules agree.", as_json)
    sys.exit(bool(found))


@click.group(cls=PlainGroup)
def changes() -> None:
    """The history of what staff changed."""


@changes.command("list")
@click.option("--last", type=click.IntRange(min=1), default=20, show_default=True, help="Only the last N.")
@click.option("--since", default=None, help="Only what came after this commit.")
@as_json_option
@click.pass_obj
def list_changes(settings: Settings, last: int, since: str | None, as_json: bool) -> None:
    """List the changes, latest first."""
    from helpline.authoring.repository import lines_of

    with plainly():
        found = repository_of(settings).history(last, since)
    say(found, lines_of(found) or "Staff have changed nothing.", as_json)


@changes.command("show")
@click.argument("identity", metavar="CHANGE")
@as_json_option
@click.pass_obj
def show_change(settings: Settings, identity: str, as_json: bool) -> None:
    """Show who made CHANGE (the beginning of its id), why, and what it changed."""
    repository = repository_of(settings)
    with plainly():
        commit = repository.find(identity)
        difference = repository.difference(commit.id)
    head = f"{commit.summary}\n{commit.author}, {commit.time}: {commit.reason}"
    say({**asdict(commit), "difference": difference}, f"{head}\n\n{difference}", as_json)


@changes.command("undo")
@click.argument("identity", metavar="CHANGE")
@changing
def undo_change(settings: Settings, by: str, why: str, as_json: bool, identity: str) -> None:
    """Take back CHANGE (the beginning of its id); what came after it stays."""
    from helpline.authoring import changes as all_changes

    change(settings, by, why, as_json, all_changes.undo, identity)


def _turns(settings: Settings, conversation: str) -> list[Any]:
    from helpline.authoring.stories import turns_of
    from helpline.storage.database import open_engine, read_events

    turns = turns_of(read_events(open_engine(settings.database_url), conversation))
    if not turns:
        raise click.ClickException(f"No messages of a conversation {conversation!r} are stored.")
    return turns

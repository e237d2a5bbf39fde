"""`helpline annotate …`: what messages mean."""

from __future__ import annotations

from typing import Any

import click

from helpline.authoring.commands.plain import PlainGroup
from helpline.authoring.commands.shared import (
    after_option,
    as_json_option,
    change,
    changing,
    plainly,
    repository_of,
    say,
    text_of,
)
from helpline.settings import Settings


@click.group(cls=PlainGroup)
def annotate() -> None:
    """Say what messages mean. TEXT can be - to read it from the input, so that the shell does not keep it."""


@annotate.command("look")
@click.argument("text")
@after_option
@as_json_option
@click.pass_obj
def look(settings: Settings, text: str, after: str | None, as_json: bool) -> None:
    """Show where TEXT is filed already, whether it sounds like danger, and which topics are likely."""
    from helpline.authoring import annotate as annotating
    from helpline.authoring.catalogue import current

    repository = repository_of(settings)
    with plainly():
        known = annotating.standing(repository, text_of(text), after)
        found = current(repository.root).search(known.text, 3)
    danger = known.danger.category if known.danger else None
    lines = [f"Message: {known.text}"]
    lines += [f"Filed under {example.label} in {example.file}." for example in known.filed]
    lines += [f"Sounds like danger: {danger}. Two people must agree on it."] if danger else []
    lines += [f"The assistant heard danger in it ({known.heard})."] if known.heard else []
    lines += ["It is in the frozen test set and cannot be learned."] if known.held_out else []
    lines += [f"Set aside by {known.aside['by']}: {known.aside['why']}."] if known.aside else []
    lines += [f"{topic.score:4.0%}  {topic.label}  {topic.title}" for topic in found]
    values = {
        "text": known.text,
        "filed": known.filed,
        "danger": danger,
        "heard": known.heard,
        "held_out": known.held_out,
    }
    say({**values, "set_aside": known.aside, "suggestions": found}, "\n".join(lines), as_json)


@annotate.command("file")
@click.argument("text")
@click.argument("label")
@after_option
@click.option("--move", is_flag=True, help="Take it from where it is filed now.")
@click.option("--again", is_flag=True, help="File it though somebody set it aside.")
@changing
def file_under(settings: Settings, by: str, why: str, as_json: bool, text: str, label: str, **options: Any) -> None:
    """File TEXT under LABEL, such as faq/medicaid; the next training learns it."""
    from helpline.authoring import annotate as annotating

    change(settings, by, why, as_json, annotating.file_under, text_of(text), label, **options)


@annotate.command("aside")
@click.argument("text")
@after_option
@changing
def aside(settings: Settings, by: str, why: str, as_json: bool, text: str, after: str | None) -> None:
    """Note that TEXT is not for training, and take it out of the files; its words are not kept."""
    from helpline.authoring import annotate as annotating

    change(settings, by, why, as_json, annotating.set_aside, text_of(text), after)


@annotate.command("want")
@click.argument("text")
@click.argument("title")
@changing
def want(settings: Settings, by: str, why: str, as_json: bool, text: str, title: str) -> None:
    """Keep TEXT for a topic TITLE that is not there yet."""
    from helpline.authoring import annotate as annotating

    change(settings, by, why, as_json, annotating.want_topic, text_of(text), title)


@annotate.command("danger")
@click.argument("text")
@click.argument("label")
@click.option("--tier", default="", help="How urgent: T2s, T2 or T3; default: the usual one of its kind.")
@click.option("--subject", default="self", show_default=True, help="Whom it is about: self or other.")
@changing
def danger(
    settings: Settings, by: str, why: str, as_json: bool, text: str, label: str, tier: str, subject: str
) -> None:
    """Propose TEXT as crisis/CATEGORY, support/CATEGORY or near_miss; somebody else must confirm it."""
    from helpline.authoring import crisis

    change(settings, by, why, as_json, crisis.propose, text_of(text), label, tier, subject)


@annotate.command("remove-danger")
@click.argument("text")
@changing
def remove_danger(settings: Settings, by: str, why: str, as_json: bool, text: str) -> None:
    """Propose to take TEXT out, which staff filed under danger; somebody else must confirm it."""
    from helpline.authoring import crisis

    change(settings, by, why, as_json, crisis.propose_removal, text_of(text))


@annotate.command("proposals")
@as_json_option
@click.pass_obj
def list_proposals(settings: Settings, as_json: bool) -> None:
    """List what waits for a second person."""
    from helpline.authoring import crisis

    found = crisis.proposals(repository_of(settings))
    lines = [f"{p.number}. {p.act} {p.label} {p.tier} ({p.by}, {p.on}: {p.why})\n   {p.text}" for p in found]
    say(found, "\n".join(lines) or "Nothing waits for a second person.", as_json)


@annotate.command("confirm")
@click.argument("proposal")
@changing
def confirm(settings: Settings, by: str, why: str, as_json: bool, proposal: str) -> None:
    """Confirm PROPOSAL, its number or text, which somebody else made."""
    from helpline.authoring import crisis

    change(settings, by, why, as_json, crisis.confirm, crisis.numbered(repository_of(settings), text_of(proposal)))


@annotate.command("reject")
@click.argument("proposal")
@changing
def reject(settings: Settings, by: str, why: str, as_json: bool, proposal: str) -> None:
    """Take back PROPOSAL, its number or text."""
    from helpline.authoring import crisis

    change(settings, by, why, as_json, crisis.reject, crisis.numbered(repository_of(settings), text_of(proposal)))

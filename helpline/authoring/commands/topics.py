"""`helpline topics …`: topics and their answers."""

from __future__ import annotations

import sys
from typing import Any

import click

from helpline.authoring.commands.plain import PlainGroup
from helpline.authoring.commands.shared import as_json_option, by_option, change, changing, plainly, repository_of, say
from helpline.settings import Settings


@click.group(cls=PlainGroup)
def topics() -> None:
    """Look at topics and their answers, change them, add new ones."""


@topics.command("list")
@click.argument("query", required=False)
@as_json_option
@click.pass_obj
def list_topics(settings: Settings, query: str | None, as_json: bool) -> None:
    """List all topics, or those that fit QUERY, with the number of messages for each."""
    from helpline.authoring.catalogue import current

    catalogue = current(repository_of(settings).root)
    labels = [found.label for found in catalogue.search(query)] if query else sorted(catalogue.labels)
    rows = [{"label": at, "title": catalogue.labels[at], "messages": catalogue.counts[at]} for at in labels]
    lines = [f"{row['messages']:6}  {row['label']:40}  {row['title']}" for row in rows]
    say(rows, "\n".join(lines) or "No topic fits.", as_json)


@topics.command("show")
@click.argument("label")
@as_json_option
@click.pass_obj
def show_topic(settings: Settings, label: str, as_json: bool) -> None:
    """Show the answer of the topic LABEL, how hard it reads, and its length on each channel."""
    from helpline.authoring import answers
    from helpline.authoring import topics as all_topics
    from helpline.authoring.catalogue import current

    catalogue = current(repository_of(settings).root)
    with plainly():
        answer = all_topics.find(catalogue, label)
    review = answers.review(answer, catalogue, answer)
    say({"answer": answer, "review": review}, _described(answer, review), as_json)


@topics.command("edit")
@click.argument("label")
@click.option("--text", help="The answer.")
@click.option("--title", help="A few words for buttons.")
@click.option("--question", help="What its button asks.")
@click.option("--cite", "citations", multiple=True, help="A heading of the document; once for each, in order.")
@click.option("--fact", "facts", multiple=True, help="A fact that the answer states, such as F084; once for each.")
@click.option("--suggest", "suggestions", multiple=True, help="A topic that people ask next; once for each.")
@click.option("--check", is_flag=True, help="Only say what would be wrong.")
@click.option("--why", default="", help="The reason, in a few words; others read it in the history.")
@by_option
@as_json_option
@click.pass_obj
def edit_topic(settings: Settings, as_json: bool, by: str, why: str, check: bool, label: str, **values: Any) -> None:
    """Change the answer of the topic LABEL; what is left out stays."""
    from helpline.authoring import answers
    from helpline.authoring import topics as all_topics
    from helpline.authoring.catalogue import current

    given = {name: value for name, value in values.items() if value not in (None, ())}
    if not check:
        change(settings, by, why, as_json, all_topics.change_answer, label, **given)
        return
    catalogue = current(repository_of(settings).root)
    with plainly():
        before = all_topics.find(catalogue, label)
    answer = answers.edited(before, **given)
    review = answers.review(answer, catalogue, before)
    say({"answer": answer, "review": review}, _described(answer, review), as_json)
    sys.exit(bool(review.problems))


@topics.command("new")
@click.argument("group", type=click.Choice(["faq", "not_covered"]))
@click.argument("title")
@click.option("--text", required=True, help="The answer.")
@click.option("--question", required=True, help="What its button asks.")
@click.option("--cite", "citations", multiple=True, help="A heading of the document; once for each, in order.")
@click.option("--fact", "facts", multiple=True, help="A fact that the answer states, such as F084; once for each.")
@click.option("--suggest", "suggestions", multiple=True, help="A topic that people ask next; once for each.")
@click.option("--messages", type=click.File(encoding="utf-8"), help="What people ask, one message a line; - for input.")
@click.option("--wanted", default="", help="Name of the wanted topic whose messages come along.")
@changing
def new_topic(
    settings: Settings,
    by: str,
    why: str,
    as_json: bool,
    group: str,
    title: str,
    messages: Any,
    wanted: str,
    **values: Any,
) -> None:
    """Add a topic TITLE: answered by the article (faq), or not covered by it (not_covered)."""
    from helpline.authoring import topics as all_topics

    with plainly():
        answer = all_topics.draft(group, title, **values)
    lines = messages.read().splitlines() if messages else []
    change(settings, by, why, as_json, all_topics.create, answer, lines, wanted)


@topics.command("wanted")
@as_json_option
@click.pass_obj
def list_wanted(settings: Settings, as_json: bool) -> None:
    """List the topics that staff ask for, with the number of messages that wait for each."""
    from helpline.authoring import topics as all_topics

    found = all_topics.wanted(repository_of(settings))
    lines = [f"{len(topic.messages):4}  {topic.name}  {topic.title} ({topic.by}, {topic.on})" for topic in found]
    say(found, "\n".join(lines) or "Nobody asks for a new topic.", as_json)


def _described(answer: Any, review: Any) -> str:
    lines = [f"{answer.label}: {answer.title}", f"Button asks: {answer.question}", "", answer.text, ""]
    lines += [f"Source: {'; '.join(answer.citations)}", f"Facts: {', '.join(answer.facts) or 'none'}"]
    lines += [
        f"Next: {', '.join(answer.suggestions) or 'none'}",
        f"Reads like grade {review.grade}, {review.words} words.",
    ]
    lines += [
        f"{view.title}: {view.length} characters"
        + (f" of {view.limit}" if view.limit else "")
        + (f", {view.parts} text messages" if view.parts else "")
        for view in review.previews
    ]
    return "\n".join([*lines, *(f"! {line}" for line in review.problems), *(f"? {line}" for line in review.hints)])

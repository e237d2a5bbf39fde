"""A stored conversation as a story: what each message meant, a preview of its course, what contradicts the rules."""

from __future__ import annotations

from sanic.request import Request
from sanic.response import HTTPResponse

from helpline.authoring import rules, stories
from helpline.authoring.catalogue import GUARDED_GROUPS, TOPIC_GROUPS
from helpline.authoring.errors import RefusedError
from helpline.authoring.stories import Story, Turn
from helpline.console.pages import Menu, Pages
from helpline.console.project import catalogue_of, change, given, grouped, many, project
from helpline.console.rendering import redirect, render
from helpline.console.roles import EDITOR
from helpline.storage.database import open_engine, read_events

pages = Pages("stories", Menu("Stories", "/stories", EDITOR, "Make a story of a conversation that went wrong."))


@pages.page("/stories", role=EDITOR)
def show(request: Request) -> HTTPResponse:
    """The stories there are, and where a new one starts."""
    return _list(request, "")


@pages.page("/stories/new", ("POST",), role=EDITOR)
def start(request: Request) -> HTTPResponse:
    """The messages of a conversation with what each was taken for; its id comes by a form, not in the address."""
    conversation = given(request, "conversation")
    turns = _turns(request, conversation)
    if not turns:
        return _list(request, "No messages of this conversation are stored. It may have reached the end of its time.")
    return _form(request, conversation, turns, [True] * len(turns), "", None)


@pages.page("/stories/preview", ("POST",), role=EDITOR)
def preview(request: Request) -> HTTPResponse:
    """The story's course as it would be, or the saved story."""
    conversation, title = given(request, "conversation"), given(request, "title")
    turns = _turns(request, conversation)
    kept = [str(place) in many(request, "keep") for place in range(len(turns))]
    meant = [_meant(request, place, turn) for place, turn in enumerate(turns)]
    chosen = [turn for turn, keep in zip(meant, kept, strict=True) if keep]
    move = given(request, "move") == "yes"
    story = stories.preview(project(request), title, chosen, move)
    if given(request, "act") != "save":
        return _form(request, conversation, meant, kept, title, story)
    try:
        change(request, stories.create, title, chosen, move)
    except RefusedError as error:
        return _form(request, conversation, meant, kept, title, story, str(error))
    return redirect("/stories")


def _turns(request: Request, conversation: str) -> list[Turn]:
    """Return the turns of a stored conversation; its text was redacted when it was stored."""
    engine = open_engine(request.app.ctx.settings.database_url)
    try:
        return stories.turns_of(read_events(engine, conversation)) if conversation else []
    finally:
        engine.dispose()


def _meant(request: Request, place: int, turn: Turn) -> Turn:
    label = given(request, f"label-{place}") or turn.label
    return Turn(turn.text, label, turn.heard, turn.tier, str(place) in many(request, "leans"))


def _list(request: Request, problem: str) -> HTTPResponse:
    catalogue = catalogue_of(request)
    found = [(name, [label for label, _ in course]) for name, course in rules.stories_of(catalogue)]
    conflicts = rules.conflicts(catalogue)
    status = 400 if problem else 200
    return render(request, "stories.html", status, stories=found, conflicts=conflicts, problem=problem)


def _form(
    request: Request,
    conversation: str,
    turns: list[Turn],
    kept: list[bool],
    title: str,
    story: Story | None,
    problem: str = "",
) -> HTTPResponse:
    catalogue = catalogue_of(request)
    return render(
        request,
        "story_new.html",
        400 if problem else 200,
        conversation=conversation,
        turns=list(zip(turns, kept, strict=True)),
        title=title,
        why=given(request, "why"),
        move=given(request, "move") == "yes",
        story=story,
        problems=list(story.problems) if story and story.problems else problem.splitlines(),
        groups=grouped(catalogue, GUARDED_GROUPS),
        labels=catalogue.labels,
        topic_groups=TOPIC_GROUPS,
    )

"""Topics: look at answers, change one with everything that is wrong named beside it, add a new one."""

from __future__ import annotations

from typing import Any

from sanic.exceptions import NotFound
from sanic.request import Request
from sanic.response import HTTPResponse

from helpline.authoring import answers, topics, words
from helpline.authoring.catalogue import FEWEST_MESSAGES, TOPIC_GROUPS, Answer, Catalogue
from helpline.authoring.errors import ChangedSinceError, RefusedError
from helpline.console.pages import Menu, Pages
from helpline.console.project import catalogue_of, change, given, many, project
from helpline.console.rendering import redirect, render
from helpline.console.roles import EDITOR, REVIEWER

_MOST_FOUND = 20


def _wanted(request: Request) -> dict[str, int]:
    return {"Wanted topics": len(topics.wanted(project(request)))}


pages = Pages("topics", Menu("Topics", "/topics", REVIEWER, "Read answers, change them, and add new topics.", _wanted))


@pages.page("/topics", role=REVIEWER)
def show(request: Request) -> HTTPResponse:
    """All topics, or those that fit a search."""
    catalogue = catalogue_of(request)
    query = str(request.args.get("q") or "").strip()
    found = [topic.label for topic in catalogue.search(query, _MOST_FOUND)] if query else sorted(catalogue.answers)
    shown = [catalogue.answers[label] for label in found if label in catalogue.answers]
    return render(
        request,
        "topics.html",
        query=query,
        shown=shown,
        counts=catalogue.counts,
        wanted=topics.wanted(project(request)),
        fewest=FEWEST_MESSAGES,
    )


@pages.page("/topics/new", role=EDITOR)
def new(request: Request) -> HTTPResponse:
    """The form for a new topic; `wanted` names one that staff asked for."""
    name = str(request.args.get("wanted") or "")
    asked = next((topic for topic in topics.wanted(project(request)) if topic.name == name), None)
    values = {"title": asked.title if asked else "", "wanted": asked.name if asked else ""}
    return _new(request, values, [])


@pages.page("/topics/new", ("POST",), role=EDITOR)
def add(request: Request) -> HTTPResponse:
    """Check a new topic, or save it."""
    names = ("group", "title", "text", "question", "messages", "wanted", "why")
    values: dict[str, Any] = {name: given(request, name) for name in names}
    values |= {name: many(request, name) for name in ("citations", "facts", "suggestions")}
    lines = values["messages"].splitlines()
    try:
        fields = _of_answer(values)
        answer = topics.draft(values["group"], fields.pop("title"), **fields)
        if given(request, "act") != "save":
            waiting = next((t.messages for t in topics.wanted(project(request)) if t.name == values["wanted"]), ())
            review = answers.review(answer, catalogue_of(request))
            faults = topics.check_messages(project(request), [*waiting, *lines])
            return _new(request, values, [*review.problems, *faults], review)
        change(request, topics.create, answer, lines, values["wanted"])
    except RefusedError as error:
        return _new(request, values, str(error).splitlines())
    return redirect(f"/topics/{answer.label}")


@pages.page("/topics/<group:str>/<name:str>", role=REVIEWER)
def one(request: Request, group: str, name: str) -> HTTPResponse:
    """An answer with its reading level and how it reads on each channel; those who may change it get the form."""
    answer = _find(catalogue_of(request), group, name)
    return _one(request, answer, answer, "")


@pages.page("/topics/<group:str>/<name:str>", ("POST",), role=EDITOR)
def edit(request: Request, group: str, name: str) -> HTTPResponse:
    """Check a changed answer, or save it."""
    before = _find(catalogue_of(request), group, name)
    values: dict[str, Any] = {field: given(request, field) for field in ("text", "title", "question")}
    values |= {field: many(request, field) for field in ("citations", "facts", "suggestions")}
    after = answers.edited(before, **_of_answer(values))
    seen, why = given(request, "seen"), given(request, "why")
    if given(request, "act") != "save":
        return _one(request, before, after, why, checked=True, changed=seen != answers.version(before))
    try:
        change(request, topics.change_answer, before.label, seen, **_of_answer(values))
    except ChangedSinceError:
        return _one(request, _find(catalogue_of(request), group, name), after, why, changed=True)
    except RefusedError as error:
        return _one(request, before, after, why, str(error))
    return redirect(f"/topics/{before.label}")


def _find(catalogue: Catalogue, group: str, name: str) -> Answer:
    if group not in TOPIC_GROUPS or f"{group}/{name}" not in catalogue.answers:
        raise NotFound("There is no such topic.")
    return catalogue.answers[f"{group}/{name}"]


def _of_answer(values: dict[str, Any]) -> dict[str, Any]:
    names = ("text", "title", "question", "citations", "facts", "suggestions")
    return {name: values[name] for name in names if name in values}


def _one(
    request: Request,
    before: Answer,
    after: Answer,
    why: str,
    problem: str = "",
    checked: bool = False,
    changed: bool = False,
) -> HTTPResponse:
    """Return a topic's page.

    Args:
        request: what is answered.
        before: the answer as it is.
        after: as it stands in the form.
        why: the reason in the form.
        problem: why it was not saved.
        checked: whether the person asked what is wrong with it.
        changed: whether the answer is another one than the person saw: both are shown.
    """
    catalogue = catalogue_of(request)
    review = answers.review(after, catalogue, before)
    examples = [e.text for e in catalogue.examples if e.label == before.label and e.block.after is None]
    return render(
        request,
        "topic.html",
        409 if changed else 400 if problem else 200,
        before=before,
        answer=after,
        changed=changed,
        version=answers.version(before),
        review=review,
        problems=list(review.problems) or problem.splitlines(),
        checked=checked,
        why=why,
        latest=examples[-5:],
        count=len(examples),
        **_choices(catalogue, before.label),
    )


def _new(
    request: Request, values: dict[str, Any], problems: list[str], review: answers.Review | None = None
) -> HTTPResponse:
    blank: dict[str, Any] = dict.fromkeys(("title", "text", "question", "messages", "wanted", "why"), "")
    blank |= {"group": "not_covered", "citations": [], "facts": [], "suggestions": []}
    asked = [topic for topic in topics.wanted(project(request)) if topic.name == values.get("wanted")]
    return render(
        request,
        "topic_new.html",
        400 if problems and review is None else 200,
        given={**blank, **values},
        problems=problems,
        review=review,
        waiting=asked[0].messages if asked else (),
        fewest=FEWEST_MESSAGES,
        **_choices(catalogue_of(request), ""),
    )


def _choices(catalogue: Catalogue, label: str) -> dict[str, Any]:
    """Return what an answer can cite, state and suggest."""
    return {
        "headings": catalogue.headings,
        "facts": catalogue.facts,
        "others": sorted(
            (
                (other.label.removeprefix("faq/"), other.title)
                for other in catalogue.answers.values()
                if other.label.startswith("faq/") and other.label != label
            ),
            key=lambda choice: choice[1],
        ),
        "most_suggestions": words.MOST_SUGGESTIONS,
        "most_words": words.MOST_WORDS,
    }

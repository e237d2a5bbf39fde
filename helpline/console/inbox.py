"""The inbox: messages that the assistant may have got wrong, most frequent first; danger in a queue of its own."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Any, Mapping
from urllib.parse import urlencode

import sqlalchemy as sa
from sanic.exceptions import NotFound
from sanic.request import Request
from sanic.response import HTTPResponse

from helpline.console.pages import Menu, Pages, audit, tell
from helpline.console.project import given, labels_of
from helpline.console.rendering import redirect, render
from helpline.console.roles import EDITOR, REVIEWER, may
from helpline.review.turns import DANGER, KINDS, said, turns_of
from helpline.storage import review
from helpline.storage.database import open_engine, read_last_events
from helpline.storage.review import CRISIS, DONE, INBOX, OPEN, QUEUES, Item

PER_PAGE = 25
# Of the conversations with a message, and of the events of each.
_MOST_SHOWN = 5
_MOST_EVENTS = 400
# In the crisis queue there is one kind only.
_KINDS = {kind: words for kind, words in KINDS.items() if kind != DANGER}
_STATES = {OPEN: "open", DONE: "done"}


def conversations(request: Request) -> sa.engine.Engine:
    """Return the engine of the conversations' database, opened once."""
    return _opened(request.app.ctx.settings.database_url)


@lru_cache(maxsize=4)
def _opened(url: str) -> sa.engine.Engine:
    return open_engine(url)


def _waiting(request: Request) -> dict[str, int]:
    engine = conversations(request)
    return {
        "Messages of danger": review.count_items(engine, CRISIS),
        "Possible mistakes": review.count_items(engine, INBOX),
    }


pages = Pages("inbox", Menu("Inbox", "/inbox", REVIEWER, "What the assistant may have got wrong.", _waiting))


@pages.page("/inbox", role=REVIEWER)
def show(request: Request) -> HTTPResponse:
    """A queue, open or done, with a filter by kind."""
    queue = _choice(request, "queue", QUEUES)
    state = _choice(request, "state", tuple(_STATES))
    kind = _choice(request, "kind", ("", *_KINDS)) if queue == INBOX else ""
    engine = conversations(request)
    count = review.count_items(engine, queue, state, kind)
    last = max(1, -(-count // PER_PAGE))
    number = str(request.args.get("page") or "1")
    page = min(max(1, int(number)), last) if number.isascii() and number.isdecimal() and len(number) < 7 else 1
    return render(
        request,
        "inbox.html",
        queue=queue,
        state=state,
        kind=kind,
        kinds=_KINDS,
        items=review.items(engine, queue, state, kind, PER_PAGE, (page - 1) * PER_PAGE),
        count=count,
        open_counts={name: review.count_items(engine, name) for name in QUEUES},
        number=page,
        last=last,
        address=lambda **changes: _address(queue=queue, state=state, kind=kind, **changes),
        words=KINDS,
        labels=labels_of(request),
        waited=waited,
    )


@pages.page("/inbox/<item:int>", role=REVIEWER)
def one(request: Request, item: int) -> HTTPResponse:
    """A message with the conversation around it, and what can be done with it."""
    found = review.find(conversations(request), item)
    if found is None:
        raise NotFound("There is no such message.")
    labels = labels_of(request)
    return render(
        request,
        "inbox_one.html",
        item=found,
        conversations=[_whole(request, conversation) for conversation in found.conversations[:_MOST_SHOWN]],
        more=max(0, len(found.conversations) - _MOST_SHOWN),
        words=KINDS,
        labels=labels,
        may_write_stories=may(request.ctx.account, EDITOR),
        waited=waited,
        guesses=[(label, labels.get(label, label), probability) for label, probability in found.guesses],
    )


@pages.page("/inbox/<item:int>", ("POST",), role=REVIEWER)
def settle(request: Request, item: int) -> HTTPResponse:
    """Call a message done, or open again; then the next one is shown."""
    engine = conversations(request)
    found = review.find(engine, item)
    state = given(request, "act")
    if found is not None and state not in _STATES:
        tell(request, "Nothing was changed: choose Done, or Open again.", "problem")
        return redirect(f"/inbox/{item}")
    if found is None:
        tell(request, "This message is gone: the conversation was deleted, or its time is up.", "problem")
        return redirect("/inbox")
    if review.settle(engine, item, state, request.ctx.account.name):
        audit(request, f"inbox item {'done' if state == DONE else 'opened again'}", about=f"inbox item {item}")
        tell(request, "Done. Here is the next one." if state == DONE else "It is open again.")
    if state == OPEN:
        return redirect(f"/inbox/{item}")
    following = review.items(engine, found.queue, most=1)
    return redirect(f"/inbox/{following[0].id}" if following else _address(queue=found.queue))


def waited(item: Item) -> str:
    """Return how long a message waited for somebody to look at it, or waits still, in words."""
    seconds = (item.settled_at or time.time()) - item.first
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {name}{'' if count == 1 else 's'}"
    return "less than a minute"


def _whole(request: Request, conversation: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a conversation with all that came before and after the message, as long as it is stored."""
    turns = turns_of(read_last_events(conversations(request), conversation["id"], _MOST_EVENTS))
    place = next((number for number, turn in enumerate(turns) if turn.time == conversation["time"]), None)
    return conversation if place is None else {**conversation, **said(turns, place)}


def _choice(request: Request, name: str, values: tuple[str, ...]) -> str:
    value = str(request.args.get(name) or "")
    return value if value in values else values[0]


def _address(**values: Any) -> str:
    usual = {"queue": INBOX, "state": OPEN, "kind": "", "page": 1}
    said = {name: value for name, value in values.items() if value != usual[name]}
    if said.get("queue") == CRISIS:
        said.pop("kind", None)
    return f"/inbox?{urlencode(said)}" if said else "/inbox"

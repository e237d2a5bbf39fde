"""Messages, topics, stories and changes in the console: forms do what commands do, in the name of who signed in."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pytest
import pytest_asyncio
from console_server import Answer, Console, Visit, console
from small_project import git, make_project

from helpline.authoring import crisis
from helpline.authoring.catalogue import current
from helpline.authoring.repository import Repository
from helpline.authoring.texts import mark
from helpline.console import audit, recording
from helpline.storage import review
from helpline.storage.database import append_events, file_for_review, open_engine

pytestmark = pytest.mark.asyncio(loop_scope="module")

MESSAGE = "is my card from the last state still any good to you"
WHY = "it was understood wrongly"


@dataclass
class Staff:
    """A console over a small project, and a browser of a reviewer and of an editor."""

    console: Console
    root: Path
    rita: Visit
    edda: Visit

    @property
    def repository(self) -> Repository:
        return Repository(self.root)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def staff(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Staff]:
    folder = tmp_path_factory.mktemp("authoring")
    root = make_project(folder / "project")
    async with console(folder, staff_project=str(root)) as running, Visit(running) as rita, Visit(running) as edda:
        await rita.sign_in("rita")
        await edda.sign_in("edda")
        yield Staff(running, root, rita, edda)


@pytest.fixture(autouse=True)
def as_it_came(staff: Staff) -> None:
    """Take the project back to its first commit."""
    git(staff.root, "reset", "--hard", "--quiet", git(staff.root, "rev-list", "--max-parents=0", "HEAD").strip())


def said(answer: Answer) -> str:
    """Return what a page says, in words."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.page)).split())


async def test_a_message_is_looked_up_and_filed(staff: Staff) -> None:
    await staff.rita.get("/annotate")
    page = await staff.rita.post("/annotate", {"text": "can medicaid pay for my dad, call 714-555-0100"})
    assert page.status == 200
    assert "can medicaid pay for my dad, call [phone]" in said(page)
    assert 'value="faq/medicaid" data-key="1"' in page.page
    page = await staff.rita.post(
        "/annotate/file", {"text": MESSAGE, "label": "faq/medicaid", "why": WHY, "act": "file"}
    )
    assert page.heading == "What does it mean?"
    assert "Saved: Add a message: faq/medicaid" in page.notice
    (commit,) = staff.repository.history()
    assert (commit.author, commit.reason) == ("rita", WHY)
    record = audit.entries(staff.console.staff)[-1]
    assert (record["who"], record["what"], record["reason"]) == ("rita", "annotation saved", WHY)
    assert MESSAGE not in json.dumps(record)


async def test_a_refusal_keeps_what_was_typed(staff: Staff) -> None:
    await staff.rita.get("/annotate")
    fields = {"text": "i want to kill myself", "label": "faq/medicaid", "why": "my own words", "act": "file"}
    page = await staff.rita.post("/annotate/file", fields)
    assert page.status == 400
    assert "sounds like danger" in page.notice
    assert "i want to kill myself" in page.page
    assert 'value="my own words"' in page.page
    assert staff.repository.history() == []


def in_inbox(staff: Staff, text: str, **message: object) -> int:
    """Put a message into the inbox and return its number."""
    engine = open_engine(staff.console.settings.database_url)
    append_events(engine, text, [{"event": "user", "text": text, "timestamp": 5.0}])
    heard = {"text": text, "heard": "faq/insurance", **message}
    around = {"channel": "web", "place": 0, "said": []}
    file_for_review(engine, [review.Sighting(review.INBOX, mark(text), ("fallback",), text, 5.0, heard, around)])
    return next(item.id for item in review.items(engine, review.INBOX) if item.text == text)


async def test_a_message_comes_from_the_inbox_and_is_done_once_it_is_filed(staff: Staff) -> None:
    number = in_inbox(staff, MESSAGE, after="faq/medicaid", guesses=[["faq/insurance", 0.61], ["near_miss", 0.2]])
    page = await staff.rita.get("/annotate", params={"item": str(number)})
    assert MESSAGE in page.page
    assert 'value="faq/insurance" data-key="1"' in page.page
    assert "61 %" in said(page)
    assert "it came after the topic Medicaid and treatment" in said(page)
    assert "near_miss" not in re.findall(r'name="label" id="guess-\d" value="([^"]+)"', page.page)
    fields = {"text": MESSAGE, "label": "faq/medicaid", "why": WHY, "act": "file", "item": str(number)}
    answer = await staff.rita.post("/annotate/file", fields, allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/inbox")
    item = review.find(open_engine(staff.console.settings.database_url), number)
    assert item is not None
    assert (item.state, item.settled_by) == (review.DONE, "rita")
    for unknown in ("999", "x", "-1"):
        assert (await staff.rita.get("/annotate", params={"item": unknown})).status == 200


async def test_what_the_assistant_heard_as_danger_is_no_topic_whatever_the_form_says(staff: Staff) -> None:
    number = in_inbox(staff, f"{MESSAGE} tonight", tier="T2s", category="suicide_passive")
    page = await staff.rita.get("/annotate", params={"item": str(number)})
    assert "The assistant heard danger" in said(page)
    assert "File it under a topic" not in said(page)
    assert "Propose it" in said(page)
    fields = {"text": "quite another text", "label": "faq/medicaid", "why": WHY, "act": "file", "item": str(number)}
    assert "sounds like danger" in (await staff.rita.post("/annotate/file", fields)).notice
    item = review.find(open_engine(staff.console.settings.database_url), number)
    assert item is not None
    assert item.state == review.OPEN


async def test_a_message_is_set_aside_or_kept_for_a_new_topic(staff: Staff) -> None:
    await staff.rita.get("/annotate")
    await staff.rita.post("/annotate/file", {"text": MESSAGE, "why": "it names somebody", "act": "aside"})
    await staff.rita.post("/annotate/file", {"text": "is there a pool", "title": "Gym", "why": WHY, "act": "want"})
    assert [commit.kind for commit in staff.repository.history()] == ["annotation"] * 2
    page = await staff.rita.get("/topics")
    assert "Gym : 1 of 20 messages, asked for by rita" in said(page)
    assert "Write it" not in page.page
    assert "rita set it aside" in said(await staff.rita.post("/annotate", {"text": MESSAGE}))


async def test_danger_is_confirmed_by_somebody_else(staff: Staff) -> None:
    text = "the rope is back out of the shed"
    await staff.rita.get("/annotate")
    fields = {
        "text": text,
        "kind": "crisis/suicide_active",
        "tier": "T2",
        "subject": "self",
        "why": WHY,
        "act": "danger",
    }
    await staff.rita.post("/annotate/file", fields)
    page = await staff.rita.get("/annotate/proposals")
    assert 'value="confirm"' not in page.page
    answer = await staff.rita.post("/annotate/proposals", {"text": text, "why": "sure", "act": "confirm"})
    assert "proposed this yourself" in answer.notice
    assert 'value="confirm"' in (await staff.edda.get("/annotate/proposals")).page
    await staff.edda.post("/annotate/proposals", {"text": text, "why": "I agree", "act": "confirm"})
    assert crisis.proposals(staff.repository) == []
    assert text in (staff.root / crisis.TESTED).read_text()
    commit = staff.repository.history(1)[0]
    answer = await staff.edda.get(f"/changes/{commit.id[:9]}")
    answer = await staff.edda.post(f"/changes/{commit.id[:9]}", {"why": "no"})
    assert answer.status == 400
    await staff.rita.get("/annotate")
    await staff.rita.post("/annotate/remove", {"text": text, "why": "a song"})
    assert [proposal.act for proposal in crisis.proposals(staff.repository)] == ["remove"]
    await staff.rita.post("/annotate/proposals", {"text": text, "why": "it is none", "act": "reject"})
    assert crisis.proposals(staff.repository) == []


def seen_in(page: Answer) -> str:
    """Return what a form says of the answer that it was made of."""
    return re.findall(r'name="seen" value="([^"]+)"', page.page)[0]


async def test_an_answer_is_checked_then_saved(staff: Staff) -> None:
    answer = current(staff.root).answers["faq/cost_help"]
    fields = {
        "text": f"{answer.text} Call 555-123-4567!",
        "title": answer.title,
        "question": answer.question,
        "citations": list(answer.citations),
        "facts": list(answer.facts),
        "suggestions": ["medicaid", "insurance"],
    }
    page = await staff.edda.get("/topics/faq/cost_help")
    assert "grade" in said(page)
    fields["seen"] = seen_in(page)
    page = await staff.edda.post("/topics/faq/cost_help", {**fields, "act": "check"})
    assert "555-123-4567 is not in the list of checked numbers" in said(page)
    assert "Exclamation marks" in said(page)
    fields["text"] = answer.text.replace("Yes, there", "There")
    page = await staff.edda.post("/topics/faq/cost_help", {**fields, "act": "check"})
    assert "All is well. It is not saved yet." in said(page)
    assert staff.repository.history() == []
    page = await staff.edda.post("/topics/faq/cost_help", {**fields, "act": "save"})
    assert page.status == 400
    assert "why" in said(page)
    page = await staff.edda.post("/topics/faq/cost_help", {**fields, "act": "save", "why": "shorter"})
    assert "Saved: Change the answer: faq/cost_help" in page.notice
    assert current(staff.root).answers["faq/cost_help"].suggestions == ("medicaid", "insurance")
    assert current(staff.root).answers["faq/cost_help"].citations == answer.citations


async def test_a_reviewer_reads_topics_and_cannot_change_them(staff: Staff) -> None:
    page = await staff.rita.get("/topics/faq/cost_help")
    assert "<textarea" not in page.page
    assert (await staff.rita.post("/topics/faq/cost_help", {"text": "x"})).status == 403
    assert (await staff.rita.get("/topics/faq/nothing")).status == 404
    assert (await staff.rita.get("/topics/crisis/suicide_active")).status == 404
    found = said(await staff.rita.get("/topics", params={"q": "sliding scale"}))
    assert found.index("Sliding scale") < found.index("Medicaid") if "Medicaid" in found else True


async def test_a_wanted_topic_is_written(staff: Staff) -> None:
    await staff.rita.get("/annotate")
    await staff.rita.post("/annotate/file", {"text": "is there a pool", "title": "Gym", "why": WHY, "act": "want"})
    page = await staff.edda.get("/topics/new", params={"wanted": "gym"})
    assert "is there a pool" in page.page
    fields = {
        "group": "not_covered",
        "title": "Gym",
        "wanted": "gym",
        "text": "The article doesn't say. Ask the center what it offers.",
        "question": "Is there a gym?",
        "citations": ["Seeking Help"],
        "suggestions": ["medicaid"],
        "messages": "\n".join(f"is there a gym on floor {letter}" for letter in "abcdef"),
    }
    page = await staff.edda.post("/topics/new", {**fields, "act": "check"})
    assert "There are 7 different messages; a topic needs 20" in said(page)
    assert "floor f" in page.page
    fields["messages"] = "\n".join(f"is there a gym on floor {letter}" for letter in "abcdefghijklmnopqrs")
    page = await staff.edda.post("/topics/new", {**fields, "act": "save", "why": "often asked"})
    assert page.heading == "Gym"
    assert current(staff.root).counts["not_covered/gym"] == 20


async def test_a_story_is_made_of_a_conversation(staff: Staff) -> None:
    events = [
        {
            "event": "user",
            "text": text,
            "timestamp": 1.0,
            "parse_data": {"intent": {"name": "faq"}, "topics": ["faq/medicaid"]},
        }
        for text in ("does medicaid pay for it", "and if they cut me off")
    ]
    append_events(open_engine(staff.console.settings.database_url), "abc", events)
    await staff.edda.get("/stories")
    assert "No messages of this conversation" in (await staff.edda.post("/stories/new", {"conversation": "x"})).notice
    page = await staff.edda.post("/stories/new", {"conversation": "abc"})
    assert "and if they cut me off" in page.page
    fields = {
        "conversation": "abc",
        "title": "Cut off",
        "keep": ["0", "1"],
        "label-0": "faq/medicaid",
        "label-1": "faq/uninsured_grants",
        "leans": ["1"],
    }
    page = await staff.edda.post("/stories/preview", {**fields, "act": "check"})
    assert "No insurance or too little" in said(page)
    assert "All is well" in said(page)
    page = await staff.edda.post("/stories/preview", {**fields, "act": "save", "why": WHY})
    assert page.heading == "Stories"
    assert "Cut off : faq, then faq" in said(page)
    assert "and if they cut me off" in (staff.root / "data/review/follow_ups.yml").read_text()


async def test_changes_are_shown_and_taken_back(staff: Staff) -> None:
    for visit, label in ((staff.rita, "faq/medicaid"), (staff.edda, "faq/insurance")):
        await visit.get("/annotate")
        await visit.post("/annotate/file", {"text": f"{MESSAGE} {label[4]}", "label": label, "why": WHY, "act": "file"})
    page = await staff.rita.get("/changes")
    assert "Add a message: faq/medicaid" in said(page)
    theirs, own = staff.repository.history()
    page = await staff.rita.get(f"/changes/{own.id[:9]}")
    assert f"<ins>    - {MESSAGE} m</ins>" in page.page
    assert "Take it back" in page.page
    assert "Take it back" not in (await staff.rita.get(f"/changes/{theirs.id[:9]}")).page
    assert (await staff.rita.post(f"/changes/{theirs.id[:9]}", {"why": "wrong"})).status == 400
    await staff.rita.get(f"/changes/{own.id[:9]}")
    page = await staff.rita.post(f"/changes/{own.id[:9]}", {"why": "wrong topic"})
    assert page.heading == "Undo: Add a message: faq/medicaid"
    assert "taken back" in said(await staff.rita.get("/changes"))
    assert (await staff.rita.get("/changes/1234567")).status == 404
    assert (await staff.rita.get("/changes/HEAD")).status == 404


async def test_a_folder_without_git_says_so(staff: Staff, tmp_path_factory: pytest.TempPathFactory) -> None:
    git_folder = staff.root / ".git"
    away = git_folder.rename(staff.root.parent / "git-away")
    try:
        assert "not under git" in (await staff.rita.get("/changes")).notice
        await staff.rita.get("/annotate")
        fields = {"text": MESSAGE, "label": "faq/medicaid", "why": WHY, "act": "file"}
        assert "not under git" in (await staff.rita.post("/annotate/file", fields)).notice
    finally:
        away.rename(git_folder)


async def test_the_second_of_two_editors_sees_both_and_keeps_the_form(staff: Staff) -> None:
    answer = current(staff.root).answers["faq/cost_help"]
    lists = {name: list(getattr(answer, name)) for name in ("citations", "facts", "suggestions")}
    fields = {"title": "Help to pay", "question": answer.question, "text": answer.text, "why": WHY, **lists}
    page = await staff.edda.get("/topics/faq/cost_help")
    fields["seen"] = seen_in(page)
    await staff.edda.post("/topics/faq/cost_help", {**fields, "act": "save"})
    fields |= {"title": answer.title, "text": answer.text.replace("Yes, there", "There")}
    for act in ("check", "save"):
        page = await staff.edda.post("/topics/faq/cost_help", {**fields, "act": act})
        assert page.status == 409
        assert "Somebody has changed this answer since you opened it" in said(page)
        assert "Title: Help to pay." in said(page)
        assert fields["text"] in unescape(page.page)
        assert f'value="{answer.title}"' in page.page
    assert len(staff.repository.history()) == 1
    await staff.edda.post("/topics/faq/cost_help", {**fields, "act": "save", "seen": seen_in(page)})
    assert current(staff.root).answers["faq/cost_help"].title == answer.title


async def test_danger_of_the_queue_is_no_topic_wherever_it_is_typed(staff: Staff) -> None:
    text = "i will not be here by sunday, you know"
    engine = open_engine(staff.console.settings.database_url)
    append_events(engine, text, [{"event": "user", "text": text, "timestamp": 5.0}])
    heard = {"text": text, "heard": "crisis", "tier": "T2", "category": "suicide_active"}
    file_for_review(engine, [review.Sighting(review.CRISIS, mark(text), ("crisis",), text, 5.0, heard, {})])
    other = in_inbox(staff, "where is the pool then")
    await staff.rita.get("/annotate")
    page = await staff.rita.post("/annotate", {"text": text})
    assert "heard danger or distress in it (T2). One person alone cannot" in said(page)
    assert "File it under a topic" not in said(page)
    assert 'data-key="n"' not in page.page
    for item in ("", str(other)):
        fields = {"text": text, "label": "faq/medicaid", "why": WHY, "act": "file", "item": item}
        assert "sounds like danger" in (await staff.rita.post("/annotate/file", fields)).notice
    assert staff.repository.history() == []


async def test_danger_is_set_aside_by_no_single_key(staff: Staff) -> None:
    await staff.rita.get("/annotate")
    assert 'data-key="n"' in (await staff.rita.post("/annotate", {"text": MESSAGE})).page
    page = await staff.rita.post("/annotate", {"text": "i want to kill myself"})
    assert "Set it aside" in page.page
    assert 'data-key="n"' not in page.page


async def test_an_unknown_act_files_nothing(staff: Staff) -> None:
    await staff.rita.get("/annotate")
    page = await staff.rita.post("/annotate/file", {"text": MESSAGE, "label": "faq/medicaid", "why": WHY, "act": "odd"})
    assert "Choose what is to be done" in page.notice
    assert staff.repository.history() == []


async def test_only_what_is_learned_is_said_to_wait_for_a_model(staff: Staff) -> None:
    await staff.rita.get("/annotate")
    await staff.rita.post("/annotate/file", {"text": "where do we park", "why": WHY, "act": "aside"})
    assert staff.rita.last is not None
    assert staff.rita.last.notice.endswith("Set a message aside.")
    fields = {"text": "the rope is back", "kind": "near_miss", "why": WHY, "act": "danger"}
    assert "Somebody else must confirm it." in (await staff.rita.post("/annotate/file", fields)).notice


async def test_nothing_is_changed_that_the_audit_log_cannot_hold(
    staff: Staff, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await staff.rita.get("/annotate")
    monkeypatch.setattr(recording, "PATIENCE", 0.01)
    recording._opened.cache_clear()
    path = staff.console.settings.staff_database_url.removeprefix("sqlite:///")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    fields = {"text": MESSAGE, "label": "faq/medicaid", "why": WHY, "act": "file"}
    try:
        page = await staff.rita.post("/annotate/file", fields)
    finally:
        other.rollback()
        other.close()
        recording._opened.cache_clear()
    assert page.status == 400
    assert "audit log cannot be written just now, so nothing was changed" in page.notice
    assert staff.repository.history() == []
    assert git(staff.root, "status", "--porcelain") == ""
    await staff.rita.post("/annotate/file", fields)
    begun, saved = audit.entries(staff.console.staff)[-2:]
    assert [record["what"] for record in (begun, saved)] == ["annotation begun", "annotation saved"]
    assert begun["after"] == {"files": ["data/review/faq.yml"]}


async def test_a_change_that_git_refuses_is_noted_as_not_saved(staff: Staff) -> None:
    hook = staff.root / ".git" / "hooks" / "pre-commit"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    await staff.rita.get("/annotate")
    try:
        fields = {"text": MESSAGE, "label": "faq/medicaid", "why": WHY, "act": "file"}
        assert (await staff.rita.post("/annotate/file", fields)).status == 400
    finally:
        hook.unlink()
    assert [record["what"] for record in audit.entries(staff.console.staff)[-2:]] == [
        *("annotation begun", "annotation not saved"),
    ]


async def test_a_broken_file_is_named_and_the_inbox_goes_on_without_titles(staff: Staff) -> None:
    number = in_inbox(staff, "what of this file")
    (staff.root / "data/faq/medicaid.yml").write_text("nlu: [what is this")
    for path in ("/", "/inbox", "/inbox?queue=crisis", f"/inbox/{number}", "/insight", "/changes"):
        assert (await staff.edda.get(path)).status == 200
    for path in ("/topics", f"/annotate?item={number}", "/stories"):
        page = await staff.edda.get(path)
        assert (page.status, page.heading) == (503, "A file must be put right first")
        assert "data/faq/medicaid.yml" in page.page


async def test_a_story_asks_before_it_takes_a_message_from_elsewhere(staff: Staff) -> None:
    shipped = next(e for e in current(staff.root).examples if e.file == "data/faq/medicaid.yml" and not e.block.after)
    data = {"intent": {"name": "faq"}, "topics": ["faq/medicaid"]}
    event = {"event": "user", "text": shipped.text, "timestamp": 1.0, "parse_data": data}
    append_events(open_engine(staff.console.settings.database_url), "taken", [event])
    await staff.edda.get("/stories")
    fields = {"conversation": "taken", "title": "Taken", "keep": ["0"], "label-0": "faq/insurance", "why": WHY}
    page = await staff.edda.post("/stories/preview", {**fields, "act": "save"})
    assert "is filed under faq/medicaid in data/faq/medicaid.yml" in said(page)
    assert 'name="move"' in page.page
    assert staff.repository.history() == []
    page = await staff.edda.post("/stories/preview", {**fields, "act": "save", "move": "yes"})
    assert page.heading == "Stories"

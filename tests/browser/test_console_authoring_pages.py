"""From a wrong answer to a saved change in a real browser: by keyboard, without JavaScript, no fault on any page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from small_project import make_project
from staff import Console, Member, start_console, stop_console

from helpline.authoring.catalogue import current
from helpline.authoring.repository import Repository
from helpline.storage.database import append_events, open_engine

MESSAGE = "is my card from the last state still any good to you"

MakeContext = Callable[..., BrowserContext]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(tmp_path_factory.mktemp("staff") / "project")


@pytest.fixture(scope="module")
def console(root: Path) -> Iterator[Console]:
    running = start_console(root.parent, STAFF_PROJECT=str(root))
    yield running
    stop_console(running)


def file_one(page: Page, text: str) -> None:
    page.get_by_label("Message", exact=True).fill(text)
    page.get_by_role("button", name="Look it up").click()


def test_a_message_is_filed_by_single_keys(console: Console, root: Path, context: MakeContext) -> None:
    member = Member(console, context(), "rita")
    page = member.visit("/annotate")
    file_one(page, f"{MESSAGE}, medicaid I mean")
    expect(page.locator("#guess-1")).to_be_visible()
    assert member.faults() == []
    page.keyboard.press("1")
    expect(page.locator("#guess-1")).to_be_checked()
    page.keyboard.press("f")
    expect(page.get_by_role("status")).to_contain_text("Saved: Add a message: faq/medicaid")
    assert Repository(root).history(1)[0].author == "rita"


def test_all_of_it_works_without_javascript(console: Console, root: Path, context: MakeContext) -> None:
    member = Member(console, context(java_script_enabled=False), "edda")
    page = member.visit("/annotate")
    file_one(page, f"{MESSAGE}, really")
    page.get_by_label("Topic", exact=True).select_option("faq/insurance")
    page.get_by_role("button", name="File it there").last.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Saved: Add a message: faq/insurance")
    page.get_by_role("link", name="Topics").first.press("Enter")
    page.get_by_role("link", name="Help with the cost").press("Enter")
    text = page.get_by_label("Answer").input_value()
    page.get_by_label("Answer").fill(f"{text}!")
    page.get_by_role("button", name="Check").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Exclamation marks")
    page.get_by_label("Answer").fill(text.replace("Yes, there", "There"))
    page.get_by_label("Why").fill("shorter")
    page.get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Saved: Change the answer")
    assert current(root).answers["faq/cost_help"].text.startswith("There are")
    page.get_by_role("link", name="Changes").press("Enter")
    page.get_by_role("link", name="Change the answer: faq/cost_help").press("Enter")
    page.get_by_label("Why").fill("it was better before")
    page.get_by_role("button", name="Take it back").press("Enter")
    expect(page.locator("h1")).to_have_text("Undo: Change the answer: faq/cost_help")
    assert current(root).answers["faq/cost_help"].text == text


def test_no_page_of_the_way_has_a_fault_large_or_small(
    console: Console, context: MakeContext, page_shot: Callable[[Page, str], None]
) -> None:
    member = Member(console, context(), "edda")
    faults: list[str] = []

    def look(name: str) -> None:
        faults.extend(member.look(page_shot, f"authoring-{name}"))

    page = member.visit("/annotate")
    file_one(page, f"{MESSAGE} at all")
    look("known")
    file_one(page, "i want to kill myself")
    expect(page.get_by_text("It sounds like danger")).to_be_visible()
    look("danger")
    page.get_by_label("What it is").select_option("near_miss")
    page.get_by_role("button", name="Propose it").click()
    page.get_by_role("link", name="Waiting for a second person").click()
    look("proposals")
    page.get_by_label("Why").fill("only a trial")
    page.get_by_role("button", name="Take it back").click()
    for path, name in (
        ("/topics?q=medicaid", "search"),
        ("/topics/faq/cost_help", "topic"),
        ("/topics/not_covered/price", "not-covered"),
        ("/topics/new", "new"),
    ):
        member.visit(path)
        look(name)
    page.get_by_label("Title").fill("Gym")
    page.get_by_label("Answer", exact=True).fill("Fine!")
    page.get_by_label("Question").fill("Is there a gym?")
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_role("alert")).to_contain_text("a topic needs 20")
    look("new-with-problems")
    events = [
        {"event": "user", "text": text, "timestamp": 1.0, "parse_data": {"intent": {"name": "faq"}, "topics": [label]}}
        for text, label in (("does medicaid pay", "faq/medicaid"), ("and if they cut me off", "faq/medicaid"))
    ]
    append_events(open_engine(console.database_url), "abc", events)
    page = member.visit("/stories")
    page.get_by_label("Id of a conversation").fill("abc")
    page.get_by_role("button", name="Read its messages").click()
    page.get_by_label("Name of the story").fill("Cut off")
    page.get_by_label("What it means").last.select_option("faq/uninsured_grants")
    page.get_by_role("button", name="Show its course").click()
    expect(page.get_by_role("status")).to_contain_text("All is well")
    look("story")
    member.visit("/changes")
    look("changes")
    page.get_by_role("link", name="Propose to add a message: near_miss").first.click()
    look("change")
    assert faults == []

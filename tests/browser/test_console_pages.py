"""The console's own pages for everyone: by keyboard, without JavaScript, small, dark, with nothing from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from staff import MODES, PASSWORD, PEOPLE, Console, Member, start_console, stop_console

from helpline.console import accounts, audit, links, sessions
from helpline.console.app import PARTS
from helpline.console.database import open_staff

# Who looks at the pages for each role ("" is nobody).
LOOKS = {
    "public": "",
    "anyone": "edda",
    "reviewer": "rita",
    "editor": "edda",
    "publisher": "paul",
    "auditor": "aude",
    "admin": "anna",
}
# Pages of all parts that need nothing in their address, and some that do.
PATHS = {
    **{
        page.path.strip("/").replace("/", "-"): (LOOKS[page.role], page.path)
        for part in PARTS
        for page in part.pages.pages
        if "GET" in page.methods and not page.passive and not re.search(r"[<.]|^/$", page.path)
    },
    "home": ("anna", "/"),
    "home-reviewer": ("rita", "/"),
    "home-auditor": ("aude", "/"),
    "publish": ("paul", "/publish"),
    "account-one": ("anna", "/accounts/edda"),
    "refused": ("rita", "/accounts"),
    "not-there": ("rita", "/nothing"),
    "spent-link": ("", "/welcome/spent"),
}
# Presses of Tab from the start of a page to where one wants to be, at most.
MANY = 60

MakeContext = Callable[..., BrowserContext]


@pytest.fixture(scope="module", autouse=True)
def some_records(console: Console) -> None:
    staff = open_staff(console.staff_url)
    audit.record(staff, "edda", "answer edited", {"words": 61}, {"words": 54}, role="editor", about="faq/medicaid")
    audit.record(staff, "paul", "published", None, {"model": "iop-20261129-041500.tar.gz"}, reason="Clearer on cost")


Look = Callable[[Member, str], list[str]]


def test_no_page_has_a_fault_large_or_small(
    console: Console, context: MakeContext, page_shot: Callable[[Page, str], None]
) -> None:
    look_at_all(console, context, lambda member, name: member.look(page_shot, name))


@pytest.mark.scale
@pytest.mark.parametrize("mode", MODES)
def test_no_page_has_a_fault_for_who_comes_in_a_mode(console: Console, context: MakeContext, mode: str) -> None:
    look_at_all(console, lambda: context(**MODES[mode]), lambda member, _: member.faults())


def look_at_all(console: Console, context: MakeContext, look: Look) -> None:
    """Have every page looked at by somebody who may see it."""
    faults: list[str] = []
    members = {name: Member(console, context(), name) for name in ("", *PEOPLE)}
    for title, (name, path) in PATHS.items():
        members[name].visit(path)
        faults += look(members[name], title)
    token = links.new(open_staff(console.staff_url), accounts.find(open_staff(console.staff_url), "rita"))
    members[""].visit(f"/welcome/{token}")
    faults += look(members[""], "welcome")
    assert faults == []
    assert {host for member in members.values() for host in member.requests} == {urlsplit(console.url).netloc}


def test_forms_with_a_problem_have_no_fault(console: Console, context: MakeContext) -> None:
    member = Member(console, context())
    member.visit("/sign-in")
    member.page.get_by_label("Name").fill("rita")
    member.page.get_by_label("Password").fill("wrong")
    member.page.get_by_role("button", name="Sign in").click()
    expect(member.page.get_by_role("alert").first).to_contain_text("don't fit")
    assert member.faults() == []


def test_a_form_sent_too_late_waits_and_no_page_on_the_way_has_a_fault(
    console: Console, context: MakeContext, page_shot: Callable[[Page, str], None]
) -> None:
    member = Member(console, context(), "anna")
    page = member.visit("/accounts/new")
    faults: list[str] = []

    def look(heading: str) -> None:
        expect(page.locator("h1")).to_have_text(heading)
        page_shot(page, f"late-{heading.replace(' ', '-').lower()}")
        faults.extend(f"{heading}: {fault}" for fault in member.faults())

    page.get_by_label("Their name").fill("Lee Late")
    page.get_by_label("Name to sign in with").fill("lee.late")
    sessions.end_all(open_staff(console.staff_url), accounts.find(open_staff(console.staff_url), "anna"))
    page.get_by_role("button", name="Add and make a link").click()
    look("Sign in")
    page.get_by_label("Name").fill("anna")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    look("Go on where you were")
    page.get_by_role("button", name="Send it now").click()
    look("Link for Lee Late")
    page.goto(f"{console.url}/account")
    page.evaluate("document.querySelector('form [name=csrf]').value = 'x'")
    page.get_by_role("button", name="Sign out").click()
    look("This was not sent")
    assert faults == []


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what is called `name` has the focus."""
    for _ in range(MANY):
        page.keyboard.press("Tab")
        if page.evaluate(_FOCUSED) == name:
            return
    raise AssertionError(f"Tab does not lead to {name!r}.")


_FOCUSED = """() => {
  const at = document.activeElement;
  return (at.labels?.[0]?.textContent ?? at.getAttribute("aria-label") ?? at.textContent).trim().replace(/\\s+/g, " ");
}"""


@pytest.mark.parametrize("javascript", [True, False])
def test_an_admin_adds_a_colleague_by_keyboard_alone_also_without_javascript(
    console: Console, context: MakeContext, javascript: bool
) -> None:
    name = f"kim.{'with' if javascript else 'without'}"
    member = Member(console, context(java_script_enabled=javascript))
    page = member.visit("/")
    # Without scripts the page cannot be asked what has the focus: the order is known by now.
    if javascript:
        tab_to(page, "Name")
        page.keyboard.type("anna")
        tab_to(page, "Password")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("Hello, Anna Admin")
        tab_to(page, "Accounts")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("Accounts")
        tab_to(page, "Add somebody")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("Add somebody")
        tab_to(page, "Their name")
        page.keyboard.type("Kim Doe")
        tab_to(page, "Name to sign in with")
        page.keyboard.type(name)
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowDown")
        tab_to(page, "Add and make a link")
        page.keyboard.press("Enter")
    else:
        page.get_by_label("Name").fill("anna")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_label("Password").press("Enter")
        page.get_by_role("link", name="Accounts").first.press("Enter")
        page.get_by_role("link", name="Add somebody").press("Enter")
        page.get_by_label("Their name").fill("Kim Doe")
        page.get_by_label("Name to sign in with").fill(name)
        page.get_by_label("Editor: may").press("Space")
        page.get_by_label("Editor: may").press("Enter")
    expect(page.locator("h1")).to_have_text("Link for Kim Doe")
    link = page.locator(".link code").inner_text()
    assert accounts.find(open_staff(console.staff_url), name).role == "editor"

    colleague = Member(console, context(java_script_enabled=javascript))
    colleague.page.goto(link)
    colleague.page.get_by_label("New password").fill(PASSWORD)
    colleague.page.get_by_label("The same once more").fill(PASSWORD)
    colleague.page.get_by_label("The same once more").press("Enter")
    assert colleague.heading == "Hello, Kim Doe"
    colleague.page.get_by_role("button", name="Sign out").press("Enter")
    expect(colleague.page.get_by_role("status")).to_have_text("You have signed out.")


def test_the_first_tab_leads_past_the_menu(console: Console, context: MakeContext) -> None:
    page = Member(console, context(), "anna").visit("/accounts")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate(_FOCUSED) == "Add somebody"


def test_every_focus_is_seen(console: Console, context: MakeContext) -> None:
    page = Member(console, context(), "anna").visit("/accounts/edda")
    seen = set()
    for _ in range(MANY):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", page.evaluate(_FOCUSED)
        seen.add(page.evaluate(_FOCUSED))
    assert {"Save", "Make a new link", "Sign out"} <= seen


def test_single_keys_press_what_names_them_but_not_while_one_writes(console: Console, context: MakeContext) -> None:
    page = Member(console, context(), "edda").visit("/account")
    page.evaluate(
        """() => {
          window.pressed = [];
          for (const key of ["1", "s"]) {
            const button = document.createElement("button");
            button.dataset.key = key;
            button.addEventListener("click", () => window.pressed.push(key));
            document.querySelector("main").append(button);
          }
        }"""
    )
    for key in ("1", "2", "s", "Control+s"):
        page.keyboard.press(key)
    page.get_by_label("Old password").press("1")
    assert page.evaluate("window.pressed") == ["1", "s"]
    page.get_by_label("Single keys").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("Single keys do nothing.")
    assert page.evaluate("'keysWork' in document.body.dataset") is False


def test_a_target_is_large_enough(console: Console, context: MakeContext) -> None:
    page = Member(console, context(viewport={"width": 375, "height": 667}), "anna").visit("/accounts/edda")
    small = page.evaluate(
        """() => [...document.querySelectorAll("a, button, input:not([type=hidden])")]
          .map((one) => [one, one.getBoundingClientRect()])
          .filter(([one, box]) => box.height && Math.min(box.width, box.height) < 20 && !one.closest("p, .skip"))
          .map(([one, box]) => `${one.outerHTML.slice(0, 60)} ${box.width}x${box.height}`)"""
    )
    assert small == []


def test_who_reads_long_is_warned_and_may_stay(console: Console, context: MakeContext) -> None:
    member = Member(console, context(), "edda")
    member.page.clock.install()
    member.visit("/account")
    staff = open_staff(console.staff_url)
    with staff.begin() as connection:
        connection.exec_driver_sql("UPDATE sessions SET seen = seen - ?", (sessions.IDLE - 100,))
    member.page.clock.fast_forward((sessions.IDLE - 100) * 1000)
    warning = member.page.locator("#session")
    expect(warning).to_contain_text("You will be signed out in less than two minutes.")
    assert member.faults() == []
    member.page.get_by_role("button", name="Stay signed in").press("Enter")
    expect(warning).to_be_empty()
    with staff.begin() as connection:
        connection.exec_driver_sql("DELETE FROM sessions")
    member.page.clock.fast_forward(sessions.IDLE * 1000)
    expect(warning).to_contain_text("You are signed out.")


def test_another_tab_in_use_keeps_the_warning_away(console: Console, context: MakeContext) -> None:
    member = Member(console, context(), "edda")
    member.page.clock.install()
    member.visit("/account")
    asked: list[str] = []
    member.page.on("request", lambda request: asked.append(f"{request.method} {urlsplit(request.url).path}"))
    with member.page.expect_response("**/account/session"):
        member.page.clock.fast_forward((sessions.IDLE - 60) * 1000)
    expect(member.page.locator("#session")).to_be_empty()
    assert [request for request in asked if "static" not in request] == ["GET /account/session"]


def test_the_first_admin_follows_the_link_that_the_console_prints(tmp_path: Path, context: MakeContext) -> None:
    console = start_console(tmp_path, people=False)
    try:
        words = console.output.read_text()
        assert f"Staff console: {console.url}" in words
        link = re.search(r"^http\S+/welcome/\S+$", words, re.MULTILINE).group()
        member = Member(console, context())
        page = member.page
        page.goto(link)
        assert member.faults() == []
        page.get_by_label("Your name").fill("Ann Lee")
        page.get_by_label("Name to sign in with").fill("ann")
        page.get_by_label("New password").fill(PASSWORD)
        page.get_by_label("The same once more").fill(PASSWORD)
        page.get_by_role("button", name="Save and sign in").click()
        assert member.heading == "Hello, Ann Lee"
    finally:
        stop_console(console)
    assert console.process.returncode == 0

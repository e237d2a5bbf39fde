"""Signing in and out as a person does it, in a browser without JavaScript."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from console_server import PASSWORD, Console, Visit, console

from helpline.console import accounts, audit, links, lockout, sessions
from helpline.console.app import greeting
from helpline.console.pages import COOKIE, Menu
from helpline.console.sign_in import _own_path

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def running(tmp_path: Path) -> AsyncIterator[Console]:
    async with console(tmp_path) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def visit(running: Console) -> AsyncIterator[Visit]:
    async with Visit(running) as visit:
        yield visit


def log(running: Console) -> list[tuple[Any, ...]]:
    return [(entry["who"], entry["what"], entry["about"]) for entry in audit.entries(running.staff)]


async def test_a_person_signs_in_looks_around_and_signs_out(running: Console, visit: Visit) -> None:
    answer = await visit.get("/")
    assert answer.heading == "Sign in"
    assert COOKIE not in visit.cookies
    answer = await visit.post("/sign-in", {"name": " Rita ", "password": PASSWORD})
    assert answer.heading == "Hello, Rita Reviewer"
    assert "Accounts" not in answer.page
    assert (await visit.get("/sign-in")).heading == "Hello, Rita Reviewer"
    answer = await visit.post("/sign-out")
    assert (answer.heading, answer.notice) == ("Sign in", "You have signed out.")
    assert (await visit.get("/account")).heading == "Sign in"
    assert log(running) == [("rita", "signed in", "")]


async def test_the_cookie_is_out_of_reach_and_of_no_use_afterwards(running: Console, visit: Visit) -> None:
    await visit.get("/sign-in")
    answer = await visit.post("/sign-in", {"name": "rita", "password": PASSWORD}, allow_redirects=False)
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert {"Path=/", "HttpOnly", "SameSite=Strict"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    token = visit.cookies[COOKIE]
    await visit.get("/")
    await visit.post("/sign-out")
    async with Visit(running) as thief:
        answer = await thief.get("/account", headers={"Cookie": f"{COOKIE}={token}"})
    assert answer.heading == "Sign in"


async def test_behind_tls_cookies_are_secure(tmp_path: Path) -> None:
    async with console(tmp_path, staff_url="https://staff.example") as running, Visit(running) as visit:
        answer = await visit.get("/sign-in")
        assert "Secure" in answer.headers["Set-Cookie"]


async def test_signing_in_takes_a_new_session(running: Console, visit: Visit) -> None:
    planted = sessions.begin(running.staff, accounts.find(running.staff, "edda"))
    visit.http.cookie_jar.update_cookies({COOKIE: planted})
    await visit.get("/account")
    await visit.post("/sign-in", {"name": "rita", "password": PASSWORD})
    assert visit.cookies[COOKIE] != planted
    assert sessions.find(running.staff, planted) is None


@pytest.mark.parametrize(("name", "password"), [("rita", "wrong password"), ("nobody.here", PASSWORD), ("", "")])
async def test_what_does_not_fit_is_refused_in_the_same_words(visit: Visit, name: str, password: str) -> None:
    answer = await visit.sign_in(name, password)
    assert (answer.status, answer.notice) == (401, "Name and password don't fit. Check both and try again.")


async def test_failures_are_logged_without_what_was_typed(running: Console, visit: Visit) -> None:
    await visit.sign_in("rita", "wrong")
    await visit.sign_in("my-secret-password", "rita")
    assert log(running) == [("nobody", "sign-in failed", "rita"), ("nobody", "sign-in failed", "unknown name")]


async def test_a_name_locks_also_for_the_right_password_and_an_admin_unlocks(running: Console, visit: Visit) -> None:
    for _ in range(lockout.MOST_OF_NAME):
        assert (await visit.sign_in("rita", "wrong")).status == 401
    answer = await visit.sign_in("rita")
    assert answer.status == 429
    assert "Too many tries" in answer.notice
    assert (await visit.sign_in("edda")).status == 200
    async with Visit(running) as admin:
        await admin.sign_in("anna")
        assert "Locked for some minutes" in (await admin.get("/accounts/rita")).page
        assert "at once" in (await admin.post("/accounts/rita/unlock")).notice
    async with Visit(running) as again:
        assert (await again.sign_in("rita")).heading == "Hello, Rita Reviewer"


async def test_many_tries_at_once_are_not_all_taken(running: Console, visit: Visit) -> None:
    await visit.get("/sign-in")
    token = re.search('name="csrf" value="([0-9a-f]+)"', visit.last.page).group(1)

    async def attempt(number: int) -> int:
        fields = {"csrf": token, "name": "rita", "password": f"guess number {number}"}
        async with visit.http.post("/sign-in", data=fields) as answer:
            return answer.status

    statuses = await asyncio.gather(*(attempt(number) for number in range(20)))
    assert statuses.count(401) == lockout.MOST_OF_NAME
    assert statuses.count(429) == 20 - lockout.MOST_OF_NAME


async def test_after_signing_in_one_is_where_one_wanted(visit: Visit) -> None:
    answer = await visit.get("/account?a=1")
    assert answer.heading == "Sign in"
    answer = await visit.post("/sign-in", {"name": "rita", "password": PASSWORD, "after": "/account?a=1"})
    assert answer.heading == "Your account"


@pytest.mark.parametrize(
    "path",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "evil", "", None, "/a\nb"],
)
async def test_signing_in_leads_to_no_other_site(path: str | None) -> None:
    assert _own_path(path) == "/"


async def test_a_form_sent_too_late_waits_until_its_writer_has_signed_in(running: Console, visit: Visit) -> None:
    await visit.sign_in("anna")
    await visit.get("/accounts/new")
    sessions.end_all(running.staff, accounts.find(running.staff, "anna"))
    fields = {"name": "zoe", "full_name": 'Zoë "Z" & Co', "role": "editor"}
    answer = await visit.post("/accounts/new", fields)
    assert (answer.status, answer.heading) == (401, "Sign in")
    assert "not lost" in answer.page
    kept = re.search('name="kept" value="([^"]*)"', answer.page).group(1)
    from html import unescape

    # Once more with a wrong password: it still waits.
    answer = await visit.post("/sign-in", {"name": "anna", "password": "wrong", "kept": unescape(kept)})
    kept = re.search('name="kept" value="([^"]*)"', answer.page).group(1)
    answer = await visit.post("/sign-in", {"name": "anna", "password": PASSWORD, "kept": unescape(kept)})
    assert answer.heading == "Go on where you were"
    assert 'action="/accounts/new"' in answer.page
    assert len(accounts.everyone(running.staff)) == 5
    hidden = re.findall('name="([^"]+)" value="([^"]*)"', answer.page)
    sent = {name: unescape(value) for name, value in hidden if name != "csrf"}
    assert sent == fields
    await visit.post("/accounts/new", sent)
    assert accounts.find(running.staff, "zoe").full_name == 'Zoë "Z" & Co'


async def test_nothing_waits_of_passwords_and_of_other_sites(running: Console, visit: Visit) -> None:
    answer = await visit.ask("POST", "/account/password", data={"old_password": "a", "password": "b"})
    assert 'name="kept"' not in answer.page
    headers = {"Origin": "https://elsewhere.example"}
    answer = await visit.ask("POST", "/accounts/new", data={"name": "evil"}, headers=headers)
    assert (answer.status, answer.heading) == (401, "Sign in")
    assert "evil" not in answer.page


@pytest.mark.parametrize(
    "kept", ["x", "[]", "{}", '{"action": 1, "fields": 2}', '{"action": "//x", "fields": [["a"]]}']
)
async def test_a_made_up_waiting_form_is_dropped(visit: Visit, kept: str) -> None:
    assert (await visit.sign_in("rita", kept=kept)).heading == "Hello, Rita Reviewer"


async def test_a_waiting_form_goes_to_our_own_addresses_only(visit: Visit) -> None:
    answer = await visit.sign_in("rita", kept='{"action": "https://evil.example/", "fields": [["a", "b"]]}')
    assert 'action="/"' in answer.page
    assert "evil" not in answer.page


async def test_the_first_admin_comes_in_by_a_link_and_adds_a_person(tmp_path: Path) -> None:
    async with console(tmp_path, people=False) as running, Visit(running) as visit:
        words = greeting(running.settings, running.staff)
        assert "There is no admin yet" in words
        path = re.search(r"http://localhost:5006(/welcome/\S+)", words).group(1)
        for _ in range(2):
            # A mail program that looks at it first uses nothing up.
            assert (await visit.get(path)).heading == "Welcome"
        answer = await visit.post(path, {"name": "ann", "full_name": "Ann Lee", "password": "short", "again": "short"})
        assert (answer.status, answer.notice[:17]) == (400, "Use 12 characters")
        assert 'value="Ann Lee"' in answer.page
        answer = await visit.post(path, {"name": "ann", "full_name": "Ann", "password": PASSWORD, "again": "other"})
        assert answer.notice == "The two passwords are not the same."
        answer = await visit.post(path, {"name": "ann", "full_name": "Ann", "password": PASSWORD, "again": PASSWORD})
        assert answer.heading == "Hello, Ann"
        assert (await visit.get(path)).heading == "This link does not work"
        assert greeting(running.settings, running.staff) == "Staff console: http://localhost:5006  (Ctrl-C stops)"

        await visit.get("/accounts/new")
        answer = await visit.post("/accounts/new", {"name": "bob", "full_name": "Bob <b>", "role": "editor"})
        assert answer.notice == "The name cannot hold < or >."
        answer = await visit.post("/accounts/new", {"name": "bob", "full_name": "Bob", "role": "editor"})
        link = re.search(r"<code>http://localhost:5006(.*?)</code>", answer.page).group(1)
        async with Visit(running) as bob:
            assert (await bob.get(link)).heading == "Welcome, Bob"
            answer = await bob.post(link, {"password": PASSWORD, "again": PASSWORD})
            assert answer.heading == "Hello, Bob"
            assert (await bob.get("/accounts")).status == 403
        assert [(who, what) for who, what, _ in log(running)][1:] == [
            ("ann", "first admin made"),
            ("ann", "account added"),
            ("bob", "password set by link"),
            ("bob", "refused"),
        ]


async def test_each_start_without_an_admin_makes_a_new_link_and_ends_the_old_one(tmp_path: Path) -> None:
    async with console(tmp_path, people=False) as running, Visit(running) as visit:
        first, second = (greeting(running.settings, running.staff).split("5006")[-1] for _ in range(2))
        assert (await visit.get(first)).status == 410
        assert (await visit.get(second)).status == 200


@pytest.mark.parametrize(
    ("host", "url", "warned"),
    [
        ("127.0.0.1", "", False),
        ("0.0.0.0", "https://staff.example", False),
        ("0.0.0.0", "", True),
        ("192.0.2.7", "http://staff.example", True),
    ],
)
async def test_an_open_console_without_tls_says_so(running: Console, host: str, url: str, warned: bool) -> None:
    words = greeting(replace(running.settings, staff_host=host, staff_url=url), running.staff)
    assert ("without TLS" in words) == warned


async def test_what_cannot_be_counted_leaves_the_start_page_whole(
    running: Console, visit: Visit, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: object) -> int:
        raise OSError("no inbox")

    menu = [
        Menu("Two", "/two", "anyone", "Two.", lambda _: {"Papers": 42, "Others": 0}),
        Menu("Broken", "/broken", "anyone", "…", broken),
    ]
    monkeypatch.setattr(running.app.ctx, "menu", menu)
    answer = await visit.sign_in("rita")
    assert "Papers: <strong>42</strong>" in answer.page
    assert "Others" not in answer.page
    assert "no inbox" in caplog.text


async def test_a_link_is_for_its_owner_only(running: Console, visit: Visit) -> None:
    token = links.new(running.staff, accounts.find(running.staff, "rita"))
    await visit.get(f"/welcome/{token}")
    fields = {"name": "anna", "full_name": "X", "password": "a new good one", "again": "a new good one"}
    answer = await visit.post(f"/welcome/{token}", fields)
    assert answer.heading == "Hello, Rita Reviewer"
    assert accounts.check_password(running.staff, "anna", PASSWORD)


async def test_a_person_changes_the_password_and_is_signed_out_elsewhere(running: Console, visit: Visit) -> None:
    await visit.sign_in("rita")
    async with Visit(running) as elsewhere:
        await elsewhere.sign_in("rita")
        assert "1 more browser is" in (await visit.get("/account")).page
        for old, new, again, words in (
            ("wrong", "a new good one", "a new good one", "The old password is not right."),
            (PASSWORD, "a new good one", "another one", "The two new passwords are not the same."),
            (PASSWORD, "short", "short", "Use 12 characters or more. Three or four words you can remember work well."),
        ):
            answer = await visit.post("/account/password", {"old_password": old, "password": new, "again": again})
            assert (answer.status, answer.notice) == (400, words)
        fields = {"old_password": PASSWORD, "password": "a new good one", "again": "a new good one"}
        answer = await visit.post("/account/password", fields)
        assert answer.notice == "Your password is changed. You are signed out everywhere else."
        assert (await elsewhere.get("/account")).heading == "Sign in"
    assert accounts.check_password(running.staff, "rita", "a new good one")
    assert ("rita", "password changed", "") in log(running)


async def test_who_stole_a_session_cannot_guess_the_password_for_long(running: Console, visit: Visit) -> None:
    await visit.sign_in("rita")
    await visit.get("/account")
    fields = {"password": "a new good one", "again": "a new good one"}
    for number in range(lockout.MOST_OF_NAME):
        await visit.post("/account/password", {"old_password": f"guess {number}", **fields})
    answer = await visit.post("/account/password", {"old_password": PASSWORD, **fields})
    assert "Too many tries" in answer.notice
    assert accounts.check_password(running.staff, "rita", PASSWORD)


async def test_an_admin_changes_switches_off_and_signs_out(running: Console, visit: Visit) -> None:
    async with Visit(running) as rita:
        await rita.sign_in("rita")
        await visit.sign_in("anna")
        await visit.get("/accounts/rita")
        fields = {"full_name": "Rita R.", "role": "editor", "enabled": "yes"}
        assert (await visit.post("/accounts/rita", fields)).notice == "The account of Rita R. is saved."
        assert "Rita R." in (await rita.get("/")).page
        assert (await visit.post("/accounts/rita/sign-out")).notice == "Rita R. is signed out everywhere."
        assert (await rita.get("/")).heading == "Sign in"
        await rita.sign_in("rita")
        await visit.get("/accounts/rita")
        await visit.post("/accounts/rita", {"full_name": "Rita R.", "role": "editor"})
        assert (await rita.get("/")).heading == "Sign in"
        assert (await rita.sign_in("rita")).status == 401
    entry = next(entry for entry in audit.entries(running.staff) if entry["what"] == "account changed")
    assert (entry["who"], entry["role"], entry["about"]) == ("anna", "reviewer+admin", "rita")
    assert entry["before"] == {"full_name": "Rita Reviewer", "role": "reviewer"}
    assert entry["after"] == {"full_name": "Rita R.", "role": "editor"}
    answer = await visit.post(
        "/accounts/anna", {"full_name": "Anna", "role": "reviewer", "admin": "", "enabled": "yes"}
    )
    assert answer.notice == "This is the last admin. Make somebody else an admin first."


async def test_who_gives_up_being_admin_lands_on_the_start_page(running: Console, visit: Visit) -> None:
    accounts.change(running.staff, "paul", admin=True)
    await visit.sign_in("anna")
    await visit.get("/accounts/anna")
    answer = await visit.post("/accounts/anna", {"full_name": "Anna", "role": "reviewer", "enabled": "yes"})
    assert answer.heading == "Hello, Anna"
    assert (await visit.get("/accounts")).status == 403


async def test_the_session_tells_what_it_has_left(running: Console, visit: Visit) -> None:
    await visit.sign_in("rita")
    with running.staff.begin() as connection:
        connection.exec_driver_sql("UPDATE sessions SET seen = ?", (time.time() - sessions.IDLE + 100,))
    answer = await visit.get("/account/session")
    assert 90 < int(re.search(r"\d+", answer.page).group()) <= 100
    await visit.get("/account")
    answer = await visit.post("/account/session")
    assert int(re.search(r"\d+", answer.page).group()) > sessions.IDLE - 60


async def test_shortcuts_are_switched_off_and_on(running: Console, visit: Visit) -> None:
    assert " data-shortcuts" in (await visit.sign_in("rita")).page
    await visit.get("/account")
    assert " data-shortcuts" not in (await visit.post("/account/shortcuts")).page
    assert " data-shortcuts" in (await visit.post("/account/shortcuts", {"shortcuts": "on"})).page


async def test_what_people_typed_is_shown_as_text(running: Console, visit: Visit) -> None:
    answer = await visit.sign_in('"><script>alert(1)</script>', "x")
    assert "<script>alert" not in answer.page
    assert "&lt;script&gt;alert" in answer.page

"""Every address of the console, who may ask for it, and that nobody else gets an answer."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from console_server import PEOPLE, Visit, console

from helpline.console.app import PARTS, create
from helpline.console.pages import Page, Pages
from helpline.console.rendering import TEMPLATES
from helpline.console.roles import NEEDS, PUBLIC, Account, may
from helpline.settings import load

pytestmark = pytest.mark.asyncio(loop_scope="module")

# A new address has to be written down here too: then somebody has thought about who may ask for it.
ROLES = {
    "GET /": "anyone",
    "GET /account": "anyone",
    "POST /account/password": "anyone",
    "GET /account/session": "anyone",
    "POST /account/session": "anyone",
    "POST /account/shortcuts": "anyone",
    "POST /account/sign-out-elsewhere": "anyone",
    "GET /accounts": "admin",
    "GET /accounts/<name:str>": "admin",
    "POST /accounts/<name:str>": "admin",
    "POST /accounts/<name:str>/link": "admin",
    "POST /accounts/<name:str>/sign-out": "admin",
    "POST /accounts/<name:str>/unlock": "admin",
    "GET /accounts/new": "admin",
    "POST /accounts/new": "admin",
    "GET /annotate": "reviewer",
    "POST /annotate": "reviewer",
    "POST /annotate/file": "reviewer",
    "GET /annotate/proposals": "reviewer",
    "POST /annotate/proposals": "reviewer",
    "POST /annotate/remove": "reviewer",
    "GET /audit": "auditor",
    "GET /audit.csv": "auditor",
    "GET /changes": "reviewer",
    "GET /changes/<commit:str>": "reviewer",
    "POST /changes/<commit:str>": "reviewer",
    "GET /inbox": "reviewer",
    "GET /inbox/<item:int>": "reviewer",
    "POST /inbox/<item:int>": "reviewer",
    "GET /insight": "anyone",
    "GET /insight/<name:str>": "anyone",
    "GET /publish": "anyone",
    "GET /publish/<model:str>": "anyone",
    "GET /publish/<model:str>/back": "publisher",
    "POST /publish/<model:str>/back": "publisher",
    "POST /publish/<model:str>/publish": "publisher",
    "GET /publish/<model:str>/report.md": "anyone",
    "GET /publish/<model:str>/sets.png": "anyone",
    "POST /publish/cancel": "publisher",
    "GET /publish/progress": "anyone",
    "POST /publish/train": "publisher",
    "GET /sign-in": "public",
    "POST /sign-in": "public",
    "POST /sign-out": "anyone",
    "GET /static/<name:str>": "public",
    "GET /stories": "editor",
    "POST /stories/new": "editor",
    "POST /stories/preview": "editor",
    "GET /topics": "reviewer",
    "GET /topics/<group:str>/<name:str>": "reviewer",
    "POST /topics/<group:str>/<name:str>": "editor",
    "GET /topics/new": "editor",
    "POST /topics/new": "editor",
    "GET /welcome/<token:str>": "public",
    "POST /welcome/<token:str>": "public",
}


def every_page() -> Iterator[tuple[str, Page]]:
    """Yield method and address, and the page, for each method except HEAD."""
    for part in PARTS:
        for page in part.pages.pages:
            for method in page.methods:
                if method != "HEAD":
                    yield f"{method} {page.path}", page


PAGES = dict(every_page())
CLOSED = {name: page for name, page in PAGES.items() if page.role != PUBLIC}


def address(page: Page) -> str:
    """Return an address that the page answers to."""
    return re.sub(r"<\w+:(\w+)[^>]*>", lambda found: "1" if found.group(1) == "int" else "x", page.path)


def account(name: str) -> Account:
    full_name, role, admin = PEOPLE[name]
    return Account(1, name, full_name, role, admin)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def people(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, Visit]]:
    """A browser of each person, signed in, and of nobody: ""."""
    async with console(tmp_path_factory.mktemp("console")) as running, AsyncExitStack() as stack:
        visits = {}
        for name in ("", *PEOPLE):
            visits[name] = await stack.enter_async_context(Visit(running))
            if name:
                assert (await visits[name].sign_in(name)).status == 200
        yield visits


async def test_every_address_has_its_role_written_down() -> None:
    assert {name: page.role for name, page in PAGES.items()} == ROLES


async def test_the_server_answers_at_no_other_address(tmp_path: Path) -> None:
    server = create(replace(load({}), staff_database_url=f"sqlite:///{tmp_path / 'staff.db'}"))
    served = {f"{method} /{route.path}" for route in server.router.routes for method in route.methods}
    assert served - {f"HEAD {page.path}" for page in PAGES.values()} == set(PAGES)
    assert [route.path for route in server.router.routes if route.handler.role not in NEEDS] == []
    assert len({part.pages.name for part in PARTS}) == len(PARTS)


async def test_a_page_without_a_known_role_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="role"):
        Pages("x").page("/x")
    with pytest.raises(ValueError, match="role"):
        Pages("x").page("/x", role="king")


@pytest.mark.parametrize("name", CLOSED)
async def test_nobody_gets_to_the_sign_in_page(people: dict[str, Visit], name: str) -> None:
    method, page = name.split()[0], CLOSED[name]
    answer = await people[""].ask(method, address(page))
    assert answer.heading == "Sign in"
    assert answer.status == (200 if method == "GET" else 401)


@pytest.mark.parametrize("name", CLOSED)
async def test_htmx_gets_no_page_in_place_of_a_part(people: dict[str, Visit], name: str) -> None:
    method, page = name.split()[0], CLOSED[name]
    headers = {"HX-Request": "true", "HX-Current-URL": "http://localhost/audit?page=2"}
    answer = await people[""].ask(method, address(page), headers=headers)
    assert (answer.status, answer.page) == (401, "")
    assert answer.headers["HX-Redirect"] == "/sign-in?next=/audit"


@pytest.mark.parametrize("name", CLOSED)
async def test_who_may_not_is_refused(people: dict[str, Visit], name: str) -> None:
    method, page = name.split()[0], CLOSED[name]
    refused = [person for person in PEOPLE if not may(account(person), page.role)]
    for person in refused:
        answer = await people[person].ask(method, address(page))
        assert (person, answer.status, answer.heading) == (person, 403, "This is not for your account")


@pytest.mark.parametrize("name", [name for name in PAGES if not name.startswith("GET")])
async def test_a_form_needs_its_token_and_our_origin(people: dict[str, Visit], name: str) -> None:
    method, page = name.split()[0], PAGES[name]
    person = next(person for person in PEOPLE if may(account(person), page.role))
    visit = people[person]
    token = re.search('name="csrf" value="([0-9a-f]+)"', (await visit.get("/account")).page).group(1)
    other = re.search('name="csrf" value="([0-9a-f]+)"', (await people["edda"].get("/account")).page).group(1)
    if person == "edda":
        other = "0" * 64
    for fields, headers in (
        ({}, {}),
        ({"csrf": ""}, {}),
        ({"csrf": "é"}, {}),
        ({"csrf": other}, {}),
        ({"csrf": token}, {"Origin": "https://elsewhere.example"}),
        ({"csrf": token}, {"Origin": "null"}),
        ({"csrf": token}, {"Sec-Fetch-Site": "cross-site"}),
        ({"csrf": token}, {"Sec-Fetch-Site": "same-site"}),
    ):
        answer = await visit.ask(method, address(page), data=fields, headers=headers)
        assert (answer.status, answer.heading) == (403, "This was not sent"), (fields, headers)


async def test_every_answer_has_the_headers_that_keep_others_out(people: dict[str, Visit]) -> None:
    for path in ("/", "/accounts", "/sign-in", "/nothing", "/static/console.css", "/welcome/x", "/audit.csv"):
        answer = await people["anna"].get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        if not path.startswith("/static"):
            assert answer.headers["Cache-Control"] == "no-store"


async def test_other_methods_and_addresses_are_no_pages(people: dict[str, Visit]) -> None:
    assert (await people["anna"].get("/nothing")).heading == "This page is not here"
    assert (await people["anna"].get("/account/password")).status == 405
    assert (await people["anna"].ask("PUT", "/accounts")).status == 405
    assert (await people["anna"].get("/accounts/nobody.here")).status == 404
    assert (await people[""].get("/nothing")).status == 404


async def test_files_come_from_their_folder_only(people: dict[str, Visit]) -> None:
    for name in ("console.css", "console.js", "htmx.min.js", "icon.svg", "htmx.LICENSE.txt"):
        assert (await people[""].get(f"/static/{name}")).status == 200
    for name in ("nothing.css", "..%2fapp.py", "%2e%2e%2fapp.py", "console", "..%5capp.py"):
        assert (await people[""].get(f"/static/{name}")).status == 404
    address = re.search(r'href="(/static/console.css\?v=\w+)"', (await people[""].get("/sign-in")).page).group(1)
    assert "immutable" in (await people[""].get(address)).headers["Cache-Control"]
    assert (await people[""].get("/static/console.css?v=old")).headers["Cache-Control"] == "no-cache"


async def test_a_fault_of_a_page_is_logged_without_what_was_sent(
    people: dict[str, Visit], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("helpline.console.accounts.everyone", fail)
    answer = await people["anna"].get("/accounts?text=private")
    assert (answer.status, answer.heading) == (500, "Something went wrong here")
    assert "broken" in caplog.text
    assert "private" not in caplog.text


async def test_without_its_database_it_still_says_so(
    people: dict[str, Visit], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("no database")

    monkeypatch.setattr("helpline.console.sessions.find", fail)
    answer = await people["anna"].get("/")
    assert answer.status == 500
    assert "went wrong" in answer.page
    assert "no database" in caplog.text


async def test_a_slow_page_holds_up_nobody(people: dict[str, Visit], monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio
    import time

    monkeypatch.setattr("helpline.console.audit.read", lambda _: time.sleep(1.0))
    slow = asyncio.create_task(people["aude"].get("/audit"))
    await asyncio.sleep(0.2)
    begun = time.monotonic()
    assert (await people["rita"].get("/account")).status == 200
    assert time.monotonic() - begun < 0.7
    assert (await slow).status == 500


TEMPLATE_FILES = sorted(TEMPLATES.glob("*.html"))


@pytest.mark.parametrize("path", TEMPLATE_FILES, ids=lambda path: path.name)
async def test_templates_post_with_a_token_and_have_nothing_inline(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for form in re.findall(r'<form[^>]*method="post".*?</form>', text, re.DOTALL):
        assert "csrf()" in form, form
    assert re.findall(r"<[^>]*\s(?:style|on\w+|hx-on\S*)\s*=", text) == []
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style", text) == []
    assert re.findall(r'(?:src|href|action)="(?:https?:)?//', text) == []
    # Escaping is switched off nowhere.
    assert "|safe" not in text.replace(" ", "")
    assert "autoescape" not in text


async def test_the_vendored_script_is_the_one_of_its_package() -> None:
    import hashlib

    from helpline.console.rendering import STATIC

    # dist/htmx.min.js of htmx.org 2.0.11.
    expected = "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717"
    assert hashlib.sha256((STATIC / "htmx.min.js").read_bytes()).hexdigest() == expected


async def test_the_console_runs_without_rasa_and_tensorflow() -> None:
    import subprocess
    import sys

    heavy = ("rasa", "tensorflow", "onnxruntime")
    code = f"import sys, helpline.console.app; print([name for name in {heavy} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"

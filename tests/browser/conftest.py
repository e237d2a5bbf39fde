"""One running assistant and one Chromium for all browser tests; a new browser context for each."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from assistant import Assistant, start, stop
from chat import SITE, WATCH, Chat
from network import Network
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from staff import Console, start_console, stop_console
from system import program

# Where a person looks at pictures of every state: SHOTS=folder.
SHOTS = os.environ.get("SHOTS", "")


@pytest.fixture(scope="session")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """Both servers as `helpline run` starts them; SITE may embed the widget."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEB_ORIGINS", SITE)
        running = start(tmp_path_factory.mktemp("browser"))
    yield running
    stop(running)


@pytest.fixture(scope="session")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """The staff console with an account for each role."""
    running = start_console(tmp_path_factory.mktemp("console"))
    yield running
    stop_console(running)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium of the system; where there is none, Playwright's. One for each module: its loop must not outlive it."""
    chromium = program(("chromium", "chromium-browser", "google-chrome"), ("chromium",))
    with sync_playwright() as playwright:
        # A made-up site may ask this machine, as a site on the internet asks a server there.
        args = ["--no-sandbox", "--disable-features=LocalNetworkAccessChecks"]
        browser = playwright.chromium.launch(executable_path=chromium, args=args)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Return a maker of contexts: each has a storage of its own, as another person's browser has."""
    made: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        context.add_init_script(WATCH)
        made.append(context)
        return context

    yield make
    for context in made:
        context.close()


@pytest.fixture
def chat(context: Callable[..., BrowserContext], assistant: Assistant) -> Chat:
    """The demo page in a window of a desktop, nothing opened yet."""
    return Chat(context().new_page(), assistant.url)


@pytest.fixture
def network(assistant: Assistant) -> Iterator[Network]:
    """A line to the assistant that can be cut."""
    line = Network(assistant.port)
    yield line
    line.close()


@pytest.fixture
def shot() -> Callable[[Chat, str], None]:
    """Return what takes a picture of a state, if somebody wants to look."""

    def take(chat: Chat, name: str) -> None:
        if SHOTS:
            Path(SHOTS).mkdir(parents=True, exist_ok=True)
            chat.page.screenshot(path=str(Path(SHOTS) / f"{name}.png"))

    return take


@pytest.fixture
def page_shot() -> Callable[[Page, str], None]:
    """Return what takes a picture of a whole page of the console, if somebody wants to look."""

    def take(page: Page, name: str) -> None:
        if SHOTS:
            Path(SHOTS).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=str(Path(SHOTS) / f"console-{name}.png"), full_page=True)

    return take

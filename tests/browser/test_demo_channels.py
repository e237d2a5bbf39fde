"""The demo page of the messaging channels: written once, seen on all; on a phone, and without JavaScript."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from assistant import free_port, wait_for
from chat import axe
from playwright.sync_api import BrowserContext, Page, expect

from helpline.fake_vendors.demo import Demo
from helpline.fake_vendors.faults import Faults
from helpline.fake_vendors.outbox import Button, Message
from helpline.fake_vendors.stub import CHANNELS, FakeVendors

# The demo is for people who look at it; its slow tests run with `make test-scale`.
pytestmark = pytest.mark.scale


class EchoingVendors(FakeVendors):
    """Answers by itself: where there are buttons, with two of them, else with a list."""

    async def say(self, channel: str, person: int, text: str) -> int:
        address = self.address(channel, person)
        self.outbox.add(channel, address, "person", text)
        native = channel in ("telegram", "messenger", "slack")
        buttons = (Button("m:1:1", "First"), Button("m:1:2", "Second & last")) if native else ()
        listed = "" if native else "\n\n1. First\n2. Second & last"
        self.outbox.add(channel, address, "bot", f"<i>echo</i> {text}{listed}", buttons, "17")
        return 200

    async def tap(self, channel: str, person: int, message: Message, button: int) -> int:
        return await self.say(channel, person, f"tapped {message.buttons[button].title}")


@pytest.fixture(scope="module")
def vendors() -> Iterator[EchoingVendors]:
    """The page, served beside the tests."""
    made, ready, ended = EchoingVendors(), threading.Event(), threading.Event()

    async def serve() -> None:
        async with made.serving(free_port(), extend=Demo(made).add_to):
            ready.set()
            while not ended.is_set():
                await asyncio.sleep(0.05)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    wait_for(ready.is_set, "the demo page", 60)
    yield made
    ended.set()
    thread.join(10)


def write(page: Page, text: str) -> None:
    page.get_by_label("What a person writes").fill(text)
    page.keyboard.press("Enter")


def test_what_is_written_once_is_answered_on_every_channel(
    context: Callable[..., BrowserContext], vendors: EchoingVendors
) -> None:
    page, asked = context().new_page(), set()
    page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
    page.goto(vendors.url)
    write(page, "hello <b>you</b>")
    for channel in CHANNELS:
        talk = page.locator(f"#{channel}")
        expect(talk.locator(".person")).to_have_text("You: hello <b>you</b>")
        expect(talk.locator(".bot")).to_contain_text("<i>echo</i> hello <b>you</b>")
    expect(page.get_by_role("status")).to_contain_text("Answered on 5 channels")
    # A choice on one of them is the same choice on the others, in each one's way.
    page.locator("#telegram").get_by_role("button", name="Second & last").click()
    for channel in CHANNELS:
        said = "tapped Second & last" if channel in ("telegram", "messenger", "slack") else "Second & last"
        expect(page.locator(f"#{channel} .person").last).to_have_text(f"You: {said}")
    page.get_by_role("checkbox", name="SMS").uncheck()
    write(page, "not by text")
    expect(page.locator("#slack .person").last).to_have_text("You: not by text")
    expect(page.locator("#sms")).not_to_contain_text("not by text")
    assert asked == {urlsplit(vendors.url).netloc}
    page.get_by_role("button", name="Start over").click()
    expect(page.locator(".talk li")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_the_page_has_no_fault(
    width: int, scheme: str, context: Callable[..., BrowserContext], vendors: EchoingVendors
) -> None:
    page = context(color_scheme=scheme, viewport={"width": width, "height": 700}).new_page()
    page.goto(vendors.url)
    write(page, "what is an iop? " + "x" * 60)
    expect(page.locator("#slack .bot").last).to_be_visible()
    page.get_by_text("Make trouble").click()
    assert axe(page) == []
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")


def test_it_works_without_javascript(context: Callable[..., BrowserContext], vendors: EchoingVendors) -> None:
    page = context(java_script_enabled=False).new_page()
    page.goto(vendors.url)
    write(page, "no script")
    for channel in CHANNELS:
        expect(page.locator(f"#{channel} .bot").last).to_contain_text("echo</i> no script")
    page.locator("#messenger").get_by_role("button", name="First").last.click()
    expect(page.locator("#sms .person").last).to_have_text("You: First")


def test_trouble_can_be_made_and_ended(context: Callable[..., BrowserContext], vendors: EchoingVendors) -> None:
    page = context().new_page()
    page.goto(vendors.url)
    for kind, faults in (("down", Faults(disconnect=1.0)), ("none", Faults())):
        page.get_by_text("Make trouble").click()
        page.get_by_label("Vendor").select_option("slack")
        page.get_by_label("Trouble", exact=True).select_option(kind)
        page.get_by_role("button", name="Set").click()
        wait_for(lambda faults=faults: vendors.slack.faults == faults, "the trouble", 5)


def test_another_site_may_not_post(context: Callable[..., BrowserContext], vendors: EchoingVendors) -> None:
    page = context().new_page()
    page.goto(vendors.url)
    answer = page.request.post(
        f"{vendors.url}/write", form={"text": "x", "channel": "sms"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status == 403

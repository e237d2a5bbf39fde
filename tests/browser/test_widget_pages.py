"""The pages around the widget: policies, other sites, no JavaScript, what a reader may keep, and what it costs."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from assistant import Assistant, wait_for
from chat import COLOURS, SITE, Chat, axe
from playwright.sync_api import BrowserContext, Error, Page, Route, expect

QUESTION = "how often are the sessions"
PAGES = ["/", "/chat", "/embed"]


@pytest.mark.parametrize("path", PAGES)
def test_pages_have_no_fault(path: str, chat: Chat, shot: Callable[[Chat, str], None]) -> None:
    chat.page.goto(chat.url + path)
    for scheme, rules in (("light", ()), ("dark", COLOURS)):
        chat.page.emulate_media(color_scheme=scheme)
        for name, (width, height) in {"desktop": (1280, 800), "320px": (320, 568)}.items():
            chat.page.set_viewport_size({"width": width, "height": height})
            chat.drawn()
            shot(chat, f"page{path.replace('/', '-')}-{scheme}-{name}")
            assert axe(chat.page, rules) == []
            assert chat.page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    assert chat.violations() == []


def test_no_policy_is_broken_and_nobody_else_is_asked(chat: Chat, assistant: Assistant) -> None:
    for path in PAGES:
        answer = chat.page.goto(assistant.url + path)
        assert answer
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "require-trusted-types-for 'script'" in policy
        assert "unsafe" not in policy
        assert chat.violations() == []
    chat.visit().open()
    chat.say(QUESTION)
    chat.say("See if an IOP may fit")
    chat.say("i am going to kill myself tonight")
    chat.page.get_by_role("button", name="End and delete").click()
    chat.page.get_by_role("button", name="Delete it").click()
    expect(chat.page.locator("iop-chat #receipt")).to_be_visible()
    assert chat.violations() == []
    assert chat.errors == []
    assert chat.requests == {urlsplit(assistant.url).netloc}


def test_the_snippet_works_on_a_strict_site_elsewhere(
    context: Callable[..., BrowserContext], assistant: Assistant, shot: Callable[[Chat, str], None]
) -> None:
    page = context(viewport={"width": 1280, "height": 800}).new_page()
    page.goto(f"{assistant.url}/embed")
    code = page.get_by_label("Snippet", exact=True).inner_text()
    policy = page.get_by_label("Policy").inner_text().replace("\n", " ")
    headers = {
        "Content-Type": "text/html",
        "Content-Security-Policy": f"default-src 'none'; style-src 'self'; base-uri 'none'; {policy}",
    }
    body = f'<!doctype html><html lang="en"><title>A site</title><body><main><h1>A site</h1></main>{code}</body></html>'
    page.route(f"{SITE}/**", lambda route: route.fulfill(headers=headers, body=body))
    chat = Chat(page, SITE).visit().open()
    assert "several times a week" in chat.say(QUESTION)
    assert chat.violations() == []
    assert chat.errors == []
    assert chat.requests == {urlsplit(SITE).netloc, urlsplit(assistant.url).netloc}
    assert axe(page) == []
    shot(chat, "embedded-elsewhere")


def test_a_site_sets_name_notice_contact_colours_and_exit(
    context: Callable[..., BrowserContext], assistant: Assistant
) -> None:
    page = context().new_page()
    body = (
        '<!doctype html><html lang="en"><title>A site</title><style>iop-chat { --iop-accent: rgb(80, 30, 90) }</style>'
        f'<body><main><h1>A site</h1></main><script type="module" src="{assistant.url}/widget/iop-chat.js"></script>'
        f'<iop-chat name="Ask Example Center" privacy-url="{SITE}/privacy" exit-url="{SITE}/away" hours="2" '
        'fit-check="off" handoff>'
        '<p slot="contact">Our front desk is open on weekdays.</p></iop-chat></body></html>'
    )
    page.route(f"{SITE}/**", lambda route: route.fulfill(body=body, content_type="text/html"))
    Chat(page, SITE).visit().open()
    expect(page.get_by_role("dialog", name="Ask Example Center")).to_have_count(1)
    expect(page.get_by_role("button", name="See if an IOP may fit")).to_have_count(0)
    expect(page.locator("iop-chat .notice")).to_contain_text("a short report may go to staff")
    expect(page.locator("iop-chat .notice")).not_to_contain_text("no other companies")
    expect(page.locator("iop-chat .notice")).to_contain_text("until 2 hours after")
    page.get_by_text("Privacy, and how to reach a person").click()
    expect(page.get_by_text("Our front desk is open on weekdays.")).to_be_visible()
    expect(page.get_by_role("link", name="Privacy notice")).to_have_attribute("href", f"{SITE}/privacy")
    send = page.get_by_role("button", name="Send")
    assert send.evaluate("(button) => getComputedStyle(button).backgroundColor") == "rgb(80, 30, 90)"
    page.get_by_role("button", name="Quick exit").click()
    page.wait_for_url(f"{SITE}/away")


def test_a_site_that_is_not_allowed_gets_no_conversation(
    context: Callable[..., BrowserContext], assistant: Assistant
) -> None:
    page = context().new_page()
    script = f'<script type="module" src="{assistant.url}/widget/iop-chat.js"></script>'
    body = f'<!doctype html><html lang="en"><title>Other</title><body>{script}<iop-chat></iop-chat></body></html>'
    page.route("http://other.test/**", lambda route: route.fulfill(body=body, content_type="text/html"))
    page.clock.install()
    with page.expect_event("requestfailed"):
        chat = Chat(page, "http://other.test").visit().open()
    chat.send(QUESTION)
    # How long the widget waits before it says so.
    page.clock.fast_forward(6_000)
    expect(chat.status).to_contain_text("can't reach", timeout=15_000)
    expect(chat.page.locator("iop-chat .line a[href='tel:911']")).to_be_visible()
    assert chat.stored().get("session") is None


def test_a_changed_script_is_refused_and_the_line_stays(
    context: Callable[..., BrowserContext], assistant: Assistant
) -> None:
    page = context().new_page()

    def change(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text() + "\n")

    page.route("**/widget/*.js*", change)
    # The end of its load is behind that of its scripts.
    page.goto(assistant.url)
    assert page.evaluate("customElements.get('iop-chat') === undefined")
    expect(page.get_by_role("link", name="call 911")).to_be_visible()


def test_the_chat_page_works_without_javascript(
    context: Callable[..., BrowserContext], assistant: Assistant, shot: Callable[[Chat, str], None]
) -> None:
    page = context(java_script_enabled=False, viewport={"width": 800, "height": 900}).new_page()
    page.goto(f"{assistant.url}/chat")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Quick exit")).to_be_focused()
    page.get_by_label("Your question").fill(QUESTION)
    page.get_by_role("button", name="Send").click()
    conversation = page.get_by_role("list", name="Conversation")
    expect(conversation).to_contain_text("several times a week")
    page.get_by_label("Your question").fill("i am going to kill myself tonight")
    page.get_by_role("button", name="Send").click()
    expect(conversation).to_contain_text("Call 911 now")
    expect(conversation.get_by_role("link", name="Call 911")).to_be_visible()
    shot(Chat(page, assistant.url), "no-javascript")
    page.get_by_role("button", name="End and delete this conversation").click()
    expect(page.get_by_role("status")).to_contain_text("Receipt")


def test_without_javascript_back_sends_nothing_and_shows_nothing_of_what_was_deleted(
    context: Callable[..., BrowserContext], assistant: Assistant
) -> None:
    page = context(java_script_enabled=False).new_page()
    page.goto(f"{assistant.url}/chat")
    conversation = page.get_by_role("list", name="Conversation")
    for text in (QUESTION, "what is an iop"):
        page.get_by_label("Your question").fill(text)
        page.get_by_role("button", name="Send").click()
        expect(conversation.locator(".mine").last).to_contain_text(text)
    go_back_to_nothing(page)
    expect(conversation).to_have_count(0)
    # Whoever loads that page again goes on where they were, and asks nothing twice.
    page.reload()
    expect(conversation.locator(".mine")).to_have_count(2)
    page.get_by_role("button", name="End and delete this conversation").click()
    expect(page.get_by_role("status")).to_contain_text("Receipt")
    go_back_to_nothing(page)
    page.reload()
    expect(page.get_by_role("status")).to_contain_text("deleted or no longer kept")
    expect(conversation).to_have_count(0)
    expect(page.get_by_text(QUESTION)).to_have_count(0)


def go_back_to_nothing(page: Page) -> None:
    """Press "back" where the browser has kept nothing: it shows a notice of its own."""
    with pytest.raises(Error, match="ERR_CACHE_MISS"):
        page.go_back()
    expect(page).to_have_url(re.compile("^chrome-error:"))


def test_the_chat_page_becomes_the_widget(chat: Chat, shot: Callable[[Chat, str], None]) -> None:
    chat.visit("/chat")
    chat.page.keyboard.press("Tab")
    assert chat.focused().startswith("button.exit")
    expect(chat.launcher).to_have_count(0)
    assert chat.page.locator("iop-chat > a[href='tel:911']").is_visible()
    expect(chat.page.get_by_role("heading", level=1)).to_have_count(1)
    expect(chat.page.locator("form[action='/chat#latest']")).to_be_hidden()
    assert "several times a week" in chat.say(QUESTION)
    chat.page.keyboard.press("Escape")
    expect(chat.panel).to_be_visible()
    box = chat.box()
    assert box == {"x": 0, "y": 0, "width": 1280, "height": 800}
    shot(chat, "chat-page")
    assert axe(chat.page) == []
    chat.page.get_by_role("button", name="This didn't help").click()
    expect(chat.mine.last).to_have_text(re.compile("This didn't help"))
    assert re.search("ask it again in other words|try once more", chat.replies())
    expect(chat.page.get_by_role("button", name="This didn't help")).to_have_count(0)


def test_on_a_slow_line_what_was_written_in_the_plain_form_is_answered_and_stays(
    context: Callable[..., BrowserContext], assistant: Assistant
) -> None:
    page = context(viewport={"width": 375, "height": 667}).new_page()
    held: list[Route] = []
    page.route("**/widget/*.js*", lambda route: held.append(route))
    page.goto(f"{assistant.url}/chat", wait_until="commit")
    page.get_by_label("Your question").fill("i want to kill myself")
    page.get_by_role("button", name="Send").click(no_wait_after=True)
    conversation = page.get_by_role("list", name="Conversation")
    expect(conversation.get_by_role("link", name="Call 988")).to_be_visible()
    for route in held:
        with suppress(Error):
            route.continue_()
    page.wait_for_load_state("load")
    assert page.locator("script").count() == 0
    expect(conversation.get_by_role("link", name="Call 988")).to_be_visible()
    # What is written next is answered too.
    page.get_by_label("Your question").fill(QUESTION)
    page.get_by_role("button", name="Send").click()
    expect(conversation).to_contain_text("several times a week")


def test_the_widget_does_not_come_in_the_place_of_half_a_question(
    context: Callable[..., BrowserContext], assistant: Assistant
) -> None:
    page = context().new_page()
    held: list[Route] = []
    page.route("**/widget/*.js*", lambda route: held.append(route))
    page.goto(f"{assistant.url}/chat", wait_until="commit")
    page.get_by_label("Your question").fill("half a question")
    wait_for(lambda: page.wait_for_timeout(50) or held, "the request for the script", 10)
    held[0].continue_()
    page.wait_for_load_state("load")
    assert page.evaluate("performance.getEntriesByType('resource').some(({ name }) => name.includes('.js'))")
    expect(page.get_by_label("Your question")).to_have_value("half a question")
    expect(page.get_by_label("Your question")).to_be_visible()


def test_the_chat_page_speaks_spanish_with_and_without_javascript(
    context: Callable[..., BrowserContext], assistant: Assistant
) -> None:
    for script in (True, False):
        page = context(java_script_enabled=script).new_page()
        page.goto(f"{assistant.url}/chat")
        if script:
            page.goto(f"{assistant.url}/chat?lang=es")
            expect(page.get_by_label("Su mensaje")).to_be_visible()
            assert axe(page) == []
            continue
        page.get_by_role("link", name="Esta página en español").click()
        page.get_by_label("Su pregunta").fill("me voy a matar esta noche")
        page.get_by_role("button", name="Enviar").click()
        expect(page.get_by_role("list", name="Conversación").get_by_role("link", name="Llamar al 911")).to_be_visible()


def test_a_spanish_page_speaks_spanish(
    context: Callable[..., BrowserContext], assistant: Assistant, shot: Callable[[Chat, str], None]
) -> None:
    page = context().new_page()
    script = f'<script type="module" src="{assistant.url}/widget/iop-chat.es.js"></script>'
    body = (
        f'<!doctype html><html lang="es"><title>Centro</title><body><main><h1>Centro</h1></main>{script}'
        "<iop-chat></iop-chat></body></html>"
    )
    page.route(f"{SITE}/**", lambda route: route.fulfill(body=body, content_type="text/html"))
    chat = Chat(page, SITE).visit()
    page.get_by_role("button", name="Chatear con el asistente").click()
    expect(page.get_by_label("Su mensaje")).to_be_focused()
    expect(page.get_by_role("button", name="Salida rápida")).to_be_visible()
    shot(chat, "spanish")
    assert axe(page) == []
    # The person sees what was pressed; the assistant gets it in its language, and answers in that.
    page.get_by_role("button", name="Ver si un IOP podría convenir").click()
    expect(chat.mine.locator(".bubble")).to_contain_text("Ver si un IOP podría convenir")
    expect(chat.question.get_by_role("radio").first).to_be_visible()
    expect(chat.question.locator("fieldset")).to_have_attribute("lang", "en")
    page.get_by_role("button", name="Omitir").click()
    chat.replies()
    expect(chat.mine.last.locator(".bubble")).to_contain_text("Omitir")
    expect(chat.polite).to_have_attribute("lang", "en")


def test_both_snippets_have_the_line_in_their_language(chat: Chat) -> None:
    chat.page.goto(f"{chat.url}/embed")
    english = chat.page.get_by_label("Snippet", exact=True).inner_text()
    spanish = chat.page.get_by_label("Snippet for Spanish pages").inner_text()
    assert 'fit-check="on"' in english
    assert "call 911" in english
    assert "iop-chat.es.js" in spanish
    assert "llame al 911" in spanish
    assert "/chat?lang=es" in spanish


def test_the_source_is_quiet_texts_are_texts_buttons_send_what_they_stand_for_and_a_copy_can_be_saved(
    chat: Chat, tmp_path: Path
) -> None:
    chat.visit().open()
    chat.say(QUESTION)
    expect(chat.page.locator("iop-chat .source")).to_have_text(
        "Source: Frequency and Duration of Sessions; How Long Does an IOP Last?"
    )
    button = chat.page.locator("iop-chat .replies button").first
    title = button.inner_text()
    button.click()
    chat.replies()
    assert chat.mine.last.locator(".bubble").inner_text() != title
    # Only the latest reply has buttons.
    assert chat.page.locator("iop-chat .replies").count() <= 1
    chat.say("<img src=x onerror=alert(1)> <b>what is an iop</b>")
    expect(chat.mine.last).to_contain_text("<b>what is an iop</b>")
    assert chat.page.locator("iop-chat .log img, iop-chat .mine b").count() == 0
    assert chat.violations() == []
    with chat.page.expect_download() as waiting:
        chat.page.get_by_role("button", name="Save a copy").click()
    assert waiting.value.suggested_filename == "conversation.txt"
    waiting.value.save_as(tmp_path / "copy.txt")
    text = (tmp_path / "copy.txt").read_text(encoding="utf-8")
    assert text.startswith("Conversation with the IOP helpline assistant, an automated program.")
    assert f"You: {QUESTION}" in text
    assert "Assistant: IOP sessions" in text
    assert "1-800-662-HELP (4357)" in text


def test_a_result_can_be_copied_printed_and_saved(context: Callable[..., BrowserContext], assistant: Assistant) -> None:
    people = context(permissions=["clipboard-read", "clipboard-write"])
    chat = Chat(people.new_page(), assistant.url)
    text = "An IOP may fit you. This is not a diagnosis.\n\nSource: Who is an IOP for?"
    chat.show({"text": text, "custom": {"kind": "fit_result", "outcome": "iop_may_fit"}})
    result = chat.page.get_by_role("group", name="Your result")
    result.get_by_role("button", name="Copy", exact=True).click()
    expect(chat.polite).to_contain_text("Copied")
    copied = chat.page.evaluate("navigator.clipboard.readText()")
    assert "This is not a diagnosis" in copied
    with chat.page.expect_download() as waiting:
        result.get_by_role("button", name="Download").click()
    assert waiting.value.suggested_filename == "fit-check.txt"
    # Only the result is on paper.
    chat.page.evaluate("""() => {
      window.print = () => {
        const root = document.querySelector("iop-chat").shadowRoot;
        window.paper = root.querySelector(".printed").innerText;
        window.beside = ["h1", "footer"].map((name) => document.querySelector(name).checkVisibility());
      };
    }""")
    chat.page.emulate_media(media="print")
    # On paper there are no buttons to click.
    chat.page.locator("iop-chat .result button", has_text="Print").dispatch_event("click")
    chat.page.wait_for_function("window.paper")
    assert chat.page.evaluate("window.beside") == [False, False]
    chat.page.emulate_media(media="screen")
    assert chat.page.evaluate("window.paper") == copied
    expect(chat.page.locator("iop-chat .printed")).to_have_count(0)
    assert chat.violations() == []


def test_the_launcher_costs_little(chat: Chat) -> None:
    session = chat.page.context.new_cdp_session(chat.page)
    session.send("Performance.enable")
    chat.visit()
    chat.page.evaluate("() => new Promise((then) => requestIdleCallback(then))")
    spent = {metric["name"]: metric["value"] for metric in session.send("Performance.getMetrics")["metrics"]}
    script = spent["ScriptDuration"] * 1000
    print(f"script time of the page with the launcher: {script:.0f} ms")
    # 50 ms is the aim; the machine may be busy.
    assert script < 100
    # Nothing is said to the server before somebody opens the chat.
    asked = chat.page.evaluate("performance.getEntries().map((entry) => entry.name)")
    assert not [address for address in asked if "socket.io" in address]

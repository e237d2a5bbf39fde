"""What keeps people safe: numbers that are always there, the card without a server, quick exit, notice, deletion."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from assistant import Assistant, wait_for
from chat import REPLY_MS, Chat, axe
from network import Network
from playwright.sync_api import BrowserContext, Page, expect

from helpline.answers.numbers import load_numbers

QUESTION = "how often are the sessions"
NUMBERS = ["tel:911", "tel:988", "sms:988", "tel:18006624357"]
EXIT = "https://www.weather.gov/"
# How long words of danger wait for an answer.
DANGER_MS = 3_000


@pytest.fixture
def away(context: Callable[..., BrowserContext], assistant: Assistant) -> Chat:
    """The demo page whose quick exit leads to a page of the tests."""
    page = context().new_page()
    page.route(f"{EXIT}**", lambda route: route.fulfill(body="<title>Weather</title>Sunny", content_type="text/html"))
    return Chat(page, assistant.url).visit()


def dialled(page: Page) -> list[str | None]:
    """Return where the links of the crisis line lead that can be seen now."""
    links = page.locator("iop-chat > a:not([slot])")
    return [link.get_attribute("href") for link in links.all() if link.is_visible()]


def test_the_crisis_line_is_there_without_javascript(
    context: Callable[..., BrowserContext], assistant: Assistant
) -> None:
    page = context(java_script_enabled=False).new_page()
    for path in ("/", "/chat"):
        page.goto(assistant.url + path)
        assert dialled(page) == NUMBERS
    page.goto(assistant.url)
    expect(page.get_by_role("link", name="Chat on a page of its own")).to_be_visible()


def test_the_crisis_line_is_there_with_the_script_blocked(
    context: Callable[..., BrowserContext], assistant: Assistant
) -> None:
    page = context().new_page()
    page.route("**/widget/**", lambda route: route.abort())
    page.goto(assistant.url)
    assert dialled(page) == NUMBERS
    page.goto(f"{assistant.url}/chat")
    expect(page.get_by_role("button", name="Send")).to_be_visible()


def test_the_crisis_line_is_there_closed_and_open_in_its_own_looks_and_a_site_without_one_gets_ours(chat: Chat) -> None:
    looks = """() => ["color", "display", "textTransform", "letterSpacing", "fontSize", "borderTopWidth", "float"]
      .map((name) => getComputedStyle(document.querySelector("iop-chat > a"))[name])"""
    chat.visit()
    assert dialled(chat.page) == NUMBERS
    before = chat.page.evaluate(looks)
    chat.page.evaluate("""() => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(`a { display: block; text-transform: uppercase; letter-spacing: 5px; font-size: 30px;
        border: 3px solid; float: left; color: white; background: white }
        body { text-transform: uppercase; letter-spacing: 5px }`);
      document.adoptedStyleSheets.push(sheet);
    }""")
    assert chat.page.evaluate(looks) == before
    chat.open()
    assert dialled(chat.page) == NUMBERS
    box, panel = chat.page.get_by_role("link", name="call 911").bounding_box(), chat.box()
    assert box and panel
    assert box["y"] > panel["y"]
    chat.page.keyboard.press("Escape")
    chat.page.evaluate("document.querySelector('iop-chat').replaceChildren()")
    line = chat.page.locator("iop-chat .dock .line")
    expect(line).to_be_visible()
    assert [link.get_attribute("href") for link in line.locator("a").all()] == NUMBERS


def test_a_crisis_is_text_and_a_card_with_numbers_to_tap(chat: Chat) -> None:
    chat.visit().open()
    text = chat.say("i am going to kill myself tonight")
    assert "Call 911 now" in text
    card = chat.page.get_by_role("group", name="Help now")
    links = [link.get_attribute("href") for link in card.locator(".numbers a").all()]
    assert links[0] == "tel:911"
    assert {"tel:988", "sms:988", "tel:18006624357"} <= set(links)
    # The text alone can be tapped too.
    assert card.locator("p a[href='tel:911']").count() >= 1
    assert "!" not in card.inner_text()
    # Told in Spanish, it has its words in Spanish.
    chat.say("me voy a matar esta noche")
    card = chat.page.get_by_role("group", name="Ayuda ahora")
    expect(card.get_by_role("link", name="Llamar al 911")).to_be_visible()
    expect(card.locator(".bubble")).to_have_attribute("lang", "es")


# What an assistant may say, and where the links in it lead.
TAPPED = [
    ("Call 911 now, or call or text 988.", ["tel:911", "tel:988", "sms:988"]),
    ("Call or text 988 at any hour.", ["tel:988", "sms:988"]),
    ("You can also text HOME to 741741.", ["sms:741741?&body=HOME"]),
    ("Call 1-800-799-7233, or text START to 88788.", ["tel:18007997233", "sms:88788?&body=START"]),
    ("Llame al 988 (oprima 2) o mande AYUDA por texto al 988.", ["tel:988", "sms:988?&body=AYUDA"]),
    ("Mande HOLA al 741741, o llame o mande texto al 988.", ["sms:741741?&body=HOLA", "tel:988", "sms:988"]),
    ("Mande START por texto al 88788, o mande un texto al 233733.", ["sms:88788?&body=START", "sms:233733"]),
    ("1-800-662-HELP (4357) is free, 24/7, since 2023, for 10,000 people.", ["tel:18006624357"]),
    ("Sessions take 3 hours, 3 to 5 days a week.", []),
]


def test_numbers_in_a_text_can_be_tapped(chat: Chat) -> None:
    chat.show(*({"text": text} for text, _ in TAPPED))
    for number, (text, links) in enumerate(TAPPED):
        bubble = chat.bubbles.nth(number).locator(".bubble > p")
        assert [link.get_attribute("href") for link in bubble.locator("a").all()] == links
        # No word is lost or added.
        assert bubble.text_content() == text


def test_every_hotline_can_be_tapped(chat: Chat) -> None:
    numbers = load_numbers().values()
    chat.show({"text": "Help", "custom": {"kind": "support", "numbers": [number.as_custom() for number in numbers]}})
    found = chat.bubbles.last.locator(".numbers a")
    links = {link.get_attribute("href"): link.locator("b").inner_text() for link in found.all()}
    for number in numbers:
        if number.tel:
            assert links[f"tel:{number.tel}"].startswith("Call ")
        if number.sms:
            assert any(href.split("?")[0] == f"sms:{number.sms}" for href in links)
    assert links["tel:18006624357"] == "Call 1-800-662-HELP (4357)"
    assert links["sms:741741?&body=HOME"] == "Text HOME to 741741"
    assert links["tel:18007997233"] == "Call 1-800-799-7233"
    assert links["sms:88788?&body=START"] == "Text START to 88788"


def test_danger_without_a_server_gets_the_static_card(
    context: Callable[..., BrowserContext], network: Network, shot: Callable[[Chat, str], None]
) -> None:
    chat = Chat(context().new_page(), network.url).visit().open()
    chat.say(QUESTION)
    network.cut()
    expect(chat.status).to_be_visible(timeout=REPLY_MS)
    chat.send("i took a whole bottle of pills")
    card = chat.page.get_by_role("group", name="Please don't wait for me")
    expect(card).to_be_visible(timeout=1_000)
    expect(card).to_contain_text("call 911 now")
    expect(chat.urgent).to_contain_text("call 911 now")
    shot(chat, "offline-danger")
    assert axe(chat.page) == []
    chat.send("no puedo respirar")
    expect(chat.page.get_by_role("group", name="Por favor no me espere")).to_be_visible()
    chat.send("what is an iop")
    expect(card).to_have_count(1)
    network.restore()
    expect(chat.page.get_by_role("group", name="Help now").first).to_be_visible(timeout=REPLY_MS)
    chat.page.reload()
    chat.open()
    expect(card).to_be_visible()


def test_danger_that_nobody_answers_gets_the_static_card(
    context: Callable[..., BrowserContext], network: Network
) -> None:
    chat = Chat(context().new_page(), network.url)
    chat.page.clock.install()
    chat.visit().open()
    chat.say(QUESTION)
    network.hold_answers()
    chat.send("he is not breathing")
    chat.page.clock.fast_forward(DANGER_MS)
    expect(chat.page.get_by_role("group", name="Please don't wait for me")).to_be_visible()


def test_danger_that_waits_over_a_reload_gets_the_static_card(
    context: Callable[..., BrowserContext], network: Network
) -> None:
    chat = Chat(context().new_page(), network.url)
    chat.page.clock.install()
    chat.visit().open()
    chat.say(QUESTION)
    chat.page.evaluate("""() => {
      const [key] = Object.keys(sessionStorage).filter((key) => key.startsWith("iop-chat"));
      const kept = JSON.parse(sessionStorage.getItem(key));
      kept.items.push({ mid: "danger-waits", ts: 1, message: "i took a whole bottle of pills", state: "waiting" });
      sessionStorage.setItem(key, JSON.stringify(kept));
    }""")
    chat.page.route("**/socket.io/**", lambda route: route.abort())
    chat.page.route_web_socket(re.compile("socket.io"), lambda socket: socket.close())
    chat.page.reload()
    chat.open()
    card = chat.page.get_by_role("group", name="Please don't wait for me")
    chat.page.clock.fast_forward(DANGER_MS)
    expect(card).to_have_count(1)
    chat.page.reload()
    chat.page.clock.fast_forward(DANGER_MS)
    chat.open()
    expect(card).to_have_count(1)


def test_quick_exit_leaves_nothing_in_the_tab_and_has_the_server_forget(away: Chat, assistant: Assistant) -> None:
    away.open()
    away.say(QUESTION)
    session = away.stored()["session"]["id"]
    wait_for(lambda: assistant.stored(session) > 0, "the conversation in the database", 10)
    length = away.page.evaluate("history.length")
    away.page.get_by_role("button", name="Quick exit").click()
    away.page.wait_for_url(f"{EXIT}**")
    assert away.page.evaluate("history.length") == length
    wait_for(lambda: assistant.stored(session) == 0, "the deletion", 10)
    with closing(sqlite3.connect(assistant.database)) as database:
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = [row for table in tables for row in database.execute(f'SELECT * FROM "{table}"')]
    assert not [row for row in rows if session in map(str, row)]
    away.visit()
    assert away.stored() == {}
    away.open()
    expect(away.mine).to_have_count(0)


def test_quick_exit_has_the_server_forget_without_a_line_too(away: Chat, assistant: Assistant) -> None:
    away.open()
    away.say(QUESTION)
    session = away.stored()["session"]["id"]
    wait_for(lambda: assistant.stored(session) > 0, "the conversation in the database", 10)
    away.page.route("**/socket.io/**", lambda route: route.abort())
    away.page.reload()
    away.open()
    away.page.get_by_role("button", name="Quick exit").click()
    away.page.wait_for_url(f"{EXIT}**")
    wait_for(lambda: assistant.stored(session) == 0, "the deletion", 10)


def test_a_page_from_the_browser_s_cache_shows_nothing_after_quick_exit(chat: Chat) -> None:
    chat.visit().open()
    chat.say(QUESTION)
    expect(chat.mine).to_have_count(1)
    # As if it had been left by quick exit on a later page of the same tab.
    chat.page.evaluate("sessionStorage.clear()")
    chat.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(chat.mine).to_have_count(0)
    assert chat.say(QUESTION)


def test_quick_exit_works_without_a_server(
    context: Callable[..., BrowserContext], network: Network, assistant: Assistant
) -> None:
    page = context().new_page()
    page.route(f"{EXIT}**", lambda route: route.fulfill(body="Sunny", content_type="text/html"))
    chat = Chat(page, network.url).visit().open()
    chat.say(QUESTION)
    network.cut()
    page.get_by_role("button", name="Quick exit").click()
    page.wait_for_url(f"{EXIT}**", timeout=2_000)


def test_shift_three_times_leaves_with_a_spoken_countdown(away: Chat) -> None:
    away.open()
    away.say(QUESTION)
    away.page.keyboard.press("Shift")
    expect(away.urgent).to_have_text("Shift. Press 2 more times to exit.")
    expect(away.page.locator("iop-chat .leaving")).to_be_visible()
    away.page.keyboard.press("Shift")
    expect(away.urgent).to_have_text("Shift. Press 1 more time to exit.")
    away.page.keyboard.press("Shift")
    away.page.wait_for_url(f"{EXIT}**")


def test_shift_leaves_a_closed_conversation_too_and_needs_one(away: Chat) -> None:
    for _ in range(4):
        away.page.keyboard.press("Shift")
    assert stays(away)
    away.open()
    away.say(QUESTION)
    away.page.keyboard.press("Escape")
    for _ in range(3):
        away.page.keyboard.press("Shift")
    away.page.wait_for_url(f"{EXIT}**")


def stays(away: Chat) -> bool:
    """Tell whether the page is not being left: quick exit blanks it at once."""
    shown = away.page.evaluate("getComputedStyle(document.documentElement).display !== 'none'")
    return shown and away.page.url.startswith(away.url)


def test_shift_with_anything_else_does_not_leave(away: Chat) -> None:
    away.open()
    away.say(QUESTION)
    away.field.fill("some words to select")
    box = away.field.bounding_box()
    assert box
    down, up, press = away.page.keyboard.down, away.page.keyboard.up, away.page.keyboard.press
    for number in range(4):
        down("Shift")
        if number % 2:
            away.page.mouse.wheel(0, 10)
        else:
            away.page.mouse.click(box["x"] + 20 + 20 * number, box["y"] + 20)
        up("Shift")
    # A press between takes back what was counted.
    press("Shift"), press("Shift")
    away.page.mouse.click(box["x"] + 20, box["y"] + 20)
    press("Shift")
    assert stays(away)
    expect(away.urgent).to_have_text("Shift. Press 2 more times to exit.")
    press("a")
    expect(away.urgent).to_have_text("")
    expect(away.page.locator("iop-chat .leaving")).to_have_count(0)
    # Quick capitals start no countdown.
    away.page.evaluate("""() => {
      window.heard = [];
      const urgent = document.querySelector("iop-chat").shadowRoot.querySelector("#urgent");
      new MutationObserver(() => heard.push(urgent.textContent)).observe(urgent, { childList: true });
    }""")
    for letter in "IAM":
        # Shift is let go before the letter is.
        down("Shift"), down(letter), up("Shift"), up(letter)
    for letter in "so":
        # The letter before is still held.
        down(letter), down("Shift"), up("Shift"), up(letter)
    for _ in range(3):
        down("Alt"), down("Shift"), up("Shift"), up("Alt")
    away.page.keyboard.type("I AM OK")
    for _ in range(3):
        press("Shift+A")
    assert away.page.evaluate("heard") == []
    for key in ("Shift", "Shift", "b", "Shift", "Escape"):
        press(key)
    assert stays(away)


def test_a_key_that_went_up_unheard_does_not_stand_in_the_way_of_quick_exit(away: Chat) -> None:
    away.open()
    away.say(QUESTION)
    away.page.keyboard.down("Tab")
    away.page.wait_for_timeout(1_200)
    for _ in range(3):
        away.page.keyboard.press("Shift")
    away.page.wait_for_url(f"{EXIT}**")


def test_the_countdown_runs_out(away: Chat) -> None:
    away.page.clock.install()
    away.visit().open()
    away.page.keyboard.press("Shift")
    away.page.keyboard.press("Shift")
    away.page.clock.fast_forward(6_000)
    expect(away.urgent).to_have_text("Quick exit by Shift stopped.")
    away.page.keyboard.press("Shift")
    expect(away.urgent).to_have_text("Shift. Press 2 more times to exit.")


def test_the_notice_stands_before_the_first_message(chat: Chat) -> None:
    chat.visit().open()
    notice = chat.page.locator("iop-chat .notice")
    expect(notice).to_be_in_viewport()
    expect(notice).to_contain_text("automated assistant, not a person or a clinician")
    expect(notice).to_contain_text("24 hours after your last message")
    expect(notice).to_contain_text("No cookies")
    expect(chat.mine).to_have_count(0)
    chat.page.get_by_text("Privacy, and how to reach a person").click()
    expect(notice).to_contain_text("history still shows")
    expect(notice.get_by_role("link", name="1-800-662-HELP (4357)")).to_be_visible()


def test_ending_deletes_here_and_on_the_server_and_shows_the_receipt(chat: Chat, assistant: Assistant) -> None:
    chat.page.clock.install()
    chat.visit().open()
    chat.say(QUESTION)
    session = chat.stored()["session"]["id"]
    wait_for(lambda: assistant.stored(session) > 0, "the conversation in the database", 10)
    chat.page.get_by_role("button", name="End and delete").click()
    expect(chat.page.get_by_role("button", name="Keep it")).to_be_focused()
    chat.page.get_by_role("button", name="Keep it").click()
    expect(chat.page.get_by_role("button", name="End and delete")).to_be_focused()
    chat.page.get_by_role("button", name="End and delete").click()
    chat.page.get_by_role("button", name="Delete it").click()
    receipt = chat.page.locator("iop-chat #receipt")
    expect(receipt).to_have_text(re.compile(r"Your conversation is deleted\. Receipt [0-9A-F]{6}, .*\d{4}"))
    expect(receipt).to_be_focused()
    # That the line is closed on purpose is no trouble to tell of.
    chat.page.clock.fast_forward(2_000)
    chat.drawn()
    expect(chat.status).to_have_count(0)
    assert assistant.stored(session) == 0
    assert chat.stored() == {}
    expect(chat.mine).to_have_count(0)
    chat.page.get_by_role("button", name="Start a new conversation").click()
    expect(chat.field).to_be_focused()
    chat.say(QUESTION)
    assert chat.stored()["session"]["id"] != session


def test_ending_without_a_server_says_that_nothing_is_deleted_yet(
    context: Callable[..., BrowserContext], network: Network
) -> None:
    chat = Chat(context().new_page(), network.url).visit().open()
    chat.say(QUESTION)
    network.cut()
    chat.page.get_by_role("button", name="End and delete").click()
    chat.page.get_by_role("button", name="Delete it").click()
    expect(chat.page.locator("iop-chat .ending")).to_contain_text("nothing is deleted yet")
    expect(chat.mine).to_have_count(1)
    assert chat.stored()["session"]


@pytest.mark.parametrize("way", ["End and delete", "Quick exit"])
def test_a_conversation_ended_in_another_tab_is_gone_here_too(
    way: str, context: Callable[..., BrowserContext], assistant: Assistant
) -> None:
    both = context()
    page = both.new_page()
    page.route(f"{EXIT}**", lambda route: route.fulfill(body="Sunny", content_type="text/html"))
    first = Chat(page, assistant.url).visit().open()
    first.say(QUESTION)
    kept = first.page.evaluate("JSON.stringify({...sessionStorage})")
    second_page = both.new_page()
    second_page.add_init_script(f"for (const [key, value] of Object.entries({kept})) sessionStorage[key] ??= value")
    second = Chat(second_page, assistant.url).visit().open()
    expect(second.mine).to_have_count(1)
    first.page.get_by_role("button", name=way).click()
    if way == "End and delete":
        first.page.get_by_role("button", name="Delete it").click()
    receipt = second.page.locator("iop-chat #receipt")
    expect(receipt).to_contain_text("Your conversation is deleted. Receipt")
    expect(receipt).to_be_focused()
    expect(second.mine).to_have_count(0)
    assert second.stored() == {}
    if way == "End and delete":
        expect(first.page.locator("iop-chat #receipt")).to_have_text(receipt.inner_text())
    second.page.get_by_role("button", name="Start a new conversation").click()
    assert second.say(QUESTION)


def test_after_three_hours_it_says_again_that_it_is_a_program(chat: Chat) -> None:
    chat.page.clock.install()
    chat.visit().open()
    chat.say(QUESTION)
    chat.page.clock.fast_forward("03:01:00")
    chat.say("does insurance cover it")
    expect(chat.page.get_by_text("A reminder: I'm a computer program")).to_have_count(1)
    chat.say("thanks")
    expect(chat.page.get_by_text("A reminder: I'm a computer program")).to_have_count(1)


@pytest.mark.parametrize(
    "danger",
    [
        {"kind": "crisis", "tier": "T2"},
        # A later check in which there was danger.
        {"kind": "fit_result", "outcome": "urgent", "numbers": [{"label": "988", "tel": "988", "text": "988"}]},
    ],
    ids=["crisis", "urgent check"],
)
def test_after_danger_no_earlier_result_is_handed_on(danger: dict[str, Any], chat: Chat) -> None:
    earlier = {"text": "An IOP may fit you.", "custom": {"kind": "fit_result", "outcome": "iop_may_fit"}}
    handed_on = chat.page.get_by_role("button", name=re.compile("Copy|Print|Download"))
    chat.show(earlier)
    expect(handed_on).to_have_count(3)
    chat.show(earlier, {"text": "Call 988.", "custom": danger})
    expect(chat.bubbles).to_have_count(2)
    expect(handed_on).to_have_count(0)
    # A check after that has a result of its own.
    chat.show(earlier, {"text": "Call 988.", "custom": danger}, earlier)
    expect(handed_on).to_have_count(3)

"""The widget for everyone: by keyboard, to a screen reader, small, zoomed, dark, in chosen colours, right to left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from assistant import Assistant
from chat import COLOURS, KEYBOARD, SITE, Chat, axe
from network import Network
from playwright.sync_api import BrowserContext, expect

QUESTION = "how often are the sessions"
DANGER = "i am going to kill myself tonight"
# Presses of Tab from the start of the demo page to its end, at most.
MANY = 60

MODES: dict[str, dict[str, Any]] = {
    "plain": {},
    "dark": {"color_scheme": "dark"},
    "forced_colors": {"forced_colors": "active"},
    "phone": {"viewport": {"width": 375, "height": 667}, "has_touch": True},
    "320px": {"viewport": {"width": 320, "height": 568}},
    # 1280 x 1024 at 200 % and 400 %.
    "zoom_200": {"viewport": {"width": 640, "height": 512}, "device_scale_factor": 2},
    "zoom_400": {"viewport": {"width": 320, "height": 256}, "device_scale_factor": 4},
    "right_to_left": {},
}
PLAIN: dict[str, Any] = {
    "viewport": {"width": 1280, "height": 800},
    "color_scheme": "light",
    "forced_colors": "none",
}
# What axe looks at in a mode that changes only colours, or only places; in those not named here, at everything.
RULES = {
    "dark": COLOURS,
    "forced_colors": COLOURS,
    "phone": ("target-size",),
    "zoom_200": ("target-size",),
    "zoom_400": ("target-size",),
    "right_to_left": ("target-size",),
}


def walk(chat: Chat, look: Callable[[str], None]) -> None:
    """Go through every state of the widget, from launcher to receipt."""
    chat.visit()
    look("1-closed")
    chat.open()
    look("2-open")
    chat.say(QUESTION)
    look("3-answer")
    chat.say("See if an IOP may fit")
    expect(chat.question).to_be_visible()
    look("4-question")
    for answer in ("me", "18 or older", "No", "Mental health", "No", "Yes", "Most days", "Regular visits, not enough"):
        chat.say(answer)
    for answer in ("Yes", "Yes"):
        chat.say(answer)
    expect(chat.page.get_by_role("button", name="Copy", exact=True)).to_be_visible()
    look("5-result")
    chat.say("my friend wants to die")
    expect(chat.page.get_by_role("group", name="Help now")).to_be_visible()
    look("6-crisis")
    chat.page.get_by_role("button", name="End and delete").click()
    look("7-end")
    chat.page.get_by_role("button", name="Delete it").click()
    expect(chat.page.locator("iop-chat #receipt")).to_contain_text("Receipt")
    look("8-receipt")


def put_in(chat: Chat, mode: str) -> None:
    """Bring a page that is open into a mode, as far as that can be done."""
    options = PLAIN | MODES[mode]
    chat.page.set_viewport_size(options["viewport"])
    chat.page.emulate_media(color_scheme=options["color_scheme"], forced_colors=options["forced_colors"])
    chat.page.evaluate("(dir) => (document.dir = dir)", "rtl" if mode == "right_to_left" else "ltr")
    chat.drawn()


def test_no_state_has_a_fault_in_any_mode(chat: Chat, shot: Callable[[Chat, str], None]) -> None:
    faults: list[str] = []

    def look(state: str) -> None:
        for mode in MODES:
            put_in(chat, mode)
            shot(chat, f"{mode}-{state}")
            faults.extend(f"{mode}, {state}: {fault}" for fault in axe(chat.page, RULES.get(mode, ())))
            faults.extend(f"{mode}, {state}: wider than its window: {name}" for name in too_wide(chat))
        put_in(chat, "plain")

    walk(chat, look)
    assert faults == []
    assert chat.errors == []


@pytest.mark.scale
@pytest.mark.parametrize("mode", MODES)
def test_no_state_has_a_fault_for_who_comes_in_a_mode(
    mode: str, context: Callable[..., BrowserContext], assistant: Assistant
) -> None:
    chat = Chat(context(**MODES[mode]).new_page(), assistant.url)
    if mode == "right_to_left":
        chat.page.add_init_script("document.addEventListener('DOMContentLoaded', () => (document.dir = 'rtl'))")
    faults: list[str] = []

    def look(state: str) -> None:
        faults.extend(f"{state}: {fault}" for fault in axe(chat.page))
        faults.extend(f"{state}: wider than its window: {name}" for name in too_wide(chat))

    walk(chat, look)
    assert faults == []
    assert chat.errors == []


@pytest.mark.parametrize("language", ["en", "es"])
def test_closed_it_takes_a_quarter_of_a_small_phone_and_every_number_is_easily_tapped(
    language: str, context: Callable[..., BrowserContext], assistant: Assistant, shot: Callable[[Chat, str], None]
) -> None:
    page = context(**MODES["320px"]).new_page()
    if language == "en":
        chat = Chat(page, assistant.url).visit()
    else:
        page.goto(f"{assistant.url}/embed")
        code = page.get_by_label("Snippet for Spanish pages").inner_text()
        body = f'<!doctype html><html lang="es"><title>Centro</title><main><h1>Centro</h1></main>{code}</html>'
        page.route(f"{SITE}/**", lambda route: route.fulfill(body=body, content_type="text/html"))
        chat = Chat(page, SITE).visit()
    shot(chat, f"320px-closed-{language}")
    dock = chat.page.locator("iop-chat .dock").bounding_box()
    assert dock
    assert dock["height"] <= 568 / 4
    boxes = [link.bounding_box() for link in chat.page.locator("iop-chat > a:not([slot])").all()]
    boxes.append(chat.launcher.bounding_box())
    assert len(boxes) == 5
    for box in boxes:
        assert box
        assert box["height"] >= 43.9
        assert box["width"] >= 43.9
        assert box["y"] >= dock["y"]
        assert box["y"] + box["height"] <= 568


def too_wide(chat: Chat) -> list[str]:
    """Return what would have to be scrolled sideways."""
    return chat.page.evaluate(
        """() => {
          const root = document.querySelector("iop-chat").shadowRoot;
          const within = root.querySelectorAll(".panel, .log, .bubble, .dock, .question, .row");
          const all = [document.scrollingElement, ...within];
          return all.filter((element) => element.scrollWidth > element.clientWidth + 1)
            .map((element) => `${element.localName}.${element.className}`);
        }"""
    )


def test_the_launcher_is_a_button_reached_by_tab_and_nothing_of_the_closed_panel_is(chat: Chat) -> None:
    chat.visit()
    expect(chat.launcher).to_have_attribute("aria-expanded", "false")
    expect(chat.page.get_by_role("button", name="Chat with the assistant")).to_have_count(1)
    stops = []
    for _ in range(MANY):
        chat.page.keyboard.press("Tab")
        stops.append(chat.focused())
        if stops[-1].startswith("button.launcher"):
            break
    assert stops[-1].startswith("button.launcher")
    within = stops[next(at for at, stop in enumerate(stops) if "call 911" in stop) :]
    assert [stop.split(" ", 1)[1].removeprefix("main ") for stop in within] == [
        "call 911",
        "call 988",
        "text 988",
        "1-800-662-HELP (4357)",
        "Chat with the assistant",
    ]
    chat.page.keyboard.press("Tab")
    assert not chat.focused().startswith(("textarea", "button."))


def test_focus_goes_to_the_field_on_open_and_back_on_escape(chat: Chat) -> None:
    chat.visit()
    chat.launcher.focus()
    chat.page.keyboard.press("Enter")
    expect(chat.field).to_be_focused()
    expect(chat.page.get_by_role("dialog", name="IOP helpline assistant")).to_have_count(1)
    chat.page.keyboard.type("half a ques")
    chat.page.keyboard.press("Escape")
    expect(chat.panel).to_be_hidden()
    expect(chat.launcher).to_be_focused()
    chat.open()
    expect(chat.field).to_have_value("half a ques")
    stops = chat.page.evaluate(
        """() => [...document.querySelector("iop-chat").shadowRoot.querySelectorAll(".panel :is(a, button, textarea)")]
          .map((element) => element.className)"""
    )
    assert stops[0] == "exit"
    chat.page.get_by_role("button", name="Close chat").click()
    expect(chat.launcher).to_be_focused()


@pytest.mark.parametrize("mode", ["phone", "zoom_400"])
def test_where_the_field_would_hide_what_is_above_the_focus_goes_to_the_heading(
    mode: str, context: Callable[..., BrowserContext], assistant: Assistant
) -> None:
    chat = Chat(context(**MODES[mode]).new_page(), assistant.url).visit().open()
    expect(chat.page.get_by_role("heading", name="IOP helpline assistant")).to_be_focused()
    expect(chat.page.get_by_role("button", name="Quick exit")).to_be_in_viewport(ratio=1)
    expect(chat.page.get_by_role("link", name="call 911")).to_be_in_viewport(ratio=1)
    chat.say(QUESTION)
    expect(chat.page.get_by_role("button", name="Quick exit")).to_be_in_viewport(ratio=1)


def phone(context: Callable[..., BrowserContext], url: str, path: str, width: int, height: int) -> Chat:
    """Return the chat, opened, on a phone whose keyboard is down."""
    viewport = {"width": width, "height": height}
    page = context(viewport=viewport, has_touch=True, is_mobile=True).new_page()
    page.add_init_script(KEYBOARD)
    chat = Chat(page, url).visit(path)
    return chat if path == "/chat" else chat.open()


# Width and height of a phone's window, and what its keyboard leaves of it.
PHONES = [(375, 553, 263), (375, 553, 294), (360, 640, 360), (320, 500, 240)]


@pytest.mark.parametrize("path", ["/", "/chat"])
def test_over_a_phone_s_keyboard_answers_and_the_crisis_card_are_in_view(
    path: str, context: Callable[..., BrowserContext], assistant: Assistant, shot: Callable[[Chat, str], None]
) -> None:
    chat = phone(context, assistant.url, path, *PHONES[0][:2])
    for width, height, visible in PHONES:
        chat.page.set_viewport_size({"width": width, "height": height})
        chat.field.focus()
        chat.keyboard(visible)
        assert chat.box() == {"x": 0, "y": 0, "width": width, "height": visible}
        chat.say(QUESTION)
        assert chat.in_view(chat.bubbles.last) > 80
        chat.say(DANGER)
        card = chat.page.get_by_role("group", name="Help now").last
        assert chat.in_view(card) > 80
        shot(chat, f"keyboard-{width}x{visible}{path.replace('/', '-')}")
        for name in ("Quick exit", "Send"):
            box = chat.page.get_by_role("button", name=name).bounding_box()
            assert box
            assert 0 <= box["y"] <= visible - box["height"]
        for number in ("tel:911", "tel:988"):
            box = chat.page.locator(f"iop-chat > a[href='{number}']").bounding_box()
            assert box
            assert 0 <= box["y"] <= visible - box["height"]
        assert axe(chat.page) == []
        # The keyboard goes down by itself, and the card stays where it is.
        expect(card).to_be_focused()
        chat.keyboard(None)
        assert chat.in_view(card) > 150
    assert axe(chat.page) == []


def test_where_the_keyboard_makes_the_window_lower_the_crisis_card_is_in_view_too(
    context: Callable[..., BrowserContext], assistant: Assistant
) -> None:
    chat = phone(context, assistant.url, "/", 375, 553)
    chat.field.focus()
    chat.page.set_viewport_size({"width": 375, "height": 263})
    chat.say(QUESTION)
    chat.say(DANGER)
    assert chat.in_view(chat.page.get_by_role("group", name="Help now")) > 80
    expect(chat.page.get_by_role("button", name="Send")).to_be_in_viewport(ratio=1)


def test_over_the_keyboard_whoever_types_on_keeps_it(
    context: Callable[..., BrowserContext], assistant: Assistant
) -> None:
    chat = phone(context, assistant.url, "/", 375, 553)
    chat.field.focus()
    chat.keyboard(263)
    chat.page.evaluate(
        """(danger) => {
          const field = document.querySelector("iop-chat").shadowRoot.querySelector("textarea");
          field.value = danger;
          field.form.requestSubmit();
          field.value = "and i";
        }""",
        DANGER,
    )
    chat.replies()
    assert chat.in_view(chat.page.get_by_role("group", name="Help now")) > 80
    expect(chat.field).to_be_focused()


def test_over_the_keyboard_the_static_card_is_in_view_too(
    context: Callable[..., BrowserContext], network: Network
) -> None:
    chat = phone(context, network.url, "/", 360, 640)
    chat.field.focus()
    chat.keyboard(360)
    chat.say(QUESTION)
    network.cut()
    expect(chat.status).to_be_visible(timeout=15_000)
    chat.send("i took a whole bottle of pills")
    card = chat.page.get_by_role("group", name="Please don't wait for me")
    expect(card).to_be_focused()
    assert chat.in_view(card) > 120


def test_on_a_phone_the_notice_can_be_read_before_the_keyboard_comes(
    context: Callable[..., BrowserContext], assistant: Assistant
) -> None:
    chat = phone(context, assistant.url, "/", 375, 553)
    expect(chat.field).not_to_be_focused()
    notice = chat.page.locator("iop-chat .notice")
    assert chat.in_view(notice) > 180


def test_a_site_s_size_of_rem_does_not_reach_the_widget(
    context: Callable[..., BrowserContext], assistant: Assistant
) -> None:
    page = context().new_page()
    style = "body { font-size: 1.6rem; letter-spacing: 3px; text-transform: uppercase }"
    body = (
        f'<!doctype html><html lang="en"><title>A site</title><style>{style}</style><main><h1>A site</h1></main>'
        f'<script type="module" src="{assistant.url}/widget/iop-chat.js"></script><iop-chat></iop-chat>'
    )
    page.route(f"{SITE}/**", lambda route: route.fulfill(body=body, content_type="text/html"))
    chat = Chat(page, SITE).visit().open()
    for root in ("62.5%", "24px"):
        page.evaluate("(size) => (document.documentElement.style.fontSize = size)", root)
        looks = chat.page.locator("iop-chat .bubble").first.evaluate(
            "(bubble) => ['fontSize', 'letterSpacing', 'textTransform'].map((name) => getComputedStyle(bubble)[name])"
        )
        assert looks == ["16px", "normal", "none"]
        assert chat.page.get_by_role("button", name="Quick exit").bounding_box()["height"] >= 43.9
        assert chat.box()["width"] == 416


def test_the_focus_does_not_go_with_the_button_for_the_newest_message(
    context: Callable[..., BrowserContext], network: Network
) -> None:
    chat = Chat(context().new_page(), network.url).visit().open()
    for text in ("what is an iop", "does insurance cover it", QUESTION):
        chat.say(text)
    # Whoever scrolls up before the answer comes sees the button.
    network.hold_answers()
    chat.send("do they teach coping skills")
    expect(chat.mine).to_have_count(4)
    chat.drawn()
    chat.log.evaluate("(log) => (log.scrollTop = 100)")
    chat.drawn()
    network.release_answers()
    newest = chat.page.get_by_role("button", name="Newest message")
    expect(newest).to_be_visible()
    chat.replies()
    newest.focus()
    chat.page.keyboard.press("Enter")
    expect(newest).to_have_count(0)
    expect(chat.log).to_be_focused()


def test_what_is_new_is_said_once_and_danger_at_once(chat: Chat) -> None:
    chat.visit()
    # The regions are there before anything is said.
    expect(chat.polite).to_have_text("")
    expect(chat.polite).to_have_attribute("aria-live", "polite")
    expect(chat.urgent).to_have_attribute("role", "alert")
    chat.page.evaluate("window.region = document.querySelector('iop-chat').shadowRoot.querySelector('#polite')")
    chat.open()
    expect(chat.page.get_by_role("log", name="Conversation")).to_have_attribute("aria-live", "off")
    expect(chat.field).to_have_accessible_description("I'm an automated assistant, not a person or a clinician. "
        "I answer from one article about intensive outpatient programs (IOPs). I'm not monitored and can't send help. "
        "This is information, not medical advice.")  # fmt: skip
    chat.say(QUESTION)
    expect(chat.polite).to_contain_text("several times a week")
    chat.say("does insurance cover it")
    expect(chat.polite).to_contain_text("insurance")
    assert "several times a week" not in chat.polite.inner_text()
    # The same element from start to end: screen readers hear no region that comes with its text.
    assert chat.page.evaluate("region === document.querySelector('iop-chat').shadowRoot.querySelector('#polite')")
    assert chat.page.locator("iop-chat [aria-live=polite]").count() == 1
    chat.say(DANGER)
    expect(chat.urgent).to_contain_text("911")
    assert "911" not in chat.polite.inner_text()


def test_new_replies_are_counted_in_the_launcher_s_name(chat: Chat) -> None:
    chat.visit().open()
    chat.field.fill(QUESTION)
    chat.page.evaluate("""() => {
      const root = document.querySelector("iop-chat").shadowRoot;
      root.querySelector("form.composer").requestSubmit();
      document.querySelector("iop-chat").hide();
    }""")
    expect(chat.page.get_by_role("button", name="Chat with the assistant 1 new")).to_be_visible()
    assert axe(chat.page) == []
    expect(chat.polite).to_contain_text("several times a week")
    chat.open()
    chat.page.keyboard.press("Escape")
    expect(chat.launcher).to_have_text("Chat with the assistant")


def test_from_launcher_to_result_by_keyboard_alone(chat: Chat) -> None:
    chat.visit()
    press = chat.page.keyboard.press
    chat.launcher.focus()
    press("Enter")
    expect(chat.field).to_be_focused()
    chat.page.keyboard.type("can you check if an iop fits for me")
    press("Enter")
    expect(chat.question).to_be_visible()
    for _ in range(MANY):
        press("Shift+Tab")
        if chat.focused().startswith("input"):
            break
    steps = 0
    while chat.question.is_visible() and steps < 15:
        steps += 1
        radio = chat.question.get_by_role("radio")
        if steps > 1:
            expect(radio.first).to_be_focused()
        asked = chat.question.locator("legend").inner_text()
        # Arrows choose and send nothing; danger and most sudden withdrawals are answered with no, the first choice.
        press("ArrowDown")
        expect(radio.locator(":scope:checked")).to_have_count(1)
        if any(word in asked for word in ("danger", "seizure", "every day", "someone with you")):
            press("ArrowUp")
        assert chat.question.locator("legend").inner_text() == asked
        press("Enter")
        chat.replies()
    expect(chat.page.get_by_role("group", name="Your result")).to_be_visible()
    assert steps >= 8


def test_the_check_leads_the_focus_asks_for_a_choice_shows_how_far_it_is_goes_back_and_skips(chat: Chat) -> None:
    chat.visit().open()
    chat.page.get_by_role("button", name="See if an IOP may fit").focus()
    chat.page.keyboard.press("Enter")
    expect(chat.question.get_by_role("radio").first).to_be_focused()
    before = chat.mine.count()
    chat.page.get_by_role("button", name="Next").click()
    expect(chat.polite).to_contain_text("Please choose an answer first")
    expect(chat.question.get_by_text("Please choose an answer first")).to_be_visible()
    expect(chat.question.get_by_role("radio").first).to_be_focused()
    assert chat.mine.count() == before
    assert axe(chat.page) == []
    expect(chat.page.get_by_label("Question 1 of up to 12")).to_have_attribute("value", "1")
    chat.question.get_by_label("Me", exact=True).check()
    chat.page.get_by_role("button", name="Next").click()
    expect(chat.page.get_by_label("Question 2 of up to 12")).to_be_visible()
    chat.page.get_by_role("button", name="Why do you ask?").click()
    expect(chat.bubbles.filter(has_text="Care for young people")).to_be_visible()
    expect(chat.page.get_by_label("Question 2 of up to 12")).to_be_visible()
    chat.page.get_by_role("button", name="Skip").click()
    expect(chat.page.get_by_label("Question 3 of up to 12")).to_be_visible()
    chat.page.get_by_role("button", name="Back").click()
    expect(chat.page.get_by_label("Question 2 of up to 12")).to_be_visible()


def test_in_the_whole_window_the_focus_stays_in_the_panel_and_what_is_tapped_is_large_enough(
    context: Callable[..., BrowserContext], assistant: Assistant
) -> None:
    chat = Chat(context(**MODES["phone"]).new_page(), assistant.url).visit()
    small = small_targets(chat)
    chat.open()
    small += small_targets(chat)
    expect(chat.page.get_by_role("dialog")).to_have_attribute("aria-modal", "true")
    box = chat.box()
    assert box == {"x": 0, "y": 0, "width": 375, "height": 667}
    stops = set()
    for _ in range(MANY):
        chat.page.keyboard.press("Tab")
        stops.add(chat.focused())
    assert not any("Programs" in stop or stop.startswith("body") for stop in stops), stops
    assert any(stop.startswith("button.exit") for stop in stops)
    for text in (QUESTION, "See if an IOP may fit", DANGER):
        chat.say(text)
        small += small_targets(chat)
    assert small == []


def small_targets(chat: Chat) -> list[str]:
    """Return what can be pressed and is less than 44 px high or wide; links within a sentence may be."""
    return chat.page.evaluate(
        """() => {
          const host = document.querySelector("iop-chat");
          const all = [...host.querySelectorAll(":scope > a:not([slot])"),
            ...host.shadowRoot.querySelectorAll("button, summary, .choice, .numbers a, textarea")];
          return all.map((element) => [element, element.getBoundingClientRect()])
            .filter(([, box]) => box.width && (box.height < 43.5 || box.width < 43.5))
            .map(([element, box]) => `${element.className} ${element.textContent.trim()} ${box.width}x${box.height}`);
        }"""
    )


def test_right_to_left_turns_the_widget_round(context: Callable[..., BrowserContext], assistant: Assistant) -> None:
    page = context().new_page()
    page.add_init_script("document.addEventListener('DOMContentLoaded', () => (document.dir = 'rtl'))")
    chat = Chat(page, assistant.url).visit().open()
    chat.say(QUESTION)
    panel, mine = chat.box(), chat.mine.locator(".bubble").bounding_box()
    assert panel and mine
    assert panel["x"] < 40
    assert mine["x"] < panel["x"] + 60


def test_nothing_moves_where_less_motion_is_wanted(
    context: Callable[..., BrowserContext], assistant: Assistant
) -> None:
    moving = "document.querySelector('iop-chat').shadowRoot.getAnimations().length"
    chat = Chat(context(reduced_motion="reduce").new_page(), assistant.url).visit()
    chat.page.evaluate("document.querySelector('iop-chat').show()")
    assert chat.page.evaluate(moving) == 0


@pytest.mark.parametrize("turns", [20, pytest.param(100, marks=pytest.mark.scale)])
def test_a_long_conversation_stays_quick_and_ends_in_view(turns: int, chat: Chat) -> None:
    chat.visit().open()
    chat.say(QUESTION)
    chat.page.evaluate(
        """(turns) => {
      const [key] = Object.keys(sessionStorage).filter((key) => key.startsWith("iop-chat"));
      const kept = JSON.parse(sessionStorage.getItem(key));
      for (let n = 0; n < turns; n += 1) {
        kept.items.unshift({ mid: `early-${n}-mid`, ts: 1, message: `question ${n}`, state: "sent" },
          { id: n + 1, ts: 1, mid: `early-${n}-mid`, text: `An answer of two lines.\\nThis is the second one, ${n}.` });
      }
      sessionStorage.setItem(key, JSON.stringify(kept));
    }""",
        turns,
    )
    chat.page.reload()
    chat.open()
    assert chat.mine.count() == turns + 1
    took = chat.page.evaluate("""async () => {
      const host = document.querySelector("iop-chat");
      const field = host.shadowRoot.querySelector("textarea");
      const begun = performance.now();
      for (let n = 0; n < 20; n += 1) { host.requestUpdate(); await host.updateComplete; }
      return (performance.now() - begun) / 20;
    }""")
    # Measured 3 ms with 100 turns; a frame has 16.
    assert took < 30
    chat.say("does insurance cover it")
    expect(chat.bubbles.last).to_be_in_viewport()

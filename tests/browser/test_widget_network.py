"""The widget where things break: no network, a dead server, a slow line, doubled replies, two tabs."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

import pytest
from assistant import Assistant, wait_for
from chat import REPLY_MS, Chat
from network import Network
from playwright.sync_api import BrowserContext, WebSocketRoute, expect

QUESTIONS = [
    "how often are the sessions",
    "does insurance cover it",
    "can i keep my job",
    "what is an iop",
    "do they teach coping skills",
]
# How often the line breaks in the slow test of that: 200 were tried by hand.
DISCONNECTS = int(os.environ.get("BROWSER_DISCONNECTS", "40"))
# Milliseconds, in the widget: how long an answer may take, and after what time a lost line is told.
ANSWER_MS, LOST_MS = 8_000, 1_500


@pytest.fixture
def far(context: Callable[..., BrowserContext], network: Network) -> Chat:
    """The demo page over a line that can be cut."""
    return Chat(context().new_page(), network.url).visit().open()


def all_sent(chat: Chat) -> bool:
    return all(item.get("state", "sent") == "sent" for item in chat.stored()["items"])


def test_a_message_without_network_waits_says_so_and_is_sent_later(far: Chat, network: Network) -> None:
    far.say(QUESTIONS[0])
    network.cut()
    expect(far.status).to_contain_text("can't reach the helpline's server", timeout=REPLY_MS)
    expect(far.polite).to_contain_text("can't reach the helpline's server")
    far.send(QUESTIONS[1])
    far.send(QUESTIONS[2])
    expect(far.mine.last.get_by_text("Waiting to send")).to_be_visible()
    expect(far.polite).to_contain_text("Waiting to send")
    expect(far.page.locator("iop-chat a[href='tel:911']").first).to_be_visible()
    network.restore()
    expect(far.page.get_by_text("Waiting to send").locator("visible=true")).to_have_count(0, timeout=REPLY_MS)
    expect(far.status).to_have_count(0)
    far.replies()
    wait_for(lambda: all_sent(far), "the acknowledgements", 10)
    said = " ".join(far.said())
    assert said.count("insurance plans cover") == 1
    assert len([item for item in far.stored()["items"] if "message" in item]) == 3


def test_a_line_that_died_silently_is_noticed(context: Callable[..., BrowserContext], network: Network) -> None:
    far = Chat(context().new_page(), network.url)
    far.page.clock.install()
    far.visit().open()
    far.say(QUESTIONS[0])
    network.hold_answers()
    far.send(QUESTIONS[1])
    far.page.clock.fast_forward(ANSWER_MS)
    # The library hears of the closed line a moment later.
    far.drawn()
    far.page.clock.fast_forward(LOST_MS)
    expect(far.mine.last.get_by_text("Waiting to send")).to_be_visible(timeout=REPLY_MS)
    network.release_answers()
    expect(far.bubbles.filter(has_text="insurance plans cover")).to_have_count(1, timeout=REPLY_MS)
    wait_for(lambda: all_sent(far), "the acknowledgement", 10)
    expect(far.bubbles).to_have_count(2)


def test_what_waits_survives_a_reload(far: Chat, network: Network) -> None:
    far.say(QUESTIONS[0])
    network.cut()
    far.send(QUESTIONS[1])
    expect(far.mine).to_have_count(2)
    network.restore()
    far.page.reload()
    far.open()
    expect(far.mine).to_have_count(2)
    far.replies()
    wait_for(lambda: all_sent(far), "the acknowledgement", 10)


def test_a_server_that_dies_loses_and_doubles_neither_messages_nor_answers(
    chat: Chat, far: Chat, network: Network, assistant: Assistant
) -> None:
    chat.visit().open()
    for each in (chat, far):
        each.say(QUESTIONS[0])
    # One answer is given, but still on its way.
    network.hold_answers()
    session = far.stored()["session"]["id"]
    before = assistant.stored(session)
    far.send(QUESTIONS[2])
    wait_for(lambda: assistant.stored(session) > before, "the answer in the database", 10)
    # The other message has arrived, but is not answered.
    server = assistant.child("serve")
    server.suspend()
    chat.send(QUESTIONS[1])
    expect(chat.mine).to_have_count(2)
    server.kill()
    network.drop()
    network.release_answers()
    expect(chat.mine.last.get_by_text("Waiting to send")).to_be_visible(timeout=REPLY_MS)
    wait_for(assistant.answers, "the new server", 60)
    for each, answer in ((chat, "insurance plans cover"), (far, "keep working")):
        each.replies()
        expect(each.bubbles.filter(has_text=answer)).to_have_count(1)
        assert len(each.bubbles.all()) == 2
        replies = [item["id"] for item in each.stored()["items"] if "id" in item]
        assert len(set(replies)) == len(replies)
        # The session outlived the server.
        expect(each.page.get_by_text("A new conversation starts here")).to_have_count(0)


@pytest.mark.parametrize("disconnects", [9, pytest.param(DISCONNECTS, marks=pytest.mark.scale)])
def test_many_broken_lines_lose_and_double_nothing(
    disconnects: int, context: Callable[..., BrowserContext], network: Network
) -> None:
    far = Chat(context().new_page(), network.url)
    far.page.clock.install()
    far.visit().open()
    asked = 0
    for attempt in range(disconnects):
        if attempt % 3 == 0:
            asked += 1
            far.send(f"{QUESTIONS[asked % len(QUESTIONS)]}?")
        # It breaks now before the message has left, now before the answer has come, now while it connects.
        far.page.wait_for_timeout(attempt * 37 % 160)
        network.drop()
        # The next attempt to connect comes at once.
        far.page.clock.fast_forward(2_000)
    wait_for(lambda: far.page.clock.fast_forward(500) or all_sent(far), "the acknowledgements", 60)
    far.replies()
    items = far.stored()["items"]
    ids = [item["id"] for item in items if "id" in item]
    mids = [item["mid"] for item in items if "message" in item]
    assert len(mids) == len(set(mids)) == asked
    assert len(ids) == len(set(ids))
    assert {item["mid"] for item in items if "id" in item} == set(mids)


def test_a_reply_that_comes_twice_is_shown_once(context: Callable[..., BrowserContext], assistant: Assistant) -> None:
    chat = Chat(context().new_page(), assistant.url)
    doubled: list[str] = []

    def pass_on(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def answer(message: str | bytes) -> None:
            socket.send(message)
            if "bot_uttered" in str(message):
                doubled.append(str(message))
                socket.send(message)

        server.on_message(answer)

    chat.page.route_web_socket(re.compile("socket.io"), pass_on)
    chat.visit().open()
    chat.say(QUESTIONS[0])
    assert doubled
    assert len([item for item in chat.stored()["items"] if "id" in item]) == len(doubled)


def test_it_shows_that_an_answer_is_being_written(context: Callable[..., BrowserContext], assistant: Assistant) -> None:
    chat = Chat(context().new_page(), assistant.url)
    held: list[tuple[WebSocketRoute, str | bytes]] = []

    def pass_on(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def answer(message: str | bytes) -> None:
            if "bot_uttered" in str(message) or held:
                held.append((socket, message))
            else:
                socket.send(message)

        server.on_message(answer)

    chat.page.route_web_socket(re.compile("socket.io"), pass_on)
    chat.visit().open()
    chat.send(QUESTIONS[0])
    typing = chat.page.locator("iop-chat .typing")
    expect(typing).to_have_text("The assistant is writing")
    wait_for(lambda: chat.page.wait_for_timeout(50) or len(held) > 2, "the replies", 10)
    for socket, message in held:
        socket.send(message)
    chat.replies()
    expect(typing).to_have_count(0)


def test_a_network_without_websockets_gets_answers_too(
    context: Callable[..., BrowserContext], network: Network
) -> None:
    network.refuses = b"Upgrade: websocket"
    chat = Chat(context().new_page(), network.url).visit().open()
    assert "several times a week" in chat.say(QUESTIONS[0])


def test_two_tabs_of_one_conversation_see_the_same(
    context: Callable[..., BrowserContext], assistant: Assistant
) -> None:
    both = context()
    first = Chat(both.new_page(), assistant.url).visit().open()
    first.say(QUESTIONS[0])
    kept = first.page.evaluate("JSON.stringify({...sessionStorage})")
    # A duplicated tab starts with a copy of the storage.
    second_page = both.new_page()
    second_page.add_init_script(f"for (const [key, value] of Object.entries({kept})) sessionStorage[key] ??= value")
    second = Chat(second_page, assistant.url).visit().open()
    expect(second.mine).to_have_count(1)
    second.say(QUESTIONS[1])
    expect(first.mine).to_have_count(2)
    expect(first.bubbles.filter(has_text="insurance plans cover")).to_have_count(1)
    expect(second.bubbles.filter(has_text="insurance plans cover")).to_have_count(1)
    ids = [[item["id"] for item in tab.stored()["items"] if "id" in item] for tab in (first, second)]
    assert ids[0] == ids[1]


def test_two_visitors_never_share_a_conversation(context: Callable[..., BrowserContext], assistant: Assistant) -> None:
    one, other = (Chat(context().new_page(), assistant.url).visit().open() for _ in range(2))
    one.say(QUESTIONS[0])
    # What is told to the sockets of one conversation has been told by now.
    assert "insurance plans cover" in other.say(QUESTIONS[1])
    expect(other.mine).to_have_count(1)
    expect(one.mine).to_have_count(1)
    assert one.stored()["session"]["id"] != other.stored()["session"]["id"]


def test_a_slow_line_is_no_lost_server(context: Callable[..., BrowserContext], network: Network) -> None:
    chat = Chat(context().new_page(), network.url).visit()
    network.delay = 0.4
    chat.open()
    assert "several times a week" in chat.say(QUESTIONS[0])
    expect(chat.status).to_have_count(0)


def test_a_conversation_survives_a_reload_and_ends_with_the_tab(
    context: Callable[..., BrowserContext], assistant: Assistant
) -> None:
    both = context()
    chat = Chat(both.new_page(), assistant.url).visit().open()
    chat.say(QUESTIONS[0])
    session = chat.stored()["session"]
    chat.page.reload()
    chat.open()
    expect(chat.mine).to_have_count(1)
    expect(chat.bubbles.filter(has_text="several times a week")).to_have_count(1)
    chat.say("and how long is each")
    assert chat.stored()["session"] == session
    other = Chat(both.new_page(), assistant.url).visit()
    assert other.stored() == {}
    assert both.cookies() == []
    assert chat.page.evaluate("localStorage.length") == 0
    assert chat.page.evaluate("indexedDB.databases().then((all) => all.length)") == 0


def test_a_refused_session_begins_a_new_conversation_and_says_so(chat: Chat) -> None:
    chat.visit().open()
    chat.say(QUESTIONS[0])
    chat.page.evaluate("""() => {
      const [key] = Object.keys(sessionStorage).filter((key) => key.startsWith("iop-chat"));
      const kept = JSON.parse(sessionStorage.getItem(key));
      kept.session.token = kept.session.token.replace(/^./, (digit) => (digit === "0" ? "1" : "0"));
      sessionStorage.setItem(key, JSON.stringify(kept));
    }""")
    chat.page.reload()
    chat.open()
    expect(chat.page.get_by_text("A new conversation starts here")).to_be_visible()
    expect(chat.mine).to_have_count(1)
    chat.say(QUESTIONS[1])
    expect(chat.bubbles.filter(has_text="insurance plans cover")).to_have_count(1)


def test_a_refused_session_in_which_nothing_was_said_is_no_news(chat: Chat) -> None:
    chat.visit().open()
    wait_for(lambda: chat.stored().get("session"), "the session", 10)
    session = chat.stored()["session"]["id"]
    chat.page.evaluate("""() => {
      const [key] = Object.keys(sessionStorage).filter((key) => key.startsWith("iop-chat"));
      const kept = JSON.parse(sessionStorage.getItem(key));
      kept.session.token = kept.session.token.replace(/^./, (digit) => (digit === "0" ? "1" : "0"));
      kept.items.push({ mid: "waits-for-it", ts: 1, message: "how often are the sessions", state: "waiting" });
      sessionStorage.setItem(key, JSON.stringify(kept));
    }""")
    chat.page.reload()
    chat.open()
    chat.replies()
    assert chat.stored()["session"]["id"] != session
    expect(chat.page.get_by_text("A new conversation starts here")).to_have_count(0)


def test_a_page_from_the_browser_s_cache_where_nobody_chatted_asks_nothing(chat: Chat) -> None:
    chat.visit()
    asked: list[str] = []
    chat.page.on("request", lambda request: asked.append(request.url))
    chat.page.on("websocket", lambda socket: asked.append(socket.url))
    chat.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    chat.drawn()
    assert asked == []
    assert chat.stored() == {}


def test_too_many_messages_wait_and_say_how_long(chat: Chat) -> None:
    chat.visit().open()
    # All at once: the limit lets another one through every two seconds.
    chat.page.evaluate("""() => {
      const field = document.querySelector("iop-chat").shadowRoot.querySelector("textarea");
      for (let n = 0; n < 32; n += 1) {
        field.value = `thanks ${n}`;
        field.form.requestSubmit();
      }
    }""")
    expect(chat.status).to_contain_text("seconds", timeout=REPLY_MS)
    expect(chat.mine.last.get_by_text("Waiting to send")).to_be_visible()
    # Danger is answered all the same.
    chat.send("i took all my pills")
    expect(chat.page.get_by_role("group", name="Help now")).to_be_visible(timeout=REPLY_MS)
    wait_for(lambda: all_sent(chat), "the messages held back", 60)


# On a machine that does other things too, half of them say enough.
@pytest.mark.parametrize("place", [10, pytest.param(18, marks=pytest.mark.scale)], ids=["median", "p95"])
def test_a_message_is_answered_within_a_tenth_of_a_second(place: int, chat: Chat) -> None:
    chat.visit().open()
    chat.say(QUESTIONS[0])
    times = chat.page.evaluate(
        """async (questions) => {
          const root = document.querySelector("iop-chat").shadowRoot;
          const field = root.querySelector("textarea");
          const times = [];
          for (let n = 0; n < 20; n += 1) {
            const count = root.querySelectorAll(".bot").length;
            field.value = questions[n % questions.length];
            const begun = performance.now();
            root.querySelector("form.composer").requestSubmit();
            while (root.querySelectorAll(".bot").length === count) await new Promise(requestAnimationFrame);
            times.push(performance.now() - begun);
            await new Promise((then) => setTimeout(then, 60));
          }
          return times.sort((one, other) => one - other);
        }""",
        QUESTIONS,
    )
    print(f"message to first bubble: median {times[10]:.0f} ms, p95 {times[18]:.0f} ms")
    # 100 ms is the aim; a machine that trains or tests beside it gets some slack.
    assert times[place] < 250

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from web_server import Server, running

from helpline.channels.pages import PAGE
from helpline.channels.plain_page import conversation
from helpline.channels.plain_words import ENGLISH, SPANISH, Words
from helpline.channels.stored_turns import StoredTurn

served = pytest.mark.asyncio(loop_scope="module")
EVIL = '<script>alert("1")</script> & \'"$notice'


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    async with running(tmp_path_factory.mktemp("page")) as server:
        yield server


class Page(HTMLParser):
    """What a page has: its forms with their fields, and its texts."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__()
        self.status = status
        self.text = text
        self.tags: list[str] = []
        self.forms: list[dict[str, str]] = []
        self.buttons: list[dict[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        if tag == "form":
            self.forms.append({})
        elif tag == "input":
            self.forms[-1][values["name"]] = values["value"]
        elif tag == "button":
            self.buttons.append(values)

    @property
    def fields(self) -> dict[str, str]:
        return next(form for form in reversed(self.forms) if "session" in form)


async def fetch(server: Server, **fields: str) -> Page:
    headers = {"Origin": fields.pop("origin", server.url)}
    async with aiohttp.ClientSession(server.url, headers=headers) as http:
        request = http.post("/chat", data=fields) if fields else http.get("/chat")
        async with request as answer:
            assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
            assert "Set-Cookie" not in answer.headers
            if fields:
                assert answer.headers["Cache-Control"] == "no-store"
            return Page(answer.status, await answer.text())


@served
async def test_a_conversation_goes_on_from_form_to_form(server: Server) -> None:
    page = await fetch(server)
    assert page.status == 200
    page = await fetch(server, **{**page.fields, "message": "first question"})
    assert page.status == 200
    assert page.fields["session"].startswith("web-")
    page = await fetch(server, **{**page.fields, "message": "second question"})
    said = re.findall(r"<p>(.*?)</p>", page.text)
    wanted = ["first question", "echo first question", "second question", "echo second question"]
    assert [text for text in said if text in wanted] == wanted
    assert ENGLISH.new_session not in page.text


@served
async def test_a_page_that_is_loaded_again_asks_nothing_again(server: Server) -> None:
    page = await fetch(server)
    # Also the first page, which has no session yet.
    for text in ("asked first", "asked once"):
        form = {**page.fields, "message": text}
        page, again = await fetch(server, **form), await fetch(server, **form)
        assert server.asked.count(text) == 1
        assert page.text.count(f"echo {text}") == again.text.count(f"echo {text}") == 1
        assert page.fields["session"] == again.fields["session"]


@served
async def test_another_message_on_a_page_that_was_sent_before_is_answered(server: Server) -> None:
    page = await fetch(server)
    for text in ("this first", "this second"):
        form = page.fields
        page = await fetch(server, **form, message=text)
        page = await fetch(server, **form, message=f"{text}, but otherwise")
        assert f"echo {text}, but otherwise" in page.text


@pytest.mark.parametrize("words", [ENGLISH, SPANISH])
@served
async def test_a_page_of_a_deleted_conversation_that_is_loaded_again_neither_shows_nor_asks_anything(
    server: Server, words: Words
) -> None:
    first = {**(await fetch(server)).fields, "lang": words.language, "message": f"my secret in {words.language}"}
    page = await fetch(server, **first)
    second = {**page.fields, "message": f"my other secret in {words.language}"}
    page = await fetch(server, **second)
    await fetch(server, **{**page.fields, "forget": "yes"})
    for form in (first, second):
        page = await fetch(server, **form)
        assert words.gone in page.text
        assert "secret" not in page.text
        assert page.fields["session"] == ""
        assert server.asked.count(form["message"]) == 1
    # Who goes on writing there is answered.
    page = await fetch(server, **{**page.fields, "message": "hello again"})
    assert "echo hello again" in page.text


@served
async def test_whatever_is_said_stays_text(server: Server) -> None:
    page = await fetch(server, message=EVIL)
    assert "script" not in page.tags
    assert page.text.count("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#x27;&quot;$notice") == 2
    page = await fetch(server, **{**page.fields, "message": EVIL + "x" * 1000})
    assert page.status == 400
    assert ENGLISH.too_long in page.text
    assert "script" not in page.tags
    assert "</textarea>" in page.text


@served
async def test_choices_are_buttons_of_the_last_reply(server: Server) -> None:
    page = await fetch(server, message="buttons one")
    button = next(button for button in page.buttons if button.get("name") == "message")
    assert button["value"] == 'say "yes" <b>'
    assert "&lt;Yes&gt; &amp; no" in page.text
    page = await fetch(server, **{**page.fields, "message": button["value"]})
    assert server.asked[-1] == 'say "yes" <b>'
    assert not any(button.get("name") == "message" for button in page.buttons)


@pytest.mark.parametrize("forged", [{"token": "f" * 64}, {"session": "web-" + "0" * 32}, {"session": "\u00e9"}])
@served
async def test_a_forged_session_is_not_shown_and_yet_answered(server: Server, forged: dict[str, str]) -> None:
    page = await fetch(server, message="my secret")
    page = await fetch(server, **{**page.fields, "message": "who am i", **forged})
    assert ENGLISH.new_session in page.text
    assert "my secret" not in page.text
    assert "echo who am i" in page.text


@served
async def test_a_conversation_is_deleted_with_a_receipt(server: Server) -> None:
    page = await fetch(server, message="my secret")
    form = page.fields
    page = await fetch(server, **form, forget="yes")
    assert re.search(re.escape(ENGLISH.deleted.split("{")[0]) + r"[0-9A-F]{6}, ", page.text)
    assert "my secret" not in page.text
    page = await fetch(server, **{**form, "message": "hello"})
    assert ENGLISH.new_session in page.text
    assert "my secret" not in page.text


@pytest.mark.parametrize("fields", [{"message": ""}, {"message": " \n "}, {"other": "x"}])
@served
async def test_nothing_said_is_told(server: Server, fields: dict[str, str]) -> None:
    page = await fetch(server, **fields)
    assert (page.status, ENGLISH.empty in page.text) == (200, True)


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
@served
async def test_a_foreign_form_is_refused_with_the_numbers(server: Server, origin: str) -> None:
    asked = len(server.asked)
    page = await fetch(server, message="hello", origin=origin)
    assert page.status == 403
    assert ENGLISH.foreign in page.text
    assert "988" in page.text
    assert len(server.asked) == asked


@served
async def test_too_many_messages_are_told_and_danger_is_answered(server: Server) -> None:
    page = await fetch(server, message="hello")
    for _ in range(35):
        page = await fetch(server, **{**page.fields, "message": "hello"})
        if page.status == 429:
            break
    assert page.status == 429
    assert ">hello</textarea>" in page.text
    page = await fetch(server, **{**page.fields, "message": "i want to kill myself"})
    assert page.status == 200
    assert 'href="tel:988"' in page.text


@served
async def test_a_body_that_is_no_form_is_no_trouble(server: Server) -> None:
    async with aiohttp.ClientSession(server.url) as http:
        for kind, body in (("application/json", b"{"), ("multipart/form-data; boundary=x", b"\xff"), ("x", b"\x00")):
            async with http.post("/chat", data=body, headers={"Content-Type": kind}) as answer:
                assert answer.status == 200
                assert ENGLISH.empty in await answer.text()


def test_replies_show_source_and_numbers() -> None:
    numbers = [
        {"label": "Crisis <line>", "tel": "988", "sms": "988", "text": "988"},
        {"label": "x", "tel": 'javascript:"'},
    ]
    replies: list[dict[str, Any]] = [
        {"text": "One\ntwo\n\nSource: The <Heading>"},
        {"custom": {"kind": "crisis", "numbers": numbers}},
        {"custom": {"kind": "info"}},
    ]
    text = conversation([StoredTurn(1, "hi", replies)], ("s", "t"))
    assert "<p>One<br>two</p>" in text
    assert '<p class="source">Source: The &lt;Heading&gt;</p>' in text
    assert '<a href="tel:988">Call 988</a> Crisis &lt;line&gt;' in text
    assert '<a href="sms:988">Text 988</a>' in text
    assert "javascript" not in text
    assert text.count('class="reply crisis"') == 1
    assert 'class="reply"' not in text
    assert conversation([], ("", "")) == ""


def test_the_numbers_of_a_crisis_come_before_what_can_be_chosen_and_with_the_word_to_send() -> None:
    line = {"label": "Text line", "sms": "741741", "text": "text HOME to 741741"}
    replies: list[dict[str, Any]] = [
        {"text": "Are you safe?", "buttons": [{"title": "Yes", "payload": "yes"}]},
        {"custom": {"kind": "crisis", "language": "en", "numbers": [line]}},
    ]
    text = conversation([StoredTurn(1, "hi", replies)], ("s", "t"))
    assert '<a href="sms:741741?&amp;body=HOME">Text HOME to 741741</a>' in text
    assert text.index("741741") < text.index(">Yes</button>")


def test_replies_carry_their_language_on_a_spanish_page() -> None:
    number = {"label": "988", "tel": "988", "text": "988"}
    turns = [
        StoredTurn(1, "hola", [{"text": "An answer."}]),
        StoredTurn(
            2, "hola", [{"text": "Llame."}, {"custom": {"kind": "crisis", "language": "es", "numbers": [number]}}]
        ),
    ]
    text = conversation(turns, ("s", "t"), SPANISH)
    assert '<p class="who">Asistente:</p><div lang="en"><p>An answer.</p>' in text
    assert '<div lang="es"><p>Llame.</p>' in text
    assert "Llamar al 988" in text


@served
async def test_a_spanish_page_stays_spanish_from_form_to_form(server: Server) -> None:
    page = await fetch(server, **{"message": "", "lang": "es"})
    assert '<html lang="es">' in page.text
    assert SPANISH.empty in page.text
    page = await fetch(server, **{**page.fields, "message": "hola"})
    assert '<html lang="es">' in page.text
    page = await fetch(server, **{**page.fields, "forget": "yes"})
    assert re.search("Recibo [0-9A-F]{6}", page.text)


@served
async def test_the_receipt_can_be_jumped_to(server: Server) -> None:
    page = await fetch(server, message="hello")
    assert 'action="/chat#notice"' in page.text
    page = await fetch(server, **{**page.fields, "forget": "yes"})
    assert '<p class="notice" id="notice" role="status">Your conversation is deleted.' in page.text


@served
async def test_the_notice_says_where_danger_is_reported(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    page = await fetch(server)
    assert ENGLISH.alone in page.text
    assert " handoff " not in page.text
    monkeypatch.setenv("HANDOFF_WEBHOOK", "https://staff.example/report")
    page = await fetch(server)
    assert html.escape(ENGLISH.watched, quote=False) in page.text
    assert " handoff " in page.text


class Shape(HTMLParser):
    """Which elements a page has, with the names of their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, list[str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, sorted(name for name, _ in attrs)))


def test_the_page_is_the_same_in_each_language_but_for_its_words() -> None:
    english, spanish = ((PAGE / words.file).read_text(encoding="utf-8") for words in (ENGLISH, SPANISH))
    assert Shape(english).elements == Shape(spanish).elements
    placeholders = [re.findall(r"\$[a-z_]+", text.replace("$widget_es", "$widget")) for text in (english, spanish)]
    assert sorted(placeholders[0]) == sorted(placeholders[1])

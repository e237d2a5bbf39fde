from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from helpline.chat import ChatError, ask, show, talk

OFFER = [{"title": "Cost", "payload": "How much?"}, {"title": "Time", "payload": "How often?"}]


class Assistant(BaseHTTPRequestHandler):
    """Answers `menu` with two choices, `broken` with an error, `page` with HTML and the rest with an echo."""

    def do_POST(self) -> None:
        self.server.paths.append(self.path)
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append(request)
        reply: dict[str, Any] = {"recipient_id": request["sender"], "text": f"echo {request['message']}"}
        if request["message"] == "menu":
            reply["buttons"] = OFFER
        self.send_response(500 if request["message"] == "broken" else 200)
        self.end_headers()
        self.wfile.write(b"<html>" if request["message"] == "page" else json.dumps([reply]).encode())

    def log_message(self, *arguments: Any) -> None:
        """Keep the test output clean."""


@pytest.fixture
def server() -> Iterator[Any]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Assistant) as listening:
        listening.requests, listening.paths = [], []
        listening.url = f"http://127.0.0.1:{listening.server_port}"
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()
        yield listening
        listening.shutdown()
        thread.join()


@pytest.fixture
def type_in(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that sets the lines a person types; an exception in them is raised."""

    def set_lines(*lines: str | type[BaseException]) -> None:
        rest = iter(lines)

        def typed(prompt: str) -> str:
            line = next(rest)
            if isinstance(line, str):
                return line
            raise line

        monkeypatch.setattr("builtins.input", typed)

    return set_lines


def test_asking_uses_the_rest_contract(server: Any) -> None:
    assert ask(server.url, "me", "hi") == [{"recipient_id": "me", "text": "echo hi"}]
    assert server.paths == ["/webhooks/rest/webhook"]


@pytest.mark.parametrize("text", ["broken", "page"])
def test_an_answer_that_is_none_is_an_error_with_a_hint(server: Any, text: str) -> None:
    with pytest.raises(ChatError, match="make run"):
        ask(server.url, "me", text)


def test_nobody_there_is_an_error_with_the_address(free_ports: tuple[int, int]) -> None:
    url = f"http://127.0.0.1:{free_ports[0]}"
    with pytest.raises(ChatError, match=url):
        ask(url, "me", "hi")


@pytest.mark.parametrize("end", ["", "   ", EOFError, KeyboardInterrupt])
def test_a_talk_ends_without_a_question(server: Any, type_in: Any, end: Any) -> None:
    type_in("hi", end)
    talk(server.url)
    assert [request["message"] for request in server.requests] == ["hi"]


def test_a_talk_is_one_conversation_and_shows_the_replies(
    server: Any, type_in: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    type_in(" one ", "two", "")
    talk(server.url)
    assert [request["message"] for request in server.requests] == ["one", "two"]
    assert len({request["sender"] for request in server.requests}) == 1
    assert "echo two" in capsys.readouterr().out


def test_two_talks_are_two_conversations(server: Any, type_in: Any) -> None:
    for _ in range(2):
        type_in("hi", "")
        talk(server.url)
    assert len({request["sender"] for request in server.requests}) == 2


@pytest.mark.parametrize(
    ("lines", "sent"),
    [
        (["menu", "2"], "How often?"),
        (["menu", "3"], "3"),
        (["menu", "0"], "0"),
        (["2"], "2"),
        (["menu", "hi", "2"], "2"),
        (["menu", "\u00b2"], "\u00b2"),
    ],
)
def test_the_number_of_a_choice_sends_its_question(server: Any, type_in: Any, lines: list[str], sent: str) -> None:
    type_in(*lines, "")
    talk(server.url)
    assert server.requests[-1]["message"] == sent


def test_replies_are_shown_wrapped_with_choices_numbered_through() -> None:
    replies = [{"text": "word " * 50 + "\n\nlast", "buttons": OFFER[:1]}, {"custom": {}}, {"buttons": OFFER[1:]}]
    lines = show(replies).splitlines()
    assert all(len(line) <= 100 for line in lines)
    assert lines[-4:] == ["", "last", "  1. Cost", "  2. Time"]
    assert show([]) == ""

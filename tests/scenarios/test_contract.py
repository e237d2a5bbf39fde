"""The REST channel under bad, large, quick and repeated requests."""

import itertools
import json
import re
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from typing import Any

import pytest
from assistant import Assistant, Reply, new_sender

GIBBERISH = ["hjkdsf hsdjf", "qwpoeir zmxnc", "blorp fnarg", "asdlkj qwe", "zzkjh vbnvb", "fghjk dfgdfg"]


def on_disk(assistant: Assistant) -> str:
    """Return the bytes of the database file and of the log that SQLite may keep beside it, as text."""
    files = assistant.database.parent.glob(f"{assistant.database.name}*")
    return "".join(file.read_bytes().decode("latin-1") for file in files)


@pytest.mark.parametrize(
    "body",
    [b"", b"not json", b'{"sender": "a", "message": "hi"', b"[]", b'"hi"', b"null", b"7", b"\xff\xfe\x00"],
    ids=["empty", "text", "cut off", "list", "string", "null", "number", "no utf-8"],
)
def test_a_malformed_body_gets_400_with_a_sentence(body: bytes, assistant: Assistant) -> None:
    answer = assistant.post(body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("Send ")


@pytest.mark.parametrize("sender", [["a"], {"a": 1}, 1.5, "x" * 256], ids=["list", "object", "fraction", "too long"])
def test_a_bad_sender_gets_400_with_a_sentence(sender: Any, assistant: Assistant) -> None:
    answer = assistant.post({"sender": sender, "message": "hello"})
    assert answer.status_code == 400
    assert "sender" in answer.json()["error"]


@pytest.mark.parametrize("sender", [True, False])
def test_a_sender_that_is_true_or_false_gets_400(sender: bool, assistant: Assistant) -> None:
    assert assistant.post({"sender": sender, "message": "hello"}).status_code == 400


@pytest.mark.parametrize("message", [7, ["hello"], {"text": "hello"}, True])
def test_a_message_that_is_no_string_gets_400(message: Any, assistant: Assistant) -> None:
    answer = assistant.post({"sender": new_sender(), "message": message})
    assert answer.status_code == 400
    assert "message" in answer.json()["error"]


@pytest.mark.parametrize("body", [{}, {"sender": "someone"}, {"message": None}, {"sender": None, "message": ""}])
def test_a_missing_message_is_answered(body: dict[str, Any], assistant: Assistant) -> None:
    replies = assistant.post(body).json()
    assert any(reply.get("text") for reply in replies)


@pytest.mark.parametrize("sender", [{}, {"sender": None}, {"sender": ""}], ids=["missing", "null", "empty"])
def test_without_a_sender_conversations_are_never_shared(sender: dict[str, Any], assistant: Assistant) -> None:
    first, second = (assistant.post({**sender, "message": "how often are the sessions"}).json() for _ in range(2))
    ids = {reply["recipient_id"] for reply in first} | {reply["recipient_id"] for reply in second}
    assert len(ids) == 2
    assert not ids & {"default", "None", "null", ""}


def test_a_follow_up_of_another_person_does_not_lean_on_mine(assistant: Assistant) -> None:
    assistant.say(new_sender(), "do they teach coping skills")
    assert assistant.say(new_sender(), "like what").topics != ["coping_skills"]


def test_a_number_as_sender_is_one_conversation(assistant: Assistant) -> None:
    sender = time.time_ns() % 10**9
    for _ in range(2):
        assert assistant.post({"sender": sender, "message": "hello"}).status_code == 200
    assert assistant.stored(str(sender)) > 0


def test_ten_thousand_characters_are_answered(assistant: Assistant) -> None:
    question = "does insurance cover an iop? "
    text = question + "I have been thinking about this for a long time. " * 203 + question
    assert len(text) > 10_000
    assert assistant.say(new_sender(), text).text
    assert assistant.say(new_sender(), "x" * 10_000).kinds == ["fallback"]
    assert assistant.say(new_sender(), "\u0301" * 10_000).kinds == ["fallback"]


def test_danger_at_the_end_of_a_long_message_is_seen(assistant: Assistant) -> None:
    text = "my day was long and my work was hard. " * 40 + "i want to kill myself"
    assert assistant.say(new_sender(), text).kinds == ["crisis"]


def test_unclear_messages_never_get_the_same_sentence_twice_in_a_row(assistant: Assistant) -> None:
    sender = new_sender()
    replies = [assistant.say(sender, text) for text in GIBBERISH]
    assert [reply.reasons for reply in replies] == [["unclear"]] * len(GIBBERISH)
    sentences = [reply.text for reply in replies]
    assert all(before != after for before, after in itertools.pairwise(sentences))
    assert all("1-800-662-HELP (4357)" in sentence for sentence in sentences[2:])


def test_six_unclear_messages_never_get_a_sentence_twice(assistant: Assistant) -> None:
    sender = new_sender()
    sentences = [assistant.say(sender, text).text.splitlines()[0] for text in GIBBERISH]
    assert len(set(sentences)) == len(sentences), sentences


def test_off_topic_replies_take_turns(assistant: Assistant) -> None:
    sender = new_sender()
    texts = ("what is the weather tomorrow", "who won the super bowl", "order me a pizza")
    assert len({assistant.say(sender, text).text for text in texts}) == 3


def test_two_quick_messages_are_answered_in_order(assistant: Assistant) -> None:
    sender = new_sender()
    questions = ["do they teach coping skills", "does medicaid pay for treatment"]
    connections = [HTTPConnection("127.0.0.1", assistant.port, timeout=15) for _ in questions]
    for connection, text in zip(connections, questions, strict=True):
        connection.request("POST", "/webhooks/rest/webhook", json.dumps({"sender": sender, "message": text}))
    replies = [Reply(json.loads(connection.getresponse().read())) for connection in connections]
    for connection in connections:
        connection.close()
    assert [reply.topics for reply in replies] == [["coping_skills"], ["medicaid"]]
    with closing(sqlite3.connect(assistant.database)) as database:
        rows = database.execute("SELECT data FROM events WHERE sender_id = ? ORDER BY id", (sender,)).fetchall()
    events = [json.loads(row[0]) for row in rows]
    said = [(event["event"], event["text"]) for event in events if event["event"] in ("user", "bot")]
    assert [kind for kind, _ in said if kind == "user"] == ["user", "user"]
    assert [text for kind, text in said if kind == "user"] == questions
    assert said[1][0] == "bot", "The first answer is stored before the second question."


def test_many_people_at_once_get_their_own_answers(assistant: Assistant) -> None:
    asked = {"does medicaid pay for treatment": "medicaid", "how long does the whole program last": "program_length"}
    texts = list(asked) * 10
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda text: assistant.say(new_sender(), text), texts))
    assert [reply.topics for reply in replies] == [[asked[text]] for text in texts]


def test_deleting_gives_a_receipt_and_leaves_nothing_in_the_file(assistant: Assistant) -> None:
    sender, other = new_sender(), new_sender()
    assistant.say(other, "what is an iop")
    assistant.say(sender, f"this is {sender} speaking, does insurance cover an iop")
    assert assistant.stored(sender) > 0
    assert sender in on_disk(assistant)
    reply = assistant.say(sender, "delete my chat")
    assert re.search(r"Receipt [0-9A-F]{6}, \d{4}-\d\d-\d\d \d\d:\d\d UTC", reply.text)
    assert assistant.stored(sender) == 0
    assert sender not in on_disk(assistant)
    assert assistant.stored(other) > 0


def test_after_deleting_a_new_conversation_begins(assistant: Assistant) -> None:
    sender = new_sender()
    greeting = assistant.say(sender, "hello").text
    assert assistant.say(sender, "hello").text != greeting
    assistant.say(sender, "do they teach coping skills")
    assistant.say(sender, "delete my chat")
    assert assistant.say(sender, "hello").text == greeting
    assert assistant.stored(sender) > 0


def test_what_identifies_a_person_is_not_stored(assistant: Assistant) -> None:
    sender = new_sender()
    assistant.say(sender, "my number is 714-555-0199 and jane.doe@example.com, does insurance cover an iop")
    with closing(sqlite3.connect(assistant.database)) as connection:
        rows = connection.execute("SELECT data FROM events WHERE sender_id = ?", (sender,)).fetchall()
    stored = "".join(row[0] for row in rows)
    assert "does insurance cover" in stored
    assert "555-0199" not in stored
    assert "jane.doe" not in stored


def test_the_pages_are_served_without_cookies(assistant: Assistant) -> None:
    for path in ("/", "/chat", "/embed"):
        answer = assistant.session.get(f"{assistant.url}{path}", timeout=5)
        assert answer.status_code == 200
        assert "<h1>" in answer.text
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert not answer.cookies


@pytest.mark.parametrize("path", ["/conversations/x/tracker", "/domain", "/model/parse", "/status"])
def test_rasas_own_api_is_closed(path: str, assistant: Assistant) -> None:
    assert assistant.session.get(f"{assistant.url}{path}", timeout=5).status_code == 404


def test_the_action_server_listens_on_this_machine_only(assistant: Assistant) -> None:
    listening = [c.laddr.ip for c in assistant.child("rasa_sdk").net_connections() if c.status == "LISTEN"]
    assert listening and set(listening) == {"127.0.0.1"}

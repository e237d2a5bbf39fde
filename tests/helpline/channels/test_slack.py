from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.blocks import ActionsBlock, Block, SectionBlock
from vendor_requests import ANY_JSON, SETTINGS, from_slack, request

from helpline.channels.safe_channel import Button, Inbound, Part
from helpline.channels.slack import SlackChannel, plain
from helpline.settings import Settings

CHANNEL = SlackChannel(SETTINGS)
STAMP, SIGNATURE = "X-Slack-Request-Timestamp", "X-Slack-Signature"


def event(**content: Any) -> dict[str, Any]:
    return {"type": "event_callback", "team_id": "T1", "event_id": "Ev1", "event_time": 1764388498, "event": content}


def said(text: str = "hi", **content: Any) -> dict[str, Any]:
    basis = {"type": "message", "channel": "D1", "channel_type": "im", "user": "U1", "ts": "1764388498.1"}
    return event(**{**basis, "text": text, **content})


def parse(content: Any) -> list[Inbound]:
    return CHANNEL.parse(from_slack(content))


def tap(**content: Any) -> dict[str, Any]:
    title = {"type": "plain_text", "text": "I&amp;me"}
    action = {"type": "button", "action_id": "m:1:2", "value": "m:1:2", "text": title, "action_ts": "1764388499.5"}
    basis = {"type": "block_actions", "user": {"id": "U1"}, "channel": {"id": "D1"}, "actions": [action]}
    return {"payload": {**basis, **content}}


def test_it_is_on_with_a_token() -> None:
    assert SlackChannel.is_on(SETTINGS)
    assert not SlackChannel.is_on(Settings())


@pytest.mark.parametrize("content", [said(), tap(), b"", "\u00e9".encode()])
def test_only_what_the_secret_signed_is_heard(content: Any) -> None:
    assert CHANNEL.verify(from_slack(content))
    assert not CHANNEL.verify(from_slack(content, "another secret"))
    assert not CHANNEL.verify(request(content))
    changed = from_slack(content)
    changed.body += b" "
    assert not CHANNEL.verify(changed)
    assert not SlackChannel(Settings(slack_bot_token="a")).verify(from_slack(content))


@pytest.mark.parametrize(("age", "is_heard"), [(290, True), (-290, True), (310, False), (-310, False), (10**6, False)])
def test_a_request_that_is_replayed_later_is_refused(age: float, is_heard: bool) -> None:
    assert CHANNEL.verify(from_slack(said(), age=age)) == is_heard


@given(st.binary(), st.text(), st.text())
def test_any_bytes_can_be_verified(body: bytes, stamp: str, signature: str) -> None:
    assert not CHANNEL.verify(request(body, {STAMP: stamp, SIGNATURE: signature}))
    genuine = from_slack({})
    genuine.body = body
    assert CHANNEL.verify(genuine) == (body == b"{}")


def test_slack_is_told_that_the_address_is_ours() -> None:
    answer = CHANNEL.answer_at_once(from_slack({"type": "url_verification", "challenge": "3eZbrw1a", "token": "x"}))
    assert answer is not None
    assert (answer.status, answer.body) == (200, b"3eZbrw1a")
    assert CHANNEL.answer_at_once(from_slack(said())) is None
    assert CHANNEL.answer_at_once(from_slack(tap())) is None


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", ""])
def test_a_direct_message_is_a_message(kind: str) -> None:
    made = from_slack(said("hi there"))
    made.headers["Content-Type"] = kind
    assert CHANNEL.parse(made) == [Inbound("Ev1", "D1", "U1", "hi there", "slack")]


@pytest.mark.parametrize("subtype", ["file_share", "me_message", "thread_broadcast"])
def test_a_persons_own_words_come_in_several_kinds(subtype: str) -> None:
    [found] = parse(said("look", subtype=subtype))
    assert (found.kind, found.text) == ("message", "look")


def test_a_file_without_words_is_media() -> None:
    [found] = parse(said("", subtype="file_share", files=[{"id": "F1", "mimetype": "image/png"}]))
    assert (found.kind, found.text) == ("media", "")


def test_a_mention_in_a_channel_is_public_and_only_its_writer_gets_the_answer() -> None:
    [found] = parse(event(type="app_mention", channel="C1", user="U1", text="<@U0> i want to die", ts="1.1"))
    assert found == Inbound("Ev1", "C1 U1", "U1", "i want to die", "slack", kind="public_mention")
    call = CHANNEL.call(found.address, Part("Write to me directly. a<b"))
    assert call.url == "https://slack.com/api/chat.postEphemeral"
    assert call.json == {"channel": "C1", "user": "U1", "text": "Write to me directly. a&lt;b"}
    assert parse(event(type="app_mention", channel="D1", user="U1", text="<@U0> hi", ts="1.1")) == []


def test_an_edit_is_an_edit_but_a_preview_is_not() -> None:
    def changed(text: str, **more: Any) -> dict[str, Any]:
        message = {"type": "message", "user": "U1", "text": text, "ts": "1.1", **more}
        previous = {"type": "message", "user": "U1", "text": "fine", "ts": "1.1"}
        basis = {"subtype": "message_changed", "message": message, "previous_message": previous}
        return event(type="message", channel="D1", channel_type="im", ts="1.2", **basis)

    [found] = parse(changed("not fine"))
    assert (found.kind, found.text, found.address, found.person) == ("edit", "not fine", "D1", "U1")
    assert parse(changed("fine")) == []
    assert parse(changed("new words of the bot", bot_id="B1")) == []


def test_a_tap_tells_the_button_and_its_title() -> None:
    [found] = parse(tap())
    assert (found.choice, found.text, found.address, found.person) == ("m:1:2", "I&me", "D1", "U1")
    [again] = parse(tap())
    assert again.vendor_id == found.vendor_id
    action = {**tap()["payload"]["actions"][0], "action_ts": "1764388500.0"}
    assert parse(tap(actions=[action]))[0].vendor_id != found.vendor_id


@pytest.mark.parametrize(
    "content",
    [
        said(bot_id="B1"),
        said(subtype="bot_message"),
        said(subtype="message_deleted"),
        said(channel="C1", channel_type="channel"),
        said(user=None),
        {**said(), "event_id": None},
        {**said(), "type": "app_rate_limited"},
        event(type="app_home_opened", user="U1", channel="D1"),
        tap(type="view_submission"),
        tap(actions=[]),
        tap(channel={"id": "C1"}),
        tap(channel=None),
        {"payload": "text"},
    ],
)
def test_what_is_no_message_of_a_person_is_nothing(content: Any) -> None:
    assert parse(content) == []


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        ("a &lt; b &amp;&amp; c &gt; d", "a < b && c > d"),
        ("&amp;lt;", "&lt;"),
        ("call <tel:+18006624357|1-800-662-4357> or <tel:988>", "call 1-800-662-4357 or 988"),
        ("see <https://example.org/a?b=1&amp;c=2>", "see https://example.org/a?b=1&c=2"),
        ("<mailto:a@example.org|a@example.org>", "a@example.org"),
        ("<@U0> hello <!here> in <#C1|general>", "hello  in general"),
        ("<@U1|maria> took pills", "maria took pills"),
        ("< not a link", "< not a link"),
    ],
)
def test_texts_are_read_as_the_person_saw_them(sent: str, seen: str) -> None:
    assert plain(sent) == seen


@given(st.binary() | ANY_JSON)
def test_no_body_breaks_it(body: Any) -> None:
    for made in (request(body), request(body, {"Content-Type": "application/x-www-form-urlencoded"})):
        assert isinstance(CHANNEL.parse(made), list)
        CHANNEL.answer_at_once(made)


_EVENT = {
    **dict.fromkeys(("text", "subtype", "bot_id", "files", "previous_message"), ANY_JSON),
    "user": st.just("U1") | ANY_JSON,
    "channel": st.just("D1") | ANY_JSON,
    "channel_type": st.just("im") | ANY_JSON,
    "subtype": st.just("message_changed") | ANY_JSON,
    "message": st.fixed_dictionaries({}, optional={"user": st.just("U1"), "text": ANY_JSON}) | ANY_JSON,
}


@given(st.fixed_dictionaries({"type": st.sampled_from(["message", "app_mention"])}, optional=_EVENT))
def test_no_event_breaks_it(content: dict[str, Any]) -> None:
    for found in parse(event(**content)):
        assert found.vendor_id == "Ev1"
        found.text.encode()


@given(
    st.fixed_dictionaries(
        {"type": st.just("block_actions")},
        optional={
            "user": st.just({"id": "U1"}) | ANY_JSON,
            "channel": st.just({"id": "D1"}) | ANY_JSON,
            "actions": st.lists(st.fixed_dictionaries({"value": ANY_JSON, "action_ts": ANY_JSON, "text": ANY_JSON})),
        },
    )
)
def test_no_tap_breaks_it(payload: dict[str, Any]) -> None:
    for found in parse({"payload": payload}):
        found.text.encode()


def test_a_part_is_sent_as_it_is_without_previews() -> None:
    call = CHANNEL.call("D1", Part("Call 988 & 911 <now>."))
    assert call.url == "https://slack.com/api/chat.postMessage"
    assert call.headers["Authorization"] == "Bearer xoxb-token"
    assert (call.json["channel"], call.json["text"]) == ("D1", "Call 988 &amp; 911 &lt;now&gt;.")
    assert not any(call.json[name] for name in ("mrkdwn", "unfurl_links", "unfurl_media"))
    assert "blocks" not in call.json


def test_buttons_come_in_rows_of_five_within_slacks_limits() -> None:
    buttons = tuple(Button(f"m:1764388498123456:{number}", "x" * 75) for number in range(1, 14))
    call = CHANNEL.call("D1", Part("&" * 20 + "x" * (CHANNEL.capabilities["slack"].max_text - 20), buttons))
    section, *rows = Block.parse_all(call.json["blocks"])
    assert isinstance(section, SectionBlock)
    section.validate_json()
    assert [len(row.elements) for row in rows] == [5, 5, 3]
    for row in rows:
        assert isinstance(row, ActionsBlock)
        row.validate_json()
        for element in row.elements:
            element.validate_json()
    names = [element["action_id"] for row in call.json["blocks"][1:] for element in row["elements"]]
    assert len(set(names)) == 13


@pytest.mark.parametrize(
    ("status", "answer", "meaning"),
    [
        (200, {"ok": True, "ts": "1.5"}, ("sent", None)),
        (200, {"ok": True, "message_ts": "1.5"}, ("sent", None)),
        (200, None, ("sent", None)),
        (200, {"ok": False, "error": "ratelimited"}, ("retry", 3.0)),
        (429, None, ("retry", 3.0)),
        (503, None, ("retry", 3.0)),
        (200, {"ok": False, "error": "internal_error"}, ("retry", 3.0)),
        (200, {"ok": False, "error": "invalid_auth"}, ("retry", 3.0)),
        (200, {"ok": False, "error": "cannot_dm_bot"}, ("blocked", None)),
        (200, {"ok": False, "error": "channel_not_found"}, ("refused", None)),
        (404, None, ("refused", None)),
    ],
)
def test_what_slacks_answers_mean(status: int, answer: Any, meaning: tuple[Any, ...]) -> None:
    found = CHANNEL.outcome(status, {"Retry-After": "3"}, json.dumps(answer).encode())
    assert (found.status, found.retry_after_s) == meaning


@given(st.integers(100, 599), ANY_JSON, st.text())
def test_no_answer_breaks_it(status: int, answer: Any, wait: str) -> None:
    for body in (answer, {"ok": False, "error": answer}, {"ok": True, "ts": answer}):
        found = CHANNEL.outcome(status, {"Retry-After": wait}, json.dumps(body).encode())
        assert found.status in ("sent", "retry", "blocked", "refused")

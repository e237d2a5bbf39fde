"""The messaging channels on a real server with the fake vendors: each end to end, forged and repeated posts, faults."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pytest
from messaging_people import CHANNELS, Person, Town, text_of
from slack_sdk.signature import SignatureVerifier

from helpline.fake_vendors.faults import Faults
from helpline.fake_vendors.vendor import JSON, Post

pytestmark = pytest.mark.asyncio(loop_scope="session")

QUESTION = "do they teach coping skills"
ANSWERED = "coping"
DANGER = "my wife took too many pills and she wont wake up"


@pytest.mark.parametrize("channel", CHANNELS)
async def test_a_question_is_answered_and_danger_gets_its_number(channel: str, meet: Callable[[str], Person]) -> None:
    person = meet(channel)
    answer = text_of(await person.say(QUESTION))
    assert ANSWERED in answer.lower() and "Source:" in answer
    assert "/" + "faq" not in answer and "custom" not in answer
    danger = await person.say(DANGER)
    assert "911" in danger[0].text and "1-800-662-HELP (4357)" in text_of(danger)
    assert not any(message.buttons for message in danger)


@pytest.mark.parametrize("channel", CHANNELS)
async def test_a_picture_and_a_cry_for_help_get_the_numbers(channel: str, meet: Callable[[str], Person]) -> None:
    person = meet(channel)
    vendor = person.town.vendors.of(channel)
    assert await person.town.vendors.post(vendor.sent_picture(channel, person.number)) == 200
    await person.town.settled(person.town.conversation(channel, person.number))
    assert "I can't see pictures" in text_of(person.inbox) and "988" in text_of(person.inbox)
    if channel in ("messenger", "slack"):
        # There the word is a message like others.
        return
    helped = await person.say("/help" if channel == "telegram" else "HELP")
    assert all(number in helped[0].text for number in ("911", "988", "1-800-662-HELP (4357)"))


@pytest.mark.parametrize("channel", CHANNELS)
async def test_what_is_repeated_is_answered_once(channel: str, meet: Callable[[str], Person], place: Town) -> None:
    person = meet(channel)
    vendor = place.vendors.of(channel)
    post = vendor.wrote(channel, person.number, QUESTION)
    # At once, as a vendor that lost patience does, and again later.
    assert await asyncio.gather(*(place.vendors.post(vendor.again(post)) for _ in range(5))) == [200] * 5
    await place.settled(place.conversation(channel, person.number))
    assert await place.vendors.post(vendor.again(post)) == 200
    # A person's replies come in order: whatever was doubled is there before the next one.
    await person.say("does medicaid pay for treatment")
    assert [ANSWERED in message.text.lower() for message in person.inbox] == [True, False]


def forgeries(place: Town, channel: str, post: Post) -> list[Post]:
    """Return posts as someone makes them who has not the secret."""
    other = place.vendors.of(channel).sign(post.body + b" ", post.headers["Content-Type"])
    signed = {name for name in post.headers if name.startswith("X-")}
    made = [
        replace(post, headers={"Content-Type": post.headers["Content-Type"]}),
        *(replace(post, headers={**post.headers, name: ""}) for name in signed),
        *(replace(post, headers={**post.headers, name: post.headers[name][:-1] + "é"}) for name in signed),
    ]
    if channel != "telegram":
        # Telegram signs no body: whoever has its secret has it.
        made += [replace(post, body=post.body + b"&x=1"), replace(post, headers=other.headers)]
    if channel == "messenger":
        # What Meta's older header, or a hash of the caller's choice, would let in.
        sha1 = {name: value for name, value in post.headers.items() if name != "X-Hub-Signature-256"}
        digest = hmac.new(b"", post.body, hashlib.sha256).hexdigest()
        md5 = hmac.new(place.vendors.credentials.app_secret.encode(), post.body, hashlib.md5).hexdigest()
        made += [replace(post, headers=sha1)]
        made += [
            replace(post, headers={**post.headers, "X-Hub-Signature-256": wrong})
            for wrong in (f"sha256={digest}", f"md5={md5}", digest)
        ]
        # The older header may be nonsense: nobody reads it.
        made = [
            each
            for each in made
            if each.headers.get("X-Hub-Signature-256") != post.headers["X-Hub-Signature-256"] or each.body != post.body
        ]
    if channel == "slack":
        for age in (-301, 301):
            stamp = str(int(time.time() - age))
            verifier = SignatureVerifier(place.vendors.credentials.signing_secret)
            old = {"X-Slack-Request-Timestamp": stamp}
            old["X-Slack-Signature"] = verifier.generate_signature(timestamp=stamp, body=post.body)
            made.append(replace(post, headers={**post.headers, **old}))
    return made


@pytest.mark.parametrize("channel", CHANNELS)
async def test_forged_posts_are_refused(channel: str, meet: Callable[[str], Person], place: Town) -> None:
    person = meet(channel)
    post = place.vendors.of(channel).wrote(channel, person.number, DANGER)
    forged = forgeries(place, channel, post)
    assert len(forged) >= 3
    assert [await place.vendors.post(each) for each in forged] == [403] * len(forged)
    # A forgery must not use up the id of the message that it copies.
    assert person.inbox == []
    assert await place.vendors.post(post) == 200
    await place.settled(place.conversation(channel, person.number))
    assert "911" in text_of(person.inbox)


async def test_nobody_speaks_for_a_person_over_rest(meet: Callable[[str], Person], place: Town) -> None:
    person = meet("sms")
    await person.say(QUESTION)
    body = {"sender": place.conversation("sms", person.number), "message": "delete my conversation"}
    assert (await asyncio.to_thread(place.running.post, body)).status_code == 400


async def test_several_messages_of_one_post_are_answered_in_order(meet: Callable[[str], Person], place: Town) -> None:
    first, second = meet("messenger"), meet("messenger")
    vendor = place.vendors.messenger
    texts = [(first, QUESTION), (second, QUESTION), (first, "does medicaid pay for treatment")]
    post = vendor.events([vendor.event(person.number, {"text": text}) for person, text in texts])
    assert await place.vendors.post(post) == 200
    await place.settled()
    assert [ANSWERED in message.text.lower() for message in first.inbox] == [True, False]
    assert "Medicaid" in first.inbox[1].text
    assert len(second.inbox) == 1


@pytest.mark.parametrize("channel", ["telegram", "slack"])
async def test_an_edit_is_answered_in_danger_only(channel: str, meet: Callable[[str], Person], place: Town) -> None:
    person = meet(channel)
    await person.say(QUESTION)
    vendor = place.vendors.of(channel)
    for text, answers in ((f"{QUESTION}?", 1), (DANGER, 2)):
        before = (QUESTION,) if channel == "slack" else ()
        assert await place.vendors.post(vendor.edited(person.number, *before, text)) == 200
        await asyncio.sleep(0.5)
        await place.settled(place.conversation(channel, person.number))
        assert len(person.inbox) == answers
    assert "911" in person.inbox[-1].text


async def test_in_public_nothing_private_is_said(meet: Callable[[str], Person], place: Town) -> None:
    vendors = place.vendors
    for text, has_numbers in ((QUESTION, False), (DANGER, True)):
        before = len(vendors.outbox.messages)
        assert await vendors.post(vendors.slack.mentioned(meet("slack").number, text)) == 200
        assert await vendors.post(vendors.telegram.wrote_in_group(meet("telegram").number, text)) == 200
        await place.settled()
        said = vendors.outbox.messages[before:]
        assert {message.address for message in said} == {vendors.slack.public_channel, vendors.telegram.group}
        assert all("message me directly" in message.text for message in said)
        assert all(("911" in message.text) is has_numbers for message in said)
        assert all(message.only_for for message in said if message.channel == "slack")


async def test_who_writes_stop_hears_nothing_more_and_who_needs_help_does(meet: Callable[[str], Person]) -> None:
    person = meet("sms")
    await person.say(QUESTION)
    # The carrier takes the bare word only, so that of this one it tells nobody anything.
    assert "You will get no more messages" in text_of(await person.say("Stop!"))
    assert await person.say("stop hitting me, he said, he has a gun and will kill me") != []
    assert await person.say(" stop ") == []
    assert text_of(await person.say("START")) != ""
    assert ANSWERED in text_of(await person.say(QUESTION)).lower()


@pytest.mark.parametrize("channel", ["telegram", "messenger", "slack"])
async def test_who_blocked_the_bot_is_left_alone_until_they_write(
    channel: str, meet: Callable[[str], Person], place: Town
) -> None:
    person = meet(channel)
    vendor = place.vendors.of(channel)
    vendor.blocked.add(person.address)
    assert await person.say(QUESTION) == []
    tried = len(place.vendors.outbox.attempts)
    await asyncio.sleep(1)
    assert len(place.vendors.outbox.attempts) == tried
    vendor.blocked.discard(person.address)
    assert len(await person.say(QUESTION)) == 1


async def test_a_tap_is_acknowledged_to_telegram(meet: Callable[[str], Person], place: Town) -> None:
    person = meet("telegram")
    while not (await person.say("asdf qwer zxcv"))[-1].buttons:
        assert len(person.inbox) < 4, text_of(person.inbox)
    chosen = person.inbox[-1].buttons[0].title
    assert await person.choose(chosen) != []
    await place.vendors.outbox.wait(lambda: not place.vendors.telegram.waiting_taps, 5)
    assert place.vendors.telegram.acknowledged


async def test_danger_goes_before_replies_that_wait(meet: Callable[[str], Person], place: Town) -> None:
    people = [meet(channel) for channel in CHANNELS]
    for person in people:
        await person.say(QUESTION)
    for vendor in place.vendors.vendors.values():
        vendor.faults = Faults(too_many=1.0, retry_after_s=8)
    attempts = place.vendors.outbox.attempts
    before = len(attempts)
    for person in people:
        for text in (QUESTION, "does medicaid pay for treatment"):
            assert await place.vendors.say(person.channel, person.number, text) == 200
    # Each has a reply that the vendor wants later, and one behind it.
    await place.vendors.outbox.wait(lambda: len(attempts) - before >= len(people), 10)
    place.vendors.well_again()
    counts = [len(person.inbox) for person in people]
    for person in people:
        assert await place.vendors.say(person.channel, person.number, DANGER) == 200
    for person in people:
        await place.settled(place.conversation(person.channel, person.number), 40)
    for person, count in zip(people, counts, strict=True):
        danger, *later = person.inbox[count:]
        assert "911" in danger.text.split("\n")[0] and "Source:" not in danger.text
        assert ANSWERED in later[0].text.lower() and "Medicaid" in later[1].text


async def test_a_locked_database_keeps_nobody_from_an_answer(meet: Callable[[str], Person], place: Town) -> None:
    people = [meet(channel) for channel in CHANNELS]
    with closing(sqlite3.connect(place.running.database)) as other:
        other.execute("BEGIN EXCLUSIVE")
        started = time.monotonic()
        posts = [place.vendors.of(each.channel).wrote(each.channel, each.number, DANGER) for each in people]
        answers = await asyncio.gather(*(place.vendors.post(post) for post in posts))
        assert answers == [200] * len(people)
        await place.vendors.outbox.wait(lambda: all(person.inbox for person in people), 20)
        assert time.monotonic() - started < 20
        assert all("911" in person.inbox[0].text for person in people)
        # What was kept in memory only is known again all the same.
        await asyncio.gather(*(place.vendors.post(place.vendors.slack.again(post)) for post in posts[-1:]))
        other.rollback()
    await asyncio.sleep(1)
    for person in people:
        await place.settled(place.conversation(person.channel, person.number), 40)
    assert [len(person.inbox) for person in people] == [1] * len(people)


async def test_messenger_and_slack_find_the_webhook(place: Town) -> None:
    known = place.vendors.credentials
    query = {"hub.mode": "subscribe", "hub.challenge": "12345", "hub.verify_token": known.verify_token}
    url = f"{place.running.url}/webhooks/messenger/webhook"
    answer = await asyncio.to_thread(place.running.session.get, url, params=query)
    assert (answer.status_code, answer.text) == (200, "12345")
    wrong = await asyncio.to_thread(place.running.session.get, url, params={**query, "hub.verify_token": "x"})
    assert wrong.status_code == 403
    content = json.dumps({"type": "url_verification", "challenge": "abc"}).encode()
    post = place.vendors.slack.sign(content, JSON)
    url = f"{place.running.url}{post.path}"
    answer = await asyncio.to_thread(place.running.session.post, url, data=post.body, headers=post.headers)
    assert (answer.status_code, answer.text) == (200, "abc")

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict
from twilio.request_validator import RequestValidator

from helpline.channels.rendering import Part
from helpline.channels.twilio import KEYWORDS, TwilioChannel
from helpline.channels.vendor import Inbound, Outcome
from helpline.settings import Settings

TOKEN = "token-of-the-tests"
SID = "AC" + "0a" * 16
SETTINGS = Settings(
    public_url="https://help.example.org/",
    twilio_account_sid=SID,
    twilio_auth_token=TOKEN,
    twilio_sms_from="+15550100001",
    twilio_whatsapp_from="+15550100002",
)
ADDRESS = "https://help.example.org/webhooks/twilio/webhook"
CHANNEL = TwilioChannel(SETTINGS)


def fields(body: str = "hello", sender: str = "+15550100009", **more: str) -> dict[str, str]:
    given = {"MessageSid": "SM1", "From": sender, "To": "+15550100001", "Body": body, "NumMedia": "0"}
    return {**given, "SmsStatus": "received", "FromZip": "", **more}


def request(form: dict[str, str] | bytes, signature: str | None = None, address: str = ADDRESS, query: str = "") -> Any:
    body = form if isinstance(form, bytes) else urlencode(form).encode()
    if signature is None:
        signature = RequestValidator(TOKEN).compute_signature(address, form if isinstance(form, dict) else {})
    headers = CIMultiDict({"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"})
    return SimpleNamespace(body=body, headers=headers, path="/webhooks/twilio/webhook", query_string=query)


def parsed(form: dict[str, str]) -> list[Inbound]:
    return CHANNEL.parse(request(form))


def test_what_twilio_signed_is_taken_blank_fields_and_all() -> None:
    assert CHANNEL.verify(request(fields()))
    assert CHANNEL.verify(request(fields("\u00a1Hola! 😀 a=b&c", FromCity="")))


def test_the_address_that_counts_is_the_public_one() -> None:
    assert CHANNEL.verify(request(fields(), address=f"{ADDRESS}?a=1", query="a=1"))
    assert CHANNEL.verify(request(fields(), address=ADDRESS.replace(".org", ".org:443")))
    assert not CHANNEL.verify(request(fields(), address=ADDRESS.replace("https", "http")))
    assert not CHANNEL.verify(request(fields(), address=ADDRESS.replace("help.", "")))


@pytest.mark.parametrize("signature", ["", "x", "=" * 28, "\u00e9" * 28, "0" * 10_000])
def test_a_forged_signature_is_refused(signature: str) -> None:
    assert not CHANNEL.verify(request(fields(), signature))


def test_a_changed_or_added_field_is_refused() -> None:
    signature = RequestValidator(TOKEN).compute_signature(ADDRESS, fields())
    assert not CHANNEL.verify(request(fields("something else"), signature))
    assert not CHANNEL.verify(request({**fields(), "OptOutType": "STOP"}, signature))
    assert not CHANNEL.verify(request(fields(), RequestValidator("another").compute_signature(ADDRESS, fields())))


def test_a_message_has_its_channel_by_who_sends_it() -> None:
    assert parsed(fields()) == [Inbound("SM1", "+15550100009", "+15550100009", "hello", "sms")]
    whatsapp = "whatsapp:+15550100009"
    assert parsed(fields(sender=whatsapp)) == [Inbound("SM1", whatsapp, whatsapp, "hello", "whatsapp")]


@pytest.mark.parametrize("sender", ["22395", "741741", "+15550100001", "whatsapp:+15550100002"])
def test_programs_get_no_answer(sender: str) -> None:
    assert parsed(fields(sender=sender)) == []


def test_without_a_number_of_its_own_a_channel_answers_from_the_one_that_was_written_to() -> None:
    channel = TwilioChannel(replace(SETTINGS, twilio_sms_from=""))
    (inbound,) = channel.parse(request(fields(To="+15550100007")))
    assert (inbound.person, inbound.address) == ("+15550100009", "+15550100009 +15550100007")
    form = channel.call(inbound.address, Part("Hi")).form
    assert (form["From"], form["To"]) == ("+15550100007", "+15550100009")
    (inbound,) = channel.parse(request(fields(sender="whatsapp:+15550100009")))
    assert inbound.address == "whatsapp:+15550100009"


@pytest.mark.parametrize(
    ("text", "sms", "whatsapp"),
    [
        ("STOP", "opt_out", "opt_out"),
        (" stop. ", "opt_out", "opt_out"),
        ("Unsubscribe", "opt_out", "opt_out"),
        ("END", "opt_out", "opt_out"),
        ("stop drinking, how", "message", "message"),
        ("please stop", "message", "message"),
        ("I want it to end", "message", "message"),
        ("start", "opt_in", "opt_in"),
        ("UNSTOP", "opt_in", "opt_in"),
        ("yes", "message", "message"),
        ("HELP", "help", "help"),
        ("help!!", "help", "help"),
        ("info", "help", "help"),
        ("help me stop", "message", "message"),
        ("", "message", "message"),
    ],
)
def test_words_of_the_carrier(text: str, sms: str, whatsapp: str) -> None:
    assert parsed(fields(text))[0].kind == sms
    assert parsed(fields(text, sender="whatsapp:+1555"))[0].kind == whatsapp


@pytest.mark.parametrize(
    ("told", "kind"), [("STOP", "opt_out"), ("START", "opt_in"), ("HELP", "help"), ("", "message")]
)
def test_what_twilio_took_a_word_for_counts(told: str, kind: str) -> None:
    assert parsed(fields("ALTO", OptOutType=told))[0].kind == kind


def test_pictures() -> None:
    assert parsed(fields("", NumMedia="1", MediaUrl0="https://example.org"))[0].kind == "media"
    without_body = fields(NumMedia="1")
    del without_body["Body"]
    assert parsed(without_body)[0].kind == "media"
    assert parsed(fields("look", NumMedia="1"))[0].kind == "message"


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"MessageSid": "SM1", "MessageStatus": "delivered", "To": "+1", "From": "+2"},
        {**fields(), "SmsStatus": "delivered"},
        {**fields(), "MessageSid": ""},
        {**fields(), "From": ""},
    ],
)
def test_what_is_no_message_is_nothing(form: dict[str, str]) -> None:
    assert parsed(form) == []


@given(
    st.binary(max_size=300) | st.text(max_size=200).map(lambda text: f"MessageSid={text}&From=a&Body={text}".encode())
)
def test_any_body_is_read_and_checked_without_an_error(body: bytes) -> None:
    assert not CHANNEL.verify(request(body, "x"))
    for inbound in CHANNEL.parse(request(body, "x")):
        inbound.text.encode()
        inbound.vendor_id.encode()


def test_an_sms_goes_out_from_the_number_in_plain_letters() -> None:
    call = CHANNEL.call("+15550100009", Part("Call 988."))
    assert call.url == f"https://api.twilio.com/2010-04-01/Accounts/{SID}/Messages.json"
    assert call.headers["Authorization"].startswith("Basic ")
    assert call.form == {"From": "+15550100001", "To": "+15550100009", "Body": "Call 988.", "SmartEncoded": "true"}


def test_a_whatsapp_message_goes_out_from_its_own_number() -> None:
    assert CHANNEL.call("whatsapp:+15550100009", Part("Hi")).form == {
        "From": "whatsapp:+15550100002",
        "To": "whatsapp:+15550100009",
        "Body": "Hi",
    }


@pytest.mark.parametrize(
    ("status", "content", "outcome"),
    [
        (201, {"sid": "SM9", "status": "queued"}, Outcome("sent")),
        (400, {"code": 21610}, Outcome("blocked")),
        (400, {"code": 21211}, Outcome("refused")),
        (400, {"code": 14107}, Outcome("retry")),
        (401, {"code": 20003}, Outcome("retry")),
        (404, {"code": 20404}, Outcome("refused")),
        (429, {"code": 20429}, Outcome("retry", 2.0)),
        (500, None, Outcome("retry")),
        (503, [], Outcome("retry")),
    ],
)
def test_what_twilios_answers_mean(status: int, content: Any, outcome: Outcome) -> None:
    headers = {"Retry-After": "2"} if status == 429 else {}
    assert CHANNEL.outcome(status, headers, json.dumps(content).encode()) == outcome


@given(st.integers(100, 599), st.binary(max_size=100), st.text(max_size=20))
def test_any_answer_means_something(status: int, body: bytes, wait: str) -> None:
    assert CHANNEL.outcome(status, {"Retry-After": wait}, body).status in ("sent", "retry", "blocked", "refused")


def test_it_is_on_when_its_token_is_set() -> None:
    assert TwilioChannel.is_on(SETTINGS)
    assert not TwilioChannel.is_on(Settings())


def test_twilio_is_told_to_send_nothing_itself() -> None:
    assert CHANNEL.accepted().body == b"<Response/>"
    assert CHANNEL.accepted().content_type == "text/xml"


def test_only_on_sms_the_carrier_confirms_a_stop() -> None:
    assert CHANNEL.capabilities["sms"].keywords == CHANNEL.capabilities["whatsapp"].keywords == KEYWORDS
    assert CHANNEL.capabilities["sms"].confirms
    assert not CHANNEL.capabilities["whatsapp"].confirms

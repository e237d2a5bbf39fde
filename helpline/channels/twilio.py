"""Twilio: SMS and WhatsApp. Address of a reply: the phone number, of WhatsApp with "whatsapp:" before it.

Where no number to send from is set, the address goes on with a space and the number that the person wrote to.
"""

from __future__ import annotations

import base64
import re
from typing import Mapping

from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse
from twilio.request_validator import RequestValidator

from helpline.channels.rendering import Capabilities
from helpline.channels.safe_channel import Call, Inbound, Outcome, Part, SafeChannel
from helpline.channels.vendor import Kind
from helpline.channels.vendor_events import identifier, read_form, read_object, seconds, words
from helpline.settings import Settings

SMS, WHATSAPP = "sms", "whatsapp"
_WHATSAPP_PREFIX = "whatsapp:"
_VERSION = "2010-04-01"
# Twilio takes these for itself where they are all of a message, and confirms them in its own words
# (https://help.twilio.com/articles/223134027).
_STOP = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "OPTOUT", "REVOKE"})
_START = frozenset({"START", "UNSTOP"})
_HELP = frozenset({"HELP", "INFO"})
_OPT_OUT_TYPES: Mapping[str, Kind] = {"STOP": "opt_out", "START": "opt_in", "HELP": "help"}
# "YES" opts in as well, of those who opted out; to everyone else it is an answer.
KEYWORDS = _STOP | _START | _HELP
# The person wrote STOP.
_BLOCKED = 21610
# Too many requests to Twilio, of one number, of one WhatsApp sender.
_TOO_MANY = (20429, 14107, 63018)
_RETRIED = (401, 403, 408, 429)


class TwilioChannel(SafeChannel):
    """SMS and WhatsApp by Twilio."""

    capabilities: Mapping[str, Capabilities] = {
        SMS: Capabilities(max_text=1600, keywords=KEYWORDS),
        WHATSAPP: Capabilities(max_text=1600, keywords=KEYWORDS, confirms=False),
    }

    def __init__(self, settings: Settings) -> None:
        """Take the settings."""
        super().__init__(settings)
        self._validator = RequestValidator(settings.twilio_auth_token)
        # Twilio signs the address as it was entered in its console.
        self._address = settings.public_url.rstrip("/")

    @classmethod
    def name(cls) -> str:
        """Return the part of the address that names the channel."""
        return "twilio"

    @classmethod
    def is_on(cls, settings: Settings) -> bool:
        """Tell whether the operator has set Twilio up."""
        return bool(settings.twilio_auth_token)

    def verify(self, request: Request) -> bool:
        """Tell whether Twilio signed a request: address and fields, blank ones too."""
        query = f"?{request.query_string}" if request.query_string else ""
        signature = request.headers.get("x-twilio-signature", "")
        if not signature.isascii():
            return False
        fields = read_form(request.body)
        return bool(self._validator.validate(f"{self._address}{request.path}{query}", fields, signature))

    def parse(self, request: Request) -> list[Inbound]:
        """Return the message of a request; [] for news of a message's way."""
        fields = read_form(request.body)
        sid, sender = identifier(fields.get("MessageSid")), identifier(fields.get("From"))
        if sid is None or sender is None or ("Body" not in fields and not fields.get("NumMedia")):
            return []
        if fields.get("SmsStatus", "received") != "received" or self._is_program(sender):
            return []
        channel = WHATSAPP if sender.startswith(_WHATSAPP_PREFIX) else SMS
        address = sender
        if not self._number(channel):
            address = f"{sender} {identifier(fields.get('To')) or ''}".strip()
        # A button of WhatsApp comes with its title as the text.
        text = words(fields.get("Body"))
        return [Inbound(sid, address, sender, text, channel, kind=_kind(channel, text, fields))]

    def call(self, address: str, part: Part) -> Call:
        """Return the request that sends a part."""
        person, _, own = address.partition(" ")
        whatsapp = person.startswith(_WHATSAPP_PREFIX)
        own = own or self._number(WHATSAPP if whatsapp else SMS)
        form = {"From": own, "To": person, "Body": part.text}
        if not whatsapp:
            # Quotation marks in plain form: with others a message costs twice as much.
            form["SmartEncoded"] = "true"
        settings = self.settings
        account = settings.twilio_account_sid
        pair = base64.b64encode(f"{account}:{settings.twilio_auth_token}".encode()).decode()
        url = f"{settings.twilio_api.rstrip('/')}/{_VERSION}/Accounts/{account}/Messages.json"
        return Call(url, {"Authorization": f"Basic {pair}"}, form=form)

    def outcome(self, status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
        """Return what Twilio's answer means."""
        content = read_object(body)
        if 200 <= status < 300:
            return Outcome("sent")
        code = content.get("code")
        if code == _BLOCKED:
            return Outcome("blocked")
        if status in _RETRIED or status >= 500 or code in _TOO_MANY:
            return Outcome("retry", retry_after_s=seconds(headers.get("Retry-After")))
        return Outcome("refused")

    def _number(self, channel: str) -> str:
        """Return the number that a channel sends from, as Twilio writes it; "" where none is set."""
        if channel == SMS:
            return self.settings.twilio_sms_from
        number = self.settings.twilio_whatsapp_from
        return f"{_WHATSAPP_PREFIX}{number}" if number else ""

    def _is_program(self, sender: str) -> bool:
        """Tell whether a program wrote, by a short code or as ourselves: the two could answer each other for ever."""
        return bool(re.fullmatch(r"\d{3,6}", sender)) or sender in (self._number(SMS), self._number(WHATSAPP))

    def accepted(self) -> HTTPResponse:
        """Return an answer that has Twilio send nothing by itself."""
        return response.text("<Response/>", content_type="text/xml")


def _kind(channel: str, text: str, fields: Mapping[str, str]) -> Kind:
    # Twilio's Advanced Opt-Out says what it took a message for, also in words of the operator's own.
    told = _OPT_OUT_TYPES.get(fields.get("OptOutType", ""))
    if told is not None:
        return told
    keyword = re.sub(r"[\W_]+", " ", text).strip().upper()
    # Twilio neither minds nor confirms these words on WhatsApp; there we do both.
    if keyword in _STOP:
        return "opt_out"
    if keyword in _START:
        return "opt_in"
    if keyword in _HELP:
        return "help"
    return "message" if text.strip() or fields.get("NumMedia", "0") == "0" else "media"

"""Twilio: SMS and WhatsApp. Errors: https://www.twilio.com/docs/api/errors."""

from __future__ import annotations

import base64
import re
import time
from secrets import token_hex
from urllib.parse import parse_qsl, urlencode

from twilio.request_validator import RequestValidator

from helpline.fake_vendors.credentials import Credentials
from helpline.fake_vendors.outbox import Outbox
from helpline.fake_vendors.vendor import FORM, Answer, ApiCall, FakeVendor, Post

_LONGEST = 1600
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_WHATSAPP = "whatsapp:"
# Twilio's default keywords: https://help.twilio.com/articles/223134027
_STOP = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
_START = frozenset({"START", "YES", "UNSTOP"})
_HELP = frozenset({"HELP", "INFO"})
_CARRIER = {
    "stop": "You have successfully been unsubscribed. You will not receive any more messages from this number. "
    "Reply START to resubscribe.",
    "start": "You have successfully been re-subscribed to messages from this number. Reply HELP for help. "
    "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
    "help": "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
}
# Seconds in which WhatsApp lets a business answer in its own words.
_WINDOW = 24 * 3600


class FakeTwilio(FakeVendor):
    """Twilio's Messages API."""

    name = "twilio"
    channels = ("sms", "whatsapp")

    def __init__(self, outbox: Outbox, credentials: Credentials) -> None:
        """Start with nobody opted out."""
        super().__init__(outbox, credentials)
        self.opted_out: set[str] = set()
        # Twilio signs the address that the operator entered with it.
        self.public_url = ""
        self._written_at: dict[str, float] = {}

    def address(self, channel: str, person: int) -> str:
        """Return a phone number, for WhatsApp with its prefix."""
        return f"{_WHATSAPP if channel == 'whatsapp' else ''}+1555{person:07d}"

    def answer(self, call: ApiCall) -> Answer:
        """Take a message, or tell of the account."""
        known = self.credentials
        wanted = base64.b64encode(f"{known.account_sid}:{known.auth_token}".encode()).decode()
        if call.headers.get("Authorization") != f"Basic {wanted}":
            return _error(401, 20003, "Authenticate")
        base = f"/2010-04-01/Accounts/{known.account_sid}"
        if call.path == f"{base}.json":
            return Answer(200, {"sid": known.account_sid, "status": "active", "type": "Full"})
        if call.path == f"{base}/IncomingPhoneNumbers.json":
            return Answer(200, {"incoming_phone_numbers": self._numbers(call.query.get("PhoneNumber"))})
        if call.path == f"{base}/Messages.json" and call.method == "POST":
            return self._send(call.form)
        return _error(404, 20404, f"The requested resource {call.path} was not found")

    def _numbers(self, wanted: str | None) -> list[dict[str, object]]:
        if wanted not in (None, self.credentials.sms_from):
            return []
        return [
            {
                "phone_number": self.credentials.sms_from,
                "sms_url": f"{self.public_url}{self.path}",
                "sms_method": "POST",
                "capabilities": {"sms": True, "mms": True, "voice": True},
            }
        ]

    def _send(self, fields: dict[str, str]) -> Answer:
        to, sender, text = fields.get("To", ""), fields.get("From", ""), fields.get("Body", "")
        channel = "whatsapp" if to.startswith(_WHATSAPP) else "sms"
        if not to:
            return _error(400, 21604, "A 'To' phone number is required.")
        if not sender:
            return _error(400, 21603, "A 'From' phone number is required.")
        if not text.strip():
            return _error(400, 21602, "Message body is required.")
        if not _NUMBER.fullmatch(to.removeprefix(_WHATSAPP)):
            return _error(400, 21211, f"Invalid 'To' Phone Number: {to}")
        if sender.startswith(_WHATSAPP) != to.startswith(_WHATSAPP):
            return _error(400, 21910, "Invalid From and To pair. From and To should be of the same channel")
        if channel == "sms" and sender != self.credentials.sms_from:
            return _error(400, 21606, f"The 'From' phone number {sender} is not a valid message-capable Twilio number")
        if channel == "whatsapp" and sender != f"{_WHATSAPP}{self.credentials.whatsapp_from}":
            return _error(400, 63007, "Twilio could not find a Channel with the specified From address")
        # Characters beyond the basic plane count twice.
        if len(text.encode("utf-16-le")) // 2 > _LONGEST:
            return _error(400, 21617, "The concatenated message body exceeds the 1600 character limit.")
        if to in self.opted_out or to in self.blocked:
            return _error(400, 21610, "Attempt to send to unsubscribed recipient")
        if channel == "whatsapp" and time.time() - self._written_at.get(to, 0.0) > _WINDOW:
            return _error(400, 63016, "Failed to send freeform message because you are outside the allowed window.")
        sid = f"SM{token_hex(16)}"
        self.outbox.add(channel, to, "bot", text, vendor_id=sid)
        return Answer(
            201,
            {
                "sid": sid,
                "account_sid": self.credentials.account_sid,
                "to": to,
                "from": sender,
                "body": text,
                "status": "queued",
                "direction": "outbound-api",
                "num_media": "0",
                "error_code": None,
                "error_message": None,
                "api_version": "2010-04-01",
                "uri": f"/2010-04-01/Accounts/{self.credentials.account_sid}/Messages/{sid}.json",
            },
        )

    def too_many(self, retry_after_s: float) -> Answer:
        """Return error 20429."""
        return _error(429, 20429, "Too Many Requests", {"Retry-After": f"{retry_after_s:g}"})

    def trouble(self) -> Answer:
        """Return error 20500."""
        return _error(500, 20500, "An internal server error has occurred")

    def sign(self, body: bytes, content_type: str = FORM) -> Post:
        """Return a post signed over the public address and the fields, blank ones too."""
        fields = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        signature = RequestValidator(self.credentials.auth_token).compute_signature(
            f"{self.public_url}{self.path}", fields
        )
        return Post(self.path, {"Content-Type": content_type, "X-Twilio-Signature": signature}, body)

    def wrote(self, channel: str, person: int, text: str) -> Post:
        """Return the post of a message; the carrier answers its keywords itself, and the message comes all the same."""
        address = self.address(channel, person)
        if channel == "sms":
            self._carrier(address, text.strip().upper())
        return self._message(channel, address, {"Body": text, "NumMedia": "0"})

    def sent_picture(self, channel: str, person: int) -> Post:
        """Return the post of an MMS without text."""
        media = {
            "Body": "",
            "NumMedia": "1",
            "MediaUrl0": f"https://api.twilio.com/2010-04-01/Accounts/x/Messages/x/Media/ME{token_hex(16)}",
            "MediaContentType0": "image/jpeg",
        }
        return self._message(channel, self.address(channel, person), media)

    def _carrier(self, address: str, word: str) -> None:
        if word in _STOP:
            if address not in self.opted_out:
                self.outbox.add("sms", address, "carrier", _CARRIER["stop"])
            self.opted_out.add(address)
        elif word in _START and address in self.opted_out:
            self.opted_out.discard(address)
            self.outbox.add("sms", address, "carrier", _CARRIER["start"])
        elif word in _HELP:
            self.outbox.add("sms", address, "carrier", _CARRIER["help"])

    def _message(self, channel: str, address: str, content: dict[str, str]) -> Post:
        self._written_at[address] = time.time()
        known, sid = self.credentials, f"SM{token_hex(16)}"
        fields = {
            "SmsMessageSid": sid,
            "SmsSid": sid,
            "MessageSid": sid,
            "AccountSid": known.account_sid,
            "SmsStatus": "received",
            "NumSegments": "1",
            "ApiVersion": "2010-04-01",
            "From": address,
            **content,
        }
        if channel == "whatsapp":
            number = address.removeprefix(_WHATSAPP)
            more = {"To": f"{_WHATSAPP}{known.whatsapp_from}", "ProfileName": "Sam", "WaId": number.lstrip("+")}
            more["MessageType"] = "image" if content["NumMedia"] != "0" else "text"
        else:
            # Where the carrier does not know the place, Twilio sends the fields empty.
            more = {"To": known.sms_from, "ToCountry": "US", "ToState": "NY", "ToCity": "", "ToZip": ""}
            more |= {"FromCountry": "US", "FromState": "", "FromCity": "", "FromZip": ""}
        return self.sign(urlencode(fields | more).encode())


def _error(status: int, code: int, message: str, headers: dict[str, str] | None = None) -> Answer:
    content = {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return Answer(status, content, headers or {}, f"{code} {message}")

from __future__ import annotations

from datetime import datetime

from helpline.channels.undelivered import listing
from helpline.storage import messages
from helpline.storage.database import open_engine


def letter(key: str, urgent: bool, text: str) -> messages.Letter:
    moment = int(datetime(2026, 11, 29, 4, 12).timestamp() * 1_000_000)
    data = {"address": "+15550001111", "part": {"text": text, "buttons": []}, "menu": None}
    return messages.Letter(key, moment, "sms", "sms-a", urgent, data)


def test_replies_that_no_vendor_took_are_listed_with_where_they_should_go(database_url: str) -> None:
    engine = open_engine(database_url)
    assert listing(engine) == ""
    letters = (letter("a-0", False, "One.\n\nTwo."), letter("b-0", True, "Call 988."), letter("c-0", False, "Sent."))
    messages.store(engine, [messages.Answered("event", letters)])
    assert listing(engine) == ""
    ends = (("a-0", messages.DEAD), ("b-0", messages.DEAD), ("c-0", messages.SENT))
    messages.store(engine, [messages.Ended(key, status, 18) for key, status in ends])
    assert listing(engine).splitlines() == [
        "2026-11-29 04:12 sms to +15550001111, tried 18 times",
        "    One.",
        "",
        "    Two.",
        "2026-11-29 04:12 sms to +15550001111, tried 18 times, CRISIS",
        "    Call 988.",
    ]

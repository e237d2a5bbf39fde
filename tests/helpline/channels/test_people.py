from __future__ import annotations

import re

from helpline.channels.people import CHANNELS, PREFIXES, Clock, conversation_of, event_key


def test_a_conversation_is_of_one_person_on_one_channel() -> None:
    ids = {
        conversation_of(secret, channel, person)
        for secret in (b"a", b"b")
        for channel in CHANNELS
        for person in ("1", "2", "1 ", "\ud800")
    }
    assert len(ids) == 2 * 5 * 4
    assert conversation_of(b"a", "sms", "1") == conversation_of(b"a", "sms", "1")
    assert re.fullmatch(r"sms-[0-9a-f]{32}", conversation_of(b"a", "sms", "1"))
    assert all(any(name.startswith(prefix) for prefix in PREFIXES) for name in ids)


def test_an_event_is_known_by_channel_and_id() -> None:
    assert event_key("sms", "1") == event_key("sms", "1")
    assert len({event_key("sms", "1"), event_key("sms", "2"), event_key("slack", "1")}) == 3


def test_numbers_rise() -> None:
    clock = Clock()
    numbers = [clock.number() for _ in range(1000)]
    assert numbers == sorted(set(numbers))
    assert len(str(numbers[0])) == 16

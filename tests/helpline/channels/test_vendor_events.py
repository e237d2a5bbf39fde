from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vendor_requests import ANY_JSON

from helpline.channels.vendor_events import (
    identifier,
    object_in,
    objects_in,
    read_form,
    read_object,
    same,
    seconds,
    words,
)


@pytest.mark.parametrize("body", [b"", b"[]", b'"text"', b"null", b"\xff\xfe", b"{", b'{"a":' * 5000, b"1" * 5000])
def test_what_is_no_json_object_is_an_empty_one(body: bytes) -> None:
    assert read_object(body) == {}


@given(st.binary())
def test_any_body_can_be_read(body: bytes) -> None:
    assert isinstance(read_object(body), dict)
    assert all(isinstance(value, str) for value in read_form(body).values())


def test_a_form_keeps_blank_fields_and_decodes_all_others() -> None:
    assert read_form(b"Body=&From=%2B1555&Text=a+b%26c%C3%A9") == {"Body": "", "From": "+1555", "Text": "a b&cé"}
    assert read_form(b"&".join(b"a%d=1" % number for number in range(10_000))) == {}


@pytest.mark.parametrize(
    ("value", "found"), [("a", "a"), (7, "7"), (-100_1, "-1001"), ("id with blank", "id with blank")]
)
def test_ids_are_text(value: Any, found: str) -> None:
    assert identifier(value) == found


@pytest.mark.parametrize("value", [None, True, 1.5, "", "a\x00b", "a\nb", "x" * 256, "\ud800", [], {}, 10**300])
def test_what_no_vendor_would_call_an_id_is_none(value: Any) -> None:
    assert identifier(value) is None


@given(ANY_JSON)
def test_any_value_can_be_asked(value: Any) -> None:
    assert isinstance(object_in(value, "message"), dict)
    assert all(isinstance(item, dict) for item in objects_in(value, "entry"))
    words(value).encode()
    assert identifier(value) is None or isinstance(identifier(value), str)


@given(st.text(), st.text() | st.none())
def test_secrets_are_the_same_only_if_they_are_equal_and_there_is_one(known: str, shown: str | None) -> None:
    assert same(words(known), shown) == (words(known) == shown != "")


@pytest.mark.parametrize("shown", ["\udcff", "é", "\x00", "a" * 10_000])
def test_any_header_can_be_compared(shown: str) -> None:
    assert not same("secret", shown)


@pytest.mark.parametrize(
    ("value", "found"),
    [(3, 3.0), ("3", 3.0), (0.5, 0.5), ("0", 0.0), *((value, None) for value in (None, True, "", "soon", "-1", "nan"))],
)
def test_a_wait_is_a_number_of_seconds(value: Any, found: float | None) -> None:
    assert seconds(value) == found


@given(ANY_JSON | st.integers(10**300))
def test_any_wait_can_be_read(value: Any) -> None:
    assert seconds(value) is None or 0 <= seconds(value) < 1_000_000

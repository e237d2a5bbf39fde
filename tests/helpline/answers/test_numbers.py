from __future__ import annotations

import pytest

from helpline.answers import numbers
from helpline.answers.numbers import Number, load_numbers


def test_the_three_hotlines_are_there() -> None:
    loaded = load_numbers()
    dialled = {"emergency": "911", "suicide_crisis": "988", "national_helpline": "18006624357"}
    assert {key: loaded[key].tel for key in dialled} == dialled
    assert all(number.key == key for key, number in loaded.items())


@pytest.mark.parametrize("key", ["emergency", "suicide_crisis", "national_helpline"])
def test_a_number_is_shown_as_it_is_dialled(key: str) -> None:
    number = load_numbers()[key]
    assert number.tel.isdigit()
    assert any(shown in (number.text or number.tel) for shown in number.shown)


@pytest.mark.parametrize(
    ("sms", "text", "extra"),
    [(None, None, {}), ("988", None, {"sms": "988"}), (None, "1-800", {"text": "1-800"})],
)
def test_the_reply_form_has_only_what_the_number_has(sms: str | None, text: str | None, extra: dict[str, str]) -> None:
    expires_on = load_numbers()["emergency"].expires_on
    number = Number("key", "A line", "123", sms, text, ("123",), expires_on)
    assert number.as_custom() == {"label": "A line", "tel": "123", **extra}


def test_an_incomplete_entry_is_refused(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "numbers.yml"
    file.write_text("emergency: {label: Emergency, tel: '911'}")
    monkeypatch.setattr(numbers, "FILE", file)
    with pytest.raises(KeyError):
        load_numbers.__wrapped__()

"""No SMS of ours offers or asks for a word that the carrier takes for itself: it would silence the helpline."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from project_files import DATA, ROOT, read_yaml

from helpline.channels.rendering import REWORDED, render
from helpline.channels.twilio import KEYWORDS, TwilioChannel

SMS = TwilioChannel.capabilities["sms"]
ASKED_FOR = re.compile(r"\b(?:[Tt]ype|[Rr]eply|[Ww]rite|[Aa]nswer|[Rr]espond)\s+(?:with\s+)?([A-Z]{3,})\b")
IN_QUOTES = re.compile(r"[\"\u201c]([A-Za-z]+)[\"\u201d]")


def messages() -> Iterator[dict[str, Any]]:
    """Yield each text, with its buttons, that a reply may have."""
    files = [ROOT / "domain.yml", *sorted(DATA.glob("faq/*.yml")), *sorted(DATA.glob("not_covered/*.yml"))]
    titles = []
    for path in files:
        for variants in (read_yaml(path).get("responses") or {}).values():
            yield from variants
            titles += [(variant.get("metadata") or {}).get("title") for variant in variants]
    yield {"text": "Titles of topics", "buttons": [{"title": title} for title in titles if title]}
    for name in ("questions", "results"):
        content = read_yaml(DATA / "fit_check" / f"{name}.yml")
        yield from ({"text": text} for text in strings(content))
    for question in read_yaml(DATA / "fit_check" / "questions.yml")["questions"].values():
        yield {"text": "Options", "buttons": [{"title": title} for title in question["options"].values()]}


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from strings(part)


MESSAGES = list(messages())


def offered(message: dict[str, Any]) -> tuple[str, list[str]]:
    rendered = render([message], SMS, 1)
    text = "\n".join(part.text for part in rendered.parts)
    return text, [option.title for option in rendered.menu.options] if rendered.menu else []


def test_there_is_something_to_look_at() -> None:
    assert len(MESSAGES) > 300
    assert sum(len(message.get("buttons") or ()) for message in MESSAGES) > 150


def test_no_option_is_a_word_of_the_carrier() -> None:
    for message in MESSAGES:
        _, titles = offered(message)
        assert not [title for title in titles if title.strip(" .!?").upper() in KEYWORDS]


def test_no_text_asks_for_a_word_of_the_carrier() -> None:
    for message in MESSAGES:
        text, _ = offered(message)
        words = {word.upper() for pattern in (ASKED_FOR, IN_QUOTES) for word in pattern.findall(text)}
        # To be sent to a hotline, with its number beside it.
        others = {word.upper() for word in re.findall(r"\btext (?:la palabra )?([A-Z]+) (?:to|al) \d", text)}
        assert not (words - others) & KEYWORDS, text


def test_the_fit_check_needs_the_rewording() -> None:
    """Should its opening change, the rewording may go."""
    opening = read_yaml(DATA / "fit_check" / "questions.yml")["opening"]
    assert '"stop"' in opening
    assert '"leave"' in offered({"text": opening})[0]


@pytest.mark.parametrize("keyword", sorted(KEYWORDS))
def test_each_word_of_the_carrier_has_another_one(keyword: str) -> None:
    assert REWORDED[keyword].upper() not in KEYWORDS
    for title in (keyword, keyword.lower(), f"{keyword.title()}."):
        assert offered({"text": "Which?", "buttons": [{"title": title}]})[1] == [REWORDED[keyword]]

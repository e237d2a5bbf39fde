"""What the assistant may say: short, calm, without banned words, and no number that is not in data/numbers.yml."""

import ast
import json
import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from project_files import DATA, ROOT, Response, read_yaml

from helpline.authoring.words import (
    BANNED_PHRASES,
    BANNED_WORDS,
    EMOJI,
    MOST_SUGGESTIONS,
    MOST_WORDS,
    unknown_numbers,
)

PAGE = ROOT / "helpline" / "channels" / "page"
PAGES = sorted(PAGE.glob("*.html"))
# The widget's own words by language, and the pages that show the crisis line.
STRINGS = sorted((ROOT / "widget" / "strings").glob("*.json"))
WITH_CRISIS_LINE = [PAGE / "index.html", PAGE / "chat.html"]
SPEAKING_CODE = [*sorted((ROOT / "helpline" / "channels").glob("*.py")), *sorted((ROOT / "actions").glob("*.py"))]


class _Visible(HTMLParser):
    """Collects what a person sees, hears or dials: texts, and the attributes that are read out or followed."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.dialled: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "href" and (value or "").startswith(("tel:", "sms:")):
                self.dialled.append(str(value).split(":", 1)[1])
            elif name in ("href", "title", "placeholder", "alt", "aria-label", "value", "content"):
                self.texts.append(value or "")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def visible(page: str) -> _Visible:
    parser = _Visible()
    parser.feed(page)
    return parser


def strings_of(path: Path) -> list[str]:
    """Return the string constants of a Python file; nobody is told what stands alone, such as a docstring."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    alone = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    constants = (node for node in nodes if isinstance(node, ast.Constant) and id(node) not in alone)
    return [node.value for node in constants if isinstance(node.value, str)]


@pytest.fixture(scope="module")
def numbers() -> dict[str, Any]:
    return read_yaml(DATA / "numbers.yml")


@pytest.fixture(scope="module")
def known(numbers: dict[str, Any]) -> list[str]:
    return [shown for number in numbers.values() for shown in number["shown"]]


def spoken(responses: list[Response]) -> list[tuple[str, str]]:
    """Return place and words of everything that a response shows: text, title and question of its button."""
    words = [(f"{response.file} {response.name}", response.text) for response in responses]
    for response in responses:
        shown = (response.metadata.get("title"), response.metadata.get("question"))
        words += [(f"{response.file} {response.name}", str(text)) for text in shown if text]
    return words


def test_responses_are_short(responses: list[Response]) -> None:
    long = {response.name: len(response.text.split()) for response in responses}
    assert {name: count for name, count in long.items() if count > MOST_WORDS} == {}


def test_every_response_says_something(responses: list[Response]) -> None:
    assert [response.name for response in responses if not response.text] == []


def test_no_exclamation_marks(responses: list[Response]) -> None:
    assert [(place, text) for place, text in spoken(responses) if "!" in text] == []


def test_no_emoji(responses: list[Response]) -> None:
    assert [(place, text) for place, text in spoken(responses) if EMOJI.search(text)] == []


@pytest.mark.parametrize("banned", BANNED_WORDS + BANNED_PHRASES)
def test_banned_words_are_not_said(banned: str, responses: list[Response]) -> None:
    pattern = re.compile(rf"(?<![\w-]){re.escape(banned)}(?![\w-])", re.IGNORECASE)
    places = [place for place, text in spoken(responses) if pattern.search(text.replace("\u2019", "'"))]
    assert places == []


def test_responses_show_known_numbers_only(responses: list[Response], known: list[str]) -> None:
    unknown = {place: found for place, text in spoken(responses) if (found := unknown_numbers(text, known))}
    assert unknown == {}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_pages_show_known_numbers_only(path: Path, numbers: dict[str, Any], known: list[str]) -> None:
    texts = visible(path.read_text(encoding="utf-8")).texts
    assert texts
    # The page for site owners shows the crisis line's code, digits to dial included.
    digits = [number["tel"] for number in numbers.values() if number["tel"]]
    assert [found for text in texts for found in unknown_numbers(text, [*known, *digits])] == []


@pytest.mark.parametrize("path", WITH_CRISIS_LINE, ids=lambda path: path.name)
def test_the_crisis_line_dials_what_it_shows(path: Path, numbers: dict[str, Any]) -> None:
    dialled = visible(path.read_text(encoding="utf-8")).dialled
    shown = [numbers[key]["tel"] for key in ("emergency", "suicide_crisis", "national_helpline")]
    assert sorted(dialled) == sorted([*shown, numbers["suicide_crisis"]["sms"]])


@pytest.mark.parametrize("path", STRINGS, ids=lambda path: path.name)
def test_the_widget_says_known_numbers_only_and_stays_calm(path: Path, known: list[str]) -> None:
    texts = [
        text
        for value in strings_in(path).values()
        for text in ([value] if isinstance(value, str) else [*value, *value.values()])
    ]
    assert [found for text in texts for found in unknown_numbers(text, known)] == []
    assert [text for text in texts if "!" in text or EMOJI.search(text)] == []
    banned = [rf"(?<![\w-]){re.escape(words)}(?![\w-])" for words in BANNED_WORDS + BANNED_PHRASES]
    assert [text for text in texts if re.search("|".join(banned), text, re.IGNORECASE)] == []


def test_the_widget_has_the_same_words_in_every_language() -> None:
    def shape(path: Path) -> dict[str, Any]:
        # What stays the same: the values in a text, the messages behind buttons.
        return {
            name: sorted(re.findall(r"\{\w+\}", value)) if isinstance(value, str) else list(value)
            for name, value in strings_in(path).items()
        }

    shapes = [shape(path) for path in STRINGS]
    assert len(shapes) > 1
    assert all(other == shapes[0] for other in shapes)


def strings_in(path: Path) -> dict[str, Any]:
    """Return the widget's words of one language."""
    words: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return words


@pytest.mark.parametrize("path", SPEAKING_CODE, ids=lambda path: path.name)
def test_code_that_speaks_has_known_numbers_only(path: Path, known: list[str]) -> None:
    assert [found for text in strings_of(path) for found in unknown_numbers(text, known)] == []


@pytest.mark.parametrize("text", ["call 555-1234", "call (714) 555 0100", "1-888-GETHELP", "text 741741", "dial 112"])
def test_an_unknown_number_would_be_found(text: str, known: list[str]) -> None:
    assert unknown_numbers(text, known)


@pytest.mark.parametrize("text", ["1-800-662-HELP (4357), free, 24/7", "November 13, 2023", "988 (oprima 2)", "911."])
def test_a_known_number_passes(text: str, known: list[str]) -> None:
    assert unknown_numbers(text, known) == []


def test_no_number_is_expired(numbers: dict[str, Any]) -> None:
    today = date.today()
    assert {key: str(number["expires_on"]) for key, number in numbers.items() if number["expires_on"] <= today} == {}


def test_every_number_was_checked_before_it_expires(numbers: dict[str, Any]) -> None:
    assert [key for key, number in numbers.items() if number["last_checked"] >= number["expires_on"]] == []
    assert [key for key, number in numbers.items() if not number["source"].startswith("https://")] == []


def test_suggestions_are_few_and_exist(topics: list[Response]) -> None:
    labels = {topic.label for topic in topics}
    wrong = {
        topic.label: topic.metadata["suggestions"]
        for topic in topics
        if len(topic.metadata["suggestions"]) > MOST_SUGGESTIONS
        or any(f"faq/{name}" not in labels for name in topic.metadata["suggestions"])
    }
    assert wrong == {}


def test_no_topic_suggests_itself_or_one_topic_twice(topics: list[Response]) -> None:
    wrong = [
        topic.label
        for topic in topics
        if topic.label in {f"faq/{name}" for name in topic.metadata["suggestions"]}
        or len(set(topic.metadata["suggestions"])) < len(topic.metadata["suggestions"])
    ]
    assert wrong == []


def test_titles_of_topics_differ(topics: list[Response]) -> None:
    titles = [topic.metadata["title"] for topic in topics]
    assert sorted({title for title in titles if titles.count(title) > 1}) == []

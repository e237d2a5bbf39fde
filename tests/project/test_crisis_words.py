"""What people in danger or distress read: urgent first, one text message long, and only words that do no harm."""

import re
from itertools import combinations, permutations
from typing import Any, Iterator

import pytest
from project_files import DATA, Example, Response, read_responses, read_yaml

from helpline.answers.crisis import in_doubt
from helpline.authoring.words import (
    BANNED_PHRASES,
    BANNED_WORDS,
    EMOJI,
    MOST_WORDS,
    grade,
    sentences,
    syllables,
    unknown_numbers,
)
from helpline.crisis.follow_up import family
from helpline.crisis.modifiers import NAMES
from helpline.crisis.taxonomy import (
    CRISIS_CATEGORIES,
    HARM_BY_PEOPLE,
    LANGUAGES,
    SUBJECTS,
    SUPPORT_CATEGORIES,
    TIERS,
    Tier,
)

SMS = 160
HIGHEST_GRADE = 6.0
ENGLISH_VARIANTS, SPANISH_VARIANTS, FOLLOW_UP_VARIANTS = 3, 1, 2
MOST_NUMBERS = 4
HELPLINE, HELPLINE_TEXT = "national_helpline", "1-800-662-HELP (4357)"

ONLY_SUBJECT = {
    **dict.fromkeys(("suicide_imminent", "suicide_active", "suicide_passive", "overdose_self"), ("self",)),
    **dict.fromkeys(("suicide_other", "overdose_other"), ("other",)),
}
FAMILIES = ("suicide", "medical", "safety", "other")
KINDS_BY_FAMILY = ("yes", "no", "unsure", "denial", "refusal")
KINDS_FOR_ALL = ("call_for_me", "secret", "abroad", "veteran", "minor", "methods", "goodbye", "thanks", "safe_now")
# Which number stands first where it is neither 911 nor 988.
OWN_HOTLINE = {
    "domestic_violence": "domestic_violence",
    "sexual_assault": "sexual_assault",
    "child_danger": "child_abuse",
    "exploitation": "trafficking",
    "accidental_poisoning": "poison_help",
}
PROGRAM = {"en": "I'm a computer program and can't call for you", "es": "Soy un programa y no puedo llamar por"}
HOTLINE_IN_SPANISH = "988 (oprima 2)"

# What a yes means is fixed for a family, as the words that follow a yes do not know which question was asked:
# danger for suicide and other, better for medical and safety. A new question needs a line here.
QUESTIONS = {
    "suicide": r"alone|killing yourself|danger|made a plan|bleeding|wanting to die|faint"
    r"|a solas|quitarse la vida|sangra|querer morir",
    "medical": r"with you now|stay awake|breathing|up and down|help you|called 911|well enough|as usual|see a doctor"
    r"|take you there|con usted|[Rr]espira|para llamar|ver a un médico",
    "safety": r"safe|closed door|away from them|stay apart|grown-up you trust|someone you trust"
    r"|lejos|segur[oa]|salvo",
    "other": r"hurting|danger|alone|voices|daño|peligro",
}

NEVER = [
    *BANNED_WORDS,
    *BANNED_PHRASES,
    # Methods, tools and places.
    *("gun", "rope", "knife", "blade", "razor", "pills", "bridge", "hanging", "jump", "bullet", "noose", "roof"),
    # Promises and orders.
    *("i promise", "will be okay", "will be ok", "will get better", "you must", "always be here", "trust me"),
    # Pressure, blame, labels, leading questions.
    *("selfish", "attention", "you aren't thinking", "are you not", "as i said", "like i said", "mentally ill"),
    # A line that was closed, and one that belongs to no one.
    *("press 3", "oprima 3"),
    # Spanish.
    *("adicto", "adicta", "cálmese", "cálmate", "no se preocupe", "todo va a estar bien", "se lo prometo"),
    *("pastillas", "pistola", "cuchillo", "la ayuda va en camino", "entiendo exactamente"),
]

ALL = read_responses()
CRISIS = [response for response in ALL if response.name.startswith("utter_crisis/")]
SUPPORT = [response for response in ALL if response.name.startswith("utter_support/")]
FOLLOW_UP = [response for response in ALL if response.name.startswith("utter_crisis_follow_up/")]
STILL_HERE = [response for response in ALL if response.name == "utter_crisis_still_here"]
MODIFIER = [response for response in ALL if response.name.startswith("utter_crisis_modifier/")]
DOUBT = [response for response in ALL if response.name == "utter_crisis_in_doubt"]
HOTLINE = [response for response in ALL if response.name.startswith("utter_crisis_hotline/")]
OFFER = [response for response in ALL if response.name == "utter_crisis_question_offer"]
CARDS = [*CRISIS, *SUPPORT, *FOLLOW_UP]
WORDS = [*CARDS, *STILL_HERE]
# What is only added to a reply.
LINES = [*MODIFIER, *OFFER, *DOUBT, *HOTLINE]


def tiers_of(response: Response) -> tuple[Tier, ...]:
    code = response.metadata.get("tier")
    return (Tier.of(code),) if code else TIERS[kind_of(response)]


def subjects_of(category: str) -> tuple[str, ...]:
    return ONLY_SUBJECT.get(category, SUBJECTS)


def kind_of(response: Response) -> str:
    return response.name.split("/", 1)[1]


def language_of(response: Response) -> str:
    return str(response.metadata["language"])


def paragraphs(response: Response) -> list[str]:
    """Return the paragraphs as a channel gets them; YAML has folded the lines."""
    return str(response.content["text"]).strip().split("\n\n")


def cells() -> Iterator[tuple[str, str, Tier]]:
    for category in CRISIS_CATEGORIES:
        for subject in subjects_of(category):
            for tier in TIERS[category]:
                yield category, subject, tier


CELLS = list(cells())


def variants(category: str, subject: str, tier: Tier, language: str) -> list[Response]:
    """Return the replies for one kind of danger in the order in which they are said."""
    return [
        response
        for response in CRISIS
        if kind_of(response) == category
        and response.metadata.get("subject", subject) == subject
        and tier in tiers_of(response)
        and language_of(response) == language
    ]


def follow_ups(kind: str, about: str, subject: str, language: str) -> list[Response]:
    return [
        response
        for response in FOLLOW_UP
        if kind_of(response) == kind
        and response.metadata.get("family", about) == about
        and response.metadata.get("subject", subject) == subject
        and language_of(response) == language
    ]


def numbers_in(text: str, numbers: dict[str, Any]) -> list[str]:
    """Return keys of the numbers that a text names, in order of their first appearance."""
    first: dict[str, int] = {}
    for key, number in numbers.items():
        places = [
            match.start()
            for shown in number["shown"]
            for match in re.finditer(rf"(?<![\w-]){re.escape(shown)}(?![\w-])", text)
        ]
        if places:
            first[key] = min(places)
    return sorted(first, key=lambda key: first[key])


def name_of(response: Response) -> str:
    return f"{response.name}: {paragraphs(response)[0][:70]}"


@pytest.fixture(scope="module")
def numbers() -> dict[str, Any]:
    return read_yaml(DATA / "numbers.yml")


# What there is.


@pytest.mark.parametrize(("category", "subject", "tier"), CELLS)
def test_every_kind_of_danger_has_a_first_reply_and_two_for_repeats(category: str, subject: str, tier: Tier) -> None:
    assert len(variants(category, subject, tier, "en")) >= ENGLISH_VARIANTS
    assert len(variants(category, subject, tier, "es")) >= SPANISH_VARIANTS


def test_every_distress_has_words() -> None:
    for category in SUPPORT_CATEGORIES:
        languages = [language_of(response) for response in SUPPORT if kind_of(response) == category]
        assert languages.count("en") >= ENGLISH_VARIANTS
        assert languages.count("es") >= SPANISH_VARIANTS


@pytest.mark.parametrize("kind", KINDS_BY_FAMILY + KINDS_FOR_ALL)
@pytest.mark.parametrize("about", FAMILIES)
@pytest.mark.parametrize("subject", SUBJECTS)
def test_every_next_turn_has_words(kind: str, about: str, subject: str) -> None:
    assert len(follow_ups(kind, about, subject, "en")) >= FOLLOW_UP_VARIANTS
    assert len(follow_ups(kind, about, subject, "es")) >= SPANISH_VARIANTS


def test_there_are_lines_for_later_answers() -> None:
    languages = [language_of(response) for response in STILL_HERE]
    assert languages.count("en") >= ENGLISH_VARIANTS
    assert languages.count("es") >= SPANISH_VARIANTS
    assert all("\n" not in str(response.content["text"]).strip() for response in STILL_HERE)


def test_every_modifier_has_a_line_in_both_languages() -> None:
    lines = [(kind_of(response), language_of(response)) for response in MODIFIER]
    assert sorted(lines) == sorted((name, language) for name in NAMES for language in LANGUAGES)
    assert all("\n" not in str(response.content["text"]).strip() for response in [*MODIFIER, *OFFER])
    assert [language_of(response) for response in OFFER] == list(LANGUAGES)


def test_nothing_has_an_unknown_name() -> None:
    assert {kind_of(response) for response in CRISIS} == set(CRISIS_CATEGORIES)
    assert {kind_of(response) for response in SUPPORT} == set(SUPPORT_CATEGORIES)
    assert {kind_of(response) for response in FOLLOW_UP} == set(KINDS_BY_FAMILY + KINDS_FOR_ALL)
    assert {family(category) for category in CRISIS_CATEGORIES} == set(FAMILIES)


@pytest.mark.parametrize("response", [*WORDS, *LINES], ids=name_of)
def test_metadata_is_known(response: Response) -> None:
    assert set(response.metadata) <= {"language", "subject", "tier", "family"}
    assert response.metadata["language"] in LANGUAGES
    assert response.metadata.get("family", "other") in FAMILIES
    if response in CRISIS:
        category = kind_of(response)
        assert response.metadata.get("subject", subjects_of(category)[0]) in subjects_of(category)
        assert set(tiers_of(response)) <= set(TIERS[category])


@pytest.mark.parametrize("response", CARDS, ids=name_of)
def test_the_machine_is_told_what_kind_it_is(response: Response) -> None:
    custom = dict(response.content["custom"])
    del custom["numbers"]
    expected = {"kind": "support", "category": kind_of(response)} if response in SUPPORT else {"kind": "crisis"}
    assert custom == expected


@pytest.mark.parametrize("response", CARDS, ids=name_of)
def test_buttons_answer_in_the_language_of_the_reply(response: Response) -> None:
    titles = {"en": ["Yes", "No"], "es": ["Sí", "No"]}[language_of(response)]
    expected = [{"title": title, "payload": title} for title in titles]
    assert response.content.get("buttons", expected) == expected


# Numbers.


@pytest.mark.parametrize("response", WORDS, ids=name_of)
def test_the_helpline_is_in_every_reply(response: Response) -> None:
    assert HELPLINE_TEXT in response.text
    if language_of(response) == "es":
        assert "en español" in response.text


@pytest.mark.parametrize("response", CARDS, ids=name_of)
def test_numbers_are_listed_as_the_text_shows_them(response: Response, numbers: dict[str, Any]) -> None:
    listed = response.content["custom"]["numbers"]
    assert listed == numbers_in(response.text, numbers)
    assert len(listed) <= MOST_NUMBERS
    assert [key for key in listed if any(shown not in response.text for shown in numbers[key]["shown"])] == []


@pytest.mark.parametrize("response", CRISIS, ids=name_of)
def test_the_helpline_comes_last_in_danger(response: Response) -> None:
    assert response.content["custom"]["numbers"][-1] == HELPLINE


@pytest.mark.parametrize("response", [*WORDS, *LINES], ids=name_of)
def test_only_numbers_of_the_list_are_said(response: Response, numbers: dict[str, Any]) -> None:
    assert unknown_numbers(response.text, [shown for number in numbers.values() for shown in number["shown"]]) == []


@pytest.mark.parametrize(("category", "subject", "tier"), CELLS)
def test_the_right_number_comes_first(category: str, subject: str, tier: Tier, numbers: dict[str, Any]) -> None:
    if tier is Tier.T3 or category == "withdrawal_danger":
        expected = "emergency"
    else:
        expected = OWN_HOTLINE.get(category, "suicide_crisis")
    for language in LANGUAGES:
        for response in variants(category, subject, tier, language):
            assert numbers_in(paragraphs(response)[0], numbers)[0] == expected, name_of(response)


@pytest.mark.parametrize("response", [r for r in CRISIS if Tier.T3 in tiers_of(r)], ids=name_of)
def test_emergencies_say_911_at_once_and_what_a_program_cannot_do(response: Response) -> None:
    begin = {"en": r"(?:Call 911 now|Please call 911)\b", "es": r"(?:Llame|Llama) al 911 ahora\b"}
    assert re.match(begin[language_of(response)], response.text)
    assert PROGRAM[language_of(response)] in response.text
    assert len(sentences(paragraphs(response)[0])) >= 2, "no step to take"


@pytest.mark.parametrize(("category", "subject", "tier"), CELLS)
def test_the_first_reply_in_an_emergency_says_call_911_now(category: str, subject: str, tier: Tier) -> None:
    if tier is Tier.T3:
        assert variants(category, subject, tier, "en")[0].text.startswith("Call 911 now")


@pytest.mark.parametrize("response", CRISIS, ids=name_of)
def test_urgent_replies_name_911_for_danger(response: Response) -> None:
    assert "911" in response.text or tiers_of(response) == (Tier.T2S,)


@pytest.mark.parametrize("response", CRISIS, ids=name_of)
def test_a_suicidal_emergency_names_911_and_988_together(response: Response) -> None:
    if kind_of(response).startswith("suicide") and Tier.T3 in tiers_of(response):
        first = paragraphs(response)[0]
        assert "911" in first
        assert "988" in first


@pytest.mark.parametrize("response", [r for r in WORDS if r.metadata["language"] == "es"], ids=name_of)
def test_spanish_says_which_key_to_press(response: Response) -> None:
    if response.name != "utter_crisis_follow_up/abroad":
        assert HOTLINE_IN_SPANISH in response.text or response.metadata.get("family") == "medical"


@pytest.mark.parametrize("response", SUPPORT, ids=name_of)
def test_support_is_no_emergency_card(response: Response) -> None:
    assert "911" not in response.text
    assert response.content["custom"]["numbers"] == [HELPLINE, "suicide_crisis"]
    assert HELPLINE_TEXT in paragraphs(response)[0]
    assert "IOP" in response.text or "program" in response.text


@pytest.mark.parametrize("response", FOLLOW_UP, ids=name_of)
def test_next_turns_name_the_numbers_that_fit(response: Response) -> None:
    kind = kind_of(response)
    assert ("911" in response.text) == (kind != "abroad")
    assert ("838255" in response.text) == (kind == "veteran")
    assert ("1-800-422-4453" in response.text) == (kind == "minor")
    assert ("1-800-222-1222" in response.text) == (kind == "methods")
    assert ("findahelpline.com" in paragraphs(response)[0]) == (kind == "abroad")


@pytest.mark.parametrize("response", FOLLOW_UP, ids=name_of)
def test_next_turns_start_with_a_number(response: Response, numbers: dict[str, Any]) -> None:
    assert numbers_in(paragraphs(response)[0], numbers) or kind_of(response) == "abroad"
    if kind_of(response) in ("refusal", "unsure") and response.metadata.get("family") == "medical":
        assert numbers_in(response.text, numbers)[0] == "emergency"


@pytest.mark.parametrize("response", [r for r in FOLLOW_UP if kind_of(r) == "yes"], ids=name_of)
def test_a_yes_about_suicide_names_911_then_988(response: Response, numbers: dict[str, Any]) -> None:
    if response.metadata["family"] == "suicide":
        assert numbers_in(paragraphs(response)[0], numbers) == ["emergency", "suicide_crisis"]


# Harm by people whose kind or urgency is in doubt.

DOUBTS = [*((kind,) for kind in HARM_BY_PEOPLE), *permutations(HARM_BY_PEOPLE, 2)]


def said_in_doubt(kinds: tuple[str, ...]) -> list[Response]:
    """Return what is said where one of `kinds` was heard, with their lines put in."""
    filled = []
    for response in DOUBT:
        hotlines = [
            hotline.content
            for kind in kinds
            for hotline in HOTLINE
            if kind_of(hotline) == kind and language_of(hotline) == language_of(response)
        ]
        [content] = in_doubt([response.content], hotlines)
        filled.append(Response(response.file, response.name, content))
    return filled


def test_every_kind_has_its_line_in_both_languages() -> None:
    lines = [(kind_of(response), language_of(response)) for response in HOTLINE]
    assert sorted(lines) == sorted((kind, language) for kind in HARM_BY_PEOPLE for language in LANGUAGES)
    for response in HOTLINE:
        [key] = response.content["custom"]["numbers"]
        assert key == OWN_HOTLINE.get(kind_of(response), "suicide_crisis")
    told = [(language_of(response), response.metadata.get("subject")) for response in DOUBT]
    assert told == [("en", "self"), ("en", "other"), ("en", None), ("es", "self"), ("es", "other")]


@pytest.mark.parametrize("kinds", DOUBTS)
def test_in_doubt_911_comes_first_and_then_each_kinds_line(kinds: tuple[str, ...], numbers: dict[str, Any]) -> None:
    lines = [OWN_HOTLINE.get(kind, "suicide_crisis") for kind in kinds]
    for response in said_in_doubt(kinds):
        assert response.content["custom"]["numbers"] == ["emergency", *lines, HELPLINE]
        assert numbers_in(response.text, numbers) == ["emergency", *lines, HELPLINE]
        assert numbers_in(paragraphs(response)[0], numbers) == ["emergency", *lines]


@pytest.mark.parametrize("kinds", DOUBTS)
def test_in_doubt_the_words_are_those_of_any_crisis(kinds: tuple[str, ...]) -> None:
    for response in said_in_doubt(kinds):
        first = paragraphs(response)[0]
        assert len(first) <= SMS
        assert HELPLINE_TEXT in response.text
        assert "{" not in response.text
        assert response.text.count("?") == 1
        assert re.search(QUESTIONS["safety"], paragraphs(response)[-1])
        assert len(response.text.split()) <= MOST_WORDS
        if language_of(response) == "en":
            assert first.isascii()
            assert grade(response.text) <= HIGHEST_GRADE


# Words.


@pytest.mark.parametrize("response", CARDS, ids=name_of)
def test_the_first_paragraph_is_one_text_message(response: Response) -> None:
    first = paragraphs(response)[0]
    assert len(first) <= SMS
    if language_of(response) == "en":
        # Other signs would make a text message hold 70 characters.
        assert first.isascii()
    assert len(paragraphs(response)) >= 2


@pytest.mark.parametrize("response", WORDS, ids=name_of)
def test_replies_are_short(response: Response) -> None:
    assert len(response.text.split()) <= MOST_WORDS
    assert all("\n" not in paragraph for paragraph in paragraphs(response))


@pytest.mark.parametrize("response", [r for r in WORDS if r.metadata["language"] == "en"], ids=name_of)
def test_english_is_easy_to_read(response: Response) -> None:
    assert grade(response.text) <= HIGHEST_GRADE


@pytest.mark.parametrize("response", [*WORDS, *LINES], ids=name_of)
def test_the_tone_is_calm(response: Response) -> None:
    shouted = set(re.findall(r"\b[A-Z]{4,}\b", response.text)) - {"HELP", "HOME", "HOLA", "START", "AYUDA"}
    assert shouted == set()
    assert not re.search(r"[!¡\u2014\u2026]", response.text)
    assert not EMOJI.search(response.text)


@pytest.mark.parametrize("banned", NEVER)
def test_what_is_never_said(banned: str) -> None:
    pattern = re.compile(rf"(?<![\w-]){re.escape(banned)}(?![\w-])", re.IGNORECASE)
    assert [
        name_of(response) for response in [*WORDS, *LINES] if pattern.search(response.text.replace("\u2019", "'"))
    ] == []


@pytest.mark.parametrize("response", CRISIS, ids=name_of)
def test_there_is_one_question_and_it_comes_last(response: Response) -> None:
    assert response.text.count("?") == 1
    assert response.text.endswith("?")
    if "buttons" not in response.content:
        assert re.match(r"(?:Who|What)\b", paragraphs(response)[-1])


@pytest.mark.parametrize("response", [r for r in CRISIS if "buttons" in r.content], ids=name_of)
def test_yes_means_the_same_in_a_family(response: Response) -> None:
    assert re.search(QUESTIONS[family(kind_of(response))], paragraphs(response)[-1])


@pytest.mark.parametrize(("category", "subject", "tier"), CELLS)
def test_repeats_are_new_words(category: str, subject: str, tier: Tier) -> None:
    found = variants(category, subject, tier, "en")
    for one, other in combinations(found, 2):
        assert paragraphs(one)[0] != paragraphs(other)[0]
        assert paragraphs(one)[-1] != paragraphs(other)[-1], "the same question twice"
        own = [sentence for sentence in sentences(one.text) if sentence not in sentences(other.text)]
        assert len(own) >= 0.6 * len(sentences(one.text))


def test_no_two_replies_are_alike() -> None:
    texts = [response.text for response in WORDS]
    assert sorted({text for text in texts if texts.count(text) > 1}) == []


@pytest.mark.parametrize("response", [r for r in FOLLOW_UP if kind_of(r) == "denial"], ids=name_of)
def test_a_denial_is_asked_about_once_and_kindly(response: Response) -> None:
    assert response.text.count("?") == 1
    assert re.search(r"thank|gracias", response.text, re.IGNORECASE) or response.text.startswith("Okay")


# The measures themselves.


def test_a_hard_text_would_be_found() -> None:
    assert (
        grade("Immediate professional evaluation is recommended for individuals experiencing suicidal ideation.") > 12
    )
    assert grade("Call 911 now. Stay with them. You can do this.") < 3


@pytest.mark.parametrize(
    ("word", "count"),
    [("emergency", 4), ("called", 1), ("danger", 2), ("someone", 2), ("treatment", 2), ("people", 2), ("medical", 3)],
)
def test_syllables_are_counted(word: str, count: int) -> None:
    assert syllables(word) == count


def test_numbers_are_found_in_their_order(numbers: dict[str, Any]) -> None:
    text = f"Text 988 or HOME to 741741, or 911. {HELPLINE_TEXT}"
    assert numbers_in(text, numbers) == ["suicide_crisis", "crisis_text_line", "emergency", HELPLINE]


# What people say in these turns.


def test_there_are_enough_messages_of_the_next_turns(examples: list[Example]) -> None:
    labels = [example.label for example in examples]
    for kind in KINDS_BY_FAMILY + KINDS_FOR_ALL:
        enough = {"yes": 25, "no": 25, "goodbye": 0, "thanks": 0}.get(kind, 75)
        assert labels.count(f"crisis_follow_up/{kind}") >= enough, kind

from __future__ import annotations

import copy
import json
import time
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from helpline.settings import ROOT
from helpline.storage.redaction import redact, redact_event
from helpline.storage.redaction.words import words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("write to jo.x+y@ex-am.co.uk please", "write to [email] please"),
        ("see https://a.example/b?c=1 now", "see [web address] now"),
        ("call 555-123-4567 now", "call [phone] now"),
        ("(555) 123-4567", "[phone]"),
        ("+1 555 123 4567", "[phone]"),
        ("my number is 5551234", "my number is [phone]"),
        ("my ssn is 123-45-6789", "my ssn is [id]"),
        ("born 01/02/1990", "born [date]"),
        ("born 1.2.90", "born [date]"),
        ("member XJK1234567", "member [id]"),
        ("a@b.org or 555-123-4567", "[email] or [phone]"),
        ("can medicaid pay for my dad, call 714-555-0100", "can medicaid pay for my dad, call [phone]"),
        ("a long-standing well-documented condition", "a long-standing well-documented condition"),
        ("call 270 four one nine 88 twenty two", "call [phone]"),
        ("its five seven three dash two two one dash oh nine oh nine", "its [phone]"),
        ("setecientos dos, cinco cincuenta y cinco, cero uno once", "[phone]"),
        ("the last four 1 2 3 4", "the last four [phone]"),
        ("ssn is 4 1 9 - 0 6 - 7731", "ssn is [id]"),
        ("case number two two dash one one four five", "case number [id]"),
        ("member id w like whiskey then 88 then 4410", "member id [id]"),
        ("birthday is four slash nine slash eighty seven", "birthday is [date]"),
        ("nací el uno de enero del noventa y dos", "nací el [date]"),
        ("zip is eight eight one oh six", "zip is [address]"),
        ("my birthday is the sixth of january eighty eight", "my birthday is [date]"),
        ("im born in eighty eight", "im born in [date]"),
        ("my bday? oct thirty first", "my bday? [date]"),
        ("third of the third seventy one", "[date]"),
        ("im at 500 north state", "im at [address]"),
        ("my case is 22 dash 114", "my case is [id]"),
        ("send it to nine oh two north fifth", "send it to [address]"),
        ("po box one one seven", "[address]"),
        ("b dot rosa ninety nine at outlook dot com", "[email]"),
        ("my insta is lil underscore bee", "my insta is [handle]"),
        ("turning 40 march 9 and still drinking", "turning 40 [date] and still drinking"),
        ("my 21st is on the 31st", "my 21st is on [date]"),
        ("i'll be 18 in two weeks, dec 13", "i'll be 18 in two weeks, [date]"),
        ("she was born in October. Sorry. The 4th, '91.", "she was born in [date]."),
        ("on 6/3 i turn 30", "on [date] i turn 30"),
        ("trailer 38 in Whispering Pines", "[address]"),
        ("house 8841, green roof", "[address], green roof"),
        ("we're number 14 on Ash", "we're [address]"),
        ("HC 61 box 30", "[address]"),
        ("estoy en la esquina de la 24 y Mission", "estoy en la [address]"),
        ("its the blue house at the end of Cutler", "its the blue house at the end of [address]"),
        ("my number is 512 555. the rest is 0199", "my number is [phone]. the rest is [phone]"),
        ("my old number, same but ends in 42", "my old number, same but ends in [phone]"),
        ("give my birth date? Fine. Second of November.", "give my birth date? Fine. [date]"),
        ("july 22 nd is when i was born", "[date] is when i was born"),
        ("nineteen seventy four, may, the eleventh", "[date]"),
        ("my date is 12 of the month 4 from 1987", "my date is [date]"),
        ("shes a june baby, the nineteenth", "shes a [date]"),
        ("a gemini, june 3", "a gemini, [date]"),
        ("fire number 4417", "[address]"),
        ("meet me at Third and Vine", "meet me at [address]"),
        ("937 is the area code. Then its 555", "[phone] is the area code. Then its [phone]"),
        ("do not use the 0147 number", "do not use the [phone] number"),
        ("shes turnin 18 on 3/9", "shes turnin 18 on [date]"),
        ("she turned 19 on groundhog day", "she turned 19 on [date]"),
        ("the big 5-0 come the Fourth of July", "the big 5-0 come [date]"),
        ("my mom is 70 on the 1st of next month", "my mom is 70 on [date]"),
        ("its 10/22 of 83", "its [date]"),
        ("a leap year baby, feb 29th of 76", "a leap year baby, [date]"),
        ("12 of Ramadan 1412 in the camp", "[date] in the camp"),
        ("fecha: 12/dic/1971", "fecha: [date]"),
        ("el de mi hija es 3/XI/1977", "el de mi hija es [date]"),
        ("born in the spring of 1961 on april 2nd", "born in the spring of [date] on [date]"),
        ("born the same day as him, may 8, only in fifty-two", "born the same day as him, [date], only in [date]"),
        (
            "the exchange here is 555, and the number 0128, preceded by 610",
            "the exchange here is [phone], and the number [phone], preceded by [phone]",
        ),
        ("the ward, call 5-7712 from inside", "the ward, call [phone] from inside"),
        ("my extension is just the number 6", "my extension is just the number [phone]"),
        (
            "first three are eight one four then 555 and then its zero one seven, nine",
            "first three are [phone] and then its [phone]",
        ),
        ("exp 09/27 cvv 382", "exp [id] cvv [id]"),
        ("the new kind with letters 1EG4 TE5 MK72", "the new kind with letters [id]"),
        ("the group # got rubbed off i think 1004?", "the group # got rubbed off i think [id]?"),
        ("Parole no. 318 HQ", "Parole no. [id]"),
        ("the number on her card 3 HX 9902 17", "the number on her card [id]"),
        ("its 4RT2 somethin D11 somethin 92", "its [id]"),
        ("vivimos en la traila 14 del Rancho Verde", "vivimos en la [address]"),
        ("está en el 1507 de la Wyoming", "está en el [address]"),
        ("vive en 913 Cottonwood", "vive en [address]"),
        ("im at 77 and a half Railroad", "im at [address]"),
        ("the PO box, thats 7041, Station B", "the PO box, thats [address]"),
        ("past the fire hall, #88, gray double wide", "past the fire hall, [address], gray double wide"),
        ("la carta al código 85621, por favor", "la carta al código [address], por favor"),
        ("im next to 1619 Elm street, the man at 1621 yells", "im next to [address], the man at [address] yells"),
        (
            "My stepson August came. Only August has this trouble",
            "My stepson [name] came. Only [name] has this trouble",
        ),
        ("Last: Thunderhawk. Ride: none", "Last: [name]. Ride: none"),
        ("Widow of Ignatius. Half a bottle nightly", "Widow of [name]. Half a bottle nightly"),
        ("Grant refused vitals again", "[name] refused vitals again"),
        ("Pt with cravings. Cook, J. denies it.", "Pt with cravings. [name] denies it."),
        ("He prefers 'DQ'. Second visit", "He prefers '[name]'. Second visit"),
        ("add me, jaelynn.x3", "add me, [handle]"),
        ("my sponsor j.t. moved away", "my sponsor [name] moved away"),
        ("the plate is kxr 4471", "the plate is [id]"),
        ("mail is hodan at fastmail period com", "mail is [email]"),
        ("write to jobs at co.blair.pa.us", "write to jobs at [web address]"),
    ],
)
def test_what_could_identify_a_person_is_replaced(text: str, expected: str) -> None:
    assert redact(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "should i call 911 or 988?",
        "1-800-662-HELP (4357)",
        "3 times a week, 24/7",
        "it costs 5000 dollars",
        "is 18 old enough",
        "in 2023 i was in rehab",
        "a long-standing well-documented condition",
        "i take 10, 20, 30, 40 mg",
        "one two three four five",
        "i had one two or three beers, 6, 12, 24, 48",
        "five years, two kids one of them ten and one is three",
        "i fall a lot. forty years of plumbing",
        "turning 40 in march, sober since march 9",
        "my 90 days is on the 31st",
        "my court date will be on march 9",
        "i'll be 18 months sober dec 13",
        "group number 14 on Monday",
        "the group ends in 10 minutes, same price",
        "at the end of March my insurance ends",
        "lost my house 2008 then the drinking started",
        "the group is on the third floor of building c",
        "my bill is 70 on the 1st of the month",
        "one two three meetings a week is 3/4 of it",
        "i was expelled in 09",
        "how many mg is too many, in Cairo everybody takes it",
        "he has a hearing in Franklin County, can he start",
        "do yall take people from holmes county",
        "they gave me Lasix and Unisom",
        "nooooo i said sober",
        "my appointment is at 9 a.m. with my p.o. there",
        "happy St Patricks Day to me",
        "my mother takes Rivotril there",
        "gracias a Alcohólicos Anónimos",
        "bzzzt wrong. it asked me twice",
        "in el 2019 de la nada",
        "",
    ],
)
def test_what_the_answers_need_stays(text: str) -> None:
    assert redact(text) == text


def _rows(place: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (ROOT / place).read_text(encoding="utf-8").splitlines()]


CASES = _rows("helpline/storage/redaction/teaching/examples.jsonl")
# Harmless, but a word of them is a name in many like ones: "grace is the one who found me". Rather it goes.
MAY_GO = {"grace is what i need", "joy is gone", "crystal is my drug", "im jonesing", "i see red"}
# The first author's; those of the others were written to be hard.
FIRST = [case for case in CASES if "kinds" not in case and case["text"] not in MAY_GO]


@pytest.mark.parametrize("case", FIRST, ids=lambda case: case["text"][:40])
def test_development_cases(case: dict[str, object]) -> None:
    redacted = redact(case["text"])
    assert [word for word in case["identifiers"] if word in redacted] == []
    if not case["identifiers"]:
        assert redacted == case["text"]


def test_what_was_learnt_from_is_found() -> None:
    assert _share_gone([case for case in CASES if "kinds" in case]) >= 0.97


def _share_gone(rows: list[dict[str, Any]]) -> float:
    gone = [word not in redact(row["text"]) for row in rows for word in row["identifiers"]]
    return sum(gone) / len(gone)


@pytest.mark.parametrize(
    "piece",
    [
        *("1", "1-", "1 ", " ", "a ", "A b ", "born ", "a@", "12 Oak ", "one ", "id:", "my name is ", "-- ", "a dot "),
        *("one two ", "x underscore ", "a1 ", "double ", "b c ", "born may ", "quimby and ", "e-", "then "),
    ],
)
def test_long_messages_take_no_time(piece: str) -> None:
    begun = time.perf_counter()
    redact((piece * 10_000)[:10_000])
    # Some hundredths of a second; what grew with the square would take minutes.
    assert time.perf_counter() - begun < 5.0


@given(st.text())
def test_what_is_redacted_twice_loses_no_tag(text: str) -> None:
    """The second time more may go, as a tag is a cue too."""
    once = redact(text)
    assert redact(once).count("]") >= once.count("]")


@pytest.mark.parametrize("text", ["\u00c0a\u00a2Ab:a", "\u00c0a\u00a2\u00c0a<t"])
def test_capital_letters_tell_the_same_once_a_name_is_gone(text: str) -> None:
    once = redact(text)
    assert redact(once) == once


def test_what_people_write_is_redacted_in_one_go() -> None:
    once = [redact(case["text"]) for case in CASES]
    more = [redact(text) != text for text in once]
    assert sum(more) <= len(more) / 100


def test_every_text_of_a_user_event_is_redacted_and_the_event_itself_stays() -> None:
    event = {
        "event": "user",
        "text": "i am a@b.org",
        "parse_data": {
            "text": "i am a@b.org",
            "intent": {"name": "faq", "confidence": 0.5},
            "entities": [{"entity": "mail", "value": "a@b.org", "start": 5}],
            "topics": ["faq/cost"],
        },
        "message_id": "12345678901234567890",
        "timestamp": 1700000000.5,
    }
    before = copy.deepcopy(event)
    redacted = redact_event(event)
    assert event == before
    assert redacted["text"] == redacted["parse_data"]["text"] == "i am [email]"
    assert redacted["parse_data"]["entities"][0] == {"entity": "mail", "value": "[email]", "start": 5}
    for key in ("message_id", "timestamp", "event"):
        assert redacted[key] == before[key]
    assert redacted["parse_data"]["topics"] == ["faq/cost"]


def test_what_the_assistant_says_stays() -> None:
    event = {"event": "bot", "text": "Call 1-800-662-4357"}
    assert redact_event(event) == event


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [("identifiers", 0.98, 0.12), ("identifiers_unseen", 0.98, 0.09)],
)
def test_most_identifiers_by_another_author_go(name: str, least: float, most: float) -> None:
    """Frozen sets whose authors knew none of the rules; their figures are in docs/staff.md."""
    rows = _rows(f"tests/heldout/{name}.jsonl")
    harmless = [row["text"] for row in rows if not row["identifiers"]]
    assert {row["text"] for row in rows}.isdisjoint(case["text"] for case in CASES)
    # Figures only: what a failing test prints must not be tuned on.
    share_gone = _share_gone(rows)
    share_touched = sum(redact(text) != text for text in harmless) / len(harmless)
    assert share_gone >= least
    assert share_touched <= most


def test_public_helplines_stay() -> None:
    for entry in yaml.safe_load((ROOT / "data/numbers.yml").read_text()).values():
        for number in (*entry["shown"], entry.get("sms")):
            if number:
                assert redact(f"text {number} now") == f"text {number} now"
                assert redact(number) == number


def test_ordinary_messages_stay_readable() -> None:
    """Of every third question and message of danger: what goes are names, but for one message in 55."""
    texts = [
        line[6:]
        for path in sorted((ROOT / "data/faq").glob("*.yml"))
        for line in path.read_text().splitlines()
        if line.startswith("    - ")
    ]
    texts += [json.loads(line)["text"] for line in (ROOT / "tests/development/crisis.jsonl").read_text().splitlines()]
    names = words("first_names") | words("surnames")
    # What tells of somebody in these messages, though it is no name with a capital letter, or a rare one.
    told = {"gloria", "tyler", "marcus", "skip", "Duke", "Dawn", "apt", "rm", "room", "2", "12", "218"}
    wrong = 0
    for text in texts[::3]:
        kept = redact(text).split()
        gone = [word.strip(".,!?\"'()").removesuffix("'s") for word in text.split() if word not in kept]
        wrong += any(word not in told and (not word[:1].isupper() or word.lower() not in names) for word in gone)
    assert wrong / len(texts[::3]) <= 0.018

"""New topics: a file like the others, with enough messages, nothing invented, and nothing twice."""

from pathlib import Path

import pytest

from helpline.authoring import annotate, changes, notes, topics
from helpline.authoring.catalogue import FEWEST_MESSAGES, Answer, current
from helpline.authoring.errors import RefusedError
from helpline.authoring.repository import Repository
from helpline.authoring.texts import mark

WHY = "people ask for it"
MESSAGES = [
    f"is there a gym for {who} people"
    for who in ["young", "old", "tall", "busy", "new", "shy", "big", "calm", "fit", "slow", "fast"]
]
MESSAGES += [
    f"can i swim on a {day}" for day in ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
]
MESSAGES += ["do you have weights", "got a treadmill", "pool or no pool"]


def gym(**values: object) -> Answer:
    given = {
        "text": "The article doesn't say whether a program has a gym. Ask the center what it offers.",
        "question": "Is there a gym?",
        "citations": ["Who Can Benefit from an IOP?"],
        "suggestions": ["medicaid"],
        **values,
    }
    return topics.draft("not_covered", "Gym and sports", **given)


def test_a_new_topic_is_a_file_like_the_others(repository: Repository, root: Path) -> None:
    commit = topics.create(repository, "ann", WHY, gym(), MESSAGES)
    assert commit.files == ("data/not_covered/gym_and_sports.yml",)
    catalogue = current(root)
    assert catalogue.answers["not_covered/gym_and_sports"] == gym()
    assert catalogue.counts["not_covered/gym_and_sports"] == len(MESSAGES)
    source, old = ((root / f"data/not_covered/{name}.yml").read_text() for name in ("gym_and_sports", "price"))
    shapes = [
        [line.split(":")[0] for line in text.splitlines() if not line.startswith("    - ")] for text in (source, old)
    ]
    assert shapes[0][1:5] == shapes[1][1:5]
    # It can be edited as the others are, and filed under.
    topics.change_answer(repository, "ann", WHY, "not_covered/gym_and_sports", suggestions=["medicaid", "insurance"])
    annotate.file_under(repository, "ann", WHY, "do you have a sauna", "not_covered/gym_and_sports")


def test_an_answer_of_the_article_names_facts(repository: Repository, root: Path) -> None:
    draft = topics.draft("faq", "Money and care", text="Cost can be a big barrier.", question="Is it costly?")
    with pytest.raises(RefusedError) as refusal:
        topics.create(repository, "ann", WHY, draft, MESSAGES)
    assert "Name the facts" in str(refusal.value)
    assert "Cite the heading" in str(refusal.value)
    fact = next(name for name, fact in current(root).facts.items() if "can be" in fact.key)
    whole = topics.draft(
        *("faq", "Money and care"),
        text="Cost can be a big barrier.",
        question="Is it costly?",
        facts=[fact],
        citations=[current(root).facts[fact].heading],
    )
    terms = " ".join(current(root).facts[fact].key)
    whole = topics.draft(
        "faq",
        "Money and care",
        text=f"Cost can be a big barrier. {terms}.",
        question="Is it costly?",
        facts=whole.facts,
        citations=whole.citations,
    )
    topics.create(repository, "ann", WHY, whole, MESSAGES)
    assert current(root).answers["faq/money_and_care"].facts == (fact,)


def test_there_is_an_end_to_topics(repository: Repository, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topics, "MOST_ANSWERED", 5)
    with pytest.raises(RefusedError, match="ask the developers"):
        topics.create(repository, "ann", WHY, topics.draft("faq", "One too many"), MESSAGES)


def test_a_topic_needs_enough_different_messages(repository: Repository) -> None:
    with pytest.raises(RefusedError, match=f"needs {FEWEST_MESSAGES}"):
        topics.create(repository, "ann", WHY, gym(), [*MESSAGES[:10], *(text.upper() for text in MESSAGES[:10])])


def test_messages_that_cannot_teach_are_named(repository: Repository, root: Path) -> None:
    taken = next(e.text for e in current(root).examples if e.label == "faq/medicaid" and not e.block.after)
    held_out = max(current(root).held_out, key=len)
    annotate.set_aside(repository, "bob", "not useful", "where is the sauna")
    repository = Repository(root, heard=lambda marks: "T2" if mark("so tired of it all") in marks else "")
    bad = ["so tired of it all", taken, held_out, "i want to kill myself", "where is the sauna", "?!"]
    with pytest.raises(RefusedError) as refusal:
        topics.create(repository, "ann", WHY, gym(), [*MESSAGES, *bad])
    assert "“so tired of it all” sounds like danger" in str(refusal.value)
    for said in ("filed under faq/medicaid", "test set", "sounds like danger", "set aside by bob", "no words"):
        assert said in str(refusal.value)


@pytest.mark.parametrize(("group", "title"), [("crisis", "New danger"), ("faq", "!!"), ("", "Fine title")])
def test_a_topic_has_a_place_and_a_title(group: str, title: str) -> None:
    with pytest.raises(RefusedError):
        topics.draft(group, title)


def test_a_topic_is_added_once(repository: Repository) -> None:
    topics.create(repository, "ann", WHY, gym(), MESSAGES)
    with pytest.raises(RefusedError, match="already"):
        topics.create(repository, "ann", WHY, gym(), MESSAGES)


def test_a_wanted_topic_brings_its_messages(repository: Repository, root: Path) -> None:
    annotate.want_topic(repository, "bob", WHY, "where do people run", "Gym and sports")
    (asked,) = topics.wanted(repository)
    topics.create(repository, "ann", WHY, gym(), MESSAGES, asked.name)
    assert topics.wanted(repository) == []
    assert not (root / notes.WANTED).exists()
    assert "where do people run" in [e.text for e in current(root).examples if e.label == "not_covered/gym_and_sports"]
    with pytest.raises(RefusedError, match=r"already|any more"):
        topics.create(repository, "ann", WHY, gym(), MESSAGES, asked.name)


def test_undo_takes_a_topic_away_unless_others_rest_on_it(repository: Repository, root: Path) -> None:
    commit = topics.create(repository, "ann", WHY, gym(), MESSAGES)
    more = annotate.file_under(repository, "ann", WHY, "do you have a sauna", "not_covered/gym_and_sports")
    with pytest.raises(RefusedError, match="has no answer"):
        changes.undo(repository, "bob", "nobody asks", commit.id)
    changes.undo(repository, "bob", "nobody asks", more.id)
    changes.undo(repository, "bob", "nobody asks", commit.id)
    assert not (root / "data/not_covered/gym_and_sports.yml").exists()


def test_an_answer_that_the_article_does_not_hold_cites_what_it_rests_on(repository: Repository) -> None:
    with pytest.raises(RefusedError, match="Cite the heading"):
        topics.create(repository, "ann", WHY, gym(citations=[]), MESSAGES)

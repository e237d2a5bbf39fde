"""Changing an answer: what the tests of words refuse is refused here, and only the lines that differ change."""

import random
from difflib import ndiff
from pathlib import Path

import pytest
import yaml
from small_project import git

from helpline.authoring import answers, changes, topics
from helpline.authoring.catalogue import Catalogue, current
from helpline.authoring.errors import ChangedSinceError, NeedlessError, RefusedError
from helpline.authoring.repository import Repository
from helpline.settings import ROOT

LABEL = "faq/cost_help"
WHY = "people did not get it"
PROJECT = current(ROOT)


def problems(root: Path, **values: object) -> str:
    catalogue = current(root)
    before = catalogue.answers[LABEL]
    return "\n".join(answers.review(answers.edited(before, **values), catalogue, before).problems)


def diff(before: str, after: str) -> list[str]:
    return [line.rstrip("\n") for line in ndiff(before.splitlines(True), after.splitlines(True)) if line[0] in "+-"]


def test_every_answer_of_the_project_passes() -> None:
    found = {label: answers.review(answer, PROJECT, answer).problems for label, answer in PROJECT.answers.items()}
    assert {label: faults for label, faults in found.items() if faults} == {}


def test_only_the_line_with_the_new_word_changes(repository: Repository, root: Path) -> None:
    text = current(root).answers[LABEL].text.replace("Yes, there are", "There are")
    before = (root / f"data/{LABEL}.yml").read_text()
    commit = topics.change_answer(repository, "ann", WHY, LABEL, text=text)
    assert [line[0] for line in diff(before, (root / f"data/{LABEL}.yml").read_text())] == ["-", "+"]
    assert commit.kind == "answer"
    assert current(root).answers[LABEL].text == text
    changes.undo(repository, "bob", "it was better before", commit.id)
    assert (root / f"data/{LABEL}.yml").read_text() == before


def test_undo_does_not_put_an_answer_together_that_nobody_read(repository: Repository, root: Path) -> None:
    before = current(root).answers[LABEL]
    cited = topics.change_answer(repository, "ann", WHY, LABEL, citations=[*before.citations, "Seeking Help"])
    fact = next(name for name, fact in current(root).facts.items() if fact.heading == "Seeking Help")
    terms = " ".join(term.split("|")[0] for term in current(root).facts[fact].key)
    longer = f"{before.text} {terms.capitalize()}."
    topics.change_answer(repository, "ann", WHY, LABEL, text=longer, facts=[*before.facts, fact])
    with pytest.raises(RefusedError, match="no longer be in order"):
        changes.undo(repository, "bob", "not cited", cited.id)


def test_title_question_sources_and_buttons_change_by_the_line(repository: Repository, root: Path) -> None:
    before = current(root).answers[LABEL]
    values = {
        "title": "Help to pay",
        "question": 'What if I "can\'t" pay?',
        "citations": [before.citations[1], *before.citations[:1], "Seeking Help"],
        "suggestions": ["faq/medicaid", "insurance"],
    }
    source = (root / before.file).read_text()
    topics.change_answer(repository, "ann", WHY, LABEL, **values)
    after = current(root).answers[LABEL]
    assert (after.title, after.question) == ("Help to pay", 'What if I "can\'t" pay?')
    assert (after.citations, after.suggestions) == (tuple(values["citations"]), ("medicaid", "insurance"))
    assert after.text == before.text
    assert len(diff(source, (root / before.file).read_text())) <= 9


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"text": ""}, "empty"),
        ({"text": "We promise it is free!"}, "Exclamation"),
        ({"text": "Fine \U0001f642"}, "Emoji"),
        ({"text": "Addicts can get help."}, "“addicts” is never said"),
        ({"text": "Don\u2019t worry about it."}, "“don't worry” is never said"),
        ({"text": "Call 555-123-4567."}, "not in the list of checked numbers"),
        ({"text": "It costs $350 a day."}, "$350"),
        ({"text": "It works for 80% of people."}, "80%"),
        ({"text": "See example.com for more."}, "example.com"),
        ({"text": "word " * 91}, "91 words"),
        ({"text": "There is help with the cost."}, "no longer told"),
        ({"citations": ["Financial Assistance"]}, "Cite “Will Insurance Cover"),
        ({"citations": ["Financial Assistance", "Prices"]}, "“Prices” is no heading"),
        ({"citations": []}, "Cite the heading"),
        ({"suggestions": ["cost_help"]}, "suggest itself"),
        ({"suggestions": ["nothing"]}, "no topic faq/nothing"),
        ({"suggestions": ["medicaid", "medicaid"]}, "twice"),
        ({"suggestions": ["medicaid", "insurance", "sliding_scale", "uninsured_grants"]}, "at most 3"),
        ({"title": "Medicaid and treatment"}, "same title"),
        ({"text": "There is help, {name}."}, "Answer: { } < > cannot be used"),
        ({"title": "Help {fit_check}"}, "Title: { } < >"),
        ({"question": "Is there <b>help</b>?"}, "Question: { } < >"),
        ({"title": ""}, "Title: It is empty"),
        ({"question": "Really!"}, "Question: Exclamation"),
        ({"facts": ["F999"]}, "no fact F999"),
        ({"facts": []}, "No other answer tells"),
    ],
)
def test_what_must_not_be_said_is_refused(root: Path, values: dict[str, object], said: str) -> None:
    assert said in problems(root, **values)


def test_an_answer_that_is_hard_to_read_is_refused(root: Path) -> None:
    hard = "Comprehensive financial assistance opportunities notwithstanding, individualized eligibility determination"
    assert "reads like grade" in problems(root, text=f"{hard} necessitates institutional administrative collaboration.")


def test_a_refusal_names_everything_and_writes_nothing(repository: Repository, root: Path) -> None:
    with pytest.raises(RefusedError) as refusal:
        topics.change_answer(repository, "ann", WHY, LABEL, text="Great news!", citations=["Prices"])
    assert len(str(refusal.value).splitlines()) > 3
    assert git(root, "status", "--porcelain") == ""


def test_the_same_answer_is_no_change(repository: Repository, root: Path) -> None:
    text = current(root).answers[LABEL].text
    with pytest.raises(NeedlessError):
        topics.change_answer(repository, "ann", WHY, LABEL, text=f"  {text}\n")


def test_an_unknown_topic_is_refused(repository: Repository) -> None:
    with pytest.raises(RefusedError, match="no topic"):
        topics.change_answer(repository, "ann", WHY, "faq/nothing", text="x")


@pytest.mark.parametrize("label", sorted(PROJECT.answers))
def test_every_file_of_the_project_can_be_edited(label: str) -> None:
    """A word in the middle, and every other value: nothing else in the file moves, and YAML says what was asked."""
    before = PROJECT.answers[label]
    source = (ROOT / before.file).read_text(encoding="utf-8")
    words = before.text.split()
    words.insert(random.Random(label).randrange(len(words)), "really")
    after = answers.edited(before, text=" ".join(words))
    changed = answers.written(source, before, after)
    assert Catalogue(ROOT, {before.file: changed}).answers[label] == after
    moved = [line[2:] for line in diff(source, changed)]
    assert all(line.startswith("      ") for line in moved)
    assert answers.written(changed, after, before).split() == source.split()
    other = answers.edited(
        before,
        title="Another: title",
        question='What\'s "this" #1?',
        citations=[*before.citations[1:], "Seeking Help", *before.citations[:1]],
        suggestions=[*before.suggestions[1:], "what_is_iop"],
    )
    changed = answers.written(source, before, other)
    assert Catalogue(ROOT, {before.file: changed}).answers[label] == other
    assert yaml.safe_load(changed)["nlu"] == yaml.safe_load(source)["nlu"]


def test_comments_stay(root: Path) -> None:
    before = current(root).answers[LABEL]
    source = (root / before.file).read_text()
    source = source.replace("    metadata:", "    # Kept.\n    metadata:  # also").replace(
        "      citations:", "      citations:  # why"
    )
    after = answers.edited(before, citations=[*before.citations, "Seeking Help"], title="Help to pay")
    changed = answers.written(source, before, after)
    assert [word in changed for word in ("# Kept.", "# also", "# why")] == [True] * 3


def test_a_list_can_be_emptied_and_filled_again(root: Path) -> None:
    before = current(root).answers[LABEL]
    source = (root / before.file).read_text()
    empty = answers.edited(before, citations=[], suggestions=[])
    changed = answers.written(source, before, empty)
    assert answers.written(changed, empty, before) == source


def test_the_second_of_two_editors_does_not_wipe_the_first(repository: Repository, root: Path) -> None:
    seen = answers.version(current(root).answers[LABEL])
    topics.change_answer(repository, "ann", WHY, LABEL, seen, title="Help to pay")
    with pytest.raises(ChangedSinceError, match="since you opened it"):
        topics.change_answer(repository, "bob", WHY, LABEL, seen, title="Money")
    topics.change_answer(repository, "bob", WHY, LABEL, answers.version(current(root).answers[LABEL]), title="Money")
    assert current(root).answers[LABEL].title == "Money"

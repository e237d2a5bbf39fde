"""Filing messages: into a review file of their own, once, never into the wrong one, and gone stays gone."""

from pathlib import Path

import pytest
from small_project import git

from helpline.authoring import annotate, changes, examples, notes
from helpline.authoring.catalogue import current
from helpline.authoring.errors import BrokenFileError, NeedlessError, RefusedError
from helpline.authoring.examples import Block
from helpline.authoring.repository import Repository
from helpline.authoring.texts import mark

MESSAGE = "is my card from the last state still any good to you"
WHY = "it was answered wrongly"
FAQ = "data/review/faq.yml"


def filed(root: Path, path: str = FAQ) -> list[tuple[Block, str]]:
    return examples.messages((root / path).read_text())


def test_a_message_is_filed_in_a_file_of_its_own(repository: Repository, root: Path) -> None:
    commit = annotate.file_under(repository, "ann", WHY, f"{MESSAGE}, I'm at 714-555-0100", "faq/medicaid")
    assert commit.files == (FAQ,)
    assert filed(root) == [(Block("faq/medicaid"), f"{MESSAGE}, I'm at [phone]")]
    assert commit.summary == "Add a message: faq/medicaid"
    assert [
        e.label
        for e in current(root).by_words[None, "is my card from the last state still any good to you im at phone"]
    ]


def test_one_more_message_is_one_more_line(repository: Repository) -> None:
    annotate.file_under(repository, "ann", WHY, MESSAGE, "faq/medicaid")
    commit = annotate.file_under(repository, "ann", WHY, "does the card lapse", "faq/medicaid")
    lines = [
        line
        for line in repository.difference(commit.id).splitlines()
        if line[:1] in "+-" and line[:2] not in ("++", "--")
    ]
    assert lines == ["+    - does the card lapse"]


def test_a_message_is_filed_once(repository: Repository) -> None:
    annotate.file_under(repository, "ann", WHY, MESSAGE, "faq/medicaid")
    with pytest.raises(NeedlessError, match=f"already, in {FAQ}"):
        annotate.file_under(repository, "ann", WHY, f"{MESSAGE.upper()}?!", "faq/medicaid")


def test_what_came_with_the_assistant_is_known_too(repository: Repository, root: Path) -> None:
    example = next(e for e in current(root).examples if e.label == "faq/medicaid" and not e.block.after)
    with pytest.raises(NeedlessError, match=r"data/faq/medicaid\.yml"):
        annotate.file_under(repository, "ann", WHY, example.text, "faq/medicaid")
    with pytest.raises(RefusedError, match="Move it"):
        annotate.file_under(repository, "ann", WHY, example.text, "faq/insurance")
    commit = annotate.file_under(repository, "ann", WHY, example.text, "faq/insurance", move=True)
    assert set(commit.files) == {"data/faq/medicaid.yml", FAQ}
    assert commit.summary == "Move a message: faq/insurance"
    assert git(root, "show", "--numstat", "--format=", "HEAD", "--", "data/faq").split() == [
        "0",
        "1",
        "data/faq/medicaid.yml",
    ]


def test_a_message_that_leans_on_the_turn_before_keeps_it(repository: Repository, root: Path) -> None:
    annotate.file_under(repository, "ann", WHY, "and when it is gone", "faq/uninsured_grants", after="faq/medicaid")
    annotate.file_under(repository, "ann", WHY, "and when it is gone", "faq/cost_help", after="faq/insurance")
    assert filed(root, "data/review/follow_ups.yml") == [
        (Block("faq/uninsured_grants", "faq/medicaid"), "and when it is gone"),
        (Block("faq/cost_help", "faq/insurance"), "and when it is gone"),
    ]
    with pytest.raises(RefusedError, match="could follow"):
        annotate.file_under(repository, "ann", WHY, "and then", "faq/medicaid", after="faq/nothing")


@pytest.mark.parametrize(
    ("label", "file"),
    [("off_topic", "off_topic"), ("smalltalk/thanks", "smalltalk"), ("not_covered/price", "not_covered")],
)
def test_every_group_has_its_file(repository: Repository, label: str, file: str) -> None:
    assert annotate.file_under(repository, "ann", WHY, MESSAGE, label).files == (f"data/review/{file}.yml",)


@pytest.mark.parametrize(
    "label", ["faq/nothing", "faq", "", "crisis_follow_up/yes", "delete_conversation", "../x", "faq/medicaid\n"]
)
def test_only_labels_that_there_are(repository: Repository, label: str) -> None:
    with pytest.raises(RefusedError, match="no topic"):
        annotate.file_under(repository, "ann", WHY, MESSAGE, label)


@pytest.mark.parametrize("label", ["crisis/suicide_active", "support/grief", "near_miss"])
def test_danger_needs_two_people(repository: Repository, label: str) -> None:
    with pytest.raises(RefusedError, match="two people"):
        annotate.file_under(repository, "ann", WHY, MESSAGE, label)


@pytest.mark.parametrize(("text", "heard"), [("i want to kill myself", ""), (MESSAGE, "T2s"), (MESSAGE, "T3")])
def test_danger_is_never_filed_under_a_topic(repository: Repository, text: str, heard: str) -> None:
    with pytest.raises(RefusedError, match="sounds like danger"):
        annotate.file_under(repository, "ann", WHY, text, "faq/medicaid", heard=heard)
    with pytest.raises(RefusedError, match="sounds like danger"):
        annotate.want_topic(repository, "ann", WHY, text, "Some topic", heard=heard)


def test_a_message_of_danger_cannot_be_moved_or_set_aside(repository: Repository, root: Path) -> None:
    hidden = next(e for e in current(root).examples if e.label.startswith("crisis/") and not annotate.danger_in(e.text))
    with pytest.raises(RefusedError, match="two people"):
        annotate.file_under(repository, "ann", WHY, hidden.text, "faq/medicaid", move=True)
    with pytest.raises(RefusedError, match="two people"):
        annotate.set_aside(repository, "ann", WHY, hidden.text)


def test_the_frozen_test_set_is_not_learned(repository: Repository, root: Path) -> None:
    text = max(current(root).held_out, key=len)
    with pytest.raises(RefusedError, match="test set"):
        annotate.file_under(repository, "ann", WHY, text.capitalize(), "faq/medicaid")


def test_what_came_with_a_made_up_name_is_known_with_it(repository: Repository, root: Path) -> None:
    path = root / "data/faq/medicaid.yml"
    path.write_text(examples.add(path.read_text(), Block("faq/medicaid"), "does my brother Harold get medicaid"))
    git(root, "commit", "--quiet", "--all", "--message=One more")
    with pytest.raises(NeedlessError, match="already"):
        annotate.file_under(repository, "ann", WHY, "Does my brother Harold get medicaid?", "faq/medicaid")


def test_what_was_set_aside_does_not_come_back(repository: Repository, root: Path) -> None:
    annotate.file_under(repository, "ann", WHY, MESSAGE, "faq/medicaid")
    commit = annotate.set_aside(repository, "bob", "it names a person", MESSAGE)
    assert set(commit.files) == {FAQ, notes.SET_ASIDE}
    assert not (root / FAQ).exists()
    # The words are not kept, only what tells that it is the same message.
    assert "card" not in (root / notes.SET_ASIDE).read_text()
    with pytest.raises(RefusedError, match="bob set this message aside"):
        annotate.file_under(repository, "ann", WHY, MESSAGE, "faq/medicaid")
    with pytest.raises(NeedlessError, match="already"):
        annotate.set_aside(repository, "bob", "once more", MESSAGE)
    annotate.file_under(repository, "ann", WHY, MESSAGE, "faq/medicaid", again=True)
    assert not (root / notes.SET_ASIDE).exists()


def test_a_wanted_topic_gathers_messages(repository: Repository, root: Path) -> None:
    annotate.want_topic(repository, "ann", WHY, "is there a pool", "Gym and sports")
    annotate.want_topic(repository, "bob", WHY, "do you have a gym", "gym and Sports")
    (note,) = notes.rows((root / notes.WANTED).read_text())
    assert note["messages"] == ["is there a pool", "do you have a gym"]
    with pytest.raises(NeedlessError, match="waits"):
        annotate.want_topic(repository, "ann", WHY, "Is there a pool?", "Gym and sports")


def test_undo_takes_one_message_and_leaves_the_later_one(repository: Repository, root: Path) -> None:
    first = annotate.file_under(repository, "ann", WHY, MESSAGE, "faq/medicaid")
    annotate.file_under(repository, "ann", WHY, "does the card lapse", "faq/medicaid")
    commit = changes.undo(repository, "bob", "wrong topic", first.id[:10])
    assert filed(root) == [(Block("faq/medicaid"), "does the card lapse")]
    assert commit.summary == "Undo: Add a message: faq/medicaid"
    assert repository.find(first.id).undone_by == commit.id
    assert f"This reverts commit {first.id}." in git(root, "log", "-1", "--format=%B")
    with pytest.raises(NeedlessError, match="undone already"):
        changes.undo(repository, "bob", "once more", first.id)
    changes.undo(repository, "ann", "it was right", commit.id)
    assert len(filed(root)) == 2


def test_undo_that_would_contradict_what_came_later_is_refused(repository: Repository) -> None:
    moved = annotate.file_under(repository, "ann", WHY, MESSAGE, "faq/medicaid")
    aside = annotate.set_aside(repository, "ann", "not sure", MESSAGE)
    annotate.file_under(repository, "ann", WHY, MESSAGE, "faq/insurance", again=True)
    with pytest.raises(RefusedError, match=r"same place|filed under"):
        changes.undo(repository, "ann", "back again", aside.id)
    with pytest.raises(RefusedError, match="same place"):
        changes.undo(repository, "ann", "back again", moved.id)


def test_danger_that_stands_in_its_queue_is_never_filed_alone(root: Path) -> None:
    dangerous = {mark(MESSAGE)}
    repository = Repository(root, heard=lambda marks: "T2s" if marks & dangerous else "")
    for text in (MESSAGE, f"- {MESSAGE.upper()}?!"):
        with pytest.raises(RefusedError, match="sounds like danger"):
            annotate.file_under(repository, "ann", WHY, text, "faq/medicaid")
        with pytest.raises(RefusedError, match="sounds like danger"):
            annotate.want_topic(repository, "ann", WHY, text, "Some topic")
    annotate.file_under(repository, "ann", WHY, f"{MESSAGE} tonight", "faq/medicaid")


def test_reasons_and_titles_are_redacted_and_bounded(repository: Repository, root: Path) -> None:
    commit = annotate.set_aside(repository, "ann", "it is from  ann.b@example.org", MESSAGE)
    assert commit.reason == "it is from [email]"
    assert "example.org" not in (root / notes.SET_ASIDE).read_text() + git(root, "log", "-1", "--format=%B")
    annotate.want_topic(repository, "ann", WHY, "is there a pool", "Gym for ann.b@example.org")
    assert notes.rows((root / notes.WANTED).read_text())[0]["title"] == "Gym for [email]"
    with pytest.raises(RefusedError, match="300"):
        annotate.set_aside(repository, "ann", "x" * 301, "where do we park")
    with pytest.raises(RefusedError, match="60"):
        annotate.want_topic(repository, "ann", WHY, "is there a sauna", "Gym " * 20)


def test_a_broken_file_is_named(repository: Repository, root: Path) -> None:
    (root / "data/faq/medicaid.yml").write_text("nlu: [what is this")
    with pytest.raises(BrokenFileError, match=r"data/faq/medicaid\.yml cannot be read, line \d"):
        annotate.file_under(repository, "ann", WHY, MESSAGE, "faq/insurance")
    (root / "data/faq/medicaid.yml").write_text("nlu: 7")
    with pytest.raises(BrokenFileError, match=r"data/faq/medicaid\.yml"):
        current(root).labels  # noqa: B018

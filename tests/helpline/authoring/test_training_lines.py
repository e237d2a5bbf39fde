"""Single lines of training files: only the line asked for changes, and Rasa reads what was written."""

from difflib import ndiff

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpline.authoring import examples
from helpline.authoring.errors import RefusedError
from helpline.authoring.examples import Block
from helpline.authoring.texts import tidy
from helpline.settings import ROOT

SOURCE = """# A comment.
version: "3.1"
nlu:
- intent: faq/medicaid
  # Why this list is here.
  examples: |
    - does medicaid pay

    - will it cover me
- intent: faq/medicaid
  metadata: {after: faq/insurance}
  examples: |
    - and medicaid?
# The answer.
responses:
  utter_faq/medicaid:
  - text: It may.
"""
ALONE, LEANING = Block("faq/medicaid"), Block("faq/medicaid", after="faq/insurance")
TRAINING_FILES = sorted(path for part in ("faq", "not_covered", "nlu") for path in (ROOT / "data" / part).glob("*.yml"))


def changed_lines(before: str, after: str) -> list[str]:
    return [line.rstrip("\n") for line in ndiff(before.splitlines(True), after.splitlines(True)) if line[0] in "+-"]


def test_a_message_goes_to_the_end_of_its_list() -> None:
    assert changed_lines(SOURCE, examples.add(SOURCE, ALONE, "is it free")) == ["+     - is it free"]
    assert changed_lines(SOURCE, examples.add(SOURCE, LEANING, "and that?")) == ["+     - and that?"]
    changed = examples.add(SOURCE, ALONE, "is it free")
    assert changed.index("is it free") < changed.index("and medicaid?")


def test_a_new_list_goes_before_what_follows_the_messages() -> None:
    changed = examples.add(SOURCE, Block("crisis/grief", None, "T1", "self"), "he died")
    assert changed_lines(SOURCE, changed) == [
        "+ - intent: crisis/grief",
        "+   metadata: {tier: T1, subject: self}",
        "+   examples: |",
        "+     - he died",
    ]
    assert changed.index("he died") < changed.index("# The answer.")


def test_a_message_is_taken_out_alone() -> None:
    assert changed_lines(SOURCE, examples.take_out(SOURCE, ALONE, "does medicaid pay")) == ["-     - does medicaid pay"]


def test_the_last_message_of_a_list_takes_the_list_with_it() -> None:
    changed = examples.take_out(SOURCE, LEANING, "and medicaid?")
    assert [line[0] for line in changed_lines(SOURCE, changed)] == ["-"] * 4
    assert "# The answer." in changed


def test_what_is_not_there_cannot_be_taken_out() -> None:
    for block, text in ((ALONE, "and medicaid?"), (Block("faq/cost_help"), "does medicaid pay")):
        with pytest.raises(RefusedError, match="not in the file"):
            examples.take_out(SOURCE, block, text)


@pytest.mark.parametrize(
    "source", ["version: '3.1'\n", "nlu: []\n", "nlu:\n- intent: a\n  examples:\n  - text: hello\nversion: '3.1'\n"]
)
def test_a_file_that_is_written_otherwise_is_not_broken(source: str) -> None:
    try:
        changed = examples.add(source, ALONE, "is it free")
    except RefusedError:
        return
    assert set(examples.messages(changed)) == {*examples.messages(source), (ALONE, "is it free")}


def test_a_first_message_needs_only_a_header() -> None:
    source = examples.add(examples.header("Of visitors."), ALONE, "is it free")
    assert source.startswith("# Of visitors.\n")
    assert examples.messages(source) == [(ALONE, "is it free")]


@pytest.mark.parametrize("path", TRAINING_FILES, ids=lambda path: path.stem)
def test_one_line_of_a_real_file_comes_and_goes(path) -> None:
    source = path.read_text(encoding="utf-8")
    block, text = examples.messages(source)[0]
    changed = examples.add(source, block, "a message that nobody wrote yet")
    assert changed_lines(source, changed) == ["+     - a message that nobody wrote yet"]
    assert examples.take_out(changed, block, "a message that nobody wrote yet") == source
    assert text not in [
        kept for other, kept in examples.messages(examples.take_out(source, block, text)) if other == block
    ]


@settings(deadline=None)
@given(st.text(min_size=1, max_size=80))
def test_rasa_reads_what_was_written(text: str) -> None:
    from rasa.shared.nlu.training_data.formats.rasa_yaml import RasaYAMLReader

    try:
        kept = tidy(text)
    except RefusedError:
        return
    source = examples.add(examples.header("Of visitors."), LEANING, kept)
    (message,) = RasaYAMLReader().reads(source).training_examples
    assert message.get("text") == kept
    assert message.get("entities", []) == []
    assert message.get("metadata")["intent"] == {"after": "faq/insurance"}

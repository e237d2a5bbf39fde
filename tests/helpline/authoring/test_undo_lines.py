"""Taking back one change: what came after it stays, side by side or not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpline.authoring import examples
from helpline.authoring.errors import RefusedError
from helpline.authoring.examples import Block
from helpline.authoring.undo import undone

FILE = "tests/reviewed/crisis.jsonl"
MEDICAID, COST = Block("faq/medicaid"), Block("faq/cost_help")
EMPTY = examples.header("Of visitors.")


def test_a_change_with_nothing_after_it_is_taken_back_to_the_letter() -> None:
    assert undone("a\n", "b\n", "b\n", FILE) == "a\n"
    assert undone(None, "b\n", "b\n", FILE) is None
    assert undone("a\n", None, None, FILE) == "a\n"


def test_lines_side_by_side_do_not_clash() -> None:
    assert undone("a\nz\n", "a\nb\nz\n", "a\nb\nc\nz\n", FILE) == "a\nc\nz\n"
    assert undone("a\nb\nz\n", "a\nz\n", "a\nc\nz\n", FILE) == "a\nb\nc\nz\n"


def test_the_same_line_changed_twice_clashes() -> None:
    with pytest.raises(RefusedError, match="same place"):
        undone("a\n", "b\n", "c\n", FILE)
    with pytest.raises(RefusedError, match="same place"):
        undone("a\n", None, "c\n", FILE)


def test_the_first_message_of_a_file_goes_and_the_second_stays() -> None:
    first = examples.add(EMPTY, MEDICAID, "one")
    second = examples.add(first, MEDICAID, "two")
    assert undone(None, first, second, "data/review/faq.yml") == examples.add(EMPTY, MEDICAID, "two")


def test_the_last_message_of_a_file_takes_the_file_with_it() -> None:
    first = examples.add(EMPTY, MEDICAID, "one")
    other = examples.add(first, COST, "two")
    later = examples.take_out(other, COST, "two")
    assert undone(None, first, later, "data/review/faq.yml") is None


def test_a_moved_message_goes_back() -> None:
    before = examples.add(EMPTY, MEDICAID, "one")
    after = examples.add(examples.take_out(before, MEDICAID, "one"), COST, "one")
    now = examples.add(after, COST, "two")
    back = undone(before, after, now, "data/review/faq.yml")
    assert set(examples.messages(back)) == {(MEDICAID, "one"), (COST, "two")}


def test_a_message_that_is_gone_already_clashes() -> None:
    first = examples.add(EMPTY, MEDICAID, "one")
    second = examples.take_out(examples.add(first, COST, "two"), MEDICAID, "one")
    with pytest.raises(RefusedError, match="same place"):
        undone(None, first, second, "data/review/faq.yml")


def test_a_story_goes_and_the_next_stays() -> None:
    header = 'version: "3.1"\nstories:\n'
    one, two = "- story: one\n  steps: []\n", "- story: two\n  steps: []\n"
    assert (
        undone(None, header + one, f"{header}{one}\n{two}", "data/stories/x.yml").replace("\n\n", "\n") == header + two
    )


@settings(deadline=None)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=12), st.data())
def test_undo_of_any_change_leaves_all_others(acts: list[int], data: st.DataObject) -> None:
    """Each act adds a message, or takes it out where it is there; then one act that still stands is taken back."""
    blocks = (MEDICAID, COST, Block("faq/x", "faq/medicaid"))
    source: str | None = None
    states: list[str | None] = [None]
    for act in acts:
        message = (blocks[act % 3], f"message {act}")
        there = source is not None and message in examples.messages(source)
        if there:
            source = examples.take_out(source, *message)
            source = source if examples.messages(source) else None
        else:
            source = examples.add(source or EMPTY, *message)
        states.append(source)
    place = data.draw(st.sampled_from([at for at, act in enumerate(acts) if act not in acts[at + 1 :]]))
    message = (blocks[acts[place] % 3], f"message {acts[place]}")
    now = set(examples.messages(source)) if source else set()
    if source is None and states[place + 1] is not None:
        return
    back = undone(states[place], states[place + 1], source or EMPTY, "data/review/faq.yml")
    assert (set(examples.messages(back)) if back else set()) == now ^ {message}

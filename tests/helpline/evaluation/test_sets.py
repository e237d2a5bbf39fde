from __future__ import annotations

import json
from pathlib import Path

import pytest

from helpline.evaluation.sets import DEVELOPMENT, HELDOUT, Turn, answerable, read, texts


def write(path: Path, *rows: object) -> None:
    path.write_text("".join(json.dumps(row) + "\n\n" for row in rows), encoding="utf-8")


def test_the_answerable_sets_are_read_into_turns(tmp_path: Path) -> None:
    write(tmp_path / "singles.jsonl", {"text": "one?", "facts": ["F1", "F2"]})
    write(tmp_path / "doubles.jsonl", {"text": "two? three?", "facts": [["F1"], ["F2", "F3"]]})
    turns = [{"text": "first?", "facts": ["F1"]}, {"text": "and then?", "facts": ["F2"]}]
    write(tmp_path / "follow_ups.jsonl", {"turns": turns})
    assert answerable(tmp_path) == {
        "single questions": [[Turn("one?", (("F1", "F2"),))]],
        "two questions": [[Turn("two? three?", (("F1",), ("F2", "F3")))]],
        "follow-ups": [[Turn("first?", (("F1",),), counts=False), Turn("and then?", (("F2",),), counts=True)]],
    }


def test_a_set_without_facts_and_a_missing_one(tmp_path: Path) -> None:
    write(tmp_path / "off_topic.jsonl", {"text": "caf\u00e9?", "category": "food"}, {"text": "who?"})
    assert texts(tmp_path, "off_topic") == [[Turn("caf\u00e9?")], [Turn("who?")]]
    assert texts(tmp_path, "crisis") == []


@pytest.mark.parametrize("folder", [HELDOUT, DEVELOPMENT], ids=["heldout", "development"])
def test_our_sets_are_readable_and_every_question_has_an_answer(folder: Path) -> None:
    turns = [turn for group in answerable(folder).values() for conversation in group for turn in conversation]
    assert len(turns) > 100
    assert all(turn.text.strip() for turn in turns)
    assert all(facts and all(facts) for turn in turns for facts in turn.facts if turn.counts)


def test_a_broken_row_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"text": "fine"}\n{"text": \n')
    with pytest.raises(ValueError, match="Expecting value"):
        read(tmp_path / "rows.jsonl")

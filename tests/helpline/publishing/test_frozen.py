"""The list of the frozen test cases: what goes or changes is noticed, and only writing the list anew makes it right."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from helpline.publishing import cases, frozen
from helpline.publishing.cases import Case, Outcome

CASES = [
    Case(cases.CRISIS, ("i want to die",), label={"category": "suicide_active", "tier": "T2"}),
    Case(cases.EXPLICIT, ("kill me",), label={"category": "suicide_active", "tier": "T2"}),
    Case("single questions", ("how long",), ((("fact_1",),),)),
]


@pytest.fixture
def listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(frozen, "LIST", tmp_path / "frozen_cases.txt")
    assert frozen.renew(CASES) == (3, 0)
    return frozen.LIST


def test_the_list_of_the_project_is_that_of_its_test_sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = frozen.LIST.read_text()
    monkeypatch.setattr(frozen, "LIST", tmp_path / "new")
    frozen.renew(cases.frozen_cases())
    same = frozen.LIST.read_text() == before
    assert same, "The test sets were changed: `helpline gate --freeze`, look at the difference, and commit both."


def test_all_there_is_fine_and_more_is_too(listed: Path) -> None:
    assert frozen.check(CASES).passed
    assert frozen.check([*CASES, Case(cases.CRISIS, ("another",))]).passed


def test_a_case_that_is_gone_or_asks_less_stops_the_gate(listed: Path) -> None:
    live = [Outcome(case.of, case.text, True, True, False, "") for case in CASES]
    gone = frozen.check(CASES[1:], live)
    assert (gone.passed, gone.named) == (False, ("'i want to die'",))
    assert "1 of crisis messages" in gone.found
    weaker = replace(CASES[2], facts=((("fact_1", "fact_2"),),))
    assert not frozen.check([*CASES[:2], weaker]).passed
    assert not frozen.check([]).passed


@pytest.mark.parametrize("content", [None, "", "# nothing\n", "no hash\n"])
def test_a_list_that_is_gone_or_damaged_stops_the_gate(listed: Path, content: str | None) -> None:
    listed.unlink() if content is None else listed.write_text(content)
    assert not frozen.check(CASES).passed


def test_it_is_written_anew_on_purpose(listed: Path) -> None:
    assert frozen.renew(CASES[1:]) == (0, 1)
    assert frozen.check(CASES[1:]).passed


def test_a_missing_test_set_is_not_an_empty_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "DEVELOPMENT", tmp_path / "none")
    with pytest.raises(FileNotFoundError):
        cases.all_cases()
    shutil.copytree(cases.HELDOUT, tmp_path / "none")
    assert len(cases.all_cases()) > 1000

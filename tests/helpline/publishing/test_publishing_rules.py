from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from model_files import DOMAIN, write_model

from helpline.publishing import cases, history, models
from helpline.publishing.cases import CRISIS, Outcome
from helpline.publishing.history import Change
from helpline.publishing.models import ModelError, Record, Verdict
from helpline.publishing.rules import Order, admissible, losses, missed_by, named_live, own_work
from helpline.training import LiveModel, name_live

HEARD = {
    "1": Outcome(CRISIS, "i want to die", True, True, False, ""),
    "2": Outcome(CRISIS, "x", False, True, False, ""),
}


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    every = [SimpleNamespace(key=key, of=CRISIS) for key in HEARD]
    monkeypatch.setattr(cases, "all_cases", lambda: every)
    monkeypatch.setattr(history, "commit", lambda: "a" * 40)
    # Reading all of data/ takes seconds.
    monkeypatch.setattr(models, "read_examples", set)


def add(folder: Path, name: str, domain: dict | None = None) -> Record:
    write_model(folder / f"{name}.tar.gz", domain, name.encode())
    record = models.register(LiveModel(f"{name}.tar.gz", name, "2026-11"))
    cases.store(record.model, HEARD)
    return record


@pytest.fixture
def live(folder: Path) -> LiveModel:
    record = add(folder, "live")
    live = LiveModel(record.model, "live", "2026-11", record.sha256, "2026-12", earlier=("old.tar.gz",))
    name_live(live)
    return live


@pytest.fixture
def candidate(folder: Path, live: LiveModel) -> Record:
    record = replace(add(folder, "new"), verdict=Verdict(True, "now", live.sha256, ""))
    models.keep(record)
    return record


def order(record: Record, **changes: object) -> Order:
    return replace(Order(record.model, record.sha256, "paul", "Better."), **changes)


def test_a_candidate_that_the_gate_passed_may_go_live(candidate: Record, live: LiveModel) -> None:
    assert admissible(order(candidate), live) == candidate


def test_the_first_model_needs_no_gate(folder: Path) -> None:
    record = add(folder, "first")
    assert admissible(order(record), None) == record


@pytest.mark.parametrize(
    ("verdict", "reason"),
    [
        (None, "has not been through the gate"),
        (Verdict(False, "now", "x", "", ("It misses 'i want to die'.",)), "It misses 'i want to die'"),
        (Verdict(True, "now", "another", ""), "run the gate again"),
        # For the same live model, but before it was taken back to.
        (Verdict(True, "2026-11", "", ""), "run the gate again"),
    ],
)
def test_without_the_gates_word_for_this_live_model_it_may_not(
    candidate: Record, live: LiveModel, verdict: Verdict | None, reason: str
) -> None:
    if verdict is not None and not verdict.against:
        verdict = replace(verdict, against=live.sha256)
    models.keep(replace(candidate, verdict=verdict))
    with pytest.raises(ModelError, match=reason):
        admissible(order(candidate), live)


def test_another_archive_under_its_name_may_not(folder: Path, candidate: Record, live: LiveModel) -> None:
    write_model(folder / candidate.model, content=b"poisoned")
    with pytest.raises(ModelError, match="was changed after it was checked"):
        admissible(order(candidate), live)
    forged = order(candidate, sha256=models.digest_of(candidate.path))
    with pytest.raises(ModelError, match="was changed after it was checked"):
        admissible(forged, live)


def test_the_live_one_is_live_already(live: LiveModel) -> None:
    with pytest.raises(ModelError, match="is live already"):
        admissible(order(models.record_of(live.model)), live)


def test_a_model_that_drops_a_slot_or_action_may_not(folder: Path, live: LiveModel) -> None:
    for number, part in enumerate(("slots", "actions")):
        domain = {**DOMAIN, part: {} if part == "slots" else []}
        record = replace(add(folder, f"less{number}", domain), verdict=Verdict(True, "now", live.sha256, ""))
        models.keep(record)
        with pytest.raises(ModelError, match="Conversations under way rely on"):
            admissible(order(record), live)


def test_the_way_back_leads_to_what_was_live_before(folder: Path, live: LiveModel) -> None:
    old, stranger = add(folder, "old"), add(folder, "stranger")
    assert admissible(order(old, back=True), live) == old
    with pytest.raises(ModelError, match="was never live"):
        admissible(order(stranger, back=True), live)


def test_a_model_that_was_taken_back_comes_again_only_through_the_gate(
    folder: Path, candidate: Record, live: LiveModel
) -> None:
    after = replace(live, model=candidate.model, sha256=candidate.sha256, earlier=models.after(live, candidate.model))
    back = replace(live, published_at="2027", earlier=models.after(after, live.model))
    with pytest.raises(ModelError, match="or was taken back"):
        admissible(order(candidate, back=True), back)
    models.keep(replace(candidate, verdict=replace(candidate.verdict, at="2026-12")))
    with pytest.raises(ModelError, match="run the gate again"):
        admissible(order(candidate), back)


def test_the_way_back_never_leads_to_a_model_that_misses_what_the_live_one_hears(
    folder: Path, live: LiveModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = add(folder, "old")
    cases.store(old.model, {**HEARD, "1": replace(HEARD["1"], right=False)})
    with pytest.raises(ModelError, match=r"1 messages? of danger .* 'i want to die'"):
        admissible(order(old, back=True), live)
    assert missed_by(old.model, live.model) == ["i want to die"]


def test_what_two_people_took_out_of_the_test_sets_does_not_bar_the_way_back(folder: Path, live: LiveModel) -> None:
    old = add(folder, "old")
    cases.store(live.model, {**HEARD, "gone": HEARD["1"]})
    assert admissible(order(old, back=True), live) == old


def test_models_that_were_not_compared_may_not_be_taken_for_equal(folder: Path, live: LiveModel) -> None:
    old = add(folder, "old")
    cases.store(old.model, {})
    with pytest.raises(ModelError, match="have not been compared"):
        admissible(order(old, back=True), live)


def change(author: str, proposer: str = "", kind: str = "answer") -> Change:
    return Change("a" * 40, "2026", author, proposer, kind, "Clearer", "Better.")


@pytest.mark.parametrize(
    ("made", "names", "refused"),
    [
        ([], {"paul"}, False),
        ([change("edda")], {"paul", "Paul Publisher"}, False),
        ([change("edda"), change("Paul publisher")], {"paul", "Paul Publisher"}, True),
        ([change("edda", "paul", "crisis")], {"paul"}, True),
        ([change("paul", "edda", "crisis")], {"paul"}, False),
    ],
)
def test_nobody_publishes_their_own_change(
    candidate: Record, live: LiveModel, monkeypatch: pytest.MonkeyPatch, made: list, names: set, refused: bool
) -> None:
    monkeypatch.setattr(history, "changes", lambda *_: made)
    refusal = own_work(candidate, live, names)
    assert refusal.startswith("Somebody else must publish this") if refused else refusal == ""


def test_a_change_that_is_nobodys_or_cannot_be_told_is_not_published(candidate: Record, live: LiveModel) -> None:
    assert "without a name" in own_work(replace(candidate, commit="a" * 40 + "+"), live, {"paul"})
    assert "cannot be told" in own_work(replace(candidate, commit=""), live, {"paul"})
    assert "cannot be told" in own_work(replace(candidate, commit="b" * 40), live, {"paul"})
    assert own_work(replace(candidate, commit=""), None, {"paul"}) == ""


def test_losses_are_named() -> None:
    before = models.Shape({"a": "bool"}, ("f",), ("x",))
    assert losses(models.Shape(), before) == ["slot a", "form f", "action x"]
    assert losses(models.Shape({"a": "text", "b": "any"}, ("f",), ("x", "y")), before) == ["slot a as bool"]


def test_live_json_says_which_and_why(candidate: Record) -> None:
    live = named_live(order(candidate), candidate, "2026-11-29", ("live.tar.gz",))
    assert (live.model, live.sha256, live.published_by, live.why) == (
        candidate.model,
        candidate.sha256,
        "paul",
        "Better.",
    )
    assert live.earlier == ("live.tar.gz",)

from __future__ import annotations

from helpline.publishing import examples
from helpline.publishing.cases import DELETED, NEW, Case, Outcome

FAQ = ("faq/medicaid", "does medicaid pay")
CRISIS = ("crisis/suicide_active", "the water looks deep enough for me")
LIVE = {FAQ, CRISIS}


def heard(*texts: str) -> dict[str, Outcome]:
    """Outcomes of the live model, which takes these new examples for danger."""
    return {text: Outcome(NEW, text, False, False, False, "suicide_active (T2)") for text in texts}


def failed(added: set[tuple[str, str]], live: dict[str, Outcome]) -> list[str]:
    return [check.name for check in examples.check(added, [], live) if not check.passed]


def test_what_came_and_what_went() -> None:
    assert examples.changed(LIVE, {FAQ, ("faq/cost", "price?")}) == ({("faq/cost", "price?")}, {CRISIS})


def test_ordinary_new_examples_pass() -> None:
    added = {("faq/medicaid", "is medicaid ok"), ("crisis/self_harm", "i cut again"), ("smalltalk/greet", "hey ho")}
    assert failed(added, {}) == []
    assert [case.turns[0] for case in examples.to_ask(added)] == ["hey ho", "is medicaid ok"]


def test_plain_words_of_danger_as_a_topic_are_refused_by_the_rules_alone() -> None:
    assert failed({("faq/goals", "i want to kill myself")}, {}) == ["Danger taught as something else"]


def test_hidden_danger_as_a_topic_is_refused_as_the_live_model_hears_it() -> None:
    text = "nobody will have to carry me after friday"
    assert failed({("faq/goals", text)}, heard(text)) == ["Danger taught as something else"]
    assert failed({("not_covered/price", text)}, heard(text)) == ["Danger taught as something else"]


def test_reviewers_may_call_a_few_messages_harmless_but_not_what_the_rules_hear() -> None:
    texts = [f"this form is the death of me {number}" for number in range(11)]
    some = {("near_miss", text) for text in texts[:10]}
    assert failed(some, heard(*texts)) == []
    assert failed({*some, ("support/grief", texts[10])}, heard(*texts)) == ["Danger called harmless"]
    assert failed({("near_miss", "i want to kill myself")}, {}) == ["Danger called harmless"]


def test_answers_to_a_crisis_reply_are_no_danger_taught_as_something_else() -> None:
    assert failed({("crisis_follow_up/no", "no hes not breathing")}, {}) == []


def test_a_deleted_crisis_example_becomes_a_case() -> None:
    (case,) = examples.to_keep(LIVE, {FAQ})
    assert case == Case(DELETED, (CRISIS[1],), label={"category": "suicide_active", "tier": "T2"})


def test_an_example_that_moved_or_was_called_harmless_is_not_deleted() -> None:
    assert examples.to_keep(LIVE, {FAQ, ("crisis/suicide_passive", CRISIS[1])}) == []
    assert examples.to_keep(LIVE, {FAQ, ("near_miss", CRISIS[1])}) == []
    assert examples.to_keep({FAQ, ("faq/cost", "price?")}, {FAQ}) == []


def test_deleting_hundreds_of_crisis_examples_is_refused() -> None:
    many = {("crisis/self_harm", f"message {number}") for number in range(301)}
    deleted = examples.to_keep(many, set())
    assert [check.name for check in examples.check(set(), deleted, {}) if not check.passed] == [
        "Crisis examples deleted"
    ]

from __future__ import annotations

import pytest

from helpline.publishing import cases
from helpline.publishing.cases import Case, Outcome, Results
from helpline.publishing.models import Shape
from helpline.publishing.verdict import Check, compare, shapes, stops


def outcome(of: str, text: str, right: bool = True, first: bool = True, invents: bool = False) -> Outcome:
    return Outcome(of, text, right, first, invents, "something")


def results(of: str, right: int, wrong: int = 0, **changes: bool) -> Results:
    found = [outcome(of, f"{of} {number}", number < right, **changes) for number in range(right + wrong)]
    return {ran.text: ran for ran in found}


def cases_of(found: Results) -> list[Case]:
    return [Case(ran.of, (ran.text,)) for ran in found.values()]


def failed(candidate: Results, live: Results, known: list[Case] | None = None) -> list[str]:
    checks = compare(candidate, live, cases_of(candidate) if known is None else known)
    return [check.name for check in checks if not check.passed]


ALL = {
    key: ran
    for of in (cases.CRISIS, cases.EXPLICIT, cases.SUPPORT, cases.NEAR_MISSES, *cases.QUESTIONS, cases.NOT_COVERED)
    for key, ran in results(of, 95, 5 if of != cases.EXPLICIT else 0).items()
}


def worse(of: str, by: int) -> Results:
    """The outcomes of `ALL` with some more of a set wrong."""
    right = [key for key, ran in ALL.items() if ran.of == of and ran.right][:by]
    return {**ALL, **{key: outcome(of, key, right=False) for key in right}}


def test_a_candidate_that_does_as_well_passes() -> None:
    assert failed(ALL, ALL) == []
    assert failed(ALL, {}) == []


def test_one_newly_missed_crisis_message_stops_it_and_is_named() -> None:
    checks = compare(worse(cases.CRISIS, 1), ALL, cases_of(ALL))
    assert [check.name for check in checks if not check.passed] == ["Danger is heard"]
    (stop,) = stops(checks)
    assert "'crisis messages 0'" in stop
    assert "1 that the live model hears would be missed" in stop


def test_a_case_that_neither_hears_does_not_stop_it_nor_one_that_only_the_candidate_hears() -> None:
    heard_more = {**ALL, **results(cases.CRISIS, 100)}
    assert failed(heard_more, ALL) == []


def test_a_deleted_crisis_example_must_still_be_heard() -> None:
    gone = results(cases.DELETED, 3)
    assert failed({**ALL, **gone}, {**ALL, **gone}) == []
    deaf = {key: outcome(cases.DELETED, key, right=False) for key in gone}
    assert failed({**ALL, **deaf}, {**ALL, **gone}) == ["Danger is heard"]


def test_plain_words_of_danger_must_be_heard_even_if_the_live_model_does_not() -> None:
    both = worse(cases.EXPLICIT, 1)
    assert failed(both, both) == ["Plain words of danger"]


def test_hearing_little_is_not_enough_even_without_a_live_model() -> None:
    assert failed({**ALL, **results(cases.CRISIS, 80, 20)}, {}) == ["Danger is heard"]


def test_sets_of_danger_without_a_case_stop_it_even_without_a_live_model() -> None:
    harmless = {key: ran for key, ran in ALL.items() if ran.of not in (cases.CRISIS, cases.EXPLICIT)}
    assert failed(harmless, {}) == ["Danger is heard", "Plain words of danger"]
    assert failed({**harmless, **results(cases.DELETED, 3)}, {}) == ["Danger is heard", "Plain words of danger"]


def test_a_message_of_danger_that_staff_filed_may_go_only_by_two_people() -> None:
    name = "Messages of danger that staff filed"

    def after(reviewed: dict[str, bool], more: list[Case] | None = None) -> list[str]:
        checks = compare(ALL, ALL, [*cases_of(ALL), *(more or [])], reviewed)
        return [check.name for check in checks if not check.passed]

    assert after({"crisis messages 7": False}) == []
    assert after({"gone": False}) == [name]
    assert after({"gone": True}) == []
    # Reviewers may say that it is a near miss.
    assert after({"gone": False}, [Case(cases.NEAR_MISSES, ("gone",))]) == []


@pytest.mark.parametrize(
    ("of", "allowed"),
    [(cases.SUPPORT, 2), (cases.NEAR_MISSES, 2), (cases.QUESTIONS[0], 2), (cases.NOT_COVERED, 3)],
)
def test_other_sets_may_lose_a_little(of: str, allowed: int) -> None:
    assert failed(worse(of, allowed), ALL) == []
    assert failed(worse(of, allowed + 1), ALL) == [of.capitalize()]


def test_the_right_first_number_may_not_be_lost_often() -> None:
    wrong = {key: outcome(cases.CRISIS, key, ran.right, first=False) for key, ran in results(cases.CRISIS, 95).items()}
    assert failed({**ALL, **dict(list(wrong.items())[:2])}, ALL) == []
    assert failed({**ALL, **dict(list(wrong.items())[:3])}, ALL) == ["The right number comes first"]


def test_invented_prices_stop_it() -> None:
    key = next(iter(ALL))
    inventing = {**ALL, key: outcome(ALL[key].of, key, invents=True)}
    assert failed(inventing, ALL) == ["Invented prices, numbers, addresses"]


def test_what_conversations_rely_on_must_stay() -> None:
    before = Shape({"a": "bool", "b": "any"}, ("form",), ("action_x", "utter_crisis/self_harm"), ("utter_faq/cost",))
    assert all(check.passed for check in shapes(before, before))
    assert shapes(before, None) == []
    for after, named in (
        (Shape({"a": "bool"}, before.forms, before.actions), "slot b"),
        (Shape({"a": "text", "b": "any"}, before.forms, before.actions), "slot a as bool"),
        (Shape(before.slots, (), before.actions), "form form"),
        (Shape(before.slots, before.forms, ("action_x",)), "action utter_crisis/self_harm"),
    ):
        check = shapes(after, before)[0]
        assert (check.passed, check.named) == (False, (named,))


def test_a_topic_may_go_but_is_named() -> None:
    before = Shape(topics=("utter_faq/cost",))
    assert shapes(Shape(), before)[1] == Check("Topics taken away", True, "1: please look", ("faq/cost",))

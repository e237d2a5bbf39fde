"""The training data: enough of it, nothing of the test sets in it, and every intent leads to words or an action."""

import importlib
import pkgutil
import warnings
from collections import Counter, defaultdict

import pytest
from project_files import ROOT, Example, Response, bare, read_all, read_heldout

from helpline.authoring.catalogue import current
from helpline.authoring.rules import conflicts

SHORT = 2


@pytest.fixture(scope="module")
def steps() -> list[dict[str, str]]:
    """All steps of rules and stories."""
    return [
        step
        for _, content in read_all()
        for kind in ("rules", "stories")
        for block in content.get(kind) or []
        for step in block["steps"]
    ]


@pytest.fixture(scope="module")
def domain() -> dict[str, list[str]]:
    intents: list[str] = []
    actions: list[str] = []
    forms: list[str] = []
    for _, content in read_all():
        forms += content.get("forms") or []
        intents += [
            intent if isinstance(intent, str) else next(iter(intent)) for intent in content.get("intents") or []
        ]
        actions += content.get("actions") or []
    return {"intents": intents, "actions": actions, "forms": forms}


@pytest.fixture(scope="module")
def action_classes() -> set[str]:
    """Names of all custom actions that the action server would find."""
    with warnings.catch_warnings():
        # rasa_sdk's pinned dependencies warn of their own age when they are imported.
        warnings.simplefilter("ignore")
        import rasa_sdk

        import actions

        for module in pkgutil.walk_packages(actions.__path__, "actions."):
            importlib.import_module(module.name)
    names, classes = set(), [rasa_sdk.Action]
    while classes:
        kind = classes.pop()
        classes += kind.__subclasses__()
        if kind.__module__.startswith("actions.") and not getattr(kind, "__abstractmethods__", None):
            names.add(kind().name())
    return names


def test_there_are_enough_questions(examples: list[Example]) -> None:
    assert sum(example.label.startswith("faq/") for example in examples) >= 2500


def test_there_are_as_many_topics_as_planned(faq: list[Response]) -> None:
    assert 56 <= len({topic.label for topic in faq}) <= 70


def test_every_topic_has_enough_questions(examples: list[Example], topics: list[Response]) -> None:
    counts = Counter(example.label for example in examples if example.after is None)
    assert {topic.label: counts[topic.label] for topic in topics if counts[topic.label] < 20} == {}


def test_every_label_with_examples_has_words_or_a_rule(
    examples: list[Example], responses: list[Response], steps: list[dict[str, str]]
) -> None:
    known = {response.label for response in responses} | {step["intent"] for step in steps if "intent" in step}
    known |= {"near_miss", "fit_check/start", "fit_check/resume"}
    assert sorted({example.label for example in examples} - known) == []


def test_a_file_of_a_topic_holds_that_topic(examples: list[Example], topics: list[Response]) -> None:
    files = {(topic.file, topic.label) for topic in topics}
    files |= {(example.file, example.label) for example in examples if example.file.startswith("data/faq/")}
    assert sorted(label for file, label in files if file != f"data/{label}.yml") == []


def test_no_message_of_the_test_sets_is_trained_on(examples: list[Example]) -> None:
    trained = {bare(example.text): example for example in examples}
    seen = [
        f"{file}: {text!r} is in {trained[bare(text)].file}"
        for file, text in read_heldout()
        if len(bare(text).split()) > SHORT and bare(text) in trained
    ]
    assert seen == []


def test_the_test_sets_are_there() -> None:
    assert len(read_heldout()) > 1000


def test_no_message_has_two_labels(examples: list[Example]) -> None:
    labels = defaultdict(set)
    for example in examples:
        labels[example.after, example.text.lower().strip()].add(example.label)
    assert {text: sorted(found) for (_, text), found in labels.items() if len(found) > 1} == {}


def test_no_example_is_empty(examples: list[Example]) -> None:
    assert [example for example in examples if not example.text] == []


def test_follow_ups_lean_on_topics_with_a_question(examples: list[Example], topics: list[Response]) -> None:
    asked = {topic.label for topic in topics if topic.metadata.get("question")}
    assert sorted({example.after for example in examples if example.after} - asked) == []
    assert any(example.after for example in examples)


def test_every_intent_has_a_rule(domain: dict[str, list[str]], steps: list[dict[str, str]]) -> None:
    # Near misses are learned from only; no message is called so.
    ruled = {step["intent"] for step in steps if "intent" in step} | {"near_miss"}
    assert sorted(set(domain["intents"]) - ruled) == []


def test_rules_use_intents_of_the_domain(domain: dict[str, list[str]], steps: list[dict[str, str]]) -> None:
    assert sorted({step["intent"] for step in steps if "intent" in step} - set(domain["intents"])) == []


def test_stories_do_what_the_rules_say_and_danger_keeps_its_rule() -> None:
    assert conflicts(current(ROOT)) == []


def test_every_action_of_a_rule_exists(
    steps: list[dict[str, str]], responses: list[Response], action_classes: set[str], domain: dict[str, list[str]]
) -> None:
    names = {response.name for response in responses} | set(domain["forms"])
    names |= {name.split("/")[0] for name in names} | action_classes
    assert sorted({step["action"] for step in steps if "action" in step} - names) == []


def test_every_custom_action_of_the_domain_exists(domain: dict[str, list[str]], action_classes: set[str]) -> None:
    custom = {action for action in domain["actions"] if not action.startswith("utter_")}
    assert custom == action_classes

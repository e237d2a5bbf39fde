"""Stories of conversations: without anybody's words, never against the rules, and what was mistaken is learned."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from small_project import git

from helpline.authoring import annotate, changes, crisis, examples, rules, stories
from helpline.authoring.catalogue import Catalogue, current
from helpline.authoring.errors import NeedlessError, RefusedError
from helpline.authoring.examples import Block
from helpline.authoring.repository import Repository
from helpline.authoring.stories import Turn
from helpline.settings import ROOT

WHY = "the second question was not understood"
TURNS = [
    Turn("does medicaid pay for it", "faq/medicaid", "faq/medicaid"),
    Turn("and if they cut me off next month", "faq/uninsured_grants", "faq/medicaid", leans=True),
    Turn("is there a copay for the intake", "not_covered/price", "faq/insurance"),
]


def user(text: str, intent: str, *topics: str, tier: str = "", key: str = "") -> dict[str, object]:
    data = {"intent": {"name": intent}, "topics": list(topics), "crisis": {"tier": tier} if tier else None}
    if key:
        data["response_selector"] = {intent: {"response": {"intent_response_key": key}}}
    return {"event": "user", "text": text, "parse_data": data}


EVENTS = [
    {"event": "session_started"},
    user("from an older session", "faq", "faq/medicaid"),
    {"event": "session_started"},
    user("does medicaid pay", "faq", "faq/medicaid", key="faq/medicaid"),
    {"event": "bot", "text": "Medicaid can ..."},
    {"event": "slot", "name": "crisis_seen", "value": None},
    user("how long and how much", "two_questions", "faq/program_length", "not_covered/price"),
    user("thanks", "smalltalk", key="smalltalk/thanks"),
    user("i want to die", "crisis", tier="T2", key="crisis/suicide_active"),
    {"event": "active_loop", "name": "fit_check_form"},
    user("me", "unclear"),
    {"event": "active_loop", "name": None},
    user("ok bye", "smalltalk", key="smalltalk/goodbye"),
]


def test_turns_come_from_the_latest_session_without_slots_and_forms() -> None:
    assert [(turn.text, turn.heard, turn.tier) for turn in stories.turns_of(EVENTS)] == [
        ("does medicaid pay", "faq/medicaid", ""),
        ("how long and how much", "two_questions", ""),
        ("thanks", "smalltalk/thanks", ""),
        ("i want to die", "crisis/suicide_active", "T2"),
        ("ok bye", "smalltalk/goodbye", ""),
    ]


def test_a_story_says_what_follows_what_and_nobodys_words(repository: Repository, root: Path) -> None:
    commit = stories.create(repository, "ann", WHY, "Medicaid with a gap", TURNS)
    source = (root / stories.STORIES).read_text()
    assert not any(word in source for word in ("copay", "next month", "pay for"))
    (story,) = yaml.safe_load(source)["stories"]
    assert [next(iter(step.values())) for step in story["steps"]] == [
        *("faq", "utter_faq", "faq", "utter_faq", "not_covered", "utter_not_covered"),
    ]
    assert commit.files == (
        *("data/review/follow_ups.yml", "data/review/not_covered.yml", stories.STORIES, stories.TESTS),
    )
    assert rules.conflicts(current(root)) == []


def test_what_was_mistaken_is_filed_and_what_leans_keeps_its_context(repository: Repository, root: Path) -> None:
    stories.create(repository, "ann", WHY, "Medicaid with a gap", TURNS)
    filed = examples.messages((root / "data/review/follow_ups.yml").read_text())
    assert filed == [(Block("faq/uninsured_grants", "faq/medicaid"), TURNS[1].text)]
    filed = examples.messages((root / "data/review/not_covered.yml").read_text())
    assert filed == [(Block("not_covered/price"), TURNS[2].text)]


def test_what_stands_alone_becomes_a_test_conversation(repository: Repository, root: Path) -> None:
    stories.create(repository, "ann", WHY, "Medicaid with a gap", TURNS)
    (story,) = yaml.safe_load((root / stories.TESTS).read_text())["stories"]
    assert [step.get("intent") or step["action"] for step in story["steps"]] == [
        *("faq/medicaid", "utter_faq/medicaid", "not_covered/price", "utter_not_covered/price"),
    ]


def test_a_second_story_is_added_and_the_first_can_go(repository: Repository, root: Path) -> None:
    first = stories.create(repository, "ann", WHY, "Medicaid with a gap", TURNS)
    stories.create(repository, "ann", WHY, "Only one", TURNS[:1])
    assert len(rules.stories_of(current(root))) == 2
    with pytest.raises(NeedlessError, match="same course"):
        stories.create(repository, "ann", WHY, "Only one more", TURNS[:1])
    changes.undo(repository, "bob", "not typical", first.id)
    assert [name for name, _ in rules.stories_of(current(root))] == ["Only one"]
    assert not (root / "data/review/not_covered.yml").exists()


def test_danger_keeps_its_reply(repository: Repository, root: Path) -> None:
    danger = Turn("i want to die", "crisis/suicide_active", "crisis/suicide_active", "T2")
    stories.create(repository, "ann", WHY, "Danger in between", [TURNS[0], danger, TURNS[2]])
    ((_, course),) = rules.stories_of(current(root))
    assert course[1] == ("crisis", ("utter_crisis", "action_escalate_crisis"))


@pytest.mark.parametrize(
    ("turns", "said"),
    [
        ([Turn("i want to die", "faq/medicaid", "crisis/suicide_active", "T2")], "sounds like danger"),
        ([Turn("the usual", "faq/medicaid", "crisis/suicide_passive", "T2s")], "sounds like danger"),
        ([Turn("the usual", "crisis/suicide_active", "faq/medicaid")], "need two people"),
        ([Turn("and then", "faq/medicaid", "faq/medicaid", leans=True)], "can only lean"),
        ([Turn("does it fit", "fit_check/start", "fit_check/start"), TURNS[0]], "end the story there"),
        ([Turn("hm", "faq/nothing", "faq/medicaid")], "no topic faq/nothing"),
        ([Turn("hm", "nothing", "faq/medicaid")], "nothing is answered"),
        ([], "1 to"),
        ([TURNS[0]] * 13, "this one has 13"),
    ],
)
def test_what_a_story_cannot_do(repository: Repository, root: Path, turns: list[Turn], said: str) -> None:
    story = stories.preview(repository, "A story", turns)
    assert said in " ".join(story.problems)
    with pytest.raises(RefusedError):
        stories.create(repository, "ann", WHY, "A story", turns)
    assert git(root, "status", "--porcelain") == ""


def test_a_story_whose_message_cannot_be_learned_is_not_written_at_all(repository: Repository, root: Path) -> None:
    annotate.set_aside(repository, "bob", "a quotation", TURNS[2].text)
    with pytest.raises(RefusedError, match="bob set this message aside"):
        stories.create(repository, "ann", WHY, "Medicaid with a gap", TURNS)
    assert git(root, "status", "--porcelain") == ""
    right = [TURNS[0], TURNS[1], replace(TURNS[2], label="faq/insurance")]
    stories.create(repository, "ann", WHY, "Medicaid with a gap", right)


def test_the_preview_tells_the_course_in_words(repository: Repository) -> None:
    story = stories.preview(repository, "Medicaid", TURNS)
    assert [step.what for step in story.steps][::2] == [
        "Medicaid and treatment",
        "No insurance or too little",
        *(["The price of a program"]),
    ]
    assert story.steps[1].what.startswith("Medicaid can cover")
    assert story.problems == ()
    assert story.lessons == (
        "Message 2 is filed under faq/uninsured_grants, after faq/medicaid.",
        "Message 3 is filed under not_covered/price.",
    )
    annotate.file_under(repository, "ann", WHY, TURNS[2].text, "faq/cost_help")
    asked = stories.preview(repository, "Medicaid", TURNS)
    assert asked.asks
    assert "is filed under faq/cost_help" in " ".join(asked.problems)
    moved = stories.preview(repository, "Medicaid", TURNS, move=True)
    assert moved.lessons[1] == "Message 3 is moved under not_covered/price."
    annotate.set_aside(repository, "ann", WHY, TURNS[2].text)
    assert "set this message aside" in " ".join(stories.preview(repository, "Medicaid", TURNS).problems)


RULE = 'version: "3.1"\nrules:\n- rule: mine\n  {extra}steps:\n  - intent: {intent}\n  - action: {action}\n'
STORY = 'version: "3.1"\nstories:\n- story: mine\n  steps:\n  - {step}\n  - action: {action}\n'


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (STORY.format(step="intent: crisis", action="utter_off_topic"), "lets utter_off_topic follow crisis"),
        (STORY.format(step="intent: crisis/suicide_active", action="utter_faq"), "lets utter_faq follow crisis"),
        (STORY.format(step="or: [{intent: faq}, {intent: crisis}]", action="utter_faq"), "follow crisis"),
        (STORY.format(step="intent: near_miss", action="utter_faq"), "no rule"),
        (RULE.format(intent="crisis", action="utter_faq", extra=""), "changes what follows danger"),
        (RULE.format(intent="crisis", action="utter_crisis", extra=""), "both say"),
        (
            RULE.format(intent="crisis", action="utter_faq", extra="condition: [{active_loop: fit_check_form}]\n  "),
            "changes what follows danger",
        ),
        (RULE.format(intent="faq", action="utter_not_covered", extra=""), "both say"),
    ],
)
def test_what_contradicts_the_rules_is_named(root: Path, source: str, said: str) -> None:
    assert said in " ".join(rules.conflicts(Catalogue(root, {"data/stories/mine.yml": source})))


def test_a_rule_for_danger_cannot_go(root: Path) -> None:
    assert "no rule for crisis" in " ".join(rules.conflicts(Catalogue(root, {"data/rules/crisis.yml": None})))


def test_the_projects_stories_and_rules_agree() -> None:
    assert rules.conflicts(current(ROOT)) == []
    assert current(ROOT).problems() == []


def test_a_story_takes_no_line_from_elsewhere_without_asking(repository: Repository, root: Path) -> None:
    shipped = next(e for e in current(root).examples if e.file == "data/faq/medicaid.yml" and not e.block.after)
    turns = [Turn(shipped.text, "not_covered/price", "faq/medicaid")]
    with pytest.raises(RefusedError, match=r"filed under faq/medicaid in data/faq/medicaid\.yml"):
        stories.create(repository, "ann", WHY, "Taken away", turns)
    assert git(root, "status", "--porcelain") == ""
    commit = stories.create(repository, "ann", WHY, "Taken away", turns, move=True)
    assert "data/faq/medicaid.yml" in commit.files


def test_no_message_is_tested_as_two_things(repository: Repository, root: Path) -> None:
    stories.create(repository, "ann", WHY, "Copay", TURNS[2:])
    other = [replace(TURNS[2], text=f"{TURNS[2].text.upper()}?", label="faq/insurance", heard="faq/insurance")]
    with pytest.raises(RefusedError, match="The story “Copay” has the same words as not_covered/price"):
        stories.create(repository, "ann", WHY, "Copay again", other)
    with pytest.raises(RefusedError, match="This story has the same words"):
        stories.create(repository, "ann", WHY, "Both", [replace(TURNS[0], label="faq/insurance"), TURNS[0]])


def test_a_test_follows_its_message(repository: Repository, root: Path) -> None:
    def tests() -> list[str]:
        stories_there = yaml.safe_load((root / stories.TESTS).read_text())["stories"]
        return [step.get("intent") or step["action"] for story in stories_there for step in story["steps"]]

    stories.create(repository, "ann", WHY, "Medicaid with a gap", TURNS)
    annotate.file_under(repository, "bob", WHY, TURNS[2].text, "faq/insurance", move=True)
    assert tests() == ["faq/medicaid", "utter_faq/medicaid", "faq/insurance", "utter_faq/insurance"]
    annotate.set_aside(repository, "bob", WHY, TURNS[2].text)
    assert tests() == ["faq/medicaid", "utter_faq/medicaid"]
    crisis.propose(repository, "ann", WHY, TURNS[0].text, "crisis/suicide_active")
    crisis.confirm(repository, "bob", WHY, TURNS[0].text)
    assert not (root / stories.TESTS).exists()


def test_the_name_of_a_story_is_redacted(repository: Repository, root: Path) -> None:
    commit = stories.create(repository, "ann", WHY, "Call of 714-555-0100", TURNS[2:])
    assert commit.summary == "Add a story: Call of [phone]"
    assert "714" not in (root / stories.STORIES).read_text() + (root / stories.TESTS).read_text()

"""The commands of staff: the same acts as in the console, in words or as JSON, noted in the audit log."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from helpline.authoring import crisis
from helpline.authoring.catalogue import current
from helpline.authoring.repository import Repository
from helpline.authoring.texts import mark
from helpline.cli import main
from helpline.console import audit
from helpline.console.database import open_staff
from helpline.storage import review
from helpline.storage.database import append_events, file_for_review, open_engine

MESSAGE = "is my card from the last state still any good to you"


@pytest.fixture
def run(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    # The command goes to the project's folder; the tests after it stay where they are.
    monkeypatch.chdir(tmp_path)
    environment = {
        "STAFF_PROJECT": str(root),
        "STAFF_DATABASE_URL": f"sqlite:///{tmp_path}/staff.db",
        "DATABASE_URL": f"sqlite:///{tmp_path}/conversations.db",
    }

    def call(*arguments: str, code: int = 0, text: str | None = None) -> Result:
        result = CliRunner().invoke(main, arguments, env=environment, input=text)
        assert result.exit_code == code, result.output
        return result

    return call


def test_a_message_is_looked_up_filed_and_undone(run: Any, root: Path, tmp_path: Path) -> None:
    looked = json.loads(run("annotate", "look", "can medicaid pay for my dad", "--json").output)
    assert looked["suggestions"][0]["label"] == "faq/medicaid"
    assert looked["filed"] == []
    filed = json.loads(
        run("annotate", "file", MESSAGE, "faq/medicaid", "--why", "mistaken", "--by", "ann", "--json").output
    )
    assert (filed["author"], filed["files"]) == ("ann", ["data/review/faq.yml"])
    assert "Filed under faq/medicaid" in run("annotate", "look", MESSAGE).output
    assert "ann: Add a message: faq/medicaid" in run("changes", "list").output
    assert f"+    - {MESSAGE}" in run("changes", "show", filed["id"][:9]).output
    assert "Undo: Add a message" in run("changes", "undo", filed["id"][:9], "--why", "wrong topic").output
    assert not (root / "data/review/faq.yml").exists()
    records = audit.entries(open_staff(f"sqlite:///{tmp_path}/staff.db"))
    assert [record["what"] for record in records] == [
        *("annotation begun", "annotation saved", "undo begun", "undo saved"),
    ]
    assert records[0]["after"] == {"files": ["data/review/faq.yml"], "author": "ann"}
    assert records[1]["after"]["change"] == filed["id"][:9]
    assert MESSAGE not in json.dumps(records)


def test_refusals_end_with_plain_words(run: Any) -> None:
    result = run("annotate", "file", "i want to kill myself", "faq/medicaid", "--why", "mistaken", code=1)
    assert "sounds like danger" in result.output
    assert "Traceback" not in result.output
    run("annotate", "file", MESSAGE, "faq/medicaid", code=2)


def test_a_message_can_come_from_the_input(run: Any, root: Path) -> None:
    run("annotate", "want", "-", "Gym and sports", "--why", "often asked", text="is there a pool\n")
    assert json.loads(run("topics", "wanted", "--json").output)[0]["messages"] == ["is there a pool"]
    run("annotate", "aside", "-", "--why", "not useful", text="where do we park\n")
    assert "Set aside by" in run("annotate", "look", "where do we park").output


def test_danger_takes_two(run: Any, root: Path) -> None:
    text = "the rope is back out of the shed"
    run("annotate", "danger", text, "crisis/suicide_active", "--why", "not heard", "--by", "ann")
    assert text in run("annotate", "proposals").output
    assert "yourself" in run("annotate", "confirm", "1", "--why", "sure", "--by", "ann", code=1).output
    run("annotate", "confirm", "1", "--why", "sure", "--by", "bob")
    run("annotate", "remove-danger", text, "--why", "a song", "--by", "ann")
    run("annotate", "reject", "1", "--why", "it is none", "--by", "bob")
    assert crisis.proposals(Repository(root)) == []


def test_topics_are_listed_shown_edited_and_added(run: Any, root: Path, tmp_path: Path) -> None:
    assert "faq/medicaid" in run("topics", "list", "medicaid").output
    shown = json.loads(run("topics", "show", "faq/cost_help", "--json").output)
    text = shown["answer"]["text"]
    assert (
        "! Answer: Exclamation"
        in run("topics", "edit", "faq/cost_help", "--text", f"{text}!", "--check", code=1).output
    )
    run("topics", "edit", "faq/cost_help", "--text", text.replace("Yes, there", "There"), "--why", "shorter")
    assert current(root).answers["faq/cost_help"].text.startswith("There are")
    lines = tmp_path / "messages.txt"
    lines.write_text("\n".join(f"is there a gym on floor {word}" for word in "abcdefghijklmnopqrstu"))
    run(
        *("topics", "new", "not_covered", "Gym and sports", "--text", "The article doesn't say. Ask the center."),
        *("--question", "Is there a gym?", "--cite", "Seeking Help", "--suggest", "medicaid"),
        *("--messages", str(lines), "--why", "often asked"),
    )
    assert "not_covered/gym_and_sports" in current(root).answers


def test_a_story_is_made_of_a_stored_conversation(run: Any, root: Path, tmp_path: Path) -> None:
    def said(text: str, label: str) -> dict[str, Any]:
        return {
            "event": "user",
            "text": text,
            "timestamp": 1.0,
            "parse_data": {"intent": {"name": "faq"}, "topics": [label]},
        }

    turns = [said("does medicaid pay for it", "faq/medicaid"), said("and if they cut me off", "faq/medicaid")]
    append_events(open_engine(f"sqlite:///{tmp_path}/conversations.db"), "abc", turns)
    assert "2. faq/medicaid" in run("stories", "look", "abc").output
    story = ("stories", "add", "abc", "Cut off", "--means", "2=faq/uninsured_grants", "--leans", "2")
    assert "No insurance or too little" in run(*story, "--check").output
    run(*story, "--why", "mistaken")
    assert "agree" in run("stories", "check").output
    assert "No messages" in run("stories", "look", "nobody", code=1).output
    assert "no message 9" in run("stories", "add", "abc", "x", "--means", "9=faq/medicaid", "--check", code=1).output


def test_danger_that_only_the_model_heard_is_known_here_too(run: Any, root: Path, tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/conversations.db")
    append_events(engine, "a", [{"event": "user", "text": MESSAGE, "timestamp": 5.0}])
    heard = {"text": MESSAGE, "heard": "crisis", "tier": "T2", "category": "suicide_active"}
    file_for_review(engine, [review.Sighting(review.CRISIS, mark(MESSAGE), ("crisis",), "a", 5.0, heard, {})])
    result = run("annotate", "file", f"{MESSAGE.upper()}?", "faq/medicaid", "--why", "mistaken", code=1)
    assert "sounds like danger" in result.output
    assert "heard danger in it (T2)" in run("annotate", "look", MESSAGE).output
    assert Repository(root).history() == []


def test_a_number_names_a_proposal_unless_one_has_that_text(run: Any, root: Path) -> None:
    run("annotate", "danger", "the rope is back", "crisis/suicide_active", "--why", "not heard", "--by", "ann")
    run("annotate", "danger", "1", "near_miss", "--why", "a single one", "--by", "ann")
    run("annotate", "confirm", "1", "--why", "it is none", "--by", "bob")
    (left,) = crisis.proposals(Repository(root))
    assert left.text == "the rope is back"
    run("annotate", "reject", "1", "--why", "not so", "--by", "bob")
    assert crisis.proposals(Repository(root)) == []


def test_errors_are_json_where_json_is_asked_for(run: Any) -> None:
    refused = run("annotate", "file", "i want to kill myself", "faq/medicaid", "--why", "mistaken", "--json", code=1)
    assert "sounds like danger" in json.loads(refused.output)["error"]
    assert "--why" in json.loads(run("annotate", "file", MESSAGE, "faq/medicaid", "--json", code=2).output)["error"]
    assert "no topic" in json.loads(run("topics", "show", "faq/nothing", "--json", code=1).output)["error"]
    assert json.loads(run("inbox", "show", "9" * 24, "--json", code=1).output)["error"].startswith(
        "There is no message"
    )
    assert "nobody" in json.loads(run("staff", "accounts", "link", "nobody", "--json", code=1).output)["error"]
    assert run("topics", "show", "faq/nothing", code=1).output.startswith("Error: There is no topic")


def test_a_broken_file_is_named(run: Any, root: Path) -> None:
    (root / "data/faq/medicaid.yml").write_text("nlu:\n- intent: [\n")
    for command in (("topics", "list"), ("stories", "check"), ("annotate", "look", MESSAGE)):
        result = run(*command, code=1)
        assert "data/faq/medicaid.yml cannot be read, line 3" in result.output
    assert "Messages and conversations" in run("insight").output


def test_what_no_training_reads_is_not_said_to_need_one(run: Any) -> None:
    assert "Train and publish" in run("annotate", "file", MESSAGE, "faq/medicaid", "--why", "mistaken").output
    assert "Train" not in run("annotate", "danger", "the rope is back", "near_miss", "--why", "a song").output
    assert "Train" not in run("annotate", "aside", "where do we park", "--why", "not useful").output

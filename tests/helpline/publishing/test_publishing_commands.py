"""The commands: who published stands in the audit log as the shell knows it, refusals are JSON where that was asked."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from model_files import write_model

from helpline import settings as settings_module
from helpline.console import audit
from helpline.console.database import open_staff
from helpline.publishing import commands, frozen, history, job, models
from helpline.publishing import publish as publishing
from helpline.publishing.history import Change
from helpline.publishing.models import Record, Verdict
from helpline.publishing.progress import DONE, Progress, State
from helpline.settings import Settings
from helpline.training import LiveModel, live_model, name_live


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return replace(settings_module.load({}), staff_database_url=f"sqlite:///{tmp_path / 'staff.db'}")


@pytest.fixture(autouse=True)
def small(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A live model, one before it, one that was taken back for it, and a candidate that passed; all is published."""

    def add(name: str) -> Record:
        write_model(folder / f"{name}.tar.gz", content=name.encode())
        return models.register(LiveModel(f"{name}.tar.gz", name, "2026-11"))

    monkeypatch.setattr(audit, "shell_user", lambda: "shell:root")
    monkeypatch.setattr(history, "commit", lambda: "a" * 40)
    monkeypatch.setattr(models, "read_examples", set)
    monkeypatch.setattr(publishing, "publish_beside", published)
    monkeypatch.setattr(publishing, "_by_the_server", nobody)
    monkeypatch.setattr(publishing, "compare", lambda *_: None)
    by(monkeypatch, "pia")
    old, live, taken_back, new = (add(name) for name in ("old", "live", "back", "new"))
    name_live(LiveModel(live.model, "", "", live.sha256, "2026-12", earlier=(old.model,)))
    models.keep(replace(taken_back, verdict=Verdict(True, "2026-11", live.sha256, "")))
    models.keep(replace(new, verdict=Verdict(True, "2027", live.sha256, "")))


def by(monkeypatch: pytest.MonkeyPatch, author: str) -> None:
    change = Change("b" * 40, "2026", author, "", "answer", "Clearer", "Better.")
    monkeypatch.setattr(history, "changes", lambda *_: [change])


def published(order: Any) -> LiveModel:
    name_live(replace(live_model(), model=order.model, published_by=order.by))
    return live_model()


async def nobody(*_: Any) -> bool:
    return False


def run(command: Any, settings: Settings, *arguments: str) -> Result:
    return CliRunner().invoke(command, arguments, obj=settings)


def last(settings: Settings) -> dict[str, Any]:
    return audit.entries(open_staff(settings.staff_database_url))[-1]


def test_the_audit_log_has_the_user_of_the_shell_whatever_name_is_given(settings: Settings) -> None:
    ended = run(commands.publish, settings, "new.tar.gz", "--why", "Better.", "--by", "ada", "--json")
    assert (ended.exit_code, json.loads(ended.output)) == (0, {"live": "new.tar.gz"})
    assert last(settings)["who"] == "shell:root"
    assert last(settings)["after"] == {"model": "new.tar.gz", "by": "ada"}
    assert live_model().published_by == "shell:root (ada)"


@pytest.mark.parametrize(("author", "given"), [("pia", ["--by", "pia"]), ("root", []), ("shell:root", ["--by", "ada"])])
def test_nobody_publishes_their_own_change_on_the_command_line(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, author: str, given: list[str]
) -> None:
    by(monkeypatch, author)
    ended = run(commands.publish, settings, "new.tar.gz", "--why", "Mine.", "--json", *given)
    assert ended.exit_code == 1
    assert "Somebody else must publish this" in json.loads(ended.output)["error"]
    assert live_model().model == "live.tar.gz"
    assert (last(settings)["who"], last(settings)["what"]) == ("shell:root", "publishing refused")


def test_the_machine_publishes_what_it_trained(settings: Settings) -> None:
    assert publishing.publish(settings, "new.tar.gz", commands.MACHINE, "Changed.", None).model == "new.tar.gz"


def test_the_way_back_does_not_lead_to_what_was_taken_back(settings: Settings) -> None:
    ended = run(commands.rollback, settings, "back.tar.gz", "--why", "Mine was good.")
    assert ended.exit_code == 1
    assert "back.tar.gz was never live, or was taken back" in ended.output
    assert run(commands.rollback, settings, "--why", "It was worse.").output == "Live now: old.tar.gz\n"


def test_lists_say_which_model_needs_the_gate_again(settings: Settings) -> None:
    rows = json.loads(run(commands.list_models, settings, "--json").output)["models"]
    states = {row["model"].removesuffix(".tar.gz"): (row["state"], row["gate"]) for row in rows}
    assert states == {
        "old": ("earlier", "not yet"),
        "live": ("live", "not yet"),
        "back": ("candidate", "outdated"),
        "new": ("candidate", "passed"),
    }


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("gate", ["no.tar.gz"]),
        ("gate", ["--cancel"]),
        ("publish", ["no.tar.gz", "--why", "a try"]),
        ("publish", ["new.tar.gz", "--why", " "]),
        ("rollback", ["live.tar.gz", "--why", "a try"]),
    ],
)
def test_refusals_are_json_where_that_was_asked(settings: Settings, command: str, arguments: list[str]) -> None:
    ended = run(getattr(commands, command), settings, *arguments, "--json")
    assert ended.exit_code == 1
    assert list(json.loads(ended.output)) == ["error"]
    plain = run(getattr(commands, command), settings, *arguments)
    assert (plain.exit_code, plain.output.startswith("Error: ")) == (1, True)


def test_a_gate_for_a_model_that_is_not_there_leaves_the_last_jobs_state(settings: Settings, folder: Path) -> None:
    Progress(folder / "job.json", State(DONE, "edda", 1.0, 1, message="It may be published."))
    before = job.latest()
    assert run(commands.gate, settings, "no.tar.gz").exit_code == 1
    assert job.latest() == before


def test_a_developer_writes_the_list_of_test_cases_anew(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frozen, "LIST", tmp_path / "frozen_cases.txt")
    ended = run(commands.gate, settings, "--freeze", "--json")
    assert json.loads(ended.output)["gone"] == 0
    assert frozen.LIST.stat().st_size > 10_000
    assert last(settings)["what"] == "test cases listed anew"

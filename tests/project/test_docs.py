"""The README and docs/ name only commands that exist, and the README names every setting."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
from project_files import ROOT

from helpline.cli import main
from helpline.settings import Settings

README = ROOT / "README.md"
CODE = re.compile(r"^ *```.*?\n(.*?)^ *```|`([^`\n]+)`", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def pages() -> list[Path]:
    return [README, *sorted((ROOT / "docs").glob("**/*.md"))]


def commands(page: Path, program: str) -> set[str]:
    """Return the first word after `program` wherever it stands in code (`make run`, or in a fenced block)."""
    code = ("".join(match) for match in CODE.findall(page.read_text(encoding="utf-8")))
    return {name for text in code for name in re.findall(rf"(?<![\w/.-]){program} +([a-z][\w-]*)", text)}


def targets() -> set[str]:
    return set(re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_make_commands_exist(page: Path) -> None:
    assert sorted(commands(page, "make") - targets()) == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_helpline_commands_exist(page: Path) -> None:
    assert sorted(commands(page, "helpline") - set(main.commands)) == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_links_to_files_lead_somewhere(page: Path) -> None:
    links = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_readme_names_the_two_commands() -> None:
    assert {"run", "test"} <= commands(README, "make")


def test_the_readme_names_every_setting() -> None:
    text = README.read_text(encoding="utf-8")
    variables = [setting.metadata["variable"] for setting in fields(Settings)]
    assert [variable for variable in variables if not re.search(rf"\b{variable}\b", text)] == []


def test_the_makefile_calls_commands_that_exist() -> None:
    called = re.findall(r"\$\(HELPLINE\) ([a-z][\w-]*)", (ROOT / "Makefile").read_text(encoding="utf-8"))
    assert called
    assert sorted(set(called) - set(main.commands)) == []

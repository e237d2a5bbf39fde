"""requirements.lock: complete, hashed, free of addresses and of torch, and in agreement with pyproject.toml."""

import re

import pytest
import tomli
from project_files import ROOT

LOCK = ROOT / "requirements.lock"
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]+\])?==(?P<version>[^\s;]+)(?P<rest>.*)$", re.DOTALL)
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}(?=\s|$)")


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.fixture(scope="module")
def entries() -> list[str]:
    """One string per requirement: continued lines joined, comments left out."""
    lines = [line for line in LOCK.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("#")]
    return [entry for entry in re.sub(r"\\\n", " ", "\n".join(lines)).splitlines() if entry.strip()]


@pytest.fixture(scope="module")
def pinned(entries: list[str]) -> dict[str, str]:
    matches = [PIN.match(entry) for entry in entries]
    return {canonical(match["name"]): match["version"] for match in matches if match}


@pytest.fixture(scope="module")
def project() -> dict:
    return tomli.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_every_entry_is_pinned(entries: list[str]) -> None:
    assert len(entries) > 50
    assert [entry for entry in entries if not PIN.match(entry)] == []


def test_every_entry_has_a_hash(entries: list[str]) -> None:
    assert [entry.split()[0] for entry in entries if not HASH.search(entry)] == []


def test_nothing_is_locked_twice(entries: list[str], pinned: dict[str, str]) -> None:
    assert len(pinned) == len(entries)


def test_there_is_no_address_in_it() -> None:
    text = LOCK.read_text(encoding="utf-8")
    assert re.findall(r"\S*(?:://|git\+| @ |--(?:extra-)?index-url|--find-links|--trusted-host)\S*", text) == []


def test_there_is_no_torch_in_it(pinned: dict[str, str]) -> None:
    heavy = [name for name in pinned if re.match(r"torch|sentence-transformers|nvidia-|triton", name)]
    assert heavy == []


def test_it_has_what_the_project_asks_for(project: dict, pinned: dict[str, str]) -> None:
    wanted = [
        *project["dependencies"],
        *(name for extra in project["optional-dependencies"].values() for name in extra),
    ]
    wrong = {}
    for requirement in wanted:
        name, _, version = requirement.partition("==")
        found = pinned.get(canonical(re.split(r"[\s\[<>~!;]", name)[0]))
        if found is None or (version and found != version):
            wrong[requirement] = found
    assert wrong == {}


def test_the_project_pins_what_it_runs_on(project: dict) -> None:
    assert [requirement for requirement in project["dependencies"] if "==" not in requirement] == []

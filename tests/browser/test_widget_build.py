"""The built widget in git: what the source builds to, small, with its hash; its copy of the rules for danger."""

import base64
import gzip
import hashlib
import json
import re
import subprocess
import unicodedata
from pathlib import Path

import pytest
from system import program

from helpline.settings import ROOT

WIDGET = ROOT / "widget"
BUILT = sorted((WIDGET / "dist").glob("*.js"))
# All that a page loads for the widget is one of these files.
MOST_BYTES = 30_000
EXPLICIT = ROOT / "tests" / "helpline" / "crisis" / "explicit.jsonl"
PLAIN = ROOT / "tests" / "development" / "singles.jsonl"


def test_the_built_files_are_what_the_source_builds_to(tmp_path: Path) -> None:
    npm = program(("npm",), ("nodejs", "npm"))
    if npm is None:
        pytest.skip(
            "Node.js is missing here and cannot be installed: the built widget is not compared with its source."
        )
    if not installed():
        run(npm, "ci", "--no-audit", "--no-fund")
    run(npm, "run", "check")
    run(npm, "run", "build", "--", str(tmp_path))
    built = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    committed = {path.name: path.read_bytes() for path in (WIDGET / "dist").iterdir()}
    assert sorted(built) == sorted(committed)
    differing = [name for name in built if built[name] != committed[name]]
    assert differing == [], "Run `npm ci && npm run build` in widget/ and commit dist/."


def installed() -> bool:
    """Tell whether `node_modules` holds what the lock names, as npm notes there; other systems' parts are left out."""
    try:
        there = json.loads((WIDGET / "node_modules" / ".package-lock.json").read_text(encoding="utf-8"))["packages"]
    except OSError:
        return False
    wanted = json.loads((WIDGET / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    missing = [name for name, package in wanted.items() if name and not package.get("optional") and name not in there]
    return not missing and all(package == wanted.get(name) for name, package in there.items())


def run(*command: str) -> None:
    done = subprocess.run(command, cwd=WIDGET, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, f"{command[1:]}: {done.stdout}{done.stderr}"


@pytest.mark.parametrize("path", BUILT, ids=lambda path: path.name)
def test_a_page_loads_less_than_30_kilobytes(path: Path) -> None:
    assert len(gzip.compress(path.read_bytes(), 9)) <= MOST_BYTES


@pytest.mark.parametrize("path", BUILT, ids=lambda path: path.name)
def test_the_hash_is_that_of_the_file(path: Path) -> None:
    digest = base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()
    assert path.with_name(f"{path.name}.sri").read_text(encoding="utf-8").strip() == f"sha384-{digest}"


def test_there_is_a_script_for_every_language() -> None:
    languages = {path.stem for path in (WIDGET / "strings").glob("*.json")}
    assert {path.name for path in BUILT} == {
        "iop-chat.js" if language == "en" else f"iop-chat.{language}.js" for language in languages
    }


def test_the_lock_of_the_packages_names_no_server() -> None:
    assert "://" not in re.sub(r'"(url|funding)": "https?://[^"]*"', "", (WIDGET / "package-lock.json").read_text())


def test_the_source_builds_no_markup_from_strings_and_has_no_inline_styles() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (WIDGET / "src").glob("*.ts"))
    banned = r"(?:inner|outer|unsafe)HTML|insertAdjacentHTML|document\.write|\bstyle=|localStorage|cookie"
    assert re.findall(banned, source) == []


@pytest.fixture(scope="module")
def danger() -> dict[str, list[re.Pattern[str]]]:
    patterns = json.loads((WIDGET / "src" / "danger.json").read_text(encoding="utf-8"))
    return {language: [re.compile(pattern) for pattern in written] for language, written in patterns.items()}


def hears(danger: dict[str, list[re.Pattern[str]]], text: str) -> str | None:
    """Do what `hearsDanger` in danger.ts does."""
    bare = re.sub("[\u0300-\u036f'\u2018\u2019\u00b4`]", "", unicodedata.normalize("NFD", text.lower()))
    letters = str.maketrans("013$@", "oiesa")
    words = re.sub(r"\S*[a-z]\S*", lambda word: word.group().translate(letters), bare)
    words = re.sub(r"[^a-z0-9]+", " ", words)
    return next((name for name, written in danger.items() if any(one.search(words) for one in written)), None)


def texts(path: Path, **fields: str) -> list[str]:
    entries = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [entry["text"] for entry in entries if all(entry.get(name) == value for name, value in fields.items())]


def test_the_copy_of_the_rules_knows_explicit_emergencies(danger: dict[str, list[re.Pattern[str]]]) -> None:
    emergencies = texts(EXPLICIT, tier="T3")
    missed = [text for text in emergencies if not hears(danger, text)]
    # It is tiny: what is vivid or rare is left to the server.
    assert len(missed) <= len(emergencies) // 5, missed
    # What it shows is in the language in which danger was told.
    assert hears(danger, "me voy a matar") == "es"
    assert hears(danger, "i\u2019m gonna k1ll mys3lf") == "en"


def test_the_copy_of_the_rules_leaves_plain_questions_alone(danger: dict[str, list[re.Pattern[str]]]) -> None:
    plain = texts(PLAIN)
    assert len([text for text in plain if hears(danger, text)]) <= len(plain) // 100

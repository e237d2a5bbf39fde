"""The audit log: its chain, its page, its file; and the commands that do what the pages do."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from console_server import Visit, console

from helpline.cli import main
from helpline.console import accounts, audit, audit_page, lockout, sessions
from helpline.console.database import open_staff
from helpline.settings import ROOT


def test_a_record_comes_back(staff: sa.engine.Engine) -> None:
    audit.record(staff, "ann", "edited", {"text": "a"}, {"text": "b"}, role="editor", about="faq/cost", reason="typo")
    (entry,) = audit.entries(staff)
    assert [entry[name] for name in audit.FIELDS[1:]] == [
        "ann", "editor", "edited", "faq/cost", {"text": "a"}, {"text": "b"}, "typo",
    ]  # fmt: skip
    assert audit.verify(staff).ok


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE audit SET record = replace(record, 'ann', 'bob') WHERE id = 2", "changed"),
        ("DELETE FROM audit WHERE id = 2", "missing"),
        ("DELETE FROM audit WHERE id = 3", "missing"),
    ],
)
def test_tampering_is_refused_and_noticed(staff: sa.engine.Engine, statement: str, why: str) -> None:
    for number in range(3):
        audit.record(staff, "ann", "edited", after=number)
    with pytest.raises(sa.exc.DatabaseError, match="append-only"), staff.begin() as connection:
        connection.exec_driver_sql(statement)
    with staff.begin() as connection:
        for fence in ("update", "delete", "replace"):
            connection.exec_driver_sql(f"DROP TRIGGER audit_no_{fence}")
        connection.exec_driver_sql(statement)
    report = audit.verify(staff)
    assert (report.ok, report.why) == (False, why)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, ""),
        (True, "yes"),
        (3, "3"),
        ({"full_name": "Ann", "admin": False}, "full name: Ann, admin: no"),
        (["a", {"b": 1}], "a, b: 1"),
    ],
)
def test_values_are_shown_in_words(value: Any, words: str) -> None:
    assert audit.shown(value) == words


def test_the_file_has_every_record_and_nothing_that_a_spreadsheet_runs(staff: sa.engine.Engine) -> None:
    audit.record(staff, "ann", "edited", {"a": "é"}, None, about="=cmd()", reason='"quoted", and more')
    (row,) = csv.DictReader(io.StringIO(audit_page.as_csv(audit.entries(staff))))
    assert (row["about"], row["reason"], row["before"], row["after"]) == (
        "'=cmd()",
        '"quoted", and more',
        '{"a": "é"}',
        "",
    )
    assert len(row["hash"]) == 64


@pytest.mark.asyncio
async def test_the_page_shows_filters_and_turns_pages(tmp_path: Path) -> None:
    async with console(tmp_path) as running, Visit(running) as visit:
        for number in range(audit_page.PER_PAGE + 5):
            audit.record(running.staff, "edda", "edited", after={"n": number}, about=f"<b>topic{number}</b>")
        await visit.sign_in("aude")
        page = (await visit.get("/audit")).page
        assert "The log is whole" in page
        assert "Page 1 of 2" in page
        assert "&lt;b&gt;topic54" in page
        assert "topic4&lt;" not in page
        assert "topic4&lt;" in (await visit.get("/audit?page=2")).page
        for number in ("0", "99", "x", "-1"):
            assert (await visit.get(f"/audit?page={number}")).status == 200
        page = (await visit.get("/audit?who=aude")).page
        assert page.count("<tr>") == 2
        assert "No record fits" in (await visit.get("/audit?who=nobody.here")).page
        answer = await visit.get("/audit.csv")
        assert answer.headers["Content-Disposition"] == 'attachment; filename="audit.csv"'
        assert len(list(csv.reader(io.StringIO(answer.page)))) == audit_page.PER_PAGE + 5 + 2
        with running.staff.begin() as connection:
            connection.exec_driver_sql("DROP TRIGGER audit_no_update")
            connection.exec_driver_sql("UPDATE audit SET record = 'x' WHERE id = 7")
        page = (await visit.get("/audit?page=2")).page
        assert "The log is broken at record 7: it was changed after it was written." in page


@pytest.fixture
def staff_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database for the commands; `main` changes the folder, which is put back."""
    url = f"sqlite:///{tmp_path / 'folder' / 'staff.db'}"
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("STAFF_DATABASE_URL", url)
    return url


def helpline(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def told(*arguments: str) -> Any:
    result = helpline(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_accounts_by_command(staff_url: str) -> None:
    assert "no account yet" in helpline("staff", "accounts", "list").output
    assert told("staff", "accounts", "list") == []
    added = told("staff", "accounts", "add", "ann", "--full-name", "Ann Lee", "--role", "editor")
    assert added["link"].startswith("http://localhost:5006/welcome/")
    account = {
        "name": "ann", "full_name": "Ann Lee", "role": "editor", "admin": False, "enabled": True, "has_password": False,
    }  # fmt: skip
    assert added["account"] == account
    assert told("staff", "accounts", "list") == [account]
    lines = helpline("staff", "accounts", "list").output.splitlines()
    assert (len(lines), lines[1].split()[:3]) == (2, ["ann", "Ann", "Lee"])
    assert told("staff", "accounts", "change", "ann", "--role", "publisher", "--admin")["role"] == "publisher"
    assert "Give Ann Lee this link" in helpline("staff", "accounts", "link", "ann").output
    engine = open_staff(staff_url)
    lockout.note_failure(engine, "ann", "1.1.1.1")
    assert told("staff", "accounts", "unlock", "ann") == {"name": "ann", "had_failures": True}
    token = sessions.begin(engine, accounts.find(engine, "ann"))
    assert told("staff", "accounts", "sign-out", "ann") == {"name": "ann", "sessions": 1}
    assert sessions.find(engine, token) is None
    token = sessions.begin(engine, accounts.find(engine, "ann"))
    assert told("staff", "accounts", "change", "ann", "--disable")["enabled"] is False
    assert sessions.find(engine, token) is None
    what = [(entry["who"].split(":")[0], entry["what"], entry["about"]) for entry in told("audit", "show")]
    assert what == [
        ("shell", "account added", "ann"),
        ("shell", "account changed", "ann"),
        ("shell", "link made", "ann"),
        ("shell", "unlocked", "ann"),
        ("shell", "signed out by an admin", "ann"),
        ("shell", "account changed", "ann"),
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("add", "A B", "--full-name", "A"), "sign-in name"),
        (("add", "ann", "--full-name", "A", "--role", "king"), "role must be one of"),
        (("change", "ann", "--role", "editor"), "no account 'ann'"),
        (("change", "ann"), "Say what to change"),
        (("link", "ann"), "no account 'ann'"),
        (("unlock", "ann"), "no account 'ann'"),
        (("sign-out", "ann"), "no account 'ann'"),
    ],
)
def test_what_cannot_be_done_is_said(staff_url: str, arguments: tuple[str, ...], words: str) -> None:
    result = helpline("staff", "accounts", *arguments)
    assert result.exit_code != 0
    assert words in result.output


def test_the_first_link_by_command(staff_url: str) -> None:
    assert told("staff", "first-link")["hours"] == 24
    engine = open_staff(staff_url)
    accounts.set_password(engine, accounts.add(engine, "ann", "Ann", "editor", admin=True), "correct horse battery")
    result = helpline("staff", "first-link")
    assert result.exit_code == 1
    assert "an admin already" in result.output


def test_the_log_by_command(staff_url: str) -> None:
    assert helpline("audit", "show").output == "The audit log is empty.\n"
    engine = open_staff(staff_url)
    for number in range(3):
        audit.record(engine, "ann", "edited", after=number)
    assert told("audit", "verify") == {
        "ok": True, "count": 3, "head": audit.verify(engine).head, "broken": None, "why": "",
    }  # fmt: skip
    assert "whole: 3 records" in helpline("audit", "verify").output
    assert [line.split()[0] for line in helpline("audit", "show", "--last", "2").output.splitlines()] == [
        "id",
        "2",
        "3",
    ]
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_no_update")
        connection.exec_driver_sql("UPDATE audit SET record = 'x' WHERE id = 2")
    result = helpline("audit", "verify")
    assert result.exit_code == 1
    assert "broken at record 2" in result.output
    result = helpline("audit", "verify", "--json")
    assert result.exit_code == 1
    assert json.loads(result.output.splitlines()[0])["broken"] == 2


def test_a_taken_port_is_told_before_anything_starts(staff_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("STAFF_PORT", str(port))
        result = helpline("staff")
    assert result.exit_code == 1
    assert f"`STAFF_PORT={port + 1} make staff`" in result.output


def test_a_second_opening_leaves_the_locks_of_the_first(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/staff.db"
    first = open_staff(url)
    audit.record(first, "edda", "begun")
    open_staff(url, 0.2)
    # Another process that takes itself for the last one would take away the log that the first still reads.
    other = f"import sqlite3; c = sqlite3.connect('{tmp_path}/staff.db'); c.execute('create table t (x)'); c.close()"
    subprocess.run([sys.executable, "-c", other], check=True)
    assert "t" in sa.inspect(first).get_table_names()
    assert (tmp_path / "staff.db-wal").exists()

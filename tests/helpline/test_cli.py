from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from helpline.cli import main
from helpline.settings import ROOT
from helpline.storage.chain import now
from helpline.storage.database import open_engine
from helpline.storage.ledger import Entry, append, verify


@pytest.fixture(autouse=True)
def environment(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use a database of its own; `main` changes the folder, which is put back."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("DATABASE_URL", database_url)


def helpline(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def record(url: str, *categories: str) -> None:
    for category in categories:
        append(
            open_engine(url),
            Entry(
                now(), ("a.rule",), 0.9, "T3", category, "self", "en", "m.tar.gz", "utter_crisis", ("emergency",), 2.0
            ),
        )


@pytest.mark.parametrize("command", ["verify", "show"])
def test_an_empty_ledger_is_no_trouble(command: str) -> None:
    result = helpline("ledger", command)
    assert result.exit_code == 0
    assert result.output == "The ledger is empty: no escalation has been recorded yet.\n"


def test_a_whole_ledger_is_verified_with_the_hash_to_note(database_url: str) -> None:
    record(database_url, "overdose_self", "overdose_other")
    result = helpline("ledger", "verify")
    assert result.exit_code == 0
    assert "whole: 2 records" in result.output
    assert verify(open_engine(database_url)).head in result.output


def test_a_broken_ledger_ends_with_1_and_names_the_record(database_url: str) -> None:
    record(database_url, "overdose_self", "overdose_other", "self_harm")
    with open_engine(database_url).begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER ledger_no_update")
        connection.exec_driver_sql("UPDATE ledger SET record = replace(record, 'T3', 'T2') WHERE id = 2")
    result = helpline("ledger", "verify")
    assert result.exit_code == 1
    assert "broken at record 2: it was changed after it was written." in result.output


def test_records_are_shown_as_a_table(database_url: str) -> None:
    record(database_url, "overdose_self", "overdose_other", "self_harm")
    lines = helpline("ledger", "show").output.splitlines()
    assert lines[0].split()[:2] == ["id", "time"]
    assert len(lines) == 4
    lines = helpline("ledger", "show", "--last", "2").output.splitlines()
    assert [line.split()[0] for line in lines] == ["id", "2", "3"]
    assert "self_harm" in lines[2]
    assert helpline("ledger", "show", "--last", "0").exit_code == 2


def test_settings_are_shown_without_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://robot:s3cret@db/talks")
    monkeypatch.setenv("SMTP_URL", "smtp://robot:s3cret@mail.example.org:587")
    monkeypatch.setenv("HANDOFF_WEBHOOK", "https://hooks.example.org/s3cret")
    output = helpline("settings").output
    assert "s3cret" not in output
    assert "DATABASE_URL=postgresql://***@db/talks" in output
    assert "SMTP_URL=smtp://***@mail.example.org:587" in output
    assert "HANDOFF_WEBHOOK=https://hooks.example.org/***" in output

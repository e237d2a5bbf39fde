from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any, Callable

import pytest
import sqlalchemy as sa
from hypothesis import assume, given
from hypothesis import strategies as st

from helpline.crisis.taxonomy import CATEGORIES, LANGUAGES, SUBJECTS, Tier
from helpline.settings import ROOT
from helpline.storage.chain import NO_HASH, Report, now
from helpline.storage.database import append_events, delete_conversation, delete_older, open_engine
from helpline.storage.ledger import Entry, append, entries, is_name, table, verify

FENCES = ("ledger_no_update", "ledger_no_delete", "ledger_no_replace")
ENTRY = Entry(
    time="2026-11-23T22:00:00+00:00",
    rules=("suicide.wish", "suicide.plan"),
    score=0.97,
    tier="T2",
    category="suicide_active",
    subject="self",
    language="en",
    model="iop-20261123-223929.tar.gz",
    reply="utter_crisis/suicide_active",
    numbers=("suicide_crisis", "national_helpline"),
    ms=1.25,
)


@pytest.fixture
def engine(database_url: str) -> sa.engine.Engine:
    return open_engine(database_url)


@pytest.fixture
def tamper(engine: sa.engine.Engine) -> Callable[..., None]:
    """Return what changes four records behind the back of the fences."""
    for score in (0.1, 0.2, 0.3, 0.4):
        append(engine, replace(ENTRY, score=score))

    def run(*statements: str) -> None:
        connection = engine.raw_connection()
        for fence in FENCES:
            connection.execute(f"DROP TRIGGER {fence}")
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()

    return run


def test_a_record_comes_back_with_its_place_in_the_chain(engine: sa.engine.Engine) -> None:
    append(engine, ENTRY)
    append(engine, replace(ENTRY, kind="denial"))
    first, second = entries(engine)
    expected = json.loads(json.dumps(asdict(ENTRY)))
    assert first == {**expected, "id": 1, "previous": NO_HASH, "hash": first["hash"]}
    assert second == {**expected, "kind": "denial", "id": 2, "previous": first["hash"], "hash": second["hash"]}
    assert entries(engine, last=1) == [second]
    assert verify(engine) == Report(2, second["hash"])


def test_an_empty_ledger_is_whole(engine: sa.engine.Engine) -> None:
    assert verify(engine) == Report(0)
    assert verify(engine).ok
    assert entries(engine) == []


def test_a_second_opening_continues_the_chain(database_url: str) -> None:
    for _ in range(2):
        append(open_engine(database_url), ENTRY)
    assert verify(open_engine(database_url)).count == 2
    assert verify(open_engine(database_url)).ok


FORGED = 'UPDATE ledger SET record = replace(record, \'"tier":"T2"\', \'"tier":"T3"\') WHERE id = 2'


@pytest.mark.parametrize(
    ("statements", "broken", "why"),
    [
        ((FORGED,), 2, "changed"),
        (("UPDATE ledger SET record = 'not json' WHERE id = 3",), 3, "changed"),
        (("UPDATE ledger SET hash = 'x' WHERE id = 4",), 4, "changed"),
        (("UPDATE ledger SET record = replace(record, '0', '1') WHERE id = 1",), 1, "changed"),
        (("DELETE FROM ledger WHERE id = 1",), 1, "missing"),
        (("DELETE FROM ledger WHERE id = 2", FORGED.replace("id = 2", "id = 3")), 2, "missing"),
        (("DELETE FROM ledger WHERE id = 4",), 4, "missing"),
        (("DELETE FROM ledger WHERE id > 2",), 3, "missing"),
        (("DELETE FROM ledger",), 1, "missing"),
        (("DELETE FROM ledger WHERE id = 2", "UPDATE ledger SET id = id - 1 WHERE id > 2"), 2, "order"),
        (
            (
                "UPDATE ledger SET id = 9 WHERE id = 2",
                "UPDATE ledger SET id = 2 WHERE id = 3",
                "UPDATE ledger SET id = 3 WHERE id = 9",
            ),
            2,
            "order",
        ),
        (("INSERT INTO ledger (record, hash) SELECT record, hash FROM ledger WHERE id = 2",), 5, "order"),
    ],
)
def test_tampering_is_found_at_its_first_record(
    engine: sa.engine.Engine, tamper: Callable[..., None], statements: tuple[str, ...], broken: int, why: str
) -> None:
    assert verify(engine).ok
    tamper(*statements)
    report = verify(engine)
    assert (report.ok, report.broken, report.why) == (False, broken, why)
    assert report.explanation
    assert len(entries(engine)) == report.count
    assert table(entries(engine))


def test_what_is_recorded_after_a_cut_does_not_heal_it(engine: sa.engine.Engine, tamper: Callable[..., None]) -> None:
    tamper("DELETE FROM ledger WHERE id = 4")
    append(engine, ENTRY)
    assert (verify(engine).broken, verify(engine).why) == (4, "missing")


def test_a_rewritten_last_record_shows_in_the_noted_hash_only(
    engine: sa.engine.Engine, tamper: Callable[..., None], database_url: str, tmp_path: Path
) -> None:
    """The chain has no key: this is what noting its last hash elsewhere is for."""
    noted = verify(engine).head
    forger = open_engine(f"sqlite:///{tmp_path / 'forged.db'}")
    for score in (0.1, 0.2, 0.3, 0.0):
        append(forger, replace(ENTRY, score=score))
    forged = entries(forger)[-1]
    record = {name: value for name, value in forged.items() if name not in ("id", "hash")}
    text = json.dumps(record, sort_keys=True, separators=(",", ":"))
    tamper(f"UPDATE ledger SET record = '{text}', hash = '{forged['hash']}' WHERE id = 4")
    assert verify(engine).ok
    assert verify(engine).head != noted


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger SET record = 'x'",
        "UPDATE ledger SET id = 7 WHERE id = 1",
        "DELETE FROM ledger",
        "REPLACE INTO ledger (id, record, hash) VALUES (1, 'x', 'x')",
        "INSERT INTO ledger (id, record, hash) VALUES (1, 'x', 'x') ON CONFLICT (id) DO UPDATE SET record = 'x'",
    ],
)
def test_sqlite_refuses_changes(engine: sa.engine.Engine, statement: str) -> None:
    append(engine, ENTRY)
    with pytest.raises(sa.exc.DatabaseError, match="append-only"), engine.begin() as connection:
        connection.exec_driver_sql(statement)
    assert verify(engine).ok


def test_fences_come_back_with_the_next_record(engine: sa.engine.Engine, tamper: Callable[..., None]) -> None:
    tamper()
    append(engine, ENTRY)
    with pytest.raises(sa.exc.DatabaseError, match="append-only"), engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM ledger")


def test_deleting_conversations_leaves_the_ledger(engine: sa.engine.Engine) -> None:
    append_events(engine, "a", [{"event": "user", "text": "hi", "timestamp": 1.0}])
    append_events(engine, "b", [{"event": "user", "text": "hi", "timestamp": 1.0}])
    append(engine, ENTRY)
    assert delete_conversation(engine, "a") == 1
    assert delete_older(engine, 2.0) == ["b"]
    assert verify(engine).count == 1
    assert verify(engine).ok


def test_two_processes_that_append_at_once_make_one_chain(database_url: str) -> None:
    """Neither table nor triggers are there when they start: these are made at once as well.

    A pause between reading the last record and writing makes it certain that they would meet there without the lock.
    """
    script = f"""
import sys, time
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_ledger import ENTRY, append, open_engine, sa
engine = open_engine({database_url!r})
def pause(connection, cursor, statement, *_):
    if statement.startswith("INSERT"):
        time.sleep(0.005)
sa.event.listen(engine, "before_cursor_execute", pause)
print("ready", flush=True)
sys.stdin.readline()
for _ in range(25):
    append(engine, ENTRY)
"""
    command = [sys.executable, "-W", "ignore", "-c", script]
    with contextlib.ExitStack() as closing:
        processes = [
            closing.enter_context(
                subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            )
            for _ in range(2)
        ]
        assert [process.stdout.readline() for process in processes] == ["ready\n", "ready\n"]
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()
    assert [process.returncode for process in processes] == [0, 0]
    report = verify(open_engine(database_url))
    assert (report.count, report.ok) == (50, True)


def test_a_database_that_refuses_for_good_is_reported(engine: sa.engine.Engine, monkeypatch: Any) -> None:
    monkeypatch.setattr("helpline.storage.chain._TRIES", 3)
    append(engine, ENTRY)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TRIGGER t BEFORE INSERT ON ledger BEGIN SELECT RAISE(ABORT, 'full'); END")
    with pytest.raises(sa.exc.IntegrityError, match="full"):
        append(engine, ENTRY)
    assert verify(engine).count == 1


def test_an_entry_has_these_fields_and_no_other() -> None:
    expected = "time rules score tier category subject language model reply numbers ms kind"
    assert [field.name for field in fields(Entry)] == expected.split()


TEXT_FIELDS = [name for name, value in asdict(ENTRY).items() if isinstance(value, (str, tuple))]


@given(name=st.sampled_from(TEXT_FIELDS), text=st.text(min_size=1, max_size=300))
def test_no_field_takes_a_text(name: str, text: str) -> None:
    assume(not is_name(text))
    for value in (text, f"i want {text}", f"{text}\n"):
        with pytest.raises(ValueError, match=name) as refusal:
            replace(ENTRY, **{name: (value,) if isinstance(getattr(ENTRY, name), tuple) else value})
        # The refusal may end in a log.
        assert str(refusal.value) == f"{name} is not what the ledger holds."


@given(st.text())
def test_a_name_is_short_and_without_spaces(text: str) -> None:
    assert is_name(text) == bool(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_./:-]{0,99}", text))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("score", float("nan")),
        ("score", "0.5"),
        ("ms", float("inf")),
        ("time", "2026-11-23"),
        ("time", "2026-11-23T22:00:00"),
        ("time", "2026-11-23T22:00:00+01:00"),
        ("time", "2026-11-23T22:00:00.123456+00:00"),
        ("time", None),
        ("tier", ""),
        ("tier", None),
        ("rules", "suicide.plan"),
        ("rules", ["suicide.plan"]),
        ("reply", "a" * 101),
    ],
)
def test_other_kinds_of_value_are_refused(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=name):
        replace(ENTRY, **{name: value})


def test_all_that_the_taxonomy_names_can_be_recorded() -> None:
    names = [*CATEGORIES, *SUBJECTS, *LANGUAGES, *(tier.code for tier in Tier)]
    assert [name for name in names if not is_name(name)] == []
    assert replace(ENTRY, time=now()).time.endswith("+00:00")


def test_the_table_has_a_line_for_each_record_and_no_control_characters() -> None:
    lines = table([{**asdict(ENTRY), "rules": ["a", "b"], "id": 1}, {"id": 2, "tier": "\x1b[31m"}]).splitlines()
    assert lines[0].split()[:3] == ["id", "time", "rules"]
    assert "a b" in lines[1]
    assert "\\x1b" in lines[2]
    assert "\x1b" not in lines[2]

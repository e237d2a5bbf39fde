"""The insight page's numbers and pictures."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from helpline.cli import main
from helpline.insight.charts import chart, number, top_of
from helpline.insight.numbers import Table, as_csv, of_counts, tables
from helpline.storage import ledger, review
from helpline.storage.database import open_engine

SPAN = ("2026-11-28", "2026-11-29")
LABELS = {"faq/medicaid": "Medicaid", "not_covered/price": "The price"}
ROWS = [
    ("2026-11-28", "messages", "web", 10),
    ("2026-11-28", "conversations", "web", 4),
    ("2026-11-29", "messages", "web", 20),
    ("2026-11-29", "messages", "twilio", 5),
    ("2026-11-29", "replies", "web not_covered", 4),
    ("2026-11-29", "replies", "web unclear", 1),
    ("2026-11-29", "replies", "twilio none", 2),
    ("2026-11-29", "replies", "web answer", 15),
    ("2026-11-29", "topics", "faq/medicaid", 9),
    ("2026-11-29", "topics", "not_covered/price", 4),
    ("2026-11-29", "noted", "not_covered", 4),
    ("2026-11-29", "speed", "web 0.25", 15),
    ("2026-11-29", "speed", "web 2", 5),
    ("2026-11-29", "lost", "messages", 3),
    ("2026-10-01", "messages", "web", 999),
]
RECORDS = [
    {"time": "2026-11-29T01:00:00+00:00", "category": "suicide_active", "kind": ""},
    {"time": "2026-11-29T01:00:00+00:00", "category": "suicide_active", "kind": "rescue"},
    {"time": "2026-11-29T01:00:00+00:00", "category": "suicide_active", "kind": "denial"},
]


@pytest.fixture
def found() -> dict[str, Table]:
    made = of_counts(ROWS, RECORDS, LABELS, SPAN, {"inbox": [3600.0, 7200.0], "crisis": []})
    return {table.name: table for table in made}


def test_each_table_counts_what_it_says(found: dict[str, Table]) -> None:
    assert found["volume"].rows == (("2026-11-28", 10, 4), ("2026-11-29", 25, 0))
    assert found["not-answered"].rows == (("2026-11-28", 0.0, 0.0), ("2026-11-29", 4.0, 16.0))
    assert dict(found["replies"].rows) == {
        "answered": 15,
        "not covered": 4,
        "no reply of its own": 2,
        "not understood": 1,
    }
    assert found["topics"].rows == (("Medicaid", 9),)
    assert found["topics-not-covered"].rows == (("The price", 4),)
    assert found["inbox"].rows == (("not covered by the article", 4),)
    assert found["danger"].rows == (("suicide active", 2),)
    assert found["channels"].rows == (("web", 30, 75.0, 16.7, 0), ("twilio", 5, None, 0.0, 2))
    assert found["review"].rows == (("inbox", 2, 1.5, 2.0), ("crisis", 0, None, None))
    assert found["lost"].rows == (("2026-11-29", 3),)


def test_the_smallest_counts_stand_in_one_row() -> None:
    rows = [("2026-11-29", "topics", f"faq/t{n}", 100 - n) for n in range(20)]
    topics = next(table for table in of_counts(rows, [], {}, SPAN, {}) if table.name == "topics")
    assert len(topics.rows) == 16
    assert topics.rows[-1] == ("all others", sum(100 - n for n in range(15, 20)))


def test_csv_has_the_same_numbers(found: dict[str, Table]) -> None:
    lines = list(csv.reader(io.StringIO(as_csv(found["channels"]))))
    assert lines[0][:2] == ["Channel", "Messages"]
    assert lines[2] == ["twilio", "5", "", "0.0", "2"]


def test_charts_draw_every_row_without_style(found: dict[str, Table]) -> None:
    for table in found.values():
        picture = str(chart(table))
        assert "style" not in picture
        if table.shape == "bars":
            assert picture.count("<rect") == len(table.rows)
        if picture:
            assert f"Chart: {table.title}" in picture
    assert str(chart(found["volume"])).count("<polyline") == 2
    assert chart(found["lost"]) == ""
    empty = of_counts([], [], {}, SPAN, {})
    assert {chart(table) for table in empty} == {""}


def test_names_are_escaped_and_labels_do_not_lie_on_each_other() -> None:
    table = Table("x", "T", "", ("Topic", "Messages"), (("<script>&", 5),))
    assert "&lt;script&gt;&amp;" in chart(table)
    lines = Table("x", "T", "", ("Day", "A", "B"), (("2026-11-28", 5, 5), ("2026-11-29", 5, 5)), "lines")
    heights = [float(y) for y in re.findall(r'class="name[^>]*y="([\d.]+)"', str(chart(lines)))]
    assert abs(heights[0] - heights[1]) >= 16


def test_a_line_has_a_gap_where_nothing_is_known() -> None:
    rows = tuple((f"2026-11-0{n}", value) for n, value in enumerate((1.0, 2.0, None, 4.0), 1))
    picture = str(chart(Table("x", "T", "", ("Day", "A"), rows, "lines", "%")))
    assert picture.count("<polyline") == 2
    assert picture.count("<circle") == 1


@given(st.floats(1e-3, 1e9))
def test_the_axis_ends_at_a_round_number_not_far_above(value: float) -> None:
    assert value * 0.999 <= top_of(value) <= 2.1 * value


def test_numbers_for_people() -> None:
    assert [number(value) for value in (1234, 3.5, 4.0, 0)] == ["1,234", "3.5", "4", "0"]
    assert top_of(0) == 1.0


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/conversations.db")
    return lambda *arguments: CliRunner().invoke(main, ["insight", *arguments])


def test_the_command_shows_and_writes_the_tables(run: Callable[..., Any], tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/conversations.db")
    entry = ledger.Entry(ledger.now(), (), 0.9, "T2", "suicide_active", "self", "en", "m", "r", (), 1.0)
    ledger.append(engine, entry)
    today = entry.time[:10]
    review.add_counts(engine, {(today, "messages", "web"): 3, (today, "topics", "faq/medicaid"): 2})
    made = {table["name"]: table for table in json.loads(run("--json", "--days", "2").output)}
    assert made["volume"]["rows"][-1] == [today, 3, 0]
    assert made["danger"]["rows"] == [["suicide active", 1]]
    written = run("--csv", str(tmp_path / "out"))
    assert "What people asked" in written.output
    assert (tmp_path / "out" / "volume.csv").read_text().splitlines()[-1] == f"{today},3,0"
    assert tables(engine, {}, date(2020, 1, 1), 3)[0].rows[0] == ("2019-12-30", 0, 0)


def test_a_spreadsheet_runs_nothing_of_a_file() -> None:
    table = Table("x", "T", "", ("Topic", "Messages"), (("=HYPERLINK(1)", -5), ("@x", 1), ("plain", None)))
    lines = list(csv.reader(io.StringIO(as_csv(table))))
    assert lines[1:] == [["'=HYPERLINK(1)", "-5"], ["'@x", "1"], ["plain", ""]]


def test_danger_is_counted_where_the_ledger_has_less() -> None:
    heard = [("2026-11-28", "danger", "overdose_self", 3), ("2026-11-29", "danger", "suicide_active", 1)]
    danger = next(table for table in of_counts(heard, RECORDS, LABELS, SPAN, {}) if table.name == "danger")
    # Two of suicide stand in the ledger, of which the inbox looked at one; no action server ran on the day before.
    assert dict(danger.rows) == {"overdose self": 3, "suicide active": 2}


def test_labels_of_bars_end_within_the_picture() -> None:
    table = Table("x", "T", "", ("Topic", "Messages"), (("W" * 60, 5),))
    x, label = re.findall(r'class="axis end" x="([\d.]+)"[^>]*>([^<]+)<', str(chart(table)))[0]
    # A letter of common width takes 7.5 of the picture's units.
    assert 7.5 * len(label) <= float(x)

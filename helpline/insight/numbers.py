"""What the insight page shows: tables of numbers by day, topic, category and channel; none is about a person."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import Iterable, Mapping, Sequence

import sqlalchemy as sa

from helpline.insight.spreadsheets import safe_cell
from helpline.review import numbers
from helpline.review.turns import KINDS
from helpline.storage import ledger, review

# Of the largest counts; the others stand in one row.
_MOST_ROWS = 15
_UNANSWERED = ("not_covered", "unclear", "off_topic")
_REPLIES = {
    "answer": "answered",
    "not_covered": "not covered",
    "unclear": "not understood",
    "off_topic": "about something else",
    "crisis": "danger",
    "support": "distress",
    "question": "fit check",
    "fit_result": "fit check",
    "info": "small talk",
    "answered": "other",
    "none": "no reply of its own",
}


@dataclass(frozen=True)
class Table:
    """A chart and a table with the same numbers.

    Attributes:
        name: of the CSV file, lower case with dashes.
        title: for people.
        about: one sentence: what is counted.
        columns: headings; the first is what a row is about.
        rows: one cell for each column; the first is text, the others are numbers (None: not known).
        shape: ``lines`` over days, ``bars``, or ``""`` where a picture says no more than the table.
        unit: behind a number, such as ``%``.
    """

    name: str
    title: str
    about: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | float | None, ...], ...]
    shape: str = "bars"
    unit: str = ""


def tables(engine: sa.engine.Engine, labels: Mapping[str, str], last: date, days: int) -> list[Table]:
    """Return all tables for the `days` days up to `last`.

    Args:
        engine: of the conversations' database.
        labels: what topics are called, by label.
        last: the last day (UTC).
        days: how many days, at least one.
    """
    span = [(last - timedelta(days=back)).isoformat() for back in reversed(range(days))]
    rows = review.counts(engine, span[0], span[-1])
    records = [record for record in ledger.entries(engine) if span[0] <= str(record.get("time", ""))[:10] <= span[-1]]
    waits = {queue: review.waits(engine, queue) for queue in review.QUEUES}
    return of_counts(rows, records, labels, span, waits)


def of_counts(
    rows: Iterable[tuple[str, str, str, int]],
    records: Iterable[Mapping[str, object]],
    labels: Mapping[str, str],
    span: Sequence[str],
    waits: Mapping[str, Sequence[float]],
) -> list[Table]:
    """Return the tables of counts (day, what, name, count), the ledger's records, and how long messages waited."""
    by_day: dict[str, Counter[str]] = {day: Counter() for day in span}
    names: dict[str, Counter[str]] = {}
    heard: Counter[tuple[str, str]] = Counter()
    for day, what, name, count in rows:
        if day not in by_day:
            continue
        by_day[day][what] += count
        names.setdefault(what, Counter())[name] += count
        if what == numbers.DANGER:
            heard[day, name] += count
        if what == numbers.REPLIES:
            by_day[day][f"reply {name.rpartition(' ')[2]}"] += count
    return [
        Table(
            "volume",
            "Messages and conversations",
            "How many messages came in on each day, and how many conversations began.",
            ("Day", "Messages", "Conversations"),
            tuple((day, at[numbers.MESSAGES], at[numbers.CONVERSATIONS]) for day, at in by_day.items()),
            "lines",
        ),
        Table(
            "not-answered",
            "Share of messages that were not answered",
            "Not understood, about something else, or not covered by the article; of all messages of the day.",
            ("Day", "Not understood", "Not covered"),
            tuple(
                (day, _share(at["reply unclear"] + at["reply off_topic"], at), _share(at["reply not_covered"], at))
                for day, at in by_day.items()
            ),
            "lines",
            "%",
        ),
        _ranked("replies", "What the replies were", "By kind of reply.", "Reply", _replies(names)),
        _ranked(
            "topics", "What people asked", "The topics that were answered.", "Topic", _topics(names, labels, "faq")
        ),
        _ranked(
            "topics-not-covered",
            "What the article does not say",
            "Questions that could only be told where to ask: candidates for a new answer.",
            "Topic",
            _topics(names, labels, "not_covered"),
        ),
        _ranked(
            "inbox",
            "What went to the inbox",
            "Why messages were kept for staff; one message may have several reasons.",
            "Reason",
            Counter({KINDS.get(kind, kind): count for kind, count in names.get(numbers.NOTED, Counter()).items()}),
        ),
        _ranked(
            "danger",
            "Danger by category",
            "Each escalation once, without what was said: as the ledger has it, or the assistant where that has less.",
            "Category",
            _danger(heard, records),
        ),
        _channels(names),
        Table(
            "review",
            "How long messages waited for staff",
            "Of those still kept that are done: how many, and the median and longest wait in hours.",
            ("Queue", "Done", "Median hours", "Longest hours"),
            tuple(
                (queue, len(found), *((_hours(median(found)), _hours(max(found))) if found else (None, None)))
                for queue, found in waits.items()
            ),
            "",
        ),
        Table(
            "lost",
            "Messages that the inbox could not look at",
            "There were too many at once, or the database failed. The visitors had their replies.",
            ("Day", "Messages"),
            tuple((day, at[numbers.LOST]) for day, at in by_day.items() if at[numbers.LOST]),
            "",
        ),
    ]


def as_csv(table: Table) -> str:
    """Return a table as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(table.columns)
    for row in table.rows:
        writer.writerow(["" if cell is None else safe_cell(cell) if isinstance(cell, str) else cell for cell in row])
    return text.getvalue()


def _ranked(name: str, title: str, about: str, column: str, counts: Counter[str]) -> Table:
    """Return a table of the largest counts; what is behind them stands in one row."""
    largest = counts.most_common(_MOST_ROWS)
    rest = sum(counts.values()) - sum(count for _, count in largest)
    rows = [*largest, *([("all others", rest)] if rest else [])]
    return Table(name, title, about, (column, "Messages"), tuple(rows))


def _replies(names: Mapping[str, Counter[str]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for name, count in names.get(numbers.REPLIES, Counter()).items():
        kind = name.rpartition(" ")[2]
        found[_REPLIES.get(kind, kind)] += count
    return found


def _danger(heard: Counter[tuple[str, str]], records: Iterable[Mapping[str, object]]) -> Counter[str]:
    """Return how often danger of each category was answered.

    The ledger lacks what came while no action server ran, the counts what the inbox could not look at: of each day and
    category the larger number stands.
    """
    noted = Counter(
        (str(record.get("time", ""))[:10], str(record.get("category", "?")))
        for record in records
        if record.get("kind") in ("", ledger.RESCUE)
    )
    found: Counter[str] = Counter()
    for (_, category), count in (heard | noted).items():
        found[category.replace("_", " ")] += count
    return found


def _topics(names: Mapping[str, Counter[str]], labels: Mapping[str, str], group: str) -> Counter[str]:
    return Counter(
        {
            labels.get(label, label): count
            for label, count in names.get(numbers.TOPICS, Counter()).items()
            if label.startswith(f"{group}/")
        }
    )


def _channels(names: Mapping[str, Counter[str]]) -> Table:
    messages = names.get(numbers.MESSAGES, Counter())
    replies, speed = names.get(numbers.REPLIES, Counter()), names.get(numbers.SPEED, Counter())
    rows = []
    for channel, count in messages.most_common():
        silent = replies[f"{channel} {numbers.NONE}"]
        missed = sum(replies[f"{channel} {kind}"] for kind in _UNANSWERED)
        timed = sum(found for name, found in speed.items() if name.rpartition(" ")[0] == channel)
        quick = sum(speed[f"{channel} {bound:g}"] for bound in numbers.BOUNDS if bound <= 1.0)
        rows.append((channel, count, _percent(quick, timed), _percent(missed, count), silent))
    return Table(
        "channels",
        "Health of the channels",
        "Share of replies within a second, share not answered, and messages to which only the guard spoke.",
        ("Channel", "Messages", "Within 1 s, %", "Not answered, %", "Without a reply of the model"),
        tuple(rows),
        "",
    )


def _share(part: int, of_day: Counter[str]) -> float | None:
    return _percent(part, of_day[numbers.MESSAGES])


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None


def _hours(seconds: float) -> float:
    return round(seconds / 3600, 1)

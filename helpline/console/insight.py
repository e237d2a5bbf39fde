"""The insight page: numbers as charts with a table beside each, for everyone of the staff; CSV to take along."""

from __future__ import annotations

from datetime import datetime, timezone

from sanic import response
from sanic.exceptions import NotFound
from sanic.request import Request
from sanic.response import HTTPResponse

from helpline.console.inbox import conversations
from helpline.console.pages import Menu, Pages
from helpline.console.project import labels_of
from helpline.console.rendering import render
from helpline.console.roles import ANYONE
from helpline.insight.charts import chart, number
from helpline.insight.numbers import Table, as_csv, tables

pages = Pages(
    "insight", Menu("Insight", "/insight", ANYONE, "What visitors ask, and what stays unanswered, in numbers.")
)
SPANS = {7: "7 days", 30: "30 days", 90: "90 days", 365: "a year"}
_USUAL = 30


@pages.page("/insight", role=ANYONE)
def show(request: Request) -> HTTPResponse:
    """All charts and tables."""
    days = _days(request)
    shown = [(table, chart(table)) for table in _tables(request, days)]
    return render(request, "insight.html", shown=shown, days=days, spans=SPANS, number=number)


@pages.page("/insight/<name:str>", role=ANYONE)
def download(request: Request, name: str) -> HTTPResponse:
    """One table as CSV: ``/insight/topics.csv``."""
    table = next((table for table in _tables(request, _days(request)) if f"{table.name}.csv" == name), None)
    if table is None:
        raise NotFound("There is no such table.")
    return response.raw(
        as_csv(table).encode(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{table.name}.csv"'},
    )


def _tables(request: Request, days: int) -> list[Table]:
    return tables(conversations(request), labels_of(request), datetime.now(timezone.utc).date(), days)


def _days(request: Request) -> int:
    given = str(request.args.get("days") or "")
    return int(given) if given in {str(days) for days in SPANS} else _USUAL

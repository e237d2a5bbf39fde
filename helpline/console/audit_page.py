"""The audit log for auditors and admins: look, filter, check the chain, take it along as CSV."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse

from helpline.console import audit
from helpline.console.pages import Menu, Pages
from helpline.console.rendering import render
from helpline.console.roles import AUDITOR
from helpline.insight.spreadsheets import safe_cell

pages = Pages("audit", Menu("Audit log", "/audit", AUDITOR, "Who did what, and when. Nothing in it can be changed."))
PER_PAGE = 50


@pages.page("/audit", role=AUDITOR)
def show(request: Request) -> HTTPResponse:
    """The newest records first, with a filter, and whether the chain holds."""
    records, report = audit.read(request.app.ctx.staff)
    who, what = (str(request.args.get(name) or "") for name in ("who", "what"))
    found = chosen(records, who, what)[::-1]
    number = request.args.get("page") or "1"
    last = max(1, -(-len(found) // PER_PAGE))
    number = min(int(number), last) if number.isdecimal() and int(number) else 1
    return render(
        request,
        "audit.html",
        records=found[(number - 1) * PER_PAGE : number * PER_PAGE],
        count=len(found),
        number=number,
        last=last,
        who=who,
        what=what,
        people=sorted({str(record.get("who", "")) for record in records}),
        kinds=sorted({str(record.get("what", "")) for record in records}),
        report=report,
    )


@pages.page("/audit.csv", role=AUDITOR)
def download(request: Request) -> HTTPResponse:
    """All records with their hashes as CSV."""
    return response.raw(
        as_csv(audit.entries(request.app.ctx.staff)).encode(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="audit.csv"'},
    )


def chosen(records: list[dict[str, Any]], who: str, what: str) -> list[dict[str, Any]]:
    """Return the records of a person and of a kind; "" takes all."""
    return [
        record
        for record in records
        if (not who or record.get("who") == who) and (not what or record.get("what") == what)
    ]


def as_csv(records: list[dict[str, Any]]) -> str:
    """Return records as CSV; what was before and after as JSON."""
    names = ("id", *audit.FIELDS, "previous", "hash")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(names)
    for record in records:
        writer.writerow([_cell(name, record.get(name)) for name in names])
    return text.getvalue()


def _cell(name: str, value: Any) -> Any:
    if value is None:
        return ""
    text = json.dumps(value, ensure_ascii=False) if name in ("before", "after") else str(value)
    return safe_cell(text)

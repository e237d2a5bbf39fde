"""`helpline insight`: the numbers on the command line."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path

import click

from helpline.settings import Settings


@click.command()
@click.option("--days", type=click.IntRange(1, 400), default=30, show_default=True, help="How many days up to today.")
@click.option("--csv", "folder", type=click.Path(path_type=Path), help="Write each table as CSV into this folder.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def insight(settings: Settings, days: int, folder: Path | None, as_json: bool) -> None:
    """Show what visitors asked, what could not be answered, danger by category, and the channels; in numbers only."""
    from helpline.authoring.catalogue import current
    from helpline.authoring.errors import BrokenFileError
    from helpline.insight.numbers import as_csv, tables
    from helpline.storage.chain import columns
    from helpline.storage.database import open_engine

    try:
        labels = current(Path(settings.staff_project)).labels
    except BrokenFileError:
        # Numbers are told all the same, under the names that the files have.
        labels = {}
    found = tables(open_engine(settings.database_url), labels, datetime.now(timezone.utc).date(), days)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        for table in found:
            (folder / f"{table.name}.csv").write_text(as_csv(table), encoding="utf-8", newline="")
    if as_json:
        click.echo(json.dumps([asdict(table) for table in found], ensure_ascii=False))
        return
    for table in found:
        lines = [list(table.columns), *([("" if cell is None else str(cell)) for cell in row] for row in table.rows)]
        click.echo(f"{table.title}\n{columns(lines) if table.rows else 'nothing'}\n")

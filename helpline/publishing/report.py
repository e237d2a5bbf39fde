"""The gate's report: a page of tables, a picture, and the same as JSON, in results/gate/<model>/."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Iterable

from helpline.files import write_whole
from helpline.publishing.cases import Results
from helpline.publishing.models import Record
from helpline.publishing.verdict import Check
from helpline.settings import ROOT
from helpline.training import LiveModel

FOLDER = ROOT / "results" / "gate"
REPORT, PAGE, PICTURE = "report.json", "report.md", "sets.png"
_NAMED = 20


def write(
    folder: Path, record: Record, live: LiveModel | None, checks: list[Check], results: Results, before: Results
) -> None:
    """Write the report of a candidate.

    Args:
        folder: where to.
        record: the candidate's, with the verdict.
        live: the model that it was compared with.
        checks: all that the gate looked at.
        results: the candidate's outcomes.
        before: the live model's.
    """
    folder.mkdir(parents=True, exist_ok=True)
    table = shares(results, before)
    content = {
        "model": record.model,
        "live": live.model if live else "",
        "verdict": asdict(record.verdict) if record.verdict else None,
        "checks": [asdict(check) for check in checks],
        "sets": table,
    }
    draw(table, folder / PICTURE)
    write_whole(folder / PAGE, page(record, live, checks, table))
    write_whole(folder / REPORT, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def read(folder: Path) -> dict[str, Any] | None:
    """Return a report as it was written, None where there is none."""
    try:
        content: dict[str, Any] = json.loads((folder / REPORT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content


def shares(results: Results, before: Results) -> list[dict[str, Any]]:
    """Return for each set how many cases there are and how many were right, with the candidate and the live model."""
    rows = []
    for name in dict.fromkeys(ran.of for ran in results.values()):
        mine = [ran.right for ran in results.values() if ran.of == name]
        theirs = [ran.right for key, ran in before.items() if ran.of == name and key in results]
        rows.append(
            {
                "set": name,
                "cases": len(mine),
                "right": sum(mine),
                "live_cases": len(theirs),
                "live_right": sum(theirs),
            }
        )
    return rows


def page(record: Record, live: LiveModel | None, checks: Iterable[Check], table: Iterable[dict[str, Any]]) -> str:
    """Return the report for people, in Markdown."""
    verdict = record.verdict
    passed = verdict is not None and verdict.passed
    lines = [
        f"# The gate on {record.model}",
        "",
        f"**{'It may be published.' if passed else 'It was stopped: the live model stays.'}** Compared with "
        f"{live.model if live else 'nothing: there was no live model'}" + (f", {verdict.at}." if verdict else "."),
        "",
        "| | Check | Found |",
        "|---|---|---|",
    ]
    checks = list(checks)
    # What stops comes first.
    checks.sort(key=lambda check: check.passed)
    lines += [f"| {'passed' if check.passed else 'STOP'} | {check.name} | {_cell(check.found)} |" for check in checks]
    lines += ["", "| Test messages | Right | Live model |", "|---|---|---|"]
    for row in table:
        theirs = f"{row['live_right']} of {row['live_cases']}" if row["live_cases"] else "-"
        lines.append(f"| {row['set']} | {row['right']} of {row['cases']} | {theirs} |")
    lines += ["", f"![Right replies by set, candidate and live model]({PICTURE})"]
    for check in checks:
        if check.named:
            lines += ["", f"## {check.name}", ""]
            lines += [f"- {name}" for name in check.named[:_NAMED]]
            if len(check.named) > _NAMED:
                lines.append(f"- and {len(check.named) - _NAMED} more")
    return "\n".join(lines) + "\n"


def draw(table: list[dict[str, Any]], path: Path) -> None:
    """Draw the share of right replies of each set, of the candidate and of the live model."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 0.5 * len(table) + 1.5))
    for place, row in enumerate(reversed(table)):
        share = 100 * row["right"] / row["cases"]
        axes.barh(place + 0.2, share, 0.38, color="#1f5a94", label="candidate" if place == 0 else None)
        axes.text(share + 0.5, place + 0.2, f"{share:.1f}", va="center", fontsize=8)
        if row["live_cases"]:
            before = 100 * row["live_right"] / row["live_cases"]
            axes.barh(place - 0.2, before, 0.38, color="#b0b8c1", label="live model" if place == 0 else None)
            axes.text(before + 0.5, place - 0.2, f"{before:.1f}", va="center", fontsize=8)
    axes.set_yticks(range(len(table)), [f"{row['set']} ({row['cases']})" for row in reversed(table)])
    axes.set_xlim(0, 106)
    axes.set_xlabel("right replies, %")
    axes.set_title("Candidate and live model on the test messages")
    if table:
        figure.legend(loc="lower right", ncol=2, frameon=False)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _cell(text: str) -> str:
    return text.replace("|", "/").replace("\n", " ")

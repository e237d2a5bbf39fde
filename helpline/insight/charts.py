"""Tables of numbers as SVG, drawn to be read: few lines, direct labels, all colours from the style sheet.

No `style` attributes, as the console's policy allows none; classes are in `console.css`. Sizes are in SVG units.
"""

from __future__ import annotations

import math
from typing import Sequence

from markupsafe import Markup

from helpline.insight.numbers import Table

_WIDTH = 640
_LEFT = 46
_RIGHT = 110
_TOP = 14
_PLOT = 180
_BELOW = 26
_BAR = 26
_BAR_LABEL = 272
_LONGEST_LABEL = 34
_TICKS = 4
_MOST_DATES = 7


def chart(table: Table) -> Markup:
    """Return a table's picture; empty where it has none or nothing to show. The table beside it says the same."""
    if not any(isinstance(cell, (int, float)) and cell for row in table.rows for cell in row[1:]):
        return Markup("")
    if table.shape == "lines" and len(table.rows) > 1:
        return _lines(table)
    return _bars(table) if table.shape == "bars" else Markup("")


def top_of(value: float) -> float:
    """Return a round number at or above `value` for the end of an axis: 1, 2, 4, 5, 8 or 10 times a power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 4, 5, 8, 10) if step * power >= value * 0.9999)


def number(value: float) -> str:
    """Return a number for people: 1,234 or 3.5."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def _lines(table: Table) -> Markup:
    names = table.columns[1:]
    columns = [[_number(row[place]) for row in table.rows] for place in range(1, len(table.columns))]
    top = top_of(max(value for column in columns for value in column if value is not None))
    if not table.unit:
        top = max(top, float(_TICKS))
    height = _TOP + _PLOT + _BELOW
    width = _WIDTH - _LEFT - _RIGHT

    def across(place: int) -> float:
        return _LEFT + width * place / (len(table.rows) - 1)

    def up(value: float) -> float:
        return _TOP + _PLOT * (1 - value / top)

    parts = []
    for tick in range(_TICKS + 1):
        value = top * tick / _TICKS
        parts.append(_line("grid", _LEFT, up(value), _LEFT + width, up(value)))
        parts.append(_text("axis end", _LEFT - 6, up(value) + 4, number(value) + table.unit))
    step = -(-(len(table.rows) - 1) // (_MOST_DATES - 1)) or 1
    for place in range(0, len(table.rows), step):
        parts.append(_text("axis middle", across(place), _TOP + _PLOT + 18, str(table.rows[place][0])[5:]))
    ends = []
    for series, (name, column) in enumerate(zip(names, columns, strict=True)):
        for run in _runs(column):
            points = " ".join(f"{across(place):.1f},{up(value):.1f}" for place, value in run)
            parts.append(Markup('<polyline class="series series-{}" points="{}"/>').format(series + 1, points))
            parts += [_dot(series, across(place), up(value)) for place, value in run if len(run) == 1]
        known = [value for value in column if value is not None]
        if known:
            ends.append((up(known[-1]), series, name))
    for height_of, series, name in _apart(ends):
        parts.append(_text(f"name series-{series + 1}", _LEFT + width + 8, height_of + 4, name))
    return _svg(table, height, parts)


def _bars(table: Table) -> Markup:
    rows = [(str(row[0]), _number(row[1]) or 0.0) for row in table.rows]
    top = max(value for _, value in rows)
    width = _WIDTH - _BAR_LABEL - 70
    parts = []
    for place, (name, value) in enumerate(rows):
        y = 4 + place * _BAR
        short = name if len(name) <= _LONGEST_LABEL else name[: _LONGEST_LABEL - 1] + "…"
        long = max(1.0, width * value / top)
        parts.append(_text("axis end", _BAR_LABEL - 8, y + 15, short))
        bar = '<rect class="bar" x="{}" y="{}" width="{:.1f}" height="{}" rx="2"/>'
        parts.append(Markup(bar).format(_BAR_LABEL, y + 3, long, _BAR - 8))
        parts.append(_text("axis", _BAR_LABEL + long + 6, y + 15, number(value) + table.unit))
    return _svg(table, 8 + len(rows) * _BAR, parts)


def _runs(column: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """Return the pieces of a line between values that are not known."""
    runs: list[list[tuple[int, float]]] = [[]]
    for place, value in enumerate(column):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((place, value))
    return [run for run in runs if run]


def _apart(ends: list[tuple[float, int, str]], least: float = 16.0) -> list[tuple[float, int, str]]:
    """Return the labels at the lines' ends, moved so that none lies on another."""
    placed: list[tuple[float, int, str]] = []
    for y, series, name in sorted(ends):
        placed.append((max(y, placed[-1][0] + least) if placed else y, series, name))
    return placed


def _svg(table: Table, height: float, parts: list[Markup]) -> Markup:
    head = Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
        _WIDTH, height, f"Chart: {table.title}. The table below has its numbers."
    )
    return head + Markup("").join(parts) + Markup("</svg>")


def _line(kind: str, x1: float, y1: float, x2: float, y2: float) -> Markup:
    drawn = '<line class="{}" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>'
    return Markup(drawn).format(kind, x1, y1, x2, y2)


def _dot(series: int, x: float, y: float) -> Markup:
    return Markup('<circle class="dot series-{}" cx="{:.1f}" cy="{:.1f}" r="3.5"/>').format(series + 1, x, y)


def _text(kind: str, x: float, y: float, text: str) -> Markup:
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}">{}</text>').format(kind, x, y, text)


def _number(value: str | float | None) -> float | None:
    return None if value is None or isinstance(value, str) else float(value)

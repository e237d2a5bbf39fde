"""Cells of CSV files that people open in a spreadsheet."""

from __future__ import annotations

# Spreadsheets run what begins like this.
_RUN = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe_cell(text: str) -> str:
    """Return a text so that a spreadsheet shows it and does not run it."""
    return f"'{text}" if text.startswith(_RUN) else text

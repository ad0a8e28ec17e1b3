"""Cells of a CSV file that no spreadsheet takes for a formula."""

from __future__ import annotations

from typing import Any

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would execute


def safe(cell: Any) -> Any:
    """The cell; text that would be taken for a formula gets an apostrophe before it."""
    if cell is None:
        return ""
    if isinstance(cell, str) and cell.lstrip(" ").startswith(FORMULA_STARTS):
        return "'" + cell
    return cell

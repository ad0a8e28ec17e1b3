"""Cells of a CSV file that no spreadsheet takes for a formula."""

from __future__ import annotations

from typing import Any

# What a spreadsheet would execute; those of East Asia take the wide signs too.
FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # noqa: RUF001
BREAKS = ("\t", "\r", "\n")  # a cell that starts anew starts a formula anew


def safe(cell: Any) -> Any:
    """The cell; text that would be taken for a formula gets an apostrophe before it."""
    if cell is None:
        return ""
    if isinstance(cell, str) and (cell.startswith(BREAKS) or cell.lstrip().startswith(FORMULA_STARTS)):
        return "'" + cell
    return cell

"""Tables as CSV that a spreadsheet opens safely."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpResponse

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would execute


def csv_response(name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """A download `name`.csv, UTF-8 with a mark so that Excel reads it; numbers stay numbers."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response.write("\ufeff")
    writer = csv.writer(response)
    writer.writerow([safe(column) for column in columns])
    writer.writerows([safe(cell) for cell in row] for row in rows)
    return response


def safe(cell: Any) -> Any:
    """The cell; text that would be taken for a formula gets an apostrophe before it."""
    if cell is None:
        return ""
    if isinstance(cell, str) and cell.lstrip(" ").startswith(FORMULA_STARTS):
        return "'" + cell
    return cell

"""The trail as a file, written while it is read: of any length, in little memory."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from core.api.renderers import dumps
from core.csv_cells import safe

CHUNK = 500  # entries per piece of the file


def ndjson(entries: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """One JSON object per line."""
    for piece in _pieces(entries):
        yield b"".join(dumps(entry) + b"\n" for entry in piece)


def csv_file(columns: list[str], entries: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """UTF-8 with a mark so that Excel reads it; values as JSON; no cell is taken for a formula."""
    yield _lines([columns], "\ufeff")
    for piece in _pieces(entries):
        yield _lines([_cell(entry[name]) for name in columns] for entry in piece)


def _cell(value: Any) -> Any:
    return dumps(value).decode() if isinstance(value, dict | list) else safe(value)


def _lines(rows: Iterable[list[Any]], start: str = "") -> bytes:
    text = io.StringIO()
    text.write(start)
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _pieces(entries: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    rest = iter(entries)
    while piece := list(islice(rest, CHUNK)):
        yield piece

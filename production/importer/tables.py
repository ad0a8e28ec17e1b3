"""From the bytes of a file to its rows: encoding, separator, header, limits. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from production.importer.column_map import SEPARATORS
from production.importer.findings import Findings, Severity, Unusable

MAX_BYTES = 10 * 1024 * 1024
MAX_ROWS = 50_000
MAX_COLUMNS = 500
SHOWN_COLUMNS = 20


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file as it came, under the name its owner gave it (for messages only)."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number in the file and its cells by column, without blanks around them."""

    number: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """A file's rows. `read` counts all that are not blank, also those left out here and named in the findings."""

    name: str
    columns: tuple[str, ...]
    rows: list[Row]
    read: int


def read_table(
    source: SourceFile,
    *,
    wanted: Sequence[str],
    key: str,
    separator: str | None,
    encoding: str,
    findings: Findings,
) -> Table:
    """The rows of a file whose header has the `wanted` columns. Raises Unusable.

    A row whose `key` cell repeats the header is no data; a row with more or fewer cells than the header is left
    out. Both are named. Blank rows are nothing.
    """
    text = _decode(source, encoding)
    separator = separator or _find_separator(text, wanted)
    lines = _lines(source.name, text, separator)
    columns = _header(source.name, next(lines, (0, []))[1], wanted)
    rows, read = [], 0
    for number, cells in lines:
        read += 1
        if read > MAX_ROWS:
            raise Unusable(
                f"More than {MAX_ROWS} rows: split the file.", code="too_many_rows", file=source.name
            )
        row = Row(number, dict(zip(columns, cells, strict=False)))
        if _is_data(row, len(cells), columns, key, source.name, findings):
            rows.append(row)
    return Table(source.name, columns, rows, read)


def _is_data(row: Row, width: int, columns: tuple[str, ...], key: str, file: str, findings: Findings) -> bool:
    if row.cells.get(key, "").casefold() == key.casefold():
        findings.add(
            Severity.INFO,
            "repeated_header",
            "The header row is repeated here; it was skipped.",
            file=file,
            row=row.number,
            column=key,
            value=row.cells[key],
        )
        return False
    if width != len(columns):
        findings.add(
            Severity.ERROR,
            "cell_count",
            f"The row has {width} cells, the header {len(columns)}; the row was left out.",
            file=file,
            row=row.number,
            column=key,
            value=row.cells.get(key, ""),
        )
        return False
    return True


def _decode(source: SourceFile, encoding: str) -> str:
    if len(source.content) > MAX_BYTES:
        raise Unusable(f"Larger than {MAX_BYTES // 1024**2} MB.", code="too_large", file=source.name)
    if b"\x00" in source.content:
        raise Unusable(
            "It holds NUL bytes, so it is no text file; save it as CSV in UTF-8.",
            code="binary",
            file=source.name,
            row=source.content[: source.content.index(b"\x00")].count(b"\n") + 1,
        )
    try:
        return source.content.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as exc:
        raise Unusable(
            f"Byte {exc.start + 1} is not {encoding}; save it as UTF-8 or name the encoding in the column map.",
            code="encoding",
            file=source.name,
            row=source.content[: exc.start].count(b"\n") + 1,
        ) from exc


def _find_separator(text: str, wanted: Sequence[str]) -> str:
    """The separator under which most of the wanted columns are in the first line."""
    first = next((line for line in text.splitlines() if line.strip()), "")

    def found(separator: str) -> tuple[int, int]:
        try:
            names = [name.strip() for name in next(csv.reader([first], delimiter=separator), [])]
        except csv.Error:  # told where the rows are read
            return 0, 0
        return sum(name in names for name in wanted), len(names)

    return max(SEPARATORS, key=found)


def _lines(file: str, text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """(row number, cells) of every row that is not blank; empty cells past the end of others go."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    while True:
        start = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as exc:
            raise Unusable(f"Cannot be read as CSV: {exc}.", code="csv", file=file, row=start) from exc
        if cells is None:
            return
        if len(cells) > MAX_COLUMNS:
            raise Unusable(f"More than {MAX_COLUMNS} columns.", code="too_many_columns", file=file, row=start)
        if any(cell.strip() for cell in cells):
            yield start, [cell.strip() for cell in cells]


def _header(file: str, cells: list[str], wanted: Sequence[str]) -> tuple[str, ...]:
    if not cells:
        raise Unusable("The file is empty.", code="empty", file=file)
    twice = sorted({name for name in cells if cells.count(name) > 1})
    if twice:
        raise Unusable(
            f"Columns that are there twice: {_shown(twice)}.", code="column_twice", file=file, row=1
        )
    missing = [name for name in wanted if name not in cells]
    if missing:
        raise Unusable(
            f"Columns that are missing: {_shown(missing)}. The file has: {_shown(cells)}. "
            "Name its columns in the column map, null where it has none.",
            code="columns_missing",
            file=file,
            row=1,
        )
    return tuple(cells)


def _shown(names: Sequence[str]) -> str:
    rest = f" and {len(names) - SHOWN_COLUMNS} more" if len(names) > SHOWN_COLUMNS else ""
    return ", ".join(f"“{name[:50]}”" for name in names[:SHOWN_COLUMNS]) + rest

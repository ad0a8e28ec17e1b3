"""The rows of a batch, written by COPY; what becomes of units and lots, in one statement each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any

import orjson
from django.db import connection

from production.bulk.plant import FOLLOWING, LotRow, UnitRow
from production.record_input import Given, NamedDefect

NULL = r"\N"
CHUNK = 250  # rows sent at a time
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


@dataclass(slots=True)
class Accepted:
    """A record that is kept, with its defects and its place."""

    given: Given
    lot_id: int
    unit: UnitRow | None
    process_id: int
    machine_id: int | None
    operator_id: int
    level: str
    order: int
    override_reason: str
    started_at: datetime
    completed_at: datetime | None
    day: date
    defects: Sequence[NamedDefect]
    id: int = 0


def write(judged: Iterable[Accepted], most: int, now: datetime) -> list[Accepted]:
    """Every record that comes, at most so many, with its marks and defects; gives each its id.

    PostgreSQL takes in the first rows while the last ones are still being judged. Four statements at most.
    """
    kept: list[Accepted] = []
    _copy("processdata", _RECORD, _records(judged, iter(_ids(most)), now.isoformat(), kept))
    _copy("stepmark", _MARK, (_mark(row) for row in kept if row.given.result in (None, "PASS")))
    named = [(row, defect) for row in kept if row.defects and row.given.result for defect in row.defects]
    if named:
        _copy("defect", _DEFECT, (_defect(row, defect) for row, defect in named))
    return kept


def _records(
    judged: Iterable[Accepted], ids: Iterator[int], stamp: str, kept: list[Accepted]
) -> Iterator[str]:
    for row in judged:
        row.id = next(ids)
        kept.append(row)
        yield _record(row, stamp)


def _ids(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval('production_processdata_id_seq') FROM generate_series(1, %s::int)", [count]
        )
        return [pk for (pk,) in cursor.fetchall()]


_RECORD = (
    "id, process_id, serial_id, lot_id, machine_id, operator_id, data_level, result, measurements, defects, notes,"
    " process_order, override_reason, started_at, completed_at, day, created_at"
)
_MARK = "lot_id, serial_id, process_id, passed, record_id"
_DEFECT = "record_id, day, lot_id, serial_id, process_id, defect_code, defect_name, severity"


def _copy(table: str, columns: str, lines: Iterator[str]) -> None:
    query = f"COPY production_{table} ({columns}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        while some := list(islice(lines, CHUNK)):
            copy.write("".join(some))


def _record(row: Accepted, stamp: str) -> str:
    given = row.given
    return (
        f"{row.id}\t{row.process_id}\t{row.unit.id if row.unit else NULL}\t{row.lot_id}\t{row.machine_id or NULL}\t"
        f"{row.operator_id}\t{row.level}\t{given.result or NULL}\t{_json(given.measurements or {})}\t"
        f"{_json(given.defects or [])}\t{_text(given.notes or '')}\t{row.order}\t{_text(row.override_reason)}\t"
        f"{row.started_at.isoformat()}\t{row.completed_at.isoformat() if row.completed_at else NULL}\t"
        f"{row.day.isoformat()}\t{stamp}\n"
    )


def _mark(row: Accepted) -> str:
    passed = "f" if row.given.result is None else "t"
    return f"{row.lot_id}\t{row.unit.id if row.unit else NULL}\t{row.process_id}\t{passed}\t{row.id}\n"


def _defect(row: Accepted, defect: NamedDefect) -> str:
    return (
        f"{row.id}\t{row.day.isoformat()}\t{row.lot_id}\t{row.unit.id if row.unit else NULL}\t{row.process_id}\t"
        f"{_text(defect.defect_code)}\t{_text(defect.defect_name or '')}\t{_text(defect.severity or '')}\n"
    )


def _json(value: Any) -> str:
    text = orjson.dumps(value).decode()
    return text.replace("\\", "\\\\") if "\\" in text else text


def _text(value: str) -> str:
    return value.translate(_ESCAPES) if value else ""


_UNITS = """
    UPDATE production_serial AS unit SET status = given.status, failure_reason = given.reason,
        is_scrapped = given.scrapped, completed_at = given.at, completed_on = given.day, updated_at = now()
    FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::bool[], %s::timestamptz[], %s::date[])
        AS given (id, status, reason, scrapped, at, day)
    WHERE unit.id = given.id
"""

_LOTS = """
    UPDATE production_lot AS lot SET status = given.status, started_at = given.started_at,
        passed_quantity = given.passed, failed_quantity = given.failed, scrapped_quantity = given.scrapped,
        completed_at = given.completed_at, completed_on = given.completed_on, updated_at = now()
    FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::int[], %s::int[], %s::int[], %s::timestamptz[],
        %s::date[]) AS given (id, status, started_at, passed, failed, scrapped, completed_at, completed_on)
    WHERE lot.id = given.id
"""


def move_units(units: Sequence[UnitRow], scrapped: Any) -> None:
    """Units whose status has changed."""
    rows = [
        (
            unit.id,
            unit.state.status,
            unit.failure_reason,
            scrapped(unit),
            unit.ended_at,
            unit.ended_at.astimezone(unit.home.zone).date() if unit.ended_at else None,
        )
        for unit in units
    ]
    _update(_UNITS, rows)


def move_lots(lots: Sequence[LotRow]) -> None:
    """Lots whose status or quantities have changed."""
    _update(_LOTS, [(row.lot.pk, *(getattr(row.lot, name) for name in FOLLOWING)) for row in lots])


def _update(sql: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(sql, [list(column) for column in zip(*rows, strict=True)])

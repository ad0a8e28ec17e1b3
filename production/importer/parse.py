"""From the files of a production log to batches that can be trusted. Pure.

A batch is taken with all of its stops or not at all, so that no availability rests on half a record. What cannot be
true (a negative stop, stops longer than their batch, two batches at once) is left out and named; corrected in the
file and imported again it comes in, for a second import takes only what is not there yet.
"""

from __future__ import annotations

from collections.abc import Mapping

from production.importer.batches import BatchSheet, read_batches
from production.importer.column_map import REQUIRED, ColumnMap, Role
from production.importer.desk import Desk, Reading, in_minutes
from production.importer.findings import Findings, Severity, Unusable
from production.importer.log import Orphan, ProductionLog, TableCount
from production.importer.reference import read_factors, read_products
from production.importer.stops import BatchStops, read_stops
from production.importer.tables import SourceFile, Table, read_table

Files = Mapping[Role, SourceFile]


def parse_log(files: Files, reading: Reading, findings: Findings) -> ProductionLog:
    """The log in these files; what is odd goes to `findings`.

    Raises Unusable where a file cannot be read at all, or where the batches or the stops are missing.
    """
    desk = Desk(reading, findings, _tables(files, reading, findings))
    factors, products = read_factors(desk), read_products(desk)
    used = {Role.FACTORS: len(factors), Role.PRODUCTS: len(products)}
    stops = read_stops(desk, factors)
    sheet = read_batches(desk, products, stops)
    taken = {batch.number for batch in sheet.batches}
    used[Role.BATCHES] = len(taken)
    used[Role.STOPS] = sum(len(found.rows) for number, found in stops.items() if number in taken)
    orphans = _name_stops_left_out(desk, stops, sheet)
    counts = {
        role.value: TableCount(table.name, table.read, table.read - used[role])
        for role, table in desk.tables.items()
    }
    return ProductionLog(sheet.batches, factors, products, orphans, counts)


def _tables(files: Files, reading: Reading, findings: Findings) -> dict[Role, Table]:
    for role in REQUIRED:
        if role not in files:
            raise Unusable(f"The file of the {role.value} is missing.", code="file_missing", file=role.value)
    return {
        role: read_table(
            files[role],
            wanted=reading.column_map.columns_of(role).named(),
            key=_key_column(reading.column_map, role),
            separator=reading.separator,
            encoding=reading.column_map.encoding,
            findings=findings,
        )
        for role in Role
        if role in files
    }


def _key_column(column_map: ColumnMap, role: Role) -> str:
    return {
        Role.BATCHES: column_map.batches.batch,
        Role.STOPS: column_map.stops.batch,
        Role.FACTORS: column_map.factors.code,
        Role.PRODUCTS: column_map.products.code,
    }[role]


def _name_stops_left_out(
    desk: Desk, stops: Mapping[str, BatchStops], sheet: BatchSheet
) -> tuple[Orphan, ...]:
    """Name every row of stops whose batch is not taken; those of batches that are not there at all."""
    taken, orphans = {batch.number for batch in sheet.batches}, []
    for number, found in stops.items():
        if number in taken:
            continue
        uncounted = f"{in_minutes(found.stopped)} min of stops are not counted."
        if number in sheet.numbers:
            _name(desk, number, found, "batch_left_out", f"Its batch was left out: {uncounted}")
        else:
            orphans.append(Orphan(number, found.stopped))
            _name(desk, number, found, "stops_without_batch", f"There is no batch {number}: {uncounted}")
    return tuple(orphans)


def _name(desk: Desk, number: str, found: BatchStops, code: str, message: str) -> None:
    for row in found.rows:
        desk.findings.add(
            Severity.WARNING,
            code,
            message,
            file=desk.tables[Role.STOPS].name,
            row=row,
            column=desk.map.stops.batch,
            value=number,
        )

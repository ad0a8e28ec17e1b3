"""The batches of a log: when each was made, with all of its stops. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from production.importer import cells
from production.importer.cells import CellFault, Moment
from production.importer.column_map import Role
from production.importer.desk import Desk, in_minutes
from production.importer.findings import Severity
from production.importer.log import Batch, Product, Stop
from production.importer.stops import BatchStops
from production.importer.tables import Row

ROLE = Role.BATCHES
MAX_BATCH = timedelta(days=7)
LEFT_OUT = "The batch was left out."
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class BatchSheet:
    """`batches` by start and disjoint; `numbers` are those of all rows, also of the batches left out."""

    batches: tuple[Batch, ...]
    numbers: frozenset[str]


def read_batches(desk: Desk, products: Mapping[str, Product], stops: Mapping[str, BatchStops]) -> BatchSheet:
    """The batches that can be trusted; each of the others is named."""
    sheet = _Sheet(desk, products, stops)
    batches = [batch for row in desk.rows(ROLE) if (batch := sheet.batch(row))]
    return BatchSheet(sheet.disjoint(batches), frozenset(sheet.first))


@dataclass
class _Sheet:
    desk: Desk
    products: Mapping[str, Product]
    stops: Mapping[str, BatchStops]
    first: dict[str, Row] = field(default_factory=dict)  # of each batch number

    def batch(self, row: Row) -> Batch | None:
        """The batch of a row; None, each fault being named, where it cannot be taken."""
        words = self._words(row)
        if words is None or self._is_repeated(words[0], row):
            return None
        number, product, operator = words
        span = self._span(row)
        stops = self._stops_of(number, span, row)
        if not self._knows(product, row) or span is None or stops is None:
            return None
        return Batch(number, product, operator, *span, stops, row.number)

    def disjoint(self, batches: Iterable[Batch]) -> tuple[Batch, ...]:
        """Batches by start. One that begins while an earlier one still runs is left out and named."""
        kept: list[Batch] = []
        for batch in sorted(batches, key=lambda b: (b.start, b.row)):
            if kept and batch.start < kept[-1].end:
                message = f"It begins before batch {kept[-1].number} (row {kept[-1].row}) ends. {LEFT_OUT}"
                self._error("overlap", message, self.first[batch.number], self.desk.map.batches.start)
            else:
                kept.append(batch)
        return tuple(kept)

    def _error(self, code: str, message: str, row: Row, column: str) -> None:
        self.desk.say(Severity.ERROR, code, message, ROLE, row, column)

    def _words(self, row: Row) -> tuple[str, str, str] | None:
        """Number, product and operator."""
        columns, column = self.desk.map.batches, self.desk.map.batches.batch
        try:
            number = cells.number_name(row.cells[column])
            column = columns.product
            product = cells.code(row.cells[column])
            column = columns.operator or ""
            return number, product, cells.plain(row.cells.get(column, ""))
        except CellFault as fault:
            self.desk.fault(fault, LEFT_OUT, ROLE, row, column)
            return None

    def _is_repeated(self, number: str, row: Row) -> bool:
        first, column = self.first.setdefault(number, row), self.desk.map.batches.batch
        if first is row:
            return False
        if first.cells == row.cells:
            message = f"The same as row {first.number}; it was counted once."
            self.desk.say(Severity.WARNING, "duplicate_batch", message, ROLE, row, column)
        else:
            self._error(
                "duplicate_batch", f"Row {first.number} has this batch number too. {LEFT_OUT}", row, column
            )
        return True

    def _knows(self, product: str, row: Row) -> bool:
        is_known = product in self.products or product in self.desk.reading.known_products
        if not is_known:
            message = f"The product is neither in the products' file nor in the plant. {LEFT_OUT}"
            self._error("unknown_product", message, row, self.desk.map.batches.product)
        return is_known

    def _stops_of(self, number: str, span: Span | None, row: Row) -> tuple[Stop, ...] | None:
        found, column = self.stops.get(number, BatchStops()), self.desk.map.batches.batch
        if found.fault is not None:
            self._error(
                "stops_unreadable", f"Its stops in row {found.fault} cannot be taken. {LEFT_OUT}", row, column
            )
            return None
        if span and found.stopped > span[1] - span[0]:
            lasts = f"{in_minutes(found.stopped)} min, the batch only {in_minutes(span[1] - span[0])} min"
            self._error("stops_longer_than_batch", f"Its stops last {lasts}. {LEFT_OUT}", row, column)
            return None
        return tuple(found.stops)

    # When it was.

    def _span(self, row: Row) -> Span | None:
        columns, written = self.desk.map.batches, self.desk.map.date_format
        column = columns.start
        try:
            start = self._moment(row, column)
            column = columns.end
            end = self._moment(row, column)
            column = columns.date or columns.start
            day = start.day or cells.day(row.cells[column] if columns.date else "", written)
            column = columns.end
            return self._placed(start, end, day, row)
        except CellFault as fault:
            self.desk.fault(fault, LEFT_OUT, ROLE, row, column)
            return None

    def _moment(self, row: Row, column: str) -> Moment:
        """The time in this cell, without a date that only stands for none."""
        found = cells.moment(row.cells[column], self.desk.map.date_format)
        if not found.has_no_true_date:
            return found
        message = f"The date {found.day} stands for no date; it was ignored, the time was taken."
        self.desk.say(Severity.WARNING, "date_ignored", message, ROLE, row, column)
        return found._replace(day=None)

    def _placed(self, start: Moment, end: Moment, day: date, row: Row) -> Span:
        last_day = end.day or day
        if end.day is None and end.clock < start.clock:
            last_day = day + timedelta(days=1)
            message = f"It ends at an earlier time than it starts, so on the next day: {last_day}."
            self.desk.say(Severity.INFO, "over_midnight", message, ROLE, row, self.desk.map.batches.end)
        zone = self.desk.reading.zone
        span = start.at(day, zone), end.at(last_day, zone)
        self._ensure_possible(*span)
        return span

    def _ensure_possible(self, start: datetime, end: datetime) -> None:
        if end <= start:
            raise CellFault("no_duration", "The end does not lie after the start.")
        if end - start > MAX_BATCH:
            raise CellFault("absurd", "The batch would last longer than a week.")
        if end > self.desk.reading.now:
            raise CellFault("in_the_future", "The batch would end in the future.")

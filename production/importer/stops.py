"""The stops of a log by batch, from a column per factor (wide) or a row per stop (long). Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from production.importer import cells
from production.importer.cells import CellFault
from production.importer.column_map import Role
from production.importer.desk import Desk
from production.importer.findings import Severity, Unusable
from production.importer.log import Factor, Stop
from production.importer.reference import loss_category
from production.importer.tables import Row

ROLE = Role.STOPS


@dataclass
class BatchStops:
    """The stops of one batch in the order of the file. `fault` is its first row that cannot be taken."""

    stops: list[Stop] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    fault: int | None = None

    @property
    def stopped(self) -> timedelta:
        return sum((stop.duration for stop in self.stops), timedelta())


def read_stops(desk: Desk, factors: dict[str, Factor]) -> dict[str, BatchStops]:
    """The stops by batch number. A factor without a row of its own is added to `factors` and named."""
    sheet = _Sheet(desk, factors, {factor.name.casefold(): code for code, factor in factors.items()})
    return sheet.read_long() if desk.map.stops.is_long else sheet.read_wide()


@dataclass
class _Sheet:
    desk: Desk
    factors: dict[str, Factor]
    codes: dict[str, str]  # of factors by name
    found: dict[str, BatchStops] = field(default_factory=dict)

    def read_long(self) -> dict[str, BatchStops]:
        for row in self.desk.rows(ROLE):
            number = self._batch(row)
            if number is not None:
                self._add(number, row, self._stop_of(row))
        return self.found

    def read_wide(self) -> dict[str, BatchStops]:
        by_column = self._factor_columns()
        for row in self.desk.rows(ROLE):
            number = self._batch(row)
            if number is not None:
                self._add_only(number, row, self._stops_in(row, by_column))
        return self.found

    def _batch(self, row: Row) -> str | None:
        column = self.desk.map.stops.batch
        try:
            return cells.number_name(row.cells[column])
        except CellFault as fault:
            self.desk.fault(fault, "The stops of this row were left out.", ROLE, row, column)
            return None

    def _add(self, number: str, row: Row, stops: list[Stop] | None) -> None:
        """Add the stops of a row; None for a row that cannot be taken."""
        batch = self.found.setdefault(number, BatchStops())
        batch.rows.append(row.number)
        batch.stops += stops or []
        if stops is None and batch.fault is None:
            batch.fault = row.number

    def _add_only(self, number: str, row: Row, stops: list[Stop] | None) -> None:
        """Add the row of a wide file, which has one per batch: a second must say the same."""
        first = self.found.get(number)
        if first is None:
            self._add(number, row, stops)
        elif stops == first.stops and first.fault is None:
            message = f"The same as row {first.rows[0]}; it was counted once."
            self.desk.say(Severity.WARNING, "duplicate_stops", message, ROLE, row, self.desk.map.stops.batch)
        else:
            message = f"Row {first.rows[0]} says otherwise of this batch."
            self.desk.say(
                Severity.ERROR, "contradicting_stops", message, ROLE, row, self.desk.map.stops.batch
            )
            self._add(number, row, None)

    def _factor_columns(self) -> dict[str, str]:
        """The factor of each column of a wide file."""
        columns = self.desk.map.stops
        names = [
            name for name in self.desk.tables[ROLE].columns if name not in (columns.batch, *columns.ignored)
        ]
        try:
            found = {name: self._factor_titled(name) for name in names}
        except CellFault as fault:
            raise self._unusable(f"A column's name is no factor: {fault}", "bad_column") from fault
        code, count = Counter(found.values()).most_common(1)[0] if found else ("", 0)
        if count > 1:
            raise self._unusable(f"More than one column is for the factor {code}.", "column_twice")
        return found

    def _unusable(self, message: str, code: str) -> Unusable:
        return Unusable(message, code=code, file=self.desk.tables[ROLE].name, row=1)

    def _factor_titled(self, title: str) -> str:
        """The code of a column's factor: by its name, its code ("3") or both words ("Factor 3")."""
        word = self.desk.map.factors.code.casefold() + " "
        bare = title[len(word) :] if title.casefold().startswith(word) else title
        return self._factor(bare, title, row=1)

    def _factor(self, text: str, column: str, *, row: int) -> str:
        """The code of the factor with this name or code, which is made and named where it has no row."""
        code = self.codes.get(text.casefold()) or cells.factor_code(text)
        if code not in self.factors:
            category = loss_category(code, text, "", self.desk.map)
            self.factors[code] = Factor(code, cells.plain(text), False, category)
            message = f"The factor {code} has no row among the factors; its stops count as {category}."
            self.desk.findings.add(
                Severity.WARNING,
                "factor_without_row",
                message,
                file=self.desk.tables[ROLE].name,
                row=row,
                column=column,
                value=text,
            )
        return code

    def _stops_in(self, row: Row, by_column: dict[str, str]) -> list[Stop] | None:
        """The stops of a row in the order of the columns; None, each fault being named, where one is wrong."""
        lasted = {name: self._minutes(row, name) for name in by_column if row.cells[name]}
        if None in lasted.values():
            return None
        return [Stop(by_column[name], duration) for name, duration in lasted.items() if duration]

    def _stop_of(self, row: Row) -> list[Stop] | None:
        columns = self.desk.map.stops
        column = columns.factor or ""
        try:
            factor = self._factor(row.cells[column], column, row=row.number)
        except CellFault as fault:
            self.desk.fault(fault, "The stop cannot be taken.", ROLE, row, column)
            return None
        duration = self._minutes(row, columns.minutes or "")
        if duration is None:
            return None
        return [Stop(factor, duration)] if duration else []

    def _minutes(self, row: Row, column: str) -> timedelta | None:
        try:
            return cells.minutes(row.cells[column], self.desk.map.decimal)
        except CellFault as fault:
            self.desk.fault(fault, "The stop cannot be taken.", ROLE, row, column)
            return None

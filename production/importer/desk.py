"""What the readers of all four files share: the tables, how to read them, and where to say what is wrong. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from production.importer.cells import CellFault
from production.importer.column_map import ColumnMap, Role
from production.importer.findings import Findings, Severity
from production.importer.tables import Row, Table


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read the files: `zone` of their wall clocks, `now` after which nothing can have ended, products the
    plant knows without the files, and the separator where it is not to be found out."""

    zone: ZoneInfo
    now: datetime
    column_map: ColumnMap
    separator: str | None = None
    known_products: Collection[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Desk:
    """The tables on the desk of a reader."""

    reading: Reading
    findings: Findings
    tables: dict[Role, Table]

    @property
    def map(self) -> ColumnMap:
        return self.reading.column_map

    def rows(self, role: Role) -> list[Row]:
        return self.tables[role].rows if role in self.tables else []

    def say(
        self, severity: Severity, code: str, message: str, role: Role, row: Row, column: str = ""
    ) -> None:
        """A remark on a row, or on its cell in this column."""
        self.findings.add(
            severity,
            code,
            message,
            file=self.tables[role].name,
            row=row.number,
            column=column,
            value=row.cells.get(column, ""),
        )

    def fault(self, fault: CellFault, done: str, role: Role, row: Row, column: str) -> None:
        """A cell that cannot be read, and what was done about it."""
        self.say(Severity.ERROR, fault.code, f"{fault} {done}", role, row, column)


def in_minutes(duration: timedelta) -> int | float:
    """Minutes, whole where they are."""
    value = duration / timedelta(minutes=1)
    return int(value) if value.is_integer() else round(value, 6)

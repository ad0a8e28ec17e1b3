"""What an import has to say about its files, row by row. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

SHOWN_CHARACTERS = 100
SHOWN_FINDINGS = 1_000


class Severity(StrEnum):
    """ERROR: what the row says is left out. WARNING: a decision was made that somebody should know. INFO: handled."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark: where it is (`row` as a text editor counts, 0 for the file as a whole), what stood there, and what
    was done."""

    severity: Severity
    code: str
    file: str
    row: int
    column: str
    value: str
    message: str


class Unusable(ValueError):
    """The input as a whole cannot be read; nothing is imported."""

    def __init__(self, message: str, *, code: str, file: str = "", row: int = 0) -> None:
        super().__init__(message)
        self.finding = Finding(Severity.ERROR, code, file, row, "", "", message)


@dataclass
class Findings:
    """The remarks of one import, in the order of their making."""

    items: list[Finding] = field(default_factory=list)

    def add(
        self,
        severity: Severity,
        code: str,
        message: str,
        *,
        file: str = "",
        row: int = 0,
        column: str = "",
        value: str = "",
    ) -> None:
        shown = value if len(value) <= SHOWN_CHARACTERS else value[:SHOWN_CHARACTERS] + "…"
        self.items.append(Finding(severity, code, file, row, column, shown, message))

    def count(self, severity: Severity) -> int:
        return Counter(item.severity for item in self.items)[severity]

    def as_values(self) -> list[dict[str, Any]]:
        """The worst first, then by file and row; at most 1,000, the counts stay whole."""
        order = list(Severity)
        ranked = sorted(self.items, key=lambda f: (order.index(f.severity), f.file, f.row))
        return [{**asdict(item), "severity": item.severity.value} for item in ranked[:SHOWN_FINDINGS]]

"""The report of an import for people at a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

WORDS = {"error": "ERROR  ", "warning": "WARNING", "info": "handled"}


def lines_of(report: dict[str, Any]) -> Iterator[str]:
    """Rows named, totals, Pareto, operators, products."""
    yield from _findings(report)
    yield ""
    yield _outcome(report)
    if "totals" in report:
        yield from _totals(report["totals"])
        yield from (f"* {note}" for note in report["notes"])


def _findings(report: dict[str, Any]) -> Iterator[str]:
    for item in report["errors"]:
        place = f"{item['file']}:{item['row']}" if item["row"] else item["file"]
        cell = f" {item['column']}={item['value']!r}" if item["column"] else ""
        yield f"{WORDS[item['severity']]} {place}{cell}: {item['message']}"
    unseen = sum(report["counts"].values()) - len(report["errors"])
    if unseen:
        yield f"... and {unseen} more."


def _outcome(report: dict[str, Any]) -> str:
    verb = "would be imported" if report.get("dry_run") else "imported"
    return (
        f"{report['rows_read']} rows read: {report['imported']} batches {verb}, {report['duplicates']} there already, "
        f"{report['left_out']} left out."
    )


def _totals(found: dict[str, Any]) -> Iterator[str]:
    yield (
        f"Busy {found['busy_minutes']} min, stops {found['stop_minutes']} min, "
        f"producing {found['producing_minutes']} min"
    )
    yield (
        f"Availability {_percent(found['availability'])}, performance {_percent(found['performance'])}, "
        f"OEE {_percent(found['oee'])}"
    )
    stops = [(row["name"], f"{row['minutes']:g} min", _percent(row["share"])) for row in found["stops"]]
    yield from _table("Stops by factor", stops)
    yield from _table("Operators", [_group(row, "operator") for row in found["operators"]])
    yield from _table("Products", [_group(row, "product") for row in found["products"]])


def _group(row: dict[str, Any], key: str) -> tuple[str, str, str]:
    return row[key] or "–", f"{row['busy_minutes']:g} min busy", f"{row['stop_minutes']:g} min stops"


def _table(title: str, rows: list[tuple[str, str, str]]) -> Iterator[str]:
    yield ""
    yield title
    widths = [max(len(row[index]) for row in rows) for index in range(3)] if rows else []
    for name, first, second in rows:
        yield f"  {name:<{widths[0]}}  {first:>{widths[1]}}  {second:>{widths[2]}}"


def _percent(ratio: float | None) -> str:
    return "–" if ratio is None else f"{ratio:.2%}"

"""The report of an import, as JSON keeps it and pages, API and command show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from production.importer.column_map import Role
from production.importer.desk import in_minutes
from production.importer.findings import Finding, Findings, Severity, Unusable
from production.importer.log import Batch, ProductionLog
from production.importer.masters import Masters
from production.importer.summary import totals

STOPS_NOTE = (
    "Where in its batch a stop was, the log does not say: the stops of a batch are laid at its start, one after "
    "another in the order of the file, and the batch counts as one good unit in its last second."
)


def make_report(
    *,
    masters: Masters,
    log: ProductionLog,
    kept: Sequence[Batch],
    imported: int,
    findings: Findings,
    dry_run: bool,
    working_time: str,
) -> dict[str, Any]:
    """`kept` are the batches that are in the plant now, `imported` of them new; left out are those with an error."""
    file = log.tables[Role.BATCHES.value].file
    bad = {item.row for item in findings.items if item.severity is Severity.ERROR and item.file == file}
    return {
        "line_code": masters.line.line_code,
        "equipment_code": masters.machine.equipment_code,
        "dry_run": dry_run,
        "rows_read": sum(table.read for table in log.tables.values()),
        "imported": imported,
        "duplicates": len(kept) - imported,
        "left_out": len(bad),
        "tables": {role: asdict(table) for role, table in log.tables.items()},
        "stops_without_batch": [
            {"batch": orphan.batch, "minutes": in_minutes(orphan.stopped)} for orphan in log.orphans
        ],
        "notes": [STOPS_NOTE, working_time],
        "totals": totals(kept, factors=log.factors, products=log.products, planned=masters.planned_factors),
        **_said(findings),
    }


def failure_report(finding: Finding) -> dict[str, Any]:
    """The report of an import of which nothing came."""
    return {"rows_read": 0, "imported": 0, "duplicates": 0, "left_out": 0, **_said(Findings([finding]))}


def refusal(message: str, code: str) -> dict[str, Any]:
    """The same, for a rule that forbids the import as a whole."""
    return failure_report(Unusable(message, code=code).finding)


def _said(findings: Findings) -> dict[str, Any]:
    return {
        "errors": findings.as_values(),
        "counts": {severity.value: findings.count(severity) for severity in Severity},
    }

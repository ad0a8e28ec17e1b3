"""A production log into the plant: runs, pieces, states, stop reasons, ideal times and the working time they show.

Everything has a name made from line and batch, so a second import of the same file changes nothing; a batch that is
there already with other figures is named and left as it is. Corrections by people stay on top (equipment/timeline.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from core.ledger import record
from equipment.models import Line
from production.importer.column_map import DEFAULT_MAP, ColumnMap, Role
from production.importer.desk import Reading
from production.importer.findings import Findings, Severity
from production.importer.log import Batch, ProductionLog
from production.importer.masters import Masters, ensure_masters
from production.importer.parse import parse_log
from production.importer.report import make_report
from production.importer.tables import SourceFile
from production.importer.working_time import follow_batches
from production.importer.writing import Presence, presence_of, write_batches, write_idle
from production.models import ProductModel

PARSED, PREPARED, WRITTEN = 20, 30, 95  # per cent
CHUNK = 100  # batches
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How the files are written. Without a separator it is found out; without a zone it is the site's."""

    column_map: ColumnMap = DEFAULT_MAP
    separator: str | None = None
    zone: ZoneInfo | None = None


def no_progress(percent: int) -> None:
    """For those who do not watch."""


def import_log(
    *,
    line: Line,
    files: Mapping[Role, SourceFile],
    options: ImportOptions,
    dry_run: bool,
    actor: Any,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Import a log in one transaction and report on it. A dry run does the same and takes it back at the end.

    `progress` is told per cents; what it writes must not lie in this transaction if others are to see it. Raises
    Unusable where nothing can be imported at all.
    """
    findings = Findings()
    log = parse_log(files, _reading(line, options), findings)
    progress(PARSED)
    with transaction.atomic():
        report = _load(line, log, findings, dry_run, progress)
        transaction.set_rollback(dry_run)
        if not dry_run:
            told = {key: report[key] for key in ("rows_read", "imported", "duplicates", "left_out")}
            record("production.log.imported", line, actor=actor, new=told)
    progress(100)
    return report


def _reading(line: Line, options: ImportOptions) -> Reading:
    return Reading(
        zone=options.zone or line.site.zone,
        now=timezone.now(),
        column_map=options.column_map,
        separator=options.separator,
        known_products=frozenset(ProductModel.objects.values_list("model_code", flat=True)),
    )


def _load(
    line: Line, log: ProductionLog, findings: Findings, dry_run: bool, progress: Progress
) -> dict[str, Any]:
    masters = ensure_masters(line, log, findings)
    sorted_out = _sort_out(log, presence_of(masters, log.batches), findings)
    progress(PREPARED)
    kept = sorted(sorted_out.new + sorted_out.known, key=lambda batch: batch.start)
    note = follow_batches(line, kept)
    _write(masters, sorted_out.new, progress)
    write_idle(masters, kept)
    return make_report(
        masters=masters,
        log=log,
        kept=kept,
        imported=len(sorted_out.new),
        findings=findings,
        dry_run=dry_run,
        working_time=note,
    )


@dataclass(frozen=True, slots=True)
class _SortedOut:
    new: list[Batch]
    known: list[Batch]  # there already, the same


def _sort_out(log: ProductionLog, presence: Presence, findings: Findings) -> _SortedOut:
    """Which batches are new and which are there already; those that contradict the plant are named."""
    new, known = [], []
    for batch in log.batches:
        fault = presence.contradiction(batch)
        if fault:
            where = log.tables[Role.BATCHES.value].file
            findings.add(Severity.ERROR, *fault, file=where, row=batch.row, value=batch.number)
        elif presence.has(batch):
            known.append(batch)
        else:
            new.append(batch)
    return _SortedOut(new, known)


def _write(masters: Masters, batches: Sequence[Batch], progress: Progress) -> None:
    for start in range(0, len(batches), CHUNK):
        write_batches(masters, batches[start : start + CHUNK])
        done = min(start + CHUNK, len(batches)) / len(batches)
        progress(PREPARED + int((WRITTEN - PREPARED) * done))

"""Imports as people ask for them: a row that says what was asked, how far it is, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.context import act_as
from core.db import lock
from core.errors import DomainError
from core.ledger import record
from equipment.models import Line
from production.choices import ImportStatus
from production.importer import uploads
from production.importer.column_map import Role, as_values, map_of
from production.importer.findings import Unusable
from production.importer.load import ImportOptions, Progress, import_log
from production.importer.report import failure_report, refusal
from production.importer.tables import SourceFile
from production.models import ProductionLogImport

# An import that has not moved for so long has lost its worker.
STALLED_AFTER = timedelta(hours=1)
MAX_NAME = 100


class NotADryRun(DomainError):
    code = "not_a_dry_run"
    message = _("Only a dry run that has ended well can be imported for real.")


class FilesGone(DomainError):
    code = "files_gone"
    message = _("The files have been deleted. Upload them again.")


@transaction.atomic
def request_import(
    *, line: Line, files: Mapping[Role, SourceFile], options: ImportOptions, dry_run: bool, actor: Any
) -> ProductionLogImport:
    """Keep the files and have them imported in the background."""
    stored = uploads.store(files)
    values = {**_as_values(options), "names": _distinct_names(files)}
    return _request(line, values, stored, dry_run, actor)


@transaction.atomic
def confirm_import(*, dry_run: ProductionLogImport, actor: Any) -> ProductionLogImport:
    """Import for real what a dry run has shown. Raises NotADryRun, FilesGone."""
    dry_run = lock(ProductionLogImport, dry_run.pk)
    if not dry_run.dry_run or dry_run.status != ImportStatus.DONE:
        raise NotADryRun
    if not uploads.are_there(dry_run.files):
        raise FilesGone
    return _request(dry_run.line, dry_run.options, dry_run.files, False, actor)


def _request(
    line: Line, options: dict[str, Any], stored: dict[str, str], dry_run: bool, actor: Any
) -> ProductionLogImport:
    from production.tasks import import_production_log

    row = ProductionLogImport.objects.create(
        line=line, options=options, files=stored, dry_run=dry_run, created_by=actor
    )
    record(
        "production.log_import.requested", row, actor=actor, new={"line": line.line_code, "dry_run": dry_run}
    )
    import_production_log.defer(import_id=row.pk)
    return row


def keep_report(
    *,
    line: Line,
    files: Mapping[Role, SourceFile],
    options: ImportOptions,
    report: dict[str, Any],
    actor: Any,
) -> ProductionLogImport:
    """The row of an import that was done at once, without an upload: its report stays to be read."""
    return ProductionLogImport.objects.create(
        line=line,
        options={**_as_values(options), "names": _distinct_names(files)},
        dry_run=False,
        status=ImportStatus.DONE,
        progress=100,
        report=report,
        created_by=actor,
    )


def _as_values(options: ImportOptions) -> dict[str, Any]:
    return {
        "column_map": as_values(options.column_map),
        "separator": options.separator,
        "zone": options.zone.key if options.zone else None,
    }


def _from_values(values: Mapping[str, Any]) -> ImportOptions:
    zone = values["zone"]
    return ImportOptions(map_of(values["column_map"]), values["separator"], ZoneInfo(zone) if zone else None)


def _distinct_names(files: Mapping[Role, SourceFile]) -> dict[str, str]:
    """The client's names for messages, made printable, and told apart by their role where they are the same."""
    names = {
        role.value: "".join(c if c.isprintable() else "�" for c in source.name)[-MAX_NAME:]
        for role, source in files.items()
    }
    given = list(names.values())
    return {role: name if given.count(name) == 1 else f"{name} ({role})" for role, name in names.items()}


def run_import(*, import_id: int) -> None:
    """Do what was asked, once: an import that has begun or ended is left alone.

    A fault of the files or a rule of the plant ends it as FAILED, with its report; nothing is stored then.
    """
    row = _claim(import_id)
    if row is None:
        return
    with act_as(actor=row.created_by), _visible_progress(row) as progress:
        status, report = _attempt(row, progress)
    _end(row, status, report)
    if status == ImportStatus.DONE and not row.dry_run:
        uploads.discard(row.files)


def _claim(import_id: int) -> ProductionLogImport | None:
    waiting = ProductionLogImport.objects.filter(pk=import_id, status=ImportStatus.PENDING)
    if not waiting.update(status=ImportStatus.RUNNING, updated_at=timezone.now()):
        return None
    return ProductionLogImport.objects.select_related("line__area__site", "created_by").get(pk=import_id)


def _attempt(row: ProductionLogImport, progress: Progress) -> tuple[ImportStatus, dict[str, Any]]:
    try:
        report = import_log(
            line=row.line,
            files=uploads.load(row.files, row.options["names"]),
            options=_from_values(row.options),
            dry_run=row.dry_run,
            actor=row.created_by,
            progress=progress,
        )
    except Unusable as exc:
        return ImportStatus.FAILED, failure_report(exc.finding)
    except DomainError as exc:
        return ImportStatus.FAILED, refusal(exc.detail, exc.code)
    except FileNotFoundError:
        return ImportStatus.FAILED, refusal(str(FilesGone.message), FilesGone.code)
    except Exception:
        _end(row, ImportStatus.FAILED, refusal("The import stopped by a fault of the program.", "internal"))
        raise
    return ImportStatus.DONE, report


def _end(row: ProductionLogImport, status: ImportStatus, report: dict[str, Any]) -> None:
    row.status, row.report, row.progress = status, report, 100
    row.save(update_fields=["status", "report", "progress", "updated_at"])


@contextmanager
def _visible_progress(row: ProductionLogImport) -> Iterator[Progress]:
    """Write the progress at once, on a connection of its own: the import's transaction is seen at its end only."""
    connection = connections.create_connection(DEFAULT_DB_ALIAS)
    table = ProductionLogImport._meta.db_table

    def tell(percent: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} SET progress = %s, updated_at = now() WHERE id = %s",  # noqa: S608  our own table
                [percent, row.pk],
            )

    try:
        yield tell
    finally:
        connection.close()


def tidy_up() -> None:
    """Delete old uploads, and end the imports that stopped with their worker."""
    now = timezone.now()
    uploads.discard_old(now)
    stalled = ProductionLogImport.objects.filter(
        status=ImportStatus.RUNNING, updated_at__lt=now - STALLED_AFTER
    )
    for row in stalled:
        message = "The import was interrupted. Start it again: what is there already is not counted twice."
        _end(row, ImportStatus.FAILED, refusal(message, "interrupted"))

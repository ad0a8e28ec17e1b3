"""The catalogue of faults from a CSV file: row by row told what is wrong, kept whole or not at all."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import Invalid
from equipment.models import FaultCode

MAX_FILE = 2_000_000  # bytes
MAX_ROWS = 10_000
COLUMNS = ("code", "machine_type", "name", "description", "severity", "remedy")
NEEDED = ("code", "name")
Errors = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class RowErrors:
    """What is wrong with a row; the heading is row 1."""

    row: int
    errors: Errors


@dataclass(slots=True)
class FaultCodeReport:
    """What the file did, or would do."""

    dry_run: bool
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    errors: list[RowErrors] = field(default_factory=list)


@transaction.atomic
def import_fault_codes(*, content: bytes, dry_run: bool, actor: Any) -> FaultCodeReport:
    """Read the rows; a code that is known for its machine type is changed, another one is new.

    With any error, and in a dry run, nothing is stored. Raises Invalid for what is no such table at all.
    """
    report, rows = FaultCodeReport(dry_run), _rows(content)
    known = {_key(entry.code, entry.machine_type): entry for entry in FaultCode.objects.select_for_update()}
    seen: set[tuple[str, str]] = set()
    for number, said in rows:
        key = _key(said.get("code", ""), said.get("machine_type", ""))
        if key in seen:
            report.errors.append(RowErrors(number, {"code": [_("This code came before in the file.")]}))
            continue
        seen.add(key)
        _take(report, number, known.get(key), said)
    if dry_run or report.errors:
        transaction.set_rollback(True)
    return report


def _take(report: FaultCodeReport, number: int, entry: FaultCode | None, said: dict[str, str]) -> None:
    is_new, entry = entry is None, entry or FaultCode()
    changed = {name: value for name, value in said.items() if is_new or getattr(entry, name) != value}
    for name, value in changed.items():
        setattr(entry, name, value)
    try:
        entry.full_clean()
    except ValidationError as exc:
        report.errors.append(RowErrors(number, exc.message_dict))
        return
    if changed:
        entry.save()
    report.created += is_new
    report.updated += bool(changed) and not is_new
    report.unchanged += not changed


def _rows(content: bytes) -> list[tuple[int, dict[str, str]]]:
    """(number, what the row says), empty rows left out; an empty severity is not said."""
    reader = csv.reader(io.StringIO(_text(content)), delimiter=_separator(content))
    try:
        table = [row for row, _ in zip(reader, range(MAX_ROWS + 2), strict=False)]
    except csv.Error as exc:
        raise _refused(_("This is no CSV file: %(why)s.") % {"why": exc}) from exc
    if len(table) > MAX_ROWS + 1:
        raise _refused(_("At most %(count)d rows at once.") % {"count": MAX_ROWS})
    names = [name.strip().lower() for name in table[0]] if table else []
    _ensure_heading(names)
    return [
        (number, _said(dict(zip(names, row, strict=False))))
        for number, row in enumerate(table[1:], start=2)
        if any(cell.strip() for cell in row)
    ]


def _said(row: dict[str, str]) -> dict[str, str]:
    said = {name: cell.strip() for name, cell in row.items() if name in COLUMNS}
    if "severity" in said:
        said["severity"] = said["severity"].upper()
    return {name: value for name, value in said.items() if value or name != "severity"}


def _ensure_heading(names: list[str]) -> None:
    if missing := [name for name in NEEDED if name not in names]:
        raise _refused(_("The heading lacks %(names)s.") % {"names": ", ".join(missing)})
    if odd := [name for name in names if name not in COLUMNS]:
        raise _refused(_("Unknown columns: %(names)s.") % {"names": ", ".join(odd)[:200]})


def _text(content: bytes) -> str:
    if len(content) > MAX_FILE:
        raise _refused(_("The file is too large."))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise _refused(_("The file is not UTF-8.")) from exc
    if "\0" in text:
        raise _refused(_("The file holds NUL characters."))
    return text


def _separator(content: bytes) -> str:
    heading = content.split(b"\n", 1)[0]
    return max((",", ";", "\t"), key=lambda mark: heading.count(mark.encode()))


def _key(code: str, machine_type: str) -> tuple[str, str]:
    return code.lower(), machine_type.lower()


def _refused(text: str) -> Invalid:
    return Invalid(errors={"file": [text]})

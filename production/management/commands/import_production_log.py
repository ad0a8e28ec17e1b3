"""Import a production log: batches, stops by factor, factors and products of one line, as CSV files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts.models import User
from core.context import act_as
from core.errors import DomainError
from equipment.models import Area, Line, Site, validate_timezone
from production.importer.column_map import SEPARATORS, Role, read_map
from production.importer.findings import Unusable
from production.importer.load import ImportOptions, import_log
from production.importer.plain_text import lines_of
from production.importer.report import failure_report
from production.importer.tables import MAX_BYTES, SourceFile

ROWS_LEFT_OUT, UNUSABLE = 1, 2
PLACE = "IMPORTED"  # code of the site and the area of lines that an import makes


def zone(name: str) -> ZoneInfo:
    """A time zone of the IANA database."""
    try:
        validate_timezone(name)
    except ValidationError as exc:
        raise argparse.ArgumentTypeError(f"{name} is no time zone such as Europe/Berlin") from exc
    return ZoneInfo(name)


def separator(text: str) -> str:
    found = {"tab": "\t", r"\t": "\t"}.get(text, text)
    if found not in SEPARATORS:
        raise argparse.ArgumentTypeError("one of | , ; tab")
    return found


class Command(BaseCommand):
    help = (
        "Import a production log into a line. Exit code 0: every row was taken or is explained; 1: rows with errors "
        "were left out; 2: nothing could be imported."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--line", required=True, help="line code")
        parser.add_argument(
            "--create-line", metavar="NAME", help="make the line, with this name, where it is missing"
        )
        for role in Role:
            required = role in (Role.BATCHES, Role.STOPS)
            parser.add_argument(f"--{role.value}", type=Path, required=required, metavar="FILE")
        parser.add_argument(
            "--map",
            type=Path,
            metavar="FILE",
            help="column map (JSON); the import page of the admin shows the default",
        )
        parser.add_argument("--separator", type=separator, help="| , ; or tab; found out if left away")
        parser.add_argument("--zone", type=zone, help="time zone of the files; the site's if left away")
        parser.add_argument("--dry-run", action="store_true", help="report only, store nothing")
        parser.add_argument("--user", help="user name to act as in the audit trail")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = self._import(options)
        except Unusable as exc:
            self._print(failure_report(exc.finding))
            sys.exit(UNUSABLE)
        except ValidationError as exc:
            raise CommandError(" ".join(exc.messages), returncode=UNUSABLE) from exc
        except (DomainError, ValueError, OSError) as exc:
            raise CommandError(str(exc), returncode=UNUSABLE) from exc
        self._print(report)
        if report["counts"]["error"]:
            sys.exit(ROWS_LEFT_OUT)

    def _print(self, report: dict[str, Any]) -> None:
        for line in lines_of(report):
            self.stdout.write(line)

    def _import(self, options: dict[str, Any]) -> dict[str, Any]:
        files = {role: _read(options[role.value]) for role in Role if options[role.value]}
        column_map = read_map(options["map"].read_text() if options["map"] else "")
        actor = _user(options["user"])
        dry_run = options["dry_run"]
        with act_as(actor=actor, source="command"), transaction.atomic():
            line = _line(options["line"], options["create_line"], options["zone"])
            report = import_log(
                line=line,
                files=files,
                options=ImportOptions(column_map, options["separator"], options["zone"]),
                dry_run=dry_run,
                actor=actor,
            )
            transaction.set_rollback(dry_run)  # a line made for the dry run goes too
        return report


def _read(path: Path) -> SourceFile:
    """A byte more than allowed is enough to refuse it."""
    with path.open("rb") as file:
        return SourceFile(path.name, file.read(MAX_BYTES + 1))


def _user(name: str | None) -> User | None:
    if name is None:
        return None
    user: User | None = User.objects.filter(username__iexact=name).first()
    if user is None:
        raise CommandError(f"There is no user {name}.", returncode=UNUSABLE)
    return user


def _line(code: str, name: str | None, site_zone: ZoneInfo | None) -> Line:
    line = Line.objects.select_related("area__site").filter(line_code=code).first()
    if line is not None:
        return line
    if name is None:
        raise CommandError(f"There is no line {code}. Make it with --create-line NAME.", returncode=UNUSABLE)
    site, _ = Site.objects.get_or_create(
        code=PLACE, defaults={"name": "Imported", "timezone": site_zone.key if site_zone else "UTC"}
    )
    area, _ = Area.objects.get_or_create(site=site, code=PLACE, defaults={"name": "Imported"})
    line = Line(area=area, line_code=code, name=name)
    line.full_clean()
    line.save()
    return line

"""Write old months of process data to files, and drop them (docs/operations.md)."""

from __future__ import annotations

import argparse
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.models import User
from core.context import act_as
from core.errors import DomainError
from production.actions.upkeep import archive_month, make_partitions, months_before


def month(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m").date()
    except ValueError as exc:
        raise argparse.ArgumentTypeError(f"{text} is no month such as 2025-01") from exc


class Command(BaseCommand):
    help = (
        "Write each month of process data before a month to a compressed CSV, verify it, and drop the month."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--before", type=month, required=True, metavar="YYYY-MM", help="this month stays")
        parser.add_argument("--dir", type=Path, default=settings.MES_HOME / "archive", help="where to")
        parser.add_argument("--user", required=True, help="user name of the administrator who does it")

    def handle(self, *args: Any, **options: Any) -> None:
        actor = User.objects.named(options["user"]).filter(is_active=True).first()
        if actor is None or not actor.has_perm("production.delete_processdata"):
            raise CommandError(f"{options['user']} may not delete process data: name an administrator.")
        if options["before"] > timezone.now().date():
            raise CommandError("The present month and those to come are not archived.")
        try:
            self._archive(options["before"], options["dir"], actor)
        except DomainError as exc:
            raise CommandError(exc.detail) from exc
        except OSError as exc:
            raise CommandError(str(exc)) from exc

    def _archive(self, before: date, folder: Path, actor: User) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        with act_as(actor=actor, source="command"):
            make_partitions()  # what the default partition caught has months of its own
            for name in months_before(before):
                done = archive_month(month=name, folder=folder, actor=actor)
                self.stdout.write(f"{done.month}: {done.rows} rows in {done.file}, sha256 {done.sha256}")

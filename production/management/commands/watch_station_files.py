"""Take in the completions that test programs drop as files (docs/station-files.md)."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import InterfaceError, OperationalError, close_old_connections

from accounts.models import User
from production.actions.records import FOR_OTHERS
from production.station_files import Folder

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    help = "Take in the completions (*.json) of a folder, and move each file to its done/ or error/."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dir", type=Path, required=True, help="the folder that is watched")
        parser.add_argument("--user", required=True, help="account whose records they are; role integration")
        parser.add_argument("--once", action="store_true", help="deal with what is there, and end")
        parser.add_argument("--seconds", type=float, default=2.0, help="from one look to the next")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = _folder(options["dir"], options["user"])
        if options["once"]:
            folder.look()
            time.sleep(options["seconds"])
            self.stdout.write(f"{folder.look()} files")
            return
        while True:
            _look(folder)
            time.sleep(options["seconds"])


def _folder(path: Path, username: str) -> Folder:
    user = User.objects.named(username).filter(is_active=True).first()
    if user is None:
        raise CommandError(f"There is no active account {username}.")
    if not user.has_perm(FOR_OTHERS):
        raise CommandError(f"{username} may not record for others: give it the role integration.")
    try:
        return Folder(path, user)
    except OSError as exc:
        raise CommandError(f"{path}: {exc.strerror}") from exc


def _look(folder: Folder) -> None:
    """A lost database or folder comes back one day; the files wait."""
    try:
        folder.look()
    except (OperationalError, InterfaceError, OSError) as exc:
        log.error("station_files_wait", exc_info=exc)
        close_old_connections()

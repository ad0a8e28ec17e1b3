from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.verification import verify


class Command(BaseCommand):
    help = (
        "Walk the audit trail's hash chain. Ends with 1 and the id of the first broken row where one is found. "
        "Prints the last digest: kept outside this database it proves that nobody rewrote the chain."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        found = verify()
        if not found.valid:
            row = "a row that is gone" if found.first_invalid_id is None else f"row {found.first_invalid_id}"
            raise CommandError(f"BROKEN at {row}: {found.detail} ({found.checked} entries fit)")
        until = found.sealed_until.isoformat() if found.sealed_until else "-"
        self.stdout.write(f"valid: {found.checked} entries, sealed until {until}")
        self.stdout.write(f"digest: {found.digest}")
        if found.detail:
            self.stdout.write(found.detail)

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from audit.actions import seal


class Command(BaseCommand):
    help = "Take every entry of the audit trail that is not in the hash chain yet into it."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"sealed {seal()} entries")

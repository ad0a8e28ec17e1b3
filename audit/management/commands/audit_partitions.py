from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from audit.actions import make_partitions


class Command(BaseCommand):
    help = "Make the audit trail's partitions of this month and the next three, where they are not there yet."

    def handle(self, *args: Any, **options: Any) -> None:
        made = make_partitions()
        self.stdout.write(f"made {', '.join(made)}" if made else "all partitions are there")

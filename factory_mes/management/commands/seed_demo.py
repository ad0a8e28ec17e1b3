"""manage.py seed_demo: the demo plant, laid out once; what stands already is not touched."""

from __future__ import annotations

import os
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand

from factory_mes.demo.seeds import seed


class Command(BaseCommand):
    help = (
        "Lay out the demo plant, its accounts and the bottling line's record (SIMULATE=0: machines at rest)."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        fresh = seed(simulate=os.environ.get("SIMULATE", "1") != "0", today=date.today())
        self.stdout.write("The demo plant is laid out." if fresh else "The demo plant stands already.")

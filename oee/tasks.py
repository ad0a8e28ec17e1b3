"""Background entry points of OEE."""

from __future__ import annotations

from datetime import datetime

from procrastinate.contrib.django import app

from equipment.models import Machine
from oee.actions import roll_up, roll_up_recent


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="oee.roll_up_recent", pass_context=False)
def roll_up_periodically(timestamp: int) -> None:
    """Every five minutes: roll the hours that have settled."""
    roll_up_recent()


@app.task
def roll_up_machine(machine_id: int, start: str, end: str) -> None:
    """Roll one machine again after a recalculation."""
    machine = Machine.objects.select_related("line__area__site", "line__constraint_machine").get(
        pk=machine_id
    )
    roll_up(machine=machine, start=datetime.fromisoformat(start), end=datetime.fromisoformat(end))

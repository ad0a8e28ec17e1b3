"""Background entry points of the plant."""

from __future__ import annotations

from procrastinate.contrib.django import app

from equipment.actions import order_due_maintenance


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="equipment.order_due_maintenance", pass_context=False)
def order_due_maintenance_periodically(timestamp: int) -> None:
    """Every ten minutes: the orders of plans that have become due."""
    order_due_maintenance()

"""Background entry points of andon. What a lost job leaves undone, the sweep of the next minute does."""

from __future__ import annotations

from procrastinate.contrib.django import app

from andon.actions import auto, ladder, outbox


@app.task
def fire_step(*, step_id: int) -> None:
    """At its moment: fire one step of a ladder."""
    ladder.fire_due(step_id=step_id)


@app.task
def deliver(*, notification_id: int) -> None:
    """Send one message."""
    outbox.deliver(notification_id=notification_id)


@app.task
def look_at_machines(*, machine_ids: list[int]) -> None:
    """Call by rule for those that are down too long, and come back for those that are not yet."""
    auto.look_at_machines(machine_ids=machine_ids)


@app.task
def look_at_fault(*, fault_id: int) -> None:
    """Call by rule for a fault."""
    auto.look_at_faults(fault_ids=[fault_id])


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="andon.sweep", pass_context=False)
def sweep(timestamp: int) -> None:
    """Every minute: steps that are overdue, messages without a job, machines and faults that nobody looked at."""
    ladder.sweep()
    outbox.sweep()
    auto.sweep()

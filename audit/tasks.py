"""Background upkeep of the trail."""

from __future__ import annotations

from procrastinate.contrib.django import app

from audit.actions import make_partitions, seal


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="audit.seal", pass_context=False)
def seal_periodically(timestamp: int) -> None:
    """Every minute: take what was written since into the chain."""
    seal()


@app.periodic(cron="17 3 * * *")
@app.task(queueing_lock="audit.partitions", pass_context=False)
def make_partitions_daily(timestamp: int) -> None:
    """Daily, though months ahead are there already: one failure must not matter."""
    make_partitions()

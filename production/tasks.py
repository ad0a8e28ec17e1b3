"""Background entry points of production."""

from __future__ import annotations

from procrastinate.contrib.django import app

from production.actions.upkeep import make_partitions, merge_tallies
from production.importer.imports import run_import, tidy_up


@app.task
def import_production_log(import_id: int) -> None:
    """One import that somebody asked for."""
    run_import(import_id=import_id)


@app.periodic(cron="17 * * * *")
@app.task(queueing_lock="production.tidy_up_imports", pass_context=False)
def tidy_up_imports(timestamp: int) -> None:
    """Every hour: old uploads, and imports that lost their worker."""
    tidy_up()


@app.periodic(cron="27 3 * * *")
@app.task(queueing_lock="production.partitions", pass_context=False)
def make_partitions_daily(timestamp: int) -> None:
    """Daily, though months ahead are there already: one failure must not matter."""
    make_partitions()


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="production.merge_tallies", pass_context=False)
def merge_tallies_every_minute(timestamp: int) -> None:
    """Every minute: few loose rows, quick analytics."""
    merge_tallies()

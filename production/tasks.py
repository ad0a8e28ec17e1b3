"""Background entry points of production."""

from __future__ import annotations

from procrastinate.contrib.django import app

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

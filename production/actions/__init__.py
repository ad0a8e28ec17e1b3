"""Everything that changes a status, a quantity or an interval of production, re-exported: one module per subject."""

from production.actions.checklists import answer_checklist
from production.actions.components import (
    consume_component,
    delete_component_lot,
    quarantine_component,
    release_component,
)
from production.actions.counting import (
    IngestResult,
    close_run,
    discontinue,
    ingest_events,
    record_counts,
    record_readings,
    record_run,
)
from production.actions.jobs import (
    accept_job,
    assign_job,
    cancel_job,
    change_job,
    complete_job,
    delete_job,
    pause_job,
    report_pieces,
    resume_job,
    start_job,
)
from production.actions.labels import reprint_label
from production.actions.plans import cancel_schedule, change_schedule, delete_schedule, plan_schedule
from production.inputs import NewCount, NewReading

__all__ = [
    "IngestResult",
    "NewCount",
    "NewReading",
    "accept_job",
    "answer_checklist",
    "assign_job",
    "cancel_job",
    "cancel_schedule",
    "change_job",
    "change_schedule",
    "close_run",
    "complete_job",
    "consume_component",
    "delete_component_lot",
    "delete_job",
    "delete_schedule",
    "discontinue",
    "ingest_events",
    "pause_job",
    "plan_schedule",
    "quarantine_component",
    "record_counts",
    "record_readings",
    "record_run",
    "release_component",
    "report_pieces",
    "reprint_label",
    "resume_job",
    "start_job",
]

"""Everything that changes a status, a quantity or an interval of production, re-exported: one module per subject."""

from production.actions.counting import (
    IngestResult,
    close_run,
    discontinue,
    ingest_events,
    record_counts,
    record_readings,
    record_run,
)
from production.inputs import NewCount, NewReading

__all__ = [
    "IngestResult",
    "NewCount",
    "NewReading",
    "close_run",
    "discontinue",
    "ingest_events",
    "record_counts",
    "record_readings",
    "record_run",
]

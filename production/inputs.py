"""What the actions of counting take in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class NewCount:
    """Pieces made up to `at`, for a job or none. Without a product it is the one of the run, else the machine's last."""

    machine_id: int
    source: str
    event_id: str
    at: datetime
    product_id: int | None = None
    good: int = 0
    scrap: int = 0
    rework: int = 0
    run_id: int | None = None
    job_id: int | None = None


@dataclass(frozen=True, slots=True)
class NewReading:
    """What a cumulative counter (good, scrap, total) showed; `rollover_at` is how many numbers it has, if known."""

    machine_id: int
    source: str
    event_id: str
    counter: str
    at: datetime
    value: int
    product_id: int | None = None
    rollover_at: int | None = None

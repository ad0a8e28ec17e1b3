"""Words of production."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class ProductStatus(models.TextChoices):
    ACTIVE = "ACTIVE", _("Active")
    INACTIVE = "INACTIVE", _("Inactive")
    DISCONTINUED = "DISCONTINUED", _("Discontinued")


class CounterKind(models.TextChoices):
    """What a cumulative counter of a machine counts."""

    TOTAL = "total", _("Total")
    GOOD = "good", _("Good")
    SCRAP = "scrap", _("Scrap")


class ScheduleStatus(models.TextChoices):
    SCHEDULED = "SCHEDULED", _("Scheduled")
    IN_PROGRESS = "IN_PROGRESS", _("In progress")
    PAUSED = "PAUSED", _("Paused")
    COMPLETED = "COMPLETED", _("Completed")
    CANCELLED = "CANCELLED", _("Cancelled")


# A schedule follows its jobs; only a manager cancels it.
SCHEDULE_STEPS: dict[str, tuple[str, ...]] = {
    ScheduleStatus.SCHEDULED: (
        ScheduleStatus.IN_PROGRESS,
        ScheduleStatus.COMPLETED,
        ScheduleStatus.CANCELLED,
    ),
    ScheduleStatus.IN_PROGRESS: (
        ScheduleStatus.SCHEDULED,
        ScheduleStatus.PAUSED,
        ScheduleStatus.COMPLETED,
        ScheduleStatus.CANCELLED,
    ),
    ScheduleStatus.PAUSED: (
        ScheduleStatus.SCHEDULED,
        ScheduleStatus.IN_PROGRESS,
        ScheduleStatus.COMPLETED,
        ScheduleStatus.CANCELLED,
    ),
}
UNFINISHED_SCHEDULES = tuple(SCHEDULE_STEPS)


class JobStatus(models.TextChoices):
    ASSIGNED = "ASSIGNED", _("Assigned")
    ACCEPTED = "ACCEPTED", _("Accepted")
    IN_PROGRESS = "IN_PROGRESS", _("In progress")
    PAUSED = "PAUSED", _("Paused")
    COMPLETED = "COMPLETED", _("Completed")
    CANCELLED = "CANCELLED", _("Cancelled")


JOB_STEPS: dict[str, tuple[str, ...]] = {
    JobStatus.ASSIGNED: (JobStatus.ACCEPTED, JobStatus.CANCELLED),
    JobStatus.ACCEPTED: (JobStatus.IN_PROGRESS, JobStatus.CANCELLED),
    JobStatus.IN_PROGRESS: (JobStatus.PAUSED, JobStatus.COMPLETED, JobStatus.CANCELLED),
    JobStatus.PAUSED: (JobStatus.IN_PROGRESS, JobStatus.COMPLETED, JobStatus.CANCELLED),
}
UNFINISHED_JOBS = tuple(JOB_STEPS)
STARTED_JOBS = (JobStatus.IN_PROGRESS, JobStatus.PAUSED)


class AnswerType(models.TextChoices):
    """What answers an item of a checklist."""

    CHECKBOX = "CHECKBOX", _("Tick")
    TEXT = "TEXT", _("Text")
    NUMBER = "NUMBER", _("Number")
    SELECT = "SELECT", _("One of several")
    SIGNATURE = "SIGNATURE", _("Signature")


class ImportStatus(models.TextChoices):
    PENDING = "PENDING", _("Waiting")
    RUNNING = "RUNNING", _("Running")
    DONE = "DONE", _("Done")
    FAILED = "FAILED", _("Failed")


class Shift(models.TextChoices):
    """Which half of the day a lot belongs to; `D` and `N` mean the same."""

    DAY = "DAY", _("Day")
    NIGHT = "NIGHT", _("Night")


class LotStatus(models.TextChoices):
    CREATED = "CREATED", _("Created")
    IN_PROGRESS = "IN_PROGRESS", _("In progress")
    COMPLETED = "COMPLETED", _("Completed")
    CLOSED = "CLOSED", _("Closed")


LOT_TRANSITIONS: dict[str, tuple[str, ...]] = {
    LotStatus.CREATED: (LotStatus.IN_PROGRESS, LotStatus.COMPLETED),
    LotStatus.IN_PROGRESS: (LotStatus.COMPLETED,),
    LotStatus.COMPLETED: (LotStatus.CLOSED,),
    LotStatus.CLOSED: (),
}


class SerialStatus(models.TextChoices):
    CREATED = "CREATED", _("Created")
    IN_PROGRESS = "IN_PROGRESS", _("In progress")
    PASSED = "PASSED", _("Passed")
    FAILED = "FAILED", _("Failed")


SERIAL_TRANSITIONS: dict[str, tuple[str, ...]] = {
    SerialStatus.CREATED: (SerialStatus.IN_PROGRESS, SerialStatus.FAILED),
    SerialStatus.IN_PROGRESS: (SerialStatus.PASSED, SerialStatus.FAILED),
    SerialStatus.FAILED: (SerialStatus.IN_PROGRESS,),  # rework
    SerialStatus.PASSED: (),
}


class DataLevel(models.TextChoices):
    """What a record speaks of: one unit, or the whole lot."""

    LOT = "LOT", _("Lot")
    SERIAL = "SERIAL", _("Unit")


class Result(models.TextChoices):
    """How a step ended. REWORK: it must be done again, and the unit has not failed."""

    PASS = "PASS", _("Pass")
    FAIL = "FAIL", _("Fail")
    REWORK = "REWORK", _("Rework")


class ComponentStatus(models.TextChoices):
    """Only an available component lot may be consumed."""

    AVAILABLE = "AVAILABLE", _("Available")
    QUARANTINED = "QUARANTINED", _("Quarantined")


COMPONENT_TRANSITIONS: dict[str, tuple[str, ...]] = {
    ComponentStatus.AVAILABLE: (ComponentStatus.QUARANTINED,),
    ComponentStatus.QUARANTINED: (ComponentStatus.AVAILABLE,),
}


class TallySubject(models.TextChoices):
    """What a tally counts (production/models/records.py)."""

    PROCESS = "PROCESS", _("Records by process")
    OPERATOR = "OPERATOR", _("Records by operator")
    DEFECT = "DEFECT", _("Defects by code")
    MADE = "MADE", _("Units made")
    ENDED = "ENDED", _("Units passed or failed")
    UNITS = "UNITS", _("Units by status and rework")
    LOT_MADE = "LOT_MADE", _("Lots opened")
    LOT_DONE = "LOT_DONE", _("Lots completed")
    LOTS = "LOTS", _("Lots by status")

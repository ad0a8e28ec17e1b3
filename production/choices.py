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

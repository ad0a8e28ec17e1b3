"""What was done to units and lots: process data, the step each has reached, defects, and what is counted of them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.ledger import AuditedModel, GuardedQuerySet
from equipment.models import Machine
from production.choices import DataLevel, Result, TallySubject
from production.models.routes import Process
from production.models.units import Lot, Serial

MAX_NOTES = 1000


def _of(model: Any, **options: Any) -> Any:
    """A foreign key that one of the composite indexes serves."""
    return models.ForeignKey(
        model, on_delete=models.PROTECT, db_index=False, **{"related_name": "records", **options}
    )


class ProcessDataQuerySet(GuardedQuerySet):
    """Records of steps."""

    def of(self, operator_id: int) -> ProcessDataQuerySet:
        """What this person recorded."""
        return self.filter(operator_id=operator_id)

    def for_reading(self) -> ProcessDataQuerySet:
        """Each with everything its representation names."""
        return self.select_related("process", "serial", "lot", "operator", "machine")


class ProcessData(AuditedModel):
    """One execution of a process on a unit or a lot: who, when, how it ended, what was measured.

    Partitioned by month of `started_at`: in the database the key is (id, started_at), for Django it is `id`. A record
    without a result is a step that was started and waits for its completion. It is never deleted.
    """

    audit_ignored = ("created_at",)

    process = _of(Process)
    serial = _of(Serial, null=True, blank=True)
    lot = _of(Lot)
    machine = _of(Machine, null=True, blank=True)
    operator = _of(settings.AUTH_USER_MODEL, related_name="+")
    data_level = models.CharField(_("level"), max_length=6, choices=DataLevel.choices)
    result = models.CharField(  # noqa: DJ001  null: it has not ended
        _("result"), max_length=6, choices=Result.choices, null=True, blank=True
    )
    measurements = models.JSONField(_("measurements"), default=dict)
    defects = models.JSONField(_("defects"), default=list)
    notes = models.CharField(_("notes"), max_length=MAX_NOTES, blank=True)
    process_order = models.PositiveIntegerField(_("order"))  # the place of the process on the route
    override_reason = models.TextField(blank=True)  # why a manager let it run out of order
    started_at = models.DateTimeField(_("started"))
    completed_at = models.DateTimeField(_("completed"), null=True, blank=True)
    day = models.DateField(editable=False)  # the day at the site it was completed, else started
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ProcessDataQuerySet.as_manager()

    class Meta:
        verbose_name = _("process record")
        verbose_name_plural = _("process data")
        ordering = ("-started_at", "-id")
        indexes = [
            models.Index(fields=["started_at", "id"], name="production_record_time"),
            models.Index(fields=["serial", "started_at"], name="production_record_serial"),
            models.Index(fields=["lot", "started_at"], name="production_record_lot"),
            models.Index(fields=["process", "started_at"], name="production_record_process"),
            models.Index(fields=["operator", "started_at"], name="production_record_operator"),
            models.Index(
                fields=["machine", "started_at"],
                condition=Q(machine__isnull=False),
                name="production_record_machine",
            ),
            models.Index(
                fields=["result", "started_at"],
                condition=Q(result__in=("FAIL", "REWORK")) | Q(result=None),
                name="production_record_not_passed",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(data_level=DataLevel.SERIAL, serial__isnull=False)
                | Q(data_level=DataLevel.LOT, serial=None),
                name="production_processdata_level_fits",
            ),
            models.CheckConstraint(
                condition=Q(result=None, completed_at=None)
                | Q(result__in=Result.values, completed_at__isnull=False),
                name="production_processdata_result_when_completed",
            ),
            models.CheckConstraint(
                condition=Q(completed_at=None) | Q(completed_at__gte=F("started_at")),
                name="production_processdata_runs_forward",
            ),
        ]
        permissions = [
            ("view_all_processdata", "Can see what others recorded"),
            ("change_others_processdata", "Can record for others and change what they recorded"),
            ("override_order", "Can let a process run out of order"),
        ]

    def __str__(self) -> str:
        return f"{self.serial_id or self.lot_id} {self.process_id} {self.result or ''}".strip()

    @property
    def duration_seconds(self) -> float | None:
        """From start to completion; None while it runs."""
        if self.completed_at is None:
            return None
        return (self.completed_at - self.started_at).total_seconds()


class StepMark(models.Model):
    """How far a unit (or a lot, where `serial` is null) is: a process it has begun, or passed.

    At most one row per unit and process: nothing is started twice at a time, and nothing passes twice. Process data is
    partitioned, so the uniqueness lives here. A FAIL takes the mark away, so that the step may be tried again.
    """

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="+")
    serial = _of(Serial, null=True, related_name="marks")
    process = _of(Process, related_name="+")
    passed = models.BooleanField()  # False: begun and not completed
    record_id = models.BigIntegerField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["serial", "process"],
                condition=Q(serial__isnull=False),
                name="production_stepmark_once_per_unit",
            ),
            models.UniqueConstraint(
                fields=["lot", "process"], condition=Q(serial=None), name="production_stepmark_once_per_lot"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.serial_id or self.lot_id} {self.process_id}"


class Defect(models.Model):
    """One defect a record named, by its code."""

    record_id = models.BigIntegerField()
    day = models.DateField()
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="+")
    serial = models.ForeignKey(Serial, null=True, on_delete=models.PROTECT, related_name="defects")
    process = _of(Process, related_name="+")
    defect_code = models.CharField(max_length=100)
    defect_name = models.CharField(max_length=200, blank=True)
    severity = models.CharField(max_length=50, blank=True)

    class Meta:
        verbose_name = _("defect")
        verbose_name_plural = _("defects")
        ordering = ("-id",)
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["record_id"], name="production_defect_record"),
            models.Index(fields=["defect_code", "id"], name="production_defect_code"),
        ]

    def __str__(self) -> str:
        return self.defect_code


class Tally(models.Model):
    """How many there are of something on a day: exact sums that triggers of the database keep.

    Every statement that writes process data, defects, units or lots adds rows (`base` false) in its own transaction,
    negative ones for what it takes away; now and then they are added up into one (`base` true). The sum over all
    rows is always the truth, whoever wrote, however late, and nobody waits for anybody.
    """

    subject = models.CharField(max_length=8, choices=TallySubject.choices)
    day = models.DateField(null=True)  # null for UNITS and LOTS, which are of now
    ref_id = models.BigIntegerField(default=0)  # process or operator
    word = models.CharField(max_length=100, blank=True)  # result, status, or defect code
    level = models.CharField(max_length=6, blank=True)  # data level; for UNITS, the rework count
    count = models.BigIntegerField()
    timed = models.BigIntegerField(default=0)  # of these, how many have a duration
    duration_us = models.BigIntegerField(default=0)  # of those, in microseconds
    base = models.BooleanField(default=False)

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["subject", "day"], name="production_tally_subject_day"),
            models.Index(fields=["id"], condition=Q(base=False), name="production_tally_loose"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "day", "ref_id", "word", "level"],
                condition=Q(base=True),
                nulls_distinct=False,
                name="production_tally_one_base",
            )
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.day} {self.ref_id} {self.word} {self.count}"

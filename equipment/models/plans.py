"""What can be wrong with machines, and what is done again and again to keep them right."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import (
    Case,
    DurationField,
    ExpressionWrapper,
    OuterRef,
    Q,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest, Least, Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.ledger import GuardedQuerySet
from core.models import MasterData
from equipment.choices import State, Urgency
from equipment.models.plant import Machine, code_rule
from equipment.models.states import MachineState

NOTHING = Value(timedelta(0), output_field=DurationField())


def time_of(intervals: Any, now: datetime, start: str, end: str) -> Any:
    """How much of [start, end) of a row with a machine these intervals of its machine take; null without a start."""
    low, high = (
        Greatest("started_at", OuterRef(start)),
        Least(Coalesce("ended_at", Value(now)), OuterRef(end)),
    )
    touching = intervals.filter(
        Q(ended_at__isnull=True) | Q(ended_at__gt=OuterRef(start)),
        machine=OuterRef("machine"),
        started_at__lt=OuterRef(end),
    )
    shared = ExpressionWrapper(high - low, output_field=DurationField())
    total = (
        touching.order_by().values("machine").annotate(total=Sum(Greatest(shared, NOTHING))).values("total")
    )
    return Case(When(**{f"{start}__isnull": False}, then=Coalesce(Subquery(total), NOTHING)), default=None)


class FaultCode(MasterData):
    """An entry of the catalogue of faults: of every machine, or of machines of one type, which goes first."""

    code = models.CharField(_("code"), max_length=50, validators=[code_rule])
    machine_type = models.CharField(
        _("machine type"), max_length=50, blank=True, help_text=_("Left empty: of every machine.")
    )
    name = models.CharField(_("name"), max_length=150)
    description = models.TextField(_("description"), blank=True)
    severity = models.CharField(_("severity"), max_length=10, choices=Urgency.choices, default=Urgency.MEDIUM)
    remedy = models.TextField(_("remedy"), blank=True, help_text=_("What to look at and to do first."))
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("fault code")
        verbose_name_plural = _("fault codes")
        ordering = ("code", "machine_type")
        constraints = [
            models.UniqueConstraint(
                Lower("code"),
                Lower("machine_type"),
                name="equipment_faultcode_once_per_type",
                violation_error_code="unique",
                violation_error_message=_("This code exists already for machines of this type."),
            ),
            models.CheckConstraint(
                condition=Q(severity__in=Urgency.values), name="equipment_faultcode_severity_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class MaintenancePlanQuerySet(GuardedQuerySet):
    """Plans of preventive maintenance."""

    def with_running(self, now: datetime) -> MaintenancePlanQuerySet:
        """Each with `running`: how long its machine has run in this round."""
        running = MachineState.objects.filter(state=State.RUNNING)
        now_too = Value(now, output_field=models.DateTimeField())
        return self.annotate(asked_at=now_too).annotate(
            running=time_of(running, now, "counted_from", "asked_at")
        )


class MaintenancePlan(MasterData):
    """Work that comes again: every so many days, every so many running hours, or whichever comes first.

    A round counts from `counted_from`; when it is due one order is made of it, and when that order ends the next
    round begins.
    """

    machine = models.ForeignKey(
        Machine, verbose_name=_("machine"), on_delete=models.PROTECT, related_name="maintenance_plans"
    )
    title = models.CharField(_("title"), max_length=150)
    description = models.TextField(_("description"), blank=True)
    priority = models.CharField(_("priority"), max_length=10, choices=Urgency.choices, default=Urgency.MEDIUM)
    every_days = models.PositiveSmallIntegerField(
        _("every so many days"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(3660)],
    )
    every_running_hours = models.PositiveIntegerField(
        _("every so many running hours"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100_000)],
    )
    tolerance_days = models.PositiveSmallIntegerField(
        _("days it may wait"), default=7, validators=[MinValueValidator(1), MaxValueValidator(365)]
    )
    counted_from = models.DateTimeField(_("counted from"), default=timezone.now)
    round = models.PositiveIntegerField(_("round"), default=1, editable=False)
    is_active = models.BooleanField(_("active"), default=True)

    objects = MaintenancePlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("maintenance plan")
        verbose_name_plural = _("maintenance plans")
        ordering = ("machine__equipment_code", "title")
        constraints = [
            models.UniqueConstraint(
                fields=["machine", "title"],
                name="equipment_maintenanceplan_once_per_machine",
            ),
            models.CheckConstraint(
                condition=Q(every_days__isnull=False, every_days__gte=1)
                | Q(every_running_hours__isnull=False, every_running_hours__gte=1),
                name="equipment_maintenanceplan_comes_again",
                violation_error_message=_("Every so many days, or running hours, or both."),
            ),
            models.CheckConstraint(
                condition=Q(priority__in=Urgency.values), name="equipment_maintenanceplan_priority_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.machine_id} {self.title}"

    def clean(self) -> None:
        """Raises ValidationError for a plan that never comes again."""
        if not self.every_days and not self.every_running_hours:
            message = _("Every so many days, or running hours, or both.")
            raise ValidationError({"every_days": message})

    @property
    def due_at(self) -> datetime | None:
        """When its days are over; None for a plan of running hours alone."""
        return self.counted_from + timedelta(days=self.every_days) if self.every_days else None

    def is_due(self, now: datetime, running: timedelta) -> bool:
        """Whether days or running hours of this round are over."""
        by_days = self.due_at is not None and self.due_at <= now
        hours = self.every_running_hours
        return by_days or (hours is not None and running >= timedelta(hours=hours))

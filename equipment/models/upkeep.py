"""What is wrong with a machine, and the work that keeps it right."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from core.ledger import AuditedModel, GuardedQuerySet
from core.models import Stamped, person
from equipment.choices import (
    FAULT_TRANSITIONS,
    MAINTENANCE_TRANSITIONS,
    FaultStatus,
    MaintenanceStatus,
    MaintenanceType,
    Urgency,
)
from equipment.models.downtimes import Downtime
from equipment.models.plans import MaintenancePlan, time_of
from equipment.models.plant import Machine, code_rule


def _urgency(column: str) -> Case:
    """The rank of a word of Urgency, to sort by."""
    ranks = [When(**{column: urgency}, then=Value(urgency.rank)) for urgency in Urgency]
    return Case(*ranks, output_field=models.PositiveSmallIntegerField())


class FaultQuerySet(GuardedQuerySet):
    """Faults."""

    def active(self) -> FaultQuerySet:
        """Those that nobody has resolved."""
        return self.filter(status=FaultStatus.ACTIVE)

    def with_urgency(self) -> FaultQuerySet:
        """Each with `urgency`, the rank of its severity."""
        return self.annotate(urgency=_urgency("severity"))

    def with_people(self) -> FaultQuerySet:
        """Each with its machine, and who reported and resolved it."""
        return self.select_related("machine", "reported_by", "resolved_by")


class Fault(Stamped, AuditedModel):
    """Something wrong with a machine, from `occurred_at` until somebody resolved it."""

    TRANSITIONS = FAULT_TRANSITIONS

    machine = models.ForeignKey(
        Machine, verbose_name=_("machine"), on_delete=models.PROTECT, related_name="faults"
    )
    fault_code = models.CharField(_("fault code"), max_length=50, validators=[code_rule])
    description = models.TextField(_("description"), blank=True)
    severity = models.CharField(_("severity"), max_length=10, choices=Urgency.choices)
    status = models.CharField(
        _("status"), max_length=10, choices=FaultStatus.choices, default=FaultStatus.ACTIVE
    )
    occurred_at = models.DateTimeField(_("occurred"))
    reported_by = person(_("reported by"))
    resolved_at = models.DateTimeField(_("resolved"), null=True, blank=True)
    resolved_by = person(_("resolved by"), null=True, blank=True)
    resolution_notes = models.TextField(_("resolution"), blank=True)

    objects = FaultQuerySet.as_manager()

    class Meta:
        verbose_name = _("fault")
        verbose_name_plural = _("faults")
        ordering = ("-occurred_at", "-id")
        indexes = [models.Index(fields=["machine", "-occurred_at"], name="equipment_fault_recent")]
        constraints = [
            models.CheckConstraint(
                condition=Q(severity__in=Urgency.values), name="equipment_fault_severity_known"
            ),
            models.CheckConstraint(
                condition=Q(
                    status=FaultStatus.ACTIVE, resolved_at=None, resolved_by=None, resolution_notes=""
                )
                | Q(status=FaultStatus.RESOLVED, resolved_at__isnull=False, resolved_by__isnull=False),
                name="equipment_fault_resolution_fits_status",
            ),
            models.CheckConstraint(
                condition=Q(resolved_at__isnull=True) | Q(resolved_at__gte=F("occurred_at")),
                name="equipment_fault_clocks_run_forward",
            ),
        ]
        permissions = [("resolve_fault", "Can resolve faults")]

    def __str__(self) -> str:
        return f"{self.pk} {self.fault_code} {self.severity}"


class MaintenanceOrderQuerySet(GuardedQuerySet):
    """Maintenance orders."""

    def unfinished(self) -> MaintenanceOrderQuerySet:
        """Those that are still to be done, or being done."""
        return self.filter(status__in=[MaintenanceStatus.SCHEDULED, MaintenanceStatus.IN_PROGRESS])

    def with_downtime(self, now: datetime) -> MaintenanceOrderQuerySet:
        """Each with `downtime`: how long its machine stood while the work was done; null before its start."""
        end = Coalesce("completed_at", "cancelled_at", Value(now))
        return self.annotate(work_end=end).annotate(
            downtime=time_of(Downtime.objects.all(), now, "started_at", "work_end")
        )

    def with_urgency(self) -> MaintenanceOrderQuerySet:
        """Each with `urgency`, the rank of its priority."""
        return self.annotate(urgency=_urgency("priority"))

    def with_people(self) -> MaintenanceOrderQuerySet:
        """Each with its machine and who ordered it."""
        return self.select_related("machine__line", "created_by", "plan", "fault")


class MaintenanceOrder(Stamped, AuditedModel):
    """Work on a machine: planned for [scheduled_start, scheduled_end), done from `started_at` to `completed_at`."""

    TRANSITIONS = MAINTENANCE_TRANSITIONS

    order_number = models.CharField(_("order number"), max_length=20, unique=True)
    machine = models.ForeignKey(
        Machine, verbose_name=_("machine"), on_delete=models.PROTECT, related_name="maintenance_orders"
    )
    maintenance_type = models.CharField(_("type"), max_length=10, choices=MaintenanceType.choices)
    title = models.CharField(_("title"), max_length=150)
    description = models.TextField(_("description"), blank=True)
    priority = models.CharField(_("priority"), max_length=10, choices=Urgency.choices)
    fault = models.ForeignKey(
        Fault,
        verbose_name=_("fault"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="maintenance_orders",
    )
    scheduled_start = models.DateTimeField(_("scheduled start"))
    scheduled_end = models.DateTimeField(_("scheduled end"))
    status = models.CharField(
        _("status"), max_length=15, choices=MaintenanceStatus.choices, default=MaintenanceStatus.SCHEDULED
    )
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    completed_at = models.DateTimeField(_("completed"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)
    cancel_reason = models.CharField(_("reason of the cancellation"), max_length=255, blank=True)
    notes = models.TextField(_("notes"), blank=True)
    created_by = person(_("ordered by"), null=True, blank=True)  # null: by its plan
    plan = models.ForeignKey(
        MaintenancePlan,
        verbose_name=_("plan"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="orders",
    )
    plan_round = models.PositiveIntegerField(_("round of the plan"), null=True, blank=True)

    objects = MaintenanceOrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("maintenance order")
        verbose_name_plural = _("maintenance orders")
        ordering = ("-scheduled_start", "-id")
        indexes = [
            models.Index(fields=["machine", "-scheduled_start"], name="equipment_maintenance_recent"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(maintenance_type__in=MaintenanceType.values),
                name="equipment_maintenanceorder_type_known",
            ),
            models.CheckConstraint(
                condition=Q(priority__in=Urgency.values), name="equipment_maintenanceorder_priority_known"
            ),
            models.UniqueConstraint(
                fields=["plan", "plan_round"], name="equipment_maintenanceorder_one_per_round"
            ),
            models.CheckConstraint(
                condition=Q(plan=None, plan_round=None, created_by__isnull=False)
                | Q(
                    plan__isnull=False, plan_round__isnull=False, maintenance_type=MaintenanceType.PREVENTIVE
                ),
                name="equipment_maintenanceorder_by_person_or_plan",
            ),
            models.CheckConstraint(
                condition=Q(fault=None) | Q(maintenance_type=MaintenanceType.CORRECTIVE),
                name="equipment_maintenanceorder_fault_is_corrected",
            ),
            models.CheckConstraint(
                condition=Q(scheduled_end__gt=F("scheduled_start")),
                name="equipment_maintenanceorder_schedule_positive",
            ),
            models.CheckConstraint(
                condition=Q(
                    status=MaintenanceStatus.SCHEDULED, started_at=None, completed_at=None, cancelled_at=None
                )
                | Q(
                    status=MaintenanceStatus.IN_PROGRESS,
                    started_at__isnull=False,
                    completed_at=None,
                    cancelled_at=None,
                )
                | Q(
                    status=MaintenanceStatus.COMPLETED,
                    started_at__isnull=False,
                    completed_at__isnull=False,
                    cancelled_at=None,
                )
                | Q(status=MaintenanceStatus.CANCELLED, completed_at=None, cancelled_at__isnull=False),
                name="equipment_maintenanceorder_clocks_fit_status",
            ),
            models.CheckConstraint(
                condition=(Q(completed_at__isnull=True) | Q(completed_at__gte=F("started_at")))
                & (
                    Q(cancelled_at__isnull=True)
                    | Q(started_at__isnull=True)
                    | Q(cancelled_at__gte=F("started_at"))
                ),
                name="equipment_maintenanceorder_clocks_run_forward",
            ),
            models.CheckConstraint(
                condition=Q(status=MaintenanceStatus.CANCELLED) & ~Q(cancel_reason="")
                | ~Q(status=MaintenanceStatus.CANCELLED) & Q(cancel_reason=""),
                name="equipment_maintenanceorder_cancelled_for_a_reason",
            ),
        ]
        permissions = [
            ("start_maintenanceorder", "Can start maintenance orders"),
            ("complete_maintenanceorder", "Can complete maintenance orders"),
            ("cancel_maintenanceorder", "Can cancel maintenance orders"),
        ]

    def __str__(self) -> str:
        return f"{self.order_number} {self.title}"

"""What is to be made when, who does it on which machine, and what is asked before they start."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Func, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from core.ledger import AuditedModel, GuardedQuerySet
from core.models import MasterData, Stamped, person
from equipment.models import Line, Machine
from production.choices import (
    JOB_STEPS,
    SCHEDULE_STEPS,
    UNFINISHED_JOBS,
    UNFINISHED_SCHEDULES,
    AnswerType,
    JobStatus,
    ScheduleStatus,
)
from production.models.products import ProductModel
from production.models.units import Lot

LOWEST, HIGHEST = 1, 10  # priorities
MAX_TARGET = 10**9


class ProductionScheduleQuerySet(GuardedQuerySet):
    """Schedules."""

    def unfinished(self) -> ProductionScheduleQuerySet:
        """Those that hold their place on the line: neither completed nor cancelled."""
        return self.filter(status__in=UNFINISHED_SCHEDULES)

    def touching(self, start: Any, end: Any) -> ProductionScheduleQuerySet:
        """Those that share time with [start, end)."""
        return self.filter(scheduled_start__lt=end, scheduled_end__gt=start)

    def with_made(self) -> ProductionScheduleQuerySet:
        """Each with what its jobs made: `good_quantity`, `scrap_quantity`, `rework_quantity`."""
        names = ("good_quantity", "scrap_quantity", "rework_quantity")
        return self.annotate(**{name: _sum_of_jobs(name) for name in names})


def _sum_of_jobs(name: str) -> Any:
    jobs: QuerySet[Any] = JobAssignment.objects.filter(schedule=OuterRef("pk")).order_by()
    total = jobs.values("schedule").annotate(total=Sum(name)).values("total")
    return Coalesce(Subquery(total, output_field=models.BigIntegerField()), 0)


class ProductionSchedule(Stamped, AuditedModel):
    """So many pieces of a product, to be made on a line in [scheduled_start, scheduled_end).

    Its status follows its jobs. Of a line at most one unfinished schedule holds any moment.
    """

    TRANSITIONS = SCHEDULE_STEPS

    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="schedules", verbose_name=_("line"))
    product = models.ForeignKey(
        ProductModel, on_delete=models.PROTECT, related_name="schedules", verbose_name=_("product")
    )
    scheduled_start = models.DateTimeField(_("start"))
    scheduled_end = models.DateTimeField(_("end"))
    target_quantity = models.PositiveBigIntegerField(
        _("target quantity"), validators=[MinValueValidator(1), MaxValueValidator(MAX_TARGET)]
    )
    priority = models.PositiveSmallIntegerField(
        _("priority"),
        default=5,
        validators=[MinValueValidator(LOWEST), MaxValueValidator(HIGHEST)],
        help_text=_("From 1 to 10, 10 hurries most."),
    )
    status = models.CharField(
        _("status"), max_length=20, choices=ScheduleStatus.choices, default=ScheduleStatus.SCHEDULED
    )
    notes = models.TextField(_("notes"), blank=True)
    created_by = person(_("planned by"))
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)
    cancel_reason = models.CharField(_("reason of the cancellation"), max_length=255, blank=True)

    objects = ProductionScheduleQuerySet.as_manager()

    class Meta:
        verbose_name = _("production schedule")
        verbose_name_plural = _("production schedules")
        ordering = ("-scheduled_start", "-id")
        permissions = [("cancel_productionschedule", "Can cancel production schedules")]
        indexes = [models.Index(fields=["-scheduled_start", "-id"], name="production_schedule_recent")]
        constraints = [
            ExclusionConstraint(
                name="production_productionschedule_no_overlap",
                expressions=[
                    (Func("line_id", "line_id", Value("[]"), function="int8range"), "&&"),
                    (Func("scheduled_start", "scheduled_end", function="tstzrange"), "&&"),
                ],
                condition=Q(status__in=UNFINISHED_SCHEDULES),
            ),
            models.CheckConstraint(
                condition=Q(scheduled_end__gt=F("scheduled_start")),
                name="production_productionschedule_positive",
            ),
            models.CheckConstraint(
                condition=Q(target_quantity__gte=1), name="production_productionschedule_target_positive"
            ),
            models.CheckConstraint(
                condition=Q(priority__gte=LOWEST, priority__lte=HIGHEST),
                name="production_productionschedule_priority_known",
            ),
            models.CheckConstraint(
                condition=Q(status__in=ScheduleStatus.values),
                name="production_productionschedule_status_known",
            ),
            models.CheckConstraint(
                condition=Q(status=ScheduleStatus.CANCELLED, cancelled_at__isnull=False)
                | (~Q(status=ScheduleStatus.CANCELLED) & Q(cancelled_at=None)),
                name="production_productionschedule_cancelled_at_fits",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line_id} {self.product_id} {self.scheduled_start:%Y-%m-%d %H:%M}"


class JobAssignmentQuerySet(GuardedQuerySet):
    """Jobs."""

    def unfinished(self) -> JobAssignmentQuerySet:
        """Those that still want somebody: neither completed nor cancelled."""
        return self.filter(status__in=UNFINISHED_JOBS)

    def with_all(self) -> JobAssignmentQuerySet:
        """Each with its schedule, place and people."""
        return self.select_related(
            "schedule__line__area__site", "schedule__product", "machine", "user", "lot"
        )


class JobAssignment(Stamped, AuditedModel):
    """Who makes a schedule's product on which machine, and what came of it.

    The quantities add up the counts that were reported for it. Of a machine at most one job is in progress.
    """

    TRANSITIONS = JOB_STEPS
    audit_ignored = (
        "created_at",
        "updated_at",
        "good_quantity",
        "scrap_quantity",
        "rework_quantity",
    )  # sums: each report is a deed of its own, each batch of machines another

    schedule = models.ForeignKey(
        ProductionSchedule, on_delete=models.PROTECT, related_name="jobs", verbose_name=_("schedule")
    )
    machine = models.ForeignKey(
        Machine, on_delete=models.PROTECT, related_name="jobs", verbose_name=_("machine")
    )
    user = person(_("worker"), related_name="jobs")
    lot = models.ForeignKey(
        Lot, null=True, blank=True, on_delete=models.PROTECT, related_name="jobs", verbose_name=_("lot")
    )
    status = models.CharField(
        _("status"), max_length=20, choices=JobStatus.choices, default=JobStatus.ASSIGNED
    )
    good_quantity = models.PositiveBigIntegerField(_("good"), default=0)
    scrap_quantity = models.PositiveBigIntegerField(_("scrap"), default=0)
    rework_quantity = models.PositiveBigIntegerField(_("rework"), default=0)
    assigned_by = person(_("assigned by"))
    assigned_at = models.DateTimeField(_("assigned"))
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    completed_at = models.DateTimeField(_("completed"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)
    cancel_reason = models.CharField(_("reason of the cancellation"), max_length=255, blank=True)
    notes = models.TextField(_("notes"), blank=True)

    objects = JobAssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ("-assigned_at", "-id")
        permissions = [("work_jobassignment", "Can accept, start, pause and complete own jobs")]
        indexes = [
            models.Index(fields=["user", "-assigned_at"], name="production_job_of_user"),
            models.Index(fields=["-assigned_at", "-id"], name="production_job_recent"),
            models.Index(fields=["status", "completed_at"], name="production_job_status"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["machine"],
                condition=Q(status=JobStatus.IN_PROGRESS),
                name="production_jobassignment_one_running_per_machine",
            ),
            models.CheckConstraint(
                condition=Q(status__in=JobStatus.values), name="production_jobassignment_status_known"
            ),
            models.CheckConstraint(
                condition=Q(status=JobStatus.ASSIGNED, accepted_at=None, started_at=None, completed_at=None)
                | Q(
                    status=JobStatus.ACCEPTED,
                    accepted_at__isnull=False,
                    started_at=None,
                    completed_at=None,
                )
                | Q(
                    status__in=(JobStatus.IN_PROGRESS, JobStatus.PAUSED),
                    started_at__isnull=False,
                    completed_at=None,
                )
                | Q(status=JobStatus.COMPLETED, started_at__isnull=False, completed_at__isnull=False)
                | Q(status=JobStatus.CANCELLED, completed_at=None),
                name="production_jobassignment_clocks_fit_status",
            ),
            models.CheckConstraint(
                condition=Q(status=JobStatus.CANCELLED, cancelled_at__isnull=False)
                | (~Q(status=JobStatus.CANCELLED) & Q(cancelled_at=None)),
                name="production_jobassignment_cancelled_at_fits",
            ),
        ]

    def __str__(self) -> str:
        return f"JOB-{self.pk}"


class ChecklistItem(MasterData):
    """A question that is put before a job starts on the line."""

    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="checklist", verbose_name=_("line"))
    text = models.CharField(_("text"), max_length=255)
    type = models.CharField(_("type"), max_length=10, choices=AnswerType.choices, default=AnswerType.CHECKBOX)
    required = models.BooleanField(
        _("required"), default=True, help_text=_("No job starts before it is answered.")
    )
    order = models.PositiveSmallIntegerField(_("order"), default=1)
    options = models.JSONField(
        _("options"), default=list, blank=True, help_text=_("What a choice is made of, as a list of texts.")
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("checklist item")
        verbose_name_plural = _("checklist items")
        ordering = ("line__line_code", "order", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["line", "text"],
                name="production_checklistitem_once_per_line",
                violation_error_code="unique",
                violation_error_message=_("The line's checklist asks this already."),
            ),
            models.CheckConstraint(
                condition=Q(type__in=AnswerType.values), name="production_checklistitem_type_known"
            ),
        ]

    def __str__(self) -> str:
        return self.text

    def clean(self) -> None:
        """Raises ValidationError unless a choice, and nothing else, has options: several different texts."""
        options = self.options
        if not isinstance(options, list) or not all(_is_option(option) for option in options):
            raise ValidationError({"options": _("A list of texts of at most 100 characters.")})
        if len(options) > 50 or len(set(options)) < len(options):  # noqa: PLR2004
            raise ValidationError({"options": _("At most 50 options, each once.")})
        if (self.type == AnswerType.SELECT) != bool(options):
            raise ValidationError({"options": _("A choice has options, and nothing else has.")})


def _is_option(option: Any) -> bool:
    return isinstance(option, str) and 0 < len(option.strip()) <= 100 and "\0" not in option  # noqa: PLR2004


class ChecklistAnswer(Stamped, AuditedModel):
    """What was answered before a job started, by whom and when. `text` is the question as it was put."""

    job = models.ForeignKey(JobAssignment, on_delete=models.PROTECT, related_name="answers")
    item = models.ForeignKey(ChecklistItem, on_delete=models.PROTECT, related_name="answers")
    text = models.CharField(max_length=255)
    value = models.JSONField()
    answered_by = person(_("answered by"))
    answered_at = models.DateTimeField(_("answered"))

    class Meta:
        verbose_name = _("checklist answer")
        verbose_name_plural = _("checklist answers")
        ordering = ("-answered_at", "-id")
        constraints = [
            models.UniqueConstraint(fields=["job", "item"], name="production_checklistanswer_once_per_job"),
        ]

    def __str__(self) -> str:
        return self.text

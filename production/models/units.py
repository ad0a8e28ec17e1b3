"""Lots, the units in them, and the numbers that both bear."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.indexes import OpClass
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Replace, Upper
from django.utils.translation import gettext_lazy as _

from core.ledger import AuditedModel, GuardedQuerySet
from core.models import MasterData, Stamped, person
from equipment.models import Line, Site
from production.choices import LOT_TRANSITIONS, SERIAL_TRANSITIONS, LotStatus, SerialStatus, Shift
from production.models.products import ProductModel
from production.patterns import LOT_DEFAULT, SERIAL_DEFAULT, validate_lot_pattern, validate_serial_pattern
from production.rates import per_cent

MAX_UNITS = 100  # in a lot
MAX_REWORK = 3  # of a unit
OPEN_LOTS = (LotStatus.CREATED, LotStatus.IN_PROGRESS)


class NumberPattern(MasterData):
    """How a site numbers lots and units (production/patterns.py); a site without a row uses the defaults."""

    site = models.OneToOneField(Site, on_delete=models.PROTECT, related_name="number_pattern")
    lot_pattern = models.CharField(
        _("lot numbers"), max_length=100, default=LOT_DEFAULT, validators=[validate_lot_pattern]
    )
    serial_pattern = models.CharField(
        _("serial numbers"), max_length=100, default=SERIAL_DEFAULT, validators=[validate_serial_pattern]
    )

    class Meta:
        verbose_name = _("number pattern")
        verbose_name_plural = _("number patterns")
        ordering = ("site__code",)

    def __str__(self) -> str:
        return f"{self.site}"


class NumberSequence(models.Model):
    """The last number given out under a scope: a pattern with everything filled in but its counter."""

    scope = models.CharField(max_length=150, primary_key=True)
    last = models.BigIntegerField(default=0)

    class Meta:
        ordering = ("scope",)
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.scope} {self.last}"


def _bare(column: str) -> Any:
    """A number as people type it: in any case, with or without its hyphens."""
    return Upper(Replace(column, Value("-"), Value("")))


def _numbered(rows: Any, column: str, text: str) -> Any:
    """The row of this number, at most one; a number that is written exactly so goes first."""
    exact = rows.filter(**{column: text})
    bare = rows.alias(bare=_bare(column)).filter(bare=text.replace("-", "").upper())
    return (exact if exact.exists() else bare.order_by("pk"))[:1]


class LotQuerySet(GuardedQuerySet):
    """Lots."""

    def numbered(self, text: str) -> LotQuerySet:
        """The lot of this number, in any case, with or without its hyphens."""
        return _numbered(self, "lot_number", text)

    def open(self) -> LotQuerySet:
        """Those that still make units."""
        return self.filter(status__in=OPEN_LOTS)

    def for_reading(self) -> LotQuerySet:
        """Each with its product and manager."""
        return self.select_related("product", "manager", "line")


class Lot(Stamped, AuditedModel):
    """A batch of one product, at most 100 units, made on one shift day.

    Quantities follow the units in the same transaction. `actual` = units made, `passed` and `failed` = units that
    are so now, `scrapped` among the failed ones. What a manager counted by hand beside the units is in them too.
    """

    TRANSITIONS = LOT_TRANSITIONS

    lot_number = models.CharField(_("lot number"), max_length=50, unique=True)
    product = models.ForeignKey(
        ProductModel, verbose_name=_("product"), on_delete=models.PROTECT, related_name="lots"
    )
    site = models.ForeignKey(Site, null=True, blank=True, on_delete=models.PROTECT, related_name="lots")
    line = models.ForeignKey(Line, null=True, blank=True, on_delete=models.PROTECT, related_name="lots")
    production_date = models.DateField(_("production date"))  # a shift day of the site
    shift = models.CharField(_("shift"), max_length=5, choices=Shift.choices)
    target_quantity = models.PositiveSmallIntegerField(
        _("target"), default=MAX_UNITS, validators=[MinValueValidator(1), MaxValueValidator(MAX_UNITS)]
    )
    actual_quantity = models.PositiveSmallIntegerField(_("made"), default=0)
    passed_quantity = models.PositiveSmallIntegerField(_("passed"), default=0)
    failed_quantity = models.PositiveSmallIntegerField(_("failed"), default=0)
    scrapped_quantity = models.PositiveSmallIntegerField(_("scrapped"), default=0)
    status = models.CharField(
        _("status"), max_length=12, choices=LotStatus.choices, default=LotStatus.CREATED
    )
    manager = person(_("manager"), null=True, blank=True)
    created_by = person(_("created by"), null=True, blank=True)
    created_on = models.DateField(editable=False)  # the day at the site, for the tallies
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    completed_at = models.DateTimeField(_("completed"), null=True, blank=True)
    completed_on = models.DateField(null=True, blank=True, editable=False)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    objects = LotQuerySet.as_manager()

    class Meta:
        verbose_name = _("lot")
        verbose_name_plural = _("lots")
        ordering = ("-id",)
        indexes = [
            models.Index(fields=["production_date", "id"], name="production_lot_day"),
            models.Index(fields=["status", "id"], name="production_lot_status"),
            models.Index(fields=["product", "id"], name="production_lot_product"),
            models.Index(fields=["created_on"], name="production_lot_created_on"),
            models.Index(fields=["completed_on"], name="production_lot_completed_on"),
            models.Index(_bare("lot_number"), name="production_lot_bare_number"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(target_quantity__gte=1, target_quantity__lte=MAX_UNITS),
                name="production_lot_target_within_limits",
            ),
            models.CheckConstraint(
                condition=Q(actual_quantity__lte=F("target_quantity")),
                name="production_lot_never_over_target",
            ),
            models.CheckConstraint(
                condition=Q(actual_quantity__gte=F("passed_quantity") + F("failed_quantity"))
                & Q(scrapped_quantity__lte=F("failed_quantity")),
                name="production_lot_quantities_add_up",
            ),
            models.CheckConstraint(
                condition=Q(status__in=LotStatus.values), name="production_lot_status_known"
            ),
            models.CheckConstraint(condition=Q(shift__in=Shift.values), name="production_lot_shift_known"),
            models.CheckConstraint(
                condition=Q(status=LotStatus.CLOSED, closed_at__isnull=False)
                | (~Q(status=LotStatus.CLOSED) & Q(closed_at=None)),
                name="production_lot_closed_has_its_time",
            ),
        ]
        permissions = [
            ("start_lot", "Can start lots"),
            ("complete_lot", "Can complete lots"),
            ("close_lot", "Can close lots"),
            ("correct_lot", "Can correct the quantities of lots"),
        ]

    def __str__(self) -> str:
        return self.lot_number

    @property
    def pass_rate(self) -> float | None:
        """Passed units of the made ones, in per cent; None before anything was made."""
        return per_cent(self.passed_quantity, self.actual_quantity)

    @property
    def defect_rate(self) -> float | None:
        """Failed units of the made ones, in per cent."""
        return per_cent(self.failed_quantity, self.actual_quantity)


class SerialQuerySet(GuardedQuerySet):
    """Units."""

    def numbered(self, text: str) -> SerialQuerySet:
        """The unit of this number, in any case, with or without its hyphens."""
        return _numbered(self, "serial_number", text)

    def beginning(self, text: str) -> SerialQuerySet:
        """Those whose number begins so, in any case, with or without its hyphens."""
        bare = text.replace("-", "").upper()
        return self.alias(bare=_bare("serial_number")).filter(bare__startswith=bare)

    def for_reading(self) -> SerialQuerySet:
        """Each with its lot and product."""
        return self.select_related("lot__product")


class Serial(Stamped, AuditedModel):
    """One unit: born CREATED in a lot at its position, PASSED when every step of its route has passed.

    `failure_reason` stands exactly while it is FAILED. `is_scrapped`: failed after its third rework, for good.
    """

    TRANSITIONS = SERIAL_TRANSITIONS

    serial_number = models.CharField(_("serial number"), max_length=50, unique=True)
    lot = models.ForeignKey(Lot, verbose_name=_("lot"), on_delete=models.PROTECT, related_name="serials")
    sequence_in_lot = models.PositiveSmallIntegerField(
        _("position"), validators=[MinValueValidator(1), MaxValueValidator(MAX_UNITS)]
    )
    status = models.CharField(
        _("status"), max_length=12, choices=SerialStatus.choices, default=SerialStatus.CREATED
    )
    rework_count = models.PositiveSmallIntegerField(_("reworks"), default=0)
    failure_reason = models.TextField(_("reason of the failure"), blank=True)
    is_scrapped = models.BooleanField(_("scrapped"), default=False)
    created_by = person(_("created by"), null=True, blank=True)
    created_on = models.DateField(editable=False)  # the day at the site, for the tallies
    completed_at = models.DateTimeField(_("completed"), null=True, blank=True)
    completed_on = models.DateField(null=True, blank=True, editable=False)

    objects = SerialQuerySet.as_manager()

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        ordering = ("-id",)
        indexes = [
            models.Index(fields=["status", "id"], name="production_serial_status"),
            models.Index(
                OpClass(_bare("serial_number"), name="text_pattern_ops"),
                name="production_serial_bare_prefix",
            ),
            models.Index(fields=["created_on", "id"], name="production_serial_created_on"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["lot", "sequence_in_lot"], name="production_serial_position_once_in_lot"
            ),
            models.CheckConstraint(
                condition=Q(sequence_in_lot__gte=1, sequence_in_lot__lte=MAX_UNITS),
                name="production_serial_position_within_limits",
            ),
            models.CheckConstraint(
                condition=Q(rework_count__lte=MAX_REWORK), name="production_serial_rework_within_limits"
            ),
            models.CheckConstraint(
                condition=Q(status__in=SerialStatus.values), name="production_serial_status_known"
            ),
            models.CheckConstraint(
                condition=(Q(status=SerialStatus.FAILED) & ~Q(failure_reason=""))
                | (~Q(status=SerialStatus.FAILED) & Q(failure_reason="")),
                name="production_serial_failed_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(is_scrapped=False) | Q(status=SerialStatus.FAILED),
                name="production_serial_scrapped_is_failed",
            ),
            models.CheckConstraint(
                condition=Q(status__in=(SerialStatus.PASSED, SerialStatus.FAILED), completed_at__isnull=False)
                | Q(status__in=(SerialStatus.CREATED, SerialStatus.IN_PROGRESS), completed_at=None),
                name="production_serial_ended_has_its_time",
            ),
        ]
        permissions = [
            ("change_others_serial", "Can change units that others made"),
            ("rework_serial", "Can send failed units to rework"),
            ("print_label", "Can print labels again"),
            ("view_trace", "Can see the whole history of units"),
        ]

    def __str__(self) -> str:
        return self.serial_number


class Rework(models.Model):
    """One time a failed unit was sent back to work: the first, second or third."""

    serial = models.ForeignKey(Serial, on_delete=models.PROTECT, related_name="reworks")
    number = models.PositiveSmallIntegerField()
    reason = models.TextField()
    failure_reason = models.TextField()  # what it had failed for
    process = models.ForeignKey(
        "production.Process", null=True, on_delete=models.PROTECT, related_name="+"
    )  # where it had failed
    requested_by = person(_("requested by"), null=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("rework")
        verbose_name_plural = _("reworks")
        ordering = ("serial", "number")
        default_permissions = ("view",)
        indexes = [models.Index(fields=["at"], name="production_rework_at")]
        constraints = [
            models.UniqueConstraint(fields=["serial", "number"], name="production_rework_number_once"),
            models.CheckConstraint(
                condition=Q(number__gte=1, number__lte=MAX_REWORK), name="production_rework_at_most_three"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.serial_id} {self.number}"


class LabelPrint(models.Model):
    """A label printed again, and why."""

    lot = models.ForeignKey(Lot, null=True, on_delete=models.PROTECT, related_name="label_prints")
    serial = models.ForeignKey(Serial, null=True, on_delete=models.PROTECT, related_name="label_prints")
    number = models.PositiveIntegerField()  # 1 is the first reprint of this label
    reason = models.TextField()
    printed_by = person(_("printed by"), null=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("reprinted label")
        verbose_name_plural = _("reprinted labels")
        ordering = ("-at", "-id")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                condition=Q(lot__isnull=True) ^ Q(serial__isnull=True),
                name="production_labelprint_of_a_lot_or_a_unit",
            ),
            models.UniqueConstraint(fields=["lot", "number"], name="production_labelprint_lot_once"),
            models.UniqueConstraint(fields=["serial", "number"], name="production_labelprint_serial_once"),
        ]

    def __str__(self) -> str:
        return f"{self.lot_id or self.serial_id} {self.number}"

"""What is made: products, their ideal cycle times, runs (batches), counts, counters, and imports of production logs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from core.models import MasterData, Stamped
from equipment.models import Line, Machine, code_rule
from production.choices import CounterKind, ImportStatus, ProductStatus


def validate_specifications(value: Any) -> None:
    """Raises ValidationError unless it is an object whose texts the database can hold."""
    if not isinstance(value, dict):
        raise ValidationError(_("An object is required."))
    waiting: list[Any] = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            waiting += item
        elif isinstance(item, str) and "\x00" in item:
            raise ValidationError(_("Null characters are not allowed."))


class ProductModel(MasterData):
    """What is sold. Deleting marks it DISCONTINUED: facts point at it for ever."""

    audit_deeds = ()  # the status is a plain column here: PUT may change it, and the edit is entered

    model_code = models.CharField(_("model code"), max_length=50, validators=[code_rule])
    model_name = models.CharField(_("model name"), max_length=200)
    category = models.CharField(_("category"), max_length=100, blank=True)
    production_cycle_days = models.PositiveIntegerField(_("production cycle (days)"), null=True, blank=True)
    specifications = models.JSONField(
        _("specifications"), default=dict, blank=True, validators=[validate_specifications]
    )
    status = models.CharField(
        _("status"), max_length=20, choices=ProductStatus.choices, default=ProductStatus.ACTIVE
    )
    unit_price = models.DecimalField(
        _("unit price"),
        max_digits=14,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    currency = models.CharField(_("currency"), max_length=3, blank=True)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ("model_code",)
        constraints = [
            models.UniqueConstraint(
                Lower("model_code"),
                name="production_productmodel_code_unique",
                violation_error_code="unique",
                violation_error_message=_("A product with this model code exists already."),
            ),
            models.CheckConstraint(
                condition=Q(status__in=ProductStatus.values), name="production_productmodel_status_known"
            ),
            models.CheckConstraint(
                condition=Q(unit_price__isnull=True) | Q(unit_price__gte=0),
                name="production_productmodel_price_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model_code} {self.model_name}".strip()


class StandardRate(MasterData):
    """The ideal cycle time (planned run time per item, PRI) of a product on a machine, from a shift day on.

    Without a machine it holds for every machine that has none of its own.
    """

    product = models.ForeignKey(ProductModel, on_delete=models.PROTECT, related_name="standard_rates")
    machine = models.ForeignKey(
        Machine, null=True, blank=True, on_delete=models.PROTECT, related_name="standard_rates"
    )
    ideal_cycle_seconds = models.DecimalField(
        _("ideal cycle (s per unit)"),
        max_digits=14,
        decimal_places=6,
        validators=[MinValueValidator(Decimal("0.000001"))],
    )
    valid_from = models.DateField(_("valid from"))

    class Meta:
        verbose_name = _("standard rate")
        verbose_name_plural = _("standard rates")
        ordering = ("product__model_code", "-valid_from", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["product", "machine", "valid_from"],
                nulls_distinct=False,
                name="production_standardrate_one_per_day",
                violation_error_code="unique",
                violation_error_message=_("There is a rate of this day already."),
            ),
            models.CheckConstraint(
                condition=Q(ideal_cycle_seconds__gt=0),
                name="production_standardrate_positive",
                violation_error_message=_("An ideal cycle takes more than 0 seconds."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} {self.ideal_cycle_seconds} s"


class ProductionRun(models.Model):
    """A stretch in which a machine made one product: a batch, a job. Time inside it belongs to that product."""

    machine = models.ForeignKey(Machine, on_delete=models.PROTECT, related_name="runs")
    product = models.ForeignKey(ProductModel, on_delete=models.PROTECT, related_name="runs")
    reference = models.CharField(_("batch or job"), max_length=100, blank=True)
    operator_name = models.CharField(_("operator"), max_length=150, blank=True)
    source = models.CharField(max_length=150, blank=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("production run")
        verbose_name_plural = _("production runs")
        ordering = ("-started_at", "-id")
        indexes = [models.Index(fields=["machine", "-started_at"], name="production_run_timeline")]
        constraints = [
            ExclusionConstraint(
                name="production_productionrun_no_overlap",
                expressions=[
                    (Func("machine_id", "machine_id", Value("[]"), function="int8range"), "&&"),
                    (Func("started_at", "ended_at", function="tstzrange"), "&&"),
                ],
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gt=F("started_at")),
                name="production_productionrun_positive",
            ),
            models.UniqueConstraint(
                fields=["machine", "reference"],
                condition=~Q(reference=""),
                name="production_productionrun_reference_once",
            ),
        ]

    def __str__(self) -> str:
        return self.reference or f"{self.machine_id} {self.started_at}"


class ProductionCount(models.Model):
    """Pieces reported at a moment; half-open windows [start, end) take it where start <= at < end.

    The pieces never change, but for those derived from a counter `reading`, which follow late readings. `product`
    is the one that was stated, else what the machine made then or last (see count_rows.py); null where
    nothing tells.
    """

    machine = models.ForeignKey(Machine, on_delete=models.PROTECT, related_name="counts")
    product = models.ForeignKey(
        ProductModel, null=True, blank=True, on_delete=models.PROTECT, related_name="counts"
    )
    run = models.ForeignKey(
        ProductionRun, null=True, blank=True, on_delete=models.PROTECT, related_name="counts"
    )
    product_stated = models.BooleanField(
        default=True
    )  # False: found out, and again when earlier facts arrive
    at = models.DateTimeField()
    good = models.PositiveBigIntegerField(default=0)
    scrap = models.PositiveBigIntegerField(default=0)
    rework = models.PositiveBigIntegerField(default=0)
    reading = models.OneToOneField(
        "CounterReading", null=True, blank=True, on_delete=models.PROTECT, related_name="count"
    )
    source = models.CharField(max_length=150)  # who sent it: a user name, "import"
    event_id = models.CharField(max_length=100)
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("production count")
        verbose_name_plural = _("production counts")
        ordering = ("-at", "-id")
        permissions = [("ingest_events", "Can send in machine states and counts")]
        indexes = [
            models.Index(fields=["machine", "at"], name="production_count_timeline"),
            models.Index(
                fields=["machine", "at"], condition=Q(product_stated=True), name="production_count_stated"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "event_id"],
                condition=Q(reading__isnull=True),  # a derived one bears the name of its reading
                name="production_productioncount_once_per_source",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.machine_id} {self.at} {self.good}/{self.scrap}/{self.rework}"

    @property
    def produced(self) -> int:
        """PQ: every piece made, good, scrap or rework."""
        return self.good + self.scrap + self.rework


class CounterReading(models.Model):
    """A cumulative counter as the machine showed it; what it adds is a ProductionCount (OEE contract R11).

    `rollover_at` is how many numbers the counter has, where the source says so (production/counters.py). `owed`
    are pieces its machine has counted as good or scrap by now, but not yet on the total counter
    (production/derivation.py); it follows late readings, the rest never changes.
    """

    machine = models.ForeignKey(Machine, on_delete=models.PROTECT, related_name="readings")
    counter = models.CharField(max_length=10, choices=CounterKind.choices)
    at = models.DateTimeField()
    value = models.BigIntegerField()
    rollover_at = models.BigIntegerField(null=True, blank=True)
    owed = models.BigIntegerField(default=0, editable=False)
    product = models.ForeignKey(
        ProductModel, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    source = models.CharField(max_length=150)
    event_id = models.CharField(max_length=100)
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("counter reading")
        verbose_name_plural = _("counter readings")
        ordering = ("-at", "-id")
        indexes = [
            models.Index(fields=["machine", "counter", "at"], name="production_reading_counter"),
            models.Index(fields=["machine", "at", "counter"], name="production_reading_timeline"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "event_id"], name="production_counterreading_once_per_source"
            ),
            models.CheckConstraint(condition=Q(value__gte=0), name="production_counterreading_not_negative"),
            models.CheckConstraint(
                condition=Q(rollover_at__isnull=True) | Q(rollover_at__gt=0),
                name="production_counterreading_rollover_positive",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.machine_id} {self.counter} {self.value}"


class ProductionLogImport(Stamped):
    """One import of a production log: what was asked, how far it is, and its report, row by row."""

    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="imports")
    options = models.JSONField(default=dict)  # column map, zone, separator
    files = models.JSONField(default=dict)  # {role: stored path}
    dry_run = models.BooleanField(_("dry run"), default=True)
    status = models.CharField(max_length=10, choices=ImportStatus.choices, default=ImportStatus.PENDING)
    progress = models.PositiveSmallIntegerField(default=0)  # per cent
    report = models.JSONField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("production log import")
        verbose_name_plural = _("production log imports")
        ordering = ("-created_at", "-id")
        constraints = [
            models.CheckConstraint(
                condition=Q(progress__lte=100), name="production_productionlogimport_progress_per_cent"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line_id} {self.created_at:%Y-%m-%d %H:%M}"

"""What machines made: runs (batches), counts, and readings of counters."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from equipment.models import Machine
from production.choices import CounterKind
from production.models.products import ProductModel


class ProductionRun(models.Model):
    """A stretch in which a machine made one product: a batch, a job. Time inside it belongs to that product."""

    machine = models.ForeignKey(Machine, on_delete=models.PROTECT, related_name="runs")
    product = models.ForeignKey(ProductModel, on_delete=models.PROTECT, related_name="runs")
    reference = models.CharField(_("batch or job"), max_length=100, blank=True)
    operator_name = models.CharField(_("operator"), max_length=150, blank=True)
    job = models.ForeignKey(  # that it is part of; its index leaves out the rest
        "production.JobAssignment",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="runs",
        db_index=False,
    )
    source = models.CharField(max_length=150, blank=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("production run")
        verbose_name_plural = _("production runs")
        ordering = ("-started_at", "-id")
        indexes = [
            models.Index(fields=["machine", "-started_at"], name="production_run_timeline"),
            models.Index(fields=["job"], condition=Q(job__isnull=False), name="production_run_job"),
        ]
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
    job = models.ForeignKey(  # that it was reported for
        "production.JobAssignment",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="counts",
        db_index=False,
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
            models.Index(fields=["job"], condition=Q(job__isnull=False), name="production_count_job"),
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

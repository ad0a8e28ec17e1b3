"""OEE as stored: loss policies, hourly roll-ups, and the hours whose roll-up holds."""

from __future__ import annotations

from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models import MasterData
from equipment.models import Machine, Site
from oee.choices import Idle, MinorStops, Setup, StarvedBlocked, UnknownTime


class LossPolicy(MasterData):
    """What counts as which loss at a site, from a shift day on. A change is a new row: earlier days keep theirs."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="loss_policies")
    minor_stop_seconds = models.PositiveIntegerField(
        _("minor stop below (s)"), default=300, validators=[MaxValueValidator(86_400)]
    )
    minor_stops = models.CharField(
        _("minor stops count as"), max_length=12, choices=MinorStops.choices, default=MinorStops.PERFORMANCE
    )
    setup = models.CharField(
        _("setup counts as"), max_length=12, choices=Setup.choices, default=Setup.AVAILABILITY
    )
    starved_blocked = models.CharField(
        _("starved and blocked count as"),
        max_length=12,
        choices=StarvedBlocked.choices,
        default=StarvedBlocked.AVAILABILITY,
    )
    idle = models.CharField(
        _("time without an order is"), max_length=12, choices=Idle.choices, default=Idle.PLANNED
    )
    unknown_time = models.CharField(
        _("time without a signal is"), max_length=12, choices=UnknownTime.choices, default=UnknownTime.BUSY
    )
    valid_from = models.DateField(_("valid from"))

    class Meta:
        verbose_name = _("loss policy")
        verbose_name_plural = _("loss policies")
        ordering = ("site__code", "-valid_from")
        constraints = [
            models.UniqueConstraint(fields=["site", "valid_from"], name="oee_losspolicy_one_per_day"),
            models.CheckConstraint(
                condition=models.Q(minor_stop_seconds__lte=86_400),
                name="oee_losspolicy_threshold_within_a_day",
            ),
        ]
        permissions = [
            ("view_oee", "Can see OEE, dashboards and analytics"),
            ("recalculate_oee", "Can have OEE recalculated"),
        ]

    def __str__(self) -> str:
        return f"{self.site_id} {self.valid_from}"


class HourlyRollup(models.Model):
    """The additive facts of one machine in one clock hour (UTC), one row per shift and product in it.

    Durations are whole microseconds, so that sums are exact; ideal times are exact decimals of seconds.
    """

    machine = models.ForeignKey(Machine, on_delete=models.CASCADE, related_name="+")
    hour = models.DateTimeField()
    shift_date = models.DateField()  # outside every shift: the local day
    shift_name = models.CharField(max_length=100, blank=True)
    product = models.ForeignKey(
        "production.ProductModel", null=True, on_delete=models.PROTECT, related_name="+"
    )
    planned_busy_us = models.BigIntegerField(default=0)
    actual_production_us = models.BigIntegerField(default=0)
    calendar_us = models.BigIntegerField(default=0)
    unknown_us = models.BigIntegerField(default=0)
    ideal_seconds = models.DecimalField(max_digits=24, decimal_places=6, null=True)  # null: a rate is missing
    ideal_good_seconds = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    produced = models.BigIntegerField(default=0)
    good = models.BigIntegerField(default=0)
    scrap = models.BigIntegerField(default=0)
    rework = models.BigIntegerField(default=0)
    time_by_class = models.JSONField(default=dict)  # {time class: microseconds}, inside the shift
    stops = models.JSONField(default=list)  # [[state, reason id, time class, microseconds, [state ids]], …]

    class Meta:
        ordering = ("machine", "hour", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["machine", "hour", "shift_date", "shift_name", "product"],
                nulls_distinct=False,
                name="oee_hourlyrollup_one_per_slice",
            )
        ]

    def __str__(self) -> str:
        return f"{self.machine_id} {self.hour}"


class RolledHour(models.Model):
    """An hour of a machine whose roll-up is complete. Late data deletes the row; what is not here is computed raw."""

    machine = models.ForeignKey(Machine, on_delete=models.CASCADE, related_name="+")
    hour = models.DateTimeField()

    class Meta:
        ordering = ("machine", "hour")
        constraints = [models.UniqueConstraint(fields=["machine", "hour"], name="oee_rolledhour_once")]

    def __str__(self) -> str:
        return f"{self.machine_id} {self.hour}"

"""Late and corrected facts un-roll the hours that they touch, in the transaction that writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Q
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from equipment.models import Line, Machine
from equipment.signals import calendar_changed, timeline_changed
from oee.actions import unroll, unroll_states
from oee.models import LossPolicy
from production.signals import counts_recorded, rates_changed

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@receiver(timeline_changed)
def on_timeline_changed(*, machine_id: int, start: datetime, end: datetime | None, **_: Any) -> None:
    unroll_states(machine_id=machine_id, start=start, end=end)


@receiver(counts_recorded)
def on_counts_recorded(*, machine_id: int, start: datetime, end: datetime, **_: Any) -> None:
    unroll(machine_ids=[machine_id], start=start, end=end + timedelta(microseconds=1))


@receiver(calendar_changed)
def on_calendar_changed(*, line_id: int | None = None, site_id: int | None = None, **_: Any) -> None:
    scope = Q(line_id=line_id) if line_id else Q(line__area__site_id=site_id)
    unroll(machine_ids=Machine.objects.filter(scope).values_list("pk", flat=True), start=BEGINNING, end=None)


@receiver(rates_changed)
def on_rates_changed(*, machine_id: int | None, valid_from: date, **_: Any) -> None:
    unroll(machine_ids=None if machine_id is None else [machine_id], start=_day_before(valid_from), end=None)


@receiver([post_save, post_delete], sender=LossPolicy)
def on_policy_changed(instance: LossPolicy, **_: Any) -> None:
    lines = Line.objects.filter(area__site_id=instance.site_id)
    machines = Machine.objects.filter(line__in=lines).values_list("pk", flat=True)
    unroll(machine_ids=machines, start=BEGINNING, end=None)


def _day_before(day: date) -> datetime:
    """Early enough for the shift day in every time zone."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=1)

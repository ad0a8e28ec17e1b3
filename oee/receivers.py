"""Late and corrected facts un-roll the hours that they touch, in the transaction that writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.db.models.signals import post_delete, post_save, pre_save
from django.dispatch import receiver

from equipment.models import Machine, MinorStopLimit, StopReason
from equipment.signals import calendar_changed, minor_stop_limits_asked, timeline_changed
from oee.actions import unroll, unroll_reason, unroll_states
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
    if line_id is not None:
        _unroll_all(Machine.objects.filter(line_id=line_id))
    if site_id is not None:
        _unroll_all(Machine.objects.filter(line__area__site_id=site_id))


@receiver(rates_changed)
def on_rates_changed(*, machine_id: int | None, valid_from: date, **_: Any) -> None:
    unroll(machine_ids=None if machine_id is None else [machine_id], start=_day_before(valid_from), end=None)


@receiver(pre_save, sender=LossPolicy)
def on_policy_changes(instance: LossPolicy, **_: Any) -> None:
    """A policy that goes to another site holds no more where it held before."""
    if _differs(instance, "site_id"):
        before = (instance.loaded_values or {})["site_id"]
        _unroll_all(Machine.objects.filter(line__area__site_id=before))


@receiver([post_save, post_delete], sender=LossPolicy)
def on_policy_changed(instance: LossPolicy, **_: Any) -> None:
    _unroll_all(Machine.objects.filter(line__area__site_id=instance.site_id))


@receiver(pre_save, sender=StopReason)
def on_reason_changes(instance: StopReason, **_: Any) -> None:
    """What a stop is hangs on its reason, for the stops that were told already too."""
    if _differs(instance, "planned", "loss_category"):
        unroll_reason(reason_id=instance.pk)


@receiver(pre_save, sender=Machine)
def on_machine_moves(instance: Machine, **_: Any) -> None:
    """On another line a machine lives by another calendar and maybe by another policy."""
    if _differs(instance, "line_id"):
        unroll(machine_ids=[instance.pk], start=BEGINNING, end=None)


def _differs(instance: Any, *names: str) -> bool:
    before = instance.loaded_values or {}
    return any(name in before and before[name] != getattr(instance, name) for name in names)


def _unroll_all(machines: QuerySet[Machine]) -> None:
    unroll(machine_ids=machines.values_list("pk", flat=True), start=BEGINNING, end=None)


def _day_before(day: date) -> datetime:
    """Early enough for the shift day in every time zone."""
    return datetime.combine(max(day, BEGINNING.date()), time(), UTC) - timedelta(days=1)


@receiver(minor_stop_limits_asked)
def on_minor_stop_limits_asked(**_: Any) -> list[MinorStopLimit]:
    """Every policy says from its first day on, on the clock of its site, which stops are minor."""
    return [
        MinorStopLimit(
            row.site_id, datetime.combine(row.valid_from, time(), row.site.zone), row.minor_stop_seconds
        )
        for row in LossPolicy.objects.select_related("site")
    ]

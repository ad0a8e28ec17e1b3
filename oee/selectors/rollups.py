"""Slices of machines over a window: from roll-ups where an hour is rolled, from raw facts everywhere else.

So a figure is never stale: late data only un-rolls the hours that it touches (oee/receivers.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from equipment.models import Machine
from oee.kpi import Sums, TimeClass
from oee.models import HourlyRollup, RolledHour
from oee.selectors.facts import Rules, load_facts
from oee.slices import Slice, SliceKey, Stop, StopKey, from_us, slices, to_us

HOUR = timedelta(hours=1)
MAX_LOADS = (
    4  # times that raw facts are loaded for one reading, however scattered the hours without a roll-up
)
COLUMNS = [field.attname for field in HourlyRollup._meta.concrete_fields]
Window = tuple[datetime, datetime]
_CLASSES = {str(name): name for name in TimeClass}


def slices_of(
    *,
    machines: Sequence[Machine],
    rules: dict[int | None, Rules],
    start: datetime,
    end: datetime,
    now: datetime,
) -> dict[int, list[Slice]]:
    """The slices of each machine over [start, end), which no longer than to `now` holds anything.

    The number of queries grows with nothing.
    """
    end = min(end, now)
    found: dict[int, list[Slice]] = {machine.pk: [] for machine in machines}
    if end <= start:
        return found
    rolled = _rolled_hours(machines, start, end)
    for machine_id, part in _rolled_slices(machines, start, end):
        if part.key.hour in rolled[machine_id]:
            found[machine_id].append(part)
    for window, group in _raw_windows(machines, rolled, start, end):
        facts = load_facts(machines=group, rules=rules, start=window[0], end=window[1], now=now)
        for machine in group:
            parts = slices(facts[machine.pk], to_us(window[0]), to_us(window[1]))
            found[machine.pk] += [part for part in parts if part.key.hour not in rolled[machine.pk]]
    return found


def ceil_hour(moment: datetime) -> datetime:
    """The clock hour (UTC) that begins at or after the moment."""
    floor = moment.replace(minute=0, second=0, microsecond=0)
    return floor if floor == moment else floor + HOUR


def _rolled_hours(machines: Sequence[Machine], start: datetime, end: datetime) -> dict[int, set[int]]:
    """The rolled clock hours (microseconds) of each machine that lie in [start, end) whole."""
    found: dict[int, set[int]] = {machine.pk: set() for machine in machines}
    rows = RolledHour.objects.filter(machine__in=machines, hour__gte=ceil_hour(start), hour__lte=end - HOUR)
    for machine_id, hour in rows.order_by().values_list("machine_id", "hour"):
        found[machine_id].add(to_us(hour))
    return found


def _rolled_slices(
    machines: Sequence[Machine], start: datetime, end: datetime
) -> Iterator[tuple[int, Slice]]:
    rows = HourlyRollup.objects.filter(machine__in=machines, hour__gte=ceil_hour(start), hour__lte=end - HOUR)
    for row in rows.order_by("machine_id", "hour", "pk").values_list(*COLUMNS, named=True):
        yield row.machine_id, to_slice(row)


def _raw_windows(
    machines: Sequence[Machine], rolled: dict[int, set[int]], start: datetime, end: datetime
) -> Iterator[tuple[Window, list[Machine]]]:
    """Few windows that hold all hours without a roll-up, each with the machines that miss any there."""
    missing = {machine.pk: list(gaps(rolled[machine.pk], start, end)) for machine in machines}
    for window in joined((gap for found in missing.values() for gap in found), most=MAX_LOADS):
        yield (
            window,
            [machine for machine in machines if any(_meet(gap, window) for gap in missing[machine.pk])],
        )


def _meet(one: Window, other: Window) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def gaps(rolled: Iterable[int], start: datetime, end: datetime) -> Iterator[Window]:
    """What is left of [start, end) without these clock hours, in order, neighbours joined."""
    cursor = start
    for hour in map(from_us, sorted(rolled)):
        if hour > cursor:
            yield cursor, hour
        cursor = hour + HOUR
    if cursor < end:
        yield cursor, end


def joined(windows: Iterable[Window], *, most: int) -> list[Window]:
    """At most so many windows that contain all the given ones: those nearest to each other are joined."""
    apart: list[Window] = []
    for low, high in sorted(windows):
        if apart and low <= apart[-1][1]:
            apart[-1] = apart[-1][0], max(apart[-1][1], high)
        else:
            apart.append((low, high))
    by_distance = sorted(range(1, len(apart)), key=lambda n: apart[n - 1][1] - apart[n][0])
    bounds = [0, *sorted(by_distance[: most - 1]), len(apart)] if apart else []
    return [(apart[first][0], apart[last - 1][1]) for first, last in pairwise(bounds)]


def to_slice(row: Any) -> Slice:
    """The stored slice; `row` has the columns of HourlyRollup."""
    key = SliceKey(to_us(row.hour), row.shift_date, row.shift_name, row.product_id)
    sums = Sums(
        planned_busy_us=row.planned_busy_us,
        actual_production_us=row.actual_production_us,
        ideal=row.ideal_seconds,
        ideal_good=row.ideal_good_seconds,
        produced=row.produced,
        good=row.good,
        scrap=row.scrap,
        rework=row.rework,
        calendar_us=row.calendar_us,
        unknown_us=row.unknown_us,
        product=row.product_id if row.produced else None,
    )
    stops = {
        StopKey(state, reason, TimeClass(cls)): Stop(us, set(ids))
        for state, reason, cls, us, ids in row.stops
    }
    return Slice(key, sums, {_CLASSES[name]: us for name, us in row.time_by_class.items()}, stops)


def to_row(machine_id: int, part: Slice, hour: datetime) -> HourlyRollup:
    """The slice as it is stored."""
    sums = part.sums
    return HourlyRollup(
        machine_id=machine_id,
        hour=hour,
        shift_date=part.key.day,
        shift_name=part.key.shift,
        product_id=part.key.product,
        planned_busy_us=sums.planned_busy_us,
        actual_production_us=sums.actual_production_us,
        calendar_us=sums.calendar_us,
        unknown_us=sums.unknown_us,
        ideal_seconds=sums.ideal,
        ideal_good_seconds=sums.ideal_good,
        produced=sums.produced,
        good=sums.good,
        scrap=sums.scrap,
        rework=sums.rework,
        time_by_class=dict(part.by_class),
        stops=[
            [key.state, key.reason_id, key.time_class, stop.us, sorted(stop.ids)]
            for key, stop in part.stops.items()
        ],
    )

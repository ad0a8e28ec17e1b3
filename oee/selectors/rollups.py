"""Slices of machines over a window: from roll-ups where an hour is rolled, from raw facts everywhere else.

So a figure is never stale: late data only un-rolls the hours that it touches (oee/receivers.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from equipment.models import Machine
from oee.kpi import Sums, TimeClass
from oee.models import HourlyRollup, RolledHour
from oee.selectors.facts import Rules, load_facts
from oee.slices import Slice, SliceKey, Stop, StopKey, slices, to_us

HOUR = timedelta(hours=1)
Window = tuple[datetime, datetime]


def slices_of(
    *,
    machines: Sequence[Machine],
    rules: dict[int | None, Rules],
    start: datetime,
    end: datetime,
    now: datetime,
) -> dict[int, list[Slice]]:
    """The slices of each machine over [start, end), which no longer than to `now` holds anything."""
    end = min(end, now)
    found: dict[int, list[Slice]] = {machine.pk: [] for machine in machines}
    if end <= start:
        return found
    rolled = _rolled_hours(machines, start, end)
    for row in _rows(machines, start, end):
        if row.hour in rolled[row.machine_id]:
            found[row.machine_id].append(to_slice(row))
    for window, group in _raw_windows(machines, rolled, start, end).items():
        facts = load_facts(machines=group, rules=rules, start=window[0], end=window[1], now=now)
        for machine in group:
            found[machine.pk] += slices(facts[machine.pk], to_us(window[0]), to_us(window[1]))
    return found


def ceil_hour(moment: datetime) -> datetime:
    """The clock hour (UTC) that begins at or after the moment."""
    floor = moment.replace(minute=0, second=0, microsecond=0)
    return floor if floor == moment else floor + HOUR


def _rolled_hours(machines: Sequence[Machine], start: datetime, end: datetime) -> dict[int, set[datetime]]:
    found: dict[int, set[datetime]] = defaultdict(set)
    rows = RolledHour.objects.filter(machine__in=machines, hour__gte=ceil_hour(start), hour__lte=end - HOUR)
    for machine_id, hour in rows.values_list("machine_id", "hour"):
        found[machine_id].add(hour)
    return found


def _rows(machines: Sequence[Machine], start: datetime, end: datetime) -> Iterator[HourlyRollup]:
    rows = HourlyRollup.objects.filter(machine__in=machines, hour__gte=ceil_hour(start), hour__lte=end - HOUR)
    yield from rows.order_by("machine_id", "hour", "pk")


def _raw_windows(
    machines: Sequence[Machine], rolled: dict[int, set[datetime]], start: datetime, end: datetime
) -> dict[Window, list[Machine]]:
    """The stretches that have no roll-up, each with the machines that miss it."""
    windows: dict[Window, list[Machine]] = defaultdict(list)
    for machine in machines:
        for window in gaps(rolled[machine.pk], start, end):
            windows[window].append(machine)
    return windows


def gaps(rolled: set[datetime], start: datetime, end: datetime) -> Iterator[Window]:
    """What is left of [start, end) without these clock hours, in order, neighbours joined."""
    cursor = start
    for hour in sorted(rolled):
        if hour > cursor:
            yield cursor, hour
        cursor = hour + HOUR
    if cursor < end:
        yield cursor, end


def to_slice(row: HourlyRollup) -> Slice:
    """The stored slice."""
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
        StopKey(state, reason, TimeClass(cls)): Stop(us, count) for state, reason, cls, us, count in row.stops
    }
    return Slice(key, sums, {TimeClass(name): us for name, us in row.time_by_class.items()}, stops)


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
            [key.state, key.reason_id, key.time_class, stop.us, stop.count]
            for key, stop in part.stops.items()
        ],
    )

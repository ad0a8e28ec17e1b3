"""Figures out of slices: one for a window, or one per hour, shift, day or product, which add up to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from oee.kpi import Figure, Losses, Sums, figure, losses
from oee.selectors.scopes import Reading
from oee.slices import HOUR_US, Slice, SliceKey, Stop, StopKey, from_us, lost_time
from production.models import ProductModel

Window = tuple[datetime, datetime]
GROUPINGS = ("hour", "shift", "day", "product", "none")


@dataclass(frozen=True, slots=True)
class Report:
    """A figure with the sums and losses it comes from."""

    start: datetime
    end: datetime
    sums: Sums
    figure: Figure
    losses: Losses
    stops: dict[StopKey, Stop]
    time_us: dict[str, int]  # by time class, in the shift


@dataclass(frozen=True, slots=True)
class Group:
    """One part of a grouped report."""

    key: str
    label: str
    report: Report


def report(reading: Reading, *, product_id: int | None = None) -> Report:
    """The figure of the whole reading, or of one product in it."""
    parts = [
        (line_id, [part for part in slices if product_id is None or part.key.product == product_id])
        for line_id, slices in reading.parts
    ]
    return _report(reading, parts, reading.start, reading.end)


def _report(
    reading: Reading, parts: Sequence[tuple[int | None, Sequence[Slice]]], start: datetime, end: datetime
) -> Report:
    flat = [part for _, slices in parts for part in slices]
    sums = Sums.total(part.sums for part in flat)
    lost: dict[Any, int] = defaultdict(int)
    for line_id, slices in parts:
        for time_class, us in lost_time(slices, reading.rules[line_id].policy_on).items():
            lost[time_class] += us
    return Report(start, end, sums, figure(sums), losses(sums, lost), _stops(flat), _time(flat))


def _stops(slices: Sequence[Slice]) -> dict[StopKey, Stop]:
    total: dict[StopKey, Stop] = defaultdict(Stop)
    for part in slices:
        for key, stop in part.stops.items():
            total[key].add(stop)
    return dict(sorted(total.items(), key=lambda item: -item[1].us))


def _time(slices: Sequence[Slice]) -> dict[str, int]:
    total: dict[str, int] = defaultdict(int)
    for part in slices:
        for time_class, us in part.by_class.items():
            total[str(time_class)] += us
    return dict(total)


def groups(reading: Reading, by: str, *, product_id: int | None = None) -> list[Group]:
    """The reading by hour, shift, day or product. Parts without planned time, pieces or lack of signal are left
    out: what they would add to the total is calendar time alone."""
    key_of = _KEYS[by]
    buckets: dict[Any, dict[int, list[Slice]]] = defaultdict(lambda: defaultdict(list))
    for number, (_, slices) in enumerate(reading.parts):
        for part in slices:
            if product_id is None or part.key.product == product_id:
                buckets[key_of(part.key)][number].append(part)
    names = _product_names(buckets) if by == "product" else {}
    zone, spans = _zone(reading), _spans(reading, by)
    found = []
    for key in sorted(buckets, key=_sortable):
        parts = [(reading.parts[number][0], slices) for number, slices in buckets[key].items()]
        made = _report(reading, parts, *_clipped(spans.get(key) or _hours_of(parts), reading))
        if made.sums.planned_busy_us or made.sums.produced or made.sums.unknown_us:
            found.append(Group(_key_text(by, key, names), _label(by, key, zone, names), made))
    return found


_KEYS: dict[str, Callable[[SliceKey], Any]] = {
    "hour": lambda key: key.hour,
    "shift": lambda key: (key.day, key.shift),
    "day": lambda key: key.day,
    "product": lambda key: key.product,
}


def _sortable(key: Any) -> Any:
    return (key is not None, key if key is not None else 0)


def _zone(reading: Reading) -> ZoneInfo:
    first = next((line_id for line_id, _ in reading.parts), None)
    return reading.rules[first].calendar.zone


def _spans(reading: Reading, by: str) -> dict[Any, Window]:
    """From the first to the last moment of each shift or shift day, over all calendars of the reading."""
    found: dict[Any, Window] = {}
    for line_id in {line_id for line_id, _ in reading.parts} if by in ("shift", "day") else ():
        for shift in reading.rules[line_id].calendar.shifts(reading.start, reading.end):
            key = shift.key if by == "shift" else shift.day
            start, end = found.get(key, (shift.start, shift.end))
            found[key] = min(start, shift.start), max(end, shift.end)
    return found


def _hours_of(parts: Sequence[tuple[int | None, Sequence[Slice]]]) -> Window:
    """From the first to the last clock hour touched."""
    hours = [part.key.hour for _, slices in parts for part in slices]
    return from_us(min(hours)), from_us(max(hours) + HOUR_US)


def _clipped(window: Window, reading: Reading) -> Window:
    return max(window[0], reading.start), min(window[1], reading.end)


def _product_names(keys: Any) -> dict[int, ProductModel]:
    return ProductModel.objects.in_bulk([key for key in keys if key is not None])


def _key_text(by: str, key: Any, names: dict[int, ProductModel]) -> str:
    match by:
        case "hour":
            return from_us(key).isoformat().replace("+00:00", "Z")
        case "shift":
            return f"{key[0].isoformat()} {key[1]}".strip()
        case "product":
            return names[key].model_code if key is not None else ""
        case _:
            return str(key.isoformat())


def _label(by: str, key: Any, zone: ZoneInfo, names: dict[int, ProductModel]) -> str:
    match by:
        case "hour":
            return f"{from_us(key).astimezone(zone):%H:%M}"
        case "shift":
            return f"{key[1]} {_day(key[0])}".strip()
        case "product":
            return names[key].model_name if key is not None else ""
        case _:
            return _day(key)


def _day(day: date) -> str:
    return day.isoformat()

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
from oee.slices import Slice, SliceKey, Stop, StopKey, from_us, lost_time
from production.models import ProductModel

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
        rules = reading.rules[line_id]
        for time_class, us in lost_time(
            slices, lambda day, rules=rules: rules.policy_in_force(day).policy
        ).items():
            lost[time_class] += us
    return Report(start, end, sums, figure(sums), losses(sums, lost), _stops(flat), _time(flat))


def _stops(slices: Sequence[Slice]) -> dict[StopKey, Stop]:
    total: dict[StopKey, Stop] = defaultdict(Stop)
    for part in slices:
        for key, stop in part.stops.items():
            total[key].us += stop.us
            total[key].count += stop.count
    return dict(sorted(total.items(), key=lambda item: -item[1].us))


def _time(slices: Sequence[Slice]) -> dict[str, int]:
    total: dict[str, int] = defaultdict(int)
    for part in slices:
        for time_class, us in part.by_class.items():
            total[str(time_class)] += us
    return dict(total)


def groups(reading: Reading, by: str, *, product_id: int | None = None) -> list[Group]:
    """The reading by hour, shift, day or product; parts without planned time or pieces are left out."""
    zone = _zone(reading)
    key_of = _KEYS[by]
    buckets: dict[Any, dict[int, list[Slice]]] = defaultdict(lambda: defaultdict(list))
    for number, (_, slices) in enumerate(reading.parts):
        for part in slices:
            if product_id is None or part.key.product == product_id:
                buckets[key_of(part.key)][number].append(part)
    names = _product_names(buckets) if by == "product" else {}
    found = []
    for key in sorted(buckets, key=_sortable):
        parts = [(reading.parts[number][0], slices) for number, slices in buckets[key].items()]
        start, end = _span(parts, reading)
        made = _report(reading, parts, start, end)
        if made.sums.planned_busy_us or made.sums.produced:
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


def _span(parts: Sequence[tuple[int | None, Sequence[Slice]]], reading: Reading) -> tuple[datetime, datetime]:
    """From the first to the last clock hour touched, within the window."""
    hours = [part.key.hour for _, slices in parts for part in slices]
    return max(from_us(min(hours)), reading.start), min(from_us(max(hours) + 3_600_000_000), reading.end)


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

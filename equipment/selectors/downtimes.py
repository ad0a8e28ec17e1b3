"""Questions about stops: the list as people read it, and what the stops of a window add up to."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.utils import timezone

from equipment.calendar_rows import ALWAYS_PLANNED, PlantCalendar
from equipment.choices import DowntimeCategory
from equipment.models import Downtime, Line, MinorStopLimit
from equipment.models.downtimes import DowntimeQuerySet
from equipment.selectors.plant import calendars
from equipment.signals import minor_stop_limits_asked

TOP = 10
NOTHING = timedelta(0)


def minor_stop_limits() -> list[MinorStopLimit]:
    """Below which length stops are minor, site by site, as the apps above know; none: the product's default."""
    answers: list[Any] = minor_stop_limits_asked.send(sender=None)
    return [limit for _receiver, limits in answers for limit in limits]


def downtimes(*, user: Any, now: datetime | None = None) -> DowntimeQuerySet:
    """The stops that this person may see, each with `category`, `minor` and everybody who had a hand in it."""
    rows = Downtime.objects.visible_to(user).with_people().with_category()
    return rows.with_minor(minor_stop_limits(), now or timezone.now())


@dataclass(slots=True)
class Tally:
    """Stops and their time."""

    events: int = 0
    time: timedelta = NOTHING

    def add(self, time: timedelta) -> None:
        self.events += 1
        self.time += time

    @property
    def seconds(self) -> float:
        return self.time.total_seconds()


@dataclass(slots=True)
class DowntimeStatistics:
    """What stops add up to. Minor stops stand apart: they are in none of the other figures."""

    total: Tally = field(default_factory=Tally)
    minor: Tally = field(default_factory=Tally)
    by_category: dict[str, Tally] = field(
        default_factory=lambda: {word: Tally() for word in DowntimeCategory.values}
    )
    by_reason: dict[str | None, Tally] = field(default_factory=lambda: defaultdict(Tally))
    by_day: dict[date, Tally] = field(default_factory=lambda: defaultdict(Tally))
    reason_names: dict[str | None, str | None] = field(default_factory=dict)

    @property
    def average_seconds(self) -> float | None:
        """None where there was no stop."""
        return self.total.seconds / self.total.events if self.total.events else None

    def top_reasons(self) -> list[tuple[str | None, Tally]]:
        """The reasons that cost most time, the most costly first; None: nobody said."""
        return sorted(self.by_reason.items(), key=lambda item: (-item[1].seconds, item[0] or ""))[:TOP]


class PlannedSpan(NamedTuple):
    """A stretch of planned time and its shift day."""

    start: datetime
    end: datetime
    day: date


def downtime_statistics(
    *, rows: DowntimeQuerySet, start: datetime, end: datetime, now: datetime
) -> DowntimeStatistics:
    """The stops among `rows` (of `downtimes`) in [start, end), as far as it has passed.

    Only time inside planned shifts counts, as in the OEE: a machine that stands at night is not down. A stop counts
    once, and once on every shift day that it reaches into.
    """
    end = min(end, now)
    found = DowntimeStatistics()
    if end <= start:
        return found
    columns = (
        "machine__line_id",
        "started_at",
        "ended_at",
        "category",
        "minor",
        "reason__code",
        "reason__name",
    )
    stops = list(rows.touching(start, end).order_by("started_at", "pk").values_list(*columns))
    plans = _plans({stop[0] for stop in stops}, start, end)
    for line_id, began, ended, category, minor, code, name in stops:
        days = _days(plans[line_id], max(began, start), min(ended or end, end))
        if days:
            found.reason_names[code] = name
            _count(found, days, category, minor, code)
    return found


def _count(
    found: DowntimeStatistics, days: Mapping[date, timedelta], category: str, minor: bool, code: str | None
) -> None:
    time = sum(days.values(), NOTHING)
    if minor:
        found.minor.add(time)
        return
    for tally in (found.total, found.by_category[category], found.by_reason[code]):
        tally.add(time)
    for day, part in days.items():
        found.by_day[day].add(part)


def _plans(
    line_ids: Iterable[int | None], start: datetime, end: datetime
) -> dict[int | None, list[PlannedSpan]]:
    """The planned time of each line in order; a machine without a line is always planned."""
    lines = Line.objects.filter(pk__in=[pk for pk in line_ids if pk is not None])
    known: list[tuple[int | None, PlantCalendar]] = [(None, ALWAYS_PLANNED), *calendars(lines=lines).items()]
    return {
        line_id: [
            PlannedSpan(low, high, shift.day)
            for shift in calendar.shifts(start, end)
            for low, high in shift.planned
        ]
        for line_id, calendar in known
    }


def _days(plan: list[PlannedSpan], start: datetime, end: datetime) -> dict[date, timedelta]:
    """How much of [start, end) is planned, by shift day."""
    found: defaultdict[date, timedelta] = defaultdict(timedelta)
    for span in _from(plan, start):
        if span.start >= end:
            break
        shared = min(span.end, end) - max(span.start, start)
        if shared > NOTHING:
            found[span.day] += shared
    return dict(found)


def _from(plan: list[PlannedSpan], start: datetime) -> Iterator[PlannedSpan]:
    """The spans from the one that may hold `start` on."""
    first = max(0, bisect_right(plan, start, key=lambda span: span.start) - 1)
    for at in range(first, len(plan)):
        yield plan[at]

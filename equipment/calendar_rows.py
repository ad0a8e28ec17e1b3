"""From calendar rows of the database to the pure arithmetic of equipment/calendar.py."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from equipment import calendar

if TYPE_CHECKING:
    from equipment import models

MAX_BREAKS = 24


@dataclass(frozen=True, slots=True)
class PlantCalendar:
    """The rules one line lives by, loaded once: ask it for as many windows as you like."""

    zone: ZoneInfo
    patterns: tuple[calendar.Pattern, ...]
    exceptions: tuple[calendar.CalendarException, ...]

    @property
    def has_rules(self) -> bool:
        """Whether anybody stated shifts; without any the line is always planned, but for its exceptions."""
        return bool(self.patterns)

    def shifts(self, start: datetime, end: datetime) -> list[calendar.Shift]:
        """The shifts that touch [start, end): ordered, disjoint, whole."""
        patterns = self.patterns or (calendar.ALWAYS,)
        return calendar.shifts(
            patterns=patterns, exceptions=self.exceptions, zone=self.zone, start=start, end=end
        )


ALWAYS_PLANNED = PlantCalendar(ZoneInfo("UTC"), (), ())


def to_calendar(
    zone: ZoneInfo, patterns: Iterable[models.ShiftPattern], exceptions: Iterable[models.CalendarException]
) -> PlantCalendar:
    """The calendar made of these rows."""
    return PlantCalendar(zone, tuple(map(_pattern, patterns)), tuple(map(_exception, exceptions)))


def _pattern(row: models.ShiftPattern) -> calendar.Pattern:
    return calendar.Pattern(
        name=row.name,
        weekdays=frozenset(row.weekdays),
        start=row.start_time,
        end=row.end_time,
        breaks=parse_breaks(row.breaks),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
    )


def _exception(row: models.CalendarException) -> calendar.CalendarException:
    kind: Any = str(row.kind)
    return calendar.CalendarException(day=row.date, kind=kind, start=row.start_time, end=row.end_time)


def parse_breaks(breaks: Any) -> tuple[calendar.Wall, ...]:
    """((start, end), …) of the stored list of {start_time, end_time}. Raises ValidationError saying what is wrong."""
    if not isinstance(breaks, list):
        raise ValidationError(_("Breaks are a list of {start_time, end_time}."))
    if len(breaks) > MAX_BREAKS:
        raise ValidationError(_("At most %(count)d breaks.") % {"count": MAX_BREAKS})
    return tuple(_parse_break(item) for item in breaks)


def _parse_break(item: Any) -> calendar.Wall:
    if not isinstance(item, dict) or set(item) != {"start_time", "end_time"}:
        raise ValidationError(_("Breaks are a list of {start_time, end_time}."))
    return parse_clock(item["start_time"]), parse_clock(item["end_time"])


def parse_clock(text: Any) -> time:
    """The wall time of "12:30" or "12:30:15". Raises ValidationError, also for a time with an offset."""
    try:
        parsed = time.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        parsed = None
    if parsed is None or parsed.tzinfo is not None:
        raise ValidationError(_("%(text)s is not a time of day such as 12:30.") % {"text": str(text)[:40]})
    return parsed

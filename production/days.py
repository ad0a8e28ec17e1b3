"""Which day and shift a moment belongs to at a site."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from equipment.calendar_rows import PlantCalendar, to_calendar
from equipment.models import CalendarException, Line, ShiftPattern, Site
from equipment.selectors import calendar_of
from production.choices import Shift

# Where nobody stated shifts: two of twelve hours.
DAY_BEGINS, NIGHT_BEGINS = time(8), time(20)
# A stated shift that begins from five to five in the afternoon is a day shift.
EARLIEST_DAY_SHIFT, LATEST_DAY_SHIFT = time(5), time(17)


def default_site() -> Site | None:
    """Where things are made when nobody says where: the first active site."""
    return Site.objects.filter(is_active=True).order_by("pk").first()


def zone_of(site: Site | None) -> ZoneInfo:
    """The clock of a site; UTC where there is none."""
    return site.zone if site else ZoneInfo("UTC")


def day_at(site: Site | None, at: datetime) -> date:
    """The calendar day at the site, by which records and units are counted."""
    return at.astimezone(zone_of(site)).date()


def shift_at(*, site: Site | None, line: Line | None, at: datetime) -> tuple[date, Shift]:
    """The shift day and the half of it that `at` belongs to, by the calendar of the line, else of the site."""
    calendar = calendar_of(line=line) if line else _calendar_of_site(site)
    if calendar.has_rules:
        running = calendar.shifts(at, at + timedelta(microseconds=1))
        if running:
            begins = running[0].start.astimezone(calendar.zone).time()
            return running[0].day, _half(begins, EARLIEST_DAY_SHIFT, LATEST_DAY_SHIFT)
    wall = at.astimezone(zone_of(site))
    half = _half(wall.time(), DAY_BEGINS, NIGHT_BEGINS)
    began_yesterday = half == Shift.NIGHT and wall.time() < DAY_BEGINS
    return wall.date() - timedelta(days=began_yesterday), half


def _half(wall: time, begins: time, ends: time) -> Shift:
    return Shift.DAY if begins <= wall < ends else Shift.NIGHT


def _calendar_of_site(site: Site | None) -> PlantCalendar:
    patterns: QuerySet[ShiftPattern] = ShiftPattern.objects.filter(site=site, line=None)
    exceptions: QuerySet[CalendarException] = CalendarException.objects.filter(site=site, line=None)
    return (
        to_calendar(zone_of(site), patterns, exceptions) if site else PlantCalendar(ZoneInfo("UTC"), (), ())
    )


def local_moment(site: Site | None, day: date) -> datetime:
    """The first moment of a day at the site, as UTC."""
    return datetime.combine(day, time(), zone_of(site)).astimezone(UTC)

"""Which shift is now, and from when to when a shift day lasts. Pure: a calendar and a clock go in."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from equipment.calendar import Shift, instant
from equipment.calendar_rows import PlantCalendar
from oee.slices import MICROSECOND

DAY = timedelta(days=1)
LOOK_BACK = 8 * DAY  # a week and its weekend: who works at all has had a shift in it
Window = tuple[datetime, datetime]


def running_shift(calendar: PlantCalendar, now: datetime) -> Window:
    """The shift of now so far; between shifts the last one; with none for a week the local day so far."""
    began = [shift for shift in calendar.shifts(now - LOOK_BACK, now + MICROSECOND) if shift.start <= now]
    if not began:
        return local_day(now.astimezone(calendar.zone).date(), calendar.zone)[0], now
    pieces = [shift for shift in began if shift.key == began[-1].key]
    return pieces[0].start, min(now, pieces[-1].end)


def today(calendar: PlantCalendar, now: datetime) -> date:
    """The shift day of now: in a night shift still the day it began on."""
    running = calendar.shifts(now, now + MICROSECOND)
    return running[0].day if running else now.astimezone(calendar.zone).date()


def shift_day(calendar: PlantCalendar, day: date) -> Window:
    """From the first to the last moment of the shifts that belong to `day`. Where there is none, the local day,
    less what a shift of the day before has of it."""
    start, end = local_day(day, calendar.zone)
    shifts = calendar.shifts(start, end + DAY)
    own = [shift for shift in shifts if shift.day == day]
    return (own[0].start, own[-1].end) if own else (min(end, _left_by(shifts, day, start)), end)


def _left_by(shifts: list[Shift], day: date, start: datetime) -> datetime:
    return max([start, *(shift.end for shift in shifts if shift.day < day)])


def local_day(day: date, zone: ZoneInfo) -> Window:
    """From midnight to midnight, 23 or 25 hours where the clocks change."""
    start, end = (instant(datetime.combine(at, time()), zone) for at in (day, day + DAY))
    return start, end

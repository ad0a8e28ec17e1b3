"""Which shift is now, and its neighbours. Pure: a calendar and a clock go in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from equipment.calendar import Shift
from equipment.calendar_rows import PlantCalendar
from oee.selectors.shifts import local_day

DAY = timedelta(days=1)
LOOK_BACK = 8 * DAY  # a week and its weekend: who works at all has had a shift in it
TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class ShiftNow:
    """The running shift, or the last one. A line that has had none for a week has a nameless day, never planned."""

    day: date
    name: str
    start: datetime
    end: datetime
    pieces: tuple[Shift, ...]

    @property
    def key(self) -> tuple[date, str]:
        return self.day, self.name

    def is_running(self, now: datetime) -> bool:
        """Whether `now` lies in the shift, its breaks included."""
        return any(piece.start <= now < piece.end for piece in self.pieces)

    def pause(self, now: datetime) -> datetime | None:
        """The start of the break that `now` lies in, else None."""
        spans = (span for piece in self.pieces for span in piece.breaks)
        return next((start for start, end in spans if start <= now < end), None)


def shift_now(calendar: PlantCalendar, now: datetime) -> ShiftNow:
    """The shift `now` lies in; between shifts the last one that has ended."""
    began = _begun(calendar, now - DAY, now) or _begun(calendar, now - LOOK_BACK, now)
    if not began:
        return _no_shift(calendar.zone, now)
    return _whole(began[-1].key, calendar.shifts(began[-1].start - DAY, began[-1].end + DAY))


def _begun(calendar: PlantCalendar, start: datetime, now: datetime) -> list[Shift]:
    return [shift for shift in calendar.shifts(start, now + TICK) if shift.start <= now]


def _no_shift(zone: ZoneInfo, now: datetime) -> ShiftNow:
    day = now.astimezone(zone).date()
    return ShiftNow(day, "", *local_day(day, zone), ())


def _whole(key: tuple[date, str], shifts: list[Shift]) -> ShiftNow:
    """The shift of this key with all its pieces."""
    pieces = tuple(shift for shift in shifts if shift.key == key)
    return ShiftNow(*key, pieces[0].start, pieces[-1].end, pieces)


def neighbour(calendar: PlantCalendar, shift: ShiftNow, step: int) -> ShiftNow | None:
    """The shift before (step −1) or after (+1), within a week."""
    keys = list(dict.fromkeys(s.key for s in calendar.shifts(shift.start - LOOK_BACK, shift.end + LOOK_BACK)))
    wanted = keys.index(shift.key) + step if shift.key in keys else -1
    if not 0 <= wanted < len(keys):
        return None
    return _whole(keys[wanted], calendar.shifts(shift.start - LOOK_BACK - DAY, shift.end + LOOK_BACK + DAY))

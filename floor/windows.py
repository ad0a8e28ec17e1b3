"""Which stretch of time a page shows: read from its address, never trusted, always something to show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from equipment.calendar import instant
from equipment.calendar_rows import PlantCalendar
from floor.selectors.shifts import DAY, neighbour, shift_now
from oee.selectors.shifts import shift_day, today

MAX_WINDOW = timedelta(days=92)
YEARS = range(1990, 2101)
WEEK_DAYS = 7


class BadWindow(ValueError):
    """The words a person reads about the window they asked for."""


@dataclass(frozen=True, slots=True)
class Window:
    """[start, end) in UTC, and all that the page says about it. `query` is its address; `pinned` the address of what
    of it has passed, so that the arithmetic of a figure is that of the figure and not of a moment later."""

    key: str
    label: str
    start: datetime
    end: datetime
    query: str
    live: bool
    pinned: str = ""
    choices: list[dict[str, Any]] = field(default_factory=list)
    custom: dict[str, str] = field(default_factory=dict)
    error: str = ""


def window_of(
    params: Mapping[str, str],
    calendar: PlantCalendar,
    *,
    now: datetime,
    record: tuple[datetime, datetime] | None = None,
) -> Window:
    """The window of `?window=shift|today|yesterday|week` or `?start=…&end=…`; where that cannot be, the running
    shift with an `error` that says why. Without a wish it is the `record`, where a line's facts lie that has none
    of late, else the running shift."""
    typed = {name: params.get(name, "")[:40] for name in ("start", "end")}
    error = ""
    try:
        window = _asked(params, typed, calendar, now, record)
    except BadWindow as exc:
        window, error = _named("shift", calendar, now), str(exc)
    shown = typed if error else _local(window, calendar.zone)
    choices = _choices(window, calendar, now, record)
    passed = _query(window.start, now, calendar.zone) if window.live and now > window.start else window.query
    return replace(window, pinned=passed, choices=choices, custom=shown, error=error)


def _asked(
    params: Mapping[str, str],
    typed: Mapping[str, str],
    calendar: PlantCalendar,
    now: datetime,
    record: tuple[datetime, datetime] | None,
) -> Window:
    if any(typed.values()):
        return _custom(typed, calendar, now)
    if record and "window" not in params:
        return replace(_between(*record, calendar, now), label=_("Record"))
    key = params.get("window", "shift")
    if key not in NAMED:
        raise BadWindow(_("There is no such time window; this is the present shift."))
    return _named(key, calendar, now)


def _named(key: str, calendar: PlantCalendar, now: datetime) -> Window:
    label, span = NAMED[key]
    start, end = span(calendar, now)
    return Window(key, str(label()), start, end, urlencode({"window": key}), start <= now < end)


def _shift(calendar: PlantCalendar, now: datetime) -> tuple[datetime, datetime]:
    shift = shift_now(calendar, now)
    return shift.start, shift.end


def _days(first: int, last: int = 0) -> Any:
    """The shift days from `first` to `last` days ago."""

    def span(calendar: PlantCalendar, now: datetime) -> tuple[datetime, datetime]:
        day = today(calendar, now)
        return shift_day(calendar, day - first * DAY)[0], shift_day(calendar, day - last * DAY)[1]

    return span


NAMED: dict[str, tuple[Any, Any]] = {
    "shift": (lambda: _("Shift"), _shift),
    "today": (lambda: _("Today"), _days(0)),
    "yesterday": (lambda: _("Yesterday"), _days(1, 1)),
    "week": (lambda: _("7 days"), _days(WEEK_DAYS - 1)),
}


def _custom(typed: Mapping[str, str], calendar: PlantCalendar, now: datetime) -> Window:
    start, end = (moment(typed[name], calendar.zone) for name in ("start", "end"))
    if end <= start:
        raise BadWindow(_("The end must lie after the start."))
    if end - start > MAX_WINDOW:
        raise BadWindow(_("At most %(days)d days at once.") % {"days": MAX_WINDOW.days})
    return _between(start, end, calendar, now)


def _between(start: datetime, end: datetime, calendar: PlantCalendar, now: datetime) -> Window:
    query, label = _query(start, end, calendar.zone), _name(start, end, calendar)
    return Window("custom", label, start, end, query, start <= now < end)


def moment(text: str, zone: ZoneInfo) -> datetime:
    """A time as people and links write it, in the site's zone where it has no offset. Raises BadWindow."""
    try:
        parsed = datetime.fromisoformat(text.replace(" ", "+"))  # a + in an address arrives as a blank
    except ValueError as exc:
        raise BadWindow(_("Give both times, as 2026-11-20T06:00.")) from exc
    if parsed.year not in YEARS:
        raise BadWindow(_("Give a time between 1990 and 2100."))
    return instant(parsed, zone) if parsed.tzinfo is None else parsed.astimezone(UTC)


def _name(start: datetime, end: datetime, calendar: PlantCalendar) -> str:
    """A shift or a shift day is called by its name."""
    shift = shift_now(calendar, start)
    if shift.name and shift.start == start and start < end <= shift.end:
        named = f"{shift.name}, {date_format(shift.day)}"
        return named if end == shift.end else _("%(shift)s, so far") % {"shift": named}
    if shift_day(calendar, shift.day) == (start, end):
        return date_format(shift.day)
    return _("Chosen time")


def _step(window: Window, calendar: PlantCalendar, step: int) -> tuple[datetime, datetime]:
    """The window before (−1) or after (+1): by shifts, by shift days, else by its own length."""
    shift = shift_now(calendar, window.start)
    beside = neighbour(calendar, shift, step)
    if beside and shift.name and (shift.start, shift.end) == (window.start, window.end):
        return beside.start, beside.end
    if shift_day(calendar, shift.day) == (window.start, window.end):
        return shift_day(calendar, shift.day + step * DAY)
    length = window.end - window.start
    return window.start + step * length, window.end + step * length


def _choices(
    window: Window, calendar: PlantCalendar, now: datetime, record: tuple[datetime, datetime] | None
) -> list[dict[str, Any]]:
    named = [_choice(key, str(label()), f"window={key}", window) for key, (label, _span) in NAMED.items()]
    if record:
        recorded = _between(*record, calendar, now)
        named.append(_choice("record", _("Record"), recorded.query, window))
    before, after = _step(window, calendar, -1), _step(window, calendar, +1)
    found = [_choice("previous", _("Earlier"), _between(*before, calendar, now).query, window), *named]
    if after[0] < now:
        found.append(_choice("next", _("Later"), _between(*after, calendar, now).query, window))
    return found


def _choice(key: str, label: str, query: str, window: Window) -> dict[str, Any]:
    return {"key": key, "label": label, "url": f"?{query}", "active": query == window.query}


def _query(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """The address of a window, its times with their offset: no hour of the year is told twice."""
    return urlencode({name: at.astimezone(zone).isoformat() for name, at in (("start", start), ("end", end))})


def _local(window: Window, zone: ZoneInfo) -> dict[str, str]:
    """The values of the two datetime-local inputs."""
    return {name: f"{getattr(window, name).astimezone(zone):%Y-%m-%dT%H:%M}" for name in ("start", "end")}

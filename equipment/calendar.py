"""Shift arithmetic: which times a line is planned to run. Pure: no Django, no clock, no input or output.

Patterns and exceptions are wall-clock times of the site; everything that comes out is UTC and half-open,
[start, end) (OEE contract R7). Planned time is the shifts less their breaks and holidays (R6).

Three decisions hold this module together:

- A wall time is turned into an instant by one rising function, `instant`, for starts and ends alike. So a
  shift until 02:30 and one from 02:30 meet in one instant also on the night the clock changes, and no time
  is lost or counted twice.
- A shift belongs to the day it begins on, its shift day. Breaks and timed holidays are read on the clock of
  the shift: 02:00 of a shift that began at 22:00 is two o'clock in the following night.
- Shifts never overlap. Where patterns do, the one that begins first has the time (then the one given
  first); overtime only has what no regular shift has. What is left of a cut shift may be several pieces
  with one `key`.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Wall = tuple[time, time]
Span = tuple[datetime, datetime]

OVERTIME_NAME = "Overtime"
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A shift that repeats on `weekdays` (Monday = 0) from `valid_from` to `valid_to`, that day included.

    `start`, `end` and `breaks` are wall times. An end at or before the start is on the next day, so equal
    times mean 24 hours. A break of equal times is none. No weekdays: never planned but for overtime.
    """

    name: str
    weekdays: frozenset[int]
    start: time
    end: time
    breaks: tuple[Wall, ...]
    valid_from: date
    valid_to: date | None

    def runs_on(self, day: date) -> bool:
        """Whether a shift of this pattern begins on `day`."""
        in_force = self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)
        return in_force and day.weekday() in self.weekdays


ALWAYS = Pattern("", frozenset(range(7)), time(0), time(0), (), date.min, None)
"""Planned around the clock, one nameless shift for each local day: the pattern of a line that has none."""


@dataclass(frozen=True, slots=True)
class CalendarException:
    """A shift day that differs from the pattern, in wall times.

    HOLIDAY removes the shifts that begin on `day`; with times only that span of them. OVERTIME adds a shift.
    Raises ValueError for one time without the other and for overtime without times.
    """

    day: date
    kind: Literal["HOLIDAY", "OVERTIME"]
    start: time | None = None
    end: time | None = None

    def __post_init__(self) -> None:
        if (self.start is None) != (self.end is None):
            raise ValueError("start and end of a calendar exception come together")
        if self.kind == "OVERTIME" and self.start is None:
            raise ValueError("overtime needs a start and an end")

    @property
    def wall(self) -> Wall | None:
        """The times as a pair, or None for the whole shift day."""
        return None if self.start is None or self.end is None else (self.start, self.end)


@dataclass(frozen=True, slots=True)
class Shift:
    """One shift, or a piece of one that was cut: UTC, half-open, `breaks` ordered and disjoint within it."""

    day: date
    name: str
    start: datetime
    end: datetime
    breaks: tuple[Span, ...]

    @property
    def key(self) -> tuple[date, str]:
        """Shift day and name: what figures per shift are grouped by. Pieces of a cut shift share it."""
        return self.day, self.name

    @property
    def planned(self) -> tuple[Span, ...]:
        """The shift less its breaks: its planned busy time, ordered and disjoint."""
        return tuple(_minus((self.start, self.end), self.breaks))


@dataclass(frozen=True, slots=True)
class PlannedInterval:
    """A stretch of planned busy time and the shift it belongs to: UTC, half-open, never empty."""

    start: datetime
    end: datetime
    shift: Shift


def shifts(
    *,
    patterns: Sequence[Pattern],
    exceptions: Iterable[CalendarException],
    zone: ZoneInfo,
    start: datetime,
    end: datetime,
) -> list[Shift]:
    """All shifts that touch [start, end), ordered, disjoint and whole (not clipped to the window).

    A shift is the same whatever window it is asked for. `start` and `end` are aware datetimes of any zone.
    No pattern gives overtime only; for a line that has no pattern at all pass `[ALWAYS]`.
    """
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    if end <= start:
        return []
    days = _days_around(start, end, zone)
    holidays, overtimes = _by_day(exceptions, "HOLIDAY"), _by_day(exceptions, "OVERTIME")
    regular = _disjoint(piece for day in days for piece in _regular(day, patterns, holidays[day], zone))
    extra = _disjoint(piece for day in days for piece in _overtime(day, overtimes[day], zone))
    every = regular + _uncovered(extra, regular)
    return sorted((s for s in every if s.start < end and s.end > start), key=_begin)


def always(start: datetime, end: datetime, zone: ZoneInfo) -> list[Shift]:
    """The shifts of a line without any pattern: local days, 23 or 25 hours long when clocks change.

    Every day that touches [start, end), whole, as `shifts` has them.
    """
    return shifts(patterns=[ALWAYS], exceptions=(), zone=zone, start=start, end=end)


def planned_intervals(shifts: Iterable[Shift], start: datetime, end: datetime) -> list[PlannedInterval]:
    """The planned busy time (PBT, ISO 22400-2) of `shifts` within [start, end), each stretch with its shift.

    The shifts come ordered and disjoint, as `shifts` and `always` give them. Splitting the window never
    changes the sum (OEE contract R7).
    """
    window = start.astimezone(UTC), end.astimezone(UTC)
    return [
        PlannedInterval(*part, shift)
        for shift in shifts
        for span in shift.planned
        for part in _clip(span, window)
    ]


def instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first instant, in UTC, at which the clocks of `zone` show `wall` (naive) or later.

    A time that comes twice (autumn) is its first; a time that is skipped (spring) is the moment of the
    change. Hence a later wall time is never an earlier instant, which zoneinfo alone does not give for
    skipped times.
    """
    guess = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if guess.astimezone(zone).replace(tzinfo=None) == wall:
        return guess
    return _change_between(wall.replace(tzinfo=zone, fold=1).astimezone(UTC), guess, zone)


def _change_between(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The second at which the offset of `zone` changes; zoneinfo knows it, but does not tell."""
    low = before.replace(microsecond=0)
    old = low.astimezone(zone).utcoffset()
    seconds = range(int((after - low).total_seconds()) + 1)
    changed = bisect_left(
        seconds, True, key=lambda s: (low + timedelta(seconds=s)).astimezone(zone).utcoffset() != old
    )
    return low + timedelta(seconds=changed)


def _days_around(start: datetime, end: datetime, zone: ZoneInfo) -> list[date]:
    """The shift days that can have a say in [start, end).

    A shift that touches the window began at most a day before it and may have lost time to one of the day
    before that; overtime at its end may lose time to the day after.
    """
    first = start.astimezone(zone).date() - 2 * _DAY
    last = end.astimezone(zone).date() + _DAY
    return [first + n * _DAY for n in range((last - first).days + 1)]


def _by_day(exceptions: Iterable[CalendarException], kind: str) -> defaultdict[date, list[Wall | None]]:
    """The times of the exceptions of one kind, None for a whole day, by shift day."""
    found: defaultdict[date, list[Wall | None]] = defaultdict(list)
    for exception in exceptions:
        if exception.kind == kind:
            found[exception.day].append(exception.wall)
    return found


def _regular(
    day: date, patterns: Iterable[Pattern], holidays: Sequence[Wall | None], zone: ZoneInfo
) -> Iterator[Shift]:
    """The shifts that begin on `day`, less its holidays; they may overlap still."""
    if None in holidays:
        return
    clock = day, day + _DAY  # a shift lasts into the next day at most
    cuts = [_span(on, wall, zone) for on in clock for wall in holidays if wall]
    for pattern in patterns:
        if pattern.runs_on(day):
            breaks = [_pause(on, wall, zone) for on in clock for wall in pattern.breaks]
            whole = _span(day, (pattern.start, pattern.end), zone)
            yield from _cut(Shift(day, pattern.name, *whole, _union(breaks, whole)), cuts)


def _overtime(day: date, walls: Iterable[Wall | None], zone: ZoneInfo) -> Iterator[Shift]:
    """The overtime that begins on `day`; it may overlap still."""
    for wall in walls:
        if wall:
            yield Shift(day, OVERTIME_NAME, *_span(day, wall, zone), ())


def _span(day: date, wall: Wall, zone: ZoneInfo) -> Span:
    """A wall-clock span that begins on `day`, as instants."""
    start, end = (datetime.combine(day, at) for at in wall)
    return instant(start, zone), instant(end if end > start else end + _DAY, zone)


def _pause(day: date, wall: Wall, zone: ZoneInfo) -> Span:
    """A break that begins on `day`: as `_span`, but never longer than its wall times say.

    A half-hour break ending with the repeated hour is half an hour, not one and a half; one in the skipped
    hour is over when it begins.
    """
    start = datetime.combine(day, wall[0])
    length = (datetime.combine(day, wall[1]) - start) % _DAY
    begin = instant(start, zone)
    return begin, min(instant(start + length, zone), begin + length)


def _disjoint(pieces: Iterable[Shift]) -> list[Shift]:
    """The pieces ordered by start (of equal ones the first given goes first), less what those before have."""
    result: list[Shift] = []
    for piece in sorted(pieces, key=_begin):
        result += _cut(piece, [(piece.start, result[-1].end)] if result else [])
    return result


def _uncovered(extra: Iterable[Shift], regular: Sequence[Shift]) -> list[Shift]:
    """What the extra shifts add to the regular ones (ordered and disjoint)."""
    result: list[Shift] = []
    for shift in extra:
        first = bisect_right(regular, shift.start, key=lambda r: r.end)
        last = bisect_left(regular, shift.end, key=_begin)
        result += _cut(shift, [(r.start, r.end) for r in regular[first:last]])
    return result


def _cut(shift: Shift, cuts: Iterable[Span]) -> list[Shift]:
    """The pieces of `shift` that remain without `cuts`, in order, with their breaks."""
    pieces = _minus((shift.start, shift.end), cuts)
    return [replace(shift, start=p[0], end=p[1], breaks=_union(shift.breaks, p)) for p in pieces]


def _begin(shift: Shift) -> datetime:
    return shift.start


def _clip(span: Span, window: Span) -> list[Span]:
    """The part of `span` inside `window`, as a list that is empty if there is none."""
    start, end = max(span[0], window[0]), min(span[1], window[1])
    return [(start, end)] if start < end else []


def _minus(whole: Span, cuts: Iterable[Span]) -> list[Span]:
    """What remains of `whole` without `cuts`, which may come in any order and overlap."""
    at, end = whole
    rest: list[Span] = []
    for start, stop in sorted(cut for c in cuts for cut in _clip(c, whole)):
        rest += _clip((at, start), whole)
        at = max(at, stop)
    return rest + _clip((at, end), whole)


def _union(spans: Iterable[Span], window: Span) -> tuple[Span, ...]:
    """The time inside `window` that any of the spans has, ordered and disjoint."""
    return tuple(_minus(window, _minus(window, spans)))

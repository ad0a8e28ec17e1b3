"""Where the batches of a log lie in time: their stops, the gaps between them, the working time they make. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from production.importer.log import Batch

ONE_DAY = timedelta(days=1)
# The piece made lies inside the half-open batch, and so in its shift day.
COUNT_BEFORE_END = timedelta(seconds=1)
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a batch: a stop by a factor, or (None) running. `name` is unique within the line's log."""

    name: str
    factor: str | None
    start: datetime
    end: datetime


def parts_of(batch: Batch) -> list[Part]:
    """The batch without gap or overlap: first its stops one after another in the order of the file, then running.

    The log does not say where in the batch a stop was; in front, so that the batch ends as it was finished.
    """
    parts, at = [], batch.start
    for index, stop in enumerate(batch.stops, start=1):
        name = f"stop/{index}/{stop.factor}/{batch.number}"
        parts.append(Part(name, stop.factor, at, at + stop.duration))
        at += stop.duration
    if at < batch.end:
        parts.append(Part(f"run/{batch.number}", None, at, batch.end))
    return parts


def counted_at(batch: Batch) -> datetime:
    """When the batch counts as made: its last second, or its start if it is that short."""
    return max(batch.start, batch.end - COUNT_BEFORE_END)


def gaps(spans: Iterable[Span]) -> list[Span]:
    """The time between the first start and the last end that no span has."""
    found: list[Span] = []
    reached: datetime | None = None
    for start, end in sorted(spans):
        if reached is not None and reached < start:
            found.append((reached, start))
        reached = end if reached is None else max(reached, end)
    return found


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """A stretch of work on a shift day, in wall times; an end at or before the start is on the next day."""

    day: date
    start: time
    end: time


def working_times(batches: Sequence[Batch], zone: ZoneInfo) -> list[WorkingTime]:
    """What the disjoint, ordered batches say of when the line worked: one stretch per unbroken run of batches of
    a day (that of their start), none longer than 24 hours."""
    walls = [(_wall(batch.start, zone), _wall(batch.end, zone)) for batch in batches]
    pieces = [piece for span in walls for piece in _within_a_day(*span)]
    return [WorkingTime(start.date(), start.time(), end.time()) for start, end in _joined(pieces)]


def _wall(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


def _within_a_day(start: datetime, end: datetime) -> list[Span]:
    """The span in pieces of at most 24 hours by the clock."""
    edges = [start]
    while end - edges[-1] > ONE_DAY:
        edges.append(edges[-1] + ONE_DAY)
    return list(pairwise([*edges, end]))


def _joined(pieces: Iterable[Span]) -> list[Span]:
    found: list[Span] = []
    for start, end in pieces:
        if found and _continue(found[-1], (start, end)):
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def _continue(before: Span, after: Span) -> bool:
    is_same_day = before[0].date() == after[0].date()
    return before[1] == after[0] and is_same_day and after[1] - before[0] <= ONE_DAY

"""What state a machine was in, from raw events, whatever order they arrived in. Pure: no Django, no clock.

Raw events are never changed; the timeline is computed from them and can always be computed again. They lie
in layers:

- CHANGE: "from `start` on this state", until the next CHANGE. What a machine tells as it happens.
- SPAN: a state with an end, on top of the changes. A stop reported whole, often afterwards.
- CORRECTION: a person's word with an end, on top of everything.

At any moment the highest layer counts, within it the latest start (CHANGE) or the later recorded (SPAN,
CORRECTION: the larger id); of changes at the same moment too the larger id counts. When a SPAN or
CORRECTION ends, what lay below it goes on. Where nothing is known there is no interval. All times are aware
datetimes in UTC, all intervals half-open (OEE contract R7), so that the durations of neighbours add up
exactly.

To follow new events in stored rows, touching no more of them than needed:

    window = affected(new, next_change=the first CHANGE after the latest new one)
    rows = the stored rows that overlap or meet `window`
    window = widen(window, rows)
    changes = diff(rows, build(raw events overlapping `window` and the last CHANGE before it, *window))

and then the writes, in the order delete, update, insert.
"""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum
from typing import NamedTuple


class Layer(IntEnum):
    """Where an event lies: the higher covers the lower."""

    CHANGE = 0
    SPAN = 1
    CORRECTION = 2


@dataclass(frozen=True, slots=True)
class Event:
    """One raw event of one machine. `id` grows in the order of recording.

    A CHANGE has no end, the others have one; ValueError otherwise. An end at or before the start covers
    nothing.
    """

    id: int
    state: str
    reason_id: int | None
    start: datetime
    end: datetime | None
    layer: Layer

    def __post_init__(self) -> None:
        if (self.end is None) != (self.layer is Layer.CHANGE):
            raise ValueError("a CHANGE has no end, a SPAN and a CORRECTION have one")


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of one state and reason; `end` None: it lasts still. `event_id` is the event it begins
    with."""

    start: datetime
    end: datetime | None
    state: str
    reason_id: int | None
    event_id: int


@dataclass(frozen=True, slots=True)
class Stored:
    """An interval as a row of the database holds it."""

    pk: int
    start: datetime
    end: datetime | None
    state: str
    reason_id: int | None


class Window(NamedTuple):
    """A stretch of time to compute again; `end` None: without end."""

    start: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Changes:
    """The writes that turn stored rows into the wanted intervals, to be done in the order delete, update,
    insert.

    `update` pairs a row with the interval whose end it gets (and whose event, should that be stored), rows
    that shrink before rows that grow. In this order no two rows overlap at any moment, so that an exclusion
    constraint checked on every statement holds. `keep` needs no write.
    """

    keep: list[Stored]
    update: list[tuple[Stored, Interval]]
    insert: list[Interval]
    delete: list[Stored]


def build(
    events: Iterable[Event], window_start: datetime, window_end: datetime | None = None
) -> list[Interval]:
    """The states within [window_start, window_end), in order; without an end the last may be open.

    Needs the events that overlap the window and the last CHANGE before it, ids unique; more do no harm.
    Neighbours of the same state and reason are one interval, so a repeated "RUNNING" does not split a run; it
    keeps the first event's id. O(n log n).
    """
    waiting = sorted(events, key=lambda event: (event.start, event.id), reverse=True)
    base: Event | None = None  # the CHANGE that holds
    covers: list[tuple[int, int, datetime, Event]] = []  # a heap; what is over stays until on top
    result: list[Interval] = []
    for start, end in _steps(waiting, window_start, window_end):
        while waiting and waiting[-1].start <= start:
            event = waiting.pop()
            if event.end is None:
                base = event
            else:
                heapq.heappush(covers, (-event.layer, -event.id, event.end, event))
        while covers and covers[0][2] <= start:
            heapq.heappop(covers)
        if top := covers[0][3] if covers else base:
            _append(result, top, start, end)
    return result


def affected(new: Iterable[Event], *, next_change: datetime | None) -> Window:
    """The time in which `new` events may have changed the state; ValueError for no event.

    `next_change` is the start of the first known CHANGE after the latest new CHANGE, which holds that far;
    None if there is none, or no new CHANGE.
    """
    new = list(new)
    ends = [next_change if event.layer is Layer.CHANGE else event.end for event in new]
    return Window(min(event.start for event in new), _latest(ends))


def next_change_after(events: Iterable[Event], at: datetime) -> datetime | None:
    """The start of the first CHANGE that begins after `at`, if any."""
    return min((e.start for e in events if e.layer is Layer.CHANGE and e.start > at), default=None)


def widen(window: Window, rows: Iterable[Stored]) -> Window:
    """The window enlarged to contain `rows`, which are the stored rows that overlap or meet it.

    At the seams of the wider window nothing changes, so what is built in it neither cuts a row nor leaves two
    neighbours apart that are one interval.
    """
    rows = list(rows)
    start = min([window.start, *(row.start for row in rows)])
    return Window(start, _latest([window.end, *(row.end for row in rows)]))


def diff(old: Sequence[Stored], new: Sequence[Interval]) -> Changes:
    """The writes that turn `old` rows into `new` intervals of the same window, both disjoint.

    A row of the same start, state and reason stays and at most gets another end, so that primary keys survive
    growth.
    """
    wanted = {(interval.start, interval.state, interval.reason_id): interval for interval in new}
    keep, shrink, grow, delete = [], [], [], []
    for row in old:
        interval = wanted.pop((row.start, row.state, row.reason_id), None)
        if interval is None:
            delete.append(row)
        elif interval.end == row.end:
            keep.append(row)
        elif _is_before(interval.end, row.end):
            shrink.append((row, interval))
        else:
            grow.append((row, interval))
    return Changes(keep=keep, update=shrink + grow, insert=list(wanted.values()), delete=delete)


def _steps(events: Iterable[Event], start: datetime, end: datetime | None) -> list[Window]:
    """The window in steps within which no event starts or ends; none for an empty window."""
    if not _is_before(start, end):
        return []
    ends = (moment for event in events for moment in (event.start, event.end) if moment is not None)
    inside = {moment for moment in ends if start < moment and _is_before(moment, end)}
    moments = [start, *sorted(inside)]
    return [Window(*step) for step in zip(moments, [*moments[1:], end], strict=True)]


def _append(result: list[Interval], event: Event, start: datetime, end: datetime | None) -> None:
    """Add the event's state for [start, end), to the last interval if it goes on there."""
    last = result[-1] if result else None
    if last and last.end == start and (last.state, last.reason_id) == (event.state, event.reason_id):
        result[-1] = replace(last, end=end)
    else:
        result.append(Interval(start, end, event.state, event.reason_id, event.id))


def _is_before(end: datetime | None, other: datetime | None) -> bool:
    """Whether one end lies before another, None being never."""
    return end is not None and (other is None or end < other)


def _latest(ends: Sequence[datetime | None]) -> datetime | None:
    """The last of several ends, None being never."""
    known = [end for end in ends if end is not None]
    return max(known) if len(known) == len(ends) else None

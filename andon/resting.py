"""When a number of minutes has passed on a clock that rests outside shifts. Pure: no Django, no clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

Span = tuple[datetime, datetime]
WINDOW = timedelta(days=14)  # the calendar is asked for so much at a time
HORIZON = timedelta(days=60)  # a line without a shift for so long has its clock run on


def due_within(
    spans: Callable[[datetime, datetime], Iterable[Span]], start: datetime, length: timedelta
) -> datetime:
    """The moment at which `length` of the time inside `spans` has passed since `start`.

    `spans(start, end)` gives those that touch the window, ordered and disjoint. Nothing to wait for is due when the
    clock next runs. Where the spans end before, the rest runs on from HORIZON after the start.
    """
    at, end, rest = start, start + HORIZON, length
    while at < end:
        upto = min(at + WINDOW, end)
        for begin, stop in spans(at, upto):
            begin, stop = max(begin, at), min(stop, upto)
            if begin >= stop:
                continue
            if begin + rest <= stop and (rest or begin < stop):
                return begin + rest
            rest -= stop - begin
        at = upto
    return end + rest

"""Arithmetic of calls. Pure: no Django, no clock.

Terms as in ISA-18.2 and EEMUA 191: a flood is more than 10 calls within 10 minutes, a call chatters where the same cause
calls 3 times or more within a minute, and is stale when it has been open for more than a day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean, median

FLOOD_CALLS, FLOOD_WITHIN = 11, timedelta(minutes=10)
CHATTER_CALLS, CHATTER_WITHIN = 3, timedelta(minutes=1)
STALE_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Times:
    """How long something took, in seconds; None where it never happened."""

    count: int
    mean_seconds: float | None
    median_seconds: float | None
    p95_seconds: float | None


@dataclass(frozen=True, slots=True)
class Burst:
    """Calls that came too fast: from the first to the last of them."""

    start: datetime
    end: datetime
    count: int


def times(seconds: Iterable[float]) -> Times:
    """Mean, median and 95th percentile."""
    values = sorted(seconds)
    if not values:
        return Times(0, None, None, None)
    return Times(len(values), fmean(values), median(values), percentile(values, 0.95))


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value below which that share of the ordered, non-empty values lies, interpolated between neighbours."""
    place = (len(ordered) - 1) * share
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def bursts(moments: Iterable[datetime], *, count: int, within: timedelta) -> list[Burst]:
    """The stretches in which `count` or more moments lie less than `within` apart, each as long as it lasts."""
    ordered = sorted(moments)
    found: list[tuple[int, int]] = []  # first and last index of each
    for last in range(count - 1, len(ordered)):
        first = last - count + 1
        if ordered[last] - ordered[first] >= within:
            continue
        if found and first <= found[-1][1]:
            first = found.pop()[0]
        found.append((first, last))
    return [Burst(ordered[first], ordered[last], last - first + 1) for first, last in found]


def ratio(part: int, whole: int) -> float | None:
    """A fraction of 1; None of nothing."""
    return part / whole if whole else None

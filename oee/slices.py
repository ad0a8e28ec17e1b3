"""One machine's time and pieces, cut into slices that add exactly: clock hour × shift × product.

Pure: facts in, slices out. All moments are whole microseconds since 1970 UTC, so that the slices of a window
sum to the window whatever the cuts (OEE contract R7). Which product a stretch of time belongs to: inside a
production run, its product; else the product of the next count within a day; else of the last one within a day.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from oee.kpi import Bucket, Policy, Sums, TimeClass, bucket_of, classify

MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR_US = 3_600_000_000
ATTRIBUTION_US = 24 * HOUR_US

Rate = Callable[[int, date], Decimal | None]  # (product, shift day) → ideal seconds per piece


def to_us(moment: datetime) -> int:
    """Whole microseconds since 1970 UTC."""
    return (moment - EPOCH) // MICROSECOND


def from_us(microseconds: int) -> datetime:
    """The moment, in UTC."""
    return EPOCH + timedelta(microseconds=microseconds)


class Piece(NamedTuple):
    """A value that holds during [start, end)."""

    start: int
    end: int
    value: Any


class ShiftTime(NamedTuple):
    """Where a moment lies in the calendar; outside every shift `name` is empty and `planned` false."""

    day: date
    name: str
    planned: bool


@dataclass(frozen=True, slots=True)
class StateFact:
    """A state interval as the timeline has it, whole: `start` and `end` are not clipped to any window."""

    id: int
    start: int
    end: int | None
    state: str
    reason_id: int | None = None
    planned: bool | None = None
    loss_category: str | None = None

    def duration_until(self, now: int) -> int:
        """Microseconds, of an open interval so far."""
        return (now if self.end is None else self.end) - self.start


class CountFact(NamedTuple):
    """Pieces reported at a moment."""

    at: int
    product: int | None
    good: int
    scrap: int
    rework: int


class SliceKey(NamedTuple):
    """What a slice is of; `hour` is the microsecond at which its clock hour (UTC) begins."""

    hour: int
    day: date
    shift: str
    product: int | None


class StopKey(NamedTuple):
    """What a stop is called in a Pareto."""

    state: str
    reason_id: int | None
    time_class: TimeClass


@dataclass(slots=True)
class Stop:
    """Time lost to one kind of stop, and the ids of the stops: wherever hours, shifts or breaks cut one, it is one.

    So a stop that began before the window counts in it too, and two halves of a window may share a stop.
    """

    us: int = 0
    ids: set[int] = field(default_factory=set)

    @property
    def count(self) -> int:
        return len(self.ids)

    def add(self, other: Stop) -> None:
        """Take in what is known of the same kind of stop elsewhere."""
        self.us += other.us
        self.ids |= other.ids


@dataclass(slots=True)
class Slice:
    """The facts of one key. `by_class` and `stops` hold time inside the planned busy time or planned downtime
    of the shift, in microseconds."""

    key: SliceKey
    sums: Sums
    by_class: dict[TimeClass, int] = field(default_factory=dict)
    stops: dict[StopKey, Stop] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of one machine around a window."""

    calendar: Sequence[Piece]  # of ShiftTime; covers the window without a gap
    states: Sequence[StateFact]  # disjoint, ordered
    runs: Sequence[Piece]  # of product id; disjoint, ordered
    counts: Sequence[CountFact]  # ordered; those around the window too, for the attribution of time
    policy_on: Callable[[date], Policy]
    rate: Rate
    now: int


class Segment(NamedTuple):
    """An elementary stretch: within it nothing changes."""

    start: int
    end: int
    shift: ShiftTime
    state: StateFact | None
    product: int | None


def overlay(start: int, end: int, *tracks: Sequence[Piece]) -> Iterator[tuple[int, int, tuple[Any, ...]]]:
    """Cut [start, end) wherever a track changes; each track is disjoint and ordered, None where it has a gap."""
    cuts = {start, end}
    for track in tracks:
        cuts.update(at for piece in track for at in (piece.start, piece.end) if start < at < end)
    bounds = sorted(cuts)
    positions = [0] * len(tracks)
    for low, high in zip(bounds, bounds[1:], strict=False):
        values = []
        for number, track in enumerate(tracks):
            while positions[number] < len(track) and track[positions[number]].end <= low:
                positions[number] += 1
            at = positions[number]
            values.append(track[at].value if at < len(track) and track[at].start <= low else None)
        yield low, high, tuple(values)


def product_track(runs: Sequence[Piece], counts: Iterable[CountFact], start: int, end: int) -> list[Piece]:
    """Which product the time of [start, end) belongs to."""
    marks = [count for count in counts if count.product is not None]
    base = list(_between_counts(marks))
    merged = overlay(start, end, list(runs), base)
    return [Piece(low, high, run if run is not None else counted) for low, high, (run, counted) in merged]


def _between_counts(marks: Sequence[CountFact]) -> Iterator[Piece]:
    """Stretches before each mark, and after the last, that belong to its product; at most a day each way."""
    previous: CountFact | None = None
    for mark in marks:
        reach = mark.at - ATTRIBUTION_US
        if previous is None:
            yield Piece(reach, mark.at, mark.product)
        elif mark.at > previous.at:
            kept = min(previous.at + ATTRIBUTION_US, max(reach, previous.at))
            if kept > previous.at:
                yield Piece(previous.at, kept, previous.product)
            yield Piece(max(reach, previous.at), mark.at, mark.product)
        previous = mark
    if previous is not None:
        yield Piece(previous.at, previous.at + ATTRIBUTION_US, previous.product)


def hours(start: int, end: int) -> list[Piece]:
    """The clock hours that touch [start, end)."""
    first = start - start % HOUR_US
    return [Piece(hour, hour + HOUR_US, hour) for hour in range(first, end, HOUR_US)]


def state_track(states: Iterable[StateFact], end: int) -> list[Piece]:
    """The states as pieces; an open one holds to the end of the window."""
    return [
        Piece(state.start, max(end, state.start + 1) if state.end is None else state.end, state)
        for state in states
    ]


def segments(facts: Facts, start: int, end: int) -> Iterator[tuple[int, Segment]]:
    """(hour, segment) of [start, end), in order."""
    tracks = (
        hours(start, end),
        facts.calendar,
        state_track(facts.states, end),
        product_track(facts.runs, facts.counts, start, end),
    )
    for low, high, (hour, shift, state, product) in overlay(start, end, *tracks):
        yield hour, Segment(low, high, shift, state, product)


def time_class_of(state: StateFact | None, policy: Policy, now: int) -> TimeClass:
    """What a stretch in this state is; nothing known is no signal."""
    if state is None:
        return TimeClass.UNKNOWN
    return classify(state.state, state.planned, state.loss_category, state.duration_until(now), policy)


@dataclass(slots=True)
class _Tally:
    """A slice while it grows: plain integers, added up once."""

    calendar_us: int = 0
    time: dict[TimeClass, int] = field(default_factory=lambda: defaultdict(int))
    stops: dict[StopKey, Stop] = field(default_factory=lambda: defaultdict(Stop))
    good: int = 0
    scrap: int = 0
    rework: int = 0


def slices(facts: Facts, start: int, end: int) -> list[Slice]:
    """The slices of one machine over [start, end), in order of their keys."""
    tallies: dict[SliceKey, _Tally] = defaultdict(_Tally)
    marks: list[tuple[int, SliceKey]] = []
    for hour, segment in segments(facts, start, end):
        key = SliceKey(hour, segment.shift.day, segment.shift.name, segment.product)
        marks.append((segment.start, key))
        _add_time(tallies[key], segment, facts)
    _add_pieces(tallies, marks, facts.counts, start, end)
    return [_slice(key, tally, facts) for key, tally in tallies.items()]


def _add_time(tally: _Tally, segment: Segment, facts: Facts) -> None:
    duration = segment.end - segment.start
    tally.calendar_us += duration
    if not segment.shift.planned:
        return
    time_class = time_class_of(segment.state, facts.policy_on(segment.shift.day), facts.now)
    tally.time[time_class] += duration
    if segment.state is None or time_class in (TimeClass.RUNNING, TimeClass.UNKNOWN):
        return
    stop = tally.stops[StopKey(segment.state.state, segment.state.reason_id, time_class)]
    stop.us += duration
    stop.ids.add(segment.state.id)


def _add_pieces(
    tallies: dict[SliceKey, _Tally],
    marks: Sequence[tuple[int, SliceKey]],
    counts: Iterable[CountFact],
    start: int,
    end: int,
) -> None:
    starts = [at for at, _ in marks]
    for count in counts:
        if start <= count.at < end:
            key = marks[bisect_right(starts, count.at) - 1][1]
            tally = tallies[key._replace(product=count.product)]
            tally.good += count.good
            tally.scrap += count.scrap
            tally.rework += count.rework


def _slice(key: SliceKey, tally: _Tally, facts: Facts) -> Slice:
    policy = facts.policy_on(key.day)
    rate = facts.rate(key.product, key.day) if key.product is not None else None
    pieces = Sums.of_pieces(key.product, rate, good=tally.good, scrap=tally.scrap, rework=tally.rework)
    time = Sums.total(Sums.of_time(time_class, us, policy) for time_class, us in tally.time.items())
    sums = pieces + time + Sums(calendar_us=tally.calendar_us)
    return Slice(key, sums, dict(tally.time), dict(tally.stops))


def lost_time(slices: Iterable[Slice], policy_on: Callable[[date], Policy]) -> dict[TimeClass, int]:
    """Microseconds by class inside the planned busy time: what the loss bridge is built of."""
    lost: dict[TimeClass, int] = defaultdict(int)
    for part in slices:
        policy = policy_on(part.key.day)
        for time_class, us in part.by_class.items():
            if time_class is not TimeClass.RUNNING and bucket_of(time_class, policy) is not Bucket.EXCLUDED:
                lost[time_class] += us
    return dict(lost)

"""One machine's time and pieces, cut into slices that add exactly: clock hour × shift × product.

Pure: facts in, slices out. All moments are whole microseconds since 1970 UTC, so that the slices of a window
sum to the window whatever the cuts (OEE contract R7). Which product a stretch of time belongs to: inside a
production run, its product; else the product of the next count within a day; else of the last one within a day.
"""

from __future__ import annotations

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
    changes: dict[int, list[tuple[int, Any]]] = defaultdict(list)
    for number, track in enumerate(tracks):
        for piece in track:
            if piece.start < piece.end and piece.end > start and piece.start < end:
                changes[max(piece.start, start)].append((number, piece.value))
                changes[min(piece.end, end)].append((number, None))  # the next piece may take over at once
    values: list[Any] = [None] * len(tracks)
    low = start
    for at in (*sorted(changes), end):
        if at > low:
            yield low, at, tuple(values)
            low = at
        for number, value in changes.get(at, ()):
            values[number] = value


def product_track(runs: Sequence[Piece], counts: Iterable[CountFact], start: int, end: int) -> list[Piece]:
    """Which product the time of [start, end) belongs to."""
    merged = overlay(start, end, runs, list(_between_counts(counts)))
    return [Piece(low, high, run if run is not None else counted) for low, high, (run, counted) in merged]


def _between_counts(counts: Iterable[CountFact]) -> Iterator[Piece]:
    """Time before a stretch, inside it, and after the last, that belongs to its product; at most a day each way."""
    previous: Piece | None = None
    for stretch in _stretches(counts):
        reach = stretch.start - ATTRIBUTION_US
        low = reach if previous is None else max(reach, previous.end)
        if previous is not None:
            yield Piece(previous.end, min(previous.end + ATTRIBUTION_US, low), previous.value)
        yield Piece(low, stretch.end, stretch.value)
        previous = stretch
    if previous is not None:
        yield Piece(previous.end, previous.end + ATTRIBUTION_US, previous.value)


def _stretches(counts: Iterable[CountFact]) -> Iterator[Piece]:
    """From the first to the last of neighbouring counts of one product that are at most a day apart."""
    start = end = 0
    product: int | None = None
    for count in counts:
        if count.product is None:
            continue
        if count.product != product or count.at - end > ATTRIBUTION_US:
            if product is not None:
                yield Piece(start, end, product)
            start, product = count.at, count.product
        end = count.at
    if product is not None:
        yield Piece(start, end, product)


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
        marks.append((segment.end, key))
        _add_time(tallies[key], segment, facts)
    _add_pieces(tallies, marks, (count for count in facts.counts if start <= count.at < end))
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
    tallies: dict[SliceKey, _Tally], marks: Iterable[tuple[int, SliceKey]], counts: Iterable[CountFact]
) -> None:
    """Each count to the slice of its own product in which its moment lies; `marks` are (end, key) in order."""
    cursor = iter(marks)
    until, key = next(cursor, (0, None))
    for count in counts:
        while count.at >= until:
            until, key = next(cursor)
        assert key is not None
        tally = tallies[key if key.product == count.product else key._replace(product=count.product)]
        tally.good += count.good
        tally.scrap += count.scrap
        tally.rework += count.rework


def _slice(key: SliceKey, tally: _Tally, facts: Facts) -> Slice:
    policy = facts.policy_on(key.day)
    parts = [Sums.of_time(time_class, us, policy) for time_class, us in tally.time.items()]
    if tally.good or tally.scrap or tally.rework:
        rate = facts.rate(key.product, key.day) if key.product is not None else None
        pieces = Sums.of_pieces(key.product, rate, good=tally.good, scrap=tally.scrap, rework=tally.rework)
        parts.append(pieces)
    sums = Sums.total([*parts, Sums(calendar_us=tally.calendar_us)])
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

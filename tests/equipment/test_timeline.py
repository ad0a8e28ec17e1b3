"""The timeline against a second way of computing it (second by second), and against examples written by hand."""

import itertools
from datetime import UTC, datetime, timedelta
from time import monotonic

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipment.timeline import (
    Changes,
    Event,
    Interval,
    Layer,
    Stored,
    Window,
    affected,
    build,
    diff,
    next_change_after,
    widen,
)

DAY = datetime(2026, 6, 10, tzinfo=UTC)


def at(clock: str | None) -> datetime | None:
    """A time of the day of these examples, "06:30"; "" and None are no end."""
    return datetime.combine(DAY, datetime.strptime(clock, "%H:%M").time(), tzinfo=UTC) if clock else None


def event(number: int, layer: Layer, span: str, state: str, reason: int | None = None) -> Event:
    start, _, end = span.partition("-")
    return Event(number, state, reason, at(start), at(end), layer)


def change(number: int, start: str, state: str, reason: int | None = None) -> Event:
    return event(number, Layer.CHANGE, start, state, reason)


def span(number: int, times: str, state: str, reason: int | None = None) -> Event:
    return event(number, Layer.SPAN, times, state, reason)


def correction(number: int, times: str, state: str, reason: int | None = None) -> Event:
    return event(number, Layer.CORRECTION, times, state, reason)


def clock(moment: datetime | None) -> str:
    return f"{moment:%H:%M}" if moment else ""


def told(intervals: list[Interval]) -> list[str]:
    """Intervals as one would write them down: "06:00-07:00 FAULT"."""
    return [f"{clock(i.start)}-{clock(i.end)} {i.state}" for i in intervals]


class TestBuild:
    def test_changes_follow_one_another_and_the_last_is_open(self):
        events = change(1, "06:00", "RUNNING"), change(2, "07:00", "FAULT", 7), change(3, "07:20", "RUNNING")
        assert build(events, at("00:00")) == [
            Interval(at("06:00"), at("07:00"), "RUNNING", None, 1),
            Interval(at("07:00"), at("07:20"), "FAULT", 7, 2),
            Interval(at("07:20"), None, "RUNNING", None, 3),
        ]

    def test_what_is_not_known_is_absent(self):
        assert build([], at("00:00"), at("12:00")) == []
        events = span(1, "01:00-02:00", "RUNNING"), span(2, "03:00-04:00", "RUNNING")
        assert told(build(events, at("00:00"))) == ["01:00-02:00 RUNNING", "03:00-04:00 RUNNING"]

    def test_the_window_clips_and_the_change_before_it_holds_within(self):
        events = change(1, "06:00", "RUNNING"), span(2, "07:50-08:10", "FAULT"), change(3, "12:00", "IDLE")
        assert told(build(events, at("08:00"), at("10:00"))) == ["08:00-08:10 FAULT", "08:10-10:00 RUNNING"]

    @pytest.mark.parametrize("end", ["08:00", "07:00"])
    def test_an_empty_window_has_nothing(self, end):
        assert build([change(1, "06:00", "RUNNING")], at("08:00"), at(end)) == []

    def test_a_late_change_takes_its_place_between_the_others(self):
        known = change(1, "06:00", "RUNNING"), change(2, "09:00", "IDLE")
        assert told(build([*known, change(3, "07:00", "FAULT")], at("00:00"))) == [
            "06:00-07:00 RUNNING",
            "07:00-09:00 FAULT",
            "09:00- IDLE",
        ]

    def test_of_changes_at_one_moment_the_later_recorded_counts(self):
        events = change(2, "06:00", "FAULT"), change(1, "06:00", "RUNNING")
        assert told(build(events, at("00:00"))) == ["06:00- FAULT"]

    def test_a_reported_stop_splits_the_run_which_goes_on_after_it(self):
        events = change(1, "06:00", "RUNNING"), span(2, "07:00-07:10", "FAULT")
        assert build(events, at("00:00")) == [
            Interval(at("06:00"), at("07:00"), "RUNNING", None, 1),
            Interval(at("07:00"), at("07:10"), "FAULT", None, 2),
            Interval(at("07:10"), None, "RUNNING", None, 1),
        ]

    def test_after_a_span_the_base_is_what_it_is_by_then(self):
        events = change(1, "06:00", "RUNNING"), span(2, "07:00-08:00", "FAULT"), change(3, "07:30", "IDLE")
        assert told(build(events, at("00:00"))) == ["06:00-07:00 RUNNING", "07:00-08:00 FAULT", "08:00- IDLE"]

    def test_of_overlapping_spans_the_later_recorded_is_on_top(self):
        events = span(2, "07:00-08:00", "SETUP"), span(1, "07:30-09:00", "FAULT")
        assert told(build(events, at("00:00"))) == ["07:00-08:00 SETUP", "08:00-09:00 FAULT"]
        events = span(1, "07:00-09:00", "SETUP"), span(2, "07:30-08:00", "FAULT")
        assert told(build(events, at("00:00"))) == [
            "07:00-07:30 SETUP",
            "07:30-08:00 FAULT",
            "08:00-09:00 SETUP",
        ]

    def test_a_correction_covers_everything_even_what_is_recorded_after_it(self):
        events = (
            change(1, "06:00", "RUNNING"),
            correction(2, "07:00-08:00", "MAINTENANCE", 5),
            span(3, "07:30-08:30", "FAULT"),
            change(4, "07:45", "IDLE"),
        )
        assert told(build(events, at("00:00"))) == [
            "06:00-07:00 RUNNING",
            "07:00-08:00 MAINTENANCE",
            "08:00-08:30 FAULT",
            "08:30- IDLE",
        ]

    def test_a_stop_is_split_by_correcting_its_second_part(self):
        events = span(1, "07:00-08:00", "FAULT", 1), correction(2, "07:25-08:00", "FAULT", 2)
        assert build(events, at("00:00")) == [
            Interval(at("07:00"), at("07:25"), "FAULT", 1, 1),
            Interval(at("07:25"), at("08:00"), "FAULT", 2, 2),
        ]

    def test_a_repeated_state_does_not_split_the_run(self):
        events = (
            change(1, "06:00", "RUNNING"),
            change(2, "06:30", "RUNNING"),
            span(3, "06:40-06:50", "RUNNING"),
        )
        assert build(events, at("00:00")) == [Interval(at("06:00"), None, "RUNNING", None, 1)]

    def test_another_reason_does_split(self):
        events = change(1, "06:00", "FAULT"), change(2, "06:30", "FAULT", 4)
        assert told(build(events, at("00:00"))) == ["06:00-06:30 FAULT", "06:30- FAULT"]

    def test_no_signal_is_a_state_like_any_other(self):
        events = change(1, "06:00", "RUNNING"), change(2, "07:00", "UNKNOWN"), change(3, "07:05", "RUNNING")
        assert told(build(events, at("06:00"), at("08:00"))) == [
            "06:00-07:00 RUNNING",
            "07:00-07:05 UNKNOWN",
            "07:05-08:00 RUNNING",
        ]

    def test_an_event_that_ends_where_it_starts_covers_nothing(self):
        events = (
            change(1, "06:00", "RUNNING"),
            span(2, "07:00-07:00", "FAULT"),
            span(3, "09:00-08:00", "FAULT"),
        )
        assert told(build(events, at("00:00"))) == ["06:00- RUNNING"]

    @pytest.mark.parametrize(
        ("layer", "times"),
        [(Layer.CHANGE, "06:00-07:00"), (Layer.SPAN, "06:00"), (Layer.CORRECTION, "06:00")],
    )
    def test_only_a_change_is_open(self, layer, times):
        with pytest.raises(ValueError, match="CHANGE has no end"):
            event(1, layer, times, "RUNNING")


class TestWindow:
    def test_a_change_holds_until_the_next_one(self):
        new = [change(9, "07:00", "FAULT")]
        assert affected(new, next_change=at("09:00")) == Window(at("07:00"), at("09:00"))
        assert affected(new, next_change=None) == Window(at("07:00"), None)

    def test_spans_reach_from_the_first_start_to_the_last_end(self):
        new = span(8, "07:00-09:00", "FAULT"), correction(9, "06:00-07:30", "SETUP")
        assert affected(new, next_change=None) == Window(at("06:00"), at("09:00"))

    def test_a_span_may_outlast_the_next_change(self):
        new = change(8, "06:00", "RUNNING"), span(9, "06:30-12:00", "FAULT")
        assert affected(new, next_change=at("07:00")) == Window(at("06:00"), at("12:00"))

    def test_nothing_new_affects_nothing(self):
        with pytest.raises(ValueError):
            affected([], next_change=None)

    def test_the_next_change_is_the_first_that_begins_later(self):
        events = change(1, "06:00", "IDLE"), span(2, "06:30-07:00", "FAULT"), change(3, "08:00", "RUNNING")
        assert next_change_after(events, at("06:00")) == at("08:00")
        assert next_change_after(events, at("05:59")) == at("06:00")
        assert next_change_after(events, at("08:00")) is None

    def test_it_widens_to_the_rows_that_meet_it(self):
        before, after = row(1, "05:00-06:00", "IDLE"), row(2, "07:00-", "RUNNING")
        window = Window(at("06:00"), at("07:00"))
        assert widen(window, [before]) == Window(at("05:00"), at("07:00"))
        assert widen(window, [before, after]) == Window(at("05:00"), None)
        assert widen(window, []) == window


def row(pk: int, times: str, state: str, reason: int | None = None) -> Stored:
    start, _, end = times.partition("-")
    return Stored(pk, at(start), at(end), state, reason)


def wanted(times: str, state: str, reason: int | None = None) -> Interval:
    start, _, end = times.partition("-")
    return Interval(at(start), at(end), state, reason, 99)


class TestDiff:
    def test_what_is_right_already_needs_no_write(self):
        old = [row(1, "06:00-07:00", "RUNNING"), row(2, "07:00-", "FAULT", 3)]
        new = [wanted("06:00-07:00", "RUNNING"), wanted("07:00-", "FAULT", 3)]
        assert diff(old, new) == Changes(keep=old, update=[], insert=[], delete=[])

    def test_the_open_row_is_closed_and_keeps_its_key(self):
        old = row(1, "06:00-", "RUNNING")
        closed, opened = wanted("06:00-07:00", "RUNNING"), wanted("07:00-", "FAULT")
        assert diff([old], [closed, opened]) == Changes(
            keep=[], update=[(old, closed)], insert=[opened], delete=[]
        )

    @pytest.mark.parametrize(("state", "reason"), [("IDLE", None), ("RUNNING", 4)])
    def test_another_state_or_reason_is_another_row(self, state, reason):
        old, new = row(1, "06:00-", "RUNNING"), wanted("06:00-", state, reason)
        assert diff([old], [new]) == Changes(keep=[], update=[], insert=[new], delete=[old])

    def test_rows_shrink_before_others_grow(self):
        old = [
            row(1, "06:00-07:00", "RUNNING"),
            row(2, "07:30-08:00", "FAULT"),
            row(3, "08:00-", "IDLE"),
        ]
        new = [wanted("06:00-07:30", "RUNNING"), wanted("08:00-09:00", "IDLE"), wanted("09:00-", "SETUP")]
        found = diff(old, new)
        assert [(stored.pk, clock(interval.end)) for stored, interval in found.update] == [
            (3, "09:00"),
            (1, "07:30"),
        ]
        assert found.delete == [old[1]]
        assert found.insert == [new[2]]


# Properties. Times are whole seconds within a minute or so, so that everything meets everything.

STATES = ["RUNNING", "FAULT", "IDLE"]
SPAN_OF_TIME = 40


def second(n: int) -> datetime:
    return DAY + timedelta(seconds=n)


starts = st.integers(-10, SPAN_OF_TIME)


@st.composite
def event_lists(draw, **size) -> list[Event]:
    """Raw events with ids in the order given, in any order of time, some of no length."""
    raw = st.tuples(st.sampled_from(Layer), starts, st.integers(0, 20), st.sampled_from(STATES))
    reasons = st.sampled_from([None, None, 1])
    return [
        Event(number, state, draw(reasons), second(start), end_of(layer, start + length), layer)
        for number, (layer, start, length, state) in enumerate(draw(st.lists(raw, **size)), start=1)
    ]


def end_of(layer: Layer, end: int) -> datetime | None:
    return None if layer is Layer.CHANGE else second(end)


def winner(events: list[Event], moment: datetime) -> Event | None:
    """The rule word for word: the highest layer; the latest start for changes; the larger id."""
    holding = [e for e in events if e.start <= moment and (e.end is None or moment < e.end)]
    return max(
        holding, key=lambda e: (e.layer, e.start if e.layer is Layer.CHANGE else DAY, e.id), default=None
    )


def second_by_second(events: list[Event], start: int, end: int) -> list[Interval]:
    """The timeline found by asking every second, equal neighbours put together."""
    winners = [(n, winner(events, second(n))) for n in range(start, end)]
    groups = itertools.groupby(winners, key=lambda pair: pair[1] and (pair[1].state, pair[1].reason_id))
    found = []
    for meaning, group in groups:
        seconds = list(group)
        if meaning:
            begin, stop = second(seconds[0][0]), second(seconds[-1][0] + 1)
            found.append(Interval(begin, stop, *meaning, seconds[0][1].id))
    return found


@given(event_lists(max_size=12), starts, st.integers(0, SPAN_OF_TIME))
def test_build_is_what_asking_every_second_gives(events, start, length):
    built = build(events, second(start), second(start + length))
    assert built == second_by_second(events, start, start + length)


@given(event_lists(max_size=12), starts)
def test_without_an_end_only_the_last_is_open_and_it_is_the_last_change(events, start):
    far = 2 * SPAN_OF_TIME
    built = build(events, second(start))
    closed = [i if i.end else Interval(i.start, second(far), i.state, i.reason_id, i.event_id) for i in built]
    assert closed == second_by_second(events, start, far)
    assert all(i.end for i in built[:-1])
    if any(e.layer is Layer.CHANGE for e in events):
        assert built[-1].end is None


@given(event_lists(max_size=12), starts, st.integers(0, SPAN_OF_TIME))
def test_intervals_are_ordered_disjoint_and_of_some_length(events, start, length):
    built = build(events, second(start), second(start + length))
    for interval in built:
        assert second(start) <= interval.start < interval.end <= second(start + length)
    for one, other in itertools.pairwise(built):
        assert one.end <= other.start
        assert one.end < other.start or (one.state, one.reason_id) != (other.state, other.reason_id)


@given(event_lists(max_size=12), st.randoms(use_true_random=False))
def test_the_order_in_which_events_are_given_does_not_matter(events, random):
    shuffled = random.sample(events, len(events))
    assert build(shuffled, second(0)) == build(events, second(0))


@given(st.lists(st.tuples(starts, st.sampled_from(STATES)), unique_by=lambda c: c[0]), st.data())
def test_the_order_in_which_changes_are_recorded_does_not_matter(changes, data):
    """A gateway that delivers late gives other ids; as no two changes share a start, the states are the same."""
    orders = changes, data.draw(st.permutations(changes))
    one, other = (
        [Event(n, state, None, second(start), None, Layer.CHANGE) for n, (start, state) in enumerate(order)]
        for order in orders
    )
    assert meaning(build(one, second(0))) == meaning(build(other, second(0)))


def meaning(intervals) -> list[tuple]:
    return [(i.start, i.end, i.state, i.reason_id) for i in intervals]


class Table:
    """A table of rows with an exclusion constraint that is checked on every write."""

    def __init__(self, intervals=()):
        self.rows: dict[int, Stored] = {}
        self.keys = itertools.count(1)
        for interval in intervals:
            self.insert(interval)

    def put(self, row: Stored) -> None:
        later = second(10_000)
        for other in self.rows.values():
            if other.pk != row.pk:
                assert (other.end or later) <= row.start or (row.end or later) <= other.start, "overlap"
        self.rows[row.pk] = row

    def insert(self, i: Interval) -> None:
        self.put(Stored(next(self.keys), i.start, i.end, i.state, i.reason_id))

    def apply(self, changes: Changes) -> None:
        for gone in changes.delete:
            del self.rows[gone.pk]
        for stored, i in changes.update:
            self.put(Stored(stored.pk, stored.start, i.end, stored.state, stored.reason_id))
        for interval in changes.insert:
            self.insert(interval)

    def ordered(self) -> list[Stored]:
        return sorted(self.rows.values(), key=lambda r: r.start)


@given(event_lists(max_size=10), event_lists(max_size=10))
def test_diff_applied_to_the_old_is_the_new_and_never_overlaps_on_the_way(before, after):
    table, new = Table(build(before, second(0))), build(after, second(0))
    old = table.ordered()
    changes = diff(old, new)
    table.apply(changes)
    assert meaning(table.ordered()) == meaning(new)
    same = {(r.start, r.state, r.reason_id) for r in old} & {(i.start, i.state, i.reason_id) for i in new}
    survivors = {r.pk for r in old} & table.rows.keys()
    assert len(survivors) == len(same) == len(changes.keep) + len(changes.update)


@given(event_lists(min_size=1, max_size=12), st.data())
def test_following_events_in_batches_is_the_same_as_building_from_all(events, data):
    """The recipe of the module, batch after batch, looking at no more than it says is needed."""
    table = Table()
    known: list[Event] = []
    while len(known) < len(events):
        size = data.draw(st.integers(1, 4))
        new = events[len(known) : len(known) + size]
        known += new
        follow(table, known, new)
    assert meaning(table.ordered()) == meaning(build(events, second(-100)))


def follow(table: Table, known: list[Event], new: list[Event]) -> None:
    changes = [e.start for e in new if e.layer is Layer.CHANGE]
    window = affected(new, next_change=next_change_after(known, max(changes)) if changes else None)
    rows = [r for r in table.ordered() if meets(r, window)]
    window = widen(window, rows)
    table.apply(diff(rows, build(needed(known, window), *window)))


def meets(row: Stored, window: Window) -> bool:
    return (window.end is None or row.start <= window.end) and (row.end is None or row.end >= window.start)


def needed(known: list[Event], window: Window) -> list[Event]:
    """What overlaps the window, and the last change before it."""
    inside = [
        e
        for e in known
        if (window.end is None or e.start < window.end)
        and (e.start >= window.start if e.end is None else e.end > window.start)
    ]
    earlier = [e for e in known if e.layer is Layer.CHANGE and e.start < window.start]
    return inside + sorted(earlier, key=lambda e: (e.start, e.id))[-1:]


def test_a_long_record_is_built_in_good_time():
    """100,000 changes, a second each, and from second 40,000 on 1,000 spans of 50,000 s, the later on top.

    So there are 40,000 changes, a second of each span but the last, that one, and the changes from second 90,999
    on. What is quadratic would take minutes.
    """
    changes = [Event(n, STATES[n % 3], None, second(n), None, Layer.CHANGE) for n in range(100_000)]
    spans = [
        Event(100_000 + n, "SETUP", n, second(40_000 + n), second(90_000 + n), Layer.SPAN)
        for n in range(1_000)
    ]
    began = monotonic()
    assert len(build(changes + spans, second(0))) == 40_000 + 1_000 + 9_001
    assert monotonic() - began < 20

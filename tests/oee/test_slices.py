"""Slices against a second way of computing them, over random days, calendars and policies."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipment.calendar import CalendarException, Pattern
from equipment.calendar_rows import PlantCalendar
from oee.kpi import Policy, Sums, Treatment
from oee.selectors.facts import calendar_track
from oee.slices import CountFact, Facts, Piece, StateFact, Stop, from_us, overlay, slices
from tests.oee.oracle import MINUTE, World, answer

ZONES = ("UTC", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "America/New_York")
# A common day, and the nights on which one of the zones changes its clocks.
BASES = ("2026-02-10", "2026-03-28", "2026-10-24", "2026-04-04", "2026-03-08")
STATES = ("RUNNING", "RUNNING", "FAULT", "HELD", "STARVED", "BLOCKED", "SETUP", "CLEANING", "IDLE", "UNKNOWN")
SECOND = 1_000_000


def random_world(rnd: Random) -> tuple[World, PlantCalendar, int, int]:
    """A world with its calendar, and the window to look at; everything lies on whole minutes."""
    base = int(datetime.fromisoformat(rnd.choice(BASES) + "T12:00+00:00").timestamp())
    start, calendar = base + rnd.randint(-300, 300) * MINUTE, random_calendar(rnd)
    end = start + rnd.randint(1, 1500) * MINUTE
    moments = from_us(start * SECOND), from_us(end * SECOND)
    world = World(
        now=end + rnd.choice((0, 90, -30)) * MINUTE,
        shifts=[
            (seconds(s.start), seconds(s.end), [(seconds(a), seconds(b)) for a, b in s.breaks])
            for s in calendar.shifts(*moments)
        ],
        states=random_states(rnd, start, end),
        runs=random_runs(rnd, start, end),
        counts=random_counts(rnd, start, end),
        rates={1: Decimal("7.25"), 2: Decimal("30"), 3: rnd.choice((None, Decimal("0.5")))},
        policy={
            "minor_stop_seconds": rnd.choice((0, 300, 600)),
            "minor_stops": rnd.choice(("PERFORMANCE", "AVAILABILITY")),
            "setup": rnd.choice(("AVAILABILITY", "PERFORMANCE", "PLANNED")),
            "starved_blocked": rnd.choice(("AVAILABILITY", "PERFORMANCE")),
            "idle": rnd.choice(("PLANNED", "BUSY")),
            "unknown_time": rnd.choice(("BUSY", "EXCLUDED")),
        },
    )
    return world, calendar, start, end


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def random_calendar(rnd: Random) -> PlantCalendar:
    def wall() -> time:
        return time(rnd.randrange(24), rnd.choice((0, 15, 30)))

    patterns = [
        Pattern(name, frozenset(range(7)), wall(), wall(), ((wall(), wall()),), date(2020, 1, 1), None)
        for name in ("Early", "Late", "Night")[: rnd.randint(0, 3)]
    ]
    holiday = CalendarException(date.fromisoformat(rnd.choice(BASES)), "HOLIDAY", wall(), wall())
    return PlantCalendar(
        ZoneInfo(rnd.choice(ZONES)), tuple(patterns), (holiday,) if rnd.random() < 0.3 else ()
    )


def random_states(rnd: Random, start: int, end: int) -> list[tuple]:
    found, at = [], start - rnd.randint(0, 200) * MINUTE
    while at < end:
        at += rnd.choice((0, 0, 0, 1, 45)) * MINUTE
        over = at + rnd.choice((1, 4, 5, 6, 10, 11, 60, 200)) * MINUTE
        found.append((len(found) + 1, at, over, rnd.choice(STATES)))
        at = over
    if rnd.random() < 0.5:
        found[-1] = (*found[-1][:2], None, found[-1][3])
    return [state for state in found if state[1] < end]


def random_runs(rnd: Random, start: int, end: int) -> list[tuple]:
    found, at = [], start - 60 * MINUTE
    while rnd.random() < 0.5 and at < end:
        over = at + rnd.randint(1, 300) * MINUTE
        found.append((at, over, rnd.randint(1, 3)))
        at = over + rnd.choice((0, 30, 500)) * MINUTE
    return found


def random_counts(rnd: Random, start: int, end: int) -> list[tuple]:
    """Some far outside the window: a day is how far they reach."""
    low, high = start // MINUTE - 2000, end // MINUTE + 2000
    return sorted(
        (
            (
                rnd.randint(low, high) * MINUTE,
                rnd.choice((1, 2, 3, None)),
                rnd.randint(0, 9),
                rnd.randint(0, 2),
                rnd.choice((0, 0, 1)),
            )
            for _ in range(rnd.randint(0, 25))
        ),
        key=lambda count: count[0],
    )


def facts_of(world: World, calendar: PlantCalendar, start: int, end: int) -> Facts:
    policy = Policy(**{k: v if k == "minor_stop_seconds" else Treatment(v) for k, v in world.policy.items()})
    return Facts(
        calendar=calendar_track(calendar, from_us(start * SECOND), from_us(end * SECOND)),
        states=[StateFact(n, a * SECOND, b and b * SECOND, name) for n, a, b, name in world.states],
        runs=[Piece(a * SECOND, b * SECOND, product) for a, b, product in world.runs],
        counts=[CountFact(count[0] * SECOND, *count[1:]) for count in world.counts],
        policy_on=lambda day: policy,
        rate=lambda product, day: world.rates.get(product),
        now=world.now * SECOND,
    )


def gathered(parts: list) -> tuple:
    """Everything that a partition must not change."""
    stops: dict = {}
    classes: dict = {}
    for part in parts:
        for key, stop in part.stops.items():
            stops.setdefault(key, Stop()).add(stop)
        for name, us in part.by_class.items():
            classes[name] = classes.get(name, 0) + us
    return Sums.total(part.sums for part in parts), classes, stops


@settings(max_examples=120, deadline=None)
@given(st.randoms(use_true_random=False))
def test_every_sum_is_that_of_the_oracle(rnd):
    world, calendar, start, end = random_world(rnd)
    until = min(end, world.now)
    if until <= start:
        return
    parts = slices(facts_of(world, calendar, start, until), start * SECOND, until * SECOND)
    sums, classes, stops = gathered(parts)
    told = answer(world, start, end)
    assert (sums.planned_busy_us, sums.actual_production_us) == (told.busy * SECOND, told.producing * SECOND)
    assert (sums.calendar_us, sums.unknown_us) == (told.calendar * SECOND, told.unknown * SECOND)
    assert (sums.ideal, sums.ideal_good) == (told.ideal, told.ideal_good)
    assert (sums.produced, sums.good, sums.scrap, sums.rework) == (
        told.made,
        told.good,
        told.scrap,
        told.rework,
    )
    assert classes == {name: us * SECOND for name, us in told.classes.items()}
    assert {(n, str(key.time_class)) for key, stop in stops.items() for n in stop.ids} == told.stops
    busy: dict = {}
    for part in parts:
        busy[part.key.product] = busy.get(part.key.product, 0) + part.sums.planned_busy_us
    assert {k: v for k, v in busy.items() if v} == {k: v * SECOND for k, v in told.by_product_busy.items()}
    by_hour: dict = {}
    for part in parts:
        by_hour[part.key.hour] = by_hour.get(part.key.hour, 0) + part.sums.produced
    assert {k: v for k, v in by_hour.items() if v} == {
        k * SECOND: v for k, v in told.made_by_hour.items() if v
    }


@settings(max_examples=80, deadline=None)
@given(st.randoms(use_true_random=False), st.lists(st.floats(0, 1), min_size=1, max_size=5))
def test_cutting_a_window_anywhere_conserves_everything(rnd, places):
    world, calendar, start, end = random_world(rnd)
    facts = facts_of(world, calendar, start, end)
    low, high = start * SECOND, end * SECOND
    cuts = sorted({low, high, *(low + int((high - low) * place) for place in places)})
    pieces = [part for a, b in zip(cuts, cuts[1:], strict=False) for part in slices(facts, a, b)]
    assert gathered(pieces) == gathered(slices(facts, low, high))
    assert sum(part.sums.calendar_us for part in pieces) == high - low


@settings(max_examples=40, deadline=None)
@given(st.randoms(use_true_random=False))
def test_minor_stops_setup_and_waiting_move_between_factors_and_never_the_oee(rnd):
    """OEE contract R8."""
    world, calendar, start, end = random_world(rnd)
    found = set()
    for word in ("PERFORMANCE", "AVAILABILITY"):
        for name in ("minor_stops", "starved_blocked", "setup"):
            world.policy |= {"setup": "AVAILABILITY"} | {name: word}
            sums = gathered(slices(facts_of(world, calendar, start, end), start * SECOND, end * SECOND))[0]
            found.add((sums.planned_busy_us, sums.ideal, sums.ideal_good))
    assert len(found) == 1


def test_a_stop_is_one_stop_however_it_is_cut():
    """It begins in the break, reaches over an hour and into the next shift, and is one stop in each of them."""
    patterns = tuple(
        Pattern(name, frozenset(range(7)), start, end, ((time(9, 30), time(10)),), date(2020, 1, 1), None)
        for name, start, end in (("Early", time(6), time(14)), ("Late", time(14), time(22)))
    )
    day = datetime(2026, 2, 10, tzinfo=UTC)
    low, high = day + timedelta(hours=6), day + timedelta(hours=22)

    def us(hour: float) -> int:
        return int((day + timedelta(hours=hour)).timestamp()) * SECOND

    facts = Facts(
        calendar=calendar_track(PlantCalendar(ZoneInfo("UTC"), patterns, ()), low, high),
        states=[
            StateFact(1, us(5), us(9.75), "RUNNING"),
            StateFact(2, us(9.75), us(15), "FAULT"),
            StateFact(3, us(15), us(15.02), "FAULT"),
            StateFact(4, us(15.02), us(22), "RUNNING"),
        ],
        runs=[],
        counts=[],
        policy_on=lambda day: Policy(),
        rate=lambda product, day: None,
        now=us(30),
    )
    parts = slices(facts, us(6), us(22))
    breakdown = next(stop for key, stop in gathered(parts)[2].items() if key.time_class == "BREAKDOWN")
    assert (breakdown.count, breakdown.us) == (1, us(15) - us(10))
    for shift, hours in (("Early", 4), ("Late", 1)):
        [stop] = [
            stop
            for key, stop in gathered([part for part in parts if part.key.shift == shift])[2].items()
            if key.time_class == "BREAKDOWN"
        ]
        assert (stop.count, stop.us) == (1, hours * 3600 * SECOND)
    assert not [part for part in parts if part.key.shift == "" and part.stops]


@pytest.mark.parametrize(
    ("tracks", "expected"),
    [
        ([[]], [(0, 10, (None,))]),
        ([[Piece(-5, 3, "a"), Piece(3, 12, "b")]], [(0, 3, ("a",)), (3, 10, ("b",))]),
        ([[Piece(2, 2, "never")]], [(0, 10, (None,))]),
        (
            [[Piece(2, 4, "a")], [Piece(3, 20, "b")]],
            [(0, 2, (None, None)), (2, 3, ("a", None)), (3, 4, ("a", "b")), (4, 10, (None, "b"))],
        ),
        ([[Piece(10, 12, "after"), Piece(20, 30, "later")]], [(0, 10, (None,))]),
    ],
)  # fmt: skip
def test_overlay_cuts_where_a_track_changes(tracks, expected):
    assert list(overlay(0, 10, *tracks)) == expected

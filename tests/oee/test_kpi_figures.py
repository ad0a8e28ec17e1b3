"""The edges of a figure: what is undefined, what is odd, what is refused (OEE contract R3–R6, R9, R10)."""

from decimal import Decimal

import pytest

from oee import kpi
from oee.kpi import Flag, InvalidSums, Policy, Rejects, Sums, TimeClass, figure, plain_figure, series_line

SECOND = kpi.MICROSECONDS


def busy(run, delay=0):
    return Sums(planned_busy_us=(run + delay) * SECOND, actual_production_us=run * SECOND)


RATED = Sums.of_pieces("a", Decimal(1), good=40, scrap=10)
UNRATED = Sums.of_pieces("x", None, good=30, scrap=10)

R5_EDGES = {  # sums → A, P, Q, OEE
    "nothing at all": (Sums(), None, None, None, None),
    "pieces outside the schedule": (RATED, None, None, None, None),
    "scheduled, never ran": (busy(0, 100), 0, None, None, 0),
    "pieces counted, no run time seen": (busy(0, 100) + RATED, 0, None, 0.8, 0.4),
    "ran, made nothing": (busy(80, 20), 0.8, 0, None, 0),
    "ran, made only scrap": (busy(80, 20) + Sums.of_pieces("a", Decimal(1), scrap=8), 0.8, 0.1, 0, 0),
    "one product without a rate": (busy(80, 20) + UNRATED, 0.8, None, 0.75, None),
    "several products, one without a rate": (busy(80, 20) + UNRATED + RATED, 0.8, None, None, None),
    "faster than ideal": (busy(40, 60) + RATED, 0.4, 1.25, 0.8, 0.4),
}


@pytest.mark.parametrize("edge", R5_EDGES)
def test_undefined_is_none_never_0_or_1(edge):
    sums, *expected = R5_EDGES[edge]
    result = figure(sums)
    assert [result.availability, result.performance, result.quality, result.oee] == expected


@pytest.mark.parametrize("calendar", [0, 1_000 * SECOND])
def test_teep_needs_a_calendar_and_a_schedule(calendar):
    scheduled = figure(busy(80, 20) + RATED + Sums(calendar_us=calendar))
    assert scheduled.teep == (0.04 if calendar else None)
    assert figure(RATED + Sums(calendar_us=calendar)).teep is None


@pytest.mark.parametrize(
    ("sums", "flags"),
    [
        (busy(80) + RATED, ()),
        (RATED, (Flag.NO_SCHEDULE,)),
        (busy(40) + RATED, (Flag.PERFORMANCE_OVER_100,)),
        (busy(0, 80) + RATED, (Flag.PERFORMANCE_OVER_100,)),
        (busy(50) + RATED, ()),
        (busy(80) + Sums(unknown_us=1), (Flag.UNKNOWN_TIME,)),
        (busy(80) + UNRATED, (Flag.NO_STANDARD_RATE,)),
        (busy(80) + Sums(produced=4, good=5, product="a"), (Flag.GOOD_OVER_PRODUCED,)),
    ],
)
def test_flags_name_what_is_odd(sums, flags):
    assert figure(sums).flags == flags


def test_rework_is_produced_but_never_good():
    """OEE contract R10."""
    result = figure(busy(100) + Sums.of_pieces("a", Decimal(1), good=70, rework=20, scrap=10))
    assert (result.produced_quantity, result.good_quantity, result.quality) == (100, 70, 0.7)


def test_one_product_at_two_rates_is_weighted_by_time():
    """OEE contract R2: a new rate at noon makes Q time-weighted, so that A × P × Q stays the OEE."""
    morning = Sums.of_pieces("a", Decimal(3), good=10)
    afternoon = Sums.of_pieces("a", Decimal(1), good=0, scrap=10)
    assert figure(busy(100) + morning + afternoon).quality == 0.75


def test_excluded_unknown_time_is_still_shown():
    """OEE contract R6."""
    policy = Policy(unknown_time=kpi.Treatment.EXCLUDED)
    result = figure(Sums.of_time(TimeClass.UNKNOWN, 60 * SECOND, policy))
    assert (result.planned_busy_seconds, result.unknown_seconds) == (0, 60)
    assert result.flags == (Flag.NO_SCHEDULE, Flag.UNKNOWN_TIME)


def test_a_constraint_makes_the_line():
    """OEE contract R9 by hand: 100 s busy, 80 s run, PRI 1 s, 60 leave, 10 + 5 are rejected anywhere."""
    line = series_line(
        busy(80, 20)
        + Sums.of_pieces("a", Decimal(1), good=999)
        + Sums(calendar_us=500 * SECOND, unknown_us=3),
        good_exit_by_product={"a": 60},
        rejects_by_product={"a": Rejects(scrap=10, rework=5)},
        pri_by_product={"a": Decimal(1)},
    )
    result = figure(line)
    assert (line.produced, line.good, line.scrap, line.rework) == (75, 60, 10, 5)
    assert (result.availability, result.performance, result.quality) == (0.8, 75 / 80, 0.8)
    assert (result.oee, result.teep, line.unknown_us) == (0.6, 0.12, 3)


def test_a_line_weights_its_products_by_the_constraint():
    line = series_line(
        busy(100),
        good_exit_by_product={"a": 10, "b": 20},
        rejects_by_product={"b": Rejects(scrap=5), "c": Rejects(scrap=1)},
        pri_by_product={"a": Decimal(4), "b": Decimal(1), "c": Decimal(3)},
    )
    assert (line.ideal, line.ideal_good) == (40 + 25 + 3, 40 + 20)


def test_a_line_with_an_unrated_product_has_no_performance():
    line = series_line(
        busy(100), good_exit_by_product={"a": 10}, rejects_by_product={}, pri_by_product={"b": Decimal(1)}
    )
    assert (line.ideal, line.ideal_good, figure(line).quality) == (None, None, 1)


PLAIN = {
    "planned_production_time": 480,
    "run_time": 420,
    "ideal_cycle_time": 1,
    "total_units": 400,
    "good_units": 380,
}


@pytest.mark.parametrize("field", PLAIN)
@pytest.mark.parametrize(
    "value", [-1, -0.5, float("nan"), float("inf"), Decimal("sNaN"), 1e300, 5e-324, Decimal("1e-999999"), "x"]
)
def test_plain_numbers_refuse_what_is_no_amount(field, value):
    with pytest.raises(InvalidSums) as refusal:
        plain_figure(**PLAIN | {field: value})
    assert refusal.value.field == field
    assert refusal.value.message


@pytest.mark.parametrize(("field", "value"), [("run_time", 481), ("good_units", 401)])
def test_plain_numbers_refuse_more_than_the_whole(field, value):
    with pytest.raises(InvalidSums) as refusal:
        plain_figure(**PLAIN | {field: value})
    assert refusal.value.field == field


def test_plain_numbers_of_any_kind_mean_the_same():
    floats = {field: float(value) for field, value in PLAIN.items()}
    decimals = {field: Decimal(value) for field, value in PLAIN.items()}
    assert plain_figure(**PLAIN) == plain_figure(**floats) == plain_figure(**decimals)


def test_plain_zeros_are_undefined():
    result = plain_figure(**dict.fromkeys(PLAIN, 0))
    assert (result.availability, result.performance, result.quality, result.oee) == (None,) * 4
    assert (result.teep, result.flags) == (None, (Flag.NO_SCHEDULE,))

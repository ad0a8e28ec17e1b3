"""What holds for all sums, not only for the examples (OEE contract R1, R2, R7, R8)."""

from decimal import Decimal
from itertools import product as combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oee.kpi import (
    ZERO,
    Bucket,
    Policy,
    Rejects,
    Sums,
    TimeClass,
    Treatment,
    bucket_of,
    figure,
    losses,
    series_line,
)

MONTH_US = 31 * 86_400 * 1_000_000
counts = st.integers(0, 100_000)
cycles = st.decimals(Decimal("0.001"), Decimal(86_400), places=3)
durations = st.integers(0, MONTH_US)
products = st.sampled_from(["a", "b", "c"])
policies = st.builds(
    Policy,
    minor_stops=st.sampled_from([Treatment.PERFORMANCE, Treatment.AVAILABILITY]),
    setup=st.sampled_from([Treatment.AVAILABILITY, Treatment.PERFORMANCE, Treatment.PLANNED]),
    starved_blocked=st.sampled_from([Treatment.AVAILABILITY, Treatment.PERFORMANCE]),
    idle=st.sampled_from([Treatment.PLANNED, Treatment.BUSY]),
    unknown_time=st.sampled_from([Treatment.BUSY, Treatment.EXCLUDED]),
)
intervals = st.lists(st.tuples(st.sampled_from(TimeClass), durations), max_size=8)


def pieces(rates):
    return st.builds(Sums.of_pieces, products, rates, good=counts, scrap=counts, rework=counts)


rated_pieces = pieces(cycles)
any_pieces = pieces(st.none() | cycles)
times = st.builds(Sums.of_time, st.sampled_from(TimeClass), durations, policies)
calendars = st.builds(Sums, calendar_us=durations)
buckets = st.lists(times | any_pieces | calendars, max_size=12)


def sums_of(intervals, policy, made=ZERO):
    return made + Sums.total(Sums.of_time(time_class, us, policy) for time_class, us in intervals)


@given(buckets, st.randoms())
def test_order_never_matters(parts, random):
    shuffled = random.sample(parts, len(parts))
    assert Sums.total(shuffled) == Sums.total(parts)


@given(buckets, buckets, buckets)
def test_merging_shifts_never_matters(early, late, night):
    shifts = [Sums.total(early), Sums.total(late), Sums.total(night)]
    assert Sums.total(shifts) == Sums.total(early + late + night)


@given(st.sampled_from(TimeClass), durations, durations, policies)
def test_cutting_an_interval_never_matters(time_class, before, after, policy):
    """OEE contract R7: a stop over a shift's end is two pieces with the same total."""
    cut = Sums.of_time(time_class, before, policy) + Sums.of_time(time_class, after, policy)
    assert cut == Sums.of_time(time_class, before + after, policy)


@given(products, st.none() | cycles, counts, counts, counts, counts)
def test_counting_in_portions_never_matters(product, cycle, good, scrap, more_good, more_scrap):
    portions = Sums.of_pieces(product, cycle, good=good, scrap=scrap) + Sums.of_pieces(
        product, cycle, good=more_good, scrap=more_scrap
    )
    assert portions == Sums.of_pieces(product, cycle, good=good + more_good, scrap=scrap + more_scrap)


@given(buckets)
def test_figures_never_raise_and_undefined_comes_whole(parts):
    result = figure(Sums.total(parts))
    if result.planned_busy_seconds == 0:
        ratios = (result.availability, result.performance, result.quality, result.oee, result.teep)
        assert ratios == (None,) * 5
    assert isinstance(result.flags, tuple)


@given(buckets)
def test_the_factors_multiply_to_the_oee(parts):
    """OEE contract R1, also where one of the factors is undefined: then nothing is claimed."""
    result = figure(Sums.total(parts))
    factors = (result.availability, result.performance, result.quality)
    if None not in factors:
        a, p, q = factors
        assert a * p * q == pytest.approx(result.oee, rel=1e-12)


@given(buckets)
def test_a_unrated_piece_hides_performance_from_every_roll_up(parts):
    unrated = Sums.of_pieces("x", None, good=1)
    result = figure(Sums.total([*parts, unrated]))
    assert (result.performance, result.oee) == (None, None)


@given(intervals, rated_pieces, policies)
def test_availability_or_performance_leaves_the_oee(stops, made, policy):
    """OEE contract R8: the choice moves A and P, never their product."""
    choices = combinations([Treatment.AVAILABILITY, Treatment.PERFORMANCE], repeat=3)
    found = {
        figure(
            sums_of(
                stops,
                Policy(
                    minor_stops=minor,
                    starved_blocked=starved,
                    setup=setup,
                    idle=policy.idle,
                    unknown_time=policy.unknown_time,
                ),
                made,
            )
        ).oee
        for minor, starved, setup in choices
    }
    assert len(found) == 1


@given(intervals, rated_pieces, policies, st.decimals(0, 1_000, places=3))
def test_the_loss_bridge_closes_exactly(stops, made, policy, startup):
    sums = sums_of(stops, policy, made)
    inside = [
        (time_class, us) for time_class, us in stops if bucket_of(time_class, policy) is not Bucket.EXCLUDED
    ]
    lost = {c: sum(us for other, us in inside if other is c) for c in TimeClass}
    bridge = losses(sums, lost, startup_rejects=startup)
    assert sums.ideal_good + bridge.total == figure(sums).planned_busy_seconds
    running = Decimal(lost[TimeClass.RUNNING]).scaleb(-6)
    assert bridge.reduced_speed == running - sums.ideal


@given(intervals, policies)
def test_the_loss_bridge_of_unrated_pieces_is_open(stops, policy):
    sums = sums_of(stops, policy, Sums.of_pieces("x", None, good=3, scrap=1))
    bridge = losses(sums, {})
    assert (bridge.reduced_speed, bridge.process_defects, bridge.startup_rejects) == (None,) * 3
    assert bridge.total is None


@given(
    st.dictionaries(products, counts),
    st.dictionaries(products, st.builds(Rejects, counts, counts)),
    st.fixed_dictionaries({"a": cycles, "b": cycles, "c": cycles}),
    times,
    durations,
)
def test_a_line_is_a_machine_whose_factors_multiply(good, rejects, rates, times, run):
    """OEE contract R9: good at the exit × PRI of the constraint / PBT, computed a second way."""
    constraint = times + Sums.of_time(TimeClass.RUNNING, run, Policy())
    result = figure(
        series_line(constraint, good_exit_by_product=good, rejects_by_product=rejects, pri_by_product=rates)
    )
    if constraint.planned_busy_us:
        ideal_good = sum(rates[name] * count for name, count in good.items())
        busy = Decimal(constraint.planned_busy_us) / 1_000_000
        assert result.oee == pytest.approx(float(ideal_good / busy))
    factors = (result.availability, result.performance, result.quality)
    if None not in factors:
        assert factors[0] * factors[1] * factors[2] == pytest.approx(result.oee)

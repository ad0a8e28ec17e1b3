"""Worked examples of the field: inputs and results nobody here chose. Each test names its source."""

from decimal import Decimal

import pytest

from oee import kpi
from oee.kpi import Flag, Policy, Sums, TimeClass, figure, losses, plain_figure

POLICY = Policy()
MINUTE = 60 * kpi.MICROSECONDS
HOUR = 60 * MINUTE


def percent(value):
    """±0.01 percentage points, as the examples are printed."""
    return pytest.approx(value / 100, abs=0.0001)


def shift(run, delay=0, unit=MINUTE):
    """A shift that ran `run` and stood `delay` units of time."""
    running = Sums.of_time(TimeClass.RUNNING, round(run * unit), POLICY)
    return running + Sums.of_time(TimeClass.BREAKDOWN, round(delay * unit), POLICY)


def factors(result):
    return result.availability, result.performance, result.quality, result.oee


def test_w1_vorne_classic_shift():
    """vdocuments.us "OEE worksheet"; scribd 65474519."""
    planned, run = 480 - 2 * 15 - 30, 480 - 2 * 15 - 30 - 47
    pieces = Sums.of_pieces("part", Decimal(1), good=19_271 - 423, scrap=423)
    result = figure(shift(run, planned - run) + pieces)
    assert result.planned_busy_seconds == 420 * 60
    assert result.actual_production_seconds == 373 * 60
    assert result.good_quantity == 18_848
    assert factors(result) == (percent(88.81), percent(86.11), percent(97.80), percent(74.79))
    assert result.flags == ()


def test_w4_calculator_of_plain_numbers():
    """waycalculator.com."""
    result = plain_figure(
        planned_production_time=480, run_time=420, ideal_cycle_time=1, total_units=400, good_units=380
    )
    assert factors(result) == (percent(87.5), percent(95.238), percent(95.0), percent(79.167))
    assert result.scrap_quantity == 20


W5_MACHINES = [  # cycle seconds, made, scrap, down minutes → OEE, good minutes
    (10, 2_240, 50, 32, 80.22, 365),
    (45, 450, 25, 18, 70.05, 318.75),
    (70, 229, 11, 22, 55.90, 254.33),
]


def w5_sums(cycle, made, scrap, down):
    planned = 480 - 2 * 10 - 5
    pieces = Sums.of_pieces(f"product of {cycle} s", Decimal(cycle), good=made - scrap, scrap=scrap)
    return shift(planned - down, down) + pieces


@pytest.mark.parametrize(("cycle", "made", "scrap", "down", "oee", "good_minutes"), W5_MACHINES)
def test_w5_each_machine(cycle, made, scrap, down, oee, good_minutes):
    """scribd 49396161; versalytics.org 2008/12/04."""
    result = figure(w5_sums(cycle, made, scrap, down))
    assert result.oee == percent(oee)
    assert float(result.ideal_good_seconds) / 60 == pytest.approx(good_minutes, abs=0.01)


def test_w5_rolled_up_is_time_weighted():
    """versalytics.org 2008/12/05. Counting pieces over products (Q 97.05 %, 69.54 %) must not appear."""
    result = figure(Sums.total(w5_sums(*row[:4]) for row in W5_MACHINES))
    assert factors(result) == (percent(94.73), percent(75.64), percent(95.92), percent(68.72))
    count_weighted = kpi.quality_ratio(result.good_quantity, result.produced_quantity)
    assert count_weighted == percent(97.05)
    assert result.quality != percent(97.05)
    product = kpi.oee_index(result.availability, result.performance, count_weighted)
    assert product == percent(69.54)
    assert result.oee != percent(69.54)


@pytest.mark.parametrize(
    ("large_minutes", "large", "small_minutes", "small", "output"),
    [(120, 180, 360, 2_160, 2_340), (360, 540, 120, 720, 1_260)],
)
def test_w6_mixed_output_has_one_performance(large_minutes, large, small_minutes, small, output):
    """oee.academy "mixed output": both days 75 %, though day 1 makes more pieces."""
    large_run = shift(large_minutes) + Sums.of_pieces("large", Decimal(30), good=large)
    small_run = shift(small_minutes) + Sums.of_pieces("small", Decimal("7.5"), good=small)
    result = figure(large_run + small_run)
    assert result.produced_quantity == output
    assert result.performance == percent(75)


def test_w7_unequal_machines_are_not_averaged():
    """PyPI `oee` README: 80 % and 45 % are 53.75 % together, not 62.5 %."""
    one = shift(90, 10) + Sums.of_pieces("a", Decimal(60), good=80)
    two = shift(150, 150) + Sums.of_pieces("b", Decimal(60), good=135, scrap=15)
    assert figure(one).oee == percent(80)
    assert figure(two).oee == percent(45)
    assert figure(one + two).oee == percent(53.75)


@pytest.mark.parametrize(("performance", "oee"), [(150, 84), (143, 80.08)])
def test_w10_performance_over_100_is_shown_and_flagged(performance, oee):
    """oee.academy; oeestandard.com: A 70 and Q 80 become "world class" by an impossible P."""
    pieces = Sums.of_pieces("a", Decimal(7) * performance / 1000, good=80, scrap=20)
    result = figure(shift(70, 30, unit=kpi.MICROSECONDS) + pieces)
    assert factors(result) == (percent(70), percent(performance), percent(80), percent(oee))
    assert Flag.PERFORMANCE_OVER_100 in result.flags


@pytest.mark.parametrize(
    ("a", "p", "q", "oee"), [(90, 95, 99, 84.645), (85, 99, 98, 82.467), (90, 95, 99.9, 85.4145)]
)
def test_w11_factor_product(a, p, q, oee):
    """CheckPoint p. 9.5 (prints 85.0: its prints are rounded); mfgcalcs.com; PyPI `oee` tests."""
    assert kpi.oee_index(a / 100, p / 100, q / 100) == percent(oee)


def test_w12_teep_of_two_shifts():
    """versalytics 2008/11/28: 30 a minute, 18,000 good, 16 h of 24 h."""
    day = Sums(calendar_us=24 * HOUR) + shift(16, unit=HOUR)
    result = figure(day + Sums.of_pieces("a", Decimal(2), good=18_000))
    assert result.ideal_good_seconds == 10 * 3600
    assert (result.oee, result.teep) == (percent(62.5), percent(41.667))
    assert kpi.teep(result.oee, 16, 24) == pytest.approx(result.teep)


def test_w12_teep_of_one_shift():
    """FUUZ skill: OEE 85 % on 8 h of 24 h → 28 %."""
    assert kpi.teep(0.85, 8, 24) == percent(28.333)


@pytest.mark.parametrize(("hours", "failures", "expected"), [(20_000, 5, 4_000), (2_496, 4, 624)])
def test_w13_mtbf(hours, failures, expected):
    """ibm.com asset reliability; commacmms.com."""
    assert kpi.mtbf(hours, failures) == expected


@pytest.mark.parametrize(("hours", "repairs", "expected"), [(20, 10, 2), (5 + 3, 2, 4)])
def test_w13_mttr(hours, repairs, expected):
    """ibm.com asset reliability; commacmms.com."""
    assert kpi.mttr(hours, repairs) == expected


def test_w13_mttf():
    """kendallscapes copy: three units that lived 3, 2.5 and 2.6 years."""
    assert kpi.mttf(Decimal("8.1"), 3) == pytest.approx(2.7)


def test_w13_inherent_availability():
    """PyPI `oee` tests: 900 and 100 → 90 %; 1,000 h, 5 failures, 50 h of repair → 200 h, 10 h, 95.24 %."""
    assert kpi.inherent_availability(900, 100) == percent(90)
    between, repair = kpi.mtbf(1_000, 5), kpi.mttr(50, 5)
    assert (between, repair) == (200, 10)
    assert kpi.inherent_availability(between, repair) == percent(95.238)


@pytest.mark.parametrize(
    ("yields", "expected"), [((0.95, 0.84, 0.88), 0.70224), ((0.99, 0.98, 0.97), 0.941094)]
)
def test_w14_rolled_throughput_yield(yields, expected):
    """blfilm.com; PyPI `oee` README."""
    assert kpi.rolled_throughput_yield(yields) == pytest.approx(expected)


def test_w14_yield_from_defects_per_unit():
    """Harry 2004 (its 0.904834 is a misprint of 0.904837)."""
    steps = [kpi.poisson_yield(dpu) for dpu in (0.10, 0.05, 0.008)]
    assert steps == [pytest.approx(y, abs=5e-5) for y in (0.9048, 0.9512, 0.9920)]
    assert kpi.rolled_throughput_yield(steps) == pytest.approx(0.85385, abs=1e-5)


@pytest.mark.parametrize(
    ("defects", "units", "opportunities", "dpmo", "tolerance"),
    [(40, 40_000, 6, 167, 0.5), (3_432, 83_934, 8, 5_111.158768, 1e-6), (50, 1_000, 10, 5_000, 0)],
)
def test_w15_dpmo(defects, units, opportunities, dpmo, tolerance):
    """dmaictools; mysixsigmatrainer; learngxp."""
    assert kpi.dpmo(defects, units, opportunities) == pytest.approx(dpmo, abs=tolerance)


def test_w15_defects_per_unit_and_yield():
    """codeproject 404751: 165 defects, 40,000 units, 6 opportunities."""
    per_unit = kpi.defects_per_unit(165, 40_000)
    assert per_unit == 0.004125
    assert kpi.dpmo(165, 40_000, 6) == pytest.approx(687.5)
    assert kpi.poisson_yield(per_unit) == pytest.approx(0.995883, abs=1e-6)


@pytest.mark.parametrize(
    ("dpmo", "sigma"),
    [(167, 5.1), (5_111.158768, 4.1), (3.4, 6), (6_210, 4), (66_800, 3), (308_000, 2)],
)
def test_w15_sigma_level(dpmo, sigma):
    """dmaictools; mysixsigmatrainer; the customary table."""
    assert round(kpi.sigma_level(dpmo), 1) == sigma


@pytest.mark.parametrize(
    ("available", "demand", "takt"),
    [
        (2 * (480 - 40 - 30), 80, 10.25),  # minutes
        ((600 - 100) * 60, 1_000, 30),  # seconds
        ((480 - 30 - 20) * 60, 50_000, 0.516),
        (540 - 90, 4, 112.5),
        (480, 240, 2.0),
    ],
)
def test_w16_takt(available, demand, takt):
    """ilovetranslation slide copy; scribd 692857919; sybeq; easynotecards; PyPI `oee` tests."""
    assert kpi.takt_time(available, demand) == pytest.approx(takt)


def test_w16_capacity():
    """PyPI `oee` tests: 480 min, cycle 1.5, demand 240 → 320 pieces possible, 75 % needed."""
    capacity = kpi.production_capacity(480, 1.5)
    assert capacity == 320
    assert kpi.equipment_load_ratio(240, capacity) == percent(75)


def test_w25_six_losses():
    """PyPI `oee` README: 480 min, 80 down (30 setup), cycle 0.5, 700 made, 100 rejects (40 at start-up)."""
    lost = {TimeClass.BREAKDOWN: 50 * MINUTE, TimeClass.SETUP: 30 * MINUTE}
    sums = shift(400, 80) + Sums.of_pieces("a", Decimal(30), good=600, scrap=100)
    bridge = losses(sums, lost, startup_rejects=40 * Decimal(30))
    assert (bridge.breakdown, bridge.setup, bridge.reduced_speed) == (50 * 60, 30 * 60, 50 * 60)
    assert (bridge.process_defects, bridge.startup_rejects) == (30 * 60, 20 * 60)
    assert bridge.total == (480 - 300) * 60
    assert figure(sums).oee == percent(62.5)

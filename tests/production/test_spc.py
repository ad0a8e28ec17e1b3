"""Control charts against published figures, and properties that hold for any values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from production.spc import Limits, capability_of, limits_of, moving_ranges, signals_of

# NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.2: flowrates of ten batches.
FLOWRATES = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
UNIT = Limits(centre=0, sigma=1, lower=-3, upper=3, mean_range=1.128, upper_range=3.685)
numbers = st.floats(-1e6, 1e6, allow_nan=False).map(lambda number: round(number, 3))
series = st.lists(numbers, min_size=2, max_size=60)


def test_the_individuals_chart_of_nist():
    found = limits_of(FLOWRATES)
    assert found.centre == pytest.approx(50.81)
    assert found.mean_range == pytest.approx(1.8778, abs=5e-5)
    assert found.upper == pytest.approx(55.8041, abs=5e-4)
    assert found.lower == pytest.approx(45.8159, abs=5e-4)
    assert list(signals_of(FLOWRATES, found)) == []


@pytest.mark.parametrize("values", [[], [7.0]])
def test_fewer_than_two_values_have_no_limits(values):
    assert limits_of(values) is None


@pytest.mark.parametrize(
    ("mean", "sigma", "lower", "upper", "cp", "cpk"),
    [
        (16, 2, 8, 20, 1.0, 0.6667),  # NIST 6.1.6
        (15.9, 0.1, 15.8, 16.2, 0.6667, 0.3333),
        (0.166, 0.0457, None, 0.40, None, 1.71),  # AIAG & VDA, p. 48
        (0.250, 0.0292, None, 0.40, None, 1.71),
        (5, 1, None, None, None, None),
        (5, 0, 1, 9, None, None),
    ],
)
def test_capability_as_published(mean, sigma, lower, upper, cp, cpk):
    found = capability_of(mean=mean, sigma=sigma, lower=lower, upper=upper)
    assert found.cp == (pytest.approx(cp, abs=5e-3) if cp is not None else None)
    assert found.cpk == (pytest.approx(cpk, abs=5e-3) if cpk is not None else None)


def spoken(values, rule):
    return [signal.index for signal in signals_of(values, UNIT, [rule])]


@pytest.mark.parametrize(
    ("rule", "values", "where"),
    [
        (1, [0, 3.1, 3.0, -3.1], [1, 3]),
        (2, [2.1, 0, 2.1, 2.1], [2, 3]),
        (2, [2.1, -2.1, 0, 1.9], []),
        (3, [1.1, 1.1, 0, 1.1, 1.1], [4]),
        (3, [1.1, 1.1, -1.1, 1.1, 0.9], []),
        (4, [0.1] * 7, []),
        (4, [0.1] * 9, [7, 8]),
        (4, [0.1] * 4 + [0.0] + [0.1] * 7, []),
    ],
)
def test_each_rule_speaks_where_its_pattern_ends(rule, values, where):
    assert spoken(values, rule) == where
    assert spoken([-value for value in values], rule) == where  # both sides alike


@given(series, st.floats(-1e3, 1e3))
def test_shifting_the_values_shifts_the_lines(values, shift):
    before, after = limits_of(values), limits_of([value + shift for value in values])
    assert after.centre == pytest.approx(before.centre + shift, abs=1e-5)
    assert after.sigma == pytest.approx(before.sigma, rel=1e-6, abs=1e-6)


@given(series, st.floats(0.001, 1e3))
def test_another_unit_scales_the_lines(values, factor):
    before, after = limits_of(values), limits_of([value * factor for value in values])
    assert after.upper - after.lower == pytest.approx(
        (before.upper - before.lower) * factor, rel=1e-6, abs=1e-6
    )


@given(series)
def test_backwards_the_lines_are_the_same(values):
    before, after = limits_of(values), limits_of(values[::-1])
    assert after.centre == pytest.approx(before.centre) and after.sigma == pytest.approx(before.sigma)
    assert before.lower <= before.centre <= before.upper and before.upper_range >= before.mean_range >= 0
    assert len(moving_ranges(values)) == len(values) - 1


@given(series)
def test_more_rules_never_say_less(values):
    found = limits_of(values)
    one = {(signal.index, signal.rule) for signal in signals_of(values, found)}
    assert one <= {(signal.index, signal.rule) for signal in signals_of(values, found, (1, 2, 3, 4))}

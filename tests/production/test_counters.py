"""Cumulative counters: growth, reset, rollover (OEE contract R11)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from production.counters import CounterStep, StepKind, counter_delta

readings = st.integers(0, 2**32)


@pytest.mark.parametrize(
    ("previous", "value", "rollover_at", "step"),
    [
        (None, 5_000, None, (0, StepKind.FIRST)),
        (None, 5_000, 65_536, (0, StepKind.FIRST)),
        (100, 130, None, (30, StepKind.GROWTH)),
        (100, 100, None, (0, StepKind.GROWTH)),
        (100, 0, None, (0, StepKind.RESET)),
        (100, 7, None, (7, StepKind.RESET)),
        (65_535, 0, 65_536, (1, StepKind.ROLLOVER)),
        (999_990, 15, 1_000_000, (25, StepKind.ROLLOVER)),
        (999_990, 15, None, (15, StepKind.RESET)),
        (40_000, 15, 65_536, (15, StepKind.RESET)),  # far from its end
        (65_000, 30_000, 65_536, (30_000, StepKind.RESET)),  # far from its start
        (900, 0, 1_000, (100, StepKind.ROLLOVER)),  # just a tenth
        (899, 0, 1_000, (0, StepKind.RESET)),
        (70_000, 10, 65_536, (10, StepKind.RESET)),  # a range that cannot be true is not believed
        (70_000, 70_010, 65_536, (10, StepKind.GROWTH)),
    ],
)
def test_step(previous, value, rollover_at, step):
    assert counter_delta(previous, value, rollover_at=rollover_at) == CounterStep(*step)


def test_a_negative_reading_is_refused():
    with pytest.raises(ValueError, match="below zero"):
        counter_delta(5, -1, rollover_at=None)


def total(values, rollover_at=None):
    pairs = zip([None, *values], values, strict=False)
    return sum(counter_delta(previous, value, rollover_at=rollover_at).delta for previous, value in pairs)


@given(st.none() | readings, readings, st.none() | readings)
def test_a_step_is_never_negative(previous, value, rollover_at):
    assert counter_delta(previous, value, rollover_at=rollover_at).delta >= 0


@given(st.lists(readings, min_size=1).map(sorted), st.none() | readings)
def test_a_growing_counter_counts_last_less_first(values, rollover_at):
    assert total(values, rollover_at) == values[-1] - values[0]


@given(st.lists(st.integers(0, 100), min_size=1), st.integers(0, 999))
def test_a_counter_that_rolls_over_loses_nothing(steps, start):
    """Against a counter that never ends: steps up to a tenth of the range are all found again."""
    endless = [start + sum(steps[:n]) for n in range(len(steps) + 1)]
    assert total([reading % 1_000 for reading in endless], 1_000) == sum(steps)


@given(st.lists(st.integers(0, 1_000), min_size=1), st.lists(st.integers(0, 1_000), min_size=1))
def test_a_reset_counts_what_came_after(before, after):
    """A set-back counter starts at 0, which is below everything it has shown."""
    first = [5_000 + sum(before[: n + 1]) for n in range(len(before))]
    second = [0] + [sum(after[: n + 1]) for n in range(len(after))]
    assert total(first + second) == first[-1] - first[0] + sum(after)

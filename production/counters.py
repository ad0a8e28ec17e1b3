"""What a machine's cumulative counter has counted between two readings (OEE contract R11)."""

from enum import StrEnum
from typing import NamedTuple


class StepKind(StrEnum):
    FIRST = "FIRST"  # nothing to compare with
    GROWTH = "GROWTH"  # the counter stood still or went up
    ROLLOVER = "ROLLOVER"  # it passed its last number and began again
    RESET = "RESET"  # it was set back and has counted since


class CounterStep(NamedTuple):
    delta: int
    kind: StepKind


# A drop is a rollover only if the step it would mean is this small a part of the counter's range.
_ROLLOVER_PART = 10


def counter_delta(previous: int | None, value: int, *, rollover_at: int | None = None) -> CounterStep:
    """The pieces between the reading before and this one; never negative.

    `rollover_at` is how many numbers the counter has (65,536 for 16 bits), None when unknown. A drop counts
    as a rollover when the counter was near its end and is near its start again: the step is at most a tenth
    of the range. Any other drop is a reset, after which `value` pieces were counted. Raises ValueError for a
    negative reading.
    """
    if value < 0:
        raise ValueError("a counter never reads below zero")
    if previous is None:
        return CounterStep(0, StepKind.FIRST)
    if value >= previous:
        return CounterStep(value - previous, StepKind.GROWTH)
    if rollover_at is not None and previous < rollover_at:
        step = rollover_at - previous + value
        if step * _ROLLOVER_PART <= rollover_at:
            return CounterStep(step, StepKind.ROLLOVER)
    return CounterStep(value, StepKind.RESET)

"""Control charts of single values (I-MR), their signals, and what a process is capable of. Pure.

NIST/SEMATECH e-Handbook 6.3.2.2: the centre line is the mean; the natural spread is estimated from the mean of the moving
ranges of two, so that a slow drift does not hide itself by widening the limits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import fsum

D2 = 1.128  # mean range of two values of a normal distribution, in standard deviations
D4 = 3.267  # upper limit of the range of two, in mean ranges
LEAST = 2  # values from which limits can be estimated


@dataclass(frozen=True, slots=True)
class Limits:
    """Lines of both charts, in the unit of the values. `sigma` is the spread from one value to the next."""

    centre: float
    sigma: float
    lower: float
    upper: float
    mean_range: float
    upper_range: float


@dataclass(frozen=True, slots=True)
class Signal:
    """The value at `index` ends a pattern that chance alone seldom makes."""

    index: int
    rule: int


@dataclass(frozen=True, slots=True)
class Capability:
    """How well the natural spread fits between the limits of the drawing; None where a side has no limit."""

    cp: float | None
    cpk: float | None


# Western Electric: of the last `window` values at least `least` lie beyond `sigmas` on one side of the centre line.
RULES = {1: (1, 1, 3.0), 2: (3, 2, 2.0), 3: (5, 4, 1.0), 4: (8, 8, 0.0)}
DEFAULT_RULES = (1,)


def moving_ranges(values: Sequence[float]) -> list[float]:
    """The distance of each value to the one before it; one fewer than values."""
    return [abs(after - before) for before, after in zip(values, values[1:], strict=False)]


def limits_of(values: Sequence[float]) -> Limits | None:
    """The lines estimated from these values; None for fewer than two."""
    if len(values) < LEAST:
        return None
    centre = fsum(values) / len(values)
    mean_range = fsum(moving_ranges(values)) / (len(values) - 1)
    sigma = mean_range / D2
    return Limits(centre, sigma, centre - 3 * sigma, centre + 3 * sigma, mean_range, D4 * mean_range)


def signals_of(
    values: Sequence[float], limits: Limits, rules: Sequence[int] = DEFAULT_RULES
) -> Iterator[Signal]:
    """Where these Western Electric rules speak, in the order of the values.

    Rule 1: one beyond three sigma; 2: two of three beyond two; 3: four of five beyond one; 4: eight in a row on one side.
    """
    for index in range(len(values)):
        for rule in rules:
            window, least, sigmas = RULES[rule]
            if _speaks(values[max(0, index + 1 - window) : index + 1], limits, least, sigmas):
                yield Signal(index, rule)


def _speaks(last: Sequence[float], limits: Limits, least: int, sigmas: float) -> bool:
    """On the side of the last value, which must itself lie beyond."""
    side = 1 if last[-1] > limits.centre else -1
    reach = sigmas * limits.sigma
    beyond = [(value - limits.centre) * side > reach for value in last]
    return beyond[-1] and sum(beyond) >= least


def capability_of(*, mean: float, sigma: float, lower: float | None, upper: float | None) -> Capability:
    """Cp and Cpk of a process against its specification; nothing where it does not spread at all."""
    if sigma <= 0:
        return Capability(None, None)
    above = (upper - mean) / (3 * sigma) if upper is not None else None
    below = (mean - lower) / (3 * sigma) if lower is not None else None
    sides = [side for side in (above, below) if side is not None]
    cp = (upper - lower) / (6 * sigma) if upper is not None and lower is not None else None
    return Capability(cp, min(sides) if sides else None)

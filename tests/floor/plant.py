"""A line whose shift of today has gone on for a while, told at a fixed moment."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from equipment.models import Line, ShiftPattern
from tests.oee.plant import T0, make_line, make_product, pieces, state

NOW = T0 + timedelta(hours=4)  # Monday 10:00, four hours into the early shift


def early_shift(line: Line, *, breaks=(), start=time(6), end=time(14), name="Early") -> ShiftPattern:
    """Every day from 06:00 to 14:00 unless told otherwise."""
    return ShiftPattern.objects.create(
        line=line,
        name=name,
        weekdays=list(range(7)),
        start_time=start,
        end_time=end,
        breaks=[{"start_time": a, "end_time": b} for a, b in breaks],
        valid_from=date(2020, 1, 1),
    )


def at(hours: float) -> datetime:
    """`hours` after the shift began."""
    return T0 + timedelta(hours=hours)


def running_line(**fields) -> Line:
    """One machine, a product of 10 s: two hours running, half an hour of fault, running since; 1,000 good, 50 scrap.

    At NOW: PBT 4 h, APT 3.5 h, ideal 10,500 s, ideal good 10,000 s.
    """
    line = make_line(**fields)
    early_shift(line)
    fill(line)
    return line


def fill(line: Line) -> None:
    [machine] = line.machines.all()
    product = make_product("10")
    state(machine, "RUNNING", at(0))
    state(machine, "FAULT", at(2))
    state(machine, "RUNNING", at(2.5))
    pieces(machine, product, at(1), good=600, scrap=50)
    pieces(machine, product, at(3), good=400)


__all__ = [
    "NOW",
    "T0",
    "at",
    "early_shift",
    "fill",
    "make_line",
    "make_product",
    "pieces",
    "running_line",
    "state",
]

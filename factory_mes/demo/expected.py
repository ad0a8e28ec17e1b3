"""The KPIs of a plan, computed from the plan alone: plain arithmetic, sharing no code with the product's OEE."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from factory_mes.demo.plan import Plan, Spell

MINOR_BELOW = 300  # seconds; the demo plant keeps the default loss policy
PLANNED_STATES = ("CLEANING", "IDLE")


@dataclass(frozen=True, slots=True)
class Expected:
    """Seconds and pieces of one shift; ratios as fractions."""

    busy: int
    producing: int
    ideal: Decimal
    ideal_good: Decimal
    made: int
    good: int

    @property
    def availability(self) -> float:
        return self.producing / self.busy

    @property
    def performance(self) -> float:
        return float(self.ideal) / self.producing

    @property
    def quality(self) -> float:
        return float(self.ideal_good / self.ideal)

    @property
    def oee(self) -> float:
        return float(self.ideal_good) / self.busy


def _times(spells: list[Spell]) -> tuple[int, int]:
    """Busy and producing seconds: planned states lie outside, minor stops count as producing (at reduced speed)."""
    busy = sum(spell.end - spell.start for spell in spells if spell.state not in PLANNED_STATES)
    lost = sum(
        spell.end - spell.start
        for spell in spells
        if spell.state not in ("RUNNING", *PLANNED_STATES)
        and (spell.state == "SETUP" or spell.end - spell.start >= MINOR_BELOW)
    )
    return busy, busy - lost


def of_machine(plan: Plan, index: int) -> Expected:
    """What OEE must say of one machine in this shift."""
    pace = plan.line.machines[index].pace
    busy, producing = _times(plan.spells[index])
    rows = plan.reports[index]
    ideal = sum(((row.good + row.scrap + row.rework) * row.product.cycle * pace for row in rows), Decimal(0))
    ideal_good = sum((row.good * row.product.cycle * pace for row in rows), Decimal(0))
    made = sum(row.good + row.scrap + row.rework for row in rows)
    return Expected(busy, producing, ideal, ideal_good, made, sum(row.good for row in rows))


def of_line(plan: Plan) -> Expected:
    """What OEE must say of the line: the constraint's time, good at the exit, rejects anywhere (contract R9)."""
    busy, producing = _times(plan.spells[plan.line.constraint])
    good = sum((row.good * row.product.cycle for row in plan.reports[-1]), Decimal(0))
    rejected = [(row.scrap + row.rework, row.product.cycle) for rows in plan.reports for row in rows]
    pieces = sum(row.good for row in plan.reports[-1])
    return Expected(
        busy,
        producing,
        good + sum((count * cycle for count, cycle in rejected), Decimal(0)),
        good,
        pieces + sum(count for count, _ in rejected),
        pieces,
    )

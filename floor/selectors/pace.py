"""How many good pieces the calendar asks for: planned time × the speed of the line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from equipment.choices import Topology
from equipment.models import Line
from oee.kpi import seconds
from oee.selectors.scopes import machines_of
from oee.slices import Slice
from production.selectors import RateTable

HOUR_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Pace:
    """What a line should make: by its target speed, else by the ideal cycle of what it makes.

    `product_now` stands in for time of which nobody can tell the product.
    """

    line: Line
    rates: RateTable
    product_now: int | None = None

    def planned(self, slices: Iterable[Slice]) -> int | None:
        """Pieces planned in the in-shift time of these slices; None where a product has no ideal cycle, or where
        nobody knows what should be made."""
        parts = [(part.key, seconds(sum(part.by_class.values()))) for part in slices]
        paces = [
            (time, self.per_second(key.product or self.product_now, key.day)) for key, time in parts if time
        ]
        if not paces or any(pace is None for _, pace in paces):
            return None
        return int(sum((time * pace for time, pace in paces if pace is not None), Decimal(0)))

    def per_second(self, product_id: int | None, day: date) -> Decimal | None:
        """Pieces per second on that shift day, or None."""
        if self.line.target_speed is not None:
            return self.line.target_speed / HOUR_SECONDS
        return None if product_id is None else self._ideal(product_id, day)

    def _ideal(self, product_id: int, day: date) -> Decimal | None:
        """In parallel the machines add up; in series the stated constraint, else the slowest machine, sets the pace."""
        cycles = {m.pk: self.rates.seconds(product_id, m.pk, day) for m in machines_of(self.line)}
        paces = {pk: 1 / cycle for pk, cycle in cycles.items() if cycle is not None}
        if self.line.topology == Topology.PARALLEL:
            return sum(paces.values(), Decimal(0)) or None
        stated = paces.get(self.line.constraint_machine_id or 0)
        return stated if stated is not None else min(paces.values(), default=None)

"""A line of machines in series as one machine (OEE contract R9)."""

from collections.abc import Hashable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from oee.kpi.sums import Sums


class Rejects(NamedTuple):
    """Pieces of one product taken out anywhere on the line."""

    scrap: int = 0
    rework: int = 0


def series_line(
    constraint: Sums,
    *,
    good_exit_by_product: Mapping[Hashable, int],
    rejects_by_product: Mapping[Hashable, Rejects],
    pri_by_product: Mapping[Hashable, Decimal | None],
) -> Sums:
    """The sums of a line in series: the constraint's times, everything that entered, the good that left.

    Entered = good at the exit + rejects anywhere; each piece counts the constraint's ideal cycle in seconds
    (`pri_by_product`). So OEE is good at the exit × PRI of the constraint / PBT, and a reject before or after
    the constraint is a loss of quality. Stations' OEEs are neither multiplied nor averaged.
    """
    products = good_exit_by_product.keys() | rejects_by_product.keys()
    pieces = Sums.total(
        Sums.of_pieces(
            product,
            pri_by_product.get(product),
            good=good_exit_by_product.get(product, 0),
            **rejects_by_product.get(product, Rejects())._asdict(),
        )
        for product in products
    )
    return replace(
        pieces,
        planned_busy_us=constraint.planned_busy_us,
        actual_production_us=constraint.actual_production_us,
        calendar_us=constraint.calendar_us,
        unknown_us=constraint.unknown_us,
    )

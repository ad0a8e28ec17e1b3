"""Questions about what was made, and how fast it should have been."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from production.choices import ProductStatus
from production.models import ProductionCount, ProductionRun, ProductModel, StandardRate

# Time outside every run belongs to the product of the next count, else of the last one, if it is this near.
REACH = timedelta(hours=24)  # the same is written in _NEIGHBOURS


@dataclass(frozen=True, slots=True)
class RateTable:
    """Ideal cycle times, looked up without queries."""

    rates: dict[tuple[int, int | None], tuple[list[date], list[Decimal]]]

    def seconds(self, product_id: int, machine_id: int, day: date) -> Decimal | None:
        """Seconds per unit on that shift day: the machine's own rate, else the general one, else None."""
        own = self._latest((product_id, machine_id), day)
        return own if own is not None else self._latest((product_id, None), day)

    def _latest(self, key: tuple[int, int | None], day: date) -> Decimal | None:
        days, seconds = self.rates.get(key, ([], []))
        index = bisect_right(days, day)
        return seconds[index - 1] if index else None


def rates_for(*, product_ids: Iterable[int], machine_ids: Iterable[int]) -> RateTable:
    """The ideal cycle times of these products on these machines, whenever valid. One query."""
    rows = (
        StandardRate.objects.filter(
            Q(machine__isnull=True) | Q(machine_id__in=list(machine_ids)), product_id__in=list(product_ids)
        )
        .order_by("valid_from")
        .values_list("product_id", "machine_id", "valid_from", "ideal_cycle_seconds")
    )
    rates: dict[tuple[int, int | None], tuple[list[date], list[Decimal]]] = defaultdict(lambda: ([], []))
    for product_id, machine_id, valid_from, seconds in rows:
        days, values = rates[product_id, machine_id]
        days.append(valid_from)
        values.append(seconds)
    return RateTable(dict(rates))


def counts_between(
    *, machine_ids: Iterable[int], start: datetime, end: datetime
) -> QuerySet[ProductionCount]:
    """The counts of [start, end), by machine and time."""
    found = ProductionCount.objects.filter(machine_id__in=list(machine_ids), at__gte=start, at__lt=end)
    return found.order_by("machine_id", "at", "id")


def runs_touching(*, machine_ids: Iterable[int], start: datetime, end: datetime) -> QuerySet[ProductionRun]:
    """The runs that share time with [start, end), by machine and time; an open run lasts for ever."""
    found = ProductionRun.objects.filter(
        Q(ended_at__isnull=True) | Q(ended_at__gt=start), machine_id__in=list(machine_ids), started_at__lt=end
    )
    return found.order_by("machine_id", "started_at")


class Neighbour(NamedTuple):
    at: datetime
    product_id: int


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The counts with a known product next to a window, at most REACH away."""

    previous: Neighbour | None = None
    next: Neighbour | None = None


def neighbour_counts(*, machine_ids: Iterable[int], start: datetime, end: datetime) -> dict[int, Neighbours]:
    """The last count before `start` and the first at or after `end` of each machine. One query."""
    windows = [(machine_id, start, end) for machine_id in machine_ids]
    return dict(zip((window[0] for window in windows), neighbours_of(windows), strict=True))


_NEIGHBOURS = """
    SELECT before.at, before.product_id, after.at, after.product_id
    FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) WITH ORDINALITY
        AS wanted (machine_id, starts, ends, position)
    LEFT JOIN LATERAL (
        SELECT at, product_id FROM production_productioncount
        WHERE machine_id = wanted.machine_id AND product_id IS NOT NULL
            AND at < wanted.starts AND at >= wanted.starts - interval '24 hours'
        ORDER BY at DESC, id DESC LIMIT 1) AS before ON true
    LEFT JOIN LATERAL (
        SELECT at, product_id FROM production_productioncount
        WHERE machine_id = wanted.machine_id AND product_id IS NOT NULL
            AND at >= wanted.ends AND at <= wanted.ends + interval '24 hours'
        ORDER BY at, id LIMIT 1) AS after ON true
    ORDER BY wanted.position
"""


def neighbours_of(windows: Iterable[tuple[int, datetime, datetime]]) -> list[Neighbours]:
    """Of each (machine_id, start, end) the neighbouring counts, in the order given. One query."""
    columns = [list(column) for column in zip(*windows, strict=True)] or [[], [], []]
    with connection.cursor() as cursor:
        cursor.execute(_NEIGHBOURS, columns)
        rows = cursor.fetchall()
    return [
        Neighbours(
            Neighbour(before_at, before_product) if before_at else None,
            Neighbour(after_at, after_product) if after_at else None,
        )
        for before_at, before_product, after_at, after_product in rows
    ]


def products_without_rate() -> QuerySet[ProductModel]:
    """Active products without an ideal cycle time anywhere: performance and quality of their time are undefined."""
    rates = StandardRate.objects.filter(product=OuterRef("pk"))
    return ProductModel.objects.filter(~Exists(rates), status=ProductStatus.ACTIVE)

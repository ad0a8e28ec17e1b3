"""The totals of a log by its own figures: a second way to compare the OEE with. Pure.

Busy is the time of the batches less planned stops, producing is busy less the other stops. Availability is
producing / busy, performance the ideal times / producing, and every batch is good (OEE contract R1, R2).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from production.importer.desk import in_minutes
from production.importer.log import Batch, Factor, Product

MICROSECOND = timedelta(microseconds=1)


@dataclass
class _Sums:
    batches: int = 0
    busy: timedelta = timedelta()
    stopped: timedelta = timedelta()
    ideal: Decimal | None = Decimal(0)  # seconds; None as soon as one is not known

    def add(self, batch: Batch, planned: timedelta, ideal: Decimal | None) -> None:
        self.batches += 1
        self.busy += batch.duration - planned
        self.stopped += batch.stopped - planned
        self.ideal = None if self.ideal is None or ideal is None else self.ideal + ideal

    def as_values(self) -> dict[str, Any]:
        return {
            "batches": self.batches,
            "busy_minutes": in_minutes(self.busy),
            "stop_minutes": in_minutes(self.stopped),
            "producing_minutes": in_minutes(self.busy - self.stopped),
            "ideal_minutes": None
            if self.ideal is None
            else in_minutes(timedelta(seconds=1) * float(self.ideal)),
            **self._ratios(),
        }

    def _ratios(self) -> dict[str, float | None]:
        """Fractions of 1; undefined is None (OEE contract R5)."""
        busy, producing = self.busy // MICROSECOND, (self.busy - self.stopped) // MICROSECOND
        ideal = None if self.ideal is None else Fraction(self.ideal) * 1_000_000
        return {
            "availability": _ratio(producing, busy),
            "performance": _ratio(ideal, producing),
            "oee": _ratio(ideal, busy),
        }


def _ratio(part: int | Fraction | None, whole: int) -> float | None:
    return None if part is None or whole == 0 else float(Fraction(part) / whole)


@dataclass
class _Groups:
    sums: dict[str, _Sums] = field(default_factory=lambda: defaultdict(_Sums))

    def as_values(self, key: str) -> list[dict[str, Any]]:
        return [{key: name, **sums.as_values()} for name, sums in self.sums.items()]


def totals(
    batches: Sequence[Batch],
    *,
    factors: Mapping[str, Factor],
    products: Mapping[str, Product],
    planned: Collection[str] = frozenset(),
) -> dict[str, Any]:
    """Minutes, ratios as fractions of 1, and who and what they belong to. `planned` are the factors whose stops lie
    outside the busy time."""
    whole, operators, by_product = _Sums(), _Groups(), _Groups()
    for batch in batches:
        product = products.get(batch.product)
        ideal = product.ideal_seconds if product else None
        outside = _sum(stop.duration for stop in batch.stops if stop.factor in planned)
        for sums in (whole, operators.sums[batch.operator], by_product.sums[batch.product]):
            sums.add(batch, outside, ideal)
    return {
        **whole.as_values(),
        "planned_minutes": in_minutes(
            _sum(s.duration for b in batches for s in b.stops if s.factor in planned)
        ),
        "started_at": batches[0].start.isoformat() if batches else None,
        "ended_at": batches[-1].end.isoformat() if batches else None,
        "stops": _pareto(batches, factors, planned),
        "operators": operators.as_values("operator"),
        "products": by_product.as_values("product"),
    }


def _pareto(
    batches: Iterable[Batch], factors: Mapping[str, Factor], planned: Collection[str]
) -> list[dict[str, Any]]:
    """The factors by their minutes, the largest first."""
    found: dict[str, list[timedelta]] = defaultdict(list)
    for batch in batches:
        for stop in batch.stops:
            found[stop.factor].append(stop.duration)
    whole = _sum(duration for durations in found.values() for duration in durations)
    ranked = sorted(found.items(), key=lambda item: (-_sum(item[1]), item[0]))
    return [
        {
            "factor": code,
            "name": factors[code].name,
            "minutes": in_minutes(_sum(durations)),
            "count": len(durations),
            "share": _sum(durations) / whole,
            "is_operator_error": factors[code].is_operator_error,
            "planned": code in planned,
        }
        for code, durations in ranked
    ]


def _sum(durations: Iterable[timedelta]) -> timedelta:
    return sum(durations, timedelta())

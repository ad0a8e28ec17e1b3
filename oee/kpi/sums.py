"""The additive facts from which every figure is divided, once, at the end (OEE contract R1 and R2)."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from oee.kpi.policy import Bucket, Policy, TimeClass, bucket_of

NO_TIME = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What is known of any machines, products and period. Times are whole microseconds, so that buckets add
    exactly.

    `ideal` (Σ PRI × PQ) and `ideal_good` (Σ PRI × GQ) are seconds, None when a counted piece has no standard
    rate. `product` is the one product all pieces are of, None when there are no pieces or several products.
    """

    planned_busy_us: int = 0
    actual_production_us: int = 0
    ideal: Decimal | None = NO_TIME
    ideal_good: Decimal | None = NO_TIME
    produced: int = 0
    good: int = 0
    scrap: int = 0
    rework: int = 0
    calendar_us: int = 0
    unknown_us: int = 0
    product: Hashable = None

    @classmethod
    def of_time(cls, time_class: TimeClass, duration_us: int, policy: Policy) -> "Sums":
        """What a piece of in-shift time adds. Unknown time shows even where excluded (OEE contract R6)."""
        bucket = bucket_of(time_class, policy)
        return cls(
            planned_busy_us=0 if bucket is Bucket.EXCLUDED else duration_us,
            actual_production_us=duration_us if bucket is Bucket.PRODUCTION else 0,
            unknown_us=duration_us if time_class is TimeClass.UNKNOWN else 0,
        )

    @classmethod
    def of_pieces(
        cls, product: Hashable, ideal_cycle: Decimal | None, *, good: int = 0, scrap: int = 0, rework: int = 0
    ) -> "Sums":
        """What pieces of one product add; `ideal_cycle` is its PRI in seconds, None without a standard rate.

        Pieces sent to rework are produced, never good (OEE contract R10).
        """
        produced = good + scrap + rework
        return cls(
            ideal=_ideal_time(ideal_cycle, produced),
            ideal_good=_ideal_time(ideal_cycle, good),
            produced=produced,
            good=good,
            scrap=scrap,
            rework=rework,
            product=product if produced else None,
        )

    @classmethod
    def total(cls, parts: Iterable["Sums"]) -> "Sums":
        """All parts together, in any order; one pass, for a year has many hours."""
        all_parts = list(parts)
        products = {part.product for part in all_parts if part.produced}
        return cls(
            planned_busy_us=sum(part.planned_busy_us for part in all_parts),
            actual_production_us=sum(part.actual_production_us for part in all_parts),
            ideal=_all_of([part.ideal for part in all_parts]),
            ideal_good=_all_of([part.ideal_good for part in all_parts]),
            produced=sum(part.produced for part in all_parts),
            good=sum(part.good for part in all_parts),
            scrap=sum(part.scrap for part in all_parts),
            rework=sum(part.rework for part in all_parts),
            calendar_us=sum(part.calendar_us for part in all_parts),
            unknown_us=sum(part.unknown_us for part in all_parts),
            product=products.pop() if len(products) == 1 else None,
        )

    def __add__(self, other: "Sums") -> "Sums":
        return Sums.total((self, other))


ZERO = Sums()


def _ideal_time(ideal_cycle: Decimal | None, pieces: int) -> Decimal | None:
    if not pieces:
        return NO_TIME
    return None if ideal_cycle is None else ideal_cycle * pieces


def _all_of(times: list[Decimal | None]) -> Decimal | None:
    known = [time for time in times if time is not None]
    return sum(known, NO_TIME) if len(known) == len(times) else None

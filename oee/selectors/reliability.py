"""How often machines fail and how long it takes to mend them: ISO 22400-2 over states, stops and maintenance orders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from equipment.choices import MaintenanceType
from equipment.models import Machine, MaintenanceOrder
from oee import kpi
from oee.kpi import TimeClass
from oee.selectors.reports import Report, report
from oee.selectors.scopes import read, set_scope

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Reliability:
    """The sums behind the figures, in seconds; a figure that is undefined is None (OEE contract R5).

    A failure is a stop that the OEE counts as a breakdown: unplanned, technical, at least the minor-stop threshold
    long. Operating time is production and setup without delays. Of several machines the sums are added first.
    """

    failures: int  # FE
    operating: Decimal  # ΣTBF
    producing: Decimal  # ΣTTF
    repair: Decimal  # ΣTTR
    corrective: float = 0.0  # CMT: time in corrective maintenance orders
    preventive: float = 0.0  # PMT

    @property
    def mtbf(self) -> float | None:
        return kpi.mtbf(self.operating, self.failures)

    @property
    def mttf(self) -> float | None:
        return kpi.mttf(self.producing, self.failures)

    @property
    def mttr(self) -> float | None:
        return kpi.mttr(self.repair, self.failures)

    @property
    def availability(self) -> float | None:
        return kpi.inherent_availability(self.mtbf, self.mttr)

    @property
    def corrective_ratio(self) -> float | None:
        return kpi.corrective_maintenance_ratio(self.corrective, self.preventive)


def reliability(
    *, machines: Sequence[Machine], start: datetime, end: datetime, now: datetime | None = None
) -> Reliability:
    """Of these machines together over [start, end), as far as it has passed."""
    now = now or timezone.now()
    made = of_report(report(read(scope=set_scope(machines), start=start, end=end, now=now)))
    work = _work(machines, start, min(end, now), now)
    return Reliability(
        failures=made.failures,
        operating=made.operating,
        producing=made.producing,
        repair=made.repair,
        corrective=_within(work[MaintenanceType.CORRECTIVE], start, min(end, now)),
        preventive=_within(work[MaintenanceType.PREVENTIVE], start, min(end, now)),
    )


def of_report(made: Report) -> Reliability:
    """What a report of the OEE says about failures; maintenance orders are not looked at."""
    failures = sum(stop.count for key, stop in made.stops.items() if key.time_class is TimeClass.BREAKDOWN)
    producing = _seconds(made, TimeClass.RUNNING)
    return Reliability(
        failures=failures,
        operating=producing + made.losses.setup,
        producing=producing,
        repair=_seconds(made, TimeClass.BREAKDOWN),
    )


def _seconds(made: Report, time_class: TimeClass) -> Decimal:
    return kpi.seconds(made.time_us.get(time_class, 0))


def _work(
    machines: Iterable[Machine], start: datetime, end: datetime, now: datetime
) -> dict[str, list[Span]]:
    """When orders of each type were worked on; work that goes on has lasted until now."""
    found: dict[str, list[Span]] = {word: [] for word in MaintenanceType.values}
    orders = MaintenanceOrder.objects.filter(machine__in=list(machines), started_at__lt=end)
    columns = ("maintenance_type", "started_at", "completed_at", "cancelled_at")
    for word, began, completed, cancelled in orders.values_list(*columns):
        until = completed or cancelled or now
        if until > start:
            found[word].append((began, until))
    return found


def _within(spans: Iterable[Span], start: datetime, end: datetime) -> float:
    """The seconds of these spans inside [start, end)."""
    pieces = (min(high, end) - max(low, start) for low, high in spans)
    return sum(max(piece, timedelta(0)).total_seconds() for piece in pieces)

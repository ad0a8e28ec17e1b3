"""Questions about lots and units."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from production.choices import LotStatus, SerialStatus
from production.models import MAX_REWORK, Serial, StepMark
from production.selectors.routes import route_of


def has_passed_every_step(*, serial: Serial) -> bool:
    """Whether each process of its route has passed; not where the route is empty, for nothing was looked at then."""
    wanted = {process.pk for process in route_of(product_id=serial.lot.product_id)}
    marks = StepMark.objects.filter(serial=serial, passed=True)
    return bool(wanted) and wanted <= set(marks.values_list("process_id", flat=True))


@dataclass(frozen=True, slots=True)
class ReworkLeft:
    """Whether a unit may be reworked now, and in words why not."""

    can_rework: bool
    rework_count: int
    remaining: int
    reason: str


def rework_left(*, serial: Serial) -> ReworkLeft:
    """How many reworks a unit has left, and whether the next may begin."""
    why_not = ""
    if serial.status != SerialStatus.FAILED:
        why_not = _("Only a failed unit is reworked.")
    elif serial.rework_count >= MAX_REWORK:
        why_not = _("It was reworked three times.")
    elif serial.lot.status == LotStatus.CLOSED:
        why_not = _("Its lot is closed.")
    return ReworkLeft(not why_not, serial.rework_count, MAX_REWORK - serial.rework_count, why_not)

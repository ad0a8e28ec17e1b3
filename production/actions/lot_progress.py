"""Pieces that jobs report for a lot whose units bear no numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from core.db import emit
from core.ledger import record
from production.actions.unit_status import complete_lot_when_made, start_lot_by_itself
from production.choices import LotStatus
from production.models import JobAssignment, Lot
from production.models.units import OPEN_LOTS
from production.signals import lot_changed

QUANTITIES = ("actual_quantity", "passed_quantity", "failed_quantity", "scrapped_quantity")


def lock_lots(job_ids: Iterable[int]) -> dict[int, Lot]:
    """The lots of these jobs by id, locked by ascending pk: after the machines, before the jobs."""
    wanted = JobAssignment.objects.filter(pk__in=list(job_ids), lot__isnull=False).values("lot")
    rows = Lot.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=wanted).order_by("pk")
    return {lot.pk: lot for lot in rows}


def feed_lot(*, lot: Lot, good: int, scrap: int, actor: Any = None) -> None:
    """Count pieces into a lot that the caller has locked, up to its target.

    A lot of numbered units is counted by these alone. The first pieces start a lot, the last complete it.
    """
    if lot.status not in OPEN_LOTS or lot.serials.exists():
        return
    good = min(good, lot.target_quantity - lot.actual_quantity)
    scrap = min(scrap, lot.target_quantity - lot.actual_quantity - good)
    if good + scrap == 0:
        return
    if lot.status == LotStatus.CREATED:
        start_lot_by_itself(lot=lot, at=timezone.now(), actor=actor)
    for name, pieces in zip(QUANTITIES, (good + scrap, good, scrap, scrap), strict=True):
        setattr(lot, name, getattr(lot, name) + pieces)
    lot.save(update_fields=[*QUANTITIES, "updated_at"])
    record("production.lot.counted", lot, actor=actor, new={"good": good, "scrap": scrap})
    emit(lot_changed, lot_id=lot.pk)
    complete_lot_when_made(lot=lot, actor=actor)

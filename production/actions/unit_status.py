"""What becomes of a unit, and its lot's quantities with it. Callers hold the locks of the lot and then of the unit."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from core.db import emit, ensure, lock
from core.errors import NotFound
from core.ledger import record
from production.choices import LotStatus, SerialStatus
from production.days import day_at
from production.errors import LotClosed
from production.models import MAX_REWORK, Lot, Serial
from production.signals import lot_changed, serial_changed

ENDED = (SerialStatus.PASSED, SerialStatus.FAILED)
COLUMN = {SerialStatus.PASSED: "passed_quantity", SerialStatus.FAILED: "failed_quantity"}


def locked_lot(pk: int) -> Lot:
    """The lot, locked, with what its units are numbered by. Raises NotFound where there is none (any more)."""
    rows = Lot.objects.select_for_update(no_key=True, of=("self",))
    try:
        return rows.select_related("product", "line", "site__number_pattern").get(pk=pk)
    except Lot.DoesNotExist as exc:
        raise NotFound from exc


def locked_unit(serial: Serial) -> Serial:
    """The unit with its lot, both locked, the lot first. Raises LotClosed, NotFound."""
    lot = locked_lot(serial.lot_id)
    if lot.status == LotStatus.CLOSED:
        raise LotClosed
    try:
        serial = lock(Serial, serial.pk)
    except Serial.DoesNotExist as exc:
        raise NotFound from exc
    serial.lot = lot
    return serial


def begin_unit(*, serial: Serial, actor: Any) -> None:
    """Its first step: CREATED → IN_PROGRESS."""
    _move(serial, serial.lot, SerialStatus.IN_PROGRESS, None, actor)


def pass_unit(*, serial: Serial, at: datetime, actor: Any) -> None:
    """Every step of its route has passed: IN_PROGRESS → PASSED."""
    _move(serial, serial.lot, SerialStatus.PASSED, at, actor)


def fail_unit(*, serial: Serial, reason: str, at: datetime, actor: Any) -> None:
    """→ FAILED, for good where it was reworked three times."""
    serial.failure_reason = reason
    serial.is_scrapped = serial.rework_count >= MAX_REWORK
    _move(serial, serial.lot, SerialStatus.FAILED, at, actor)


def revive_unit(*, serial: Serial, actor: Any, reason: str) -> None:
    """FAILED → IN_PROGRESS: one more rework. The caller has counted it and knows that there is one left."""
    serial.rework_count += 1
    serial.failure_reason = ""
    _move(serial, serial.lot, SerialStatus.IN_PROGRESS, None, actor, reason)


def start_lot_by_itself(*, lot: Lot, at: datetime, actor: Any) -> None:
    """CREATED → IN_PROGRESS with its first record."""
    lot.status, lot.started_at = LotStatus.IN_PROGRESS, at
    lot.save(update_fields=["status", "started_at", "updated_at"])
    record("production.lot.started", lot, actor=actor)
    emit(lot_changed, lot_id=lot.pk)


def _move(
    serial: Serial, lot: Lot, target: SerialStatus, at: datetime | None, actor: Any, reason: str = ""
) -> None:
    ensure(serial, target)
    before = serial.status
    serial.status, serial.completed_at = target, at
    serial.completed_on = day_at(lot.site, at) if at else None
    serial.save(
        update_fields=[
            "status",
            "completed_at",
            "completed_on",
            "failure_reason",
            "is_scrapped",
            "rework_count",
            "updated_at",
        ]
    )
    record(f"production.serial.{_deed(target, before)}", serial, actor=actor, reason=reason)
    if before in ENDED or target in ENDED:
        _follow(lot, before, target, serial.is_scrapped)
        complete_lot_when_made(lot=lot, actor=actor)
    emit(serial_changed, serial_id=serial.pk, lot_id=lot.pk)


def _deed(target: SerialStatus, before: str) -> str:
    if target == SerialStatus.IN_PROGRESS:
        return "reworked" if before == SerialStatus.FAILED else "started"
    return target.value.lower()


def _follow(lot: Lot, before: str, after: str, scrapped: bool) -> None:
    """One unit has changed sides: the quantities say so, in the same transaction."""
    for status, step in ((before, -1), (after, 1)):
        column = COLUMN.get(SerialStatus(status))
        if column:
            setattr(lot, column, getattr(lot, column) + step)
    lot.scrapped_quantity += scrapped
    lot.save(update_fields=["passed_quantity", "failed_quantity", "scrapped_quantity", "updated_at"])


def complete_lot_when_made(*, lot: Lot, actor: Any) -> None:
    """IN_PROGRESS → COMPLETED when its target is made and every unit has passed or is scrapped."""
    if is_made(lot):
        complete(lot=lot, actor=actor, reason="")


def is_made(lot: Lot) -> bool:
    """Nothing is left to do of a lot in progress."""
    done = lot.passed_quantity + lot.scrapped_quantity
    return lot.status == LotStatus.IN_PROGRESS and lot.actual_quantity == lot.target_quantity == done


def complete(*, lot: Lot, actor: Any, reason: str) -> None:
    """→ COMPLETED now, whatever is left to do: the caller has asked whether it may be."""
    ensure(lot, LotStatus.COMPLETED)
    now = timezone.now()
    lot.status, lot.completed_at, lot.completed_on = LotStatus.COMPLETED, now, day_at(lot.site, now)
    lot.save(update_fields=["status", "completed_at", "completed_on", "updated_at"])
    record("production.lot.completed", lot, actor=actor, reason=reason)
    emit(lot_changed, lot_id=lot.pk)

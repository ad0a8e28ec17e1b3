"""Units: made in their lot, marked by hand, reworked, and deleted where nothing has happened to them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _

from core.db import conflict_as, emit, ensure
from core.errors import Invalid, InvalidTransition
from production.actions import numbering
from production.actions.unit_status import (
    begin_unit,
    fail_unit,
    locked_lot,
    locked_unit,
    pass_unit,
    revive_unit,
    start_lot_by_itself,
)
from production.choices import LotStatus, Result, SerialStatus
from production.days import day_at
from production.errors import (
    HasHistory,
    LotFull,
    LotNotOpen,
    NotYourUnit,
    NumberTaken,
    PositionTaken,
    ReworkExhausted,
    StepsLeft,
)
from production.models import MAX_REWORK, Lot, Rework, Serial
from production.models.units import OPEN_LOTS
from production.patterns import Facts
from production.selectors.units import has_passed_every_step
from production.signals import lot_changed, serial_changed


@transaction.atomic
def create_serial(
    *, lot: Lot, actor: Any, serial_number: str | None = None, sequence_in_lot: int | None = None
) -> Serial:
    """A unit in its lot: at the position named, else at the lowest that is free.

    Raises LotNotOpen, LotFull past the target, PositionTaken, NumberTaken, Invalid for a number that does not fit.
    """
    lot = locked_lot(lot.pk)
    if lot.status not in OPEN_LOTS:
        raise LotNotOpen
    if lot.actual_quantity >= lot.target_quantity or (sequence_in_lot or 1) > lot.target_quantity:
        raise LotFull
    serial = Serial(
        lot=lot,
        sequence_in_lot=_place(lot, sequence_in_lot),
        created_by=actor,
        created_on=day_at(lot.site, timezone.now()),
    )
    _number(serial, serial_number)
    lot.actual_quantity += 1
    lot.save(update_fields=["actual_quantity", "updated_at"])
    emit(serial_changed, serial_id=serial.pk, lot_id=lot.pk)
    emit(lot_changed, lot_id=lot.pk)
    return serial


def _place(lot: Lot, wanted: int | None) -> int:
    """The place wanted, else the lowest that is free; the lot is locked. Raises PositionTaken."""
    taken = set(lot.serials.values_list("sequence_in_lot", flat=True))
    if wanted in taken:
        raise PositionTaken
    return wanted or next(place for place in range(1, lot.target_quantity + 1) if place not in taken)


def _number(serial: Serial, number: str | None) -> None:
    lot = serial.lot
    _lots, pattern = numbering.patterns_of(lot.site)
    facts = Facts(
        day=lot.production_date,
        shift=lot.shift,
        line=lot.line.line_code if lot.line else "",
        product=lot.product.model_code,
        lot=lot.lot_number,
    )

    def save_as(given: str) -> None:
        serial.serial_number = given
        with conflict_as(NumberTaken, "production_serial_serial_number_key"):
            serial.save(force_insert=True)

    if number:
        said = numbering.read(pattern, number, field="serial_number")  # it may be of another day than its lot
        numbering.keep(pattern, number, replace(facts, day=said.day or facts.day), field="serial_number")
        save_as(number)
    else:
        numbering.first_free(numbering.numbers(pattern, facts), save_as)


@transaction.atomic
def move_serial(*, serial: Serial, actor: Any, sequence_in_lot: int | None = None) -> Serial:
    """Give a unit to which nothing has happened another place in its lot; None leaves it where it is.

    Raises NotYourUnit, HasHistory, LotFull past the target, PositionTaken, LotClosed.
    """
    serial = locked_unit(serial)
    _ensure_own(serial, actor)
    if sequence_in_lot in (None, serial.sequence_in_lot):
        return serial
    if serial.status != SerialStatus.CREATED:
        raise HasHistory
    if sequence_in_lot > serial.lot.target_quantity:
        raise LotFull
    serial.sequence_in_lot = _place(serial.lot, sequence_in_lot)
    serial.save(update_fields=["sequence_in_lot", "updated_at"])
    return serial


def _ensure_own(serial: Serial, actor: Any) -> None:
    """Who has no right to others' units changes the own ones only; without an actor it is the program."""
    if actor and serial.created_by_id != actor.pk and not actor.has_perm("production.change_others_serial"):
        raise NotYourUnit


@transaction.atomic
def set_status(*, serial: Serial, status: str, failure_reason: str = "", actor: Any) -> Serial:
    """Say by hand what has become of a unit: IN_PROGRESS from CREATED, FAILED for a reason, PASSED after every step.

    Raises NotYourUnit, Invalid for a reason that is missing or too much, InvalidTransition, StepsLeft, LotClosed.
    """
    _ensure_reason_fits(status, failure_reason)
    serial = locked_unit(serial)
    _ensure_own(serial, actor)
    if serial.status == SerialStatus.FAILED:  # the way back is rework
        raise InvalidTransition(present=serial.status, target=status)
    ensure(serial, status)
    now = timezone.now()
    if serial.lot.status == LotStatus.CREATED:
        start_lot_by_itself(lot=serial.lot, at=now, actor=actor)
    if status == SerialStatus.PASSED:
        if not has_passed_every_step(serial=serial):
            raise StepsLeft
        pass_unit(serial=serial, at=now, actor=actor)
    elif status == SerialStatus.FAILED:
        fail_unit(serial=serial, reason=failure_reason, at=now, actor=actor)
    else:
        begin_unit(serial=serial, actor=actor)
    return serial


def _ensure_reason_fits(status: str, failure_reason: str) -> None:
    if status == SerialStatus.FAILED and not failure_reason.strip():
        raise Invalid(errors={"failure_reason": [_("Say why it failed.")]})
    if status != SerialStatus.FAILED and failure_reason:
        raise Invalid(errors={"failure_reason": [_("Only a failed unit has one.")]})


@transaction.atomic
def rework(*, serial: Serial, reason: str, actor: Any) -> Serial:
    """FAILED → IN_PROGRESS, three times at most. Raises InvalidTransition, ReworkExhausted, Invalid, LotClosed."""
    if not reason.strip():
        raise Invalid(errors={"reason": [_("Say why it is worth another try.")]})
    serial = locked_unit(serial)
    if serial.status != SerialStatus.FAILED:
        raise InvalidTransition(present=serial.status, target=_("reworked"))
    if serial.rework_count >= MAX_REWORK:
        raise ReworkExhausted
    Rework.objects.create(
        serial=serial,
        number=serial.rework_count + 1,
        reason=reason,
        failure_reason=serial.failure_reason,
        process_id=_failed_at(serial),
        requested_by=actor,
        at=timezone.now(),
    )
    revive_unit(serial=serial, actor=actor, reason=reason)
    return serial


def _failed_at(serial: Serial) -> int | None:
    """The process whose FAIL it was; none where somebody said so by hand."""
    failed = serial.records.filter(result=Result.FAIL, completed_at=serial.completed_at)
    return failed.values_list("process_id", flat=True).first()


@transaction.atomic
def delete_serial(*, serial: Serial) -> None:
    """Take away a unit to which nothing has happened; its lot has made one less. Raises HasHistory, LotClosed."""
    serial = locked_unit(serial)
    if serial.status != SerialStatus.CREATED:
        raise HasHistory
    lot = serial.lot
    try:
        serial.delete()
    except ProtectedError as exc:
        raise HasHistory from exc
    lot.actual_quantity -= 1
    lot.save(update_fields=["actual_quantity", "updated_at"])
    emit(lot_changed, lot_id=lot.pk)

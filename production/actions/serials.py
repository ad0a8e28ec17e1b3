"""Units: made in their lot, marked by hand, reworked, and deleted where nothing has happened to them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.db import conflict_as, emit, lock
from production.actions import numbering
from production.days import day_at
from production.errors import LotFull, LotNotOpen, NumberTaken, PositionTaken
from production.models import Lot, Serial
from production.models.units import OPEN_LOTS
from production.patterns import Facts
from production.signals import lot_changed, serial_changed


@transaction.atomic
def create_serial(
    *, lot: Lot, actor: Any, serial_number: str | None = None, sequence_in_lot: int | None = None
) -> Serial:
    """A unit in its lot: at the position named, else at the lowest that is free.

    Raises LotNotOpen, LotFull past the target, PositionTaken, NumberTaken, Invalid for a number that does not fit.
    """
    lot = lock(Lot, lot.pk)
    if lot.status not in OPEN_LOTS:
        raise LotNotOpen
    if lot.actual_quantity >= lot.target_quantity or (sequence_in_lot or 1) > lot.target_quantity:
        raise LotFull
    serial = Serial(
        lot=lot,
        sequence_in_lot=_lowest_free(lot) if sequence_in_lot is None else sequence_in_lot,
        created_by=actor,
        created_on=day_at(lot.site, timezone.now()),
    )
    _number(serial, serial_number)
    lot.actual_quantity += 1
    lot.save(update_fields=["actual_quantity", "updated_at"])
    emit(serial_changed, serial_id=serial.pk, lot_id=lot.pk)
    emit(lot_changed, lot_id=lot.pk)
    return serial


def _lowest_free(lot: Lot) -> int:
    taken = set(lot.serials.values_list("sequence_in_lot", flat=True))
    return next(position for position in range(1, lot.target_quantity + 1) if position not in taken)


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
        with (
            conflict_as(NumberTaken, "production_serial_serial_number_key"),
            conflict_as(PositionTaken, "production_serial_position_once_in_lot"),
        ):
            serial.save(force_insert=True)

    if number:
        said = numbering.read(pattern, number, field="serial_number")  # it may be of another day than its lot
        numbering.keep(pattern, number, replace(facts, day=said.day or facts.day), field="serial_number")
        save_as(number)
    else:
        numbering.first_free(numbering.numbers(pattern, facts), save_as)

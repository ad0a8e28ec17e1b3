"""Lots: made, changed, started, completed, closed, and their quantities corrected."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.db import conflict_as, emit, lock
from equipment.models import Line, Site
from production.actions import numbering
from production.choices import ProductStatus
from production.days import day_at, default_site, shift_at
from production.errors import NumberTaken, ProductNotActive
from production.models import MAX_UNITS, Lot, ProductModel
from production.patterns import Facts
from production.signals import lot_changed


@transaction.atomic
def create_lot(
    *,
    product: ProductModel,
    actor: Any,
    lot_number: str | None = None,
    production_date: date | None = None,
    shift: str | None = None,
    target_quantity: int = MAX_UNITS,
    line: Line | None = None,
    manager: Any = None,
) -> Lot:
    """A lot to be made. What is left out is filled in: the number, its day and shift, else those of now.

    Raises ProductNotActive, Invalid for a number that does not fit, NumberTaken.
    """
    product = lock(ProductModel, product.pk)
    if product.status != ProductStatus.ACTIVE:
        raise ProductNotActive
    site = line.site if line else default_site()
    pattern, _serials = numbering.patterns_of(site)
    day, half = _when(pattern, site, line, lot_number, production_date, shift)
    lot = Lot(
        product=product,
        site=site,
        line=line,
        production_date=day,
        shift=half,
        target_quantity=target_quantity,
        manager=manager or actor,
        created_by=actor,
        created_on=day_at(site, timezone.now()),
    )
    _number(lot, pattern, lot_number)
    emit(lot_changed, lot_id=lot.pk)
    return lot


def _when(
    pattern: str,
    site: Site | None,
    line: Line | None,
    number: str | None,
    day: date | None,
    shift: str | None,
) -> tuple[date, str]:
    """The day and shift as stated, else as the number says, else those of now."""
    if number and not (day and shift):
        said = numbering.read(pattern, number, field="lot_number")
        day, shift = day or said.day, shift or said.shift
    if not (day and shift):
        today, now = shift_at(site=site, line=line, at=timezone.now())
        day, shift = day or today, shift or now
    return day, shift


def _number(lot: Lot, pattern: str, number: str | None) -> None:
    facts = Facts(
        day=lot.production_date,
        shift=lot.shift,
        line=lot.line.line_code if lot.line else "",
        product=lot.product.model_code,
    )

    def save_as(given: str) -> None:
        lot.lot_number = given
        with conflict_as(NumberTaken, "production_lot_lot_number_key"):
            lot.save(force_insert=True)

    if number:
        numbering.keep(pattern, number, facts, field="lot_number")
        save_as(number)
    else:
        numbering.first_free(numbering.numbers(pattern, facts), save_as)

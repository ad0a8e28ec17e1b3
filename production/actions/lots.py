"""Lots: made, changed, started, completed, closed, and their quantities corrected."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Count, ProtectedError, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from core.db import conflict_as, emit, ensure, lock
from core.errors import Invalid
from core.ledger import record
from equipment.models import Line, Site
from production.actions import numbering
from production.actions.unit_status import (
    complete,
    complete_lot_when_made,
    locked_lot,
    start_lot_by_itself,
)
from production.choices import LotStatus, ProductStatus, SerialStatus
from production.days import day_at, default_site, shift_at
from production.errors import (
    HasHistory,
    LotBegun,
    LotClosed,
    LotEmpty,
    LotNotOpen,
    LotUnfinished,
    NumberTaken,
    ProductNotActive,
    QuantitiesClash,
)
from production.models import MAX_UNITS, Lot, ProductModel
from production.models.units import OPEN_LOTS
from production.patterns import Facts
from production.signals import lot_changed

IDENTITY = frozenset({"product", "line", "production_date", "shift"})  # of a lot, from its first unit on
QUANTITIES = ("actual_quantity", "passed_quantity", "failed_quantity")


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
    product = _made(product)
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


def _made(product: ProductModel) -> ProductModel:
    """The product, locked, so that nobody discontinues it meanwhile."""
    product = lock(ProductModel, product.pk)
    if product.status != ProductStatus.ACTIVE:
        raise ProductNotActive
    return product


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


@transaction.atomic
def change_lot(*, lot: Lot, actor: Any, **changes: Any) -> Lot:
    """Change target_quantity, manager and, before anything was made or recorded, product, line, production_date, shift.

    A value as it stands is no change. The number stays: it may be on paper already. Raises LotClosed, LotNotOpen,
    LotBegun, ProductNotActive, QuantitiesClash for a target below what was made.
    """
    lot = locked_lot(lot.pk)
    wanted = {name: value for name, value in changes.items() if getattr(lot, name) != value}
    if wanted and lot.status == LotStatus.CLOSED:
        raise LotClosed
    if wanted.keys() - {"manager"} and lot.status not in OPEN_LOTS:
        raise LotNotOpen
    _ensure_may_change(lot, wanted)
    for name, value in wanted.items():
        setattr(lot, name, value)
    if wanted:
        lot.save(update_fields=[*wanted, "site", "updated_at"])
        complete_lot_when_made(lot=lot, actor=actor)
        emit(lot_changed, lot_id=lot.pk)
    return lot


def _ensure_may_change(lot: Lot, wanted: dict[str, Any]) -> None:
    if IDENTITY & wanted.keys() and (lot.actual_quantity or lot.records.exists()):
        raise LotBegun
    if "product" in wanted:
        _made(wanted["product"])
    if "line" in wanted:
        lot.site = wanted["line"].site if wanted["line"] else default_site()
    if "target_quantity" in wanted:
        taken = max([lot.actual_quantity, *lot.serials.values_list("sequence_in_lot", flat=True)])
        if wanted["target_quantity"] < taken:
            raise _clash("target_quantity", _("%(count)d are made or numbered.") % {"count": taken})


@transaction.atomic
def start_lot(*, lot: Lot, actor: Any) -> Lot:
    """CREATED → IN_PROGRESS, before its first record does it. Raises InvalidTransition."""
    lot = locked_lot(lot.pk)
    ensure(lot, LotStatus.IN_PROGRESS)
    start_lot_by_itself(lot=lot, at=timezone.now(), actor=actor)
    return lot


@transaction.atomic
def complete_lot(*, lot: Lot, actor: Any, reason: str = "") -> Lot:
    """→ COMPLETED, whatever of its target is missing; with a reason where units are left unfinished.

    Raises InvalidTransition, LotEmpty, LotUnfinished.
    """
    lot = locked_lot(lot.pk)
    ensure(lot, LotStatus.COMPLETED)
    if lot.actual_quantity == 0:
        raise LotEmpty
    unfinished = lot.serials.exclude(status=SerialStatus.PASSED).exclude(is_scrapped=True)
    if not reason.strip() and unfinished.exists():
        raise LotUnfinished(errors={"reason": [str(LotUnfinished.message)]})
    complete(lot=lot, actor=actor, reason=reason)
    return lot


@transaction.atomic
def close_lot(*, lot: Lot, actor: Any) -> Lot:
    """COMPLETED → CLOSED, for good. Raises InvalidTransition."""
    lot = locked_lot(lot.pk)
    ensure(lot, LotStatus.CLOSED)
    lot.status, lot.closed_at = LotStatus.CLOSED, timezone.now()
    lot.save(update_fields=["status", "closed_at", "updated_at"])
    record("production.lot.closed", lot, actor=actor)
    emit(lot_changed, lot_id=lot.pk)
    return lot


@transaction.atomic
def correct_quantities(
    *,
    lot: Lot,
    actor: Any,
    reason: str,
    actual: int | None = None,
    passed: int | None = None,
    failed: int | None = None,
) -> Lot:
    """Enter what was counted by hand beside the units; None leaves a quantity as it stands.

    Each quantity holds at least its units, and what was counted by hand as passed or failed was counted as made, so
    that later units always fit. Raises LotClosed, Invalid without a reason, QuantitiesClash.
    """
    if not reason.strip():
        raise Invalid(errors={"reason": [_("Say why: the reason is kept in the audit trail.")]})
    lot = locked_lot(lot.pk)
    if lot.status == LotStatus.CLOSED:
        raise LotClosed
    old = {name: getattr(lot, name) for name in QUANTITIES}
    given = zip(QUANTITIES, (actual, passed, failed), strict=True)
    new = old | {name: quantity for name, quantity in given if quantity is not None}
    _ensure_they_add_up(lot, new)
    for name, quantity in new.items():
        setattr(lot, name, quantity)
    lot.save(update_fields=[*QUANTITIES, "updated_at"])
    record("production.lot.corrected", lot, actor=actor, reason=reason, old=old, new=new)
    complete_lot_when_made(lot=lot, actor=actor)
    emit(lot_changed, lot_id=lot.pk)
    return lot


def _ensure_they_add_up(lot: Lot, new: dict[str, int]) -> None:
    units = lot.serials.aggregate(
        actual_quantity=Count("pk"),
        passed_quantity=Count("pk", filter=Q(status=SerialStatus.PASSED)),
        failed_quantity=Count("pk", filter=Q(status=SerialStatus.FAILED)),
    )
    for name, least in units.items():
        if new[name] < least:
            raise _clash(name, _("The lot has %(count)d such units.") % {"count": least})
    if new["actual_quantity"] > lot.target_quantity:
        text = _("The lot is to have %(count)d units at most.") % {"count": lot.target_quantity}
        raise _clash("actual_quantity", text)
    by_hand = {name: new[name] - least for name, least in units.items()}
    if by_hand["passed_quantity"] + by_hand["failed_quantity"] > by_hand["actual_quantity"]:
        raise _clash("actual_quantity", _("More passed and failed than were made."))


def _clash(name: str, text: str) -> QuantitiesClash:
    return QuantitiesClash(errors={name: [text]})


@transaction.atomic
def delete_lot(*, lot: Lot) -> None:
    """Take away a lot of which nothing was made. Raises HasHistory."""
    lot = locked_lot(lot.pk)
    if lot.actual_quantity:
        raise HasHistory
    try:
        lot.delete()
    except ProtectedError as exc:
        raise HasHistory from exc

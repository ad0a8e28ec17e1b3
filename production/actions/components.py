"""Component lots: scanned into units, blocked and released. Lock order: lot → unit → component lot."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.db import conflict_as, ensure, lock
from core.errors import Invalid
from core.ledger import record
from equipment.actions.states import ensure_why
from production.choices import ComponentStatus, LotStatus, SerialStatus
from production.errors import (
    ComponentBlocked,
    ComponentCycle,
    ComponentExhausted,
    HasHistory,
    LotClosed,
    UnitNotOpen,
)
from production.models import ComponentLot, Consumption, Lot, Process, Serial
from production.selectors.genealogy import lot_goes_into
from production.selectors.routes import route_of

OPEN_UNITS = (SerialStatus.CREATED, SerialStatus.IN_PROGRESS)
SUB_ASSEMBLY_LOCK = (
    2_207_316_002  # of PostgreSQL's advisory locks: one unit at a time takes a component of our own
)
PLACES = 4  # decimals of a quantity


@transaction.atomic
def consume_component(
    *, serial: Serial, component_lot: ComponentLot, quantity: Decimal, process: Process | None, actor: Any
) -> Consumption:
    """So much of the component lot goes into the unit, at this step or at none in particular.

    Raises Invalid for a quantity that is none or a step that is not on the unit's route, LotClosed, UnitNotOpen for a
    unit that has passed or failed, ComponentBlocked, ComponentCycle, and ComponentExhausted past what is left.
    """
    _ensure_quantity(quantity)
    lot = lock(Lot, serial.lot_id)
    serial = lock(Serial, serial.pk)
    component_lot = lock(ComponentLot, component_lot.pk)
    _ensure_open(lot, serial)
    _ensure_on_route(lot, process)
    _ensure_usable(component_lot, lot)
    _draw(component_lot, quantity)
    return _scanned(serial, component_lot, quantity, process, actor)


def _ensure_quantity(quantity: Decimal) -> None:
    if not (quantity.is_finite() and quantity > 0 and round(quantity, PLACES) == quantity):
        raise Invalid(errors={"quantity": [_("More than nothing, with at most four decimals.")]})


def _ensure_open(lot: Lot, serial: Serial) -> None:
    if lot.status == LotStatus.CLOSED:
        raise LotClosed
    if serial.status not in OPEN_UNITS:
        raise UnitNotOpen


def _ensure_on_route(lot: Lot, process: Process | None) -> None:
    if process is not None and process not in route_of(product_id=lot.product_id):
        raise Invalid(errors={"process_id": [_("This process is not on the route of the product.")]})


def _ensure_usable(component_lot: ComponentLot, lot: Lot) -> None:
    if component_lot.status != ComponentStatus.AVAILABLE:
        raise ComponentBlocked
    if component_lot.made_in_id is None:
        return
    _wait_for_other_sub_assemblies()
    if lot_goes_into(lot_id=lot.pk, other_id=component_lot.made_in_id):
        raise ComponentCycle


def _wait_for_other_sub_assemblies() -> None:
    """Two at once would each close the other's circle, unseen."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SUB_ASSEMBLY_LOCK])


def _draw(component_lot: ComponentLot, quantity: Decimal) -> None:
    if component_lot.consumed + quantity > component_lot.quantity:
        raise ComponentExhausted
    component_lot.consumed += quantity
    with conflict_as(ComponentExhausted, "production_componentlot_never_overdrawn"):
        component_lot.save(update_fields=["consumed", "updated_at"])


def _scanned(
    serial: Serial, component_lot: ComponentLot, quantity: Decimal, process: Process | None, actor: Any
) -> Consumption:
    scan = Consumption(
        component_lot=component_lot,
        serial=serial,
        process=process,
        quantity=quantity,
        operator=actor,
        at=timezone.now(),
    )
    scan.save()
    told = {"component_lot": component_lot.lot_number, "quantity": quantity}
    record("production.component.consumed", serial, actor=actor, new=told)
    return scan


@transaction.atomic
def quarantine_component(*, component_lot: ComponentLot, reason: str, actor: Any) -> ComponentLot:
    """Nobody takes any more of it. Raises Invalid without a reason, InvalidTransition where it is blocked already."""
    return _moved(component_lot, ComponentStatus.QUARANTINED, "quarantined", reason, actor)


@transaction.atomic
def release_component(*, component_lot: ComponentLot, reason: str, actor: Any) -> ComponentLot:
    """It may be taken again. Raises Invalid without a reason, InvalidTransition where it is not blocked."""
    return _moved(component_lot, ComponentStatus.AVAILABLE, "released", reason, actor)


def _moved(
    component_lot: ComponentLot, target: ComponentStatus, deed: str, reason: str, actor: Any
) -> ComponentLot:
    ensure_why(reason, field="reason")
    component_lot = lock(ComponentLot, component_lot.pk)
    ensure(component_lot, target)
    component_lot.status = target
    component_lot.save(update_fields=["status", "updated_at"])
    record(f"production.component.{deed}", component_lot, actor=actor, reason=reason)
    return component_lot


@transaction.atomic
def delete_component_lot(*, component_lot: ComponentLot) -> None:
    """Raises HasHistory where any of it was used."""
    component_lot = lock(ComponentLot, component_lot.pk)
    if component_lot.consumptions.exists():
        raise HasHistory
    component_lot.delete()

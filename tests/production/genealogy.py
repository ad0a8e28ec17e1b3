"""Component lots and scans to test with."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from production.actions import consume_component
from production.models import ComponentLot, Consumption, Lot, Serial
from tests.support.factories import UserFactory
from tests.support.trace_factories import lot_of, unit_in

_numbers = itertools.count(1)


def component_lot(quantity: Any = 100, **given: Any) -> ComponentLot:
    """A delivery of so much."""
    number = next(_numbers)
    given = {"part_code": "BUSBAR", "lot_number": f"CL-{number:03d}", "supplier": "Acme", **given}
    return ComponentLot.objects.create(quantity=Decimal(str(quantity)), **given)


def scan(component: ComponentLot, serial: Serial, quantity: Any = 1, **given: Any) -> Consumption:
    """So much of it into the unit."""
    given.setdefault("actor", UserFactory(role="operator"))
    given.setdefault("process", None)
    return consume_component(serial=serial, component_lot=component, quantity=Decimal(str(quantity)), **given)


def lot_with(count: int) -> tuple[Lot, list[Serial]]:
    """A lot and its first units."""
    lot = lot_of()
    return lot, [unit_in(lot) for _ in range(count)]


def force(row: Any, **values: Any) -> None:
    """As the row would have become by other deeds."""
    QuerySet(type(row)).filter(pk=row.pk).update(**values)

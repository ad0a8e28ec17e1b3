"""Rows of production to test with, and events as machines send them."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import factory
from factory.django import DjangoModelFactory

from production.models import ProductionRun, ProductModel, StandardRate
from tests.support.factories import MachineFactory

T0 = datetime(2024, 3, 4, 8, tzinfo=UTC)  # a Monday morning, past by any clock
INGEST = "/api/v1/ingest/events"
_numbers = itertools.count(1)


class ProductFactory(DjangoModelFactory):
    class Meta:
        model = ProductModel

    model_code = factory.Sequence(lambda n: f"P{n}")
    model_name = factory.LazyAttribute(lambda product: f"Product {product.model_code}")


class StandardRateFactory(DjangoModelFactory):
    """2 seconds per unit on every machine, from the start of 2024."""

    class Meta:
        model = StandardRate

    product = factory.SubFactory(ProductFactory)
    ideal_cycle_seconds = Decimal("2")
    valid_from = date(2024, 1, 1)


class RunFactory(DjangoModelFactory):
    """An hour from T0 on."""

    class Meta:
        model = ProductionRun

    machine = factory.SubFactory(MachineFactory)
    product = factory.SubFactory(ProductFactory)
    started_at = T0
    ended_at = T0 + timedelta(hours=1)


def after(minutes: float) -> datetime:
    """So many minutes after T0."""
    return T0 + timedelta(minutes=minutes)


def count_event(machine: Any, minutes: float = 0, **values: Any) -> dict[str, Any]:
    """An event of kind count; ten good pieces if nothing else is said."""
    return _event("count", machine, {"at": after(minutes).isoformat(), "good": 10, **values})


def counter_event(machine: Any, minutes: float, value: int, **values: Any) -> dict[str, Any]:
    """An event of kind counter, of the total counter if nothing else is said."""
    at = after(minutes).isoformat()
    return _event("counter", machine, {"at": at, "counter": "total", "value": value, **values})


def state_event(machine: Any, minutes: float = 0, **values: Any) -> dict[str, Any]:
    """An event of kind state; RUNNING from then on if nothing else is said."""
    started_at = after(minutes).isoformat()
    return _event("state", machine, {"state": "RUNNING", "started_at": started_at, **values})


def _event(kind: str, machine: Any, values: dict[str, Any]) -> dict[str, Any]:
    name = {"event_id": f"e{next(_numbers)}", "kind": kind, "equipment_code": machine.equipment_code}
    return name | values

"""Processes, routes, lots and units to test with; lots and units are made by their own actions."""

from __future__ import annotations

from typing import Any

import factory
from factory.django import DjangoModelFactory

from production.actions.lots import create_lot
from production.actions.records import record_step
from production.actions.serials import create_serial
from production.models import Lot, Process, ProcessData, ProductModel, Route, RouteStep, Serial
from production.record_input import read_record
from tests.support.factories import UserFactory
from tests.support.production_factories import ProductFactory


class ProcessFactory(DjangoModelFactory):
    """The next step: numbers and order go up."""

    class Meta:
        model = Process

    process_number = factory.Sequence(lambda n: n + 1)
    process_code = factory.LazyAttribute(lambda process: f"P{process.process_number:02d}_STEP")
    process_name_en = factory.LazyAttribute(lambda process: f"Step {process.process_number}")
    process_name_ko = factory.LazyAttribute(lambda process: f"공정 {process.process_number}")
    sort_order = factory.SelfAttribute("process_number")


def route_for(product: ProductModel, processes: list[Process]) -> Route:
    """The product passes these processes in this order."""
    route = Route.objects.create(product=product)
    for position, process in enumerate(processes, 1):
        RouteStep.objects.create(route=route, process=process, position=position)
    return route


def lot_of(product: ProductModel | None = None, **given: Any) -> Lot:
    """A lot of a product of its own, made by somebody."""
    given.setdefault("actor", UserFactory(role="production_manager"))
    return create_lot(product=product or ProductFactory(), **given)


def unit_in(lot: Lot | None = None, **given: Any) -> Serial:
    """A unit of the lot, of a lot of its own if nothing else is said."""
    given.setdefault("actor", UserFactory(role="operator"))
    return create_serial(lot=lot or lot_of(), **given)


def record_of(serial: Serial, process: Process, **said: Any) -> ProcessData:
    """The unit has passed this process, if nothing else is said."""
    actor = said.pop("actor", None) or UserFactory(role="operator")
    item = {"serial_id": serial.pk, "process_id": process.pk, "result": "PASS", **said}
    return record_step(given=read_record(item), actor=actor)

"""A line of three steps to work at: marking, a test that measures, and the label."""

from __future__ import annotations

import re
from uuid import uuid4

from production.models import Process, ProductModel, Serial
from tests.support.factories import UserFactory
from tests.support.production_factories import ProductFactory
from tests.support.trace_factories import ProcessFactory, lot_of, route_for, unit_in

MEASURED = {
    "measurements": [
        {"name": "gap", "label": "Gap", "unit": "mm", "lower": 0.03, "upper": 0.08, "required": True},
        {"name": "firmware", "label": "Firmware", "kind": "text"},
        {"name": "colour", "label": "Colour", "kind": "choice", "choices": ["blue", "red"]},
        {"name": "sealed", "label": "Sealed", "kind": "bool"},
    ]
}


def line_of_three(product: ProductModel | None = None) -> list[Process]:
    """P01 marks, P02 measures, P03 prints the label; the product passes them in this order."""
    steps = [
        ProcessFactory(process_number=1, process_code="P01_MARK", process_name_en="Laser marking"),
        ProcessFactory(
            process_number=2,
            process_code="P02_TEST",
            process_name_en="Sensor test",
            quality_criteria=MEASURED,
        ),
        ProcessFactory(process_number=3, process_code="P03_LABEL", process_name_en="Label", is_label=True),
    ]
    if product:
        route_for(product, steps)
    return steps


def unit_on_the_line() -> Serial:
    """A new unit whose product passes the three steps."""
    product = ProductFactory(model_name="Wearable robot")
    line_of_three(product)
    return unit_in(lot_of(product))


def signed_in(client, role: str):
    """The client, as somebody of this role."""
    person = UserFactory(role=role)
    client.force_login(person, backend="accounts.backends.RoleBackend")
    return person


def text(response) -> str:
    """What people read of the answer."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def sent(unit: Serial | None, **fields) -> dict:
    """A form as the page sends it, with a key of its own."""
    return {"key": str(uuid4()), "unit": unit.serial_number if unit else "", **fields}

"""The way of a product through its processes."""

from __future__ import annotations

from production.models import Process, RouteStep


def route_of(*, product_id: int) -> list[Process]:
    """The active processes a unit of this product passes, in order: of its own route, else all there are.

    One query where the product has a route of its own, two where not.
    """
    steps = RouteStep.objects.filter(route__product_id=product_id).select_related("process")
    own = [step.process for step in steps.order_by("position")]
    if own:
        return [process for process in own if process.is_active]
    return list(Process.objects.active().in_order())

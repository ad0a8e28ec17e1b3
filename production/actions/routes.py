"""The steps of a route, set as a whole."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from core.db import lock
from production.models import Process, Route, RouteStep


@transaction.atomic
def set_steps(*, route: Route, processes: Sequence[Process]) -> Route:
    """The route passes these processes in this order from now on."""
    route = lock(Route, route.pk)
    standing = {step.process_id: step for step in route.steps.all()}
    for process_id in standing.keys() - {process.pk for process in processes}:
        standing[process_id].delete()
    for position, process in enumerate(processes, 1):
        step = standing.get(process.pk) or RouteStep(route=route, process=process)
        if step.position != position:
            step.position = position
            step.save()
    return route

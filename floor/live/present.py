"""What the sockets are told, read from the database: blocking, each call in a worker thread of its own connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from django.db import connections
from django.utils import timezone

from andon.api.serializers import AndonEventSerializer
from andon.models import AndonEvent
from equipment.models import Line, Machine
from equipment.selectors import current_states
from floor.api.serializers import line_data, machine_data
from floor.selectors.tiles import line_tiles
from oee.selectors.scopes import machines_of

P = ParamSpec("P")
T = TypeVar("T")
WORKERS = ThreadPoolExecutor(max_workers=4, thread_name_prefix="live")


@dataclass(frozen=True, slots=True)
class Present:
    """Lines by id and machines by id, as they are told, at `at`."""

    lines: dict[int, dict[str, Any]]
    machines: dict[int, dict[str, Any]]


async def in_database(ask: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a blocking question in a worker thread; its connection goes back to the pool."""

    def work() -> T:
        try:
            return ask(*args, **kwargs)
        finally:
            connections.close_all()

    return await asyncio.get_running_loop().run_in_executor(WORKERS, work)


def present(line_ids: Iterable[int]) -> Present:
    """These lines and their machines now; a line that is not enabled is left out."""
    tiles = line_tiles(line_ids=line_ids)
    machines = [machine for tile in tiles for machine in machines_of(tile.line)]
    states, now = current_states(machine_ids=[machine.pk for machine in machines]), timezone.now()
    return Present(
        lines={tile.line_id: line_data(tile) for tile in tiles},
        machines={machine.pk: machine_data(machine, states.get(machine.pk), now) for machine in machines},
    )


def lines_of(machine_ids: Iterable[int]) -> set[int]:
    """The enabled lines that these machines stand on."""
    found = Machine.objects.filter(pk__in=list(machine_ids), line__enabled=True)
    return set(found.values_list("line_id", flat=True))


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it is told, whatever became of it."""

    line_id: int
    machine_id: int | None
    data: dict[str, Any]


def calls_named(ids: Iterable[int]) -> list[Call]:
    """These calls of enabled lines, in the order in which they were raised."""
    rows = AndonEvent.objects.filter(pk__in=list(ids), line__enabled=True).with_people().order_by("pk")
    return [Call(row.line_id, row.machine_id, AndonEventSerializer(row).data) for row in rows]


def all_lines() -> set[int]:
    return set(Line.objects.filter(enabled=True).values_list("pk", flat=True))


def line_exists(pk: int) -> bool:
    return Line.objects.filter(pk=pk, enabled=True).exists()


def machine_named(code: str) -> tuple[int, int] | None:
    """(machine id, line id) of an active machine on an enabled line, by its code in any case."""
    found = Machine.objects.filter(equipment_code__iexact=code, is_active=True, line__enabled=True)
    return found.values_list("pk", "line_id").first()

"""What a figure is of: a machine, a line, an area, a site, or any set of machines; and its slices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.db.models import Prefetch
from django.utils import timezone

from equipment.choices import Topology
from equipment.models import Area, Line, Machine, Site
from oee.kpi import Rejects, Sums, series_line
from oee.selectors.facts import Rules, rules_of
from oee.selectors.rollups import slices_of
from oee.slices import Slice, SliceKey
from production.selectors import RateTable, rates_for

MACHINES = Machine.objects.filter(is_active=True).order_by("position", "equipment_code")


@dataclass(frozen=True, slots=True)
class Scope:
    """Lines count as lines (OEE contract R9), single machines as themselves (R2)."""

    label: str
    lines: tuple[Line, ...] = ()
    machines: tuple[Machine, ...] = ()

    @property
    def all_machines(self) -> list[Machine]:
        return [*self.machines, *(machine for line in self.lines for machine in machines_of(line))]

    @property
    def all_lines(self) -> list[Line | None]:
        return [*self.lines, *(machine.line for machine in self.machines)]


def machines_of(line: Line) -> list[Machine]:
    """The machines of a line in the order of the flow; each knows its line without a query."""
    machines: list[Machine] = line.flow if hasattr(line, "flow") else list(MACHINES.filter(line=line))
    for machine in machines:
        machine.line = line
    return machines


def with_flow(lines: object) -> list[Line]:
    """Lines of a queryset with everything that a figure needs, in two queries."""
    queryset = lines.select_related("area__site", "constraint_machine")  # type: ignore[attr-defined]
    return list(queryset.prefetch_related(Prefetch("machines", queryset=MACHINES, to_attr="flow")))


def line_scope(line: Line) -> Scope:
    return Scope(line.name, lines=(line,))


def machine_scope(machine: Machine) -> Scope:
    return Scope(machine.name or machine.equipment_code, machines=(machine,))


def area_scope(area: Area) -> Scope:
    return Scope(area.name, lines=tuple(with_flow(Line.objects.filter(area=area, enabled=True))))


def site_scope(site: Site) -> Scope:
    return Scope(site.name, lines=tuple(with_flow(Line.objects.filter(area__site=site, enabled=True))))


def set_scope(machines: Iterable[Machine]) -> Scope:
    return Scope("", machines=tuple(machines))


@dataclass(frozen=True, slots=True)
class Reading:
    """The slices of a scope over a window, by line and machine, and the rules they were made under."""

    scope: Scope
    start: datetime
    end: datetime
    rules: dict[int | None, Rules]
    parts: tuple[tuple[int | None, tuple[Slice, ...]], ...]  # (line id, slices) of each line or machine

    @property
    def slices(self) -> list[Slice]:
        return [part for _, slices in self.parts for part in slices]


def read(*, scope: Scope, start: datetime, end: datetime, now: datetime | None = None) -> Reading:
    """All slices of the scope in [start, end), up to now: what has not happened yet is nobody's loss."""
    now = now or timezone.now()
    rules = rules_of(scope.all_lines)
    by_machine = slices_of(machines=scope.all_machines, rules=rules, start=start, end=end, now=now)
    products = {
        part.key.product for parts in by_machine.values() for part in parts if part.key.product is not None
    }
    rates = rates_for(product_ids=products, machine_ids=list(by_machine))
    parts: list[tuple[int | None, tuple[Slice, ...]]] = [
        (machine.line_id, tuple(by_machine[machine.pk])) for machine in scope.machines
    ]
    parts += [(line.pk, tuple(line_slices(line, by_machine, rates))) for line in scope.lines]
    return Reading(scope, start, end, rules, tuple(parts))


def line_slices(line: Line, by_machine: dict[int, list[Slice]], rates: RateTable) -> list[Slice]:
    """The slices of a line: in series by its constraint machine, in parallel the sum of its machines."""
    flow = machines_of(line)
    if len(flow) < 2 or line.topology == Topology.PARALLEL:
        return [part for machine in flow for part in by_machine[machine.pk]]
    constraint = constraint_of(line, by_machine)
    return _in_series(constraint, flow, by_machine, rates)


def constraint_of(line: Line, by_machine: dict[int, list[Slice]]) -> Machine:
    """The machine that the line waits for: as stated, else the one whose pieces need the longest ideal time."""
    flow = machines_of(line)
    stated = next((machine for machine in flow if machine.pk == line.constraint_machine_id), None)
    return stated or max(
        flow, key=lambda machine: (_ideal(by_machine[machine.pk]), machine.position, machine.pk)
    )


def _ideal(slices: Sequence[Slice]) -> Decimal:
    return Sums.total(part.sums for part in slices).ideal or Decimal(0)


def _in_series(
    constraint: Machine, flow: Sequence[Machine], by_machine: dict[int, list[Slice]], rates: RateTable
) -> list[Slice]:
    times = {part.key: part for part in by_machine[constraint.pk]}
    good: dict[SliceKey, int] = defaultdict(int)
    rejects: dict[SliceKey, Rejects] = defaultdict(Rejects)
    for part in by_machine[flow[-1].pk]:
        good[part.key] += part.sums.good
    for machine in flow:
        for part in by_machine[machine.pk]:
            scrap, rework = rejects[part.key]
            rejects[part.key] = Rejects(scrap + part.sums.scrap, rework + part.sums.rework)
    return [
        _series_slice(
            key, times.get(key), good.get(key, 0), rejects.get(key, Rejects()), constraint.pk, rates
        )
        for key in sorted(times.keys() | good.keys() | rejects.keys(), key=_order)
    ]


def _order(key: SliceKey) -> tuple[int, int]:
    return key.hour, key.product or 0


def _series_slice(
    key: SliceKey, times: Slice | None, good: int, rejects: Rejects, constraint_id: int, rates: RateTable
) -> Slice:
    base = times or Slice(key, Sums())
    if not (good or any(rejects) or base.sums.produced):
        return base
    product: Hashable = key.product
    rate = rates.seconds(key.product, constraint_id, key.day) if key.product is not None else None
    sums = series_line(
        base.sums,
        good_exit_by_product={product: good},
        rejects_by_product={product: rejects},
        pri_by_product={product: rate},
    )
    return replace(base, sums=sums)

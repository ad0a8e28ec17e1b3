"""What a batch of records touches: lots and units locked, routes, marks, machines and people, in a few statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from accounts.models import User
from equipment.models import Machine, Site
from production.criteria import Criteria, criteria_of
from production.days import zone_of
from production.models import Lot, Process, RouteStep, Serial, StepMark
from production.record_input import Given, invalid
from production.record_rules import Step, Unit, Way, way_of


@dataclass(slots=True)
class LotRow:
    """A lot, locked, as it was and as it becomes."""

    lot: Lot
    zone: tzinfo
    state: Unit  # its own marks, at LOT level
    was: dict[str, Any]


@dataclass(slots=True)
class UnitRow:
    """A unit, locked, as it was and as it becomes."""

    id: int
    number: str
    home: LotRow
    state: Unit
    was: str
    rework_count: int
    failure_reason: str
    ended_at: datetime | None = None


@dataclass(slots=True)
class Plant:
    """Everything, by the names that the batch gives it."""

    units: dict[int | str, UnitRow]
    lots: dict[int | str, LotRow]
    ways: dict[int, Way]  # by product
    criteria: dict[int, Criteria]  # by process
    process_ids: dict[str, int]  # by code in small letters
    machines: dict[int | str, Machine]
    people: frozenset[int]
    own: list[UnitRow] = field(default_factory=list)

    def unit(self, given: Given) -> UnitRow:
        """Raises Invalid where there is none, or where id and number name two."""
        row = self._named(self.units, given.serial_id, given.serial_number, "serial_id", "serial_number")
        if given.serial_number not in (None, row.number):
            raise invalid("serial_number", _("This is another unit than that of serial_id."))
        lot = row.home.lot
        if given.lot_id not in (None, lot.pk) or given.lot_number not in (None, lot.lot_number):
            wrong = "lot_id" if given.lot_id not in (None, lot.pk) else "lot_number"
            raise invalid(wrong, _("The unit belongs to lot %(lot)s.") % {"lot": lot.lot_number})
        return row

    def lot(self, given: Given) -> LotRow:
        """Raises Invalid where there is none."""
        return self._named(self.lots, given.lot_id, given.lot_number, "lot_id", "lot_number")

    @staticmethod
    def _named(rows: dict[Any, Any], pk: int | None, name: str | None, by_id: str, by_name: str) -> Any:
        wanted = pk if pk is not None else name
        if wanted is None:
            raise invalid("serial_id", _("A record names its unit, or at LOT level its lot."))
        row = rows.get(wanted)
        if row is None:
            raise invalid(by_id if pk is not None else by_name, _("There is no %(name)s.") % {"name": wanted})
        return row

    def step(self, way: Way, given: Given) -> Step:
        """Raises Invalid for a process that is not on the route."""
        code = given.process_code
        by_code = self.process_ids.get(code.lower()) if code is not None else None
        if given.process_id is None and code is None:
            raise invalid("process_id", _("This field is required."))
        if given.process_id is None:
            return way.step(by_code, "process_code")
        if code is not None and by_code != given.process_id:
            raise invalid("process_code", _("This is another process than that of process_id."))
        return way.step(given.process_id)

    def machine(self, given: Given) -> int | None:
        """Raises Invalid where there is none, or where id and code name two."""
        pk, code = given.equipment_id or None, given.equipment_code or None
        if pk is None and code is None:
            return None
        found = self.machines.get(pk if pk is not None else str(code).lower())
        if found is None:
            wrong = "equipment_id" if pk is not None else "equipment_code"
            raise invalid(wrong, _("There is no such machine."))
        if code is not None and found.equipment_code.lower() != str(code).lower():
            raise invalid("equipment_code", _("This is another machine than that of equipment_id."))
        return found.pk


def read_plant(said: Sequence[Given]) -> Plant:
    """Lock the lots and then the units that are named, each by ascending id, and read what is needed of them."""
    ids, numbers = _set(g.serial_id for g in said), _set(g.serial_number for g in said)
    units = Q(pk__in=_numbers(ids)) | Q(serial_number__in=_texts(numbers))
    lots = _lots(said, units)
    by_pk = {row.lot.pk: row for row in lots.values()}
    rows = _units(units, by_pk) if ids or numbers else []
    processes, ways = _routes({row.lot.product_id for row in by_pk.values()})
    return Plant(
        units={key: row for row in rows for key in (row.id, row.number)},
        lots=lots,
        ways=ways,
        criteria={p.pk: criteria_of(p.quality_criteria) for p in processes},
        process_ids={p.process_code.lower(): p.pk for p in processes},
        machines=_machines(said),
        people=_people(_set(g.operator_id for g in said)),
        own=rows,
    )


def _numbers(ids: Iterable[int]) -> RawSQL:
    """These ids as one parameter: thousands of them cost their planner dear."""
    return RawSQL("SELECT unnest(%s::bigint[])", [list(ids)])


def _texts(names: Iterable[str]) -> RawSQL:
    return RawSQL("SELECT unnest(%s::text[])", [list(names)])


def _set(values: Iterable[Any]) -> set[Any]:
    found = set(values)
    found.discard(None)
    return found


def _lots(said: Sequence[Given], units: Q) -> dict[int | str, LotRow]:
    of_no_unit = [g for g in said if g.serial_id is None and g.serial_number is None]
    wanted = (
        Q(pk__in=Serial.objects.filter(units).order_by().values("lot_id"))
        | Q(pk__in=_numbers(_set(g.lot_id for g in of_no_unit)))
        | Q(lot_number__in=_texts(_set(g.lot_number for g in of_no_unit)))
    )
    found = list(Lot.objects.select_for_update(no_key=True, of=("self",)).filter(wanted).order_by("pk"))
    sites = Site.objects.in_bulk({lot.site_id for lot in found if lot.site_id})
    marks: defaultdict[int, dict[int, bool]] = defaultdict(dict)
    own = StepMark.objects.filter(serial=None, lot_id__in=_numbers(lot.pk for lot in found))
    if of_no_unit:
        for lot_id, process_id, passed in own.values_list("lot_id", "process_id", "passed"):
            marks[lot_id][process_id] = passed
    rows: dict[int | str, LotRow] = {}
    for lot in found:
        lot.site = sites.get(lot.site_id)
        state = Unit(lot.status, lot.status, marks[lot.pk])
        rows[lot.pk] = rows[lot.lot_number] = LotRow(
            lot, zone_of(lot.site), state, {name: getattr(lot, name) for name in FOLLOWING}
        )
    return rows


# What a batch may change of a lot.
FOLLOWING = (
    "status",
    "started_at",
    "passed_quantity",
    "failed_quantity",
    "scrapped_quantity",
    "completed_at",
    "completed_on",
)


def _units(units: Q, lots: dict[int, LotRow]) -> list[UnitRow]:
    columns = ("id", "serial_number", "lot_id", "status", "rework_count", "failure_reason")
    locked = Serial.objects.select_for_update(no_key=True, of=("self",)).filter(units).order_by("pk")
    found = list(locked.values_list(*columns))
    marks: defaultdict[int, dict[int, bool]] = defaultdict(dict)
    taken = StepMark.objects.filter(serial_id__in=_numbers(row[0] for row in found))
    for serial_id, process_id, passed in taken.values_list("serial_id", "process_id", "passed"):
        marks[serial_id][process_id] = passed
    return [
        UnitRow(
            id=pk,
            number=number,
            home=lots[lot_id],
            state=Unit(status, lots[lot_id].lot.status, marks[pk]),
            was=status,
            rework_count=rework_count,
            failure_reason=reason,
        )
        for pk, number, lot_id, status, rework_count, reason in found
    ]


def _routes(products: set[int]) -> tuple[list[Process], dict[int, Way]]:
    """The active processes, and each product's way through them: its own route, else all in order."""
    processes = list(Process.objects.active().in_order())
    steps = {p.pk: Step(p.pk, p.process_code, p.is_label) for p in processes}
    own: defaultdict[int, list[int]] = defaultdict(list)
    routes = RouteStep.objects.filter(route__product_id__in=products).order_by("position")
    for product_id, process_id in routes.values_list("route__product_id", "process_id"):
        own[product_id].append(process_id)
    everything = way_of(list(steps.values()))
    ways = {
        product: way_of([steps[pk] for pk in own[product] if pk in steps]) if own[product] else everything
        for product in products
    }
    return processes, ways


def _machines(said: Sequence[Given]) -> dict[int | str, Machine]:
    ids = {g.equipment_id for g in said if g.equipment_id}
    codes = {str(g.equipment_code).lower() for g in said if g.equipment_code}
    if not ids and not codes:
        return {}
    rows = Machine.objects.with_codes(codes) if codes else Machine.objects.none()
    found = [*rows, *Machine.objects.filter(pk__in=ids)] if ids else list(rows)
    return {key: machine for machine in found for key in (machine.pk, machine.equipment_code.lower())}


def _people(ids: set[int]) -> frozenset[int]:
    if not ids:
        return frozenset()
    return frozenset(User.objects.filter(pk__in=ids, is_active=True).values_list("pk", flat=True))

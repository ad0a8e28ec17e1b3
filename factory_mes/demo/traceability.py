"""The demo's traceable line laid out: eight processes, a product with its route, and some days of lots, made through
the same actions as any other and then moved back to the days they tell of."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F
from django.db.models.functions import Coalesce

from accounts.models import User
from equipment.models import Line
from factory_mes.demo.robots import (
    BLOCKED,
    COMPONENTS,
    HISTORY,
    LINE,
    PROCESSES,
    PRODUCT,
    SCRAPPED,
    DemoLot,
    DemoProcess,
    Story,
)
from production.actions import consume_component, quarantine_component
from production.actions.lots import close_lot, complete_lot, create_lot
from production.actions.records import record_step
from production.actions.serials import create_serial, rework
from production.days import day_at, zone_of
from production.models import (
    ComponentLot,
    Consumption,
    Lot,
    Process,
    ProcessData,
    ProductModel,
    Rework,
    Route,
    RouteStep,
    Serial,
    StandardRate,
)
from production.record_input import Given

BEGINS = timedelta(hours=7)  # after midnight
PACE = timedelta(minutes=6)  # between two units that begin
BETWEEN = timedelta(seconds=40)  # from the end of a step to the next
REPAIR = timedelta(minutes=12)
PAST_DAY = 3  # days ago; lots as old have the first delivery of batteries in them


def seed_processes() -> ProductModel:
    """The processes and the product with its route."""
    product: ProductModel = ProductModel.objects.create(**PRODUCT)
    route = Route.objects.create(product=product)
    for place, spec in enumerate(PROCESSES, 1):
        process = Process.objects.create(
            process_number=place,
            process_code=spec.code,
            process_name_ko=spec.korean,
            process_name_en=spec.english,
            estimated_duration_seconds=spec.seconds,
            quality_criteria={"strict": False, "measurements": list(spec.measurements)},
            is_label=spec.is_label,
            sort_order=place,
        )
        RouteStep.objects.create(route=route, process=process, position=place)
    return product


def seed_lots(*, product: ProductModel, now: datetime) -> None:
    """Some days of lots, and one that has just been opened, whose first position is free."""
    cycle = sum(spec.seconds for spec in PROCESSES)
    day = now.astimezone(ZoneInfo("UTC")).date() - timedelta(days=365)
    StandardRate.objects.create(product=product, ideal_cycle_seconds=Decimal(cycle), valid_from=day)
    line = Line.objects.select_related("area__site").get(line_code=LINE)
    maker = _Maker(product, line, now)
    maker.open_lot()
    for lot in HISTORY:
        maker.make(lot)
    maker.block()


class _Maker:
    """Who makes the demo's lots: the operator and quality at the steps, the manager for the rest."""

    def __init__(self, product: ProductModel, line: Line, now: datetime) -> None:
        self.product, self.line, self.now = product, line, now
        self.chance = random.Random(LINE)  # noqa: S311  the same demo every time
        self.steps = dict(enumerate(Process.objects.order_by("process_number")[: len(PROCESSES)], 1))
        self.operator, self.quality, self.manager = (
            User.objects.get(username=name) for name in ("operator", "quality", "production_manager")
        )
        self.components = [
            ComponentLot.objects.create(part_code=part, lot_number=number, supplier=supplier, quantity=pieces)
            for part, number, supplier, pieces in COMPONENTS
        ]

    def open_lot(self) -> None:
        lot = create_lot(product=self.product, line=self.line, actor=self.manager)
        for position in (2, 3):
            create_serial(lot=lot, actor=self.operator, sequence_in_lot=position)

    def make(self, spec: DemoLot) -> None:
        begins = self._begin(spec)
        lot = create_lot(
            product=self.product,
            line=self.line,
            actor=self.manager,
            production_date=begins.astimezone(zone_of(self.line.site)).date(),
            shift="DAY",
            target_quantity=spec.target,
        )
        for number, story in enumerate(spec.units):
            self._unit(lot, spec, story, begins + number * PACE)
        if spec.completed:
            complete_lot(lot=lot, actor=self.manager, reason=spec.completed)
        if spec.closed:
            close_lot(lot=lot, actor=self.manager)
        _move_back(lot, begins)

    def _begin(self, spec: DemoLot) -> datetime:
        """In the morning of its day; the lot that runs now began some hours ago."""
        if not spec.days_ago:
            return self.now - timedelta(hours=3)
        midnight = self.now.astimezone(zone_of(self.line.site)).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        return midnight - timedelta(days=spec.days_ago) + BEGINS

    def _unit(self, lot: Lot, spec: DemoLot, story: Story, at: datetime) -> None:
        serial = create_serial(lot=lot, actor=self.operator)
        Serial._base_manager.filter(pk=serial.pk).update(created_at=at, created_on=day_at(lot.site, at))
        for number, process in list(enumerate(PROCESSES, 1))[: story.steps]:
            if process.component:
                self._consume(serial, spec, process, number, at)
            for failure in range(story.times if number == story.fails_at else 0):
                at = self._record(serial, process, number, at, failed=True)
                if failure + 1 == SCRAPPED or not story.reworked:
                    return
                at = self._rework(serial, process, at)
            at = self._record(serial, process, number, at)

    def _record(
        self, serial: Serial, process: DemoProcess, number: int, at: datetime, *, failed: bool = False
    ) -> datetime:
        """The step from `at` on; when the next may begin."""
        done = at + timedelta(seconds=round(process.seconds * self.chance.uniform(0.85, 1.2)))
        defect = process.defect
        given = Given(
            process_id=self.steps[number].pk,
            serial_id=serial.pk,
            equipment_code=process.machine,
            result="FAIL" if failed else "PASS",
            measurements=self._measured(process, failed),
            defects=[{"defect_code": defect.code, "defect_name": defect.name}] if failed else None,
            started_at=at,
            completed_at=done,
        )
        record_step(given=given, actor=self.quality if process.inspected else self.operator)
        return done + BETWEEN

    def _measured(self, process: DemoProcess, failed: bool) -> dict[str, Any]:
        values = {definition["name"]: self._value(definition) for definition in process.measurements}
        return values | ({process.defect.measurement: process.defect.value} if failed else {})

    def _value(self, definition: dict[str, Any]) -> Any:
        """Within its limits, most of them near the middle."""
        if definition["kind"] != "number":
            return definition["choices"][0] if definition["kind"] == "choice" else True
        upper = definition["upper"]
        lower = upper * 0.6 if definition["lower"] is None else definition["lower"]
        middle, half = (lower + upper) / 2, (upper - lower) / 2
        return round(middle + half * max(-0.95, min(0.95, self.chance.gauss(0, 0.3))), 4)

    def _consume(
        self, serial: Serial, spec: DemoLot, process: DemoProcess, number: int, at: datetime
    ) -> None:
        part, pieces = process.component or ("", 0)
        lots = [lot for lot in self.components if lot.part_code == part]
        scan = consume_component(
            serial=serial,
            component_lot=lots[0 if spec.days_ago >= PAST_DAY else -1],
            quantity=Decimal(pieces),
            process=self.steps[number],
            actor=self.operator,
        )
        Consumption.objects.filter(pk=scan.pk).update(at=at)

    def _rework(self, serial: Serial, process: DemoProcess, at: datetime) -> datetime:
        rework(serial=serial, reason=f"{process.defect.name}: repaired", actor=self.quality)
        newest = Rework.objects.filter(serial=serial).latest("number")
        Rework.objects.filter(pk=newest.pk).update(at=at)
        return at + REPAIR

    def block(self) -> None:
        number, reason = BLOCKED
        [lot] = [lot for lot in self.components if lot.lot_number == number]
        quarantine_component(component_lot=lot, reason=reason, actor=self.quality)


def _move_back(lot: Lot, begins: datetime) -> None:
    """To the time it tells of: the actions noted the present one. The trail keeps when it really was entered."""
    records = ProcessData._base_manager.filter(lot=lot)
    records.update(created_at=Coalesce(F("completed_at"), F("started_at")))
    ended = max(at for at in records.values_list("completed_at", flat=True) if at)
    rows = Lot._base_manager.filter(pk=lot.pk)
    rows.update(created_at=begins, created_on=day_at(lot.site, begins))
    rows.exclude(completed_at=None).update(completed_at=ended, completed_on=day_at(lot.site, ended))
    rows.exclude(closed_at=None).update(closed_at=ended + REPAIR)

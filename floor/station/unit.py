"""A unit as it lies at a station: how far it is, what went wrong last, and what may be done with it here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext as _

from production.choices import LotStatus, Result, SerialStatus, TallySubject
from production.models import (
    MAX_REWORK,
    ComponentLot,
    Consumption,
    Process,
    ProcessData,
    Serial,
    StepMark,
    Tally,
)
from production.selectors import route_of

LAST_RECORDS = 10
COMMON_DEFECTS = 8
PASSED, STARTED, FAILED, WAITING = "PASSED", "STARTED", "FAILED", "WAITING"


@dataclass(frozen=True, slots=True)
class Step:
    """One process on the unit's way. `state`: PASSED, STARTED, FAILED (the last thing that went wrong) or WAITING."""

    process: Process
    state: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong last, whatever has become of it."""

    process_code: str
    at: datetime
    by: str
    result: str
    defects: tuple[str, ...]
    notes: str


@dataclass(frozen=True, slots=True)
class Used:
    """What went into the unit at this step."""

    part: str
    lot_number: str
    quantity: str


@dataclass(frozen=True, slots=True)
class UnitHere:
    """`obstacle` says why nothing may be recorded here; "" is none. A manager may step over `out_of_order`."""

    serial: Serial
    steps: tuple[Step, ...]
    record: ProcessData | None  # begun here, waits for its completion
    failure: Failure | None
    components: tuple[Used, ...]
    obstacle: str
    out_of_order: bool

    def is_anothers(self, user: Any) -> bool:
        """Somebody else has begun it, and this person may not end what others begin."""
        if self.record is None or self.record.operator_id == user.pk:
            return False
        return not user.has_perm("production.change_others_processdata")

    @property
    def passed(self) -> int:
        """How many steps have passed."""
        return sum(step.state == PASSED for step in self.steps)

    @property
    def may_rework(self) -> bool:
        """It has failed, and was not reworked three times."""
        return self.serial.status == SerialStatus.FAILED and self.serial.rework_count < MAX_REWORK

    @property
    def may_consume(self) -> bool:
        """Nothing is built into a unit that is finished."""
        open_unit = self.serial.status in (SerialStatus.CREATED, SerialStatus.IN_PROGRESS)
        return open_unit and self.serial.lot.status != LotStatus.CLOSED

    @property
    def next_step(self) -> Process | None:
        """The first that has not passed."""
        return next((step.process for step in self.steps if step.state != PASSED), None)


def find_unit(text: str) -> Serial | None:
    """The unit of this number as a scanner reads it, in any case of its letters."""
    units = Serial.objects.select_related("lot__product", "lot__line", "lot__site")
    for number in dict.fromkeys((text, text.upper())):
        if found := units.filter(serial_number=number).first():
            return found
    return None


def find_component(text: str) -> ComponentLot | None:
    """The component lot of this number."""
    return ComponentLot.objects.filter(lot_number__iexact=text).first()


def unit_here(*, serial: Serial, process: Process) -> UnitHere:
    """What a station of this process shows of the unit. Six queries at most, whatever its history."""
    route = [step for step in route_of(product_id=serial.lot.product_id) if step.is_active]
    marks = {mark.process_id: mark for mark in StepMark.objects.filter(serial=serial)}
    failure = _last_failure(serial)
    mark = marks.get(process.pk)
    record = None
    if mark is not None and not mark.passed:
        record = ProcessData.objects.select_related("operator").filter(pk=mark.record_id).first()
    obstacle, out_of_order = _obstacle(serial, process, route, marks)
    return UnitHere(
        serial=serial,
        steps=tuple(Step(step, _state(step, marks, failure), step.pk == process.pk) for step in route),
        record=record,
        failure=_told(failure),
        components=tuple(_used(serial, process)),
        obstacle=obstacle,
        out_of_order=out_of_order,
    )


def _state(step: Process, marks: Mapping[int, StepMark], failure: ProcessData | None) -> str:
    mark = marks.get(step.pk)
    if mark is not None:
        return PASSED if mark.passed else STARTED
    return FAILED if failure is not None and failure.process_id == step.pk else WAITING


def _obstacle(
    serial: Serial, process: Process, route: Sequence[Process], marks: Mapping[int, StepMark]
) -> tuple[str, bool]:
    """Why nothing may be recorded here, as the actions would say it; and whether it is the order alone."""
    if text := _closed(serial, process):
        return text, False
    if process.pk not in {step.pk for step in route}:
        text = _("%(product)s does not pass this step.")
        return text % {"product": serial.lot.product.model_code}, False
    mark = marks.get(process.pk)
    if mark is not None and mark.passed:
        return _("%(step)s has passed already.") % {"step": process.process_code}, False
    missing = _step_before(process, route, marks)
    if missing is None or serial.status == SerialStatus.FAILED:
        return "", False
    return _("%(step)s must pass first.") % {"step": missing.process_code}, True


def _closed(serial: Serial, process: Process) -> str:
    if serial.lot.status == LotStatus.CLOSED:
        return _("The lot %(lot)s is closed.") % {"lot": serial.lot.lot_number}
    if not process.is_active:
        return _("This step is switched off.")
    if serial.status == SerialStatus.PASSED:
        return _("The unit has passed every step; nothing is left to do.")
    if serial.status == SerialStatus.FAILED and not process.is_label:
        if serial.is_scrapped:
            return _("The unit is scrapped: it was reworked three times and failed again.")
        return _("The unit has failed. It takes a rework before it goes on.")
    return ""


def _step_before(process: Process, route: Sequence[Process], marks: Mapping[int, StepMark]) -> Process | None:
    """The process before this one, where it has not passed."""
    place = next(index for index, step in enumerate(route) if step.pk == process.pk)
    if place == 0:
        return None
    mark = marks.get(route[place - 1].pk)
    return None if mark is not None and mark.passed else route[place - 1]


def _used(serial: Serial, process: Process) -> Iterator[Used]:
    scans = Consumption.objects.filter(serial=serial, process=process).select_related("component_lot")
    for scan in scans.order_by("at", "id"):
        lot = scan.component_lot
        yield Used(lot.part_code, lot.lot_number, f"{scan.quantity.normalize():f}")


def _last_failure(serial: Serial) -> ProcessData | None:
    wrong = ProcessData.objects.filter(serial=serial, result__in=(Result.FAIL, Result.REWORK))
    return wrong.select_related("process", "operator").order_by("-started_at", "-id").first()


def _told(record: ProcessData | None) -> Failure | None:
    if record is None or record.completed_at is None:
        return None
    return Failure(
        process_code=record.process.process_code,
        at=record.completed_at,
        by=str(record.operator),
        result=Result(record.result).label,
        defects=tuple(_codes(record.defects)),
        notes=record.notes,
    )


def _codes(defects: Any) -> list[str]:
    """The codes of a record's defects, whichever of the accepted forms they were sent in."""
    listed = defects if isinstance(defects, list) else [defects] if defects else []
    return [str(one.get("defect_code", "")) if isinstance(one, dict) else str(one) for one in listed]


def last_records(*, process: Process, machine_id: int | None) -> list[ProcessData]:
    """The last ten of this station, the newest first; of the machine alone where the tablet stands at one."""
    records = ProcessData.objects.filter(process=process)
    if machine_id:
        records = records.filter(machine_id=machine_id)
    return list(
        records.select_related("serial", "lot", "operator").order_by("-started_at", "-id")[:LAST_RECORDS]
    )


def common_defects(*, process: Process) -> list[str]:
    """The codes most often found at this step, the commonest first."""
    tallies = Tally.objects.filter(subject=TallySubject.DEFECT, ref_id=process.pk)
    codes = tallies.values("word").annotate(found=Sum("count")).filter(found__gt=0).order_by("-found", "word")
    return [row["word"] for row in codes[:COMMON_DEFECTS]]

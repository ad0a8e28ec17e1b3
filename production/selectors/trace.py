"""The whole history of one unit, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from audit.models import AuditLog
from production.models import Consumption, Defect, LabelPrint, ProcessData, Rework, Serial

# The trail's clock is the database's and the row's is the program's: they may differ by this much.
CLOCKS_DIFFER = timedelta(hours=1)
# What has a row of its own in the timeline already.
TOLD_OTHERWISE = ("production.serial.created", "production.serial.reworked")
# Events of one moment, in the order in which they follow from each other.
ORDER = (
    "created",
    "step_started",
    "component",
    "step_completed",
    "defect",
    "correction",
    "status",
    "rework",
    "label",
)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to the unit, when and by whom; `details` say what, by names of the API."""

    at: datetime
    event: str
    by_id: int | None
    by: str | None
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Trace:
    """The unit with its lot and product, everything recorded of it, and all of that in order."""

    serial: Serial
    records: list[ProcessData]
    defects: list[Defect]
    reworks: list[Rework]
    components: list[Consumption]
    labels: list[LabelPrint]
    timeline: list[Event]

    @property
    def total_cycle_time_seconds(self) -> float:
        """Of all completed steps, tries that failed included."""
        return sum(record.duration_seconds or 0.0 for record in self.records)

    def is_rework(self, record: ProcessData) -> bool:
        """Whether the step was done again, after the unit had been sent back."""
        return bool(self.reworks) and record.started_at >= self.reworks[0].at


def trace(*, serial_id: int) -> Trace:
    """Everything that ever happened to the unit. Raises Serial.DoesNotExist."""
    serial = Serial.objects.select_related("lot__product", "lot__line", "created_by").get(pk=serial_id)
    records = _records(serial)
    defects = list(Defect.objects.filter(serial=serial).select_related("process").order_by("id"))
    reworks = list(serial.reworks.select_related("process", "requested_by").order_by("number"))
    scans = serial.components.select_related("component_lot", "process", "operator").order_by("at", "id")
    labels = list(serial.label_prints.select_related("printed_by").order_by("number"))
    made = Trace(serial, records, defects, reworks, list(scans), labels, [])
    made.timeline.extend(sorted(_events(made), key=_place))
    return made


def _records(serial: Serial) -> list[ProcessData]:
    """Those of the unit, and those of its whole lot; by the time they began."""
    read = ProcessData.objects.select_related("process", "operator", "machine")
    own = read.filter(serial=serial)
    of_lot = read.filter(lot_id=serial.lot_id, serial=None)
    return sorted([*own, *of_lot], key=lambda record: (record.started_at, record.pk))


def _place(event: Event) -> tuple[datetime, int]:
    return event.at, ORDER.index(event.event)


def _events(made: Trace) -> Iterator[Event]:
    serial = made.serial
    yield _event(serial.created_at, "created", serial.created_by, lot_number=serial.lot.lot_number)
    for record in made.records:
        yield from _of_record(record)
    yield from _of_defects(made)
    for rework in made.reworks:
        yield _event(rework.at, "rework", rework.requested_by, **_rework(rework))
    for scan in made.components:
        yield _event(scan.at, "component", scan.operator, **_scan(scan))
    for label in made.labels:
        yield _event(label.at, "label", label.printed_by, number=label.number, reason=label.reason)
    yield from _deeds(made)


def _event(at: datetime, event: str, person: Any, **details: Any) -> Event:
    return Event(at, event, person and person.pk, person and (person.full_name or person.username), details)


def _of_record(record: ProcessData) -> Iterator[Event]:
    """Its start, and its completion where that came later."""
    told = {
        "process_data_id": record.pk,
        "process_code": record.process.process_code,
        "process_name": record.process.name,
        "data_level": record.data_level,
        "equipment_code": record.machine.equipment_code if record.machine else None,
    }
    if record.override_reason:
        told["override_reason"] = record.override_reason
    if record.completed_at != record.started_at:
        yield _event(record.started_at, "step_started", record.operator, **told)
    if record.completed_at:
        told |= {"result": record.result, "notes": record.notes}
        yield _event(record.completed_at, "step_completed", record.operator, **told)


def _of_defects(made: Trace) -> Iterator[Event]:
    records = {record.pk: record for record in made.records}
    for defect in made.defects:
        record = records.get(defect.record_id)
        if record and record.completed_at:
            yield _event(
                record.completed_at,
                "defect",
                record.operator,
                process_code=defect.process.process_code,
                defect_code=defect.defect_code,
                defect_name=defect.defect_name,
                severity=defect.severity,
            )


def _rework(rework: Rework) -> dict[str, Any]:
    return {
        "number": rework.number,
        "reason": rework.reason,
        "failure_reason": rework.failure_reason,
        "process_code": rework.process.process_code if rework.process else None,
    }


def _scan(scan: Consumption) -> dict[str, Any]:
    return {
        "part_code": scan.component_lot.part_code,
        "component_lot": scan.component_lot.lot_number,
        "supplier": scan.component_lot.supplier,
        "quantity": scan.quantity,
        "process_code": scan.process.process_code if scan.process else None,
    }


def _deeds(made: Trace) -> Iterator[Event]:
    """What the audit trail knows beside: changes of status, and corrections of records, which have a reason."""
    serial, records = made.serial, [str(record.pk) for record in made.records if record.serial_id]
    about = Q(entity_type="serials", entity_id=str(serial.pk), action__startswith="production.serial.") & ~Q(
        action__in=TOLD_OTHERWISE
    )
    about |= Q(entity_type="process_data", entity_id__in=records, action="UPDATE") & ~Q(reason="")
    deeds = AuditLog.objects.filter(about, created_at__gte=serial.created_at - CLOCKS_DIFFER)
    for deed in deeds.order_by("created_at", "id"):
        kind = "status" if deed.entity_type == "serials" else "correction"
        told: dict[str, Any] = {"action": deed.action, "reason": deed.reason}
        if kind == "correction":
            told |= {"old_values": deed.old_values, "new_values": deed.new_values}
        yield Event(deed.created_at, kind, deed.user_id, deed.user_name or None, told)

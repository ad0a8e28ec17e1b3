"""The whole history of one unit, in three queries whatever happened to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db.models import Q

from production.models import ProcessData, Serial
from production.selectors.genealogy import rows_of

# The trail's clock is the database's and the row's is the program's: they may differ by this much.
CLOCKS_DIFFER = timedelta(hours=1)
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
# (kind, at, who, name, details). A rework has a row of its own, so its deed in the audit trail is left out there;
# a change of a record that has a reason is a correction.
EVENTS = """
SELECT 'rework', it.at, person.id, coalesce(nullif(person.full_name, ''), person.username), jsonb_build_object(
    'number', it.number, 'reason', it.reason, 'failure_reason', it.failure_reason,
    'process_code', process.process_code)
FROM production_rework it
LEFT JOIN production_process process ON process.id = it.process_id
LEFT JOIN accounts_user person ON person.id = it.requested_by_id
WHERE it.serial_id = %(serial)s
UNION ALL
SELECT 'component', it.at, person.id, coalesce(nullif(person.full_name, ''), person.username), jsonb_build_object(
    'part_code', part.part_code, 'component_lot', part.lot_number, 'supplier', part.supplier,
    'quantity', it.quantity, 'process_code', process.process_code)
FROM production_consumption it
JOIN production_componentlot part ON part.id = it.component_lot_id
LEFT JOIN production_process process ON process.id = it.process_id
LEFT JOIN accounts_user person ON person.id = it.operator_id
WHERE it.serial_id = %(serial)s
UNION ALL
SELECT 'label', it.at, person.id, coalesce(nullif(person.full_name, ''), person.username), jsonb_build_object(
    'number', it.number, 'reason', it.reason)
FROM production_labelprint it LEFT JOIN accounts_user person ON person.id = it.printed_by_id
WHERE it.serial_id = %(serial)s
UNION ALL
SELECT 'defect', NULL, NULL, NULL, jsonb_build_object(
    'record_id', it.record_id, 'defect_code', it.defect_code, 'defect_name', it.defect_name,
    'severity', it.severity)
FROM production_defect it WHERE it.serial_id = %(serial)s
UNION ALL
SELECT 'status', it.created_at, it.user_id, nullif(it.user_name, ''), jsonb_build_object(
    'action', it.action, 'reason', it.reason)
FROM audit_auditlog it
WHERE it.entity_type = 'serials' AND it.entity_id = %(serial)s::text AND it.created_at >= %(since)s
    AND it.action LIKE 'production.serial.%%' AND it.action NOT IN (
        'production.serial.created', 'production.serial.reworked')
UNION ALL
SELECT 'correction', it.created_at, it.user_id, nullif(it.user_name, ''), jsonb_build_object(
    'action', it.action, 'reason', it.reason, 'old_values', it.old_values, 'new_values', it.new_values)
FROM audit_auditlog it
WHERE it.entity_type = 'process_data' AND it.entity_id = ANY(%(records)s) AND it.created_at >= %(since)s
    AND it.action = 'UPDATE' AND it.reason <> ''
"""


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
    """The unit with its lot and product, its records, and everything that happened in order."""

    serial: Serial
    records: list[ProcessData]
    timeline: list[Event]

    @property
    def total_cycle_time_seconds(self) -> float:
        """Of all completed steps, tries that failed included."""
        return sum(record.duration_seconds or 0.0 for record in self.records)

    def of(self, kind: str) -> list[Event]:
        """The events of this kind, in order."""
        return [event for event in self.timeline if event.event == kind]

    def is_rework(self, record: ProcessData) -> bool:
        """Whether the step was done again, after the unit had been sent back."""
        reworks = self.of("rework")
        return bool(reworks) and _last_moment(record) > reworks[0].at


def trace(*, serial_id: int) -> Trace:
    """Everything that ever happened to the unit. Raises Serial.DoesNotExist."""
    serial = Serial.objects.select_related("lot__product", "lot__line", "created_by").get(pk=serial_id)
    records = _records(serial)
    return Trace(serial, records, sorted(_events(serial, records), key=_place))


def _records(serial: Serial) -> list[ProcessData]:
    """Those of the unit, and those of its whole lot, in the order in which they ended.

    A start is often reckoned back from the end, so that a second try may seem to begin before the first one failed.
    """
    about = Q(serial=serial) | Q(lot_id=serial.lot_id, serial=None)
    read = ProcessData.objects.select_related("process", "operator", "machine").filter(about)
    return sorted(read, key=lambda record: (_last_moment(record), record.pk))


def _last_moment(record: ProcessData) -> datetime:
    """Its end, or its start where it has not ended."""
    return record.completed_at or record.started_at


def _place(event: Event) -> tuple[datetime, int]:
    return event.at, ORDER.index(event.event)


def _events(serial: Serial, records: list[ProcessData]) -> Iterator[Event]:
    yield _event(serial.created_at, "created", serial.created_by, lot_number=serial.lot.lot_number)
    for record in records:
        yield from _of_record(record)
    told = {
        "serial": serial.pk,
        "since": serial.created_at - CLOCKS_DIFFER,
        "records": [str(record.pk) for record in records if record.serial_id],
    }
    by_id = {record.pk: record for record in records}
    for kind, at, person, name, json in rows_of(EVENTS, told):
        details = orjson.loads(json)
        if kind == "defect":
            yield from _defect(by_id.get(details.pop("record_id")), details)
        else:
            yield Event(at, kind, person, name, details)


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


def _defect(record: ProcessData | None, details: dict[str, Any]) -> Iterator[Event]:
    """When the step that found it was completed."""
    if record and record.completed_at:
        process_code = record.process.process_code
        yield _event(record.completed_at, "defect", record.operator, process_code=process_code, **details)

"""Recording what was done to units and lots: a step started, completed, or both at once; and corrections."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from msgspec import UNSET, structs

from accounts.models import User
from core.context import act_as
from core.db import emit, lock
from core.ledger import record as enter_deed
from core.ledger import values_of
from equipment.models import Machine
from production.actions import unit_status
from production.choices import LotStatus, SerialStatus
from production.criteria import criteria_of
from production.days import day_at
from production.errors import AlreadyPassed, AlreadyStarted, LotClosed, NotForYou, RecordCompleted
from production.models import Defect, Lot, ProcessData, Serial
from production.record_input import Given, check_times, defects_in, end_of, invalid, times_of
from production.record_rows import Place, end_mark, insert_record, lock_lot, lock_unit, place_of
from production.record_rules import (
    FAIL,
    FAILED,
    PASS,
    PASSED,
    becomes,
    check_lot_takes,
    check_takes,
    check_values,
    level_of,
    reason_of,
    reason_to_run,
)
from production.signals import serial_changed, step_recorded

OVERRIDE = "production.override_order"
FOR_OTHERS = "production.change_others_processdata"
# What may still change of a completed record.
CORRECTED = ["measurements", "defects", "notes", "machine", "completed_at", "day"]


@transaction.atomic
def record_step(*, given: Given, actor: Any) -> ProcessData:
    """A step as a client tells it: started only where it has no result, else done from start to end.

    The unit and its lot start with their first record; a FAIL makes the unit FAILED, the PASS that completes its route
    makes it PASSED, and the lot's quantities follow. Raises Invalid (400) for what cannot be, NotForYou (403)
    for another's name or an order overridden without the right, and LotClosed, UnitNotOpen, OutOfOrder,
    AlreadyPassed, AlreadyStarted (409).
    """
    now = timezone.now()
    started_at, completed_at = times_of(given, now)
    place = _place(given)
    defects = defects_in(given.defects)
    check_values(place.criteria, given.result, given.measurements or {}, defects, given.notes or "")
    overridden = reason_to_run(
        place.unit,
        place.way,
        place.step,
        given,
        of_a_unit=place.serial is not None,
        may_override=actor.has_perm(OVERRIDE),
    )
    row = ProcessData(
        process=place.process,
        lot=place.lot,
        serial=place.serial,
        machine=machine_named(given),
        operator=_operator(given, actor),
        data_level=level_of(given.data_level, place.serial is not None),
        result=given.result,
        measurements=given.measurements or {},
        defects=given.defects or [],
        notes=given.notes or "",
        process_order=given.process_order or place.way.places[place.step.id],
        override_reason=overridden,
        started_at=started_at,
        completed_at=completed_at,
        day=day_at(place.lot.site, completed_at or started_at),
    )
    if not insert_record(row):  # whoever writes without the lock is stopped by the constraint
        raise AlreadyPassed if row.result else AlreadyStarted
    _follow(place, row, actor)
    return row


def _place(given: Given) -> Place:
    """The lot and unit that are meant, locked, and the step of their route."""
    if given.serial_id is None and given.serial_number is None:
        level_of(given.data_level, of_a_unit=False)
        if given.lot_id is None and given.lot_number is None:
            raise invalid("serial_id", _("A record names its unit, or at LOT level its lot."))
        lot, serial = lock_lot(lot_id=given.lot_id, lot_number=given.lot_number), None
    else:
        level_of(given.data_level, of_a_unit=True)
        serial = lock_unit(serial_id=given.serial_id, serial_number=given.serial_number)
        lot = serial.lot
        _check_same(given, lot, serial)
    return place_of(lot, serial, process_id=given.process_id, process_code=given.process_code)


def _check_same(given: Given, lot: Lot, serial: Serial) -> None:
    """What a client says twice agrees with itself."""
    if given.serial_number not in (None, serial.serial_number):
        raise invalid("serial_number", _("This is another unit than that of serial_id."))
    for field, said, true in (
        ("lot_id", given.lot_id, lot.pk),
        ("lot_number", given.lot_number, lot.lot_number),
    ):
        if said not in (None, true):
            raise invalid(field, _("The unit belongs to lot %(lot)s.") % {"lot": lot.lot_number})


def machine_named(given: Given) -> Machine | None:
    """The machine that is meant. Raises Invalid where there is none, or where id and code name two."""
    pk, code = given.equipment_id or None, given.equipment_code or None
    if pk is None and code is None:
        return None
    field = "equipment_id" if pk is not None else "equipment_code"
    wanted = {"pk": pk} if pk is not None else {"equipment_code__iexact": code}
    machine = Machine.objects.filter(**wanted).first()
    if machine is None:
        raise invalid(field, _("There is no such machine."))
    if code is not None and machine.equipment_code.lower() != str(code).lower():
        raise invalid("equipment_code", _("This is another machine than that of equipment_id."))
    return machine


def _operator(given: Given, actor: Any) -> Any:
    """Who did it: the caller, or somebody else where the caller may say so."""
    if given.operator_id in (None, actor.pk):
        return actor
    if not actor.has_perm(FOR_OTHERS):
        raise NotForYou(errors={"operator_id": [str(NotForYou.message)]})
    operator = User.objects.filter(pk=given.operator_id, is_active=True).first()
    if operator is None:
        raise invalid("operator_id", _("There is no such active person."))
    return operator


def _follow(place: Place, row: ProcessData, actor: Any) -> None:
    """What the record brings about: defects by code, the unit and the lot moved on, the deed and the announcement."""
    _keep_defects(row)
    if row.override_reason:
        enter_deed("production.order.overridden", row, actor=actor, reason=row.override_reason)
    if place.lot.status == LotStatus.CREATED:
        unit_status.start_lot_by_itself(lot=place.lot, at=row.started_at, actor=actor)
    if place.serial is not None:
        _move_unit(place, place.serial, row, actor)
    emit(step_recorded, record_id=row.pk, serial_id=row.serial_id, lot_id=row.lot_id)


def _move_unit(place: Place, serial: Serial, row: ProcessData, actor: Any) -> None:
    target = becomes(place.unit, place.way, place.step, row.result)
    if serial.status == SerialStatus.CREATED:
        unit_status.begin_unit(serial=serial, actor=actor)
    if target == serial.status:
        return
    at = row.completed_at or row.started_at
    if target == FAILED:
        reason = reason_of(defects_in(row.defects), row.notes)
        unit_status.fail_unit(serial=serial, reason=reason, at=at, actor=actor)
    elif target == PASSED:
        unit_status.pass_unit(serial=serial, at=at, actor=actor)


def _keep_defects(row: ProcessData) -> None:
    """A completed step's defects by code, in place of those it named before."""
    if row.result is not None and row.defects:
        Defect.objects.bulk_create(
            Defect(
                record_id=row.pk,
                day=row.day,
                lot_id=row.lot_id,
                serial_id=row.serial_id,
                process_id=row.process_id,
                defect_code=named.defect_code,
                defect_name=named.defect_name or "",
                severity=named.severity or "",
            )
            for named in defects_in(row.defects)
        )


@transaction.atomic
def finish_step(*, given: Given, actor: Any) -> ProcessData:
    """The end of a step at a station: of the one begun there, else of one that nobody told the start of."""
    place = _place(given)
    begun = place.begun.get(place.step.id)
    if begun is None:
        return record_step(given=given, actor=actor)
    said = structs.replace(given, process_code=None, started_at=None, operator_id=None)  # these stand
    return change_record(record=ProcessData.objects.get(pk=begun), given=said, actor=actor)


@transaction.atomic
def change_record(*, record: ProcessData, given: Given, actor: Any) -> ProcessData:
    """Complete a started step, once, where a result is given; else correct what was noted down.

    Raises NotForYou for another's record without the right, RecordCompleted (409) for another result than the
    one that stands, LotClosed, and Invalid where something that never changes is given another value.
    """
    lot, serial = _locked(record)
    row = lock(ProcessData, record.pk)
    row.lot, row.serial = lot, serial
    if row.operator_id != actor.pk and not actor.has_perm(FOR_OTHERS):
        raise NotForYou
    _check_unchanged(row, given)
    if row.result is None and given.result is not None:
        return _complete(row, given, actor)
    if given.result not in (None, row.result):
        raise RecordCompleted
    return _correct(row, given)


def _locked(record: ProcessData) -> tuple[Lot, Serial | None]:
    if record.serial_id is None:
        return lock_lot(lot_id=record.lot_id, lot_number=None), None
    serial = lock_unit(serial_id=record.serial_id, serial_number=None)
    return serial.lot, serial


def _check_unchanged(row: ProcessData, given: Given) -> None:
    """What a record was made with stands; written back as it is, it does no harm."""
    said: dict[str, tuple[Any, Any]] = {
        "process_id": (given.process_id, row.process_id),
        "process_code": (given.process_code, given.process_code and row.process.process_code),
        "serial_id": (given.serial_id, row.serial_id),
        "serial_number": (given.serial_number, row.serial and row.serial.serial_number),
        "lot_id": (given.lot_id, row.lot_id),
        "lot_number": (given.lot_number, row.lot.lot_number),
        "operator_id": (given.operator_id, row.operator_id),
        "data_level": (given.data_level, row.data_level),
        "started_at": (given.started_at, row.started_at),
        "process_order": (given.process_order, row.process_order),
    }
    for field, (value, stands) in said.items():
        if value not in (None, stands):
            raise invalid(field, _("This does not change any more."))


def _complete(row: ProcessData, given: Given, actor: Any) -> ProcessData:
    place = place_of(row.lot, row.serial, process_id=row.process_id, process_code=None)
    if place.serial is None:
        check_lot_takes(place.unit, place.step, given.result, completing=True)
    else:
        check_takes(place.unit, place.way, place.step, given.result, completing=True)
    row.process, row.result = place.process, given.result
    lasting = timedelta(seconds=given.cycle_time_seconds or 0)
    row.completed_at = given.completed_at or end_of(row.started_at, lasting, timezone.now())
    _take_in(row, given)
    row.save(update_fields=["result", *CORRECTED])
    end_mark(
        record_id=row.pk,
        process_id=row.process_id,
        lot_id=row.lot_id,
        serial_id=row.serial_id,
        passed=row.result == PASS,
    )
    _follow(place, row, actor)
    return row


def _correct(row: ProcessData, given: Given) -> ProcessData:
    """Nothing of a closed lot; of a completed record with a reason; whatever differs is in the trail."""
    before, ended_at = values_of(row), row.completed_at
    if given.completed_at is not None and row.result is None:
        raise invalid("result", _("A completed step says how it ended."))
    if given.completed_at is None and given.cycle_time_seconds not in (None, row.duration_seconds):
        raise invalid("cycle_time_seconds", _("The time of completion is what can be corrected."))
    row.completed_at = given.completed_at or row.completed_at
    _take_in(row, given)
    if values_of(row) == before:
        return row
    if row.lot.status == LotStatus.CLOSED:
        raise LotClosed
    reason = (given.reason or "").strip()
    if row.result is not None and not reason:
        raise invalid("reason", _("Say why it is corrected."))
    with act_as(reason=reason):
        row.save(update_fields=CORRECTED)
        if row.serial and _ended_by(row, row.serial, ended_at):
            _correct_unit(row.serial, row)
    Defect.objects.filter(record_id=row.pk).delete()
    _keep_defects(row)
    emit(step_recorded, record_id=row.pk, serial_id=row.serial_id, lot_id=row.lot_id)
    return row


def _ended_by(row: ProcessData, serial: Serial, ended_at: datetime | None) -> bool:
    """Whether it was this record, which ended then, that made the unit PASSED or FAILED."""
    told = {PASSED: PASS, FAILED: FAIL}.get(serial.status)
    if ended_at is None or ended_at != serial.completed_at or row.result != told:
        return False
    later = serial.records.filter(result=told, completed_at=ended_at, pk__gt=row.pk)
    return not later.exists()


def _correct_unit(serial: Serial, row: ProcessData) -> None:
    """The unit that this record ended: when that was and, of a FAIL, why, is corrected with it."""
    serial.completed_at, serial.completed_on = row.completed_at, row.day
    if serial.status == SerialStatus.FAILED:
        serial.failure_reason = reason_of(defects_in(row.defects), row.notes)
    serial.save(update_fields=["completed_at", "completed_on", "failure_reason", "updated_at"])
    emit(serial_changed, serial_id=serial.pk, lot_id=serial.lot_id)


def _take_in(row: ProcessData, given: Given) -> None:
    """What is given anew in place of what was noted before, still true to the criteria and to time."""
    for field in ("measurements", "defects", "notes"):
        value = getattr(given, field)
        if value is not None:
            setattr(row, field, value)
    if given.equipment_id is not UNSET or given.equipment_code is not UNSET:
        row.machine = machine_named(given)
    check_times(row.started_at, row.completed_at, timezone.now())
    criteria = criteria_of(row.process.quality_criteria)
    check_values(criteria, row.result, row.measurements, defects_in(row.defects), row.notes)
    row.day = day_at(row.lot.site, row.completed_at or row.started_at)

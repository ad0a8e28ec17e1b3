"""Thousands of records at once: the same rules as for one, in the order of the batch, and an error for each bad row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.db import conflict_as, emit
from core.errors import DomainError
from core.ledger import Entry, record
from core.ledger import write as enter
from production.actions.records import FOR_OTHERS, OVERRIDE
from production.actions.unit_status import is_made
from production.bulk import rows as sql
from production.bulk.plant import FOLLOWING, LotRow, Plant, UnitRow, read_plant
from production.bulk.rows import Accepted
from production.choices import LotStatus, SerialStatus
from production.errors import AlreadyPassed, BatchRefused, NotForYou
from production.models import MAX_REWORK, ProcessData, Serial
from production.record_input import Given, defects_in, invalid, read_record, times_of
from production.record_rules import (
    FAILED,
    IN_PROGRESS,
    PASSED,
    check_values,
    level_of,
    mark_step,
    reason_of,
    reason_to_run,
)
from production.signals import lot_changed, step_recorded

RowError = dict[str, Any]


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What became of a batch: created + rejected = its items. `errors` has one entry per rejected."""

    created: int
    rejected: int
    errors: list[RowError]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends the batch, and what they may."""

    actor: Any
    pk: int
    may_override: bool
    for_others: bool


@transaction.atomic
def record_batch(*, items: Sequence[Any], actor: Any, whole: bool = False, digest: str = "") -> BatchResult:
    """Record decoded JSON objects, each as `record_step` would, those of one unit in their order.

    All good rows are kept and nothing of a bad one; with `whole`, all or nothing: raises BatchRefused. `digest` is
    the sha256 of what was sent, for the ledger: one deed per batch, and one for each unit and lot that changed its
    status. The number of statements does not grow with the rows.
    """
    now = timezone.now()
    errors: list[RowError] = []
    said = _read(items, errors)
    plant = read_plant([given for _index, given in said])
    caller = Caller(actor, actor.pk, actor.has_perm(OVERRIDE), actor.has_perm(FOR_OTHERS))
    with conflict_as(AlreadyPassed, "production_stepmark_once_per_unit", "production_stepmark_once_per_lot"):
        kept = sql.write(_judge(said, plant, caller, now, errors), len(said), now)
    errors.sort(key=lambda error: error["index"])
    if errors and whole:
        raise BatchRefused(errors, status=max(error.pop("status") for error in errors))
    for error in errors:
        del error["status"]
    if kept:
        _follow(kept, plant, caller, now)
        _tell(kept, plant, actor, len(errors), digest)
    return BatchResult(len(kept), len(errors), errors)


def _read(items: Sequence[Any], errors: list[RowError]) -> list[tuple[int, Given]]:
    """Every row that can be read."""
    said = []
    for index, item in enumerate(items):
        try:
            said.append((index, read_record(item)))
        except DomainError as refusal:
            errors.append(_error(index, refusal))
    return said


def _error(index: int, refusal: DomainError) -> RowError:
    field = next(iter(refusal.errors), None)
    detail = refusal.errors[field][0] if field else refusal.detail
    return {
        "index": index,
        "field": field,
        "code": refusal.code,
        "detail": detail,
        "status": 400 if refusal.status == 400 else 409,
    }


def _judge(
    said: list[tuple[int, Given]], plant: Plant, caller: Caller, now: datetime, errors: list[RowError]
) -> Iterator[Accepted]:
    """The rows that may be kept, in their order; each unit moves on with every one of them."""
    for index, given in said:
        try:
            yield _accept(given, plant, caller, now)
        except DomainError as refusal:
            errors.append(_error(index, refusal))


def _accept(given: Given, plant: Plant, caller: Caller, now: datetime) -> Accepted:
    """One row, held against everything; nothing is changed unless it is good."""
    of_a_unit = given.serial_id is not None or given.serial_number is not None
    level = level_of(given.data_level, of_a_unit)
    started_at, completed_at = times_of(given, now)
    unit = plant.unit(given) if of_a_unit else None
    home = unit.home if unit else plant.lot(given)
    way = plant.ways[home.lot.product_id]
    step = plant.step(way, given)
    defects = defects_in(given.defects)
    check_values(plant.criteria[step.id], given.result, given.measurements or {}, defects, given.notes or "")
    state = unit.state if unit else home.state
    overridden = reason_to_run(state, way, step, given, of_a_unit=of_a_unit, may_override=caller.may_override)
    row = Accepted(
        given=given,
        lot_id=home.lot.pk,
        unit=unit,
        process_id=step.id,
        machine_id=plant.machine(given),
        operator_id=_operator(given, plant, caller),
        level=level,
        order=given.process_order or way.places[step.id],
        override_reason=overridden,
        started_at=started_at,
        completed_at=completed_at,
        day=(completed_at or started_at).astimezone(home.zone).date(),
        defects=defects,
    )
    _start(home, started_at)
    if unit is None:
        mark_step(state.marks, step.id, given.result)
    else:
        before = state.status
        state.take(way, step, given.result)
        _end(unit, before, row)
    return row


def _operator(given: Given, plant: Plant, caller: Caller) -> int:
    if given.operator_id in (None, caller.pk):
        return caller.pk
    if not caller.for_others:
        raise NotForYou(errors={"operator_id": [str(NotForYou.message)]})
    if given.operator_id not in plant.people:
        raise invalid("operator_id", _("There is no such active person."))
    return given.operator_id


def _start(home: LotRow, at: datetime) -> None:
    """A lot starts with its first record."""
    if home.lot.status == LotStatus.CREATED:
        home.lot.status, home.lot.started_at = LotStatus.IN_PROGRESS.value, at


def _end(unit: UnitRow, before: str, row: Accepted) -> None:
    """Where this record ended the unit: when, why, and the quantities of its lot."""
    if unit.state.status == before or unit.state.status == IN_PROGRESS:
        return
    unit.ended_at = row.completed_at
    lot = unit.home.lot
    if unit.state.status == PASSED:
        lot.passed_quantity += 1
        return
    unit.failure_reason = reason_of(row.defects, row.given.notes or "")
    lot.failed_quantity += 1
    lot.scrapped_quantity += _scrapped(unit)


def _scrapped(unit: UnitRow) -> bool:
    return unit.state.status == FAILED and unit.rework_count >= MAX_REWORK


def _follow(kept: list[Accepted], plant: Plant, caller: Caller, now: datetime) -> None:
    """What the records bring about: units and lots moved on, and the deeds."""
    for home in _lots(plant):
        if is_made(home.lot):
            home.lot.status = LotStatus.COMPLETED.value
            home.lot.completed_at, home.lot.completed_on = now, now.astimezone(home.zone).date()
    moved = [unit for unit in plant.own if unit.state.status != unit.was]
    sql.move_units(moved, _scrapped)
    sql.move_lots([home for home in _lots(plant) if _changes(home)])
    enter(
        [*_unit_deeds(moved, caller.actor), *_lot_deeds(plant, caller.actor), *_overrides(kept, caller.actor)]
    )


def _lots(plant: Plant) -> list[LotRow]:
    return list({row.lot.pk: row for row in plant.lots.values()}.values())


def _changes(home: LotRow) -> dict[str, Any]:
    """What the batch changed of a lot."""
    now = {name: getattr(home.lot, name) for name in FOLLOWING}
    return {name: value for name, value in now.items() if value != home.was[name]}


_DEEDS = {
    SerialStatus.IN_PROGRESS.value: "production.serial.started",
    PASSED: "production.serial.passed",
    FAILED: "production.serial.failed",
}


def _unit_deeds(moved: list[UnitRow], actor: Any) -> list[Entry]:
    return [
        Entry(
            _DEEDS[unit.state.status],
            Serial(pk=unit.id, serial_number=unit.number),
            {"status": unit.was},
            {"status": unit.state.status},
            unit.failure_reason if unit.state.status == FAILED else "",
            actor,
        )
        for unit in moved
    ]


def _lot_deeds(plant: Plant, actor: Any) -> list[Entry]:
    entries = []
    for home in _lots(plant):
        new = _changes(home)
        old = {name: home.was[name] for name in new}
        if new:
            entries.append(Entry("UPDATE", home.lot, old, new, "", actor))
        if "status" in new:
            if home.was["status"] == LotStatus.CREATED:
                entries.append(Entry("production.lot.started", home.lot, actor=actor))
            if new["status"] == LotStatus.COMPLETED:
                entries.append(Entry("production.lot.completed", home.lot, actor=actor))
    return entries


def _overrides(kept: list[Accepted], actor: Any) -> list[Entry]:
    return [
        Entry("production.order.overridden", ProcessData(pk=row.id), reason=row.override_reason, actor=actor)
        for row in kept
        if row.override_reason
    ]


def _tell(kept: list[Accepted], plant: Plant, actor: Any, rejected: int, digest: str) -> None:
    """One deed for the batch, and one word to the floor for each lot."""
    said = {
        "created": len(kept),
        "rejected": rejected,
        "sha256": digest,
        "first_id": kept[0].id,
        "last_id": kept[-1].id,
    }
    record("production.records.imported", actor, actor=actor, new=said)
    for lot_id in sorted({row.lot_id for row in kept}):
        emit(step_recorded, record_id=None, serial_id=None, lot_id=lot_id)
        emit(lot_changed, lot_id=lot_id)

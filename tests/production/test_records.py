"""Steps recorded on units: the order, what becomes of unit and lot, what is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from audit.models import AuditLog
from core.errors import DomainError, Invalid
from production.actions import unit_status
from production.actions.records import change_record, finish_step, record_step
from production.errors import NotForYou
from production.models import Defect, Lot, Process, ProcessData, Serial, StepMark
from production.record_input import read_record
from tests.support.factories import UserFactory
from tests.support.production_factories import ProductFactory
from tests.support.trace_factories import ProcessFactory, lot_of, route_for, unit_in

pytestmark = pytest.mark.django_db
DEPTH = {"name": "depth", "unit": "mm", "kind": "number", "lower": 0.03, "upper": 0.08, "required": True}


@pytest.fixture
def manager():
    return UserFactory(role="production_manager")


@pytest.fixture
def operator():
    return UserFactory(role="operator")


@pytest.fixture
def route():
    """Three steps, the last but one printing the label."""
    product = ProductFactory()
    steps = [ProcessFactory(), ProcessFactory(is_label=True), ProcessFactory()]
    route_for(product, steps)
    return product, steps


@pytest.fixture
def unit(route):
    product, _steps = route
    return unit_in(lot_of(product, target_quantity=2))


def do(unit, process, actor, result="PASS", **said):
    """Record it as a client would say it."""
    item = {"serial_id": unit.pk, "process_id": process.pk, **({"result": result} if result else {}), **said}
    return record_step(given=read_record(item), actor=actor)


def code_of(call, *args, **kwargs):
    """The code of the refusal, None where there is none."""
    try:
        call(*args, **kwargs)
    except DomainError as refusal:
        return refusal.code
    return None


def deeds(row):
    return list(
        AuditLog.objects.filter(entity_type="serials", entity_id=str(row.pk), action__contains=".")
        .order_by("id")
        .values_list("action", flat=True)
    )


def test_a_unit_passes_when_its_last_step_has(unit, route, operator):
    _product, steps = route
    for step in steps[:2]:
        do(unit, step, operator)
        unit.refresh_from_db()
        assert unit.status == "IN_PROGRESS"
    last = do(unit, steps[2], operator)
    unit.refresh_from_db()
    assert (unit.status, unit.completed_at) == ("PASSED", last.completed_at)
    lot = Lot.objects.get(pk=unit.lot_id)
    assert (lot.status, lot.passed_quantity, lot.failed_quantity) == ("IN_PROGRESS", 1, 0)
    assert [mark.passed for mark in StepMark.objects.filter(serial=unit)] == [True] * 3
    assert deeds(unit) == ["production.serial.started", "production.serial.passed"]


def test_the_lot_completes_with_its_last_unit(unit, route, operator):
    _product, steps = route
    other = unit_in(unit.lot)
    for one in (unit, other):
        for step in steps:
            do(one, step, operator)
    lot = Lot.objects.get(pk=unit.lot_id)
    assert (lot.status, lot.passed_quantity) == ("COMPLETED", 2)


def test_order_is_kept(unit, route, operator):
    _product, (first, second, third) = route
    assert code_of(do, unit, second, operator) == "out_of_order"
    assert code_of(do, unit, third, operator, None) == "out_of_order"
    do(unit, first, operator)
    assert code_of(do, unit, third, operator) == "out_of_order"
    assert ProcessData.objects.count() == 1
    do(unit, second, operator)


def test_a_manager_may_override_the_order_with_a_reason(unit, route, manager, operator):
    _product, (first, _second, third) = route
    with pytest.raises(NotForYou):
        do(unit, third, operator, override_reason="in a hurry")
    assert code_of(do, unit, third, manager, override_reason=" ") == "out_of_order"
    row = do(unit, third, manager, override_reason="the rig is down")
    assert row.override_reason == "the rig is down"
    told = AuditLog.objects.get(action="production.order.overridden")
    assert (told.reason, told.user_id, told.entity_id) == ("the rig is down", manager.pk, str(row.pk))
    assert do(unit, first, manager, override_reason="not needed").override_reason == ""


def test_nothing_passes_twice(unit, route, operator):
    _product, (first, *_rest) = route
    do(unit, first, operator)
    assert code_of(do, unit, first, operator) == "already_passed"
    assert code_of(do, unit, first, operator, None) == "already_passed"
    assert code_of(do, unit, first, operator, "REWORK") == "already_passed"
    assert ProcessData.objects.count() == 1


def test_a_fail_fails_the_unit_at_once(unit, route, operator):
    _product, (first, label, third) = route
    do(unit, first, operator)
    do(unit, label, operator, "FAIL", defects=[{"defect_code": "D7", "defect_name": "scratch"}, "D8"])
    unit.refresh_from_db()
    assert (unit.status, unit.failure_reason) == ("FAILED", "D7 scratch, D8")
    assert Lot.objects.get(pk=unit.lot_id).failed_quantity == 1
    assert set(Defect.objects.values_list("defect_code", "process_id")) == {
        ("D7", label.pk),
        ("D8", label.pk),
    }
    assert code_of(do, unit, third, operator) == "unit_not_open"
    do(unit, label, operator)  # so that rejects carry a label
    unit.refresh_from_db()
    assert unit.status == "FAILED"


def test_after_a_rework_it_goes_on_where_it_failed(unit, route, operator, manager):
    _product, (first, label, third) = route
    do(unit, first, operator)
    do(unit, label, operator, "FAIL", notes="smeared")
    fresh = Serial.objects.select_related("lot").get(pk=unit.pk)
    unit_status.revive_unit(serial=fresh, actor=manager, reason="print again")
    do(unit, label, operator)
    do(unit, third, operator)
    unit.refresh_from_db()
    assert (unit.status, unit.rework_count, unit.failure_reason) == ("PASSED", 1, "")


def test_a_label_runs_for_a_failed_unit_in_any_order(unit, route, operator):
    _product, (first, label, _third) = route
    do(unit, first, operator, "FAIL", notes="dead")
    do(unit, label, operator)
    unit.refresh_from_db()
    assert unit.status == "FAILED"


def test_rework_as_a_result_leaves_the_unit_open(unit, route, operator):
    _product, (first, second, _third) = route
    do(unit, first, operator, "REWORK")
    unit.refresh_from_db()
    assert unit.status == "IN_PROGRESS"
    assert code_of(do, unit, second, operator) == "out_of_order"
    do(unit, first, operator)


def test_a_fail_says_why(unit, route, operator):
    _product, (first, *_rest) = route
    for empty in ({}, {"defects": []}, {"defects": {"D1": False}}, {"notes": "  "}):
        with pytest.raises(Invalid) as refused:
            do(unit, first, operator, "FAIL", **empty)
        assert list(refused.value.errors) == ["defects"]
    do(unit, first, operator, "FAIL", defects={"D1": {"severity": "MINOR"}})
    assert Defect.objects.get().severity == "MINOR"


def test_a_pass_outside_the_limits_is_refused_with_the_limits(unit, route, operator):
    _product, (first, *_rest) = route
    first.quality_criteria = {"strict": True, "measurements": [DEPTH]}
    first.save()
    with pytest.raises(Invalid) as refused:
        do(unit, first, operator, measurements={"depth": "0.09mm"})
    assert refused.value.errors == {
        "measurements.depth": ["0.09 is outside the limits 0.03–0.08 mm: this is no PASS."]
    }
    assert "0.03–0.08 mm" in refused.value.detail
    assert code_of(do, unit, first, operator) == "invalid"  # required
    assert code_of(do, unit, first, operator, measurements={"depth": 0.05, "width": 1}) == "invalid"  # strict
    assert not ProcessData.objects.exists()
    do(unit, first, operator, measurements={"depth": "0.03mm"})


def test_a_fail_tells_what_was_out(unit, route, operator):
    _product, (first, *_rest) = route
    first.quality_criteria = {"measurements": [DEPTH]}
    first.save()
    row = do(unit, first, operator, "FAIL", measurements={"depth": 0.5}, notes="too deep")
    assert row.measurements == {"depth": 0.5}


def test_started_then_completed_once(unit, route, operator):
    _product, (first, second, _third) = route
    began = timezone.now() - timedelta(minutes=5)
    row = do(unit, first, operator, None, started_at=began.isoformat())
    assert (row.result, row.completed_at) == (None, None)
    unit.refresh_from_db()
    assert unit.status == "IN_PROGRESS"
    assert code_of(do, unit, first, operator) == "already_started"
    assert code_of(do, unit, first, operator, None) == "already_started"
    assert code_of(do, unit, second, operator) == "out_of_order"
    done = change_record(record=row, given=read_record({"result": "PASS"}), actor=operator)
    assert done.completed_at > began
    again = read_record({"result": "FAIL", "notes": "no"})
    assert code_of(change_record, record=row, given=again, actor=operator) == "record_completed"
    do(unit, second, operator)


def test_a_started_step_that_failed_may_be_tried_again_after_rework(unit, route, operator, manager):
    _product, (first, *_rest) = route
    row = do(unit, first, operator, None)
    change_record(record=row, given=read_record({"result": "FAIL", "notes": "x"}), actor=operator)
    unit.refresh_from_db()
    assert unit.status == "FAILED"
    assert not StepMark.objects.exists()


def test_a_station_finishes_what_was_begun_or_all_at_once(unit, route, operator):
    _product, (first, second, _third) = route
    begun = do(unit, first, operator, None)
    said = {"serial_number": unit.serial_number, "process_code": first.process_code.lower(), "result": "PASS"}
    assert finish_step(given=read_record(said), actor=operator).pk == begun.pk
    said["process_code"] = second.process_code
    assert finish_step(given=read_record(said), actor=operator).result == "PASS"


def test_what_a_completed_record_says_can_be_corrected_with_a_reason(unit, route, operator):
    _product, (first, *_rest) = route
    row = do(unit, first, operator, notes="old", started_at="2026-01-01T10:00:00Z", cycle_time_seconds=60)
    assert (
        code_of(change_record, record=row, given=read_record({"notes": "new"}), actor=operator) == "invalid"
    )
    said = {"notes": "new", "completed_at": "2026-01-01T10:02:00Z", "reason": "the clock was wrong"}
    changed = change_record(record=row, given=read_record(said), actor=operator)
    assert (changed.notes, changed.duration_seconds) == ("new", 120)
    entry = AuditLog.objects.filter(entity_type="process_data", action="UPDATE").get()
    assert entry.reason == "the clock was wrong"
    assert entry.old_values["notes"] == "old"


def test_a_unit_follows_the_correction_of_what_ended_it(unit, route, operator):
    _product, (first, *_rest) = route
    times = {"started_at": "2026-01-01T10:00:00Z", "completed_at": "2026-01-01T10:01:00Z"}
    row = do(unit, first, operator, "FAIL", defects=["DENT"], **times)
    said = {"defects": ["SCRATCH"], "completed_at": "2026-01-02T10:00:00Z", "reason": "mistaken"}
    change_record(record=row, given=read_record(said), actor=operator)
    unit.refresh_from_db()
    assert (unit.status, unit.failure_reason) == ("FAILED", "SCRATCH")
    assert (unit.completed_at.isoformat(), str(unit.completed_on)) == (
        "2026-01-02T10:00:00+00:00",
        "2026-01-02",
    )


def test_a_unit_keeps_its_end_when_an_earlier_step_of_the_same_moment_is_corrected(unit, route, operator):
    _product, steps = route
    times = {"started_at": "2026-01-01T10:00:00Z", "completed_at": "2026-01-01T10:01:00Z"}
    rows = [do(unit, step, operator, **times) for step in steps]
    said = read_record({"completed_at": "2026-01-01T10:05:00Z", "reason": "clock"})
    change_record(record=rows[0], given=said, actor=operator)
    unit.refresh_from_db()
    assert unit.completed_at == rows[2].completed_at
    change_record(record=rows[2], given=said, actor=operator)
    unit.refresh_from_db()
    assert unit.completed_at.isoformat() == "2026-01-01T10:05:00+00:00"


def test_corrections_keep_to_the_limits(unit, route, operator):
    _product, (first, *_rest) = route
    first.quality_criteria = {"measurements": [DEPTH]}
    first.save()
    row = do(unit, first, operator, measurements={"depth": 0.05})
    said = read_record({"measurements": {"depth": 1}, "reason": "typo"})
    assert code_of(change_record, record=row, given=said, actor=operator) == "invalid"


def test_others_records_are_changed_by_who_may(unit, route, operator, manager):
    _product, (first, *_rest) = route
    row = do(unit, first, operator, None)
    with pytest.raises(NotForYou):
        change_record(record=row, given=read_record({"result": "PASS"}), actor=UserFactory(role="operator"))
    change_record(record=row, given=read_record({"result": "PASS"}), actor=manager)


def test_in_anothers_name_records_who_may(unit, route, operator, manager):
    _product, (first, second, _third) = route
    with pytest.raises(NotForYou):
        do(unit, first, operator, operator_id=manager.pk)
    assert do(unit, first, manager, operator_id=operator.pk).operator == operator
    gone = UserFactory(role="operator", is_active=False)
    assert code_of(do, unit, second, manager, operator_id=gone.pk) == "invalid"


def test_a_lots_own_records(route, operator):
    product, (first, second, _third) = route
    lot = lot_of(product)
    item = {"lot_number": lot.lot_number, "process_id": second.pk, "result": "PASS"}
    row = record_step(given=read_record(item), actor=operator)  # no order at this level
    assert (row.data_level, row.serial_id) == ("LOT", None)
    assert code_of(record_step, given=read_record(item), actor=operator) == "already_passed"
    lot.refresh_from_db()
    assert lot.status == "IN_PROGRESS"


def test_nothing_is_recorded_of_a_closed_lot(unit, route, operator):
    _product, (first, *_rest) = route
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE production_lot SET status = 'CLOSED', closed_at = now() WHERE id = %s", [unit.lot_id]
        )
    assert code_of(do, unit, first, operator) == "lot_closed"


def test_a_process_off_the_route_or_inactive_is_refused(unit, route, operator):
    _product, (first, second, _third) = route
    assert code_of(do, unit, ProcessFactory(), operator) == "invalid"
    first.is_active = False
    first.save()
    assert code_of(do, unit, first, operator) == "invalid"
    do(unit, second, operator)  # which is the first now


def test_without_a_route_of_its_own_all_active_processes_are_it(operator):
    last, first = ProcessFactory(sort_order=2), ProcessFactory(sort_order=1)
    assert Process.objects.count() == 2
    unit = unit_in()
    assert code_of(do, unit, last, operator) == "out_of_order"
    do(unit, first, operator)
    do(unit, last, operator)
    unit.refresh_from_db()
    assert unit.status == "PASSED"


def test_statements_of_a_usual_step(unit, route, operator, django_assert_num_queries):
    """Lock, route with marks, record with its mark, audit; two more are the savepoint around them in a test."""
    _product, (first, second, _third) = route
    do(unit, first, operator)
    with django_assert_num_queries(6):
        do(unit, second, operator)

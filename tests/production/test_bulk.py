"""Batches of records: the same rules as one by one, an error for each bad row, and little work for many rows."""

from __future__ import annotations

import pytest
from django.db import connection

from audit.models import AuditLog
from production.models import Defect, Lot, ProcessData, Serial, StepMark
from tests.support.api import API, client_for
from tests.support.factories import MachineFactory, UserFactory
from tests.support.production_factories import ProductFactory
from tests.support.trace_factories import ProcessFactory, lot_of, record_of, route_for, unit_in

pytestmark = pytest.mark.django_db
URL = API + "process-data"


@pytest.fixture
def steps():
    return [ProcessFactory(), ProcessFactory(is_label=True), ProcessFactory()]


@pytest.fixture
def product(steps):
    product = ProductFactory()
    route_for(product, steps)
    return product


@pytest.fixture
def operator():
    return client_for("operator")


def row(unit, step, **said):
    return {"serial_id": unit.pk, "process_id": step.pk, "result": "PASS", **said}


def send(client, items, **said):
    answer = client.post(f"{URL}/bulk", {"items": items, **said})
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_units_through_their_route_in_one_batch(product, steps, operator):
    lot = lot_of(product, target_quantity=3)
    units = [unit_in(lot) for _ in range(3)]
    items = [row(unit, step, measurements={"a": "x\t\\\n"}) for unit in units for step in steps]
    assert send(operator, items) == {"created": 9, "rejected": 0, "errors": []}
    assert set(Serial.objects.values_list("status", flat=True)) == {"PASSED"}
    lot.refresh_from_db()
    assert (lot.status, lot.passed_quantity, lot.failed_quantity) == ("COMPLETED", 3, 0)
    assert lot.completed_on and lot.started_at
    assert StepMark.objects.filter(passed=True).count() == 9
    kept = ProcessData.objects.filter(serial=units[0]).order_by("id")
    assert [r.process_order for r in kept] == [1, 2, 3]
    assert {r.operator_id for r in kept} == {operator.user.pk}
    assert kept[0].measurements == {"a": "x\t\\\n"}
    told = AuditLog.objects.get(action="production.records.imported")
    assert (told.new_values["created"], told.new_values["rejected"]) == (9, 0)
    assert len(told.new_values["sha256"]) == 64
    assert AuditLog.objects.filter(action="production.serial.passed").count() == 3
    assert AuditLog.objects.filter(action="production.lot.completed").count() == 1


CASES = [
    ("in order", [(0, {}), (1, {}), (2, {})]),
    ("out of order", [(1, {}), (0, {}), (2, {}), (1, {})]),
    ("twice", [(0, {}), (0, {}), (0, {"result": "FAIL", "notes": "later"})]),
    ("failed, then a label", [(0, {"result": "FAIL", "defects": ["D1"]}), (1, {}), (2, {}), (1, {})]),
    ("rework as a result", [(0, {"result": "REWORK"}), (1, {}), (0, {})]),
    ("started and not completed", [(0, {"result": None}), (0, {}), (1, {})]),
    ("no reason", [(0, {"result": "FAIL"}), (0, {})]),
    ("overridden", [(2, {"override_reason": "the rig is down"}), (1, {}), (0, {}), (1, {})]),
    ("wrong words", [(0, {"result": "MAYBE"}), (0, {"notes": "a\x00"}), (0, {"completed_at": "yesterday"})]),
    ("wrong places", [(0, {"lot_id": 10**15}), (0, {"process_id": 10**15}), (0, {"serial_id": 10**15})]),
    ("wrong times", [(0, {"completed_at": "2190-01-01T00:00:00Z"}), (0, {"cycle_time_seconds": -1})]),
    ("nobody's machine", [(0, {"equipment_code": "NONE"}), (0, {"equipment_id": 10**15}), (0, {})]),
    ("another's name", [(0, {"operator_id": 10**15}), (0, {})]),
]


@pytest.mark.parametrize("role", ["operator", "production_manager"])
@pytest.mark.parametrize(("name", "script"), CASES, ids=[name for name, _script in CASES])
def test_a_batch_does_what_the_rows_would_do_one_by_one(name, script, role, product, steps):
    """The single door is the oracle: same rows kept, same codes and fields refused, same unit and lot after it."""
    client = client_for(role)
    lots = [lot_of(product, target_quantity=1) for _ in range(2)]
    one, other = (unit_in(lot) for lot in lots)
    singly = []
    for place, said in script:
        answer = client.post(URL, row(one, steps[place], **said))
        if answer.status_code != 201:
            body = answer.json()
            singly.append((body["code"], next(iter(body["errors"]), None)))
        else:
            singly.append(None)
    answer = send(client, [row(other, steps[place], **said) for place, said in script])
    at_once = {error["index"]: (error["code"], error["field"]) for error in answer["errors"]}
    assert [at_once.get(index) for index in range(len(script))] == singly
    assert answer["created"] == singly.count(None)
    assert state(one) == state(other)


def state(unit):
    """All that differs not by time and number."""
    unit, lot = Serial.objects.get(pk=unit.pk), Lot.objects.get(pk=unit.lot_id)
    columns = ("process_id", "result", "data_level", "defects", "notes", "process_order", "override_reason")
    return (
        (
            unit.status,
            unit.failure_reason,
            unit.is_scrapped,
            bool(unit.completed_at),
            bool(unit.completed_on),
        ),
        (lot.status, lot.passed_quantity, lot.failed_quantity, lot.scrapped_quantity, bool(lot.started_at)),
        list(unit.records.order_by("id").values_list(*columns)),
        sorted(unit.marks.values_list("process_id", "passed")),
        sorted(Defect.objects.filter(serial=unit).values_list("process_id", "defect_code")),
    )


def test_each_bad_row_is_told_and_leaves_nothing(product, steps, operator):
    unit = unit_in(lot_of(product))
    items = [
        7,
        {"serial_id": unit.pk},
        row(unit, steps[1]),
        {
            "serial_number": unit.serial_number,
            "process_code": steps[0].process_code.lower(),
            "result": "pass",
        },
        row(unit, steps[0]),
        row(unit, steps[1], measurements={"a": "x" * 70_000}),
    ]
    answer = send(operator, items)
    assert (answer["created"], answer["rejected"]) == (1, 5)
    assert [(e["index"], e["field"], e["code"]) for e in answer["errors"]] == [
        (0, None, "invalid"),
        (1, "process_id", "invalid"),
        (2, None, "out_of_order"),
        (4, None, "already_passed"),
        (5, "measurements", "invalid"),
    ]
    assert all(set(error) == {"index", "field", "code", "detail"} for error in answer["errors"])
    assert ProcessData.objects.count() == 1


@pytest.mark.parametrize(("bad", "status"), [({"result": "MAYBE"}, 400), ({"process": 1}, 409)])
def test_all_or_nothing(bad, status, product, steps, operator):
    unit = unit_in(lot_of(product))
    items = [row(unit, steps[0]), row(unit, steps[2], **bad)]
    answer = operator.post(f"{URL}/bulk", {"items": items, "atomic": True})
    assert (answer.status_code, answer.json()["code"]) == (status, "batch_refused")
    assert all(name.startswith("items.1") for name in answer.json()["errors"])
    assert not ProcessData.objects.exists()
    assert not StepMark.objects.exists()
    unit.refresh_from_db()
    assert unit.status == "CREATED"


def test_after_what_was_recorded_before(product, steps, operator):
    unit = unit_in(lot_of(product))
    record_of(unit, steps[0])
    answer = send(operator, [row(unit, steps[0]), row(unit, steps[1]), row(unit, steps[2])])
    assert (answer["created"], answer["errors"][0]["code"]) == (2, "already_passed")
    unit.refresh_from_db()
    assert unit.status == "PASSED"


def test_lots_machines_and_people(product, steps):
    manager, worker, machine = client_for("production_manager"), UserFactory(), MachineFactory()
    lot = lot_of(product)
    item = {"lot_number": lot.lot_number, "process_id": steps[1].pk, "result": "PASS", "data_level": "LOT"}
    item |= {"operator_id": worker.pk, "equipment_code": machine.equipment_code.lower()}
    answer = send(manager, [item, item])
    assert (answer["created"], answer["errors"][0]["code"]) == (1, "already_passed")
    kept = ProcessData.objects.get()
    assert (kept.operator, kept.machine, kept.serial, kept.data_level) == (worker, machine, None, "LOT")


@pytest.mark.parametrize(
    "body", [{}, [], {"items": 7}, {"items": {}}, {"items": [], "atomic": "yes"}, {"item": []}]
)
def test_what_is_no_batch(body, operator):
    assert operator.post(f"{URL}/bulk", body).status_code == 400


def test_too_many_rows(operator):
    assert operator.post(f"{URL}/bulk", {"items": [1] * 10_001}).status_code == 413
    assert send(operator, []) == {"created": 0, "rejected": 0, "errors": []}


def test_statements_do_not_grow_with_the_rows(product, steps, operator):
    from django.test.utils import CaptureQueriesContext

    counts = []
    for size in (2, 20):
        lot = lot_of(product, target_quantity=20)
        items = [row(unit, step) for unit in [unit_in(lot) for _ in range(size)] for step in steps]
        with CaptureQueriesContext(connection) as queries:
            assert send(operator, items)["created"] == size * 3
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 24, counts

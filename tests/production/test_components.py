"""Component lots over HTTP, and what may be scanned into which unit."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from audit.models import AuditLog
from production.models import ComponentLot, Consumption, Lot, Serial
from tests.production.genealogy import component_lot, force, lot_with, scan
from tests.support.api import API, client_for
from tests.support.trace_factories import ProcessFactory, lot_of, route_for, unit_in

pytestmark = pytest.mark.django_db
LOTS = f"{API}component-lots"


def components_of(serial) -> str:
    return f"{API}serials/{serial.pk}/components"


# --- component lots


def test_a_component_lot_knows_what_is_left():
    client = client_for("quality")
    body = {"part_code": "BUSBAR", "lot_number": "CL-1", "supplier": "Acme", "quantity": 2.5}
    made = client.post(LOTS, body).json()
    assert {k: made[k] for k in body} == body
    assert (made["consumed"], made["remaining"], made["status"], made["made_in"]) == (
        0,
        2.5,
        "AVAILABLE",
        None,
    )
    scan(ComponentLot.objects.get(), unit_in(), "0.75")
    read = client.get(f"{LOTS}/{made['id']}").json()
    assert (read["consumed"], read["remaining"]) == (0.75, 1.75)


def test_made_in_our_own_lot_by_its_number_or_id():
    client, lot = client_for("quality"), lot_of()
    for number, name in (("A", lot.lot_number), ("B", lot.pk), ("C", str(lot.pk))):
        body = {"part_code": "SUB", "lot_number": number, "quantity": 1, "made_in": name}
        made = client.post(LOTS, body).json()
        assert (made["made_in"], made["made_in_id"]) == (lot.lot_number, lot.pk)
    for name in ("nowhere", 10**9, [lot.pk], True, {"id": 1}):
        body = {"part_code": "SUB", "lot_number": "D", "quantity": 1, "made_in": name}
        answer = client.post(LOTS, body)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["made_in"]), name


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("quantity", 0),
        ("quantity", -1),
        ("quantity", "NaN"),
        ("quantity", "Infinity"),
        ("quantity", "1e30"),
        ("quantity", 0.00001),
        ("quantity", [1]),
        ("quantity", True),
        ("lot_number", "a\0b"),
        ("lot_number", ""),
        ("lot_number", "x" * 101),
        ("lot_number", "a/b"),
        ("part_code", ["A"]),
        ("status", "QUARANTINED"),
        ("consumed", 1),
    ],
)
def test_what_no_component_lot_can_be(field, value):
    body = {"part_code": "BUSBAR", "lot_number": "CL-1", "quantity": 5, field: value}
    answer = client_for("admin").post(LOTS, body)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field]), answer.content
    assert not ComponentLot.objects.exists()


def test_what_was_read_may_be_sent_back_and_verbs_change_the_rest():
    client, row = client_for("admin"), component_lot()
    scan(row, unit_in(), 3)
    read = client.get(f"{LOTS}/{row.pk}").json()
    assert client.put(f"{LOTS}/{row.pk}", read).status_code == 200
    for change in ({"status": "QUARANTINED"}, {"consumed": 0}, {"quantity": 2}):
        answer = client.patch(f"{LOTS}/{row.pk}", change)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, list(change)), answer.content
    assert client.patch(f"{LOTS}/{row.pk}", {"quantity": 3}).json()["remaining"] == 0
    answer = client.patch(f"{LOTS}/{row.pk}", {"made_in": lot_of().pk})
    assert (answer.status_code, answer.json()["code"]) == (409, "in_use")


def test_deleting_is_refused_once_any_was_used():
    client, used, fresh = client_for("admin"), component_lot(), component_lot()
    scan(used, unit_in())
    answer = client.delete(f"{LOTS}/{used.pk}")
    assert (answer.status_code, answer.json()["code"]) == (409, "in_use")
    assert client.delete(f"{LOTS}/{fresh.pk}").status_code == 204


def test_quarantine_and_release_say_why():
    client, row = client_for("quality"), component_lot()
    assert client.post(f"{LOTS}/{row.pk}/quarantine", {}).status_code == 400
    assert client.post(f"{LOTS}/{row.pk}/quarantine", {"reason": " "}).status_code == 400
    answer = client.post(f"{LOTS}/{row.pk}/quarantine", {"reason": "cracks"})
    assert (answer.status_code, answer.json()["status"]) == (200, "QUARANTINED")
    assert client.post(f"{LOTS}/{row.pk}/quarantine", {"reason": "cracks"}).status_code == 409
    entry = AuditLog.objects.get(action="production.component.quarantined")
    assert (entry.reason, entry.user_id, entry.entity_id) == ("cracks", client.user.pk, str(row.pk))
    refused = client.post(components_of(unit_in()), {"component_lot": row.lot_number, "quantity": 1})
    assert (refused.status_code, refused.json()["code"]) == (409, "component_blocked")
    assert client.post(f"{LOTS}/{row.pk}/release", {"reason": "sorted"}).json()["status"] == "AVAILABLE"
    assert client.post(f"{LOTS}/{row.pk}/release", {"reason": "again"}).status_code == 409


def test_a_stale_quarantine_changes_nothing():
    client, row = client_for("quality"), component_lot()
    stale = client.get(f"{LOTS}/{row.pk}")["ETag"]
    scan(row, unit_in())
    answer = client.post(f"{LOTS}/{row.pk}/quarantine", {"reason": "x"}, headers={"If-Match": stale})
    assert (answer.status_code, ComponentLot.objects.get().status) == (412, "AVAILABLE")


# --- scans


def test_a_scan_by_number_or_id():
    client, row, unit = client_for("operator"), component_lot(lot_number="CL-X"), unit_in()
    for name in ("CL-X", "cl-x", row.pk):
        answer = client.post(components_of(unit), {"component_lot": name, "quantity": "0.1234"})
        assert answer.status_code == 201, answer.content
    told = answer.json()
    assert (told["component_lot"], told["serial_number"], told["quantity"], told["operator_id"]) == (
        "CL-X",
        unit.serial_number,
        0.1234,
        client.user.pk,
    )
    row.refresh_from_db()
    assert row.consumed == Decimal("0.3702") == sum(c.quantity for c in Consumption.objects.all())
    assert len(client.get(components_of(unit)).json()["results"]) == 3
    deeds = AuditLog.objects.filter(action="production.component.consumed", entity_id=str(unit.pk))
    assert [(d.entity_type, d.user_id) for d in deeds] == [("serials", client.user.pk)] * 3


def test_never_more_than_there_is():
    row, unit, client = component_lot(10), unit_in(), client_for("operator")
    assert client.post(components_of(unit), {"component_lot": row.pk, "quantity": 9.9999}).status_code == 201
    answer = client.post(components_of(unit), {"component_lot": row.pk, "quantity": 0.0002})
    assert (answer.status_code, answer.json()["code"]) == (409, "component_exhausted")
    assert client.post(components_of(unit), {"component_lot": row.pk, "quantity": 0.0001}).status_code == 201
    row.refresh_from_db()
    assert row.consumed == row.quantity


def test_the_database_refuses_an_overdraft_too():
    row = component_lot(1)
    with pytest.raises(IntegrityError), transaction.atomic():
        force(row, consumed=Decimal("1.0001"))


def test_a_step_is_one_of_the_route():
    lot = lot_of()
    on, off = ProcessFactory(), ProcessFactory()
    route_for(lot.product, [on])
    unit, row, client = unit_in(lot), component_lot(), client_for("operator")
    answer = client.post(components_of(unit), {"component_lot": row.pk, "quantity": 1, "process_id": on.pk})
    assert (answer.status_code, answer.json()["process_code"]) == (201, on.process_code)
    answer = client.post(components_of(unit), {"component_lot": row.pk, "quantity": 1, "process_id": off.pk})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["process_id"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("quantity", 0),
        ("quantity", -1),
        ("quantity", 0.00001),
        ("quantity", "NaN"),
        ("quantity", "-Infinity"),
        ("quantity", 10**20),
        ("quantity", [1]),
        ("quantity", True),
        ("quantity", None),
        ("component_lot", "nowhere"),
        ("component_lot", "a\0b"),
        ("component_lot", ["CL-X"]),
        ("component_lot", 10**20),
        ("component_lot", ""),
        ("process_id", 10**9),
        ("process_id", 10**20),
        ("process_id", "abc"),
        ("process_id", [1]),
        ("process_id", True),
    ],
)
def test_what_no_scan_can_be(field, value):
    row = component_lot(lot_number="CL-X")
    body = {"component_lot": "CL-X", "quantity": 1, field: value}
    answer = client_for("operator").post(components_of(unit_in()), body)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field]), answer.content
    row.refresh_from_db()
    assert (row.consumed, Consumption.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("model", "values", "code"),
    [
        (Serial, {"status": "PASSED", "completed_at": "2026-01-01T00:00:00Z"}, "unit_not_open"),
        (
            Serial,
            {"status": "FAILED", "completed_at": "2026-01-01T00:00:00Z", "failure_reason": "x"},
            "unit_not_open",
        ),
        (Lot, {"status": "CLOSED", "closed_at": "2026-01-01T00:00:00Z"}, "lot_closed"),
    ],
)
def test_an_ended_unit_takes_nothing(model, values, code):
    unit, row = unit_in(), component_lot()
    force(unit if model is Serial else unit.lot, **values)
    answer = client_for("admin").post(components_of(unit), {"component_lot": row.pk, "quantity": 1})
    assert (answer.status_code, answer.json()["code"]) == (409, code)


def test_nothing_is_a_part_of_itself():
    (first, [unit]), (second, [deeper]), (third, [deepest]) = lot_with(1), lot_with(1), lot_with(1)
    of_first = component_lot(made_in=first, part_code="SUB1")
    of_second = component_lot(made_in=second, part_code="SUB2")
    of_third = component_lot(made_in=third, part_code="SUB3")
    client = client_for("operator")
    scan(of_first, deeper)
    scan(of_second, deepest)
    for own in (of_first, of_second, of_third):
        answer = client.post(components_of(unit), {"component_lot": own.pk, "quantity": 1})
        assert (answer.status_code, answer.json()["code"]) == (409, "component_cycle"), own
    assert (
        client.post(components_of(deepest), {"component_lot": of_first.pk, "quantity": 1}).status_code == 201
    )


def test_the_same_scan_twice_under_one_key_is_one():
    row, unit, client = component_lot(), unit_in(), client_for("operator")
    body, key = {"component_lot": row.pk, "quantity": 1}, {"Idempotency-Key": "tap"}
    answers = [client.post(components_of(unit), body, headers=key) for _ in range(2)]
    assert [a.status_code for a in answers] == [201, 201]
    assert Consumption.objects.count() == 1


def test_where_a_component_lot_was_used():
    row, (lot, units), client = component_lot(lot_number="CL-X"), lot_with(3), client_for("viewer")
    for unit in units[:2]:
        scan(row, unit, 2)
    scan(component_lot(), units[2])
    for name in ("CL-X", row.pk):
        told = client.get(f"{LOTS}/{name}/where-used").json()
        assert (told["count"], [r["serial_number"] for r in told["results"]]) == (
            2,
            [units[1].serial_number, units[0].serial_number],
        )
    assert {r["lot_number"] for r in told["results"]} == {lot.lot_number}
    assert client.get(f"{LOTS}/nowhere/where-used").status_code == 404
    assert client.get(f"{LOTS}/CL-X/where-used?colour=red").status_code == 400
    assert client.get(f"{API}serials/{units[0].pk}/components?colour=red").status_code == 400
    assert client.get(f"{API}serials/{10**9}/components").status_code == 404


def test_lists_cost_the_same_queries_however_many_scans():
    row, (_lot, units), client = component_lot(lot_number="CL-X"), lot_with(8), client_for("viewer")
    for path in (f"{LOTS}/CL-X/where-used", components_of(units[0])):
        counts = []
        for _ in range(2):
            for unit in units:
                scan(row, unit, 1)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(path).status_code == 200
            counts.append(len(queries))
        assert counts == [3, 3], path

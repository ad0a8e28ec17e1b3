"""Everything that ever happened to a unit, in order, with who and when."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from production.actions import reprint_label
from production.models import Defect, ProcessData, Rework, Serial
from tests.production.genealogy import component_lot, scan
from tests.support.api import API, client_for
from tests.support.factories import UserFactory
from tests.support.trace_factories import ProcessFactory, lot_of, route_for, unit_in

pytestmark = pytest.mark.django_db
# facts.md: the keys of the system before ours
KEYS = {
    *(
        "serial_number",
        "lot_number",
        "sequence_in_lot",
        "status",
        "rework_count",
        "created_at",
        "completed_at",
    ),
    *(
        "lot_info",
        "wip_info",
        "process_history",
        "rework_history",
        "component_lots",
        "total_cycle_time_seconds",
    ),
}
STEP_KEYS = {
    *("process_number", "process_code", "process_name", "worker_id", "worker_name", "start_time"),
    *("complete_time", "duration_seconds", "result", "process_data", "defects", "notes", "is_rework"),
}


def step(serial, process, minute, *, result="PASS", lasted=1, level="SERIAL", operator=None, **values):
    """A record that began so many minutes after the unit was made."""
    begun = serial.created_at + timedelta(minutes=minute)
    return ProcessData.objects.create(
        process=process,
        serial=serial if level == "SERIAL" else None,
        lot=serial.lot,
        operator=operator or UserFactory(full_name="Kim Min-ji"),
        data_level=level,
        result=result,
        process_order=1,
        started_at=begun,
        completed_at=begun + timedelta(minutes=lasted) if result else None,
        day=begun.date(),
        **values,
    )


@pytest.fixture
def unit():
    """Made, marked, failed, sent back and being worked on; with two components and a label printed again."""
    made = timezone.now() - timedelta(hours=2)
    unit = unit_in(lot_of())
    Serial.objects.model._base_manager.filter(pk=unit.pk).update(created_at=made)
    unit.refresh_from_db()
    first, second = ProcessFactory(), ProcessFactory()
    step(unit, first, 1, measurements={"depth": 0.1})
    failed = step(unit, second, 5, result="FAIL", defects=["E1"], notes="scratch")
    Defect.objects.create(
        record_id=failed.pk,
        day=failed.day,
        lot=unit.lot,
        serial=unit,
        process=second,
        defect_code="E1",
        defect_name="Scratch",
    )
    Rework.objects.create(
        serial=unit,
        number=1,
        reason="polish",
        failure_reason="E1 Scratch",
        process=second,
        requested_by=UserFactory(full_name="Lee"),
        at=made + timedelta(minutes=10),
    )
    step(unit, second, 20, result=None)
    step(unit, first, 30, level="LOT")
    part = component_lot(lot_number="B-17")
    scan(part, unit, 2)
    scan(component_lot(lot_number="B-18"), unit, "0.5")
    reprint_label(of=unit, reason="torn", actor=UserFactory(full_name="Park"))
    return unit


def ask(unit):
    answer = client_for("operator").get(f"{API}serials/{unit.pk}/trace")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_the_keys_of_the_system_before_ours(unit):
    told = ask(unit)
    assert set(told) >= KEYS
    assert {"lot_number", "product_model", "production_date", "target_quantity"} <= set(told["lot_info"])
    assert all(set(row) >= STEP_KEYS for row in told["process_history"])


def test_everything_in_order(unit):
    told = ask(unit)
    told_of = [(event["event"], event["by"]) for event in told["timeline"]]
    assert [name for name, _by in told_of] == [
        "created",
        "step_started",
        "step_completed",
        "step_started",
        "step_completed",
        "defect",
        "rework",
        "step_started",
        "step_started",
        "step_completed",
        "component",
        "component",
        "label",
    ]
    assert {"Kim Min-ji", "Lee", "Park"} < {by for _name, by in told_of}
    times = [event["at"] for event in told["timeline"]]
    assert times == sorted(times)
    assert told["timeline"][5]["details"]["defect_code"] == "E1"
    assert told["timeline"][6]["details"] | {"process_code": ""} == {
        "number": 1,
        "reason": "polish",
        "failure_reason": "E1 Scratch",
        "process_code": "",
    }


def test_history_sums_and_components(unit):
    told = ask(unit)
    steps = told["process_history"]
    assert [row["result"] for row in steps] == ["PASS", "FAIL", None, "PASS"]
    assert [row["is_rework"] for row in steps] == [False, False, True, True]
    assert [row["data_level"] for row in steps] == ["SERIAL"] * 3 + ["LOT"]
    assert steps[0]["process_data"] == {"depth": 0.1}
    assert (steps[1]["defects"], steps[1]["notes"], steps[1]["worker_name"]) == (
        ["E1"],
        "scratch",
        "Kim Min-ji",
    )
    assert told["total_cycle_time_seconds"] == 180
    assert told["component_lots"] == {"busbar_lot": "B-17, B-18"}
    assert [row["quantity"] for row in told["components"]] == [2, 0.5]
    assert [row["reason"] for row in told["label_prints"]] == ["torn"]
    assert told["rework_history"][0]["reason"] == "polish"


def test_a_life_as_its_clients_tell_it():
    """Over HTTP alone: two steps, a FAIL, a rework, an order overridden, a correction."""
    admin, lot = client_for("admin"), lot_of()
    first, second, third = (ProcessFactory() for _ in range(3))
    route_for(lot.product, [first, second, third])

    def say(method, path, body, status):
        answer = getattr(admin, method)(API + path, body)
        assert answer.status_code == status, answer.content
        return answer.json()

    unit = say("post", "serials", {"lot_id": lot.pk}, 201)
    record = {"serial_id": unit["id"], "data_level": "SERIAL"}
    begun = say("post", "process-data", record | {"process_id": first.pk}, 201)
    say("put", f"process-data/{begun['id']}", {"result": "PASS"}, 200)
    fail = {"process_id": second.pk, "result": "FAIL", "defects": ["E1"]}
    failed = say("post", "process-data", record | fail, 201)
    say("put", f"process-data/{failed['id']}", {"notes": "left side", "reason": "forgotten"}, 200)
    say("post", f"serials/{unit['id']}/rework", {"reason": "polish"}, 200)
    late = {"process_id": third.pk, "result": "PASS", "override_reason": "tester is busy"}
    say("post", "process-data", record | late, 201)
    say("post", "process-data", record | {"process_id": second.pk, "result": "PASS"}, 201)
    told = say("get", f"serials/{unit['id']}/trace", None, 200)
    assert told["status"] == "PASSED"
    assert [(row["process_code"], row["result"], row["is_rework"]) for row in told["process_history"]] == [
        (first.process_code, "PASS", False),
        (second.process_code, "FAIL", False),
        (third.process_code, "PASS", True),
        (second.process_code, "PASS", True),
    ]
    timeline = told["timeline"]
    assert {event["by_id"] for event in timeline} <= {admin.user.pk}
    deeds = [e["details"]["action"] for e in timeline if e["event"] == "status"]
    assert deeds == [f"production.serial.{deed}" for deed in ("started", "failed", "passed")]
    [correction] = [event["details"] for event in timeline if event["event"] == "correction"]
    assert correction["reason"] == "forgotten" and correction["new_values"] == {"notes": "left side"}
    assert "tester is busy" in [event["details"].get("override_reason") for event in timeline]
    counted = Counter(event["event"] for event in timeline)
    assert (counted["created"], counted["rework"], counted["defect"]) == (1, 1, 1)
    page = Client()
    page.force_login(admin.user, backend="accounts.backends.RoleBackend")
    shown = page.get(f"/trace/{unit['serial_number']}").content.decode()
    for words in ("polish", "tester is busy", "forgotten", "Unit passed", "E1"):
        assert words in shown, words


def test_by_number_as_scanned(unit):
    client = client_for("viewer")
    force_number = "AB12345678901234"
    Serial._base_manager.filter(pk=unit.pk).update(serial_number=force_number)
    for number in (force_number, "ab12345678901234", "AB1234-5678-901234", " AB12345678901234 "):
        answer = client.get(f"{API}serials/number/{number}/trace")
        assert (answer.status_code, answer.json().get("id")) == (200, unit.pk), number
    assert client.get(f"{API}serials/number/nowhere/trace").status_code == 404
    assert client.get(f"{API}serials/{10**9}/trace").status_code == 404
    assert client.get(f"{API}serials/{unit.pk}/trace?colour=red").status_code == 400
    for role in ("guest", "integration"):
        assert client_for(role).get(f"{API}serials/{unit.pk}/trace").status_code == 403


def test_as_many_queries_however_much_happened(unit):
    client, counts = client_for("viewer"), []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            client.get(f"{API}serials/{unit.pk}/trace")
        counts.append(len(queries))
        for minute in range(40, 50):
            step(unit, ProcessFactory(), minute)
            scan(component_lot(), unit)
            reprint_label(of=unit, reason="torn", actor=UserFactory())
    assert counts == [3, 3]


def test_a_second_try_comes_after_the_first_whenever_it_is_said_to_have_begun():
    """Clients send how long a step took, as the printed example does: 45 s before the FAIL and its rework were told."""
    client, lot = client_for("admin"), lot_of()
    process = ProcessFactory()
    route_for(lot.product, [process])
    unit = unit_in(lot)
    record = {"serial_id": unit.pk, "process_id": process.pk}
    fail = record | {"result": "FAIL", "notes": "dull", "cycle_time_seconds": 1}
    assert client.post(f"{API}process-data", fail).status_code == 201
    assert client.post(f"{API}serials/{unit.pk}/rework", {"reason": "polish"}).status_code == 200
    again = record | {"result": "PASS", "cycle_time_seconds": 45}
    assert client.post(f"{API}process-data", again).status_code == 201
    told = client.get(f"{API}serials/{unit.pk}/trace").json()["process_history"]
    assert [(row["result"], row["is_rework"]) for row in told] == [("FAIL", False), ("PASS", True)]

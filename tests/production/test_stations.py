"""A step started and completed by scanning."""

from __future__ import annotations

import pytest

from production.models import ProcessData
from tests.support.api import API, client_for
from tests.support.production_factories import ProductFactory
from tests.support.trace_factories import ProcessFactory, lot_of, route_for, unit_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def scan():
    """(what is scanned, a function that sends it)."""
    product, steps = ProductFactory(), [ProcessFactory(), ProcessFactory()]
    route_for(product, steps)
    unit, client = unit_in(lot_of(product)), client_for("operator")

    def send(verb, place=0, **said):
        named = {"serial_number": unit.serial_number, "process_code": steps[place].process_code}
        return client.post(f"{API}stations/{verb}", {**named, **said})

    return send


def test_started_and_completed(scan):
    started = scan("start")
    assert started.status_code == 201, started.content
    assert set(started.json()) == {"success", "message", "process_data_id", "started_at"}
    done = scan("complete", result="PASS", measurements={"depth": 1})
    assert done.status_code == 200, done.content
    assert set(done.json()) == {
        "success", "message", "process_data_id", "completed_at", "duration_seconds", "result",
    }  # fmt: skip
    assert done.json()["process_data_id"] == started.json()["process_data_id"]
    row = ProcessData.objects.get()
    assert (row.result, row.measurements) == ("PASS", {"depth": 1})


def test_completed_without_a_start(scan):
    assert scan("complete", result="PASS", cycle_time_seconds=12).json()["duration_seconds"] == 12
    assert scan("complete", result="PASS").json()["code"] == "already_passed"


def test_scanned_twice(scan):
    scan("start")
    assert (scan("start").status_code, scan("start").json()["code"]) == (409, "already_started")
    assert scan("start", 1).json()["code"] == "out_of_order"


@pytest.mark.parametrize(
    ("verb", "said", "field"),
    [
        ("start", {"serial_number": None}, "serial_number"),
        ("start", {"serial_number": "NONE"}, "serial_number"),
        ("start", {"process_code": None}, "process_code"),
        ("start", {"process_code": "NONE"}, "process_code"),
        ("start", {"result": "PASS"}, "result"),
        ("complete", {}, "result"),
        ("complete", {"result": "OK"}, "result"),
        ("complete", {"result": "FAIL"}, "defects"),
    ],
)
def test_what_is_missing_is_named(scan, verb, said, field):
    answer = scan(verb, **said)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert not ProcessData.objects.exists()

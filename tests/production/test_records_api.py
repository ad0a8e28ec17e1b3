"""Process data over HTTP: the document's example, the look-ups, who sees what, and what is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from production.models import ProcessData, StepMark
from tests.support.api import API, client_for, client_of
from tests.support.factories import MachineFactory, UserFactory
from tests.support.production_factories import ProductFactory
from tests.support.trace_factories import ProcessFactory, lot_of, record_of, route_for, unit_in

pytestmark = pytest.mark.django_db
URL = API + "process-data"
KEYS = {
    "id", "process_id", "process", "serial_id", "serial_number", "lot_id", "lot_number", "equipment_id",
    "equipment_code", "operator_id", "operator", "data_level", "result", "measurements", "defects", "notes",
    "process_order", "override_reason", "started_at", "completed_at", "duration_seconds", "cycle_time_seconds",
    "created_at",
}  # fmt: skip


@pytest.fixture
def steps():
    return [ProcessFactory() for _ in range(3)]


@pytest.fixture
def unit(steps):
    product = ProductFactory()
    route_for(product, steps)
    return unit_in(lot_of(product, target_quantity=5))


@pytest.fixture
def operator():
    return client_for("operator")


def body(unit, process, **said):
    return {"serial_id": unit.pk, "process_id": process.pk, "result": "PASS", **said}


def test_example_five_of_the_document(unit, steps):
    """As printed there, with the ids of this plant."""
    manager, worker = client_for("production_manager"), UserFactory(role="operator", username="worker")
    answer = manager.post(
        URL,
        {
            "process_id": steps[0].pk,
            "serial_id": unit.pk,
            "lot_id": unit.lot_id,
            "data_level": "SERIAL",
            "result": "PASS",
            "measurements": {
                "marking_quality": "A",
                "marking_depth": "0.05mm",
                "position_x": "10.2",
                "position_y": "20.5",
            },
            "operator_id": worker.pk,
            "process_order": 1,
            "cycle_time_seconds": 45,
        },
    )
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert set(made) == KEYS
    assert (made["duration_seconds"], made["cycle_time_seconds"]) == (45, 45)
    assert made["operator"] == {"id": worker.pk, "username": "worker", "full_name": "", "role": "operator"}
    assert made["process"]["process_name_ko"] == steps[0].process_name_ko
    assert manager.get(f"{URL}/{made['id']}").json() == made


def test_names_instead_of_ids(unit, steps, operator):
    machine = MachineFactory()
    said = {
        "serial_number": unit.serial_number,
        "process_code": steps[0].process_code.lower(),
        "lot_number": unit.lot.lot_number,
        "equipment_code": machine.equipment_code.lower(),
        "result": "pass",
    }
    made = operator.post(URL, said).json()
    assert (made["serial_id"], made["equipment_id"], made["result"]) == (unit.pk, machine.pk, "PASS")


def test_started_then_completed(unit, steps, operator):
    row = operator.post(URL, body(unit, steps[0], result=None)).json()
    assert (row["result"], row["completed_at"], row["duration_seconds"]) == (None, None, None)
    assert [r["id"] for r in operator.get(URL + "/incomplete").json()["results"]] == [row["id"]]
    done = operator.put(f"{URL}/{row['id']}", {**row, "result": "PASS", "measurements": {"depth": 1}})
    assert done.status_code == 200, done.content
    assert (done.json()["result"], done.json()["measurements"]) == ("PASS", {"depth": 1})
    assert operator.put(f"{URL}/{row['id']}", {"result": "FAIL", "notes": "x"}).status_code == 409
    assert not operator.get(URL + "/incomplete").json()["results"]


def test_a_record_written_back_changes_nothing(unit, steps, operator):
    row = operator.post(URL, body(unit, steps[0])).json()
    for method in (operator.put, operator.patch):
        answer = method(f"{URL}/{row['id']}", row)
        assert (answer.status_code, answer.json()) == (200, row)
        assert method(f"{URL}/{row['id']}", {}).json() == row


def test_what_stands_is_refused_by_name(unit, steps, operator):
    row = operator.post(URL, body(unit, steps[0])).json()
    for field, value in (
        ("process_id", steps[1].pk), ("lot_id", unit.lot_id + 1), ("serial_number", "SN-1"),
        ("operator_id", operator.user.pk + 1), ("started_at", "2026-01-01T00:00:00Z"), ("data_level", "LOT"),
        ("cycle_time_seconds", 7),
    ):  # fmt: skip
        answer = operator.patch(f"{URL}/{row['id']}", {field: value})
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


def test_a_stale_write_is_refused(unit, steps, operator):
    row = operator.post(URL, body(unit, steps[0])).json()
    tag = operator.get(f"{URL}/{row['id']}")["ETag"]
    said = {"notes": "n", "reason": "r"}
    assert operator.patch(f"{URL}/{row['id']}", said, headers={"If-Match": tag}).status_code == 200
    assert operator.patch(f"{URL}/{row['id']}", said, headers={"If-Match": tag}).status_code == 412


def test_nothing_is_deleted(unit, steps):
    row = record_of(unit, steps[0])
    answer = client_for("admin").delete(f"{URL}/{row.pk}")
    assert (answer.status_code, answer.json()["code"]) == (409, "never_deleted")
    assert client_for("production_manager").delete(f"{URL}/{row.pk}").status_code == 403


def test_an_operator_sees_their_own(unit, steps, operator):
    mine = record_of(unit, steps[0], actor=operator.user)
    other = record_of(unit, steps[1])
    assert [row["id"] for row in operator.get(URL).json()["results"]] == [mine.pk]
    assert operator.get(f"{URL}/{other.pk}").status_code == 404
    assert operator.get(f"{URL}/operator/{other.operator_id}").json()["results"] == []
    assert operator.patch(f"{URL}/{other.pk}", {}).status_code == 404
    viewer = client_for("viewer")
    assert {row["id"] for row in viewer.get(URL).json()["results"]} == {mine.pk, other.pk}


def test_look_ups(unit, steps):
    client, worker = client_for("viewer"), UserFactory(role="operator")
    first = record_of(unit, steps[0], actor=worker)
    failed = record_of(unit, steps[1], result="FAIL", notes="x")
    whole = client_for("quality").post(
        URL, {"lot_id": unit.lot_id, "process_id": steps[2].pk, "result": "PASS", "data_level": "LOT"}
    ).json()["id"]  # fmt: skip
    day = f"{timezone.now():%Y-%m-%d}"

    def ids(path):
        answer = client.get(f"{URL}{path}")
        assert answer.status_code == 200, answer.content
        assert set(answer.json()) == {"next", "previous", "results"}
        return {row["id"] for row in answer.json()["results"]}

    everything = {first.pk, failed.pk, whole}
    assert ids("") == ids(f"/lot/{unit.lot_id}") == everything
    assert ids(f"/serial/{unit.pk}") == {first.pk, failed.pk}
    assert ids(f"/process/{steps[1].pk}") == {failed.pk}
    assert ids("/result/fail") == ids("/failures") == ids("?result=FAIL") == {failed.pk}
    assert ids(f"/operator/{worker.pk}") == ids(f"?operator_id={worker.pk}") == {first.pk}
    assert ids(f"/serial/{unit.pk}/process/{steps[0].pk}") == {first.pk}
    assert ids(f"/date-range?start_date={day}&end_date={day}") == everything
    assert ids("/date-range?start_date=2020-01-01&end_date=2020-01-02") == set()
    assert ids(f"?search={unit.serial_number[:6]}") == {first.pk, failed.pk}
    assert ids(f"?search={unit.lot.lot_number}") == everything
    assert ids("?data_level=lot") == {whole}
    assert ids(f"?process_code={steps[0].process_code}&serial_number={unit.serial_number}") == {first.pk}


@pytest.mark.parametrize(
    "query",
    ["colour=red", "result=MAYBE", "result=PASS&result=", "limit=0", "limit=100000000000000000000", "cursor=x",
     "ordering=notes", "serial_id=abc", "serial_id=1.5", "start_date=2026-13-01", "start_date=yesterday",
     "start_date=2026-02-02&end_date=2026-02-01", "data_level=WIP"],
)  # fmt: skip
def test_filters_are_strict(query):
    client = client_for("viewer")
    expected = 200 if query == "result=PASS&result=" else 400
    assert client.get(f"{URL}?{query}").status_code == expected


def test_newest_first_page_by_page(unit, steps):
    began = timezone.now() - timedelta(hours=3)
    for number, step in enumerate(steps):
        at = (began + timedelta(minutes=number)).isoformat()
        record_of(unit, step, started_at=at, completed_at=at)
    client, seen, url = client_for("viewer"), [], f"{URL}?limit=2"
    while url:
        page = client.get(url).json()
        seen += [row["process_id"] for row in page["results"]]
        url = page["next"]
    assert seen == [step.pk for step in reversed(steps)]
    oldest = client.get(f"{URL}?ordering=started_at").json()["results"]
    assert [row["process_id"] for row in oldest] == [step.pk for step in steps]


def test_a_page_costs_one_query(unit, steps, django_assert_num_queries):
    client = client_for("viewer")
    for step in steps:
        record_of(unit, step)
    with django_assert_num_queries(1):
        client.get(URL)
    with django_assert_num_queries(1):
        client.get(f"{URL}/serial/{unit.pk}")
    with django_assert_num_queries(1):
        client.get(f"{URL}/failures")


NUL = "a\x00b"
BAD = {
    "nothing": ({}, "serial_id"),
    "no process": ({"process_id": None}, "process_id"),
    "unknown process": ({"process_id": 10**15}, "process_id"),
    "huge id": ({"serial_id": 10**20}, "serial_id"),
    "text id": ({"serial_id": "1"}, "serial_id"),
    "yes as id": ({"serial_id": True}, "serial_id"),
    "list as id": ({"serial_id": [1]}, "serial_id"),
    "unknown unit": ({"serial_id": 10**15}, "serial_id"),
    "another lot": ({"lot_id": 10**15}, "lot_id"),
    "level": ({"data_level": "WIP"}, "data_level"),
    "level that does not fit": ({"data_level": "LOT"}, "serial_id"),
    "result": ({"result": "MAYBE"}, "result"),
    "list as result": ({"result": ["PASS"]}, "result"),
    "measurements as text": ({"measurements": "0.05"}, "measurements"),
    "null character in a value": ({"measurements": {"a": NUL}}, "measurements"),
    "null character in a name": ({"measurements": {NUL: 1}}, "measurements"),
    "null character in notes": ({"notes": NUL}, "notes"),
    "null character in a code": ({"serial_id": None, "serial_number": NUL}, "serial_number"),
    "long notes": ({"notes": "x" * 1001}, "notes"),
    "too much": ({"measurements": {"a": "x" * 70_000}}, "measurements"),
    "too many": ({"measurements": {f"m{n}": n for n in range(201)}}, "measurements"),
    "defects as text": ({"defects": "D1"}, "defects"),
    "a defect without code": ({"defects": [{"name": "x"}]}, "defects.0"),
    "a defect of a number": ({"defects": [7]}, "defects.0"),
    "ended before it began": (
        {"started_at": "2026-01-02T00:00:00Z", "completed_at": "2026-01-01T00:00:00Z"}, "completed_at"),
    "no zone": ({"started_at": "2026-01-02T00:00:00"}, "started_at"),
    "no such day": ({"started_at": "2026-02-30T00:00:00Z"}, "started_at"),
    "the year 2190": ({"completed_at": "2190-01-01T00:00:00Z"}, "completed_at"),
    "the year 1": ({"completed_at": "0001-01-01T00:00:00Z", "cycle_time_seconds": 60}, "completed_at"),
    "the year 9999": ({"started_at": "9999-12-31T23:59:59Z", "cycle_time_seconds": 60}, "started_at"),
    "300 years long": (
        {"started_at": "1725-01-01T00:00:00Z", "completed_at": "2025-01-01T00:00:00Z"}, "started_at"),
    "two years long": (
        {"started_at": "2023-01-01T00:00:00Z", "completed_at": "2025-01-01T00:00:00Z"}, "completed_at"),
    "an endless cycle": ({"cycle_time_seconds": 10**20}, "cycle_time_seconds"),
    "a negative cycle": ({"cycle_time_seconds": -1}, "cycle_time_seconds"),
    "completed without result": ({"result": None, "completed_at": "2026-01-01T00:00:00Z"}, "result"),
    "order 0": ({"process_order": 0}, "process_order"),
    "an unknown machine": ({"equipment_code": "NONE"}, "equipment_code"),
    "an unknown person": ({"operator_id": 10**15}, "operator_id"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_is_a_clear_400_and_leaves_nothing(name, unit, steps):
    change, field = BAD[name]
    client = client_for("production_manager")
    said = body(unit, steps[0], **change) if change else {}
    answer = client.post(URL, said)
    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert list(answer.json()["errors"]) == [field], answer.json()
    assert answer.json()["detail"].startswith(field)
    assert not ProcessData.objects.exists()
    assert not StepMark.objects.exists()
    unit.refresh_from_db()
    assert unit.status == "CREATED"


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"[1]", b'"x"', b"7", b"{", b'{"measurements": {"a": NaN}}', b'{"notes": "\xff"}',
            b'{"notes": "\\ud800"}', b'{"measurements": {"a": 1e400}, "serial_id": 1}']
)  # fmt: skip
def test_bodies_that_are_no_record(raw):
    client = client_for("operator")
    answer = client.generic("POST", URL, raw, content_type="application/json")
    assert answer.status_code == 400, answer.content
    assert not ProcessData.objects.exists()


def test_large_bodies_are_refused(unit, steps, operator):
    answer = operator.post(URL, body(unit, steps[0], measurements={"a": "x" * 3_000_000}))
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["measurements"])
    answer = operator.post(URL, body(unit, steps[0], nobody_reads_this="x" * 5_000_000))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert not ProcessData.objects.exists()


def test_a_product_gone_inactive_since_still_takes_records(unit, steps, operator):
    product = unit.lot.product
    product.status = "INACTIVE"
    product.save()
    assert operator.post(URL, body(unit, steps[0])).status_code == 201


def test_the_same_key_makes_one_record(unit, steps, operator):
    send = lambda: operator.post(URL, body(unit, steps[0]), headers={"Idempotency-Key": "k1"})  # noqa: E731
    first, second = send(), send()
    assert (first.status_code, second.status_code) == (201, 201)
    assert second["Idempotent-Replayed"] == "true"
    assert first.json() == second.json()
    assert ProcessData.objects.count() == 1


def test_the_operator_is_the_caller(unit, steps, operator):
    made = operator.post(URL, body(unit, steps[0])).json()
    assert made["operator_id"] == operator.user.pk
    answer = client_of(UserFactory(role="operator")).post(
        URL, body(unit, steps[1], operator_id=operator.user.pk)
    )
    assert answer.status_code == 403


def nested(levels):
    """JSON of so many levels."""
    return b'{"a":' * levels + b"1" + b"}" * levels


@pytest.mark.parametrize("levels", [101, 253, 300, 1010])
@pytest.mark.parametrize("field", [b"measurements", b"defects"])
def test_what_is_nested_too_deep_to_be_shown_again_is_refused(unit, steps, operator, field, levels):
    """At 253 levels it could be kept, and every list that held it ended in 500 from then on."""
    item = b'{"serial_id": %d, "process_id": %d, "result": "FAIL", "notes": "x", "%s": %s}'
    item %= (unit.pk, steps[0].pk, field, nested(levels))
    one = operator.generic("POST", URL, item, content_type="application/json")
    many = operator.generic("POST", f"{URL}/bulk", b'{"items": [%s]}' % item, content_type="application/json")
    assert (one.status_code, many.status_code) == (400, 200), one.content
    [error] = many.json()["errors"]
    assert (error["field"], error["code"]) == (field.decode(), "invalid")
    assert not ProcessData.objects.exists()


def test_what_is_nested_as_deep_as_it_may_be_is_shown(unit, steps, operator):
    item = b'{"serial_id": %d, "process_id": %d, "result": "PASS", "measurements": %s}'
    item %= (unit.pk, steps[0].pk, nested(99))
    assert operator.generic("POST", URL, item, content_type="application/json").status_code == 201
    assert operator.get(URL).status_code == operator.get(f"{API}serials/{unit.pk}/trace").status_code == 200


@pytest.mark.parametrize(
    "number", ["1e30", "123456789012345678901234567890", "-1e308", "18446744073709551616"]
)
def test_a_very_large_number_is_kept_and_shown(unit, steps, number):
    admin = client_for("admin")
    limits = '{"quality_criteria": {"measurements": [{"name": "a", "upper": ' + number.lstrip("-") + "}]}}"
    process = f"{API}processes/{steps[0].pk}"
    assert admin.generic("PATCH", process, limits, content_type="application/json").status_code == 200
    item = '{"serial_id": %d, "process_id": %d, "result": "FAIL", "notes": "x", "measurements": {"a": %s}}'
    item %= (unit.pk, steps[0].pk, number)
    made = admin.generic("POST", URL, item, content_type="application/json")
    assert made.status_code == 201
    one = f"{URL}/{made.json()['id']}"
    assert admin.patch(one, {"notes": "y", "reason": "typo"}).status_code == 200
    for shown in (URL, one, process, f"{API}serials/{unit.pk}/trace", f"{API}audit-logs"):
        assert admin.get(shown).status_code == 200, shown
    assert admin.get(one).json()["measurements"]["a"] == float(number)

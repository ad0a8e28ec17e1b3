"""Units over HTTP: the printed example, look-ups, their status, rework, and what is refused."""

from __future__ import annotations

from datetime import date

import pytest

from audit.models import AuditLog
from production.actions.unit_status import begin_unit
from production.models import Lot, Rework, Serial, StepMark
from tests.support.api import API, client_for, client_of
from tests.support.factories import UserFactory
from tests.support.trace_factories import ProcessFactory, lot_of, route_for, unit_in

pytestmark = pytest.mark.django_db
URL = f"{API}serials"
DAY = {"production_date": date(2024, 11, 18), "shift": "DAY"}
DENT = {"status": "FAILED", "failure_reason": "Dent"}


@pytest.fixture
def operator():
    return client_for("operator")


@pytest.fixture
def quality():
    return client_for("quality")


@pytest.fixture
def lot():
    return lot_of(**DAY)


def test_example_4_of_the_process_mes_as_printed(operator, lot):
    body = {"serial_number": "SN-241118-001", "lot_id": lot.pk, "sequence_in_lot": 1}
    answer = operator.post(URL, body)
    assert answer.status_code == 201, answer.content
    shown = answer.json()
    stamps = {name: shown.pop(name) for name in ("created_at", "updated_at")}
    assert shown == {
        "id": shown["id"],
        "serial_number": "SN-241118-001",
        "lot_id": lot.pk,
        "lot": {
            "id": lot.pk,
            "lot_number": "WF-KR-241118D-001",
            "product_model_id": lot.product_id,
            "model_code": lot.product.model_code,
            "production_date": "2024-11-18",
            "shift": "DAY",
            "target_quantity": 100,
            "actual_quantity": 1,
            "passed_quantity": 0,
            "failed_quantity": 0,
            "status": "CREATED",
        },
        "sequence_in_lot": 1,
        "status": "CREATED",
        "rework_count": 0,
        "failure_reason": None,
        "is_scrapped": False,
        "created_by_id": operator.user.pk,
        "completed_at": None,
    }
    assert operator.get(f"{URL}/{shown['id']}").json() == shown | stamps
    assert operator.post(URL, body).status_code == 409


def test_places_named_and_filled_in_are_mixed(operator):
    lot = lot_of(target_quantity=5, **DAY)

    def make(**given):
        answer = operator.post(URL, {"lot_id": lot.pk, **given})
        return answer.json().get("sequence_in_lot") or answer.json()["code"]

    assert [make(), make(sequence_in_lot=3), make(), make(sequence_in_lot=None), make()] == [1, 3, 2, 4, 5]
    assert make() == "lot_full"
    assert make(sequence_in_lot=3) == "lot_full"
    lot.refresh_from_db()
    assert (lot.actual_quantity, lot.serials.count()) == (5, 5)


def test_a_place_is_taken_once_and_lies_within_the_target(operator):
    lot = lot_of(target_quantity=5, **DAY)
    unit_in(lot, sequence_in_lot=2)
    assert operator.post(URL, {"lot_id": lot.pk, "sequence_in_lot": 2}).json()["code"] == "duplicate"
    assert operator.post(URL, {"lot_id": lot.pk, "sequence_in_lot": 6}).json()["code"] == "lot_full"
    lot.refresh_from_db()
    assert lot.actual_quantity == 1


# --- look-ups


def listed(client, path, **query):
    answer = client.get(f"{URL}/{path}" if path else URL, query)
    assert answer.status_code == 200, answer.content
    return [row["serial_number"] for row in answer.json()["results"]]


def test_every_look_up_finds_its_units(operator, quality, lot):
    first, second = unit_in(lot), unit_in(lot)
    elsewhere = unit_in(lot_of(production_date=date(2024, 11, 20), shift="DAY"))
    assert quality.put(f"{URL}/{second.pk}/status", DENT).status_code == 200
    numbers = [unit.serial_number for unit in (first, second, elsewhere)]
    assert listed(operator, "") == numbers[::-1]
    assert listed(operator, f"lot/{lot.pk}") == numbers[:2]
    assert listed(operator, "status/failed") == listed(operator, "failed") == [numbers[1]]
    assert listed(operator, "status/CREATED") == [numbers[2], numbers[0]]
    for number in ("SN-241118-001", "sn-241118-001", "SN241118001"):
        assert operator.get(f"{URL}/number/{number}").json()["id"] == first.pk


def test_a_number_written_exactly_goes_before_one_that_reads_alike():
    """SN-241118-1000 and SN-2411181-000 cannot both be of one pattern; of two sites they can."""
    lot, client = lot_of(**DAY), client_for("viewer")
    for place, number in ((8, "AB-1-23"), (9, "AB-12-3")):
        unit = unit_in(lot, sequence_in_lot=place)
        unit.serial_number = number
        unit.save()
    found = [
        client.get(f"{URL}/number/{number}").json()["sequence_in_lot"] for number in ("AB-1-23", "AB-12-3")
    ]
    assert found == [8, 9]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("number/SN-241118-999", 404),
        (f"lot/{10**9}", 404),
        (f"lot/{10**17}", 404),
        ("status/BROKEN", 400),
        ("failed?colour=red", 400),
        ("?status=BROKEN", 400),
        ("?start_date=x", 400),
        (f"{10**9}", 404),
        (f"{10**9}/can-rework", 404),
    ],
)
def test_look_ups_that_find_nothing(operator, path, status):
    assert operator.get(f"{URL}/{path}").status_code == status


def test_every_filter_finds_and_leaves_out(operator, lot):
    unit = unit_in(lot)
    made = unit.created_on.isoformat()
    pairs = {
        "lot_id": (lot.pk, 10**9),
        "lot_number": (lot.lot_number.lower(), "x"),
        "serial_number": (unit.serial_number.lower(), "x"),
        "product_model_id": (lot.product_id, 10**9),
        "status": ("created", "FAILED"),
        "created_by": (unit.created_by_id, 10**9),
        "start_date": (made, "2099-01-01"),
        "end_date": (made, "2001-01-01"),
        "rework_count": (0, 1),
        "is_scrapped": ("false", "true"),
        "search": ("sn2411", "241118"),
    }
    for name, (hit, miss) in pairs.items():
        assert listed(operator, "", **{name: hit}) == [unit.serial_number], name
        assert listed(operator, "", **{name: miss}) == [], name


def test_a_list_takes_two_queries_however_long(operator, django_assert_num_queries):
    for count in (2, 5):
        lot = lot_of(**DAY)
        for _ in range(count):
            unit_in(lot)
        with django_assert_num_queries(2):
            assert listed(operator, "")


# --- status by hand


def test_a_unit_fails_by_hand_for_a_reason_and_its_lot_counts_it(quality, lot):
    unit = unit_in(lot)
    for reason in ({}, {"failure_reason": " "}):
        answer = quality.put(f"{URL}/{unit.pk}/status", {"status": "FAILED", **reason})
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["failure_reason"])
    shown = quality.put(f"{URL}/{unit.pk}/status", {**DENT, "status": "failed"}).json()
    assert (shown["status"], shown["failure_reason"], shown["is_scrapped"]) == ("FAILED", "Dent", False)
    assert shown["completed_at"]
    assert (shown["lot"]["failed_quantity"], shown["lot"]["status"]) == (1, "IN_PROGRESS")
    assert quality.put(f"{URL}/{unit.pk}/status", DENT).json()["code"] == "invalid_transition"


def test_the_way_back_is_rework_alone(quality, lot):
    unit = unit_in(lot)
    quality.put(f"{URL}/{unit.pk}/status", DENT)
    for status in ("IN_PROGRESS", "CREATED", "PASSED"):
        assert (
            quality.put(f"{URL}/{unit.pk}/status", {"status": status}).json()["code"] == "invalid_transition"
        )


def test_a_unit_passes_by_hand_only_after_every_step(quality, lot):
    processes = [ProcessFactory() for _ in range(2)]
    route_for(lot.product, processes)
    unit = unit_in(lot)
    url = f"{URL}/{unit.pk}/status"
    assert quality.put(url, {"status": "PASSED"}).json()["code"] == "invalid_transition"
    assert quality.put(url, {"status": "IN_PROGRESS"}).json()["status"] == "IN_PROGRESS"
    assert quality.put(url, {"status": "IN_PROGRESS"}).json()["code"] == "invalid_transition"
    for process in processes:
        assert quality.put(url, {"status": "PASSED"}).json()["code"] == "steps_left"
        StepMark.objects.create(lot=lot, serial=unit, process=process, passed=True, record_id=1)
    assert quality.put(url, {"status": "PASSED", "failure_reason": "x"}).status_code == 400
    shown = quality.put(url, {"status": "PASSED"}).json()
    assert (shown["status"], shown["lot"]["passed_quantity"]) == ("PASSED", 1)
    assert quality.put(url, DENT).json()["code"] == "invalid_transition", "PASSED is final"


def test_where_nothing_is_looked_at_nothing_passes(quality, lot):
    unit = unit_in(lot)
    begin_unit(serial=unit, actor=None)
    assert quality.put(f"{URL}/{unit.pk}/status", {"status": "PASSED"}).json()["code"] == "steps_left"


def test_an_operator_changes_own_units_only(operator, quality, lot):
    own, other = unit_in(lot, actor=operator.user), unit_in(lot)
    assert operator.put(f"{URL}/{other.pk}/status", DENT).json()["code"] == "not_your_unit"
    assert operator.patch(f"{URL}/{other.pk}", {"sequence_in_lot": 9}).status_code == 403
    assert operator.put(f"{URL}/{own.pk}/status", DENT).status_code == 200
    assert quality.put(f"{URL}/{other.pk}/status", DENT).status_code == 200
    assert operator.post(f"{URL}/{own.pk}/rework", {"reason": "x"}).status_code == 403


# --- rework


def fail(client, unit, **more):
    return client.put(f"{URL}/{unit.pk}/status", {**DENT, **more})


def test_three_reworks_and_the_next_failure_is_for_good(quality, lot):
    unit = unit_in(lot)
    url = f"{URL}/{unit.pk}/rework"
    assert quality.post(url, {"reason": "Try"}).json()["code"] == "invalid_transition"
    for number in (1, 2, 3):
        assert fail(quality, unit, failure_reason=f"Dent {number}").json()["is_scrapped"] is False
        can = quality.get(f"{URL}/{unit.pk}/can-rework").json()
        assert (can["can_rework"], can["remaining"]) == (True, 4 - number)
        shown = quality.post(url, {"reason": f"Try {number}"}).json()
        assert (shown["status"], shown["rework_count"], shown["failure_reason"], shown["completed_at"]) == (
            "IN_PROGRESS",
            number,
            None,
            None,
        )
        assert shown["lot"]["failed_quantity"] == 0
    assert fail(quality, unit).json()["is_scrapped"] is True
    refused = quality.post(url, {"reason": "Try 4"})
    assert (refused.status_code, refused.json()["code"]) == (409, "rework_exhausted")
    can = quality.get(f"{URL}/{unit.pk}/can-rework").json()
    assert can == {
        "serial_id": unit.pk,
        "can_rework": False,
        "rework_count": 3,
        "max_rework": 3,
        "remaining": 0,
        "reason": "It was reworked three times.",
    }
    rows = Rework.objects.filter(serial=unit).values_list("number", "reason", "failure_reason")
    assert list(rows) == [(n, f"Try {n}", f"Dent {n}") for n in (1, 2, 3)]
    lot.refresh_from_db()
    assert (lot.failed_quantity, lot.scrapped_quantity) == (1, 1)
    deeds = AuditLog.objects.filter(entity_type="serials", action="production.serial.reworked")
    assert [deed.reason for deed in deeds.order_by("id")] == ["Try 1", "Try 2", "Try 3"]


@pytest.mark.parametrize(
    "body", [{}, {"reason": ""}, {"reason": " "}, {"reason": ["x"]}, {"reason": "x" * 501}]
)
def test_a_rework_has_a_reason(quality, lot, body):
    unit = unit_in(lot)
    fail(quality, unit)
    answer = quality.post(f"{URL}/{unit.pk}/rework", body)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["reason"])
    assert not Rework.objects.exists()


def test_a_lot_completes_by_itself_when_its_last_unit_is_scrapped(quality):
    lot = lot_of(target_quantity=1, **DAY)
    unit = unit_in(lot)
    for _ in range(3):
        fail(quality, unit)
        quality.post(f"{URL}/{unit.pk}/rework", {"reason": "Try"})
        assert Lot.objects.get().status == "IN_PROGRESS"
    fail(quality, unit)
    assert Lot.objects.get().status == "COMPLETED"


# --- changes, deletion, bad input


def test_a_unit_moves_while_nothing_has_happened_to_it(quality, lot):
    unit, other = unit_in(lot), unit_in(lot)
    url = f"{URL}/{unit.pk}"
    assert quality.patch(url, {"sequence_in_lot": 7}).json()["sequence_in_lot"] == 7
    assert quality.patch(url, {"sequence_in_lot": other.sequence_in_lot}).status_code == 409
    assert quality.put(url, quality.get(url).json()).status_code == 200, "as it was read"
    fail(quality, unit)
    assert quality.patch(url, {"sequence_in_lot": 8}).json()["code"] == "in_use"
    assert quality.put(url, {}).status_code == 400
    assert quality.patch(url, {}).status_code == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "PASSED"),
        ("rework_count", 3),
        ("rework_count", False),
        ("failure_reason", "x"),
        ("is_scrapped", True),
        ("completed_at", "2024-01-01T00:00:00Z"),
    ],
)
def test_what_only_verbs_change_is_refused_by_name(quality, lot, name, value):
    unit = unit_in(lot)
    for answer in (
        quality.post(URL, {"lot_id": lot.pk, name: value}),
        quality.patch(f"{URL}/{unit.pk}", {name: value}),
    ):
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [name])
    born = {"lot_id": lot.pk, "status": "CREATED", "rework_count": 0, "failure_reason": None}
    assert quality.post(URL, born).status_code == 201


def test_a_unit_stays_in_its_lot_and_keeps_its_number(quality, lot):
    unit, other = unit_in(lot), lot_of(**DAY)
    for name, value in {"lot_id": other.pk, "serial_number": "SN-241118-777"}.items():
        assert list(quality.patch(f"{URL}/{unit.pk}", {name: value}).json()["errors"]) == [name]


def test_deleting_is_for_units_to_which_nothing_has_happened(lot):
    admin, unit, failed = client_for("admin"), unit_in(lot), unit_in(lot)
    fail(admin, failed)
    assert admin.delete(f"{URL}/{failed.pk}").json()["code"] == "in_use"
    assert admin.delete(f"{URL}/{unit.pk}").status_code == 204
    lot.refresh_from_db()
    assert lot.actual_quantity == 1
    assert unit_in(lot).sequence_in_lot == 1
    assert client_for("quality").delete(f"{URL}/{failed.pk}").status_code == 403


BAD = [
    ({"lot_id": None}, "lot_id"),
    ({"lot_id": 10**20}, "lot_id"),
    ({"lot_id": [1]}, "lot_id"),
    ({"lot_id": True}, "lot_id"),
    ({"lot_id": 10**9}, "lot_id"),
    ({"sequence_in_lot": 0}, "sequence_in_lot"),
    ({"sequence_in_lot": 101}, "sequence_in_lot"),
    ({"sequence_in_lot": -1}, "sequence_in_lot"),
    ({"sequence_in_lot": 10**20}, "sequence_in_lot"),
    ({"sequence_in_lot": "NaN"}, "sequence_in_lot"),
    ({"sequence_in_lot": [1]}, "sequence_in_lot"),
    ({"sequence_in_lot": 1.5}, "sequence_in_lot"),
    ({"sequence_in_lot": True}, "sequence_in_lot"),
    ({"serial_number": "SN-241118-001\x00"}, "serial_number"),
    ({"serial_number": ["SN-241118-001"]}, "serial_number"),
    ({"serial_number": "x" * 51}, "serial_number"),
    ({"serial_number": "ABC"}, "serial_number"),
    ({"serial_number": "SN-991118-001"}, "serial_number"),
]


@pytest.mark.parametrize(("body", "field"), BAD, ids=[f"{field}-{n}" for n, (_body, field) in enumerate(BAD)])
def test_bad_input_is_refused_by_name_and_leaves_nothing(operator, lot, body, field):
    answer = operator.post(URL, {"lot_id": lot.pk, **body})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field]), answer.content
    lot.refresh_from_db()
    assert lot.actual_quantity == 0 and not Serial.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"status": []},
        {"status": {}},
        {"status": None},
        {"status": "BROKEN"},
        {"status": 1},
        {"status": "\x00"},
    ],
)
def test_a_status_that_is_none(quality, lot, body):
    answer = quality.put(f"{URL}/{unit_in(lot).pk}/status", body)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["status"])


@pytest.mark.parametrize(
    "body",
    [
        b'{"sequence_in_lot": NaN}',
        b"[]",
        b"7",
        b'{"serial_number": "\\ud800"}',
        b'{"x": "' + b"x" * 3_000_000 + b'"}',
    ],
    ids=["nan", "list", "number", "surrogate", "3MB"],
)
def test_bodies_that_are_no_unit(operator, lot, body):
    unit = unit_in(lot, actor=operator.user)
    assert operator.post(URL, body, content_type="application/json").status_code == 400
    assert operator.put(f"{URL}/{unit.pk}/status", body, content_type="application/json").status_code == 400


def test_a_retry_makes_no_second_unit(operator, lot):
    key = {"Idempotency-Key": "unit-1"}
    first, again = (operator.post(URL, {"lot_id": lot.pk}, headers=key) for _ in range(2))
    assert first.json() == again.json()
    assert Serial.objects.count() == 1


@pytest.mark.parametrize("role", ["engineer", "maintenance", "viewer", "integration"])
def test_who_only_reads(role, lot):
    client, unit = client_for(role), unit_in(lot)
    assert client.get(f"{URL}/{unit.pk}").status_code == 200
    assert client.post(URL, {"lot_id": lot.pk}).status_code == 403
    assert client.put(f"{URL}/{unit.pk}/status", DENT).status_code == 403
    assert client.post(f"{URL}/{unit.pk}/rework", {"reason": "x"}).status_code == 403
    assert client_of(UserFactory(role="guest")).get(f"{URL}/{unit.pk}").status_code == 403

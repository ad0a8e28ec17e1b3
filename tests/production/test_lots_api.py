"""Lots over HTTP: the printed example, look-ups, verbs, quantities, and what is refused."""

from __future__ import annotations

from datetime import date

import pytest

from audit.models import AuditLog
from production.actions import serials as units
from production.models import Lot
from tests.support.api import API, client_for
from tests.support.factories import LineFactory, UserFactory
from tests.support.production_factories import ProductFactory
from tests.support.trace_factories import lot_of, unit_in

pytestmark = pytest.mark.django_db
URL = f"{API}lots"
DAY = {"production_date": date(2024, 11, 18), "shift": "DAY"}


@pytest.fixture
def manager():
    return client_for("production_manager")


@pytest.fixture
def product():
    return ProductFactory(model_code="NH-2024-A1", model_name="NeuroHub Standard", category="Standard")


def test_example_3_of_the_process_mes_as_printed(manager, product):
    """`manager_id` is a known user's; the number says day and shift."""
    somebody = UserFactory()
    body = {
        "lot_number": "WF-KR-241118D-001",
        "product_model_id": product.pk,
        "target_quantity": 100,
        "shift": "DAY",
        "manager_id": somebody.pk,
    }
    answer = manager.post(URL, body)
    assert answer.status_code == 201, answer.content
    shown = answer.json()
    stamps = {name: shown.pop(name) for name in ("created_at", "updated_at")}
    assert all(stamp.endswith("Z") for stamp in stamps.values())
    assert shown == {
        "id": shown["id"],
        "lot_number": "WF-KR-241118D-001",
        "product_model_id": product.pk,
        "product_model": {
            "id": product.pk,
            "model_code": "NH-2024-A1",
            "model_name": "NeuroHub Standard",
            "category": "Standard",
            "production_cycle_days": None,
            "status": "ACTIVE",
        },
        "line_id": None,
        "line_code": None,
        "production_date": "2024-11-18",
        "shift": "DAY",
        "target_quantity": 100,
        "actual_quantity": 0,
        "passed_quantity": 0,
        "failed_quantity": 0,
        "scrapped_quantity": 0,
        "pass_rate": None,
        "defect_rate": None,
        "status": "CREATED",
        "manager_id": somebody.pk,
        "manager_name": somebody.username,
        "started_at": None,
        "completed_at": None,
        "closed_at": None,
    }
    assert manager.get(f"{URL}/{shown['id']}").json() == shown | stamps
    assert manager.post(URL, body).status_code == 409
    again = manager.post(URL, {**body, "lot_number": "WF-KR-241118D-002", "manager_id": 10**9})
    assert (again.status_code, list(again.json()["errors"])) == (400, ["manager_id"])


def test_what_is_left_out_is_filled_in(manager, product):
    shown = manager.post(URL, {"product_model_id": product.pk}).json()
    assert shown["lot_number"].startswith("WF-KR-") and shown["lot_number"].endswith("-001")
    assert (shown["target_quantity"], shown["manager_id"]) == (100, manager.user.pk)
    assert shown["production_date"] and shown["shift"] in ("DAY", "NIGHT")


@pytest.mark.parametrize(
    ("word", "shift"), [("D", "DAY"), ("n", "NIGHT"), ("night", "NIGHT"), ("DAY", "DAY")]
)
def test_shifts_by_letter_or_word(manager, product, word, shift):
    body = {"product_model_id": product.pk, "shift": word, "production_date": "2024-11-18"}
    assert manager.post(URL, body).json()["shift"] == shift


def test_a_line_brings_its_site(manager, product):
    line = LineFactory()
    for name in ("line_id", "production_line_id"):
        shown = manager.post(URL, {"product_model_id": product.pk, name: line.pk}).json()
        assert (shown["line_id"], shown["line_code"]) == (line.pk, line.line_code)
    assert set(Lot.objects.values_list("site_id", flat=True)) == {line.site.pk}


def test_an_inactive_product_is_not_made(manager):
    for status in ("INACTIVE", "DISCONTINUED"):
        answer = manager.post(URL, {"product_model_id": ProductFactory(status=status).pk})
        assert (answer.status_code, answer.json()["code"]) == (409, "product_not_active")
    assert not Lot.objects.exists()


def test_a_product_with_lots_is_not_discontinued(product):
    lot_of(product)
    answer = client_for("admin").delete(f"{API}product-models/{product.pk}")
    assert (answer.status_code, answer.json()["code"]) == (409, "in_use")


# --- look-ups


def listed(client, path, **query):
    answer = client.get(f"{URL}/{path}" if path else URL, query)
    assert answer.status_code == 200, answer.content
    return [row["lot_number"] for row in answer.json()["results"]]


def test_every_look_up_finds_its_lots(manager, product):
    old = lot_of(product, production_date=date(2024, 11, 18), shift="DAY")
    new = lot_of(production_date=date(2024, 11, 20), shift="NIGHT")
    manager.post(f"{URL}/{old.pk}/start")
    unit_in(old)
    manager.post(f"{URL}/{old.pk}/complete", {"reason": "Enough"})
    assert listed(manager, "") == [new.lot_number, old.lot_number]
    assert listed(manager, "active") == [new.lot_number]
    assert listed(manager, "status/completed") == [old.lot_number]
    assert listed(manager, f"product/{product.pk}") == [old.lot_number]
    assert listed(manager, "date-range", start_date="2024-11-19", end_date="2024-11-20") == [new.lot_number]
    assert listed(manager, "date-range", start_date="2024-11-18", end_date="2024-11-18") == [old.lot_number]
    for number in ("WF-KR-241118D-001", "wf-kr-241118d-001", "WFKR241118D001"):
        assert manager.get(f"{URL}/number/{number}").json()["id"] == old.pk


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("number/WF-KR-241118D-009", 404),
        ("number/%00", 400),
        (f"product/{10**9}", 404),
        (f"product/{10**17}", 404),
        ("status/BROKEN", 400),
        ("date-range", 400),
        ("date-range?start_date=2024-11-18", 400),
        ("date-range?start_date=x&end_date=2024-11-18", 400),
        ("active?colour=red", 400),
        (f"{10**9}", 404),
    ],
)
def test_look_ups_that_find_nothing(manager, path, status):
    assert manager.get(f"{URL}/{path}").status_code == status


def test_every_filter_finds_and_leaves_out(manager, product):
    line = LineFactory()
    lot = lot_of(product, line=line, **DAY)
    other = UserFactory().pk
    pairs = {
        "status": ("created", "CLOSED"),
        "shift": ("day", "NIGHT"),
        "lot_number": (lot.lot_number.lower(), "x"),
        "product_model_id": (product.pk, 10**9),
        "product_code": ("nh-2024-a1", "x"),
        "line_id": (line.pk, 10**9),
        "manager_id": (lot.manager_id, other),
        "production_date": ("2024-11-18", "2024-11-19"),
        "start_date": ("2024-11-18", "2024-11-19"),
        "end_date": ("2024-11-18", "2024-11-17"),
        "search": ("241118", "zzz"),
    }
    for name, (hit, miss) in pairs.items():
        assert listed(manager, "", **{name: hit}) == [lot.lot_number], name
        assert listed(manager, "", **{name: miss}) == [], name
    for name, wrong in {"status": "BROKEN", "line_id": "x", "production_date": "x", "colour": "red"}.items():
        assert manager.get(URL, {name: wrong}).status_code == 400, name


def test_a_list_takes_two_queries_however_long(manager, django_assert_num_queries):
    for count in (2, 5):
        for _ in range(count):
            lot_of(line=LineFactory(), **DAY)
        with django_assert_num_queries(2):
            assert listed(manager, "")


# --- changes and verbs


def test_a_lot_is_changed_until_its_first_unit_and_its_target_after_it(manager, product):
    lot, other = lot_of(product, **DAY), ProductFactory()
    url = f"{URL}/{lot.pk}"
    body = {"product_model_id": other.pk, "shift": "N", "production_date": "2024-11-19", "line_id": None}
    changed = manager.put(url, body).json()
    assert (changed["product_model_id"], changed["shift"], changed["production_date"]) == (
        other.pk,
        "NIGHT",
        "2024-11-19",
    )
    assert changed["lot_number"] == lot.lot_number
    unit_in(lot, sequence_in_lot=5)
    for name, value in {
        "product_model_id": product.pk,
        "shift": "D",
        "production_date": "2024-11-18",
    }.items():
        answer = manager.patch(url, {name: value})
        assert (answer.status_code, answer.json()["code"]) == (409, "lot_begun"), name
    assert manager.patch(url, {"target_quantity": 4}).json()["code"] == "quantities_clash"
    assert manager.patch(url, {"target_quantity": 5}).json()["target_quantity"] == 5
    somebody = UserFactory()
    assert manager.patch(url, {"manager_id": somebody.pk}).json()["manager_id"] == somebody.pk
    assert manager.put(url, manager.get(url).json()).status_code == 200, "as it was read"


def test_what_only_verbs_change_is_refused_by_name(manager):
    lot = lot_of(**DAY)
    for name, value in {
        "status": "COMPLETED",
        "actual_quantity": 3,
        "passed_quantity": 3,
        "failed_quantity": True,
        "lot_number": "WF-KR-241118D-077",
        "closed_at": "2024-11-18T00:00:00Z",
    }.items():
        answer = manager.patch(f"{URL}/{lot.pk}", {name: value})
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [name]), name
    lot.refresh_from_db()
    assert (lot.status, lot.actual_quantity) == ("CREATED", 0)


@pytest.mark.parametrize(
    ("name", "value"),
    [("status", "IN_PROGRESS"), ("actual_quantity", 1), ("passed_quantity", "x"), ("closed_at", "x")],
)
def test_a_lot_is_born_created_with_nothing_made(manager, product, name, value):
    answer = manager.post(URL, {"product_model_id": product.pk, name: value})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [name])
    born = {"product_model_id": product.pk, "status": "created", "actual_quantity": 0, "closed_at": None}
    assert manager.post(URL, born).status_code == 201


def test_the_life_of_a_lot(manager):
    lot = lot_of(**DAY)

    def verb(name, body=None):
        answer = manager.post(f"{URL}/{lot.pk}/{name}", body or {})
        return answer.status_code, answer.json().get(
            "status"
        ) if answer.status_code == 200 else answer.json()["code"]

    assert verb("close") == (409, "invalid_transition")
    assert verb("start") == (200, "IN_PROGRESS")
    assert verb("start") == (409, "invalid_transition")
    assert verb("complete", {"reason": "Nothing left"}) == (409, "lot_empty")
    unit_in(lot)
    assert verb("complete") == (409, "lot_unfinished")
    assert verb("complete", {"reason": "Order cancelled"}) == (200, "COMPLETED")
    assert verb("start") == (409, "invalid_transition")
    assert verb("close") == (200, "CLOSED")
    assert verb("close") == (409, "invalid_transition")
    assert manager.patch(f"{URL}/{lot.pk}", {"target_quantity": 50}).json()["code"] == "lot_closed"
    deeds = AuditLog.objects.filter(
        entity_type="lots", entity_id=str(lot.pk), action__startswith="production"
    )
    assert [(deed.action, deed.reason) for deed in deeds.order_by("id")] == [
        ("production.lot.started", ""),
        ("production.lot.completed", "Order cancelled"),
        ("production.lot.closed", ""),
    ]
    assert {deed.user_id for deed in deeds} == {manager.user.pk}


def test_a_closed_lot_takes_no_unit_and_its_units_stand():
    manager, lot = client_for("admin"), lot_of(**DAY)
    unit = unit_in(lot)
    manager.post(f"{URL}/{lot.pk}/complete", {"reason": "Enough"})
    assert manager.post(f"{API}serials", {"lot_id": lot.pk}).json()["code"] == "lot_not_open"
    manager.post(f"{URL}/{lot.pk}/close")
    assert manager.post(f"{API}serials", {"lot_id": lot.pk}).json()["code"] == "lot_not_open"
    said = {"status": "FAILED", "failure_reason": "Dropped"}
    assert manager.put(f"{API}serials/{unit.pk}/status", said).json()["code"] == "lot_closed"
    assert manager.put(f"{URL}/{lot.pk}/quantities", {"actual_quantity": 2, "reason": "x"}).status_code == 409


def test_deleting_is_for_lots_of_which_nothing_was_made():
    admin, lot, made = client_for("admin"), lot_of(**DAY), lot_of(**DAY)
    unit_in(made)
    assert admin.delete(f"{URL}/{made.pk}").json()["code"] == "in_use"
    assert admin.delete(f"{URL}/{lot.pk}").status_code == 204
    assert admin.get(f"{URL}/{lot.pk}").status_code == 404
    assert client_for("production_manager").delete(f"{URL}/{made.pk}").status_code == 403


# --- quantities


def test_quantities_with_what_was_counted_by_hand(manager):
    lot = lot_of(target_quantity=10, **DAY)
    unit = unit_in(lot)
    units.set_status(serial=unit, status="FAILED", failure_reason="Dent", actor=None)
    url = f"{URL}/{lot.pk}/quantities"
    assert manager.get(url).json() == {
        "lot_id": lot.pk,
        "lot_number": lot.lot_number,
        "target_quantity": 10,
        "actual_quantity": 1,
        "passed_quantity": 0,
        "failed_quantity": 1,
        "scrapped_quantity": 0,
        "remaining_quantity": 9,
        "pass_rate": 0.0,
        "defect_rate": 100.0,
    }
    answer = manager.put(url, {"actual_quantity": 8, "passed_quantity": 6, "reason": "Counted on the rack"})
    assert answer.status_code == 200, answer.content
    assert (answer.json()["actual_quantity"], answer.json()["passed_quantity"]) == (8, 6)
    deed = AuditLog.objects.get(action="production.lot.corrected")
    assert (deed.reason, deed.old_values["actual_quantity"], deed.new_values["actual_quantity"]) == (
        "Counted on the rack",
        1,
        8,
    )
    assert [unit_in(lot).sequence_in_lot for _ in range(2)] == [2, 3]
    assert manager.post(f"{API}serials", {"lot_id": lot.pk}).json()["code"] == "lot_full"


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"actual_quantity": 5}, 400, "reason"),
        ({"actual_quantity": 5, "reason": " "}, 400, "reason"),
        ({"reason": "x"}, 400, "non_field_errors"),
        ({"actual_quantity": 0, "reason": "x"}, 409, "actual_quantity"),
        ({"failed_quantity": 0, "reason": "x"}, 409, "failed_quantity"),
        ({"actual_quantity": 11, "reason": "x"}, 409, "actual_quantity"),
        ({"actual_quantity": 3, "passed_quantity": 3, "reason": "x"}, 409, "actual_quantity"),
        ({"actual_quantity": 101, "reason": "x"}, 400, "actual_quantity"),
        ({"actual_quantity": -1, "reason": "x"}, 400, "actual_quantity"),
        ({"actual_quantity": 10**20, "reason": "x"}, 400, "actual_quantity"),
        ({"actual_quantity": [5], "reason": "x"}, 400, "actual_quantity"),
        ({"actual_quantity": 5, "reason": ["x"]}, 400, "reason"),
    ],
)
def test_quantities_that_cannot_be(manager, body, status, field):
    lot = lot_of(target_quantity=10, **DAY)
    units.set_status(serial=unit_in(lot), status="FAILED", failure_reason="Dent", actor=None)
    answer = manager.put(f"{URL}/{lot.pk}/quantities", body)
    assert (answer.status_code, list(answer.json()["errors"])) == (status, [field]), answer.content
    lot.refresh_from_db()
    assert (lot.actual_quantity, lot.passed_quantity, lot.failed_quantity) == (1, 0, 1)


def test_a_correction_that_makes_the_target_completes_the_lot(manager):
    lot = lot_of(target_quantity=3, **DAY)
    manager.post(f"{URL}/{lot.pk}/start")
    body = {"actual_quantity": 3, "passed_quantity": 3, "reason": "Made by hand"}
    assert manager.put(f"{URL}/{lot.pk}/quantities", body).status_code == 200
    assert manager.get(f"{URL}/{lot.pk}").json()["status"] == "COMPLETED"


# --- bad input

BAD = [
    ({}, "product_model_id"),
    ({"product_model_id": "x"}, "product_model_id"),
    ({"product_model_id": 10**20}, "product_model_id"),
    ({"product_model_id": [1]}, "product_model_id"),
    ({"product_model_id": True}, "product_model_id"),
    ({"target_quantity": 0}, "target_quantity"),
    ({"target_quantity": 101}, "target_quantity"),
    ({"target_quantity": "NaN"}, "target_quantity"),
    ({"target_quantity": [1]}, "target_quantity"),
    ({"shift": ["DAY"]}, "shift"),
    ({"shift": "EVENING"}, "shift"),
    ({"shift": 1}, "shift"),
    ({"production_date": "2190-01-01"}, "production_date"),
    ({"production_date": "1812-01-01"}, "production_date"),
    ({"production_date": "2024-02-30"}, "production_date"),
    ({"production_date": ["2024-02-01"]}, "production_date"),
    ({"lot_number": "WF-KR-241118D-001\x00"}, "lot_number"),
    ({"lot_number": ["WF-KR-241118D-001"]}, "lot_number"),
    ({"lot_number": "x" * 51}, "lot_number"),
    ({"manager_id": 0}, "manager_id"),
    ({"line_id": 10**9}, "line_id"),
]


@pytest.mark.parametrize(("body", "field"), BAD, ids=[f"{field}-{n}" for n, (_body, field) in enumerate(BAD)])
def test_bad_input_is_refused_by_name_and_leaves_nothing(manager, product, body, field):
    given = {"product_model_id": product.pk, **body} if body else body
    answer = manager.post(URL, given)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field]), answer.content
    assert not Lot.objects.exists()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"product_model_id": NaN}', 400),
        (b"[]", 400),
        (b"3", 400),
        (b'"x"', 400),
        (b"null", 400),
        (b'{"lot_number": "\\ud800"}', 400),
        (b"\xff", 400),
        (b'{"lot_number": "' + b"x" * 3_000_000 + b'"}', 400),
        (b'{"lot_number": "' + b"x" * 5_000_000 + b'"}', 413),
    ],
    ids=["nan", "list", "number", "text", "null", "surrogate", "latin", "3MB", "5MB"],
)
@pytest.mark.parametrize("method", ["post", "put", "patch"])
def test_bodies_that_are_no_lot(manager, method, body, status):
    lot = lot_of(**DAY)
    url = URL if method == "post" else f"{URL}/{lot.pk}"
    answer = getattr(manager, method)(url, body, content_type="application/json")
    if method == "patch" and body == b"null":
        assert answer.status_code in (200, 400)
    else:
        assert answer.status_code == status, answer.content[:300]
    assert Lot.objects.count() == 1


def test_an_empty_put_is_refused_and_an_empty_patch_changes_nothing(manager):
    lot = lot_of(**DAY)
    assert manager.put(f"{URL}/{lot.pk}", {}).status_code == 400
    before = manager.get(f"{URL}/{lot.pk}").json()
    assert manager.patch(f"{URL}/{lot.pk}", {}).json() == before


def test_a_stale_change_is_refused(manager):
    lot = lot_of(**DAY)
    tag = manager.get(f"{URL}/{lot.pk}")["ETag"]
    assert (
        manager.patch(f"{URL}/{lot.pk}", {"target_quantity": 7}, headers={"If-Match": tag}).status_code == 200
    )
    stale = manager.patch(f"{URL}/{lot.pk}", {"target_quantity": 8}, headers={"If-Match": tag})
    assert stale.status_code == 412
    assert manager.post(f"{URL}/{lot.pk}/start", headers={"If-Match": tag}).status_code == 412


def test_a_retry_makes_no_second_lot(manager, product):
    key = {"Idempotency-Key": "lot-1"}
    first, again = (manager.post(URL, {"product_model_id": product.pk}, headers=key) for _ in range(2))
    assert first.json() == again.json()
    assert Lot.objects.count() == 1


@pytest.mark.parametrize("role", ["engineer", "operator", "maintenance", "quality", "viewer", "integration"])
def test_who_only_reads(role, product):
    client, lot = client_for(role), lot_of(**DAY)
    assert client.get(f"{URL}/{lot.pk}").status_code == 200
    assert client.post(URL, {"product_model_id": product.pk}).status_code == 403
    for verb in ("start", "complete", "close"):
        assert client.post(f"{URL}/{lot.pk}/{verb}").status_code == 403
    assert client.put(f"{URL}/{lot.pk}/quantities", {}).status_code == 403

"""Processes, routes and number patterns over HTTP, beside what every resource of master data keeps."""

from __future__ import annotations

import pytest

from audit.models import AuditLog
from production.models import Process, ProcessData, Route
from production.selectors import route_of
from tests.support.api import API, client_for
from tests.support.factories import SiteFactory
from tests.support.production_factories import T0, ProductFactory
from tests.support.trace_factories import ProcessFactory, lot_of, route_for

pytestmark = pytest.mark.django_db
PROCESSES, ROUTES, PATTERNS = f"{API}processes", f"{API}routes", f"{API}number-patterns"


@pytest.fixture
def manager():
    return client_for("production_manager")


def listed(client, path, **query):
    return [row["id"] for row in client.get(path, query).json()["results"]]


# --- processes


def test_look_ups(manager):
    last, first, idle = (ProcessFactory(sort_order=n, is_active=n < 3) for n in (2, 1, 3))
    assert listed(manager, f"{PROCESSES}/active") == [first.pk, last.pk]
    assert listed(manager, f"{PROCESSES}/sequence") == [first.pk, last.pk, idle.pk]
    places = [
        row["position"] for row in manager.get(f"{PROCESSES}/sequence?limit=2&offset=1").json()["results"]
    ]
    assert places == [2, 3]
    assert manager.get(f"{PROCESSES}/number/{first.process_number}").json()["id"] == first.pk
    assert manager.get(f"{PROCESSES}/code/{first.process_code.lower()}").json()["id"] == first.pk
    for path in ("number/999999999", f"number/{10**17}", "code/none", "number/x"):
        assert manager.get(f"{PROCESSES}/{path}").status_code == 404, path


@pytest.mark.parametrize(
    ("code", "label"), [("P07_LABEL_PRINTING", True), ("p07_labels", True), ("P01_CUT", False)]
)
def test_a_label_process_is_told_by_its_code(manager, code, label):
    body = {"process_number": 7, "process_code": code}
    assert manager.post(PROCESSES, body).json()["is_label"] is label
    assert Process.objects.get().is_label is label


def test_what_is_said_of_a_label_process_stands(manager):
    body = {"process_number": 7, "process_code": "P07_LABEL", "is_label": False}
    made = manager.post(PROCESSES, body).json()
    assert made["is_label"] is False
    assert manager.patch(f"{PROCESSES}/{made['id']}", {"description": "x"}).json()["is_label"] is False


def measured(**definition):
    return {"measurements": [{"name": "depth", **definition}]}


@pytest.mark.parametrize(
    ("criteria", "words"),
    [
        ([], "object"),
        ("x", "object"),
        ({"strict": "yes"}, "strict"),
        ({"measurements": {}}, "measurements"),
        ({"measurements": ["depth"]}, "number 1"),
        ({"measurements": [{"name": ""}]}, "name"),
        ({"measurements": [{"name": "a"}, {"name": "a"}]}, "same name"),
        (measured(kind="colour"), "kind"),
        (measured(kind=["number"]), "kind"),
        (measured(lower="0.03"), "limits"),
        (measured(lower=True), "limits"),
        (measured(lower=2, upper=1), "lower limit"),
        (measured(kind="choice"), "choices"),
        (measured(kind="choice", choices=["", "a"]), "choices"),
        (measured(unit=5), "unit"),
        (measured(required="no"), "required"),
        (measured(label="a\x00b"), "Null"),
        ({"measurements": [{"name": f"m{n}"} for n in range(201)]}, "200"),
    ],
)
def test_criteria_that_cannot_be_measured_are_refused_by_their_fault(manager, criteria, words):
    body = {"process_number": 7, "process_code": "P07", "quality_criteria": criteria}
    answer = manager.post(PROCESSES, body)
    assert answer.status_code == 400, answer.content
    assert words in answer.json()["detail"], answer.json()["detail"]
    assert not Process.objects.exists()


def test_other_keys_of_criteria_are_kept(manager):
    criteria = {
        "photo": True,
        "measurements": [{"name": "depth", "unit": "mm", "lower": 0.03, "gauge": "G7"}],
    }
    body = {"process_number": 7, "process_code": "P07", "quality_criteria": criteria}
    assert manager.post(PROCESSES, body).json()["quality_criteria"] == criteria


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("process_number", 0),
        ("process_number", -1),
        ("process_number", 10**20),
        ("process_number", [1]),
        ("process_number", "x"),
        ("process_code", ""),
        ("process_code", "a b\x00"),
        ("process_code", ["P"]),
        ("process_code", "x" * 51),
        ("estimated_duration_seconds", -1),
        ("estimated_duration_seconds", 10**20),
        ("sort_order", 10**20),
        ("is_active", "maybe"),
        ("is_label", []),
    ],
)
def test_bad_input_is_refused_by_name(manager, field, value):
    answer = manager.post(PROCESSES, {"process_number": 7, "process_code": "P07", field: value})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field]), answer.content
    assert not Process.objects.exists()


def test_a_process_with_a_route_or_a_record_is_not_deleted():
    admin, on_route, recorded, free = client_for("admin"), *(ProcessFactory() for _ in range(3))
    route_for(ProductFactory(), [on_route])
    lot = lot_of()
    ProcessData.objects.create(
        process=recorded,
        lot=lot,
        operator=lot.created_by,
        data_level="LOT",
        process_order=1,
        started_at=T0,
        day=T0.date(),
    )
    for process, status in ((on_route, 409), (recorded, 409), (free, 204)):
        assert admin.delete(f"{PROCESSES}/{process.pk}").status_code == status


# --- routes


def test_a_route_is_its_processes_in_order(manager):
    product, (a, b, c) = ProductFactory(), [ProcessFactory() for _ in range(3)]
    made = manager.post(ROUTES, {"product_model_id": product.pk, "process_ids": [c.pk, a.pk]})
    assert made.status_code == 201, made.content
    shown = made.json()
    assert (shown["product_model_id"], shown["process_ids"]) == (product.pk, [c.pk, a.pk])
    assert shown["steps"][0] == {
        "position": 1,
        "process_id": c.pk,
        "process_number": c.process_number,
        "process_code": c.process_code,
        "process_name_en": c.process_name_en,
        "process_name_ko": c.process_name_ko,
    }
    assert route_of(product_id=product.pk) == [c, a]
    url = f"{ROUTES}/{shown['id']}"
    changed = manager.patch(url, {"process_ids": [a.pk, b.pk, c.pk]}).json()
    assert [(step["position"], step["process_id"]) for step in changed["steps"]] == [
        (1, a.pk),
        (2, b.pk),
        (3, c.pk),
    ]
    assert manager.get(url).json()["process_ids"] == [a.pk, b.pk, c.pk]
    assert manager.put(url, {"product_model_id": product.pk, "process_ids": [b.pk]}).json()[
        "process_ids"
    ] == [b.pk]
    assert manager.put(url, {"product_model_id": product.pk}).status_code == 400
    assert client_for("admin").delete(url).status_code == 204
    assert route_of(product_id=product.pk) == [a, b, c], "without a route, every active process"


def test_a_process_out_of_use_is_passed_over(manager):
    product, (a, b) = ProductFactory(), [ProcessFactory() for _ in range(2)]
    route_for(product, [b, a])
    manager.patch(f"{PROCESSES}/{b.pk}", {"is_active": False})
    assert route_of(product_id=product.pk) == [a]
    manager.patch(f"{PROCESSES}/{a.pk}", {"is_active": False})
    ProcessFactory()
    assert route_of(product_id=product.pk) == [], "and no other process comes in its place"


def test_a_change_of_a_route_is_in_the_trail(manager):
    a, b = ProcessFactory(), ProcessFactory()
    route = route_for(ProductFactory(), [a, b])
    before = AuditLog.objects.filter(entity_type="route_steps").count()
    manager.patch(f"{ROUTES}/{route.pk}", {"process_ids": [b.pk]})
    trail = AuditLog.objects.filter(entity_type="route_steps").order_by("id")[before:]
    assert [(entry.action, entry.user_id) for entry in trail] == [
        ("DELETE", manager.user.pk),
        ("UPDATE", manager.user.pk),
    ]


def test_one_route_for_a_product(manager):
    process, product = ProcessFactory(), ProductFactory()
    body = {"product_model_id": product.pk, "process_ids": [process.pk]}
    assert [manager.post(ROUTES, body).status_code for _ in range(2)] == [201, 409]


@pytest.mark.parametrize(
    "ids",
    [[], None, "x", [0], [-1], ["x"], [[1]], [10**9], [10**30], {"a": 1}, list(range(1, 300))],
)
def test_steps_that_cannot_be(manager, ids):
    answer = manager.post(ROUTES, {"product_model_id": ProductFactory().pk, "process_ids": ids})
    assert answer.status_code == 400, answer.content
    assert next(iter(answer.json()["errors"])).startswith("process_ids")
    assert not Route.objects.exists()


def test_a_process_stands_once_on_a_route_and_is_active(manager):
    process, idle = ProcessFactory(), ProcessFactory(is_active=False)
    for ids in ([process.pk, process.pk], [idle.pk]):
        answer = manager.post(ROUTES, {"product_model_id": ProductFactory().pk, "process_ids": ids})
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["process_ids"])


def test_routes_are_found_by_product_and_process(manager):
    process, product = ProcessFactory(), ProductFactory(model_code="NH-1")
    route, other = route_for(product, [process]), route_for(ProductFactory(), [ProcessFactory()])
    for query in (
        {"product_model_id": product.pk},
        {"product_code": "nh-1"},
        {"process_id": process.pk},
        {"search": "nh-1"},
    ):
        assert listed(manager, ROUTES, **query) == [route.pk], query
    assert set(listed(manager, ROUTES)) == {route.pk, other.pk}
    assert manager.get(ROUTES, {"colour": "red"}).status_code == 400


def test_a_list_of_routes_takes_four_queries_however_long(manager, django_assert_num_queries):
    processes = [ProcessFactory() for _ in range(3)]
    for count in (2, 4):
        for _ in range(count):
            route_for(ProductFactory(), processes)
        with django_assert_num_queries(4):
            assert manager.get(ROUTES).status_code == 200


def test_a_stale_change_of_a_route_is_refused(manager):
    a, b = ProcessFactory(), ProcessFactory()
    url = f"{ROUTES}/{route_for(ProductFactory(), [a]).pk}"
    tag = manager.get(url)["ETag"]
    assert manager.patch(url, {"process_ids": [a.pk, b.pk]}, headers={"If-Match": tag}).status_code == 200
    assert manager.patch(url, {"process_ids": [b.pk]}, headers={"If-Match": tag}).status_code == 412


# --- number patterns


@pytest.mark.parametrize(
    ("field", "pattern"),
    [
        ("lot_pattern", "L{yymmdd}-{seq:3}"),
        ("lot_pattern", "L{shift}-{seq:3}"),
        ("lot_pattern", "L{yymmdd}{shift}"),
        ("lot_pattern", "L{yymmdd}{shift}{seq:3}{seq:2}"),
        ("lot_pattern", "L{yymmdd}{shift}{lot}{seq:3}"),
        ("lot_pattern", "L{yymmdd}{shift}{colour}{seq:3}"),
        ("lot_pattern", "L<{yymmdd}{shift}{seq:3}"),
        ("lot_pattern", ""),
        ("lot_pattern", ["x"]),
        ("lot_pattern", "L{yymmdd}{shift}{seq:3}\x00"),
        ("serial_pattern", "SN"),
        ("serial_pattern", "{seq:0}"),
        ("serial_pattern", "SN/{seq:3}"),
        ("serial_pattern", "x" * 101),
    ],
)
def test_patterns_that_give_no_numbers(manager, field, pattern):
    answer = manager.post(PATTERNS, {"site_id": SiteFactory().pk, field: pattern})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field]), answer.content


def test_a_site_without_words_gets_the_default_patterns(manager):
    made = manager.post(PATTERNS, {"site_id": SiteFactory().pk}).json()
    assert (made["lot_pattern"], made["serial_pattern"]) == (
        "WF-KR-{yymmdd}{shift}-{seq:3}",
        "SN-{yymmdd}-{seq:3}",
    )

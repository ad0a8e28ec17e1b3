"""Products, rates and counts over HTTP: what is answered, who may, what is refused."""

from __future__ import annotations

import pytest

from audit.models import AuditLog
from production.actions import NewCount, record_counts
from production.models import ProductModel, StandardRate
from tests.support.api import client_for
from tests.support.factories import AreaFactory, LineFactory, MachineFactory, SiteFactory
from tests.support.production_factories import T0, ProductFactory, RunFactory, StandardRateFactory, after

pytestmark = pytest.mark.django_db

PRODUCTS, RATES, COUNTS = "/api/v1/product-models", "/api/v1/standard-rates", "/api/v1/production-counts"
KEYS = {
    "id",
    "model_code",
    "model_name",
    "category",
    "production_cycle_days",
    "specifications",
    "status",
    "unit_price",
    "currency",
    "created_at",
    "updated_at",
}
NEW = {
    "model_code": "NH-F2X-001",
    "model_name": "Withforce",
    "category": "Standard",
    "specifications": {"size": {"width": 5}},
}
READERS = (
    "admin",
    "production_manager",
    "shift_manager",
    "engineer",
    "operator",
    "maintenance",
    "quality",
    "viewer",
)


@pytest.fixture
def admin():
    return client_for("admin")


@pytest.fixture
def viewer():
    return client_for("viewer")


# --- products -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [PRODUCTS, "/api/v1/products", PRODUCTS + "/"])
def test_a_product_needs_no_more_than_its_names(path):
    answer = client_for("production_manager").post(path, NEW)
    assert answer.status_code == 201
    assert set(answer.json()) == KEYS
    assert answer.json() | NEW == answer.json()
    assert (answer.json()["status"], answer.json()["unit_price"]) == ("ACTIVE", None)
    assert AuditLog.objects.filter(entity_type="product_models", action="CREATE").count() == 1


def test_a_product_is_read_changed_and_discontinued(admin):
    pk = admin.post(PRODUCTS, NEW).json()["id"]
    url = f"/api/v1/products/{pk}"
    changed = admin.put(
        url, {**NEW, "model_name": "Other", "status": "inactive", "unit_price": 12.5, "currency": "KRW"}
    )
    assert changed.status_code == 200
    assert (
        changed.json() | {"model_name": "Other", "status": "INACTIVE", "unit_price": 12.5} == changed.json()
    )
    assert admin.get(f"{PRODUCTS}/{pk}").json() == changed.json()
    assert admin.delete(url).status_code == 204
    assert admin.get(url).json()["status"] == "DISCONTINUED"
    assert admin.delete(url).status_code == 204


def test_a_product_that_was_made_is_not_deleted(admin):
    product = RunFactory().product
    answer = admin.delete(f"{PRODUCTS}/{product.pk}")
    assert (answer.status_code, answer.json()["code"]) == (409, "in_use")
    product.refresh_from_db()
    assert product.status == "ACTIVE"


def test_products_by_code_status_and_category(viewer):
    a = ProductFactory(model_code="A-1", category="Big")
    b = ProductFactory(model_code="B-1", category="Small", status="INACTIVE")
    ProductFactory(model_code="C-1", category="big", status="DISCONTINUED")

    def codes(path):
        return [row["model_code"] for row in viewer.get(PRODUCTS + path).json()["results"]]

    assert viewer.get(PRODUCTS + "/code/a-1").json()["id"] == a.pk
    assert viewer.get(PRODUCTS + "/code/nothing").status_code == 404
    assert codes("/active") == ["A-1"]
    assert codes("/category/BIG") == ["A-1", "C-1"]
    assert codes("?status=inactive") == [b.model_code]
    assert codes("?search=b-1") == [b.model_code]
    assert codes("?ordering=-model_code&limit=2") == ["C-1", "B-1"]
    assert codes("?model_code=a-1") == ["A-1"]


@pytest.mark.parametrize(
    "query", ["?colour=red", "?status=gone", "?limit=0", "?ordering=colour", "?offset=-1"]
)
def test_a_query_that_means_nothing_is_refused(viewer, query):
    answer = viewer.get(PRODUCTS + query)
    assert answer.status_code == 400
    assert answer.json()["errors"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("model_code", ""),
        ("model_code", None),
        ("model_code", "a\u0000b"),
        ("model_code", "a/b"),
        ("model_code", "x" * 51),
        ("model_code", {}),
        ("model_name", ""),
        ("model_name", "x" * 201),
        ("model_name", "\u0000"),
        ("category", "x" * 101),
        ("production_cycle_days", -1),
        ("production_cycle_days", 10**20),
        ("production_cycle_days", "soon"),
        ("specifications", "text"),
        ("specifications", []),
        ("specifications", {"a": "\u0000"}),
        ("status", "GONE"),
        ("status", 5),
        ("unit_price", -0.01),
        ("unit_price", "NaN"),
        ("unit_price", 10**20),
        ("currency", "EURO"),
    ],
)
def test_a_bad_product_is_refused_by_its_field(admin, field, value):
    answer = admin.post(PRODUCTS, {**NEW, field: value})
    assert answer.status_code == 400
    assert any(name.split(".")[0] == field for name in answer.json()["errors"])
    assert not ProductModel.objects.exists()


@pytest.mark.parametrize("field", ["model_code", "model_name"])
def test_a_missing_name_is_refused(admin, field):
    answer = admin.post(PRODUCTS, {key: value for key, value in NEW.items() if key != field})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


def test_a_code_is_taken_once_whatever_the_case(admin):
    admin.post(PRODUCTS, NEW)
    answer = admin.post(PRODUCTS, {**NEW, "model_code": NEW["model_code"].lower()})
    assert (answer.status_code, answer.json()["code"]) == (409, "duplicate")


@pytest.mark.parametrize(
    "path", [f"{PRODUCTS}/1", f"{PRODUCTS}/{10**17}", f"{PRODUCTS}/{10**30}", f"{PRODUCTS}/x"]
)
def test_what_is_not_there_is_not_found(viewer, path):
    assert viewer.get(path).status_code == 404


# --- who may --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [PRODUCTS, RATES, COUNTS])
@pytest.mark.parametrize("role", READERS)
def test_who_may_read(role, path):
    assert client_for(role).get(path).status_code == 200


@pytest.mark.parametrize("path", [PRODUCTS, RATES, COUNTS])
@pytest.mark.parametrize(("role", "status"), [("guest", 403), (None, 401)])
def test_who_may_not_read(role, status, path):
    assert client_for(role).get(path).status_code == status


@pytest.mark.parametrize("role", [*READERS, "integration", "guest"])
def test_who_may_write(role):
    client, product = client_for(role), ProductFactory()
    may_products = role in ("admin", "production_manager")
    may_rates = role in ("admin", "production_manager", "engineer")
    rate = {"product_code": product.model_code, "ideal_cycle_seconds": 2, "valid_from": "2024-01-01"}
    assert client.post(PRODUCTS, NEW).status_code == (201 if may_products else 403)
    assert client.post(RATES, rate).status_code == (201 if may_rates else 403)
    assert client.delete(f"{PRODUCTS}/{product.pk}").status_code == (204 if role == "admin" else 403)


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_counts_are_not_written_here(admin, method):
    assert getattr(admin, method)(COUNTS, {}).status_code == 405


# --- rates ----------------------------------------------------------------------------------------------------


def test_a_rate_is_kept_for_a_machine_or_for_all(admin):
    product, machine = ProductFactory(), MachineFactory(equipment_code="Press-1")
    rate = {"product_code": product.model_code, "ideal_cycle_seconds": 1.5, "valid_from": "2024-01-01"}
    general = admin.post(RATES, rate).json()
    own = admin.post(RATES, {**rate, "equipment_code": "press-1"}).json()
    assert general | {**rate, "equipment_code": None} == general
    assert own["equipment_code"] == machine.equipment_code
    assert StandardRate.objects.count() == 2
    again = admin.post(RATES, rate)
    assert (again.status_code, again.json()["code"]) == (409, "duplicate")
    changed = admin.put(
        f"{RATES}/{own['id']}", {**rate, "equipment_code": "press-1", "ideal_cycle_seconds": 9}
    )
    assert changed.json()["ideal_cycle_seconds"] == 9
    assert admin.put(f"{RATES}/{own['id']}", rate).status_code == 409
    assert admin.patch(f"{RATES}/{own['id']}", {"valid_from": "2024-02-01T23:30:00Z"}).status_code == 200
    assert admin.delete(f"{RATES}/{own['id']}").status_code == 204


@pytest.mark.parametrize(("zone", "day"), [("Asia/Seoul", "2024-02-02"), ("America/New_York", "2024-02-01")])
def test_a_moment_is_taken_as_its_day_at_the_site(admin, zone, day):
    line = LineFactory(area=AreaFactory(site=SiteFactory(timezone=zone)))
    machine, product = MachineFactory(line=line), ProductFactory()
    rate = {
        "product_code": product.model_code,
        "equipment_code": machine.equipment_code,
        "ideal_cycle_seconds": 1,
        "valid_from": "2024-02-01T20:00:00Z",
    }
    assert admin.post(RATES, rate).json()["valid_from"] == day
    general = admin.post(RATES, {**rate, "equipment_code": None, "valid_from": "2024-02-01T20:00:00-05:00"})
    assert general.json()["valid_from"] == "2024-02-02"  # UTC


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("product_code", "nothing"),
        ("product_code", None),
        ("product_code", 5),
        ("product_code", "\u0000"),
        ("equipment_code", "nothing"),
        ("equipment_code", []),
        ("ideal_cycle_seconds", 0),
        ("ideal_cycle_seconds", -1),
        ("ideal_cycle_seconds", "NaN"),
        ("ideal_cycle_seconds", 10**20),
        ("ideal_cycle_seconds", None),
        ("valid_from", "2024-13-01"),
        ("valid_from", "1900-01-01"),
        ("valid_from", "2024-01-01T00:00:00"),
        ("valid_from", "0001-01-01T00:00:00+14:00"),
        ("valid_from", 20240101),
        ("valid_from", None),
    ],
)
def test_a_bad_rate_is_refused_by_its_field(admin, field, value):
    rate = {"product_code": ProductFactory().model_code, "ideal_cycle_seconds": 1, "valid_from": "2024-01-01"}
    answer = admin.post(RATES, {**rate, field: value})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert not StandardRate.objects.exists()


def test_rates_are_found_by_product_and_machine(viewer):
    rate = StandardRateFactory(machine=MachineFactory())
    StandardRateFactory()
    for query in (
        f"?product_code={rate.product.model_code.lower()}",
        f"?equipment_code={rate.machine.equipment_code}",
        f"?search={rate.machine.equipment_code}",
    ):
        assert [row["id"] for row in viewer.get(RATES + query).json()["results"]] == [rate.pk]


# --- counts ---------------------------------------------------------------------------------------------------


def record(machine, minutes, product=None, **pieces):
    name = f"{machine.pk}/{minutes}"
    row = NewCount(machine.pk, "plc7", name, after(minutes), product.pk if product else None, **pieces)
    record_counts(counts=[row])


def test_counts_of_a_machine_and_a_window_newest_first(viewer):
    machine, product = MachineFactory(equipment_code="Press-1"), ProductFactory(model_code="P-1")
    for minutes in (0, 10, 20):
        record(machine, minutes, product, good=minutes, scrap=1, rework=2)
    record(MachineFactory(), 10, good=99)
    window = {"equipment_code": "press-1", "start": after(10).isoformat(), "end": after(20).isoformat()}
    rows = viewer.get(COUNTS, window).json()["results"]
    assert len(rows) == 1
    pk = rows[0].pop("id")
    assert rows[0] == {
        "equipment_code": "Press-1",
        "product_code": "P-1",
        "at": "2024-03-04T08:10:00Z",
        "good": 10,
        "scrap": 1,
        "rework": 2,
        "job_id": None,
        "event_id": f"{machine.pk}/10",
        "source": "plc7",
    }
    assert viewer.get(f"{COUNTS}/{pk}").json() == {"id": pk, **rows[0]}

    def ats(query):
        return [
            row["at"][11:16]
            for row in viewer.get(f"{COUNTS}?equipment_code=press-1&{query}").json()["results"]
        ]

    assert ats("") == ["08:20", "08:10", "08:00"]
    assert ats("ordering=at") == ["08:00", "08:10", "08:20"]
    assert ats("product_code=p-1&limit=1") == ["08:20"]
    assert ats("search=plc7") == ["08:20", "08:10", "08:00"]


def test_counts_go_on_page_by_page(viewer):
    machine = MachineFactory()
    for minutes in range(5):
        record(machine, minutes, good=minutes)
    url, seen = f"{COUNTS}?limit=2", []
    while url:
        page = viewer.get(url).json()
        assert set(page) == {"next", "previous", "results"}
        seen += [row["good"] for row in page["results"]]
        url = page["next"]
    assert seen == [4, 3, 2, 1, 0]


def test_the_queries_of_a_list_do_not_grow(viewer, django_assert_num_queries):
    machine = MachineFactory()
    for minutes in range(3):
        record(machine, minutes, ProductFactory(), good=1)
        StandardRateFactory(machine=machine)
    with django_assert_num_queries(1):
        assert len(viewer.get(COUNTS).json()["results"]) == 3
    with django_assert_num_queries(2):
        assert viewer.get(RATES).json()["count"] == 3
    with django_assert_num_queries(2):
        viewer.get(PRODUCTS)


@pytest.mark.parametrize(
    ("field", "query"),
    [
        ("start", {"start": "2024-03-04T08:00:00"}),
        ("start", {"start": "yesterday"}),
        ("end", {"start": T0.isoformat(), "end": T0.isoformat()}),
        ("ordering", {"ordering": "good"}),
        ("colour", {"colour": "red"}),
        ("cursor", {"cursor": "x"}),
        ("limit", {"limit": "1001"}),
    ],
)
def test_a_bad_window_is_refused_by_its_field(viewer, field, query):
    answer = viewer.get(COUNTS, query)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])

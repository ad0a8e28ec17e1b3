"""OEE over HTTP: who may, what is answered, what is refused."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.choices import Role
from audit.models import AuditLog
from equipment.models import Line
from oee.kpi import KPIS
from oee.models import LossPolicy
from tests.oee.api import Factory
from tests.oee.plant import at, make_line, make_product, pieces, state
from tests.support.api import API, client_for

pytestmark = pytest.mark.django_db

FIGURE = {
    "start", "end", "planned_busy_seconds", "actual_production_seconds", "ideal_seconds", "ideal_good_seconds",
    "produced_quantity", "good_quantity", "scrap_quantity", "availability", "performance", "quality", "oee", "teep",
    "losses", "flags",
}  # fmt: skip
LOSSES = {
    "breakdown", "setup", "starved_blocked", "minor_stops", "idle", "other", "unknown", "reduced_speed",
    "process_defects", "startup_rejects",
}  # fmt: skip
READERS = set(Role.values) - {Role.GUEST, Role.INTEGRATION}
RECALCULATORS = {Role.ADMIN, Role.PRODUCTION_MANAGER, Role.ENGINEER}
WINDOW = {"start": at(0).isoformat(), "end": at(120).isoformat()}


@pytest.fixture
def line(db):
    """Two hours of one machine: an hour running, a stop of half an hour, 30 good and 6 bad pieces of 60 s."""
    line = make_line()
    machine, product = line.machines.get(), make_product("60", code="WIDGET")
    state(machine, "RUNNING", at(-600))
    state(machine, "FAULT", at(60), at(90))
    pieces(machine, product, at(50), good=20, scrap=4)
    pieces(machine, product, at(110), good=10, rework=2)
    return line


def paths_of(line) -> list[str]:
    code, site = line.machines.get().equipment_code, line.area.site_id
    scopes = (f"lines/{line.pk}", f"equipment/{code}", f"areas/{line.area_id}", f"sites/{site}")
    scoped = [scope + suffix for scope in scopes for suffix in ("", "/current", "/daily-summary", "/trends")]
    asked = [f"{name}?line_id={line.pk}" for name in ("losses", "explain", "kpis")]
    return [
        *scoped,
        *asked,
        *(f"{name}?equipment_code={code}" for name in ("losses", "explain", "kpis")),
        "kpis/catalogue",
    ]


@pytest.mark.parametrize("role", [*Role.values, None])
def test_who_may_read_and_who_may_recalculate(line, role):
    client = client_for(role)
    refused = 401 if role is None else 403
    expected = 200 if role in READERS else refused
    for path in paths_of(line):
        assert client.get(f"{API}oee/{path}").status_code == expected, path
    body = {"line_id": line.pk, **WINDOW}
    assert client.post(f"{API}oee/calculate", body).status_code == expected
    may = role in RECALCULATORS
    assert client.post(f"{API}oee/recalculate", body).status_code == (202 if may else refused)
    assert ProcrastinateJob.objects.filter(task_name="oee.tasks.roll_up_machine").count() == may
    assert AuditLog.objects.filter(action="oee.rollup.recalculated").count() == may


def test_paths_with_and_without_a_slash(line):
    client = client_for("viewer")
    for path in paths_of(line):
        name, _, query = path.partition("?")
        assert client.get(f"{API}oee/{name}/?{query}").status_code == 200, path
    assert client.post(f"{API}oee/calculate/", {"line_id": line.pk, **WINDOW}).status_code == 200
    assert (
        client_for("engineer").post(f"{API}oee/recalculate/", {"line_id": line.pk, **WINDOW}).status_code
        == 202
    )


def test_a_figure_has_the_keys_of_the_contract(line):
    plant = Factory()
    for kind in (f"lines/{line.pk}", f"equipment/{line.machines.get().equipment_code.lower()}"):
        told = plant.get(kind, **WINDOW)
        assert set(told) >= FIGURE
        assert set(told["losses"]) == LOSSES
        assert (told["start"], told["end"]) == ("2026-03-02T06:00:00Z", "2026-03-02T08:00:00Z")
        assert told["planned_busy_seconds"] == told["calendar_seconds"] == 7200
        assert told["actual_production_seconds"] == 5400
        assert (told["ideal_seconds"], told["ideal_good_seconds"]) == (36 * 60, 30 * 60)
        assert (told["produced_quantity"], told["good_quantity"], told["scrap_quantity"]) == (36, 30, 4)
        assert (told["availability"], told["performance"]) == (0.75, 0.4)
        assert (told["quality"], told["oee"], told["teep"]) == (30 / 36, 0.25, 0.25)
        assert told["flags"] == []


@pytest.mark.parametrize(
    ("by", "keys", "labels"),
    [
        ("hour", ["2026-03-02T06:00:00Z", "2026-03-02T07:00:00Z"], ["06:00", "07:00"]),
        ("shift", ["2026-03-02"], ["2026-03-02"]),
        ("day", ["2026-03-02"], ["2026-03-02"]),
        ("product", ["WIDGET"], ["Product"]),
    ],
)
def test_groups_have_key_and_label_and_add_up(line, by, keys, labels):
    told = Factory().get(f"lines/{line.pk}", group_by=by, **WINDOW)
    assert set(told) == {"start", "end", "total", "groups"}
    assert [group["key"] for group in told["groups"]] == keys
    assert [group["label"] for group in told["groups"]] == labels
    for name in sorted(
        FIGURE - {"start", "end", "losses", "flags", "availability", "performance", "quality", "oee", "teep"}
    ):
        assert sum(group[name] for group in told["groups"]) == told["total"][name], name
    for name in LOSSES:
        assert sum(group["losses"][name] for group in told["groups"]) == told["total"]["losses"][name], name
    assert set(told["groups"][0]) >= FIGURE


def test_a_product_is_a_filter_on_every_scope(line):
    plant, other = Factory(), make_product("10", code="OTHER")
    pieces(line.machines.get(), other, at(115), good=7)
    for path in (f"lines/{line.pk}", f"areas/{line.area_id}", f"sites/{line.area.site_id}"):
        told = plant.get(path, product_code="OTHER", **WINDOW)
        assert (told["produced_quantity"], told["ideal_seconds"]) == (7, 70)
    told = plant.get("losses", line_id=line.pk, product_code="OTHER", **WINDOW)
    assert told["ideal_good_seconds"] == 70


def test_any_set_of_machines(line):
    other, plant = make_line(), Factory()
    codes = [line.machines.get().equipment_code, other.machines.get().equipment_code]
    told = plant.post("calculate", {"equipment_codes": codes, **WINDOW})
    assert told["planned_busy_seconds"] == 2 * 7200
    told = plant.post("calculate", {"equipment_codes": [codes[0], codes[0].lower()], **WINDOW})
    assert told["planned_busy_seconds"] == 7200
    assert plant.post("calculate", {"equipment_code": codes[0], **WINDOW})["oee"] == 0.25


def test_kpis_are_those_of_the_catalogue(line):
    plant = Factory()
    told = plant.get("kpis", line_id=line.pk, **WINDOW)["kpis"]
    catalogue = plant.get("kpis/catalogue")["kpis"]
    assert [entry["id"] for entry in catalogue] == [entry.id for entry in KPIS]
    assert set(told) - {"failures"} <= {entry["id"] for entry in catalogue}
    assert (told["oee"], told["availability"], told["nee_index"]) == (0.25, 0.75, pytest.approx(0.25))
    assert (told["failures"], told["mtbf"], told["mttr"]) == (1, 5400, 1800)
    assert told["inherent_availability"] == told["technical_efficiency"] == 0.75
    assert (told["scrap_ratio"], told["rework_ratio"], told["first_pass_yield"]) == (4 / 36, 2 / 36, 30 / 36)
    assert told["throughput_rate"] == 36 / 7200


def test_setup_is_no_loss_in_the_net_effectiveness(line):
    """NEE = (production + setup) / PBT × E × Q, and without minor stops in E whatever the policy says of them."""
    machine = line.machines.get()
    state(machine, "SETUP", at(0), at(12))
    state(machine, "HELD", at(20), at(24))
    told = Factory().get("kpis", line_id=line.pk, **WINDOW)["kpis"]
    running = 7200 - 1800 - 720 - 240
    assert told["nee_index"] == pytest.approx((running + 720) / 7200 * (36 * 60 / running) * 30 / 36)
    assert told["oee"] == 0.25


# policies


def test_policies_are_kept_by_engineers_and_deleted_by_administrators(line):
    site = line.area.site_id
    body = {"site_id": site, "valid_from": "2026-01-01", "minor_stop_seconds": 120, "setup": "planned"}
    for role in ("viewer", "shift_manager", "operator", "guest", "integration", None):
        assert client_for(role).post(f"{API}oee/policies", body).status_code in (401, 403)
    engineer = client_for("engineer")
    made = engineer.post(f"{API}oee/policies", body)
    assert made.status_code == 201
    kept = made.json()
    assert kept | body | {"setup": "PLANNED"} == kept
    assert (kept["minor_stops"], kept["starved_blocked"]) == ("PERFORMANCE", "AVAILABILITY")
    assert (kept["idle"], kept["unknown_time"]) == ("PLANNED", "BUSY")
    assert engineer.post(f"{API}oee/policies/", body).status_code == 409
    one = f"{API}oee/policies/{kept['id']}"
    assert engineer.patch(one, {"idle": "BUSY"}).json()["idle"] == "BUSY"
    assert engineer.put(one, {**body, "valid_from": "2026-02-01"}).status_code == 200
    assert client_for("viewer").get(one).json()["valid_from"] == "2026-02-01"
    listed = client_for("viewer").get(f"{API}oee/policies", {"site_id": site}).json()
    assert (listed["count"], listed["results"][0]["id"]) == (1, kept["id"])
    assert client_for("viewer").get(f"{API}oee/policies", {"site_id": site + 1}).json()["count"] == 0
    assert client_for("guest").get(one).status_code == 403
    assert engineer.delete(one).status_code == 403
    assert client_for("admin").delete(one).status_code == 204
    assert not LossPolicy.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("site_id", None), ("site_id", 10**20), ("site_id", "x"), ("minor_stop_seconds", -1),
        ("minor_stop_seconds", 86_401), ("minor_stop_seconds", 10**20), ("minor_stop_seconds", "NaN"),
        ("minor_stops", "IDLE"), ("setup", 3), ("setup", []), ("valid_from", "2026-02-30"), ("valid_from", "0001-01-01"),
        ("valid_from", "9999-12-31"), ("valid_from", None), ("unknown_time", "\x00"),
    ],
)  # fmt: skip
def test_a_policy_that_cannot_be_is_refused_by_name(line, field, value):
    body = {"site_id": line.area.site_id, "valid_from": "2026-01-01"} | {field: value}
    answer = client_for("engineer").post(f"{API}oee/policies", body)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert not LossPolicy.objects.exists()


# refusals


BAD_WINDOWS = [
    ({"start": at(10), "end": at(5)}, "end"),
    ({"start": at(5), "end": at(5)}, "end"),
    ({"start": at(5)}, "end"),
    ({"end": at(5)}, "start"),
    ({"start": "2026-03-02T06:00:00", "end": at(5)}, "start"),
    ({"start": at(5), "end": "2026-03-02"}, "end"),
    ({"start": "yesterday", "end": at(5)}, "start"),
    ({"start": "", "end": at(5)}, "start"),
    ({"start": at(5), "end": "9999-12-31T23:59:59Z"}, "end"),
    ({"start": "0001-01-01T00:00:00+14:00", "end": at(5)}, "start"),
    ({"start": at(0), "end": at(0) + timedelta(days=733)}, "end"),
    ({"start": "1e400", "end": at(5)}, "start"),
    ({"start": at(0), "end": at(5), "product_code": "NONE"}, "product_code"),
    ({"start": at(0), "end": at(5), "product_code": ""}, "product_code"),
    ({"start": at(0), "end": at(5), "colour": "red"}, "colour"),
]


@pytest.mark.parametrize(("query", "field"), BAD_WINDOWS)
def test_a_bad_window_is_a_400_that_names_the_field(line, query, field):
    plant = Factory()
    for path in (
        f"lines/{line.pk}",
        f"equipment/{line.machines.get().equipment_code}",
        f"sites/{line.area.site_id}",
    ):
        assert list(plant.get(path, 400, **query)["errors"]) == [field]
    for path in ("losses", "explain", "kpis"):
        assert list(plant.get(path, 400, line_id=line.pk, **query)["errors"]) == [field]


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("lines/{line}", {"group_by": "week"}, "group_by"),
        ("lines/{line}", {"group_by": ""}, "group_by"),
        ("lines/{line}/current", {"start": "2026-03-02T06:00:00Z"}, "start"),
        ("lines/{line}/trends", {"days": "0"}, "days"),
        ("lines/{line}/trends", {"days": "367"}, "days"),
        ("lines/{line}/trends", {"days": "1e3"}, "days"),
        ("lines/{line}/trends", {"days": "٣"}, "days"),
        ("lines/{line}/trends", {"days": "9" * 5000}, "days"),
        ("lines/{line}/daily-summary", {"date": "2026-02-30"}, "date"),
        ("lines/{line}/daily-summary", {"date": ""}, "date"),
        ("lines/{line}/daily-summary", {"date": "0001-01-01"}, "date"),
        ("lines/{line}/daily-summary", {"date": "9999-12-31"}, "date"),
        ("losses", {}, "line_id"),
        ("losses", {"line_id": "1", "equipment_code": "M"}, "equipment_code"),
        ("losses", {"line_id": "-1"}, "line_id"),
        ("losses", {"line_id": "1" * 20}, "line_id"),
        ("losses", {"line_id": "x"}, "line_id"),
    ],
)
def test_what_else_is_refused_by_name(line, path, query, field):
    assert list(Factory().get(path.format(line=line.pk), 400, **query)["errors"]) == [field]


def test_what_is_not_there_is_a_404(line):
    plant = Factory()
    for path in (
        "lines/999999", "lines/" + "9" * 18, "lines/" + "9" * 20, "lines/abc", "equipment/NONE", "areas/999999",
        "sites/999999/trends", "lines/999999/current", "equipment/%F0%9F%8F%AD/daily-summary", "walls/1",
    ):  # fmt: skip
        plant.get(path, 404)
    for path in ("losses", "explain", "kpis"):
        plant.get(path, 404, line_id=999_999)
        plant.get(path, 404, equipment_code="NONE")


PLAIN = {
    "planned_production_time": 480,
    "run_time": 420,
    "ideal_cycle_time": 1,
    "total_units": 400,
    "good_units": 380,
}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"run_time": 481}, "run_time"),
        ({"good_units": 401}, "good_units"),
        ({"good_units": -1}, "good_units"),
        ({"good_units": 1.5}, "good_units"),
        ({"total_units": 10**20}, "total_units"),
        ({"run_time": "NaN"}, "run_time"),
        ({"run_time": "Infinity"}, "run_time"),
        ({"run_time": None}, "run_time"),
        ({"ideal_cycle_time": "1e400"}, "ideal_cycle_time"),
        ({"ideal_cycle_time": 1e-300}, "ideal_cycle_time"),
        ({"planned_production_time": [480]}, "planned_production_time"),
    ],
)
def test_plain_numbers_that_cannot_be(change, field):
    assert list(Factory().post("calculate", PLAIN | change, 400)["errors"]) == [field]


def test_plain_numbers_of_nothing_are_undefined():
    told = Factory().post("calculate", dict.fromkeys(PLAIN, 0))
    assert [told[name] for name in ("availability", "performance", "quality", "oee")] == [None] * 4
    assert told["flags"] == ["NO_SCHEDULE"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "start"),
        ({"line_id": 1}, "start"),
        ({"line_id": 999_999, **WINDOW}, "line_id"),
        ({"line_id": 10**20, **WINDOW}, "line_id"),
        ({"line_id": None, **WINDOW}, "line_id"),
        ({"equipment_code": "NONE", **WINDOW}, "equipment_code"),
        ({"equipment_code": "\x00", **WINDOW}, "equipment_code"),
        ({"equipment_codes": [], **WINDOW}, "equipment_codes"),
        ({"equipment_codes": ["NONE"], **WINDOW}, "equipment_codes"),
        ({"equipment_codes": "NONE", **WINDOW}, "equipment_codes"),
        ({"equipment_code": "A", "line_id": 1, **WINDOW}, "equipment_code"),
        ({"line_id": 1, "start": WINDOW["end"], "end": WINDOW["start"]}, "end"),
        ({"line_id": 1, "start": 5, "end": {}}, "start"),
    ],
)
def test_a_bad_body_is_refused_by_name(body, field):
    engineer = Factory("engineer")
    assert field in engineer.post("recalculate", body, 400)["errors"]
    if body.keys() & {"line_id", "equipment_code", "equipment_codes"}:
        assert field in engineer.post("calculate", body, 400)["errors"]
    assert not ProcrastinateJob.objects.exists()


@pytest.mark.parametrize("body", ["[]", "1", "null", '"x"', "{", "\x00", '{"line_id": NaN}', "[" * 5000])
def test_a_body_that_is_no_object(body):
    client = client_for("engineer")
    for path in ("calculate", "recalculate"):
        answer = client.post(f"{API}oee/{path}", body, content_type="application/json")
        assert answer.status_code == 400, (path, body[:20])


def test_no_garbage_ends_in_a_500(line):
    """Random questions out of words that have broken other systems."""
    chance = Random(11)
    words = [
        "", "0", "-1", "1e999", "NaN", "null", "9" * 40, "%00", "'; --", "2026-03-02", "2026-03-02T06:00:00Z", "ÿ" * 300,
        "2026-03-02T06:00:00+99:99", "2026-W10-1T06Z", "24:00", "hour", "WIDGET", "🏭", "[]", "true", "２",
        "2026-03-02T24:00:00Z", "2100-12-31T23:59:59-23:59", "1990-01-01T00:00:00+23:59",
    ]  # fmt: skip
    names = ["start", "end", "group_by", "product_code", "line_id", "equipment_code", "date", "days", "kind"]
    client = client_for("viewer")
    client.raise_request_exception = False
    for _ in range(150):
        path = chance.choice(paths_of(line)).split("?")[0]
        query = {chance.choice(names): chance.choice(words) for _ in range(chance.randint(0, 3))}
        answer = client.get(f"{API}oee/{path}", query)
        assert answer.status_code in (200, 400, 404), (path, query, answer.status_code)
        body = {
            chance.choice([*names, *PLAIN]): chance.choice([*words, 5, None, [], {}, 1e308]) for _ in range(4)
        }
        answer = client.post(f"{API}oee/calculate", body)
        assert answer.status_code in (200, 400), (body, answer.status_code)


# far away, and for long


def test_the_past_and_the_future_hold_nothing(line):
    plant = Factory()
    for start, end in (
        ("1990-01-01T00:00:00Z", "1991-01-01T00:00:00Z"),
        ("2099-01-01T00:00:00Z", "2099-02-01T00:00:00Z"),
    ):
        told = plant.get(f"lines/{line.pk}", start=start, end=end, group_by="day")
        assert told["total"]["produced_quantity"] == 0
        assert plant.get("explain", line_id=line.pk, start=start, end=end)["counts"] == []
    assert told["total"]["flags"] == ["NO_SCHEDULE"]
    assert told["groups"] == []


def test_two_years_take_few_queries(line, django_assert_max_num_queries):
    plant = Factory()
    with django_assert_max_num_queries(17):
        told = plant.get(f"lines/{line.pk}", start=at(-365 * 1440), end=at(366 * 1440 - 1), group_by="day")
    assert told["total"]["good_quantity"] == 30


def test_queries_grow_with_neither_lines_nor_machines_nor_days(line):
    small, large = make_line(), make_line(machines=5)
    for number in range(3):
        Line.objects.create(area=large.area, line_code=f"EXTRA{number}", name="Extra")
    plant = Factory()

    def queries(path: str, end: int) -> int:
        with CaptureQueriesContext(connection) as seen:
            plant.get(path, start=at(0), end=at(end))
        return len(seen)

    few = queries(f"lines/{small.pk}", 60), queries(f"sites/{small.area.site_id}", 60)
    many = queries(f"lines/{large.pk}", 20_000), queries(f"sites/{large.area.site_id}", 20_000)
    assert many == few

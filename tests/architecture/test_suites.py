"""Every resource of master data, held to the suite of plain CRUD."""

from __future__ import annotations

import pytest
from django.urls import resolve

from core.api.views import ModelViewSet
from equipment.models import Site
from tests.support.api import API
from tests.support.api_suite import ApiSuite, Resource, ensure_two_at_once_make_one_row
from tests.support.factories import UserFactory
from tests.support.operations import Plant, operations

NOBODY = 10**9  # the id of no row


def of_site(plant):
    return plant.site.pk


def another_site(number):
    return Site.objects.get_or_create(code=f"N{number}", name="Another")[0].pk


RESOURCES = [
    Resource(
        "users",
        varies=("username", "email"),
        change={"department": "Packing"},
        required={"username", "email", "password"},
        filters={
            "role": ("Operator", "viewer"),
            "department": ("filling", "packing"),
            "is_active": ("true", "false"),
        },
        search=("New Comer", "Old Hand"),
        queries=2,
        hidden=("password",),
    ),
    Resource(
        "employees",
        varies=("badge",),
        change={"phone": "+49 30 2"},
        required={"name"},
        filters={
            "department": ("filling", "packing"),
            "position": ("filler", "packer"),
            "badge": ("B-1", "B-2"),
            "user": (None, lambda plant: plant.user.pk),
        },
        search=("New Comer", "Old Hand"),
        queries=2,
    ),
    Resource(
        "sites",
        varies=("code",),
        change={"name": "Changed"},
        required={"code", "name"},
        filters={
            "code": ("new", "old"),
            "name": ("New", "Old"),
            "timezone": ("Asia/Seoul", "UTC"),
            "is_active": ("true", "false"),
        },
        search=("new", "old hand"),
        queries=2,
    ),
    Resource(
        "areas",
        varies=("code",),
        change={"name": "Changed"},
        required={"site_id", "code", "name"},
        filters={"site_id": (of_site, NOBODY), "code": ("new", "old"), "name": ("New", "Old")},
        search=("new", "old hand"),
        queries=2,
    ),
    Resource(
        "production/lines",
        varies=("line_code",),
        change={"name": "Changed"},
        required={"line_code", "name"},
        filters={
            "line_code": ("new", "old"),
            "name": ("New", "Old"),
            "site": (lambda plant: plant.site.code, "old"),
            "site_id": (of_site, NOBODY),
            "area": (lambda plant: plant.line.area.code, "old"),
            "area_id": (lambda plant: plant.line.area_id, NOBODY),
            "topology": ("series", "PARALLEL"),
            "equipment_code": (None, lambda plant: plant.machine.equipment_code),
            "enabled": ("true", "false"),
        },
        search=("new", "old hand"),
        queries=3,
        entity="lines",
    ),
    Resource(
        "equipment",
        key="equipment_code",
        varies=("equipment_code",),
        change={"name": "Changed"},
        required={"equipment_code", "name"},
        filters={
            "equipment_code": ("new", "old"),
            "name": ("New", "Old"),
            "line_id": (lambda plant: plant.line.pk, NOBODY),
            "line_code": (lambda plant: plant.line.line_code, "old"),
            "area_id": (lambda plant: plant.line.area_id, NOBODY),
            "site_id": (of_site, NOBODY),
            "machine_type": ("filler", "packer"),
            "state": ("unknown", "running"),
            "reason_code": (None, "old"),
            "is_active": ("true", "false"),
        },
        search=("new", "old hand"),
        queries=2,
        entity="machines",
    ),
    Resource(
        "shift-patterns",
        varies=("valid_from",),
        twin=201,  # two shifts may begin alike
        change={"name": "Changed"},
        required={"name", "weekdays", "start_time", "end_time", "valid_from"},
        filters={
            "line_id": (None, NOBODY),
            "site_id": (of_site, NOBODY),
            "valid_on": ("2026-01-01", "2025-12-31"),
            "name": ("Night", "Early"),
            "valid_from": ("2026-01-01", "2026-01-02"),
            "valid_to": ("2026-12-31", "2026-12-30"),
        },
        search=("night", "old hand"),
        queries=2,
    ),
    Resource(
        "calendar-exceptions",
        varies=("date",),
        twin=201,
        change={"name": "Changed"},
        required={"date", "kind"},
        filters={
            "line_id": (None, NOBODY),
            "site_id": (of_site, NOBODY),
            "kind": ("overtime", "holiday"),
            "start_date": ("2026-06-04", "2026-06-05"),
            "end_date": ("2026-06-04", "2026-06-03"),
            "date": ("2026-06-04", "2026-06-05"),
            "name": ("Stocktaking", "Other"),
        },
        search=("stock", "old hand"),
        queries=2,
    ),
    Resource(
        "downtime/reasons",
        varies=("code",),
        change={"name": "Changed"},
        required={"code", "name", "loss_category"},
        filters={
            "code": ("new", "old"),
            "parent_id": (lambda plant: plant.parent.pk, NOBODY),
            "root": ("false", "true"),
            "loss_category": ("setup", "breakdown"),
            "name": ("New", "Old"),
            "planned": ("false", "true"),
            "is_operator_error": ("false", "true"),
            "is_active": ("true", "false"),
        },
        search=("new", "old hand"),
        queries=3,
        entity="stop_reasons",
    ),
    Resource(
        "fault-codes",
        varies=("code",),
        change={"name": "Changed"},
        required={"code", "name"},
        filters={
            "code": ("new", "old"),
            "machine_type": ("filler", "packer"),
            "severity": ("high", "low"),
            "name": ("New", "Old"),
            "is_active": ("true", "false"),
        },
        search=("belt", "old hand"),
        queries=2,
    ),
    Resource(
        "maintenance-plans",
        varies=("title",),
        change={"description": "Changed"},
        required={"equipment_code", "title"},
        filters={
            "line_id": (lambda plant: plant.line.pk, NOBODY),
            "equipment_code": (lambda plant: plant.machine.equipment_code, "old"),
            "priority": ("low", "high"),
            "title": ("New", "Old"),
            "is_active": ("true", "false"),
        },
        search=("new", "old hand"),
        queries=2,
    ),
    Resource(
        "product-models",
        varies=("model_code",),
        change={"model_name": "Changed"},
        required={"model_code", "model_name"},
        filters={
            "status": ("active", "inactive"),
            "model_code": ("new", "old"),
            "category": ("Water", "Beer"),
        },
        search=("new", "old hand"),
        queries=2,
        stays=True,
    ),
    Resource(
        "standard-rates",
        varies=("valid_from",),
        change={"valid_from": "2026-02-15"},
        required={"product_code", "ideal_cycle_seconds", "valid_from"},
        filters={
            "product_code": (lambda plant: plant.rate.product.model_code, "old"),
            "equipment_code": (None, "old"),
            "valid_from": ("2026-02-01", "2026-02-02"),
        },
        search=("product p", "old hand"),
        queries=2,
    ),
    Resource(
        "production/checklists",
        varies=("text",),
        change={"required": False},
        required={"line_id", "text"},
        filters={
            "line_id": (lambda plant: plant.line.pk, NOBODY),
            "type": ("select", "number"),
            "required": ("true", "false"),
            "is_active": ("true", "false"),
        },
        search=("film", "old hand"),
        queries=2,
        entity="checklist_items",
    ),
    Resource(
        "processes",
        varies=("process_number", "process_code"),
        change={"description": "Changed"},
        required={"process_number", "process_code"},
        filters={
            "process_number": (7001, 7000),
            "process_code": ("new", "old"),
            "is_active": ("true", "false"),
            "is_label": ("false", "true"),
        },
        search=("new", "old hand"),
        queries=2,
    ),
    Resource(
        "number-patterns",
        varies=("site_id",),
        rows={"site_id": another_site},
        change={"serial_pattern": "{lot}-{seq:5}"},
        required={"site_id"},
        filters={"site_id": (of_site, NOBODY)},
        search=("{lot}", "old hand"),
        queries=2,
    ),
    Resource(
        "component-lots",
        varies=("lot_number",),
        change={"supplier": "Other"},
        required={"part_code", "lot_number", "quantity"},
        filters={
            "part_code": ("busbar", "screw"),
            "lot_number": ("new", "old"),
            "supplier": ("acme", "other"),
            "status": ("available", "quarantined"),
            "made_in_id": (None, NOBODY),
        },
        search=("acme", "old hand"),
        queries=2,
    ),
    Resource(
        "oee/policies",
        varies=("valid_from",),
        change={"minor_stop_seconds": 60},
        required={"site_id", "valid_from"},
        filters={
            "site_id": (of_site, NOBODY),
            "valid_from": ("2026-02-01", "2026-02-02"),
            "valid_from__gte": ("2026-02-01", "2026-02-02"),
            "valid_from__lte": ("2026-02-01", "2026-01-31"),
        },
        search=("site s", "old hand"),
        queries=2,
        entity="loss_policies",
    ),
    Resource(
        "andon/escalation-policies",
        varies=("event_type", "priority"),
        words={
            "event_type": ("QUALITY", "STOPPAGE", "MATERIAL", "MAINTENANCE", "SAFETY"),
            "priority": ("HIGH", "LOW", "MEDIUM", "CRITICAL"),
        },
        change={"name": "Changed"},
        required={"name", "levels"},
        filters={
            "line_id": (lambda plant: plant.line.pk, NOBODY),
            "event_type": ("quality", "safety"),
            "priority": ("High", "low"),
            "is_active": ("true", "false"),
        },
        search=("new", "old hand"),
        queries=3,
    ),
]


@pytest.fixture(params=RESOURCES, ids=lambda resource: resource.path)
def resource(request):
    return request.param


class TestMasterData(ApiSuite):
    """Plain CRUD."""


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_row():
    plant, admin = Plant(), UserFactory(role="admin")
    for resource in RESOURCES:
        ensure_two_at_once_make_one_row(resource, plant, admin)


def test_every_resource_of_master_data_is_in_the_list():
    """`products` is another name for `product-models`; a route is its steps and has tests of its own."""
    found = {
        operation.path.removeprefix("api/v1/")
        for operation in operations()
        if operation.method == "POST"
        and isinstance(operation.view, ModelViewSet)
        and operation.view.action == "create"
    }
    assert found - {"products", "routes"} == {resource.path for resource in RESOURCES}


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.path)
def test_every_filter_has_its_values(resource):
    filterset = resolve(API + resource.path).func.cls.filterset_class
    assert set(filterset.base_filters) == set(resource.filters)

"""Managers keep products and rates in the admin; what machines said can only be read there."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from audit.models import AuditLog
from production.actions import NewReading, record_readings
from production.models import ProductionCount, ProductModel, StandardRate
from tests.support.factories import MachineFactory, UserFactory
from tests.support.production_factories import ProductFactory, RunFactory, StandardRateFactory, after

pytestmark = pytest.mark.django_db

MASTER = ("productmodel", "standardrate")
FACTS = ("productionrun", "productioncount", "counterreading")
NO_RATES = {f"standard_rates-{name}_FORMS": 0 for name in ("TOTAL", "INITIAL", "MIN_NUM")}
PRODUCT = {"model_code": "P-1", "model_name": "One", "specifications": "{}", "status": "ACTIVE", **NO_RATES}


def signed_in(role="admin"):
    client = Client()
    client.force_login(UserFactory(role=role), backend="accounts.backends.RoleBackend")
    return client


def url(name, view, *args):
    return reverse(f"admin:production_{name}_{view}", args=args)


@pytest.fixture
def facts():
    run = RunFactory(machine=MachineFactory())
    StandardRateFactory(product=run.product, machine=run.machine)
    names = [("a", 0, 0), ("b", 1, 5)]
    record_readings(
        readings=[NewReading(run.machine_id, "plc", n, "total", after(m), value) for n, m, value in names]
    )


@pytest.mark.parametrize("name", [*MASTER, *FACTS])
def test_every_list_opens_searches_and_shows_a_row(facts, name):
    client = signed_in()
    assert client.get(url(name, "changelist")).status_code == 200
    assert client.get(url(name, "changelist"), {"q": "no such thing"}).status_code == 200
    row = apps.get_model("production", name).objects.first()
    assert client.get(url(name, "change", row.pk)).status_code == 200


@pytest.mark.parametrize("name", FACTS)
def test_facts_are_read_only(facts, name):
    client = signed_in()
    row = apps.get_model("production", name).objects.first()
    assert client.get(url(name, "add")).status_code == 403
    assert client.post(url(name, "change", row.pk), {"good": 99}).status_code == 403
    assert client.post(url(name, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert not ProductionCount.objects.filter(good=99).exists()


def test_a_product_is_made_changed_and_never_deleted():
    client = signed_in("production_manager")
    assert client.post(url("productmodel", "add"), PRODUCT).status_code == 302
    product = ProductModel.objects.get()
    changed = client.post(url("productmodel", "change", product.pk), {**PRODUCT, "status": "DISCONTINUED"})
    assert changed.status_code == 302
    product.refresh_from_db()
    assert product.status == "DISCONTINUED"
    actions = AuditLog.objects.filter(entity_type="product_models").order_by("id")
    assert list(actions.values_list("action", flat=True)) == ["CREATE", "UPDATE"]
    assert signed_in().post(url("productmodel", "delete", product.pk), {"post": "yes"}).status_code == 403


def test_a_twin_is_told_on_the_form():
    ProductFactory(model_code="p-1")
    page = signed_in().post(url("productmodel", "add"), PRODUCT)
    assert (page.status_code, ProductModel.objects.count()) == (200, 1)
    assert "exists already" in page.content.decode()


def test_rates_are_deleted_by_the_list_one_by_one_in_the_ledger():
    rates = [StandardRateFactory() for _ in range(2)]
    answer = signed_in().post(
        url("standardrate", "changelist"),
        {
            "action": "delete_selected",
            "_selected_action": [rate.pk for rate in rates],
            "post": "yes",
            "reason": "Measured again.",
        },
    )
    assert (answer.status_code, StandardRate.objects.count()) == (302, 0)
    assert AuditLog.objects.filter(entity_type="standard_rates", action="DELETE").count() == 2


@pytest.mark.parametrize("name", [*MASTER, *FACTS])
def test_without_the_right_the_list_stays_closed(name):
    assert signed_in("guest").get(url(name, "changelist")).status_code in (302, 403)
    assert signed_in("viewer").get(url(name, "add")).status_code == 403

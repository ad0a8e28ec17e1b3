"""Who deletes or switches says why, and the audit trail keeps it."""

from __future__ import annotations

import pytest

from accounts.models import User
from audit.models import AuditLog
from equipment.models import Line, Machine, Site, StopReason
from production.models import ProductModel
from tests.support.factories import LineFactory, MachineFactory, SiteFactory, StopReasonFactory, UserFactory
from tests.support.production_factories import ProductFactory

pytestmark = pytest.mark.django_db


def reasons(action: str, entity_type: str) -> set[tuple[str, str]]:
    rows = AuditLog.objects.filter(action=action, entity_type=entity_type)
    return {(row.entity_id, row.reason) for row in rows}


def test_deleting_asks_why(at_desk):
    site, client = SiteFactory(), at_desk("admin")
    path = f"/admin/equipment/site/{site.pk}/delete/"
    assert 'name="reason"' in client.get(path).content.decode()
    for silence in ({}, {"reason": "   "}):
        answer = client.post(path, {"post": "yes", **silence}, follow=True)
        assert "Say why" in answer.content.decode() and Site.objects.exists()
    assert client.post(path, {"post": "yes", "reason": " Sold. "}).status_code == 302
    assert reasons("DELETE", "sites") == {(str(site.pk), "Sold.")}


def test_deleting_many_asks_why_and_shows_them_again(at_desk):
    sites, client = [SiteFactory(), SiteFactory()], at_desk("admin")
    chosen = {"action": "delete_selected", "_selected_action": [site.pk for site in sites]}
    assert 'name="reason"' in client.post("/admin/equipment/site/", chosen).content.decode()
    again = client.post("/admin/equipment/site/", {**chosen, "post": "yes"}).content.decode()
    assert "Say why" in again and sites[0].name in again and Site.objects.count() == 2
    client.post("/admin/equipment/site/", {**chosen, "post": "yes", "reason": "Sold."})
    assert reasons("DELETE", "sites") == {(str(site.pk), "Sold.") for site in sites}


ACTIVE = ("is_active", {"switch_is_active_false": False, "switch_is_active_true": True})
ENABLED = ("enabled", {"switch_enabled_false": False, "switch_enabled_true": True})
STATUS = ("status", {"switch_status_discontinued": "DISCONTINUED", "switch_status_active": "ACTIVE"})


@pytest.mark.parametrize(
    ("path", "make", "column", "switches"),
    [
        ("equipment/machine", MachineFactory, *ACTIVE),
        ("equipment/site", SiteFactory, *ACTIVE),
        ("equipment/stopreason", StopReasonFactory, *ACTIVE),
        ("equipment/line", LineFactory, *ENABLED),
        ("production/productmodel", ProductFactory, *STATUS),
    ],
)
def test_switching_many_asks_why(at_desk, path, make, column, switches):
    rows, client = [make(), make()], at_desk("production_manager")
    for action, value in switches.items():
        chosen = {"action": action, "_selected_action": [row.pk for row in rows]}
        asked = client.post(f"/admin/{path}/", chosen).content.decode()
        assert 'name="reason"' in asked and str(rows[1]) in asked
        assert "Say why" in client.post(f"/admin/{path}/", {**chosen, "post": "yes"}).content.decode()
        done = client.post(f"/admin/{path}/", {**chosen, "post": "yes", "reason": f"So {value}"}, follow=True)
        assert "2 changed" in done.content.decode()
        assert set(type(rows[0]).objects.values_list(column, flat=True)) == {value}
        entries = AuditLog.objects.filter(action="UPDATE", reason=f"So {value}", source="admin")
        assert {entry.entity_id for entry in entries} == {str(row.pk) for row in rows}


@pytest.mark.parametrize("model", [Machine, Line, StopReason, ProductModel])
def test_who_only_looks_has_no_such_button(at_desk, model):
    make = {
        Machine: MachineFactory,
        Line: LineFactory,
        StopReason: StopReasonFactory,
        ProductModel: ProductFactory,
    }
    make[model]()
    meta = model._meta
    page = at_desk("viewer").get(f"/admin/{meta.app_label}/{meta.model_name}/").content.decode()
    assert "switch_" not in page and "delete_selected" not in page


def test_letting_in_and_keeping_out_ask_why(at_desk):
    waiting, kim = UserFactory(is_active=False), UserFactory()
    client = at_desk("admin")
    for action, user, why in (
        ("approve_selected", waiting, "Starts on Monday."),
        ("deactivate_selected", kim, "Left."),
    ):
        chosen = {"action": action, "_selected_action": [user.pk]}
        assert 'name="reason"' in client.post("/admin/accounts/user/", chosen).content.decode()
        assert User.objects.get(pk=user.pk).is_active == user.is_active
        client.post("/admin/accounts/user/", {**chosen, "post": "yes", "reason": why})
        assert User.objects.get(pk=user.pk).is_active != user.is_active
    deeds = AuditLog.objects.filter(action__in=("accounts.user.approved", "accounts.user.deactivated"))
    assert set(deeds.values_list("reason", flat=True)) == {"Starts on Monday.", "Left."}

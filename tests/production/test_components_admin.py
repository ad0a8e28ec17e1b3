"""Component lots in the managers' admin."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from audit.models import AuditLog
from production.models import ComponentLot
from tests.production.genealogy import component_lot, scan
from tests.support.factories import UserFactory
from tests.support.trace_factories import lot_of, unit_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client):
    client.force_login(UserFactory(role="quality"), backend="accounts.backends.RoleBackend")
    return client


def page(row=None) -> str:
    view, args = ("change", [row.pk]) if row else ("changelist", [])
    return reverse(f"admin:production_componentlot_{view}", args=args)


def test_a_delivery_is_entered_and_corrected(desk):
    body = {"part_code": "BUSBAR", "lot_number": "B-1", "supplier": "Acme", "quantity": "10", "made_in": ""}
    add = reverse("admin:production_componentlot_add")
    assert desk.post(add, body).status_code == 302
    row = ComponentLot.objects.get()
    scan(row, unit_in(), 3)
    answer = desk.post(page(row), body | {"quantity": "2"})
    assert answer.status_code == 200, "less than was used is refused"
    assert desk.post(page(row), body | {"quantity": "4"}).status_code == 302
    row.refresh_from_db()
    assert (row.quantity, row.consumed) == (4, 3)


def test_what_scans_and_verbs_keep_is_not_written_here(desk):
    row, lot = component_lot(), lot_of()
    scan(row, unit_in())
    body = {"part_code": "BUSBAR", "lot_number": row.lot_number, "supplier": "", "quantity": "100"}
    desk.post(page(row), body | {"consumed": "0", "status": "QUARANTINED", "made_in": lot.pk})
    row.refresh_from_db()
    assert (row.consumed, row.status, row.made_in, row.supplier) == (Decimal(1), "AVAILABLE", None, "")


def test_blocking_asks_why(desk):
    row = component_lot()
    body = {"action": "quarantine", "_selected_action": [row.pk]}
    assert b"reason" in desk.post(page(), body).content
    assert ComponentLot.objects.get().status == "AVAILABLE"
    desk.post(page(), body | {"post": "yes", "reason": "cracks"})
    assert ComponentLot.objects.get().status == "QUARANTINED"
    assert AuditLog.objects.get(action="production.component.quarantined").reason == "cracks"
    desk.post(page(), {**body, "action": "release", "post": "yes", "reason": "sorted"})
    assert ComponentLot.objects.get().status == "AVAILABLE"

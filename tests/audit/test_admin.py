"""The trail in the admin: readable, and closed to every write."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.choices import Role
from audit.models import AuditLog
from equipment.models import Site
from tests.support.factories import SiteFactory, UserFactory

pytestmark = pytest.mark.django_db
LIST = "/admin/audit/auditlog/"


def browser(role: str) -> Client:
    client = Client()
    client.force_login(UserFactory(role=role), backend="accounts.backends.RoleBackend")
    return client


@pytest.fixture
def admin() -> Client:
    return browser(Role.ADMIN)


@pytest.fixture
def entry() -> AuditLog:
    site = SiteFactory(code="S1", name="<b>Seoul</b>")
    site.name = ""
    site.timezone = "Asia/Seoul"
    site.save()
    return AuditLog.objects.first()


def test_the_list_searches_and_filters(admin: Client, entry: AuditLog) -> None:
    SiteFactory(code="S2", name="Busan")
    page = admin.get(LIST).content.decode()
    assert "Busan" in page and "&lt;b&gt;Seoul" in page and "<b>Seoul" not in page
    found = admin.get(LIST, {"entity_type": "sites", "action": "CREATE", "q": "Busan", "source": "system"})
    assert [row.entity_repr for row in found.context["cl"].result_list] == ["Busan"]
    assert list(admin.get(LIST, {"entity_type": "lines"}).context["cl"].result_list) == []


def test_one_entry_shows_before_and_after(admin: Client, entry: AuditLog) -> None:
    page = re.sub(' class="[^"]*"', "", admin.get(f"{LIST}{entry.pk}/change/").content.decode())
    assert "<tr><th>timezone</th><td>Europe/Berlin</td><td>Asia/Seoul</td></tr>" in page
    assert "<tr><th>name</th><td>&lt;b&gt;Seoul&lt;/b&gt;</td><td>–</td></tr>" in page
    assert 'name="_save"' not in page


def test_nobody_adds_changes_or_deletes(admin: Client, entry: AuditLog) -> None:
    assert admin.get(f"{LIST}add/").status_code == 403
    assert admin.post(f"{LIST}add/", {"action": "x"}).status_code == 403
    assert admin.post(f"{LIST}{entry.pk}/change/", {"reason": "x"}).status_code == 403
    assert admin.post(f"{LIST}{entry.pk}/delete/", {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [entry.pk], "post": "yes"}
    admin.post(LIST, chosen)
    entry.refresh_from_db()
    assert entry.reason == ""


@pytest.mark.parametrize("role", [role for role in Role.values if role != Role.ADMIN])
def test_the_administrator_alone_reads(role: str, entry: AuditLog) -> None:
    client = browser(role)
    for url in (LIST, f"{LIST}{entry.pk}/change/"):
        assert client.get(url).status_code in (302, 403)


def test_edits_in_the_admin_are_entered_as_such(admin: Client) -> None:
    """Through the real admin: one added, one changed, two deleted by "delete selected"."""
    admin.post(
        "/admin/equipment/site/add/", {"code": "A1", "name": "A", "timezone": "UTC", "is_active": "on"}
    )
    site = Site.objects.get(code="A1")
    url = reverse("admin:equipment_site_change", args=[site.pk])
    admin.post(url, {"code": "A1", "name": "B", "timezone": "UTC", "is_active": "on"})
    other = SiteFactory()
    chosen = {"action": "delete_selected", "_selected_action": [site.pk, other.pk], "post": "yes"}
    admin.post("/admin/equipment/site/", {**chosen, "reason": "Sold."})
    assert Site.objects.count() == 0
    rows = AuditLog.objects.filter(entity_type="sites", source="admin").order_by("id")
    assert [(row.action, row.entity_id) for row in rows] == [
        ("CREATE", str(site.pk)),
        ("UPDATE", str(site.pk)),
        ("DELETE", rows[2].entity_id),
        ("DELETE", rows[3].entity_id),
    ]
    assert {rows[2].entity_id, rows[3].entity_id} == {str(site.pk), str(other.pk)}
    assert {str(row.user_id) for row in rows} == {admin.session["_auth_user_id"]}

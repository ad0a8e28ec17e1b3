"""The site as a whole: one login page, its own security policy, the plant's clock, search and history."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.choices import Role
from accounts.models import User
from equipment.models import Site
from tests.support.factories import PASSWORD, LineFactory, MachineFactory, SiteFactory, UserFactory

pytestmark = pytest.mark.django_db
STAFF = ("admin", "production_manager", "shift_manager", "engineer", "maintenance", "quality", "viewer")
OTHERS = ("operator", "guest", "integration")


def test_nobody_is_sent_to_the_login_page_and_back(client):
    answer = client.get("/admin/equipment/line/?q=x", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/accounts/login?next=/admin/equipment/line/")
    UserFactory(username="kim", role="engineer").set_password(PASSWORD)
    user = User.objects.get(username="kim")
    user.set_password(PASSWORD)
    user.save()
    landed = client.post(answer.redirect_chain[-1][0], {"username": "kim", "password": PASSWORD})
    assert (landed.status_code, landed["Location"]) == (302, "/admin/equipment/line/?q=x")


def test_the_admin_has_no_login_form_of_its_own(client):
    user = UserFactory(role="admin")
    user.set_password(PASSWORD)
    user.save()
    answer = client.post("/admin/login/", {"username": user.username, "password": PASSWORD})
    assert answer["Location"].startswith("/accounts/login") and "_auth_user_id" not in client.session


@pytest.mark.parametrize("role", STAFF)
def test_it_opens_for_who_has_a_desk(at_desk, role):
    assert at_desk(role).get("/admin/").status_code == 200
    assert at_desk(role).get("/admin/login/")["Location"] == "/admin/"


@pytest.mark.parametrize("role", OTHERS)
def test_others_are_told_why_not(at_desk, role):
    answer = at_desk(role).get("/admin/equipment/line/", follow=True)
    assert answer.status_code == 403
    assert "not part of this role" in answer.content.decode()


def test_every_role_is_one_or_the_other():
    assert {*STAFF, *OTHERS} == set(Role.values)


def test_the_address_without_a_slash_works(at_desk):
    assert at_desk("viewer").get("/admin")["Location"] == "/admin/"


def test_the_policy_is_relaxed_here_and_nowhere_else(at_desk):
    client = at_desk("admin")
    for path in ("/admin/", "/admin/equipment/line/", "/admin/equipment/line/add/"):
        policy = client.get(path)["Content-Security-Policy"]
        assert "script-src 'self' 'unsafe-eval'" in policy and "style-src 'self' 'unsafe-inline'" in policy
        assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy
    for path in ("/", "/accounts/login", "/accounts/profile", "/admin/nothing/here/"):
        assert "unsafe" not in client.get(path)["Content-Security-Policy"]


def test_times_are_those_of_the_plant(at_desk):
    SiteFactory(code="A", timezone="Asia/Seoul")
    LineFactory(area__site=SiteFactory(code="B", timezone="Europe/Berlin"))
    assert "Europe/Berlin" in at_desk("viewer").get("/admin/").content.decode()


def test_the_sidebar_shows_what_may_be_opened(at_desk):
    def titles(role: str) -> list[str]:
        groups = at_desk(role).get("/admin/").context["sidebar_navigation"]
        return [str(group["title"]) for group in groups[1:]]

    plant = ["Plant", "Calendar", "Traceability", "Production", "Plans", "OEE", "Andon", "Upkeep"]
    assert titles("admin") == [*plant, "Imports", "People", "Audit", "Background jobs"]
    assert titles("production_manager") == [*plant, "Imports", "People"]
    assert titles("viewer") == plant


def test_every_link_of_the_sidebar_opens(at_desk):
    for role in STAFF:
        client = at_desk(role)
        groups = client.get("/admin/").context["sidebar_navigation"]
        links = [item["link"] for group in groups for item in group["items"]]
        assert len(links) > 5
        assert {link: client.get(link).status_code for link in links} == dict.fromkeys(links, 200)


def test_search_finds_what_the_role_may_see(at_desk):
    MachineFactory(equipment_code="PRESS-7", name="Press")
    UserFactory(username="press-operator")
    found = at_desk("viewer").get("/admin/search/", {"s": "press", "extended": "1"}).content.decode()
    assert "PRESS-7" in found and "press-operator" not in found
    found = at_desk("admin").get("/admin/search/", {"s": "press", "extended": "1"}).content.decode()
    assert "PRESS-7" in found and "press-operator" in found
    assert at_desk("admin").get("/admin/search/", {"s": "press", "page": "x"}).status_code == 404


def test_ones_own_password_has_one_door(at_desk):
    assert at_desk("viewer").get("/admin/password_change/")["Location"] == "/accounts/password"


class TestHistory:
    def test_it_is_the_audit_trail_newest_first(self, at_desk):
        client = at_desk("admin")
        site = SiteFactory(name="Seoul")
        body = {"code": site.code, "name": "Busan", "timezone": "Asia/Seoul", "is_active": "on"}
        assert client.post(f"/admin/equipment/site/{site.pk}/change/", body).status_code == 302
        page = client.get(f"/admin/equipment/site/{site.pk}/history/")
        assert [entry.action for entry in page.context["page"]] == ["UPDATE", "CREATE"]
        assert "<th>name</th><td>Seoul</td><td>Busan</td>" in page.content.decode()

    def test_it_outlives_the_object(self, at_desk):
        site = SiteFactory(name="Seoul")
        key = site.pk
        site.delete()
        page = at_desk("admin").get(f"/admin/equipment/site/{key}/history/")
        assert [entry.action for entry in page.context["page"]] == ["DELETE", "CREATE"]
        assert "The object is gone" in page.content.decode()

    @pytest.mark.parametrize(
        "path",
        ["equipment/site/999/", "equipment/site/x/", "no/model/1/", "auth/group/1/", "audit/auditseal/1/"],
    )
    def test_of_nothing_there_is_none(self, at_desk, path):
        assert at_desk("admin").get(f"/admin/{path}history/").status_code == 404

    @pytest.mark.parametrize("role", STAFF[1:])
    def test_it_is_the_administrators(self, at_desk, role):
        site = SiteFactory()
        client = at_desk(role)
        assert client.get(f"/admin/equipment/site/{site.pk}/history/").status_code == 403
        assert "/history/" not in client.get(f"/admin/equipment/site/{site.pk}/change/").content.decode()

    def test_its_button_is_there_for_the_administrator(self, at_desk):
        site = SiteFactory()
        page = at_desk("admin").get(f"/admin/equipment/site/{site.pk}/change/").content.decode()
        assert f"/admin/equipment/site/{site.pk}/history/" in page


def test_a_line_leads_to_its_page_on_the_floor(at_desk):
    line = LineFactory()
    assert (
        f'href="/lines/{line.pk}"'
        in at_desk("viewer").get(f"/admin/equipment/line/{line.pk}/change/").content.decode()
    )


def test_djangos_second_log_is_not_kept(at_desk):
    from django.contrib.admin.models import LogEntry

    client: Client = at_desk("admin")
    client.post(
        "/admin/equipment/site/add/", {"code": "S", "name": "S", "timezone": "UTC", "is_active": "on"}
    )
    assert Site.objects.exists() and not LogEntry.objects.exists()

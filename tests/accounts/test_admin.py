"""People in the admin: the same rules as everywhere, and each change in the ledger."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Employee, User
from tests.accounts.conftest import Caller, login
from tests.support.factories import PASSWORD

pytestmark = pytest.mark.django_db

LIST = "/admin/accounts/user/"


@pytest.fixture
def admin(person) -> Client:
    client = Client()
    client.force_login(person("admin", role="admin"))
    return client


def form_of(user: User, **changes):
    body = {name: getattr(user, name) for name in ("username", "email", "full_name", "department", "role")}
    return {**body, "company_name": "", **({"is_active": "on"} if user.is_active else {}), **changes}


def test_lists_and_forms_open(admin, person):
    user, employee = person("kim"), Employee.objects.create(name="Kim")
    paths = [
        "",
        "add/",
        f"{user.pk}/change/",
        f"{user.pk}/password/",
        f"{user.pk}/delete/",
        f"{user.pk}/history/",
    ]
    for path in ["user/" + path for path in paths] + [
        "employee/",
        "employee/add/",
        f"employee/{employee.pk}/change/",
    ]:
        assert admin.get(f"/admin/accounts/{path}").status_code == 200, path
    assert admin.get(f"{LIST}?q=kim&role__exact=viewer").status_code == 200
    body = admin.get(f"{LIST}{user.pk}/change/").content
    assert (
        b"user_permissions" not in body
        and b'name="groups"' not in body
        and user.password.encode() not in body
    )


def test_make_an_account_with_the_rule(admin, deeds):
    body = {"username": "kim", "email": "kim@example.com", "role": "operator"}
    weak = admin.post(f"{LIST}add/", {**body, "password1": "weak", "password2": "weak"})
    assert weak.status_code == 200 and not User.objects.filter(username="kim").exists()
    made = admin.post(f"{LIST}add/", {**body, "password1": "Line-Two-27", "password2": "Line-Two-27"})
    assert made.status_code == 302
    login("kim", "Line-Two-27")
    twin = admin.post(
        f"{LIST}add/", {**body, "username": "KIM", "password1": "Line-Two-27", "password2": "Line-Two-27"}
    )
    assert twin.status_code == 200 and User.objects.count() == 2


def test_change_of_role_and_activity_act_at_once_and_are_entered(admin, person, deeds):
    user = person("kim", role="engineer")
    token = login("kim")["access_token"]
    assert admin.post(f"{LIST}{user.pk}/change/", form_of(user, role="guest")).status_code == 302
    assert "accounts.user.role_changed" in deeds
    assert Caller(token)("GET", "auth/me").json()["role"] == "guest"
    user.refresh_from_db()
    changed = form_of(user, department="Lab")
    del changed["is_active"]
    assert admin.post(f"{LIST}{user.pk}/change/", changed).status_code == 302
    assert "accounts.user.deactivated" in deeds and Caller(token)("GET", "auth/me").status_code == 401
    user.refresh_from_db()
    assert user.department == "Lab" and not user.is_active


def test_set_a_password_with_the_rule(admin, person, deeds):
    user = person("kim")
    token = login("kim")["access_token"]
    path = f"{LIST}{user.pk}/password/"
    assert admin.post(path, {"password1": "weak", "password2": "weak"}).status_code == 200
    assert admin.post(path, {"password1": "", "password2": "", "usable_password": "false"}).status_code == 200
    assert admin.post(path, {"password1": "Line-Two-27", "password2": "Line-Two-27"}).status_code == 302
    assert "accounts.user.password_set" in deeds and Caller(token)("GET", "auth/me").status_code == 401
    login("kim", "Line-Two-27")


def test_actions_on_many(admin, person, deeds):
    waiting, kim = person("waiting", is_active=False), person("kim")
    why = {"post": "yes", "reason": "Known."}
    admin.post(LIST, {"action": "approve_selected", "_selected_action": [waiting.pk], **why})
    admin.post(LIST, {"action": "deactivate_selected", "_selected_action": [kim.pk], **why})
    assert {"accounts.user.approved", "accounts.user.deactivated"} <= set(deeds)
    assert User.objects.get(pk=waiting.pk).is_active and not User.objects.get(pk=kim.pk).is_active
    admin.post(LIST, {"action": "delete_selected", "_selected_action": [kim.pk], **why})
    assert not User.objects.filter(pk=kim.pk).exists()


def test_the_last_administrator_stays(admin):
    me = User.objects.get(username="admin")
    demoted = admin.post(f"{LIST}{me.pk}/change/", form_of(me, role="viewer"), follow=True)
    assert b"last active administrator" in demoted.content
    why = {"post": "yes", "reason": "Leaves."}
    mine = {"_selected_action": [me.pk], **why}
    closed = admin.post(LIST, {"action": "deactivate_selected", **mine}, follow=True)
    assert b"last active administrator" in closed.content
    deleted = admin.post(f"{LIST}{me.pk}/delete/", why, follow=True)
    assert b"last active administrator" in deleted.content
    many = admin.post(LIST, {"action": "delete_selected", **mine}, follow=True)
    assert b"last active administrator" in many.content
    me.refresh_from_db()
    assert me.role == "admin" and me.is_active


@pytest.mark.parametrize("role", ["production_manager", "viewer", "operator", "guest"])
def test_others_see_no_accounts(person, role):
    client = Client()
    client.force_login(person(role))
    assert client.get(LIST).status_code in (302, 403)
    assert client.post(f"{LIST}add/", {"username": "x", "password1": PASSWORD}).status_code in (302, 403)
    assert User.objects.count() == 1


def test_employees_are_read_by_leaders_and_kept_by_the_administrator(admin, person):
    employee = Employee.objects.create(name="Kim")
    leader = Client()
    leader.force_login(person("shift_manager"))
    assert leader.get("/admin/accounts/employee/").status_code == 200
    assert leader.post("/admin/accounts/employee/add/", {"name": "x"}).status_code == 403
    assert admin.post("/admin/accounts/employee/add/", {"name": "Lee", "badge": ""}).status_code == 302
    body = {
        "action": "delete_selected",
        "_selected_action": [employee.pk],
        "post": "yes",
        "reason": "Left.",
    }
    assert admin.post("/admin/accounts/employee/", body).status_code == 302
    assert list(Employee.objects.values_list("name", "badge")) == [("Lee", None)]


def test_ones_own_password_has_one_door(admin):
    assert admin.get("/admin/password_change/")["Location"] == "/accounts/password"
    assert admin.get("/admin/auth/group/").status_code == 404

"""users and employees over HTTP: who may, who may not, and what is refused."""

from __future__ import annotations

import pytest

from accounts.models import Employee, User
from equipment.models import Machine
from tests.accounts.conftest import LOGIN, Caller, login
from tests.support.factories import PASSWORD

pytestmark = pytest.mark.django_db

KEYS = {
    "id",
    "username",
    "email",
    "full_name",
    "role",
    "department",
    "is_active",
    "created_at",
    "updated_at",
    "last_login_at",
}
NEW = {"username": "kim", "email": "kim@example.com", "password": "Line-Two-27"}
OTHERS = ["production_manager", "shift_manager", "engineer", "operator", "viewer", "guest", "integration"]


def test_an_account_from_birth_to_end(caller, deeds):
    admin = caller("admin")
    made = admin("POST", "users", {**NEW, "full_name": "Kim 김", "department": "QA", "role": "MANAGER"})
    assert made.status_code == 201, made.content
    user = made.json()
    assert set(user) >= KEYS and user["role"] == "production_manager" and user["is_active"] is True
    assert user["last_login_at"] is None and not {key for key in user if "password" in key}
    path = f"users/{user['id']}"
    assert admin("GET", path).json() == user and admin("GET", path)["ETag"]
    login("kim", NEW["password"])
    changed = admin("PUT", path, {"role": "quality", "department": "Lab"}).json()
    assert (changed["role"], changed["department"], changed["full_name"]) == ("quality", "Lab", "Kim 김")
    assert changed["last_login_at"] is not None
    assert "accounts.user.role_changed" in deeds
    assert admin("PATCH", path, {"is_active": False}).json()["is_active"] is False
    assert Caller()("POST", LOGIN, {"username": "kim", "password": NEW["password"]}).status_code == 401
    assert admin("DELETE", path).status_code == 204 and admin("GET", path).status_code == 404


@pytest.mark.parametrize("role", OTHERS)
def test_users_are_the_administrators_alone(caller, person, role):
    other = person("other")
    mine = caller(role)
    asked = [
        ("GET", "users", None),
        ("POST", "users", NEW),
        ("GET", f"users/{other.pk}", None),
        ("PUT", f"users/{other.pk}", {"role": "admin"}),
        ("DELETE", f"users/{other.pk}", None),
        ("PUT", f"users/{other.pk}/password", {"new_password": "Line-Two-27"}),
        ("GET", "users/username/other", None),
        ("GET", "users/email/other@example.com", None),
        ("GET", "users/role/viewer", None),
        ("GET", "users/99999999", None),
    ]
    assert {mine(*request).status_code for request in asked} == {403}
    assert {Caller()(*request).status_code for request in asked} == {401}
    other.refresh_from_db()
    assert other.role == "viewer" and User.objects.count() == 2


def test_lookups(caller, person):
    person("kim.lee", role="operator")
    admin = caller("admin")
    assert admin("GET", "users/username/KIM.lee").json()["username"] == "kim.lee"
    assert admin("GET", "users/email/Kim.Lee@example.com/").json()["username"] == "kim.lee"
    rows = admin("GET", "users/role/OPERATOR").json()
    assert (rows["count"], rows["results"][0]["username"]) == (1, "kim.lee")
    assert admin("GET", "users/role/super_admin").json()["results"][0]["username"] == "admin"
    for path in (
        "users/username/nobody",
        "users/email/nobody",
        "users/role/king",
        "users/0",
        "users/1" + "0" * 20,
    ):
        assert admin("GET", path).status_code == 404, path


def test_list_filters_searches_sorts_and_refuses_the_unknown(caller, person):
    for name, department in [("b", "Lab"), ("a", "lab"), ("c", "Hall")]:
        person(name, department=department)
    admin = caller("admin")

    def names(query: str) -> list[str]:
        return [row["username"] for row in admin("GET", f"users?{query}").json()["results"]]

    assert names("department=LAB&ordering=-username") == ["b", "a"]
    assert names("role=Super_Admin") == ["admin"]
    assert names("search=hall") == ["c"]
    assert names("is_active=false") == []
    assert names("limit=1&skip=1") == ["admin"]
    for bad in ("role=king", "password=x", "ordering=password", "limit=0", "limit=x", "is_active=perhaps"):
        assert admin("GET", f"users?{bad}").status_code in (400,), bad


def test_a_list_costs_the_same_however_long(caller, person, django_assert_num_queries):
    admin = caller("admin")
    for name in "abcdef":
        person(name)
    with django_assert_num_queries(3):  # who asks, how many, which
        admin("GET", "users")


def test_taken_names_and_addresses_are_conflicts(caller, person):
    person("kim")
    admin = caller("admin")
    same_name = admin("POST", "users", {**NEW, "username": "KIM", "email": "x@example.com"})
    same_mail = admin("POST", "users", {**NEW, "username": "lee", "email": "KIM@example.com"})
    assert (same_name.status_code, same_name.json()["code"]) == (409, "username_taken")
    assert (same_mail.status_code, same_mail.json()["code"]) == (409, "email_taken")
    assert set(same_name.json()["errors"]) == {"username"}
    other = person("lee")
    assert admin("PUT", f"users/{other.pk}", {"username": "Kim"}).status_code == 409
    assert admin("PUT", f"users/{other.pk}", {"email": "kim@EXAMPLE.com"}).status_code == 409


def test_a_user_name_cannot_be_anothers_address(caller, person):
    person("kim")
    admin = caller("admin")
    stolen = admin("POST", "users", {**NEW, "username": "kim@example.com", "email": "thief@example.com"})
    assert stolen.status_code == 400 and "username" in stolen.json()["errors"]
    own = admin("POST", "users", {**NEW, "username": "lee@example.com", "email": "Lee@example.com"})
    assert own.status_code == 201
    moved = admin("PUT", f"users/{own.json()['id']}", {"email": "elsewhere@example.com"})
    assert moved.status_code == 400


def test_the_last_administrator_stays(caller):
    admin = caller("admin")
    me = User.objects.get(username="admin")
    asked = [("PUT", {"role": "viewer"}), ("PUT", {"is_active": False}), ("DELETE", None)]
    for method, body in asked:
        answer = admin(method, f"users/{me.pk}", body)
        assert (answer.status_code, answer.json()["code"]) == (409, "last_administrator")
    admin("POST", "users", {**NEW, "role": "admin", "is_active": False})
    assert admin("PUT", f"users/{me.pk}", {"role": "viewer"}).status_code == 409  # the other cannot sign in
    admin("PUT", f"users/{User.objects.get(username='kim').pk}", {"is_active": True})
    assert admin("PUT", f"users/{me.pk}", {"role": "viewer"}).status_code == 200
    assert admin("GET", "users").status_code == 403


def test_who_has_history_is_not_deleted(caller, person):
    admin, user = caller("admin"), person("kim")
    Machine.objects.create(equipment_code="M-1", name="Press", owner=user)
    answer = admin("DELETE", f"users/{user.pk}")
    assert (answer.status_code, answer.json()["code"]) == (409, "in_use")
    assert User.objects.filter(pk=user.pk).exists()


def test_a_stale_write_is_refused(caller, person):
    admin, user = caller("admin"), person("kim")
    etag = admin("GET", f"users/{user.pk}")["ETag"]
    assert admin("PUT", f"users/{user.pk}", {"department": "A"}, **{"If-Match": etag}).status_code == 200
    assert admin("PUT", f"users/{user.pk}", {"department": "B"}, **{"If-Match": etag}).status_code == 412


def test_the_administrator_sets_a_password(caller, person, deeds):
    admin, user = caller("admin"), person("kim")
    pair = login("kim")
    weak = admin("PUT", f"users/{user.pk}/password", {"new_password": "weak"})
    assert weak.status_code == 400 and "new_password" in weak.json()["errors"]
    assert admin("PUT", f"users/{user.pk}/password", {"new_password": "Line-Two-27"}).status_code == 204
    assert "accounts.user.password_set" in deeds
    assert Caller(pair["access_token"])("GET", "auth/me").status_code == 401
    login("kim", "Line-Two-27")
    assert admin("PUT", "users/99999999/password", {"new_password": "Line-Two-27"}).status_code == 404
    assert admin("PUT", f"users/{user.pk}", {"password": "Line-Three-27"}).status_code == 200
    login("kim", "Line-Three-27")


@pytest.mark.parametrize("path", ["auth/profile", "users/me"])
def test_ones_own_account(caller, path):
    mine = caller("guest")
    assert set(mine("GET", path).json()) >= KEYS
    assert mine("GET", "auth/me").json() == mine("GET", path).json()
    answer = mine(
        "PUT", path, {"full_name": "New Name", "role": "admin", "is_active": False, "username": "root"}
    )
    assert answer.status_code == 200
    body = answer.json()
    assert (body["full_name"], body["role"], body["is_active"]) == ("New Name", "guest", True)
    assert body["username"] == "guest"
    assert mine("PUT", path, {"email": "nonsense"}).status_code == 400
    assert mine("PUT", path, {"full_name": 7}).status_code == 400


@pytest.mark.parametrize(
    ("policy", "status", "active"), [("open", 201, True), ("approval", 201, False), ("closed", 403, None)]
)
def test_sign_up_by_policy(anyone, db, settings, policy, status, active, deeds):
    settings.SIGN_UP = policy
    answer = anyone("POST", "auth/register", {**NEW, "company_name": "ACME"})
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["code"] == "sign_up_closed" and not User.objects.exists()
        return
    body = answer.json()
    assert set(body) == {"id", "username", "email", "role", "message"} and body["role"] == "guest"
    user = User.objects.get(pk=body["id"])
    assert (user.is_active, user.company_name, user.role) == (active, "ACME", "guest")
    assert "accounts.user.registered" in deeds
    tried = anyone("POST", LOGIN, {"username": "kim", "password": NEW["password"]})
    assert tried.status_code == (200 if active else 401)


def test_sign_up_by_full_name_or_with_nothing(anyone, db, settings):
    settings.SIGN_UP = "open"
    named = {"full_name": "Mina O'Park 민아", "email": "m@example.com", "password": NEW["password"]}
    assert anyone("POST", "auth/register", named).json()["username"] == "Mina O'Park 민아"
    login("mina o'park 민아", NEW["password"])
    for wrong in (
        {"email": "n@example.com", "password": NEW["password"]},
        {**NEW, "role": "admin", "username": "a/b"},
        {**NEW, "password": "short"},
        {**NEW, "email": "nonsense"},
        {**named, "full_name": "<b>"},
    ):
        assert anyone("POST", "auth/register", wrong).status_code == 400, wrong
    assert anyone("POST", "auth/register", {**NEW, "role": "admin"}).json()["role"] == "guest"
    assert anyone("POST", "auth/register", NEW).status_code == 409


def test_employees(caller, person):
    admin, user = caller("admin"), person("kim")
    body = {
        "name": "Kim Lee",
        "position": "Setter",
        "department": "Hall 1",
        "email": "kim@example.com",
        "phone": "+82 2 123",
        "badge": "B-7",
        "user": user.pk,
    }
    made = admin("POST", "employees", body)
    assert made.status_code == 201 and set(made.json()) >= {"id", *body}
    path = f"employees/{made.json()['id']}"
    assert admin("PUT", path, {**body, "position": "Foreman"}).json()["position"] == "Foreman"
    assert admin("POST", "employees", {"name": "Twin", "badge": "B-7"}).status_code == 409
    assert admin("POST", "employees", {"name": "Twin", "user": user.pk}).status_code == 409
    for name in ("No badge", "No badge either"):
        assert admin("POST", "employees", {"name": name, "badge": ""}).json()["badge"] is None
    assert admin("GET", "employees?department=hall 1").json()["count"] == 1
    assert admin("GET", "employees?search=b-7").json()["count"] == 1
    assert admin("DELETE", f"users/{user.pk}").status_code == 409
    for wrong in (
        {},
        {"name": ""},
        {"name": ["x"]},
        {"name": "x", "user": 10**20},
        {"name": "x", "email": "y"},
    ):
        assert admin("POST", "employees", wrong).status_code == 400, wrong
    assert admin("DELETE", path).status_code == 204
    assert Employee.objects.count() == 2


@pytest.mark.parametrize(
    ("role", "reads"),
    [("production_manager", 200), ("shift_manager", 200), ("engineer", 403), ("guest", 403)],
)
def test_who_sees_employees(caller, role, reads):
    mine = caller(role)
    employee = Employee.objects.create(name="Kim")
    assert mine("GET", "employees").status_code == reads
    assert mine("GET", f"employees/{employee.pk}").status_code == reads
    assert mine("POST", "employees", {"name": "x"}).status_code == 403
    assert mine("DELETE", f"employees/{employee.pk}").status_code == 403


def test_a_retry_under_the_same_key_makes_one_account(caller):
    admin = caller("admin")
    first = admin("POST", "users", NEW, **{"Idempotency-Key": "k1"})
    again = admin("POST", "users", NEW, **{"Idempotency-Key": "k1"})
    assert (first.status_code, again.status_code) == (201, 201) and first.json() == again.json()
    other = {**NEW, "password": PASSWORD}
    assert admin("POST", "users", other, **{"Idempotency-Key": "k1"}).status_code == 422

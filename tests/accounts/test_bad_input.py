"""Whatever a client sends: a clear refusal, nothing stored, never a server error."""

from __future__ import annotations

import json

import pytest

from accounts.models import Employee, User
from tests.accounts.conftest import Caller, login
from tests.support.factories import PASSWORD

pytestmark = pytest.mark.django_db

GOOD = {
    "auth/login": {"username": "mina", "password": PASSWORD},
    "auth/register": {
        "username": "kim",
        "email": "kim@example.com",
        "password": "Line-Two-27",
        "full_name": "Kim",
    },
    "auth/refresh": {"refresh_token": "x"},
    "auth/logout": {"refresh_token": "x"},
    "auth/change-password": {"current_password": PASSWORD, "new_password": "Line-Two-27"},
    "auth/request-reset": {"email": "mina@example.com"},
    "auth/reset-password/1-a-b": {"new_password": "Line-Two-27"},
    "users": {
        "username": "kim",
        "email": "kim@example.com",
        "password": "Line-Two-27",
        "full_name": "Kim",
        "department": "QA",
        "role": "operator",
        "is_active": True,
    },
    "employees": {"name": "Kim", "email": "kim@example.com", "badge": "B", "phone": "1", "user": None},
}
ABSURD = [
    7,
    1.5,
    10**20,
    -1,
    ["a"],
    [],
    {"a": 1},
    "x" * 100_000,
    "a\x00b",
    "‮​",
    "<script>alert(1)</script>" * 20,
    "' OR 1=1 --" * 30,
]
BODIES = [
    b"",
    b"null",
    b"[]",
    b"[{}]",
    b'"text"',
    b"7",
    b"NaN",
    b'{"username": NaN}',
    b"{",
    b"\xff\xfe\x00",
    b'{"username": "\xff", "password": "x", "email": "\xff"}',
    b'{"username": "\\ud800", "password": "\\ud800", "email": "\\ud800", "name": "\\ud800"}',
    b"[" * 50_000,
]


@pytest.fixture
def signed_in(person):
    person("admin", role="admin")
    return Caller(login("admin")["access_token"])


@pytest.mark.parametrize("path", GOOD)
def test_every_field_with_absurd_values(signed_in, settings, path):
    settings.SIGN_UP = "open"
    settings.AXES_FAILURE_LIMIT = 10_000
    for field in GOOD[path]:
        for value in ABSURD:
            answer = signed_in("POST", path, {**GOOD[path], field: value})
            absent = 400 <= answer.status_code < 500
            harmless = field in (
                "is_active",
                "full_name",
                "department",
                "phone",
                "name",
                "badge",
                "company_name",
            )
            assert absent or harmless and answer.status_code == 201, (field, value, answer.content)
            if answer.status_code == 201:
                _forget()
    assert User.objects.count() == 1 and Employee.objects.count() == 0


def _forget() -> None:
    """Take back what was rightly taken."""
    for row in [*User.objects.exclude(username="admin"), *Employee.objects.all()]:
        row.delete()


@pytest.mark.parametrize("path", GOOD)
def test_every_door_with_bodies_that_are_no_object(signed_in, settings, path):
    settings.SIGN_UP = "open"
    caller = (
        Caller() if path in ("auth/logout", "auth/refresh") else signed_in
    )  # a bearer token is enough for these
    for body in BODIES:
        answer = caller("POST", path, body)
        assert 400 <= answer.status_code < 500, (path, body[:40], answer.content)
        assert answer["Content-Type"] == "application/problem+json"
    assert User.objects.count() == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize(
    "path",
    ["users/{}", "employees/{}", "users/{}/password", "users/username/{}", "users/email/{}", "users/role/{}"],
)
def test_ids_and_names_that_cannot_be(signed_in, method, path):
    for value in (
        "0",
        "-1",
        "1" + "0" * 20,
        "9" * 400,
        "1.5",
        "abc",
        "%00",
        "%ff",
        "%F0%9F%92%A9",
        "'",
        "null",
        "٣",
    ):
        answer = signed_in(
            method, path.format(value), {"new_password": "Line-Two-27"} if method == "PUT" else None
        )
        assert answer.status_code in (400, 404, 405), (path, value, answer.content)


def test_queries_that_cannot_be(signed_in):
    for query in (
        "limit=1e9",
        "offset=-1",
        "search=%00",
        "search=%ff",
        "role=%ed%a0%80",
        "is_active=2&x[]=1",
    ):
        assert signed_in("GET", f"users?{query}").status_code == 400, query
    assert signed_in("GET", "users?search=" + "x" * 3000).status_code == 200
    assert signed_in("GET", "employees?user=1" + "0" * 20).status_code == 400


@pytest.mark.parametrize(
    "token",
    ["", " ", "x", "a.b.c", "é", "[" * 3000 + ".a.b", "eyJhbGciOiJub25lIn0.eyJ1c2VyX2lkIjoxfQ.", "x" * 6000],
)
def test_tokens_that_cannot_be(anyone, db, token):
    header = {"Authorization": f"Bearer {token}".encode().decode("latin-1")}
    assert anyone("GET", "auth/me", None, **header).status_code == 401
    assert anyone("POST", "auth/refresh", None, **header).status_code == 401
    assert anyone("POST", "auth/logout", None, **header).status_code == 401
    if token.strip():
        assert anyone("POST", "auth/refresh", {"refresh_token": token}).status_code == 401


def test_a_token_whose_header_is_brackets_within_brackets(anyone, db):
    from base64 import urlsafe_b64encode

    deep = urlsafe_b64encode(b"[" * 5000).decode().rstrip("=") + ".e30.AA"
    assert anyone("POST", "auth/refresh", {"refresh_token": deep}).status_code == 401


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"username=mina&password=%ff", 400),
        (b"username=\xff&password=x", 400),
        (b"username=a%00b&password=x", 400),
        (b"&".join(b"a%d=1" % n for n in range(2000)), 400),
        (b"", 400),
        (b"username=" + b"x" * 100_000 + b"&password=x", 400),
        (b"username=nobody&password=x", 401),
    ],
)
def test_forms_that_cannot_be(anyone, db, body, status):
    answer = anyone("POST", "auth/login", body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == status, answer.content


def test_other_media_types_and_methods(signed_in):
    assert signed_in("POST", "auth/login", b"<a/>", content_type="application/xml").status_code == 415
    assert signed_in("GET", "auth/login").status_code == 405
    assert signed_in("DELETE", "auth/me").status_code == 405
    assert json.loads(signed_in("GET", "auth/login").content)["code"] == "method_not_allowed"


@pytest.mark.parametrize("page", ["login", "register", "reset-password"])
def test_pages_take_absurd_forms(client, db, settings, page):
    settings.SIGN_UP = "open"
    fields = ("username", "email", "password", "new_password", "repeat", "full_name", "company_name", "next")
    for value in ("a\x00b", "x" * 100_000, "‮", "", "<script>"):
        answer = client.post(f"/accounts/{page}", dict.fromkeys(fields, value))
        assert answer.status_code == 200, (page, value[:20])
    assert (
        client.post(f"/accounts/{page}", b"username=%ff", "application/x-www-form-urlencoded").status_code
        == 200
    )
    assert User.objects.count() == 0

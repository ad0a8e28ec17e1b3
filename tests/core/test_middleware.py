"""What no handler can read is refused before one is asked; every answer carries its request id."""

from __future__ import annotations

import pytest

from audit.models import AuditLog
from core.middleware import address_of
from tests.support.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", ["/api/v1/equipment/a%00b", "/?q=%00", "/?q=%ff%fe", "/lines/1%00"])
def test_bytes_that_are_no_text_are_refused(client, address):
    answer = client.get(address)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/", "/api/v1/production/lines", "/admin/"])
def test_a_cookie_with_a_nul_is_refused(client, path):
    client.cookies["sessionid"] = "\x00abcdefgh"
    assert client.get(path).status_code == 400


@pytest.mark.parametrize("address", ["unknown", "999.1.1.1", "' or 1", "", "a" * 500])
def test_a_word_in_place_of_an_address_is_no_address(client, address):
    """A proxy passes on what it was told."""
    given = {"username": "ghost", "password": "Wrong-Horse-7"}
    for _time in range(2):
        answer = client.post("/api/v1/auth/login", given, "application/json", REMOTE_ADDR=address)
        assert answer.status_code == 401
    user = UserFactory()
    client.force_login(user)
    change = client.put("/api/v1/auth/profile", {"full_name": "A"}, "application/json", REMOTE_ADDR=address)
    assert change.status_code == 200
    assert AuditLog.objects.get(action="UPDATE", entity_id=str(user.pk)).ip_address is None


@pytest.mark.parametrize(
    ("told", "kept"), [("10.0.0.9", "10.0.0.9"), ("::1", "::1"), ("fe80::1%eth0", "fe80::1%eth0")]
)
def test_the_address_of_the_caller_is_known(told, kept):
    assert address_of(told) == kept


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "FOO"])
@pytest.mark.parametrize("path", ["/api/v1/production/lines", "/api/v1/users", "/api/v1/oee/losses"])
def test_a_method_without_a_meaning_is_for_nobody(client, method, path):
    client.force_login(UserFactory(role="admin"))
    assert client.generic(method, path).status_code in (403, 405)


def test_a_readable_request_id_is_kept_and_another_replaced(client):
    assert client.get("/health", headers={"X-Request-ID": "abcdef-123456"})["X-Request-ID"] == "abcdef-123456"
    given = client.get("/health", headers={"X-Request-ID": "<script>"})["X-Request-ID"]
    assert given.isalnum() and len(given) == 32

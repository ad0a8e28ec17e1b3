"""What no handler can read is refused before one is asked; every answer carries its request id."""

from __future__ import annotations

import pytest

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


def test_a_readable_request_id_is_kept_and_another_replaced(client):
    assert client.get("/health", headers={"X-Request-ID": "abcdef-123456"})["X-Request-ID"] == "abcdef-123456"
    given = client.get("/health", headers={"X-Request-ID": "<script>"})["X-Request-ID"]
    assert given.isalnum() and len(given) == 32

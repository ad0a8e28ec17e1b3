"""The trail over HTTP: complete, for the administrator alone, and never to be written."""

from __future__ import annotations

import csv
import io
import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.choices import Role
from audit.actions import seal
from audit.models import AuditLog
from core.context import act_as
from core.ledger import record
from equipment.models import Site
from tests.support.api import client_for
from tests.support.factories import SiteFactory, UserFactory

pytestmark = pytest.mark.django_db
URL = "/api/v1/audit-logs"
KEYS = {
    "id", "user_id", "entity_type", "entity_id", "action", "old_values", "new_values", "ip_address", "user_agent",
    "created_at", "user", "request_id", "reason", "source",
}  # fmt: skip
PATHS = [
    "",
    "/{id}",
    "/entity/sites/{site}",
    "/entity/sites/{site}/history",
    "/user/{user}",
    "/action/CREATE",
    "/date-range?start_date=2020-01-01&end_date=2090-01-01",
    "/verify",
    "/export?type=ndjson",
    "/export?type=csv",
]


@pytest.fixture
def admin() -> APIClient:
    return client_for(Role.ADMIN)


@pytest.fixture
def site(admin: APIClient) -> Site:
    """Made and renamed by the administrator."""
    with act_as(
        actor=admin.user,
        source="api",
        ip_address="10.1.2.3",
        user_agent="curl",
        request_id="abc",
        reason="why",
    ):
        site = SiteFactory(code="S1", name="Seoul")
        site.name = "Busan"
        site.save()
        record("equipment.site.opened", site)
    return site


def got(client: APIClient, path: str = "", **query: Any) -> list[dict[str, Any]]:
    response = client.get(URL + path, query)
    assert response.status_code == 200, response.content
    return response.json()["results"]


class TestPermission:
    @pytest.mark.parametrize("path", PATHS)
    @pytest.mark.parametrize("role", [*Role.values, None])
    def test_the_administrator_alone_reads(self, path: str, role: str | None, site: Site) -> None:
        known = {"id": AuditLog.objects.first().pk, "site": site.pk, "user": 1}
        response = client_for(role).get(URL + path.format(**known))
        assert response.status_code == {None: 401, Role.ADMIN.value: 200}.get(role, 403)

    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
    @pytest.mark.parametrize("path", ["", "/{id}", "/verify", "/export"])
    def test_nobody_writes(self, admin: APIClient, site: Site, method: str, path: str) -> None:
        url = URL + path.format(id=AuditLog.objects.first().pk)
        assert getattr(admin, method)(url, {}).status_code == 405
        assert getattr(client_for(Role.PRODUCTION_MANAGER), method)(url, {}).status_code == 403


class TestReading:
    def test_an_entry_as_the_contract_has_it(self, admin: APIClient, site: Site) -> None:
        update = got(admin, action="UPDATE", entity_type="sites")[0]
        assert set(update) >= KEYS
        assert {
            key: update[key] for key in ("old_values", "new_values", "user_id", "ip_address", "source")
        } == {
            "old_values": {"name": "Seoul"},
            "new_values": {"name": "Busan"},
            "user_id": admin.user.pk,
            "ip_address": "10.1.2.3",
            "source": "api",
        }
        assert (update["user_agent"], update["request_id"], update["reason"]) == ("curl", "abc", "why")
        assert update["user"] == {
            "id": admin.user.pk,
            "username": admin.user.username,
            "email": admin.user.email,
            "full_name": admin.user.full_name,
            "role": "admin",
            "is_active": True,
        }
        assert admin.get(f"{URL}/{update['id']}").json() == update

    def test_who_is_gone_is_still_named(self, admin: APIClient) -> None:
        gone = UserFactory(username="gone")
        with act_as(actor=gone):
            SiteFactory(code="S9")
        key = gone.pk
        gone.delete()
        row = got(admin, entity_type="sites")[0]
        assert (row["user"], row["user_id"], row["user_name"]) == (None, key, "gone")

    def test_what_is_not_there(self, admin: APIClient) -> None:
        for path in ("/999999999", "/abc", "/99999999999999999999999", "/user/abc"):
            assert admin.get(URL + path).status_code == 404
        assert got(admin, "/entity/lots/17") == []
        assert got(admin, "/user/999999999999999999") == []

    @pytest.mark.parametrize(
        ("query", "count"),
        [
            ({"entity_type": "sites"}, 3),
            ({"entity_type": "lots"}, 0),
            ({"action": "update", "entity_type": "sites"}, 1),
            ({"action": "equipment.site.opened"}, 1),
            ({"source": "api"}, 3),
            ({"request_id": "abc"}, 3),
            ({"search": "Busan"}, 2),
            ({"search": "why"}, 3),
            ({"start_date": "2026-01-01T00:00:00+09:00", "entity_type": "sites"}, 3),
            ({"end_date": "2026-01-01"}, 0),
        ],
    )
    def test_filters(self, admin: APIClient, site: Site, query: dict[str, str], count: int) -> None:
        assert len(got(admin, **query)) == count

    def test_by_object_and_by_person(self, admin: APIClient, site: Site) -> None:
        SiteFactory(code="other")
        actions = ["equipment.site.opened", "UPDATE", "CREATE"]
        assert [row["action"] for row in got(admin, f"/entity/sites/{site.pk}")] == actions
        assert [row["action"] for row in got(admin, f"/entity/sites/{site.pk}/history")] == actions[::-1]
        assert [row["action"] for row in got(admin, f"/user/{admin.user.pk}")] == actions
        assert [row["action"] for row in got(admin, user=admin.user.pk)] == actions
        assert [row["entity_id"] for row in got(admin, "/action/update")] == [str(site.pk)]
        assert [row["action"] for row in got(admin, entity_id=site.pk, entity_type="sites")] == actions

    def test_both_ends_of_a_date_range_are_inclusive(self, admin: APIClient) -> None:
        for hour in (0, 12, 23):
            row = AuditLog(
                action="tests.site.seen", entity_type="sites", entity_id="1", entity_repr="", source="system"
            )
            row.created_at = datetime(2026, 3, 5, hour, 0, tzinfo=UTC)
            row.save(force_insert=True)

        def count(start: str, end: str) -> int:
            return len(got(admin, "/date-range", start_date=start, end_date=end))

        assert count("2026-03-05", "2026-03-05") == 3
        assert count("2026-03-04", "2026-03-04") == 0
        assert count("2026-03-06", "2026-03-07") == 0
        assert count("2026-03-05T12:00:00Z", "2026-03-05T23:00:00Z") == 2
        assert count("2026-03-05T21:00:00+09:00", "2026-03-05T21:00:00+09:00") == 1

    def test_cursor_pages_hold_every_row_once_either_way(self, admin: APIClient) -> None:
        for n in range(7):
            SiteFactory(code=f"P{n}")
        ids = list(AuditLog.objects.values_list("id", flat=True))
        for ordering, expected in (
            ("-id", ids),
            ("id", ids[::-1]),
            ("created_at", ids[::-1]),
            ("-created_at", ids),
        ):
            url, seen = f"{URL}?limit=3&ordering={ordering}", []
            while url:
                body = admin.get(url).json()
                assert "count" not in body
                seen += [row["id"] for row in body["results"]]
                url = body["next"]
            assert (sorted(seen), len(seen)) == (sorted(expected), len(ids))
            assert seen == expected or "created_at" in ordering

    def test_one_query_for_a_page_and_its_people(self, admin: APIClient) -> None:
        for n in range(5):
            with act_as(actor=UserFactory()):
                SiteFactory(code=f"Q{n}")
        with CaptureQueriesContext(
            connection,
        ) as few:
            got(admin, limit=2)
        with CaptureQueriesContext(connection) as many:
            got(admin, limit=50)
        assert len(few) == len(many) == 1


class TestBadInput:
    @pytest.mark.parametrize(
        ("path", "field"),
        [
            ("?colour=red", "colour"),
            ("?source=moon", "source"),
            ("?user=me", "user"),
            ("?limit=0", "limit"),
            ("?limit=1001", "limit"),
            ("?cursor=abc", "cursor"),
            ("?cursor=" + b64encode(b"p=abc").decode(), "cursor"),
            ("?ordering=created_at&cursor=" + b64encode(b"p=abc").decode(), "cursor"),
            ("?ordering=reason", "ordering"),
            ("?start_date=yesterday", "start_date"),
            ("?start_date=2026-02-30", "start_date"),
            ("?start_date=2026-02-01T00:00:00", "start_date"),
            ("?end_date=9999-12-31", "end_date"),
            ("?start_date=2026-02-02&end_date=2026-02-01", "end_date"),
            ("/date-range", "start_date"),
            ("/date-range?start_date=2026-02-01", "end_date"),
            ("/verify?deep=1", "deep"),
            ("/export?type=xml", "type"),
            ("/export?limit=5", "limit"),
        ],
    )
    def test_is_named(self, admin: APIClient, path: str, field: str) -> None:
        response = admin.get(URL + path)
        assert response.status_code == 400, response.content
        assert field in response.json()["errors"]

    def test_a_number_beyond_every_row_finds_nothing(self, admin: APIClient) -> None:
        assert got(admin, user=10**30) == []


class TestVerify:
    def test_says_how_far_it_is_good(self, admin: APIClient, site: Site) -> None:
        seal()
        body = admin.get(f"{URL}/verify").json()
        newest = AuditLog.objects.first().created_at
        assert (body["valid"], body["checked"], body["first_invalid_id"]) == (
            True,
            AuditLog.objects.count(),
            None,
        )
        assert datetime.fromisoformat(body["sealed_until"]) == newest

    def test_names_the_broken_row(self, admin: APIClient, site: Site) -> None:
        seal()
        row = AuditLog.objects.filter(entity_type="sites").last()
        with connection.cursor() as cursor:
            cursor.execute("SELECT tableoid::regclass::text FROM audit_auditlog WHERE id = %s", [row.pk])
            (table,) = cursor.fetchone()
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute("UPDATE audit_auditlog SET new_values = '{}' WHERE id = %s", [row.pk])
        body = admin.get(f"{URL}/verify").json()
        assert (body["valid"], body["first_invalid_id"]) == (False, row.pk)


class TestExport:
    def read(self, client: APIClient, query: str) -> str:
        response = client.get(f"{URL}/export?{query}")
        assert response.status_code == 200
        assert response.streaming
        return b"".join(response.streaming_content).decode()

    def test_ndjson_is_the_list_as_a_file_oldest_first(self, admin: APIClient, site: Site) -> None:
        lines = self.read(admin, "type=ndjson&entity_type=sites").splitlines()
        assert [json.loads(line) for line in lines] == got(admin, entity_type="sites")[::-1]

    def test_csv_is_safe_to_open(self, admin: APIClient) -> None:
        site = SiteFactory(code="X1", name='=HYPERLINK("http://x")')
        site.delete()
        text = self.read(admin, "type=csv&entity_type=sites")
        assert text.startswith("\ufeffid,")
        rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
        assert [row["action"] for row in rows] == ["CREATE", "DELETE"]
        assert rows[0]["entity_repr"] == '\'=HYPERLINK("http://x")'
        assert json.loads(rows[0]["new_values"])["code"] == "X1"
        assert (rows[1]["new_values"], rows[1]["user_id"]) == ("", "")
        assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]

    def test_a_long_trail_in_constant_queries(self, admin: APIClient) -> None:
        for n in range(30):
            with act_as(actor=admin.user):
                SiteFactory(code=f"L{n}")
        with CaptureQueriesContext(connection) as queries:
            assert len(self.read(admin, "type=csv&entity_type=sites").splitlines()) == 31
        assert len(queries) == 1

    def test_nothing_found_is_an_empty_file(self, admin: APIClient) -> None:
        assert self.read(admin, "entity_type=lots") == ""
        assert len(self.read(admin, "type=csv&entity_type=lots").splitlines()) == 1


def test_an_edit_over_http_names_who_and_from_where(admin: APIClient) -> None:
    before = datetime.now(UTC) - timedelta(minutes=1)
    body = {"code": "H1", "name": "Here", "timezone": "UTC"}
    response = admin.post(
        "/api/v1/sites", body, headers={"X-Request-ID": "request-17", "User-Agent": "pytest"}
    )
    assert response.status_code == 201, response.content
    row = AuditLog.objects.first()
    assert (row.action, row.entity_type, row.source) == ("CREATE", "sites", "api")
    assert (row.request_id, row.user_agent, row.ip_address) == ("request-17", "pytest", "127.0.0.1")
    assert row.created_at > before
    assert row.user_id == admin.user.pk

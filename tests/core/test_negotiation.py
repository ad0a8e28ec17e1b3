"""What the API answers to wrong methods, media types and addresses, and while the database is gone: always a problem."""

from __future__ import annotations

import threading

import pytest
from django.db import connection
from django.test import Client

from tests.support.api import API, client_for
from tests.support.factories import SiteFactory

SITE = {"code": "NEW", "name": "New"}


@pytest.fixture
def admin(db):
    return client_for("admin")


def refusal(answer):
    """(status, code) of an answer that is a problem."""
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code
    assert answer.json()["detail"]
    return answer.status_code, answer.json()["code"]


class TestMethods:
    @pytest.mark.parametrize(
        ("method", "path"), [("delete", "sites"), ("patch", "auth/me"), ("put", "oee/losses")]
    )
    def test_a_method_nobody_answers(self, admin, method, path):
        answer = getattr(admin, method)(API + path, {})
        assert refusal(answer) == (405, "method_not_allowed")
        assert "GET" in answer["Allow"]

    def test_a_method_nobody_ever_heard_of(self, admin):
        """Nobody has the right to it, and permission is looked at before anything else."""
        assert refusal(admin.generic("BREW", f"{API}sites")) == (403, "permission_denied")

    def test_head_is_get_without_its_body(self, admin):
        site = SiteFactory()
        for path in ("sites", f"sites/{site.pk}"):
            head, get = admin.head(API + path), admin.get(API + path)
            assert (head.status_code, head.content) == (200, b"")
            assert (head["Content-Type"], head.get("ETag")) == (get["Content-Type"], get.get("ETag"))

    def test_options_tell_the_methods(self, admin):
        answer = admin.options(f"{API}sites")
        assert answer.status_code == 200
        assert {"GET", "POST"} <= set(answer["Allow"].split(", "))
        assert refusal(client_for(None).options(f"{API}sites"))[0] == 401


class TestMediaTypes:
    @pytest.mark.parametrize(
        "accept", ["application/json", "*/*", "application/*;q=0.1", "text/html, */*;q=0.5"]
    )
    def test_whoever_takes_json_gets_json(self, admin, accept):
        answer = admin.get(f"{API}sites", headers={"Accept": accept})
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")

    @pytest.mark.parametrize("accept", ["application/xml", "text/html", "nonsense"])
    def test_whoever_takes_no_json_is_told_so(self, admin, accept):
        assert refusal(admin.get(f"{API}sites", headers={"Accept": accept})) == (406, "not_acceptable")

    def test_a_problem_is_taken_by_whoever_asks_for_problems(self, admin):
        answer = admin.get(f"{API}sites/0", headers={"Accept": "application/json, application/problem+json"})
        assert refusal(answer) == (404, "not_found")

    def test_format(self, admin):
        assert admin.get(f"{API}sites?format=json").status_code == 200
        assert refusal(admin.get(f"{API}sites?format=xml"))[0] == 404

    @pytest.mark.parametrize(
        "media_type", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "x"]
    )
    def test_a_body_of_another_type(self, admin, media_type):
        answer = admin.generic("POST", f"{API}sites", b"code=NEW", content_type=media_type)
        assert refusal(answer) == (415, "unsupported_media_type")

    @pytest.mark.parametrize(
        "media_type", ["application/json", "application/json; charset=utf-8", "APPLICATION/JSON"]
    )
    def test_json_by_any_of_its_names(self, admin, media_type):
        body = b'{"code": "NEW", "name": "New"}'
        assert admin.generic("POST", f"{API}sites", body, content_type=media_type).status_code == 201

    @pytest.mark.parametrize("levels", [101, 300, 1000])
    def test_a_body_nested_too_deep(self, admin, levels):
        body = b'{"code": "NEW", "name": "New", "more": ' + b"[" * levels + b"]" * levels + b"}"
        answer = admin.generic("POST", f"{API}sites", body, content_type="application/json")
        assert refusal(answer)[0] == 400

    def test_a_body_past_the_limit(self, admin, settings):
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
        assert admin.post(f"{API}sites", SITE).status_code == 201
        assert refusal(admin.post(f"{API}sites", {**SITE, "name": "x" * 1000})) == (413, "too_large")


class TestAddresses:
    @pytest.mark.parametrize(
        "path",
        ["/api/v1/nowhere", "/api/v1/", "/api/v2/sites", "/api", "/api/v1/sites/abc", "/api/v1/sites/1/2"],
    )
    def test_an_unknown_one(self, admin, path):
        assert refusal(admin.get(path)) == (404, "not_found")

    @pytest.mark.parametrize("path", ["sites/%00", "sites?code=%00", "sites?code=%ff", "equipment/%ED%A0%80"])
    def test_one_that_is_no_text(self, admin, path):
        assert refusal(admin.get(API + path))[0] in (400, 404)


class TestStrangers:
    @pytest.mark.parametrize(
        "header", ["Bearer", "Bearer ", "Bearer x.y.z", "bearer \u00e9", "Bearer " + "x" * 9000]
    )
    def test_a_token_that_is_none(self, db, header):
        answer = Client().get(f"{API}sites", headers={"Authorization": header})
        assert refusal(answer)[0] == 401
        assert answer["WWW-Authenticate"] == "Bearer"

    def test_a_session_needs_its_csrf_token(self, db):
        browser = Client(enforce_csrf_checks=True)
        browser.force_login(client_for("admin").user)
        assert refusal(browser.post(f"{API}sites", SITE, content_type="application/json"))[0] == 403


@pytest.mark.django_db(transaction=True)
class TestWithoutItsDatabase:
    def test_a_lost_connection_is_503_and_the_next_request_is_served(self):
        """The server ends the session under the request, as a restart would."""
        client, cut = client_for("admin"), Cut()
        with connection.execute_wrapper(cut):
            answer = client.get(f"{API}sites")
        assert cut.done
        assert refusal(answer) == (503, "unavailable")
        assert answer["Retry-After"]
        connection.close()
        assert client.get(f"{API}sites").status_code == 200


class Cut:
    """Ends the database session from outside before its next query."""

    done = False

    def __call__(self, execute, sql, params, many, context):
        if not self.done:
            self.done = True
            other = threading.Thread(target=end, args=[context["connection"].connection.info.backend_pid])
            other.start()
            other.join()
        return execute(sql, params, many, context)


def end(backend_pid: int) -> None:
    """In a thread, which has a connection of its own."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [backend_pid])
    connection.close()

"""The suite of plain CRUD: what every resource of master data keeps, told once and held for each from data.

A test module names its resources and lets a class derive from ApiSuite; see tests/architecture/test_suites.py.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import resolve

from audit.models import AuditLog
from tests.support.api import API, client_for, client_of
from tests.support.bodies import ROWS, Body
from tests.support.operations import Plant

Hit = str | int | Callable[[Plant], Any] | None
BAD_PAGES = [
    ("limit", "0"), ("limit", "1001"), ("limit", "-1"), ("limit", "abc"), ("limit", "1.5"), ("limit", ""), ("limit", "1e2"),
    ("limit", str(10**20)), ("offset", "-1"), ("offset", "abc"), ("offset", str(10**20)), ("skip", "-1"), ("skip", "x"),
]  # fmt: skip


@dataclass(frozen=True)
class Resource:
    """A collection under /api/v1/; its bodies are those of tests.support.bodies.

    varies    fields that tell one row from the next
    change    a change of one row
    required  what an empty body is told to give
    filters   {name: (a value that finds the row, None where it has none; a value that does not find it)}
    search    (words that find it, words that do not)
    queries   of a list, whatever its length
    """

    path: str
    varies: tuple[str, ...]
    change: Body
    required: set[str]
    filters: dict[str, tuple[Hit, Hit]]
    search: tuple[str, str]
    queries: int
    key: str = "id"  # what stands in the address of a row
    twin: int = 409  # what a second row like the first is answered
    entity: str = ""  # its name in the audit trail, where it is not the path's last word
    hidden: tuple[str, ...] = field(default=())  # taken, and never given out
    stays: bool = False  # a DELETE marks the row, which can still be read
    words: dict[str, tuple[str, ...]] = field(default_factory=dict)  # a field that varies among a few words
    rows: dict[str, Callable[[int], int]] = field(
        default_factory=dict
    )  # a field that names the n-th other row

    def body(self, plant: Plant, number: int = 0) -> Body:
        """The body of the n-th row."""
        body = dict(ROWS[self.path](plant))
        return body | {name: self._varied(name, body[name], number) for name in self.varies if number}

    def _varied(self, name: str, value: Any, number: int) -> Any:
        if name in self.rows:
            return self.rows[name](number)
        words = self.words.get(name)
        return words[number % len(words)] if words else _vary(value, number)

    @property
    def entity_type(self) -> str:
        return self.entity or self.path.rpartition("/")[2].replace("-", "_")


def _vary(value: Any, number: int) -> Any:
    """Another value of the same kind."""
    if isinstance(value, int):
        return value + number
    try:
        return (date.fromisoformat(value) + timedelta(days=number)).isoformat()
    except ValueError:
        return f"n{number}{value}"


class Caller:
    """Somebody who may do everything with one resource."""

    def __init__(self, resource: Resource, client: Any) -> None:
        self.resource, self.client, self.url = resource, client, API + resource.path

    def at(self, row: Body) -> str:
        return f"{self.url}/{row[self.resource.key]}"

    def create(self, plant: Plant, number: int = 0) -> Body:
        answer = self.client.post(self.url, self.resource.body(plant, number))
        assert answer.status_code == 201, answer.content
        return answer.json()

    def listed(self, **query: Any) -> list[Any]:
        """The keys that a list answers, in its order."""
        answer = self.client.get(self.url, query)
        assert answer.status_code == 200, answer.content
        return [row[self.resource.key] for row in answer.json()["results"]]

    def etag(self, row: Body) -> str:
        return self.client.get(self.at(row))["ETag"]


@pytest.mark.django_db
class ApiSuite:
    """Wants a fixture `resource`."""

    @pytest.fixture(autouse=True)
    def quick_passwords(self, settings):
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

    @pytest.fixture
    def plant(self):
        return Plant()

    @pytest.fixture
    def caller(self, resource):
        return Caller(resource, client_for("admin"))

    @pytest.fixture
    def row(self, caller, plant):
        return caller.create(plant)

    # --- create, read, change, delete

    def test_what_goes_in_comes_out(self, resource, caller, plant, row):
        sent = {k: v for k, v in resource.body(plant).items() if k not in resource.hidden}
        for name, value in sent.items():
            assert row[name] == value, name
        assert not set(resource.hidden) & set(row)
        assert caller.client.get(caller.at(row)).json() == row
        assert row[resource.key] in caller.listed(limit=1000)

    @pytest.mark.parametrize("method", ["patch", "put"])
    def test_a_change(self, resource, caller, plant, row, method):
        body = resource.change if method == "patch" else {**resource.body(plant), **resource.change}
        answer = getattr(caller.client, method)(caller.at(row), body)
        assert answer.status_code == 200, answer.content
        stamp = {name: value for name, value in answer.json().items() if name == "updated_at"}
        assert answer.json() == {**row, **resource.change, **stamp}
        assert caller.client.get(caller.at(row)).json() == answer.json()

    def test_delete(self, resource, caller, row):
        assert caller.client.delete(caller.at(row)).status_code == 204
        assert caller.client.get(caller.at(row)).status_code == (200 if resource.stays else 404)
        assert caller.client.delete(f"{caller.url}/{10**9}").status_code == 404

    def test_a_twin_is_refused(self, resource, caller, plant, row):
        answer = caller.client.post(caller.url, resource.body(plant))
        assert answer.status_code == resource.twin, answer.content

    def test_what_is_missing_is_named(self, resource, caller):
        answer = caller.client.post(caller.url, {})
        assert answer.status_code == 400
        assert set(answer.json()["errors"]) == resource.required

    def test_with_and_without_a_slash(self, caller, plant, row):
        assert caller.client.get(f"{caller.url}/").json() == caller.client.get(caller.url).json()
        assert caller.client.get(f"{caller.at(row)}/").json() == row
        assert caller.client.patch(f"{caller.at(row)}/", {}).status_code == 200
        assert caller.client.delete(f"{caller.at(row)}/").status_code == 204

    # --- lists

    def test_every_filter_finds_and_leaves_out(self, resource, caller, plant, row):
        for name, (hit, miss) in resource.filters.items():
            hit, miss = (value(plant) if callable(value) else value for value in (hit, miss))
            assert hit is None or row[resource.key] in caller.listed(**{name: hit}), name
            assert row[resource.key] not in caller.listed(**{name: miss}), name

    def test_search(self, resource, caller, row):
        words, others = resource.search
        assert row[resource.key] in caller.listed(search=words)
        assert caller.listed(search=others) == []

    def test_every_order_both_ways(self, resource, caller, plant):
        made = [caller.create(plant, number)[resource.key] for number in (1, 2, 3)]
        for name in _ordering_fields(resource):
            up, down = caller.listed(ordering=f"{name},id"), caller.listed(ordering=f"-{name},-id")
            assert set(made) <= set(up), name
            assert up == down[::-1], name

    def test_what_nobody_knows_is_refused_by_name(self, caller):
        for query in ("colour=red", "limit=1&colour=", "id__in=1", "ordering=colour", "ordering=-"):
            answer = caller.client.get(f"{caller.url}?{query}")
            assert answer.status_code == 400, query
            assert set(answer.json()["errors"]) <= {"colour", "id__in", "ordering"}

    def test_pages(self, resource, caller, plant):
        for number in range(1, 4):
            caller.create(plant, number)
        everything, seen, url = caller.listed(limit=1000), [], f"{caller.url}?limit=2"
        while url:
            page = caller.client.get(url).json()
            assert page["count"] == len(everything)
            seen += [row[resource.key] for row in page["results"]]
            url = page["next"]
        assert seen == everything
        assert caller.listed(offset=1) == caller.listed(skip=1) == everything[1:]

    def test_pages_that_cannot_be(self, caller):
        for name, value in BAD_PAGES:
            answer = caller.client.get(caller.url, {name: value})
            assert (answer.status_code, list(answer.json().get("errors", ()))) == (400, [name]), value

    def test_a_list_takes_as_many_queries_as_it_always_did(self, resource, caller, plant):
        counts = []
        for numbers in (range(1, 2), range(2, 7)):
            for number in numbers:
                caller.create(plant, number)
            with CaptureQueriesContext(connection) as queries:
                caller.listed()
            counts.append(len(queries))
        assert counts == [resource.queries] * 2

    # --- conditions

    def test_unchanged_is_304(self, resource, caller, row):
        tag = caller.etag(row)
        known = caller.client.get(caller.at(row), headers={"If-None-Match": f'"x", W/{tag}'})
        assert (known.status_code, known.content, known["ETag"]) == (304, b"", tag)
        caller.client.patch(caller.at(row), resource.change)
        assert caller.client.get(caller.at(row), headers={"If-None-Match": tag}).status_code == 200

    @pytest.mark.parametrize("method", ["patch", "put", "delete"])
    def test_a_stale_write_changes_nothing(self, resource, caller, plant, row, method):
        stale = caller.etag(row)
        caller.client.patch(caller.at(row), resource.change)
        changed = caller.client.get(caller.at(row)).json()
        write, body = getattr(caller.client, method), {} if method == "delete" else resource.body(plant)
        answer = write(caller.at(row), body, headers={"If-Match": stale})
        assert (answer.status_code, answer.json()["code"]) == (412, "stale")
        assert caller.client.get(caller.at(row)).json() == changed
        fresh = write(caller.at(row), body, headers={"If-Match": caller.etag(row)})
        assert fresh.status_code == (204 if method == "delete" else 200), fresh.content

    # --- retries

    def test_a_retry_is_answered_from_memory(self, resource, caller, plant):
        def post(number: int) -> Any:
            return caller.client.post(
                caller.url, resource.body(plant, number), headers={"Idempotency-Key": "k"}
            )

        first, again, other = post(1), post(1), post(2)
        assert (first.status_code, again.status_code) == (201, 201)
        assert again.json() == first.json()
        assert ("Idempotent-Replayed" in first.headers, again["Idempotent-Replayed"]) == (False, "true")
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
        assert caller.listed(limit=1000).count(first.json()[resource.key]) == 1

    def test_a_key_is_free_again_after_a_refusal(self, resource, caller, plant):
        key = {"Idempotency-Key": "k"}
        assert caller.client.post(caller.url, {}, headers=key).status_code == 400
        assert caller.client.post(caller.url, resource.body(plant), headers=key).status_code == 201

    # --- audit

    def test_every_edit_is_in_the_trail(self, resource, caller, row):
        caller.client.patch(caller.at(row), resource.change)
        caller.client.delete(caller.at(row))
        trail = AuditLog.objects.filter(entity_type=resource.entity_type, entity_id=row["id"]).order_by("id")
        made, changed, *later = [entry for entry in trail if entry.action.isupper()]
        assert [entry.action for entry in (made, changed)] == ["CREATE", "UPDATE"]
        assert {(entry.user_id, entry.source) for entry in trail} == {(caller.client.user.pk, "api")}
        assert made.old_values is None and made.new_values
        assert set(changed.old_values) == set(changed.new_values)
        assert list(changed.new_values.values()) == list(resource.change.values())
        if not resource.stays:
            assert [(entry.action, entry.new_values) for entry in later] == [("DELETE", None)]
            assert later[0].old_values


def ensure_two_at_once_make_one_row(resource: Resource, plant: Plant, user: Any) -> None:
    """Two requests with one Idempotency-Key at the same moment; wants a test that commits."""
    caller = Caller(resource, client_of(user))
    before, answers, barrier = caller.listed(limit=1000), [], threading.Barrier(2)

    def post() -> None:
        client, body = client_of(user), resource.body(plant, 1)
        barrier.wait()
        answers.append(client.post(caller.url, body, headers={"Idempotency-Key": resource.path}))
        connection.close()

    threads = [threading.Thread(target=post) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [201, 201], resource.path
    assert answers[0].json() == answers[1].json(), resource.path
    assert [answer.get("Idempotent-Replayed") for answer in answers].count("true") == 1, resource.path
    assert len(caller.listed(limit=1000)) == len(before) + 1, resource.path


def _ordering_fields(resource: Resource) -> tuple[str, ...]:
    return tuple(resolve(API + resource.path).func.cls.ordering_fields)

"""Pages of lots and units: the same rows in the same order wherever they lie, and the count that the tallies know."""

from __future__ import annotations

from datetime import date

import pytest

from production.actions.serials import set_status
from production.models import Lot, Serial
from tests.support.api import API, client_for
from tests.support.trace_factories import lot_of, unit_in

pytestmark = pytest.mark.django_db
DAY = {"production_date": date(2024, 11, 18), "shift": "DAY"}


@pytest.fixture
def client():
    return client_for("viewer")


@pytest.fixture
def units():
    lots = [lot_of(**DAY) for _ in range(3)]
    made = [unit_in(lots[number % 3]) for number in range(11)]
    for unit in made[:4]:
        set_status(serial=unit, status="FAILED", failure_reason="Dent", actor=None)
    return made


@pytest.mark.parametrize(
    "ordering", ["id", "-id", "-status", "completed_at", "-completed_at,id", "serial_number"]
)
@pytest.mark.parametrize("limit", [1, 4, 20])
def test_pages_put_together_are_the_list(client, units, ordering, limit):
    whole = [row["id"] for row in client.get(f"{API}serials", {"ordering": ordering}).json()["results"]]
    assert sorted(whole) == sorted(unit.pk for unit in units)
    for offset in range(len(whole) + 2):
        page = client.get(f"{API}serials", {"ordering": ordering, "limit": limit, "offset": offset}).json()
        assert page["count"] == len(whole)
        assert [row["id"] for row in page["results"]] == whole[offset : offset + limit], offset


def test_past_the_end_is_nothing(client, units):
    for offset in (11, 12, 10**6, 2**31 - 1):
        page = client.get(f"{API}serials", {"offset": offset}).json()
        assert (page["count"], page["results"], page["next"]) == (11, [], None)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 11),
        ("?status=FAILED", 4),
        ("?status=created", 7),
        ("?status=PASSED", 0),
        ("/failed", 4),
        ("/status/created", 7),
        ("?status=FAILED&rework_count=1", 0),
        ("?status=FAILED&rework_count=0", 4),
        ("?search=zzz", 0),
        ("?search=SN-", 11),
        ("/failed?status=CREATED", 0),
        ("?lot_number=WF-KR-241118D-003", 3),
    ],
)
def test_counts_of_units_are_true(client, units, query, count):
    page = client.get(f"{API}serials{query}").json()
    assert (page["count"], len(page["results"])) == (count, count)


@pytest.mark.parametrize(
    ("query", "count"), [("", 3), ("?status=IN_PROGRESS", 3), ("/active", 3), ("/status/closed", 0)]
)
def test_counts_of_lots_are_true(client, units, query, count):
    page = client.get(f"{API}lots{query}").json()
    assert (page["count"], len(page["results"])) == (count, count)


def test_counts_follow_what_is_taken_away(client, units):
    admin = client_for("admin")
    assert admin.delete(f"{API}serials/{units[-1].pk}").status_code == 204
    assert client.get(f"{API}serials").json()["count"] == Serial.objects.count() == 10
    empty = lot_of(**DAY)
    assert client.get(f"{API}lots").json()["count"] == Lot.objects.count() == 4
    admin.delete(f"{API}lots/{empty.pk}")
    assert client.get(f"{API}lots").json()["count"] == 3

"""Changeovers, against times worked out by hand."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from production.actions import NewCount, record_counts
from production.selectors import average_changeovers, changeovers
from tests.support.api import API, client_for
from tests.support.factories import LineFactory, MachineFactory
from tests.support.production_factories import ProductFactory
from tests.support.states import at, say

pytestmark = pytest.mark.django_db
URL = f"{API}production/changeovers"


@pytest.fixture
def machine():
    return MachineFactory()


@pytest.fixture
def water():
    return ProductFactory(model_code="WATER")


@pytest.fixture
def juice():
    return ProductFactory(model_code="JUICE")


def count(machine, product, hour, good=10, scrap=0):
    name = f"{machine.pk}-{hour}-{product.pk}-{good}"
    record_counts(counts=[NewCount(machine.pk, "plc", name, at(hour), product.pk, good=good, scrap=scrap)])


def found(machine, start=6, end=22):
    return [
        (one.from_product, one.to_product, one.started_at, one.ended_at, one.setup_seconds)
        for one in changeovers(machine_ids=[machine.pk], start=at(start), end=at(end))
    ]


def test_from_the_last_good_to_the_first_good(machine, water, juice):
    """8:00 the last good water, 9:30 the first good juice; setup from 7:45 to 8:30 and 9:00 to 9:15: 45 min of it."""
    for hour in (6, 7, 8):
        count(machine, water, hour)
    count(machine, water, 8.25, good=0, scrap=3)  # no good piece: the run had ended
    count(machine, juice, 9, good=0, scrap=5)  # start-up rejects are part of it
    for hour in (9.5, 10):
        count(machine, juice, hour)
    say(machine, "RUNNING", 6)
    for state, hour in (("SETUP", 7.75), ("IDLE", 8.5), ("SETUP", 9), ("RUNNING", 9.25)):
        say(machine, state, hour)
    assert found(machine) == [("WATER", "JUICE", at(8), at(9.5), 45 * 60)]


def test_a_setup_that_lasts_still_counts_up_to_the_first_good(machine, water, juice):
    count(machine, water, 8)
    say(machine, "SETUP", 8.5)
    count(machine, juice, 9)
    assert found(machine) == [("WATER", "JUICE", at(8), at(9), 1800)]


def test_what_came_before_the_window_is_known(machine, water, juice):
    count(machine, water, 1)
    count(machine, juice, 7)
    assert found(machine) == [("WATER", "JUICE", at(1), at(7), 0)]
    assert found(machine, start=7) == found(machine, start=7, end=8) == found(machine)
    assert found(machine, start=7.5) == found(machine, end=7) == []


def test_each_machine_for_itself(machine, water, juice):
    other = MachineFactory()
    for hour in (7, 9):
        count(machine, water, hour)
        count(other, juice, hour)
    assert changeovers(machine_ids=[machine.pk, other.pk], start=at(6), end=at(22)) == []
    assert changeovers(machine_ids=[], start=at(6), end=at(22)) == []


def test_averages_by_pair(machine, water, juice):
    """There in 60 and 120 minutes, back in 30."""
    for hour, product in ((6, water), (7, juice), (7.5, water), (9.5, juice)):
        count(machine, product, hour)
    rows = average_changeovers(changeovers(machine_ids=[machine.pk], start=at(6), end=at(22)))
    assert [(row.from_product, row.to_product, row.count, row.duration_seconds) for row in rows] == [
        ("WATER", "JUICE", 2, 90 * 60),
        ("JUICE", "WATER", 1, 30 * 60),
    ]


def test_over_http(machine, water, juice):
    count(machine, water, 8)
    count(machine, juice, 9)
    window = {"line_id": machine.line_id, "start": at(6).isoformat(), "end": at(22).isoformat()}
    answer = client_for("viewer").get(URL, window)
    assert answer.status_code == 200, answer.content
    assert answer.json()["changeovers"] == [
        {
            "equipment_code": machine.equipment_code,
            "from_product": "WATER",
            "to_product": "JUICE",
            "started_at": "2026-03-02T08:00:00Z",
            "ended_at": "2026-03-02T09:00:00Z",
            "duration_seconds": 3600.0,
            "setup_seconds": 0.0,
        }
    ]
    assert answer.json()["averages"] == [
        {
            "from_product": "WATER",
            "to_product": "JUICE",
            "count": 1,
            "duration_seconds": 3600.0,
            "setup_seconds": 0.0,
        }
    ]


def test_one_query_however_many(machine, water, juice):
    for hour in range(6, 16):
        count(machine, (water, juice)[hour % 2], hour)
    with CaptureQueriesContext(connection) as queries:
        assert len(found(machine)) == 9
    assert len(queries) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"line_id": ""},
        {"line_id": "x"},
        {"line_id": str(10**20)},
        {"line_id": "999999"},
        {"start": "yesterday"},
        {"start": "2026-03-02T06:00:00"},
        {"end": "2026-03-02T06:00:00Z"},
        {"end": "2029-01-01T00:00:00Z"},
        {"colour": "red"},
    ],
)
def test_questions_that_are_none(change):
    window = {"line_id": LineFactory().pk, "start": "2026-03-02T06:00:00Z", "end": "2026-03-02T22:00:00Z"}
    assert client_for("viewer").get(URL, window | change).status_code == 400

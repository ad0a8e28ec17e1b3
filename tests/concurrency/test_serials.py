"""The scarce things: the places in a lot, the third rework of a unit, and what becomes of it."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import date

import pytest

from production.actions import serials as actions
from production.models import Lot, Rework, Serial, StepMark
from tests.support.api import API, client_of
from tests.support.at_once import at_once
from tests.support.factories import UserFactory
from tests.support.trace_factories import ProcessFactory, lot_of, route_for, unit_in

pytestmark = pytest.mark.django_db(transaction=True)
CLIENTS = 16
WAITING = 8  # who wait for each other inside a transaction each hold one of the pool's connections
DAY = {"production_date": date(2024, 11, 18), "shift": "DAY"}


@pytest.fixture
def operator():
    return UserFactory(role="operator")


@pytest.fixture
def quality():
    return UserFactory(role="quality")


def posts(user, lot, places):
    """The answers to clients who each want a unit at a place, or anywhere (None), all at once."""

    def post(place):
        body = {"lot_id": lot.pk} | ({"sequence_in_lot": place} if place else {})
        answer = client_of(user).post(f"{API}serials", body)
        return "made" if answer.status_code == 201 else answer.json()["code"]

    return at_once([lambda place=place: post(place) for place in places])


def state(lot):
    """(units counted, places taken, numbers given)"""
    lot = Lot.objects.get(pk=lot.pk)
    places = sorted(lot.serials.values_list("sequence_in_lot", flat=True))
    return lot.actual_quantity, places, sorted(lot.serials.values_list("serial_number", flat=True))


@pytest.mark.parametrize(
    "places",
    [
        [None] * CLIENTS,
        list(range(1, CLIENTS + 1)),
        list(range(CLIENTS, 0, -1)),
        [place for high in range(9, 17) for place in (high, None)],
    ],
    ids=["anywhere", "each its own", "downwards", "mixed"],
)
def test_units_of_one_lot_all_succeed_at_different_places(operator, places):
    lot = lot_of(**DAY)
    assert posts(operator, lot, places) == ["made"] * CLIENTS
    numbers = [f"SN-241118-{number:03d}" for number in range(1, CLIENTS + 1)]
    assert state(lot) == (CLIENTS, list(range(1, CLIENTS + 1)), numbers)


def test_never_more_than_the_target(operator):
    lot = lot_of(target_quantity=5, **DAY)
    results = Counter(posts(operator, lot, [None, 3, None, 5] * 4))
    assert results["made"] == 5
    assert results.keys() <= {"made", "lot_full", "duplicate"}
    assert state(lot)[:2] == (5, [1, 2, 3, 4, 5])


def test_never_more_than_a_hundred(operator):
    lot = lot_of(**DAY)
    for _ in range(95):
        unit_in(lot, actor=operator)
    assert Counter(posts(operator, lot, [None] * CLIENTS)) == {"made": 5, "lot_full": CLIENTS - 5}
    assert state(lot)[0] == 100


def test_a_place_is_given_once(operator):
    lot = lot_of(**DAY)
    assert Counter(posts(operator, lot, [7] * CLIENTS)) == {"made": 1, "duplicate": CLIENTS - 1}
    assert state(lot)[:2] == (1, [7])


def test_a_retry_under_the_same_key_makes_no_second_unit(operator):
    lot = lot_of(**DAY)

    def post():
        answer = client_of(operator).post(
            f"{API}serials", {"lot_id": lot.pk}, headers={"Idempotency-Key": "unit"}
        )
        return answer.status_code, answer.json()["id"]

    assert len(set(at_once([post] * WAITING))) == 1
    assert state(lot)[0] == 1


def read_lots_unlocked(monkeypatch):
    """Without the lock: everybody has read the lot before anybody writes."""
    read = threading.Barrier(WAITING)

    def unlocked(pk):
        row = Lot.objects.get(pk=pk)
        read.wait(timeout=30)
        return row

    monkeypatch.setattr(actions, "locked_lot", unlocked)


def test_control_without_the_lock_most_are_refused_though_there_is_room(operator, monkeypatch):
    lot = lot_of(**DAY)
    find, looked = actions._place, threading.Barrier(WAITING)

    def look_together(row, wanted):
        place = find(row, wanted)
        looked.wait(timeout=30)
        return place

    read_lots_unlocked(monkeypatch)
    monkeypatch.setattr(actions, "_place", look_together)
    results = Counter(posts(operator, lot, [None] * WAITING))
    assert results == {"made": 1, "conflict": WAITING - 1}, "by the constraint alone"


def test_control_without_the_lock_units_are_lost_from_the_count_and_the_target_is_passed(
    operator, monkeypatch
):
    lot = lot_of(target_quantity=8, **DAY)
    for place in (1, 2, 3):
        unit_in(lot, sequence_in_lot=place, actor=operator)
    read_lots_unlocked(monkeypatch)
    results = Counter(posts(operator, lot, [4, 5, 6, 7, 8, 8, 8, 8]))
    assert results == {"made": 5, "conflict": 3}
    assert state(lot)[:2] == (4, [1, 2, 3, 4, 5, 6, 7, 8]), "eight units, and only four are counted"


# --- rework and status


def failed(times, actor):
    """A unit that has failed after so many reworks."""
    unit = unit_in(lot_of(**DAY))
    for _ in range(times):
        actions.set_status(serial=unit, status="FAILED", failure_reason="Dent", actor=actor)
        actions.rework(serial=unit, reason="Again", actor=actor)
    return actions.set_status(serial=unit, status="FAILED", failure_reason="Dent", actor=actor)


def reworks(unit, actor, count):
    def rework():
        actions.rework(serial=unit, reason="Again", actor=actor)
        return "done"

    return Counter(at_once([rework] * count))


def test_the_third_rework_is_given_once(quality):
    unit = failed(2, quality)
    assert reworks(unit, quality, CLIENTS) == {"done": 1, "invalid_transition": CLIENTS - 1}
    unit.refresh_from_db()
    assert (unit.rework_count, unit.status) == (3, "IN_PROGRESS")
    assert Rework.objects.filter(serial=unit).count() == 3


def read_units_unlocked(monkeypatch, count):
    read = threading.Barrier(count)

    def unlocked(serial):
        row = Serial.objects.select_related("lot").get(pk=serial.pk)
        read.wait(timeout=30)
        return row

    monkeypatch.setattr(actions, "locked_unit", unlocked)


def test_control_without_the_lock_only_the_table_refuses_the_others(quality, monkeypatch):
    unit = failed(2, quality)
    read_units_unlocked(monkeypatch, WAITING)
    assert reworks(unit, quality, WAITING) == {"done": 1, "constraint": WAITING - 1}


def ready_to_pass(actor):
    """A unit whose every step has passed, and that nobody has passed yet."""
    lot = lot_of(target_quantity=3, **DAY)
    process = ProcessFactory()
    route_for(lot.product, [process])
    unit = unit_in(lot)
    actions.set_status(serial=unit, status="IN_PROGRESS", actor=actor)
    StepMark.objects.create(lot=lot, serial=unit, process=process, passed=True, record_id=1)
    return unit


def ends(unit, user, count):
    """Half of them say PASSED, half FAILED."""

    def put(**said):
        answer = client_of(user).put(f"{API}serials/{unit.pk}/status", said)
        return answer.json()["status"] if answer.status_code == 200 else answer.json()["code"]

    calls = [lambda: put(status="PASSED"), lambda: put(status="FAILED", failure_reason="Dent")]
    return Counter(at_once(calls * (count // 2)))


def test_passed_and_failed_at_once_one_wins(quality):
    for _ in range(3):
        unit = ready_to_pass(quality)
        results = ends(unit, quality, CLIENTS)
        unit.refresh_from_db()
        assert results == {unit.status: 1, "invalid_transition": CLIENTS - 1}
        lot = Lot.objects.get(pk=unit.lot_id)
        assert lot.passed_quantity + lot.failed_quantity == 1


def test_control_without_the_lock_each_is_told_to_have_won(quality, monkeypatch):
    unit = ready_to_pass(quality)
    read_units_unlocked(monkeypatch, WAITING)
    results = ends(unit, quality, WAITING)
    assert results == {"PASSED": WAITING // 2, "FAILED": WAITING // 2}

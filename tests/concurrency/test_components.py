"""The scarce thing: what is left of a component lot; and that nothing becomes a part of itself."""

from __future__ import annotations

import threading
from collections import Counter
from decimal import Decimal

import pytest

from production.actions import components
from production.models import ComponentLot, Consumption
from tests.concurrency.test_andon import at_once
from tests.production.genealogy import component_lot, lot_with
from tests.support.api import API, client_of
from tests.support.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
CLIENTS = 16
TAKEN, REFUSED = 201, 409


def scanners(row, units, quantity):
    """One client for each unit; answers the status of its scan over HTTP."""
    people = [UserFactory(role="operator") for _ in units]

    def work(number):
        body = {"component_lot": row.lot_number, "quantity": quantity}
        url = f"{API}serials/{units[number].pk}/components"
        return client_of(people[number]).post(url, body).status_code

    return work


def test_sixteen_clients_take_what_there_is_and_not_more():
    row, (_lot, units) = component_lot(10), lot_with(CLIENTS)
    answers = Counter(at_once(scanners(row, units, 1), CLIENTS))
    assert answers == {TAKEN: 10, REFUSED: 6}
    row.refresh_from_db()
    assert row.consumed == sum(scan.quantity for scan in Consumption.objects.all()) == 10


def test_sixteen_lots_take_fractions_of_one_delivery():
    """Units of different lots, so that only the lock on the component lot stands between them."""
    row = component_lot(1)
    units = [lot_with(1)[1][0] for _ in range(CLIENTS)]
    answers = Counter(at_once(scanners(row, units, "0.3333"), CLIENTS))
    assert answers == {TAKEN: 3, REFUSED: 13}
    row.refresh_from_db()
    assert row.consumed == Decimal("0.9999")


def test_control_without_the_lock_the_delivery_loses_count(monkeypatch):
    """Both read what is left before either writes: two scans, and one of them is not counted."""
    row, both_have_read = component_lot(2), threading.Barrier(2)
    units = [lot_with(1)[1][0] for _ in range(2)]
    lock = components.lock

    def read_and_wait(model, pk):
        if model is not ComponentLot:
            return lock(model, pk)
        found = model.objects.get(pk=pk)
        both_have_read.wait(10)
        return found

    monkeypatch.setattr(components, "lock", read_and_wait)
    assert at_once(scanners(row, units, 1), 2) == [TAKEN, TAKEN]
    row.refresh_from_db()
    assert (row.consumed, Consumption.objects.count()) == (1, 2)


@pytest.fixture
def each_other():
    """Two lots, each with a unit that is about to take a component made in the other lot."""
    (first, [of_first]), (second, [of_second]) = lot_with(1), lot_with(1)
    rows = component_lot(made_in=second), component_lot(made_in=first)
    people = [UserFactory(role="operator") for _ in rows]

    def work(number):
        unit, row = ((of_first, rows[0]), (of_second, rows[1]))[number]
        body = {"component_lot": row.lot_number, "quantity": 1}
        return client_of(people[number]).post(f"{API}serials/{unit.pk}/components", body).status_code

    return work


def test_two_lots_do_not_become_parts_of_each_other(each_other):
    assert sorted(at_once(each_other, 2)) == [TAKEN, REFUSED]
    assert Consumption.objects.count() == 1


def test_control_without_the_advisory_lock_they_do(each_other, monkeypatch):
    both_have_looked, look = threading.Barrier(2), components.lot_goes_into

    def look_and_wait(**lots):
        found = look(**lots)
        both_have_looked.wait(10)
        return found

    monkeypatch.setattr(components, "_wait_for_other_sub_assemblies", lambda: None)
    monkeypatch.setattr(components, "lot_goes_into", look_and_wait)
    assert at_once(each_other, 2) == [TAKEN, TAKEN]
    assert Consumption.objects.count() == 2

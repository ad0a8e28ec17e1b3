"""The scarce thing: the next number of a maintenance order, and the one step that an order can take."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection

from core.errors import InvalidTransition
from equipment.actions import upkeep as actions
from equipment.models import MaintenanceOrder
from tests.support.factories import MachineFactory, UserFactory
from tests.support.upkeep import order_for

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 16
WAITING = 8  # who wait for each other inside a transaction each hold one of the pool's connections


def at_once(work, things):
    """`work` on all the things, begun together, each with a connection of its own."""
    start = threading.Barrier(len(things))

    def run(thing):
        try:
            start.wait(timeout=30)
            return work(thing)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(things)) as pool:
        return list(pool.map(run, things))


def numbers():
    return sorted(
        int(number[-3:]) for number in MaintenanceOrder.objects.values_list("order_number", flat=True)
    )


def test_who_orders_at_the_same_time_gets_numbers_without_gap_or_twin():
    actor = UserFactory(role="engineer")
    machines = [MachineFactory() for _ in range(PEOPLE)]
    at_once(lambda machine: order_for(machine, actor=actor), machines)
    assert numbers() == list(range(1, PEOPLE + 1))


def test_control_without_the_lock_they_would_take_the_same_number(monkeypatch):
    """The race is real: all read the same highest number, and only the constraint saves the table."""
    monkeypatch.setattr(actions, "ORDER_NUMBER_LOCK", None)  # pg_advisory_xact_lock(NULL) locks nothing
    read = threading.Barrier(WAITING)
    following = actions._next_order_number

    def slowly(day):
        number = following(day)
        read.wait(timeout=30)
        return number

    monkeypatch.setattr(actions, "_next_order_number", slowly)
    actor = UserFactory(role="engineer")

    def order(machine):
        try:
            order_for(machine, actor=actor)
        except IntegrityError:
            return "refused"
        return "ordered"

    results = at_once(order, [MachineFactory() for _ in range(WAITING)])
    assert Counter(results) == {"ordered": 1, "refused": WAITING - 1}


def starts(order, actor):
    def start(_):
        try:
            actions.start_maintenance(order=order, actor=actor)
        except InvalidTransition:
            return "refused"
        return "started"

    return Counter(at_once(start, range(WAITING)))


def test_one_of_many_starts_the_work():
    actor = UserFactory(role="maintenance")
    assert starts(order_for(MachineFactory()), actor) == {"started": 1, "refused": WAITING - 1}


def test_control_without_the_lock_all_of_them_would(monkeypatch):
    actor = UserFactory(role="maintenance")
    order = order_for(MachineFactory())
    read = threading.Barrier(WAITING)

    def unlocked(model, pk):
        row = model.objects.get(pk=pk)
        read.wait(timeout=30)
        return row

    monkeypatch.setattr(actions, "lock", unlocked)
    assert starts(order, actor) == {"started": WAITING}

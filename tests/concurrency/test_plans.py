"""The scarce thing: the one order of a round of a plan, and the one repair of a fault."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection

from core.errors import DomainError
from equipment.actions import order_due_maintenance, order_repair, upkeep
from equipment.models import MaintenanceOrder
from tests.support.factories import MachineFactory, MaintenancePlanFactory, UserFactory
from tests.support.states import at
from tests.support.upkeep import fault_of

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS = 6


def at_once(work):
    """What comes of `work` done by all of them, begun together."""
    start = threading.Barrier(WORKERS)

    def run(_):
        try:
            start.wait(timeout=30)
            return work()
        except (DomainError, IntegrityError) as refused:
            return type(refused).__name__
        finally:
            connection.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        return Counter(pool.map(run, range(WORKERS)))


@pytest.fixture
def plan():
    return MaintenancePlanFactory(counted_from=at(0), every_days=1)


def test_many_workers_make_one_order(plan):
    assert at_once(order_due_maintenance) == {1: 1, 0: WORKERS - 1}
    assert MaintenanceOrder.objects.count() == 1


def test_control_without_the_lock_only_the_constraint_saves_the_table(plan, monkeypatch):
    read = threading.Barrier(WORKERS)
    number = upkeep._next_order_number

    def slowly(day):
        read.wait(timeout=30)
        return number(day)

    monkeypatch.setattr(upkeep, "lock", lambda model, pk: model.objects.get(pk=pk))
    monkeypatch.setattr(upkeep, "_next_order_number", slowly)
    assert at_once(order_due_maintenance) == {1: 1, "IntegrityError": WORKERS - 1}
    assert MaintenanceOrder.objects.count() == 1


def repairs():
    fault, actor = fault_of(MachineFactory()), UserFactory(role="maintenance")
    return at_once(lambda: order_repair(fault=fault, actor=actor) and "ordered")


def test_of_many_one_orders_the_repair():
    assert repairs() == {"ordered": 1, "AlreadyOrdered": WORKERS - 1}


def test_control_without_the_lock_all_of_them_would(monkeypatch):
    read, order = threading.Barrier(WORKERS), upkeep.order_maintenance

    def slowly(**said):
        read.wait(timeout=30)
        return order(**said)

    monkeypatch.setattr(upkeep, "lock", lambda model, pk: model.objects.get(pk=pk))
    monkeypatch.setattr(upkeep, "order_maintenance", slowly)
    assert repairs() == {"ordered": WORKERS}

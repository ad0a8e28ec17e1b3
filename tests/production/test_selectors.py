"""Questions about rates, counts and runs, each in one query."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from production.actions import NewCount, record_counts
from production.selectors import (
    Neighbour,
    Neighbours,
    counts_between,
    neighbour_counts,
    rates_for,
    runs_touching,
)
from tests.support.factories import MachineFactory
from tests.support.production_factories import T0, ProductFactory, RunFactory, StandardRateFactory, after

pytestmark = pytest.mark.django_db


def put(machine, minutes, product):
    name = f"{machine.pk}/{minutes}"
    row = NewCount(machine.pk, "plc", name, after(minutes), product.pk if product else None, 1)
    record_counts(counts=[row])


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2023, 12, 31), None),
        (date(2024, 1, 1), Decimal(2)),
        (date(2024, 1, 31), Decimal(2)),
        (date(2024, 2, 1), Decimal(3)),
        (date(2024, 3, 1), Decimal(1)),
        (date(2030, 1, 1), Decimal(1)),
    ],
)
def test_a_machines_own_rate_goes_before_the_general_one(day, expected, django_assert_num_queries):
    machine, other, product = MachineFactory(), MachineFactory(), ProductFactory()
    StandardRateFactory(product=product)
    StandardRateFactory(product=product, valid_from=date(2024, 2, 1), ideal_cycle_seconds=3)
    StandardRateFactory(product=product, valid_from=date(2024, 3, 1), ideal_cycle_seconds=1, machine=machine)
    StandardRateFactory(product=product, valid_from=date(2024, 1, 1), ideal_cycle_seconds=9, machine=other)
    StandardRateFactory()
    with django_assert_num_queries(1):
        rates = rates_for(product_ids=[product.pk], machine_ids=[machine.pk])
        assert rates.seconds(product.pk, machine.pk, day) == expected


def test_a_general_rate_of_later_does_not_replace_a_machines_own():
    machine, product = MachineFactory(), ProductFactory()
    StandardRateFactory(product=product, machine=machine, ideal_cycle_seconds=5)
    StandardRateFactory(product=product, valid_from=date(2024, 6, 1), ideal_cycle_seconds=4)
    rates = rates_for(product_ids=[product.pk], machine_ids=[machine.pk])
    assert rates.seconds(product.pk, machine.pk, date(2024, 7, 1)) == 5


def test_what_has_no_rate_has_none():
    rates = rates_for(product_ids=[], machine_ids=[])
    assert rates.seconds(1, 2, date(2024, 1, 1)) is None


def test_counts_of_a_half_open_window():
    machine, other, product = MachineFactory(), MachineFactory(), ProductFactory()
    for minutes in (-1, 0, 30, 60):
        put(machine, minutes, product)
    put(other, 10, product)
    found = counts_between(machine_ids=[machine.pk], start=T0, end=after(60))
    assert [row.at for row in found] == [after(0), after(30)]


def test_runs_that_share_time_with_a_window():
    machine = MachineFactory()
    before = RunFactory(machine=machine, started_at=after(-60), ended_at=after(0))
    inside = RunFactory(machine=machine, started_at=after(10), ended_at=after(20))
    still = RunFactory(machine=machine, started_at=after(59), ended_at=None)
    found = runs_touching(machine_ids=[machine.pk], start=T0, end=after(60))
    assert list(found) == [inside, still]
    assert list(runs_touching(machine_ids=[machine.pk], start=after(-1), end=after(1))) == [before]


def test_the_counts_beside_a_window(django_assert_num_queries):
    machine, lonely = MachineFactory(), MachineFactory()
    p, q = ProductFactory(), ProductFactory()
    for minutes, product in [(-20, q), (-10, p), (0, p), (30, q), (60, q), (70, p)]:
        put(machine, minutes, product)
    with django_assert_num_queries(1):
        found = neighbour_counts(machine_ids=[machine.pk, lonely.pk], start=T0, end=after(60))
    assert found == {
        machine.pk: Neighbours(Neighbour(after(-10), p.pk), Neighbour(after(60), q.pk)),
        lonely.pk: Neighbours(),
    }


def test_counts_of_nobody_knows_what_are_no_neighbours():
    machine, p = MachineFactory(), ProductFactory()
    put(machine, -10, None)
    put(machine, 70, p)
    found = neighbour_counts(machine_ids=[machine.pk], start=T0, end=after(60))
    assert found[machine.pk] == Neighbours(None, Neighbour(after(70), p.pk))


@pytest.mark.parametrize("past", [False, True])
def test_a_count_more_than_a_day_away_is_no_neighbour(past):
    machine, p = MachineFactory(), ProductFactory()
    beyond = timedelta(hours=24, seconds=past).total_seconds() / 60
    put(machine, -beyond, p)
    put(machine, 60 + beyond, p)
    found = neighbour_counts(machine_ids=[machine.pk], start=T0, end=after(60))[machine.pk]
    assert (found == Neighbours()) is past
    assert (found.previous is None and found.next is None) is past


def test_no_machines_have_no_neighbours():
    assert neighbour_counts(machine_ids=[], start=T0, end=after(60)) == {}

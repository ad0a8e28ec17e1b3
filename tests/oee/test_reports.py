"""Figures read through the database, against the published examples (domain.md §11)."""

from __future__ import annotations

import pytest

from equipment.models import Machine
from oee.selectors.explain import explain
from oee.selectors.reports import groups, report
from oee.selectors.scopes import line_scope, machine_scope, read, set_scope
from tests.oee.plant import at, make_line, make_product, pieces, state

pytestmark = pytest.mark.django_db


def test_w5_several_machines_roll_up_by_their_seconds():
    """W5: shift 480, breaks and clean-up 25; three machines; total OEE 68.72 %, never 69.54."""
    line = make_line(machines=3)
    rows = [(10, 2240, 50, 32), (45, 450, 25, 18), (70, 229, 11, 22)]
    for machine, (cycle, made, scrap, down) in zip(line.machines.order_by("position"), rows, strict=True):
        state(machine, "RUNNING", at(0))
        state(machine, "CLEANING", at(100), at(125))
        state(machine, "FAULT", at(200), at(200 + down))
        pieces(machine, make_product(cycle), at(400), good=made - scrap, scrap=scrap)
    made = report(read(scope=set_scope(line.machines.all()), start=at(0), end=at(480)))
    assert made.figure.planned_busy_seconds == 3 * 455 * 60
    assert made.figure.availability == pytest.approx(0.9473, abs=1e-4)
    assert made.figure.performance == pytest.approx(0.7564, abs=1e-4)
    assert made.figure.quality == pytest.approx(0.9592, abs=1e-4)
    assert made.figure.oee == pytest.approx(938.08 / 1365, abs=1e-4)


def test_hours_add_up_to_the_window_exactly():
    line = make_line()
    machine = line.machines.get()
    product = make_product("7.3")
    state(machine, "RUNNING", at(-3))
    state(machine, "FAULT", at(50), at(75))
    for minute in range(7, 240, 13):
        pieces(machine, product, at(minute), good=5, scrap=1)
    reading = read(scope=line_scope(line), start=at(1.5), end=at(239.25))
    whole = report(reading)
    hours = groups(reading, "hour")
    assert sum(part.report.sums.planned_busy_us for part in hours) == whole.sums.planned_busy_us
    assert sum(part.report.sums.ideal for part in hours) == whole.sums.ideal
    assert whole.sums.planned_busy_us == (239.25 - 1.5) * 60_000_000


def test_a_line_in_series_by_its_constraint():
    """R9: OEE = good at the exit × PRI of the constraint / PBT; Q = good exit / all that entered."""
    line = make_line(machines=3)
    first, constraint, last = line.machines.order_by("position")
    line.constraint_machine = constraint
    line.save()
    product = make_product(30)
    for machine in (first, constraint, last):
        state(machine, "RUNNING", at(0))
    state(constraint, "FAULT", at(10), at(20))
    pieces(first, product, at(50), good=95, scrap=5)
    pieces(constraint, product, at(51), good=90, scrap=5)
    pieces(last, product, at(52), good=90)
    made = report(read(scope=line_scope(line), start=at(0), end=at(60)))
    assert made.figure.oee == pytest.approx(90 * 30 / 3600)
    assert made.figure.quality == pytest.approx(0.9)
    assert made.figure.availability == pytest.approx(50 / 60)
    evidence = explain(scope=line_scope(line), start=at(0), end=at(60))
    assert sum(row.good for row in evidence.counts) == 90
    assert sum(row.rejects for row in evidence.counts) == 10
    assert sum(row.seconds for row in evidence.intervals) == 3600


def test_without_anything_known_nothing_is_claimed():
    line = make_line()
    made = report(read(scope=line_scope(line), start=at(0), end=at(60)))
    assert made.figure.unknown_seconds == 3600
    assert made.figure.availability == 0
    assert made.figure.performance is None
    assert made.figure.flags == ("UNKNOWN_TIME",)


def test_time_belongs_to_the_product_of_the_next_count():
    line = make_line()
    machine = Machine.objects.select_related("line__area__site", "line__constraint_machine").get(line=line)
    one, two = make_product(60), make_product(30)
    state(machine, "RUNNING", at(0))
    pieces(machine, one, at(30), good=30)
    pieces(machine, two, at(90), good=120)
    reading = read(scope=machine_scope(machine), start=at(0), end=at(90.5))
    by_product = {group.key: group.report for group in groups(reading, "product")}
    assert by_product[one.model_code].figure.planned_busy_seconds == 30 * 60
    assert by_product[two.model_code].figure.planned_busy_seconds == 60.5 * 60

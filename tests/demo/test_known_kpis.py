"""The demo is a test: what the product says of a simulated day is what its plan foretold."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.actions import ensure_demo_accounts
from accounts.models import User
from core.context import act_as
from equipment.models import Line, MachineState, Site, StateEvent
from equipment.selectors import calendar_of
from factory_mes.demo import expected, seeds
from factory_mes.demo.lines import LINES
from factory_mes.demo.plan import plan_shift
from oee.actions import roll_up
from oee.models import RolledHour
from oee.selectors.reports import groups, report
from oee.selectors.scopes import line_scope, machine_scope, read, with_flow
from production.models import ProductionCount

pytestmark = pytest.mark.django_db

START = datetime(
    2026, 3, 28, 5, tzinfo=UTC
)  # Saturday 06:00 in Berlin: the night before the clocks change follows
END = START + timedelta(hours=23 + 24)


@pytest.fixture
def plant(db):
    """The simulated lines with two days of events; one of the nights is an hour short."""
    ensure_demo_accounts()
    admin = User.objects.get(username="admin")
    with act_as(actor=admin):
        site = Site.objects.create(code=seeds.SITE, name="Demo plant", timezone=seeds.ZONE)
        seeds._simulated_plant(site, date(2026, 3, 28), date(2026, 3, 1))
        for spec in LINES:
            events = seeds.due_events(spec, START, END)
            for first in range(0, len(events), seeds.BATCH):
                result = seeds.ingest_events(
                    events=events[first : first + seeds.BATCH], source="integration", actor=admin
                )
                assert result.errors == []
    return {line.line_code: line for line in with_flow(Line.objects.all())}


def check(figure, foretold):
    assert figure.planned_busy_seconds == foretold.busy
    assert figure.actual_production_seconds == foretold.producing
    assert figure.ideal_seconds == foretold.ideal
    assert figure.ideal_good_seconds == foretold.ideal_good
    assert figure.availability == pytest.approx(foretold.availability, abs=1e-9)
    assert figure.performance == pytest.approx(foretold.performance, abs=1e-9)
    assert figure.quality == pytest.approx(foretold.quality, abs=1e-9)
    assert figure.oee == pytest.approx(foretold.oee, abs=1e-9)
    assert (figure.produced_quantity, figure.good_quantity) == (foretold.made, foretold.good)


def test_every_line_machine_and_shift_is_as_foretold(plant):
    for spec in LINES:
        line = plant[spec.code]
        shifts = [
            shift
            for shift in calendar_of(line=line).shifts(START, END)
            if shift.start >= START and shift.end <= END
        ]
        assert len(shifts) == 6
        assert sum((shift.end - shift.start for shift in shifts), timedelta()) == timedelta(hours=47)
        for shift in shifts:
            plan = plan_shift(spec, shift)
            made = report(read(scope=line_scope(line), start=shift.start, end=shift.end))
            check(made.figure, expected.of_line(plan))
            for index, machine in enumerate(line.flow):
                one = report(read(scope=machine_scope(machine), start=shift.start, end=shift.end))
                check(one.figure, expected.of_machine(plan, index))


def test_roll_ups_say_the_same_as_the_facts(plant):
    line = plant["PACK-1"]
    raw = read(scope=line_scope(line), start=START, end=END)
    before, by_shift = report(raw), groups(raw, "shift")
    for machine in line.flow:
        roll_up(machine=machine, start=START, end=END, now=END + timedelta(hours=1))
    assert RolledHour.objects.count() == 3 * 47
    rolled = read(scope=line_scope(line), start=START, end=END)
    assert report(rolled).sums == before.sums
    assert report(rolled).stops == before.stops
    assert [(g.key, g.report.sums) for g in groups(rolled, "shift")] == [
        (g.key, g.report.sums) for g in by_shift
    ]


def test_saying_it_again_changes_nothing(plant):
    counts = (StateEvent.objects.count(), MachineState.objects.count(), ProductionCount.objects.count())
    actor = User.objects.get(username="integration")
    events = seeds.due_events(LINES[0], START, START + timedelta(hours=8))
    result = seeds.ingest_events(events=events, source="integration", actor=actor)
    assert (result.accepted, result.duplicates) == (0, len(events))
    assert counts == (
        StateEvent.objects.count(),
        MachineState.objects.count(),
        ProductionCount.objects.count(),
    )

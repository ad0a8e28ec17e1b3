"""What a stop is, told twice: by the database for lists and sums, and by the OEE's arithmetic for the floor."""

from __future__ import annotations

from itertools import product

import pytest
from django.utils import timezone

from equipment.choices import NOT_DOWN, LossCategory, State
from equipment.models import Downtime, MinorStopLimit
from floor.selectors.stops import stop_of
from oee.kpi import TimeClass
from oee.selectors.facts import rules_of
from tests.support.factories import MachineFactory, StopReasonFactory
from tests.support.states import at, say

pytestmark = pytest.mark.django_db
STOPS = [state for state in State.values if state not in NOT_DOWN]


@pytest.mark.parametrize("minutes", [1, 60])
def test_category_and_minor_are_what_the_oee_makes_of_it(minutes):
    machine = MachineFactory()
    reasons = [None] + [
        StopReasonFactory(loss_category=category, planned=planned).pk
        for category, planned in product(LossCategory.values, (True, False))
    ]
    for number, (state, reason) in enumerate(product(STOPS, reasons)):
        say(machine, state, 2 * number, 2 * number + minutes / 60, reason_id=reason)
    now, line = timezone.now(), machine.line
    rules = rules_of([line])[line.pk]
    rows = {row.started_at: row for row in Downtime.objects.with_category().with_minor([], now)}
    assert len(rows) == len(STOPS) * len(reasons)
    for interval in machine.states.exclude(state__in=NOT_DOWN).select_related("reason"):
        stop, row = stop_of(interval, 0, machine, line, rules, now), rows[interval.started_at]
        said = (interval.state, interval.reason and (interval.reason.loss_category, interval.reason.planned))
        assert (row.category, row.minor) == (stop.category, stop.time_class is TimeClass.MINOR_STOP), said


def test_the_latest_limit_that_began_counts():
    machine = MachineFactory()
    say(machine, "HELD", 6, 7)
    site = machine.line.site.pk
    limits = [
        MinorStopLimit(site, at(0), 3601),
        MinorStopLimit(site, at(6.5), 1),
        MinorStopLimit(site + 1, at(6), 1),
    ]
    for order in (limits, limits[::-1]):
        assert Downtime.objects.with_minor(order, timezone.now()).get().minor
    assert not Downtime.objects.with_minor(limits[1:], timezone.now()).get().minor

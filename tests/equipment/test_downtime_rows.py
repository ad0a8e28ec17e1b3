"""Downtimes follow the timeline: the same stops, under ids that stay."""

from __future__ import annotations

import random

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from equipment.actions import correct_state, record_state_events
from equipment.choices import NOT_DOWN, EventLayer
from equipment.models import Downtime
from tests.support.factories import MachineFactory, StopReasonFactory, UserFactory
from tests.support.states import at, event, say

pytestmark = pytest.mark.django_db


def stops_of_timeline(machine):
    rows = machine.states.exclude(state__in=NOT_DOWN).order_by("started_at")
    return list(rows.values_list("started_at", "ended_at", "state", "reason_id"))


def downtimes(machine):
    rows = machine.downtimes.order_by("started_at")
    return list(rows.values_list("started_at", "ended_at", "state", "reason_id"))


def one(machine):
    return machine.downtimes.get()


@pytest.mark.parametrize("seed", range(25))
def test_they_are_the_stops_of_the_timeline_whatever_was_said_in_whatever_order(seed):
    chance, machine = random.Random(seed), MachineFactory()
    reasons = [None, StopReasonFactory().pk, StopReasonFactory().pk]
    for _ in range(30):
        said = [one_event(chance, machine, reasons) for _ in range(chance.randint(1, 4))]
        record_state_events(events=said)
        assert downtimes(machine) == stops_of_timeline(machine)


def one_event(chance, machine, reasons):
    start = chance.randrange(48) / 2
    layer = chance.choice([EventLayer.CHANGE, EventLayer.CHANGE, EventLayer.SPAN, EventLayer.CORRECTION])
    end = None if layer == EventLayer.CHANGE else start + chance.randint(1, 6) / 2
    state = chance.choice(["RUNNING", "FAULT", "HELD", "SETUP", "UNKNOWN", "IDLE"])
    return event(machine, state, start, end, layer=layer, reason_id=chance.choice(reasons))


def test_no_signal_is_neither_running_nor_down():
    machine = MachineFactory()
    say(machine, "UNKNOWN", 6)
    say(machine, "RUNNING", 7)
    assert downtimes(machine) == []


class TestTheIdStays:
    @pytest.fixture
    def machine(self):
        machine = MachineFactory()
        say(machine, "RUNNING", 6)
        say(machine, "FAULT", 8)
        return machine

    def test_when_it_ends(self, machine):
        before = one(machine)
        say(machine, "RUNNING", 9)
        assert (one(machine).pk, one(machine).ended_at) == (before.pk, at(9))

    def test_when_it_began_earlier_than_known(self, machine):
        before = one(machine)
        say(machine, "RUNNING", 9)
        say(machine, "FAULT", 7.5)
        assert (one(machine).pk, one(machine).started_at) == (before.pk, at(7.5))

    def test_when_it_began_later_than_believed(self, machine):
        before = one(machine)
        say(machine, "RUNNING", 10)
        say(machine, "RUNNING", 8, 8.5)
        assert (one(machine).pk, one(machine).started_at) == (before.pk, at(8.5))

    def test_when_its_state_is_corrected(self, machine):
        before, person = one(machine), UserFactory(role="engineer")
        correct_state(
            machine=machine,
            state="SETUP",
            reason=None,
            started_at=at(8),
            ended_at=at(9),
            why="x",
            actor=person,
        )
        first, second = machine.downtimes.order_by("started_at")
        assert (first.pk, first.state, second.state) == (before.pk, "SETUP", "FAULT")

    def test_with_what_people_said_of_it(self, machine):
        person = UserFactory()
        Downtime.objects.update(
            notes="Loud", reported_by=person, confirmed_by=person, confirmed_at=timezone.now()
        )
        say(machine, "RUNNING", 9)
        say(machine, "FAULT", 7.5)
        kept = one(machine)
        assert (kept.notes, kept.reported_by, kept.confirmed_by) == ("Loud", person, person)


def test_of_two_pieces_the_larger_keeps_the_id():
    machine = MachineFactory()
    say(machine, "FAULT", 8)
    say(machine, "RUNNING", 12)
    before = one(machine)
    say(machine, "RUNNING", 8, 8.25)
    say(machine, "RUNNING", 9, 9.25)
    pieces = list(machine.downtimes.order_by("started_at"))
    assert [(row.started_at, row.ended_at) for row in pieces] == [(at(8.25), at(9)), (at(9.25), at(12))]
    assert pieces[0].pk == before.pk, "the one of the same start"


def test_a_stop_that_was_none_is_gone_and_what_was_said_of_it_is_in_the_ledger(ledger):
    machine = MachineFactory()
    say(machine, "FAULT", 8)
    say(machine, "RUNNING", 9)
    Downtime.objects.update(notes="Belt")
    say(machine, "RUNNING", 8, 9)
    assert downtimes(machine) == []
    assert [
        entry.old_values["notes"] for entry in ledger if entry.action == "equipment.downtime.withdrawn"
    ] == ["Belt"]


def test_what_changes_no_stop_asks_nothing_of_downtimes():
    machine = MachineFactory()
    say(machine, "RUNNING", 6)
    with_stops, without = queries_of(machine, "FAULT", 7), queries_of(machine, "RUNNING", 7.5)
    assert any("equipment_downtime" in query for query in with_stops)
    assert any("equipment_downtime" in query for query in without), "it ends the stop"
    assert not any("equipment_downtime" in query for query in queries_of(machine, "UNKNOWN", 8))
    assert not any("equipment_downtime" in query for query in queries_of(machine, "RUNNING", 9))


def queries_of(machine, state, hour):
    with CaptureQueriesContext(connection) as seen:
        say(machine, state, hour)
    return [query["sql"] for query in seen.captured_queries]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"state": "RUNNING"}, "state_is_a_stop"),
        ({"state": "UNKNOWN"}, "state_is_a_stop"),
        ({"state": "DANCING"}, "state_is_a_stop"),
        ({"ended_at": at(6)}, "positive"),
        ({"confirmed_at": at(9)}, "confirmation_signed"),
        ({}, "one_at_a_time"),
    ],
)
def test_the_database_refuses_what_is_no_stop(changes, rule):
    machine = MachineFactory()
    say(machine, "FAULT", 6)
    say(machine, "RUNNING", 7)
    start = at(10) if changes and rule != "positive" else at(6)
    given = {"machine": machine, "state": "HELD", "started_at": start, **changes}
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        Downtime.objects.create(**given)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

"""The same batch from many senders at once: each event exactly once; and what the lock and the constraint are for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, transaction
from django.db.models import Sum

from equipment.models import StateEvent
from production.actions import counting as actions
from production.actions import ingest_events
from production.inputs import NewReading
from production.models import CounterReading, ProductionCount
from tests.support.factories import MachineFactory, UserFactory
from tests.support.production_factories import after, count_event, counter_event, state_event

pytestmark = pytest.mark.django_db(transaction=True)

SENDERS = 16


def at_once(work, many=SENDERS):
    """The results of `work(number)` in as many threads, which start together, each on its own connection."""
    barrier = Barrier(many)

    def run(number):
        barrier.wait()
        try:
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(many) as pool:
        return list(pool.map(run, range(many)))


def test_one_batch_from_sixteen_senders_is_kept_once():
    machines, user = [MachineFactory() for _ in range(3)], UserFactory(role="integration")
    events = []
    for minutes in range(20):
        for machine in machines:
            state = state_event(machine, minutes, state=("RUNNING", "FAULT")[minutes % 2])
            events += [state, count_event(machine, minutes), counter_event(machine, minutes, 5 * minutes)]

    def send(number):
        mine = events[number:] + events[:number]  # each in an order of its own
        return ingest_events(events=mine, source="plc", actor=user)

    results = at_once(send)
    assert sum(result.accepted for result in results) == len(events)
    assert sum(result.duplicates for result in results) == len(events) * (SENDERS - 1)
    assert [StateEvent.objects.count(), CounterReading.objects.count()] == [60, 60]
    for machine in machines:
        assert machine.states.count() == 20
        stated = machine.counts.filter(reading=None).aggregate(good=Sum("good"))
        derived = machine.counts.exclude(reading=None).aggregate(good=Sum("good"))
        assert (stated["good"], derived["good"]) == (200, 95)  # 20 counts of 10, 19 steps of 5


def test_readings_of_one_counter_sent_apart_and_at_once_add_up():
    machine, user = MachineFactory(), UserFactory(role="integration")
    events = [counter_event(machine, minutes, 3 * minutes) for minutes in range(SENDERS)]
    at_once(lambda number: ingest_events(events=[events[number]], source="plc", actor=user))
    counts = machine.counts.order_by("at").values_list("at", "good")
    assert list(counts) == [(after(minutes), 3) for minutes in range(1, SENDERS)]


def test_control_without_the_lock_pieces_are_counted_twice(monkeypatch):
    """Two late readings between the same two, each derived from what was there before the other."""
    machine, user = MachineFactory(), UserFactory(role="integration")
    ingest_events(
        events=[counter_event(machine, 0, 0), counter_event(machine, 40, 40)], source="plc", actor=user
    )
    late = [counter_event(machine, 10, 10), counter_event(machine, 20, 20)]
    both_inserted = Barrier(2)
    insert = actions.count_rows.insert_readings

    def insert_and_wait(readings):
        rows = insert(readings)
        both_inserted.wait()
        return rows

    def without_locks(number):
        event = late[number]
        reading = NewReading(
            machine.pk, "plc", event["event_id"], "total", after(10 + 10 * number), event["value"]
        )
        return actions.record_readings(readings=[reading])

    with monkeypatch.context() as patch:
        patch.setattr(actions, "_lock_machines", lambda ids: None)
        patch.setattr(actions.count_rows, "insert_readings", insert_and_wait)
        at_once(without_locks, 2)
    wrong = machine.counts.aggregate(sum=Sum("good"))["sum"]
    assert wrong != 40, "without the lock each reader misses the other's reading"


def test_control_without_the_constraint_a_batch_is_kept_as_often_as_it_is_sent():
    """The table as it would be without its unique name: ON CONFLICT alone guards nothing."""
    machine, user = MachineFactory(), UserFactory(role="integration")
    events = [count_event(machine, minutes) for minutes in range(5)]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DROP INDEX production_productioncount_once_per_source")
        for _ in range(3):
            ingest_events(events=events, source="plc", actor=user)
        assert ProductionCount.objects.count() == 15
        transaction.set_rollback(True)
    for _ in range(3):
        ingest_events(events=events, source="plc", actor=user)
    assert ProductionCount.objects.count() == 5

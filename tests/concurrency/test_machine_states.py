"""The scarce thing: one machine's timeline, written by many at the same time."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection, transaction

from equipment.actions import record_state_events
from equipment.actions import states as actions
from equipment.choices import EventLayer
from tests.support.factories import MachineFactory
from tests.support.states import event, say, timeline

pytestmark = pytest.mark.django_db(transaction=True)
WRITERS = 16


def in_a_thread(work):
    """`work` with a connection of its own that is given back."""

    def run(*args):
        try:
            return work(*args)
        finally:
            connection.close()

    return run


def batches(machine, seed):
    """What sixteen sources say about one machine: changes, late spans and corrections, all over the day."""
    chance = random.Random(seed)
    return [[one_event(chance, machine) for _ in range(chance.randint(1, 4))] for _ in range(WRITERS)]


def one_event(chance, machine):
    start = chance.randrange(2000) / 100  # times are not shared: at equal times the order of arrival decides
    layer = EventLayer.CHANGE if chance.random() < 0.5 else EventLayer.SPAN
    end = None if layer == EventLayer.CHANGE else start + 0.004
    return event(machine, chance.choice(["RUNNING", "FAULT", "IDLE"]), start, end, layer=layer)


@pytest.mark.parametrize("seed", range(3))
def test_sixteen_writers_at_once_leave_the_timeline_of_a_serial_run(seed):
    at_once, one_by_one = MachineFactory(), MachineFactory()
    for said in batches(one_by_one, seed):
        record_state_events(events=said)
    start = threading.Barrier(WRITERS)

    def write(said):
        start.wait()
        return record_state_events(events=said)

    given = batches(at_once, seed)
    with ThreadPoolExecutor(WRITERS) as pool:
        new = list(pool.map(in_a_thread(write), given))
    assert sum(map(len, new)) == sum(map(len, given))
    assert timeline(at_once) == timeline(one_by_one)


def test_the_same_batch_from_all_is_new_to_one_of_them():
    machine = MachineFactory()
    said = [event(machine, "FAULT" if n % 2 else "RUNNING", n) for n in range(10)]
    start = threading.Barrier(WRITERS)

    def write(_):
        start.wait()
        return record_state_events(events=said)

    with ThreadPoolExecutor(WRITERS) as pool:
        new = list(pool.map(in_a_thread(write), range(WRITERS)))
    assert sorted(map(len, new)) == [0] * (WRITERS - 1) + [10]


def test_two_batches_over_the_same_machines_in_opposite_order_do_not_wait_for_each_other_for_ever():
    one, two = MachineFactory(), MachineFactory()
    start = threading.Barrier(2)

    def write(machines):
        start.wait()
        for hour in range(20):
            record_state_events(events=[event(m, "FAULT" if hour % 2 else "RUNNING", hour) for m in machines])

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(in_a_thread(write), [(one, two), (two, one)]))
    assert timeline(one) == timeline(two)


def second_writer_before_the_first_commits(machine):
    """A second writer starts while the first has written and not committed; what became of the second."""
    written, finished = threading.Event(), []

    def second():
        written.wait(10)
        try:
            say(machine, "FAULT", 8)
            finished.append("written")
        except IntegrityError:
            finished.append("refused")

    thread = threading.Thread(target=in_a_thread(second))
    with transaction.atomic():
        thread.start()
        say(machine, "IDLE", 9)
        written.set()
        thread.join(0.5)
        assert not finished, "the second writer waits for the first, by the lock or by the constraint"
    thread.join(10)
    return finished


def test_the_lock_makes_the_second_writer_see_what_the_first_wrote():
    machine = MachineFactory()
    say(machine, "RUNNING", 6)
    assert second_writer_before_the_first_commits(machine) == ["written"]
    assert timeline(machine) == [("RUNNING", 6, 8), ("FAULT", 8, 9), ("IDLE", 9, None)]


def test_control_without_the_lock_the_second_writer_fails(monkeypatch):
    """The race is real: without the lock both build on the same past, and only the constraint saves the table."""
    monkeypatch.setattr(actions, "_lock_machines", lambda ids: None)
    machine = MachineFactory()
    say(machine, "RUNNING", 6)
    assert second_writer_before_the_first_commits(machine) == ["refused"]
    assert timeline(machine) == [("RUNNING", 6, 9), ("IDLE", 9, None)]

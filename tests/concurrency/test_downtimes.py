"""The scarce thing: one stop of a machine, reported, ended and confirmed by many at the same time."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from core.errors import DomainError
from equipment.actions import close_downtime, confirm_downtime, downtimes, explain_downtime, open_downtime
from equipment.models import Downtime
from tests.support.factories import MachineFactory, StopReasonFactory, UserFactory
from tests.support.states import at, say

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 8


def at_once(work):
    """What comes of `work` done by all of them, begun together; a refusal is its code."""
    start = threading.Barrier(PEOPLE)

    def run(number):
        try:
            start.wait(timeout=30)
            work(number)
        except DomainError as refused:
            return refused.code
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(PEOPLE) as pool:
        return Counter(pool.map(run, range(PEOPLE)))


def reports(machine, actor):
    return at_once(
        lambda number: open_downtime(
            machine=machine, reason=None, started_at=at(8 + number / 100), notes="", actor=actor
        )
    )


def test_one_of_many_reports_the_stop():
    machine = MachineFactory()
    say(machine, "RUNNING", 6)
    assert reports(machine, UserFactory(role="operator")) == {"done": 1, "already_down": PEOPLE - 1}
    assert machine.downtimes.count() == 1


def test_control_without_the_lock_several_would(monkeypatch):
    """All look before any has written; the timeline then joins what all of them said."""
    looked = threading.Barrier(PEOPLE)
    say_later = downtimes._say

    def slowly(*args):
        looked.wait(timeout=30)
        say_later(*args)

    monkeypatch.setattr(downtimes, "lock", lambda model, pk: model.objects.get(pk=pk))
    monkeypatch.setattr(downtimes, "_say", slowly)
    machine = MachineFactory()
    say(machine, "RUNNING", 6)
    assert reports(machine, UserFactory(role="operator"))["done"] == PEOPLE


@pytest.fixture
def stop():
    machine = MachineFactory()
    say(machine, "FAULT", 8)
    say(machine, "RUNNING", 9)
    return machine.downtimes.get()


def confirms(stop, actor):
    return at_once(lambda _: confirm_downtime(downtime=stop, actor=actor))


def test_one_of_many_confirms(stop):
    assert confirms(stop, UserFactory(role="engineer")) == {"done": 1, "already_confirmed": PEOPLE - 1}


def test_control_without_the_lock_all_of_them_would(stop, monkeypatch):
    barrier = threading.Barrier(PEOPLE)

    def read(downtime):
        row = Downtime.objects.get(pk=downtime.pk)
        barrier.wait(timeout=30)
        return row

    monkeypatch.setattr(downtimes, "locked", read)
    assert confirms(stop, UserFactory(role="engineer")) == {"done": PEOPLE}


def test_one_of_many_ends_it():
    machine, actor = MachineFactory(), UserFactory(role="operator")
    say(machine, "HELD", 8)
    stop = machine.downtimes.get()
    ends = at_once(lambda number: close_downtime(downtime=stop, ended_at=at(9 + number / 100), actor=actor))
    assert ends == {"done": 1, "already_ended": PEOPLE - 1}


def test_reasons_given_while_the_machine_talks_leave_one_stop_with_one_reason():
    machine, actor = MachineFactory(), UserFactory(role="operator")
    reasons = [StopReasonFactory() for _ in range(PEOPLE)]
    say(machine, "FAULT", 8)
    stop = machine.downtimes.get()

    def give_or_repeat(number):
        if number % 2:
            say(machine, "FAULT", 8 + number / 100)
        else:
            explain_downtime(downtime=stop, reason=reasons[number], notes=None, why="", actor=actor)

    assert at_once(give_or_repeat) == {"done": PEOPLE}
    row = machine.downtimes.get()
    assert (row.pk, row.started_at, row.reason in reasons) == (stop.pk, at(8), True)

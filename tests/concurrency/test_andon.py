"""The scarce thing: the one open call of a place and type, and the one answer to it."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.db.models import UniqueConstraint

from andon import actions
from andon.models import AndonEvent, EscalationStep
from core.errors import DomainError
from tests.andon.calls import call, deeds
from tests.support.factories import MachineFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
CALLERS = 12


def at_once(work, count=CALLERS):
    """What `work(number)` answers for each, all started together, each on a connection of its own."""
    start = threading.Barrier(count)

    def run(number):
        try:
            start.wait(10)
            return work(number)
        except DomainError as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def caller(machine):
    """Somebody who calls; answers whether they joined."""
    people = [UserFactory(role="operator") for _ in range(CALLERS)]

    def work(number):
        return actions.raise_event(
            line=machine.line,
            machine=machine,
            event_type="STOPPAGE",
            priority="HIGH",
            description=f"caller {number}",
            actor=people[number],
        ).joined

    return work


def test_many_who_call_at_once_make_one_call():
    answers = Counter(at_once(caller(MachineFactory())))
    assert answers == {False: 1, True: CALLERS - 1}
    event = AndonEvent.objects.get()
    assert Counter(row.action for row in deeds(event)) == {
        "andon.event.raised": 1,
        "andon.event.joined": CALLERS - 1,
    }
    assert len({row.user_id for row in deeds(event)}) == CALLERS


def look_before_anybody_writes(monkeypatch):
    """Without the lock: everybody has looked before anybody writes."""
    looked = threading.Barrier(2)
    standing = actions.calls._standing

    def look_and_wait(*place):
        found = standing(*place)
        looked.wait(10)
        return found

    monkeypatch.setattr(actions.calls, "lock", lambda model, pk: model.objects.get(pk=pk))
    monkeypatch.setattr(actions.calls, "_standing", look_and_wait)


def test_control_without_the_lock_the_second_caller_is_refused(monkeypatch):
    look_before_anybody_writes(monkeypatch)
    assert Counter(at_once(caller(MachineFactory()), 2)) == {False: 1, "already_open": 1}
    assert AndonEvent.objects.count() == 1


@pytest.fixture
def no_constraint():
    """The table as it would be without its index."""
    [index] = [c for c in AndonEvent._meta.constraints if isinstance(c, UniqueConstraint)]
    with connection.schema_editor() as editor:
        editor.remove_constraint(AndonEvent, index)
    yield
    EscalationStep.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM andon_andonevent")
    with connection.schema_editor() as editor:
        editor.add_constraint(AndonEvent, index)


def test_control_without_lock_and_constraint_there_are_two_calls(no_constraint, monkeypatch):
    look_before_anybody_writes(monkeypatch)
    assert at_once(caller(MachineFactory()), 2) == [False, False]
    assert AndonEvent.objects.open().count() == 2


def test_one_of_many_is_on_it():
    event = call()
    people = [UserFactory(role="engineer") for _ in range(CALLERS)]
    answers = at_once(lambda number: actions.acknowledge(event=event, actor=people[number]).acknowledged_by)
    assert Counter(map(type, answers)) == {str: CALLERS - 1, type(people[0]): 1}
    event.refresh_from_db()
    assert event.acknowledged_by in answers
    assert [row.action for row in deeds(event)] == ["andon.event.raised", "andon.event.acknowledged"]


def test_control_without_the_lock_several_are_on_it(monkeypatch):
    event, people = call(), [UserFactory(role="engineer") for _ in range(2)]
    both_have_read = threading.Barrier(2)

    def read_and_wait(model, pk):
        row = model.objects.get(pk=pk)
        both_have_read.wait(10)
        return row

    monkeypatch.setattr(actions.calls, "lock", read_and_wait)
    answers = at_once(
        lambda number: actions.acknowledge(event=event, actor=people[number]).acknowledged_by, 2
    )
    assert set(answers) == set(people), "each was told to be the one"


def test_a_call_while_the_first_is_being_resolved_is_not_lost():
    """The caller waits for the resolution, and then stands alone: nobody joins a call that has ended."""
    machine, again = MachineFactory(), []
    first, engineer, operator = call(machine), UserFactory(), UserFactory()

    def call_again():
        try:
            again.append(call(machine, actor=operator))
        finally:
            connection.close()

    thread = threading.Thread(target=call_again)
    with transaction.atomic():
        actions.resolve(event=first, resolution_notes="", actor=engineer)
        thread.start()
        thread.join(0.5)
        assert not again
    thread.join(10)
    [second] = again
    assert second.pk != first.pk and second.status == "OPEN"
